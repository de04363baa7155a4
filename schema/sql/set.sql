-- The grow-only set of verified objects and what is derived from it. The same tables stand in the device's
-- register, in HQ's database and in the relay's store. Ids are SHA-256 (32 bytes), names are 16 bytes.

-- Every object that is kept for ever, in order of arrival: the leaves of the log.
CREATE TABLE object (
	position INTEGER PRIMARY KEY CHECK (position > 0),                    -- 1.., the leaf number + 1
	id       BLOB NOT NULL UNIQUE CHECK (length(id) = 32),                -- SHA-256 of the COSE_Sign1
	type     INTEGER NOT NULL CHECK (type BETWEEN 1 AND 127),             -- FORMAT.md 5
	device   BLOB CHECK (length(device) = 16),                            -- whom it is about; NULL: no device
	number   INTEGER NOT NULL CHECK (number >= 0),                        -- of an event: its place in the chain
	previous BLOB CHECK (length(previous) = 32),                          -- of an event: the link before
	wire     BLOB NOT NULL CHECK (length(wire) BETWEEN 1 AND 65536),      -- the whole object as it travels
	CHECK (type > 15 OR (device IS NOT NULL AND previous IS NOT NULL AND number > 0))
) STRICT;
-- Walks along a chain.
CREATE INDEX object_link ON object (device, number) WHERE type < 16;
-- The few objects that are no events, by type.
CREATE INDEX object_type ON object (type) WHERE type > 15;

-- Of heads, receipts and acknowledgements the newest of a device: the greatest (number, id).
CREATE TABLE newest (
	type   INTEGER NOT NULL CHECK (type BETWEEN 16 AND 79),
	device BLOB NOT NULL CHECK (length(device) = 16),
	log    BLOB NOT NULL CHECK (length(log) = 16),                        -- of a receipt: the log that signed it; else zeros
	number INTEGER NOT NULL CHECK (number >= 0),                          -- the number it speaks of
	id     BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
	wire   BLOB NOT NULL CHECK (length(wire) BETWEEN 1 AND 65536),
	PRIMARY KEY (type, device, log)
) STRICT, WITHOUT ROWID;

-- Whose signatures count, as introduced by objects of the set. The root is not here: the caller brings it.
CREATE TABLE signer (
	id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
	kind          INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),          -- enum signer_kind
	key           BLOB NOT NULL CHECK (length(key) = 32),                 -- Ed25519 public key
	roles         INTEGER NOT NULL CHECK (roles BETWEEN 0 AND 15),        -- of an appointment
	until         INTEGER NOT NULL CHECK (until >= 0),                    -- of an appointment: UTC seconds
	parent        BLOB NOT NULL CHECK (length(parent) = 16),              -- of a device: its invite, or whom it succeeds
	introduced_by BLOB NOT NULL CHECK (length(introduced_by) = 32)        -- the object that brought it first
) STRICT, WITHOUT ROWID;
-- One key, one chain.
CREATE UNIQUE INDEX signer_device_key ON signer (key) WHERE kind = 2;

-- How far the chain of each device is whole: a cursor, so that nobody walks from the beginning again.
CREATE TABLE chain (
	device    BLOB NOT NULL PRIMARY KEY CHECK (length(device) = 16),
	number    INTEGER NOT NULL CHECK (number >= 0),                       -- 0..number are held on the branch kept first
	last      BLOB NOT NULL CHECK (length(last) = 32),                    -- the id of link `number`
	held      INTEGER NOT NULL CHECK (held >= 0),                         -- events held, forks counted
	highest   INTEGER NOT NULL CHECK (highest >= number),                 -- the greatest number held
	forked_at INTEGER NOT NULL CHECK (forked_at >= 0)                     -- the least number held twice; 0: none
) STRICT, WITHOUT ROWID;

-- The Merkle tree over all ids in `object`, by position (RFC 9162).
CREATE TABLE log (
	one      INTEGER PRIMARY KEY CHECK (one = 1),                         -- one row
	size     INTEGER NOT NULL CHECK (size >= 0),
	frontier BLOB NOT NULL                                                -- crypto/merkle.h
) STRICT;

-- Links whose events' bodies their authors withheld: each stands by a withholding, an object of type 19, that carries the
-- event's header. The event itself may be held too, from an older copy of the device's register.
CREATE TABLE withheld (
	position INTEGER PRIMARY KEY REFERENCES object (position),            -- of the withholding
	id       BLOB NOT NULL CHECK (length(id) = 32),                       -- of the event
	device   BLOB NOT NULL CHECK (length(device) = 16),
	number   INTEGER NOT NULL CHECK (number > 0),
	previous BLOB NOT NULL CHECK (length(previous) = 32)
) STRICT;
CREATE INDEX withheld_link ON withheld (device, number);
CREATE INDEX withheld_event ON withheld (id);
