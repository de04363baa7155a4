-- The relay's own tables, beside the set's: one database holds one project.

-- The project served here. One row.
CREATE TABLE relay_project (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	root BLOB NOT NULL CHECK (length(root) = 32) -- Ed25519 public key: all trust starts here
) STRICT;

-- How many bytes of events and the like a device has had kept, its successors' included.
CREATE TABLE relay_account (
	account BLOB PRIMARY KEY CHECK (length(account) = 16), -- the device that was enrolled
	bytes   INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT, WITHOUT ROWID;
