-- Own events that damage of the disk took and that this register was put together again without (schema/salvage.h).

CREATE TABLE lost (
	device BLOB NOT NULL CHECK (length(device) = 16),                     -- the own key whose chain they were in
	first  INTEGER NOT NULL CHECK (first >= 0),                           -- first..last; 0: what introduced the key
	last   INTEGER NOT NULL CHECK (last >= first),
	fate   INTEGER NOT NULL CHECK (fate BETWEEN 0 AND 2)                  -- enum outbox_fate
) STRICT;
