-- What headquarters alone has: the project's secrets and the labels of its invites. The set stands beside (set.sql).

-- Which project this is, and as whom this database signs for it.
CREATE TABLE project (
	one         INTEGER PRIMARY KEY CHECK (one = 1),
	root        BLOB NOT NULL CHECK (length(root) = 32),                  -- the root's public key
	appointment BLOB NOT NULL CHECK (length(appointment) = 16),           -- HQ's own appointment
	behind      INTEGER NOT NULL DEFAULT 0 CHECK (behind IN (0, 1))       -- 1: from a backup and not yet pulled, so it signs no descriptor
) STRICT;

-- Seeds, each wrapped once more under the data key (crypto/wrap.h), so that no page shows one.
CREATE TABLE secret (
	use     TEXT NOT NULL CHECK (use IN ('root', 'appointment', 'sealing')),
	number  INTEGER NOT NULL CHECK (number >= 0),                         -- sealing: the first descriptor that names it
	wrapped BLOB NOT NULL CHECK (length(wrapped) = 72),
	PRIMARY KEY (use, number)
) STRICT, WITHOUT ROWID;

-- Invites made here; the invite itself travels in its file and, once used, in the enrolment.
CREATE TABLE invite (
	id      BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
	label   TEXT NOT NULL,
	expires INTEGER NOT NULL CHECK (expires >= 0),                        -- UTC seconds
	made    INTEGER NOT NULL CHECK (made >= 0)
) STRICT, WITHOUT ROWID;
