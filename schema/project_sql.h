/* The schema of HQ's database: set, project and casebook. */
#ifndef SIJIL_SCHEMA_PROJECT_SQL_H
#define SIJIL_SCHEMA_PROJECT_SQL_H

#include "schema/db.h"

extern const struct db_schema project_sql_schema;

#endif
