-- Once the relay shows another log than the one in `pull`, how far that other was taken: the tree over the ids that came, so
-- that the next pull goes on from there. It counts for nothing else: what was signed is compared with `pull` alone.
CREATE TABLE other_log (
	one      INTEGER PRIMARY KEY CHECK (one = 1),
	frontier BLOB NOT NULL                                                -- crypto/merkle.h; its size is the cursor
) STRICT;
