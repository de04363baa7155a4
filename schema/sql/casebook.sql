-- What headquarters knows: opened events, where the relay's log has each object, and what would not verify.

-- An opened event, written only from struct evidence. The signed header stands in `object`; whoever shows a
-- row verifies it again from header, salt and body.
CREATE TABLE opened (
	id     BLOB NOT NULL PRIMARY KEY REFERENCES object (id) CHECK (length(id) = 32),
	device BLOB NOT NULL CHECK (length(device) = 16),
	number INTEGER NOT NULL CHECK (number > 0),
	type   INTEGER NOT NULL CHECK (type BETWEEN 1 AND 15),
	parent BLOB CHECK (length(parent) = 32),                              -- of an amend, retract, corroborate
	salt   BLOB NOT NULL CHECK (length(salt) = 32),
	body   BLOB NOT NULL CHECK (length(body) BETWEEN 1 AND 4096)
) STRICT, WITHOUT ROWID;
CREATE INDEX opened_device ON opened (device, number, id);
CREATE INDEX opened_parent ON opened (parent) WHERE parent IS NOT NULL;

-- When each logged object came to headquarters, and where it stands in the relay's log.
CREATE TABLE arrival (
	id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
	position INTEGER NOT NULL CHECK (position >= 0),                      -- 1.. in the relay's log; 0: came another way
	taken    INTEGER NOT NULL CHECK (taken >= 0)                          -- UTC seconds, this machine's clock
) STRICT, WITHOUT ROWID;

-- What the relay signed: at this time its log had this size and root.
CREATE TABLE checkpoint (
	size INTEGER NOT NULL CHECK (size >= 0),
	root BLOB NOT NULL CHECK (length(root) = 32),
	time INTEGER NOT NULL CHECK (time >= 0),
	PRIMARY KEY (size, time, root)
) STRICT, WITHOUT ROWID;

-- The relay's log as it was pulled: the root over its first `size` objects, for each size, so that
-- whatever the relay signed at any time can be compared.
CREATE TABLE pulled (
	size INTEGER PRIMARY KEY CHECK (size > 0),
	root BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;

-- How far the relay's log was pulled, and the tree over the ids that came.
CREATE TABLE pull (
	one      INTEGER PRIMARY KEY CHECK (one = 1),
	frontier BLOB NOT NULL,                                               -- crypto/merkle.h; its size is the cursor
	fault    TEXT NOT NULL                                                -- what did not fit; '' if all did
) STRICT;

-- What did not verify or open, keyed by the hash of its bytes, never by an id it claims. Bounded: the oldest go first.
CREATE TABLE quarantine (
	wire_hash BLOB NOT NULL PRIMARY KEY CHECK (length(wire_hash) = 32),
	type      INTEGER NOT NULL,                                           -- 0: not even that could be read
	signer    BLOB NOT NULL CHECK (length(signer) = 16),                  -- as it claims
	status    INTEGER NOT NULL,                                           -- enum status
	reason    TEXT NOT NULL,
	first     INTEGER NOT NULL,                                           -- UTC seconds
	wire      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_first ON quarantine (first);
