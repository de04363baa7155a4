-- Notes that were captured while the register was locked and have been taken in or dropped: they may come again, after a
-- crash or out of an older copy of the inbox file, and never count twice.

CREATE TABLE note (
	name  BLOB PRIMARY KEY CHECK (length(name) = 32),                      -- of the sealed record (crypto/inbox.h)
	event BLOB CHECK (length(event) = 32)                                  -- id of the report it became; NULL: dropped
) STRICT, WITHOUT ROWID;
