#include "schema/project_sql.h"

#include "schema/project_inside.h"
#include "schema/sql.h"

static const char *const migrations[] = {sql_set, sql_project, sql_casebook, sql_casebook_other_log};

#define OPENED_COLUMNS                                                                                                   \
	"SELECT opened.id, opened.device, opened.number, opened.type, opened.salt, opened.body, object.wire, "           \
	"coalesce(arrival.position, 0) FROM opened JOIN object ON object.id = opened.id "                                \
	"LEFT JOIN arrival ON arrival.id = opened.id "

static const char *const statements[] = {
	SET_STATEMENT_TABLE,
	[PROJECT_GET] = "SELECT root, appointment FROM project",
	[PROJECT_PUT] = "INSERT INTO project (one, root, appointment) VALUES (1, ?1, ?2)",
	[PROJECT_BEHIND_GET] = "SELECT behind FROM project",
	[PROJECT_BEHIND_SET] = "UPDATE project SET behind = ?1",
	[PROJECT_SECRET_GET] = "SELECT wrapped FROM secret WHERE use = ?1 AND number = ?2",
	[PROJECT_SECRET_PUT] = "INSERT INTO secret (use, number, wrapped) VALUES (?1, ?2, ?3)",
	[PROJECT_SECRET_WRAP] = "UPDATE secret SET wrapped = ?3 WHERE use = ?1 AND number = ?2",
	[PROJECT_SECRET_NUMBERS] = "SELECT number FROM secret WHERE use = ?1 ORDER BY number",
	[PROJECT_INVITE_PUT] = "INSERT INTO invite (id, label, expires, made) VALUES (?1, ?2, ?3, ?4)",
	[CASEBOOK_OPENED_PUT] = "INSERT INTO opened (id, device, number, type, parent, salt, body) "
	                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
	[CASEBOOK_OPENED_GET] = OPENED_COLUMNS "WHERE opened.id = ?1",
	[CASEBOOK_OPENED_EACH] = OPENED_COLUMNS "WHERE opened.device = ?1 ORDER BY opened.number, opened.id",
	[CASEBOOK_OPENED_HAS] = "SELECT 1 FROM opened WHERE id = ?1",
	[CASEBOOK_OPENED_CHILDREN] = OPENED_COLUMNS "WHERE opened.parent = ?1 ORDER BY opened.number, opened.id",
	[CASEBOOK_OPENED_COUNT] = "SELECT count(*) FROM opened WHERE device = ?1",
	[CASEBOOK_OPENED_FROM] = "SELECT id FROM opened WHERE id >= ?1 ORDER BY id LIMIT 2",
	[CASEBOOK_OPENED_NUMBERED] = "SELECT id FROM opened WHERE device = ?1 AND number = ?2 ORDER BY id",
	[CASEBOOK_OPENED_RECOVERIES] = OPENED_COLUMNS "WHERE opened.device = ?1 AND opened.number <= ?2 AND opened.type = 5 "
	                               "ORDER BY opened.number DESC, opened.id",
	[CASEBOOK_OPENED_DUMP] = "SELECT id, iif(type = 5, x'', salt), iif(type = 5, x'', body) FROM opened ORDER BY id",
	[CASEBOOK_SEALED_DUMP] = "SELECT object.id FROM object LEFT JOIN opened ON opened.id = object.id "
	                         "WHERE object.type < 16 AND opened.id IS NULL ORDER BY object.id",
	[CASEBOOK_LINKS] = "SELECT object.id, object.number, object.previous, object.type, opened.id IS NOT NULL "
	                   "FROM object LEFT JOIN opened ON opened.id = object.id "
	                   "WHERE object.device = ?1 AND object.type < 16 "
	                   "UNION ALL SELECT id, number, previous, 19, 0 FROM withheld WHERE device = ?1 "
	                   "AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = withheld.id) ORDER BY 2, 1",
	[CASEBOOK_WITHHELD] = "SELECT withheld.id, withheld.device, object.wire, "
	                      "(SELECT opened.id FROM opened WHERE opened.parent = withheld.id AND opened.type = 3 "
	                      "AND opened.device = withheld.device ORDER BY opened.number LIMIT 1) "
	                      "FROM withheld JOIN object USING (position) "
	                      "WHERE NOT EXISTS (SELECT 1 FROM object AS whole WHERE whole.id = withheld.id) "
	                      "ORDER BY withheld.device, withheld.number, withheld.position",
	[CASEBOOK_ARRIVAL_PUT] = "INSERT INTO arrival (id, position, taken) VALUES (?1, ?2, ?3) "
	                         "ON CONFLICT (id) DO UPDATE SET position = excluded.position WHERE position = 0",
	[CASEBOOK_ARRIVAL_GET] = "SELECT position, taken FROM arrival WHERE id = ?1",
	[CASEBOOK_CHECKPOINT_PUT] = "INSERT INTO checkpoint (size, root, time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
	[CASEBOOK_CHECKPOINT_AT] = "SELECT root, time FROM checkpoint WHERE size = ?1 ORDER BY time",
	[CASEBOOK_CHECKPOINT_EACH] = "SELECT size, time FROM checkpoint ORDER BY size",
	[CASEBOOK_CHECKPOINT_NEWEST] = "SELECT size, root, time FROM checkpoint ORDER BY size DESC, time DESC LIMIT 1",
	[CASEBOOK_PULLED_PUT] = "INSERT INTO pulled (size, root) VALUES (?1, ?2)",
	[CASEBOOK_PULLED_GET] = "SELECT root FROM pulled WHERE size = ?1",
	[CASEBOOK_PULL_GET] = "SELECT frontier, fault FROM pull",
	[CASEBOOK_PULL_PUT] = "INSERT INTO pull (one, frontier, fault) VALUES (1, ?1, ?2) "
	                      "ON CONFLICT (one) DO UPDATE SET frontier = excluded.frontier, fault = excluded.fault",
	[CASEBOOK_OTHER_LOG_GET] = "SELECT frontier FROM other_log",
	[CASEBOOK_OTHER_LOG_PUT] = "INSERT INTO other_log (one, frontier) VALUES (1, ?1) "
	                           "ON CONFLICT (one) DO UPDATE SET frontier = excluded.frontier",
	[CASEBOOK_QUARANTINE_PUT] = "INSERT INTO quarantine (wire_hash, type, signer, status, reason, first, wire) "
	                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	                            "ON CONFLICT (wire_hash) DO UPDATE SET status = excluded.status, reason = excluded.reason",
	[CASEBOOK_QUARANTINE_EACH] = "SELECT wire_hash, type, signer, status, reason, first FROM quarantine "
	                             "ORDER BY first, wire_hash",
	[CASEBOOK_QUARANTINE_WAITING] = "SELECT wire_hash, wire FROM quarantine WHERE status IN (?1, ?2) AND wire_hash > ?3 "
	                                "ORDER BY wire_hash LIMIT 1",
	[CASEBOOK_QUARANTINE_TWICE] = "SELECT wire FROM quarantine WHERE type IN (?1, ?2) AND status = ?3",
	[CASEBOOK_QUARANTINE_DROP] = "DELETE FROM quarantine WHERE wire_hash = ?1",
	[CASEBOOK_QUARANTINE_TRIM] = "DELETE FROM quarantine WHERE wire_hash IN "
	                             "(SELECT wire_hash FROM quarantine ORDER BY first DESC, wire_hash LIMIT -1 OFFSET ?1)",
};

const struct db_schema project_sql_schema = {
	.application_id = 0x536a4871, /* "SjHq" */
	.migrations = migrations,
	.migrations_len = sizeof migrations / sizeof *migrations,
	.statements = statements,
	.statements_len = sizeof statements / sizeof *statements,
	.what = "headquarters' register",
};
