-- The field device's register, beside the set: who this device is, the worker's readable copies, and what
-- relay and headquarters have said of it. Keys stand here wrapped once more (crypto/wrap.h).

-- The device in its project.
CREATE TABLE register (
	one        INTEGER PRIMARY KEY CHECK (one = 1),                       -- one row
	root       BLOB NOT NULL CHECK (length(root) = 32),                   -- the project's root key
	label      TEXT NOT NULL CHECK (length(label) <= 40),                 -- what headquarters calls this device
	tag_key    BLOB NOT NULL CHECK (length(tag_key) = 56),                -- wrapped; tags of informants' nicknames
	descriptor BLOB NOT NULL CHECK (length(descriptor) = 32)              -- id of the newest descriptor in the chain
) STRICT;

-- The keys this register signed with, each with a chain of its own; the last one signs.
CREATE TABLE identity (
	generation INTEGER PRIMARY KEY CHECK (generation > 0),                -- 1.., in order of succession
	device     BLOB NOT NULL UNIQUE CHECK (length(device) = 16),
	introduced BLOB NOT NULL CHECK (length(introduced) = 32),             -- id of the enrolment or succession
	seed       BLOB CHECK (length(seed) = 72),                            -- wrapped signing seed; NULL: succeeded
	ended      INTEGER CHECK (ended >= 0),                                -- number of its last event; NULL: goes on
	CHECK ((seed IS NULL) = (ended IS NOT NULL))
) STRICT;

-- One's own events, and of each the readable copy while the project's policy lets it stay.
CREATE TABLE own (
	position INTEGER PRIMARY KEY REFERENCES object (position),
	floor    INTEGER NOT NULL CHECK (floor >= 0),                         -- greatest creation time up to here, UTC seconds
	parent   BLOB CHECK (length(parent) = 32),                            -- of an amend or retract: whose
	body     BLOB CHECK (length(body) BETWEEN 1 AND 4096)                 -- encoded body; NULL: dropped
) STRICT;
CREATE INDEX own_parent ON own (parent) WHERE parent IS NOT NULL;

-- How far a believed receipt or acknowledgement covers each own chain.
CREATE TABLE covered (
	device BLOB NOT NULL CHECK (length(device) = 16),
	by     INTEGER NOT NULL CHECK (by BETWEEN 1 AND 3),                   -- 1 relay, 2 hub, 3 headquarters
	number INTEGER NOT NULL CHECK (number >= 0),                          -- 0..number
	time   INTEGER NOT NULL CHECK (time >= 0),                            -- greatest it stated, UTC seconds
	PRIMARY KEY (device, by)
) STRICT, WITHOUT ROWID;

-- The relay's log as last learned: the next own event carries it, so that nobody can date that event before it.
CREATE TABLE checkpoint (
	one  INTEGER PRIMARY KEY CHECK (one = 1),                             -- one row
	log  BLOB NOT NULL CHECK (length(log) = 16),
	size INTEGER NOT NULL CHECK (size >= 0),
	root BLOB NOT NULL CHECK (length(root) = 32),
	told INTEGER NOT NULL CHECK (told IN (0, 1))                          -- 1: an event carries it
) STRICT;

-- Recovery codes among the events: few, and asked for whenever the device's standing is shown.
CREATE INDEX object_recovery ON object (device, number) WHERE type = 5;

-- How far each own chain may have left this device, by a sync or in a carried file: what lies behind it may still be withheld.
CREATE TABLE handed (
	device BLOB NOT NULL PRIMARY KEY CHECK (length(device) = 16),
	number INTEGER NOT NULL CHECK (number >= 0),                          -- 0..number
	times  INTEGER NOT NULL CHECK (times > 0)                             -- how often it was said: whoever sent nothing takes back his own word only
) STRICT, WITHOUT ROWID;
