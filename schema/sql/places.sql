-- The gazetteer of a device, in an encrypted file of its own beside the register (schema/PLACES.md).

-- One file that was imported.
CREATE TABLE list (
	id       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
	format   TEXT NOT NULL CHECK (length(format) BETWEEN 1 AND 80),        -- what it was read as
	version  TEXT NOT NULL CHECK (length(version) <= 40),                  -- as the file says; ''
	valid_on INTEGER,                                                      -- days since 1970; NULL: not said
	imported INTEGER NOT NULL,                                             -- UTC seconds
	places   INTEGER NOT NULL CHECK (places >= 0),
	digest   BLOB NOT NULL CHECK (length(digest) = 32)                     -- SHA-256 of the file
) STRICT;

-- One place as one list has it. A code may stand in several lists.
CREATE TABLE place (
	id         INTEGER PRIMARY KEY,
	list       INTEGER NOT NULL REFERENCES list (id) ON DELETE CASCADE,
	code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 32),        -- P-code; "geonames:1" where the list has none
	level      INTEGER NOT NULL CHECK (level BETWEEN 0 AND 5),             -- enum places_level
	parent     TEXT NOT NULL CHECK (length(parent) <= 32),                 -- code of the area it lies in, as the list says; ''
	latin      TEXT NOT NULL CHECK (length(latin) <= 80),
	arabic     TEXT NOT NULL CHECK (length(arabic) <= 80),
	latitude   INTEGER CHECK (latitude BETWEEN -9000000 AND 9000000),      -- 1e-5 degree; NULL: not known
	longitude  INTEGER CHECK (longitude BETWEEN -18000000 AND 18000000),
	valid_from INTEGER,                                                    -- days since 1970
	valid_to   INTEGER,
	UNIQUE (list, code),
	CHECK ((latitude IS NULL) = (longitude IS NULL)),
	CHECK (latin <> '' OR arabic <> '')
) STRICT;
CREATE INDEX place_code ON place (code);
CREATE INDEX place_latitude ON place (latitude) WHERE latitude IS NOT NULL;

-- How its names sound (schema/place_name.h), each once.
CREATE TABLE name (
	id    INTEGER PRIMARY KEY,
	place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
	kind  INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),                   -- 0 its name, 1 another name, 2 a part of one
	sound TEXT NOT NULL CHECK (length(sound) BETWEEN 1 AND 255),
	UNIQUE (place, sound)
) STRICT;

-- Trigrams of name.sound and of its consonant key, by name.id; the text itself is not kept twice.
CREATE VIRTUAL TABLE name_gram USING fts5 (grams, content = '', detail = none, tokenize = 'trigram case_sensitive 1');
-- Which names hold a trigram.
CREATE VIRTUAL TABLE name_vocab USING fts5vocab (name_gram, instance);
