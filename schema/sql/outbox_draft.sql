-- What is being typed and is no report yet: saved after each answer, so that whoever is interrupted loses none. One row, gone
-- in the transaction that saves the report.

CREATE TABLE draft (
	one     INTEGER PRIMARY KEY CHECK (one = 1),                           -- one row
	mark    BLOB NOT NULL CHECK (length(mark) = 8),                        -- random, of the dialogue that writes it
	saved   INTEGER NOT NULL CHECK (saved >= 0),                           -- UTC seconds, this device's clock
	content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 65536)      -- schema/draft.h
) STRICT;
