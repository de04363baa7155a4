/* The set's statements, for the table of the store that holds it: a store's
 * statements start with SET_STATEMENT_TABLE, and its own indexes go on from SET_STATEMENTS.
 * Its first migration is sql_set of "schema/sql.h" (schema/sql/set.sql).
 *
 *   enum { LEDGER_PUT = SET_STATEMENTS, ... };
 *   static const char *const statements[] = { SET_STATEMENT_TABLE, [LEDGER_PUT] = "INSERT ...", ... };
 */
#ifndef SIJIL_SCHEMA_SET_SQL_H
#define SIJIL_SCHEMA_SET_SQL_H

enum set_statement {
	SET_FIND,
	SET_GET,
	SET_PUT,
	SET_PUT_NEWEST,
	SET_LOG_GET,
	SET_LOG_SIZE,
	SET_LOG_PUT,
	SET_SIGNER_GET,
	SET_SIGNER_PUT,
	SET_KEY_TAKEN,
	SET_CHAIN_GET,
	SET_CHAIN_PUT,
	SET_CHAIN_MOVE,
	SET_CHILD,
	SET_CHILD_WITHHELD,
	SET_TWINS,
	SET_LINK,
	SET_NUMBERS_AFTER,
	SET_HEAD_NUMBER,
	SET_EACH_AFTER,
	SET_EACH_NEWEST,
	SET_EACH_NEWEST_OF,
	SET_EACH_OF_TYPE,
	SET_EACH_EVENT_OF_TYPE,
	SET_EACH_LINK,
	SET_EACH_DEVICE,
	SET_EACH_BY_ID,
	SET_WITHHELD_PUT,
	SET_WITHHELD_HAS,
	SET_WITHHELD_GET,
	SET_STATEMENTS,
};

/* `type < 16` and `type > 15` stand as written in set.sql: so the planner uses the partial indexes. */
/* clang-format off */
#define SET_STATEMENT_TABLE \
	[SET_FIND] = "SELECT type, device, number, previous, wire = ?2 FROM object WHERE id = ?1 " \
		"UNION ALL SELECT type, device, number, NULL, wire = ?2 FROM newest WHERE id = ?1", \
	[SET_GET] = "SELECT wire FROM object WHERE id = ?1 UNION ALL SELECT wire FROM newest WHERE id = ?1", \
	[SET_PUT] = "INSERT INTO object (position, id, type, device, number, previous, wire) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", \
	[SET_PUT_NEWEST] = "INSERT INTO newest (type, device, log, number, id, wire) VALUES (?1, ?2, ?3, ?4, ?5, ?6) " \
		"ON CONFLICT (type, device, log) DO UPDATE SET number = excluded.number, id = excluded.id, wire = excluded.wire " \
		"WHERE excluded.number > number OR (excluded.number = number AND excluded.id > id)", \
	[SET_LOG_GET] = "SELECT size, frontier FROM log", \
	[SET_LOG_SIZE] = "SELECT size FROM log", \
	[SET_LOG_PUT] = "INSERT INTO log (one, size, frontier) VALUES (1, ?1, ?2) " \
		"ON CONFLICT (one) DO UPDATE SET size = excluded.size, frontier = excluded.frontier", \
	[SET_SIGNER_GET] = "SELECT kind, key, roles, until, parent FROM signer WHERE id = ?1", \
	[SET_SIGNER_PUT] = "INSERT INTO signer (id, kind, key, roles, until, parent, introduced_by) " \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING", \
	[SET_KEY_TAKEN] = "SELECT 1 FROM signer WHERE kind = 2 AND key = ?1 AND introduced_by <> ?2", \
	[SET_CHAIN_GET] = "SELECT number, last, held, highest, forked_at FROM chain WHERE device = ?1", \
	[SET_CHAIN_PUT] = "INSERT INTO chain (device, number, last, held, highest, forked_at) VALUES (?1, 0, ?2, 0, 0, 0) " \
		"ON CONFLICT (device) DO NOTHING", \
	[SET_CHAIN_MOVE] = "UPDATE chain SET number = ?2, last = ?3, held = ?4, highest = ?5, forked_at = ?6 WHERE device = ?1", \
	[SET_CHILD] = "SELECT id FROM object WHERE device = ?1 AND number = ?2 AND previous = ?3 AND type < 16 " \
		"ORDER BY position LIMIT 1", \
	[SET_CHILD_WITHHELD] = "SELECT id FROM withheld WHERE device = ?1 AND number = ?2 AND previous = ?3 " \
		"ORDER BY position LIMIT 1", \
	[SET_TWINS] = "SELECT id FROM (SELECT id FROM object WHERE device = ?1 AND number = ?2 AND type < 16 LIMIT 2) " \
		"UNION SELECT id FROM (SELECT DISTINCT id FROM withheld WHERE device = ?1 AND number = ?2 LIMIT 2) LIMIT 1 OFFSET 1", \
	[SET_LINK] = "SELECT previous FROM object WHERE id = ?1 AND device = ?2 AND number = ?3 AND type < 16 " \
		"UNION ALL SELECT previous FROM withheld WHERE id = ?1 AND device = ?2 AND number = ?3", \
	[SET_NUMBERS_AFTER] = "SELECT number FROM object WHERE device = ?1 AND number > ?2 AND type < 16 " \
		"UNION SELECT number FROM withheld WHERE device = ?1 AND number > ?2 ORDER BY number", \
	[SET_HEAD_NUMBER] = "SELECT number FROM newest WHERE type = 18 AND device = ?1", \
	[SET_EACH_AFTER] = "SELECT position, id, wire FROM object WHERE position > ?1 ORDER BY position", \
	[SET_EACH_NEWEST] = "SELECT 0, id, wire FROM newest WHERE type = ?1 ORDER BY device, log", \
	[SET_EACH_NEWEST_OF] = "SELECT 0, id, wire FROM newest WHERE type = ?1 AND device = ?2 ORDER BY log", \
	[SET_EACH_OF_TYPE] = "SELECT position, id, wire FROM object WHERE type = ?1 AND type > 15 ORDER BY position", \
	[SET_EACH_EVENT_OF_TYPE] = "SELECT position, id, wire FROM object WHERE type = ?1 AND type < 16 ORDER BY position", \
	[SET_EACH_LINK] = "SELECT position, id, wire, number FROM object WHERE device = ?1 AND number BETWEEN ?2 AND ?3 AND type < 16 " \
		"UNION ALL SELECT object.position, withheld.id, object.wire, withheld.number FROM withheld JOIN object USING (position) " \
		"WHERE withheld.device = ?1 AND withheld.number BETWEEN ?2 AND ?3 ORDER BY 4, 2, 1", \
	[SET_WITHHELD_PUT] = "INSERT INTO withheld (position, id, device, number, previous) VALUES (?1, ?2, ?3, ?4, ?5)", \
	[SET_WITHHELD_HAS] = "SELECT 1 FROM withheld WHERE id = ?1", \
	[SET_WITHHELD_GET] = "SELECT object.wire FROM withheld JOIN object USING (position) WHERE withheld.id = ?1", \
	[SET_EACH_DEVICE] = "SELECT position, id, wire FROM object WHERE type IN (16, 17) AND type > 15 ORDER BY position", \
	[SET_EACH_BY_ID] = "SELECT id, wire FROM object UNION ALL SELECT id, wire FROM newest ORDER BY id"
/* clang-format on */

#endif
