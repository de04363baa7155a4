/* As test_vault_cuts.c: write-ahead logs, transactions that span two databases, and
 * processes that die without a sync. */
#include <criterion/criterion.h>

#include "tests/crypto/vault_power.h"

TestSuite(vault_cuts_log, .init = vault_power_begin, .fini = vault_power_end);

enum { CUTS_OF_LOGS = 1300, CUTS_OF_PAIRS = 800, DEATHS = 400, CUTS_OF_LARGE_PAGES = 60 };

/* A checkpoint rewrites pages without a journal: smaller than a block they would
 * drag their neighbours along (FORMAT.md, The vault). test_vault_small.c has those. */
Test(vault_cuts_log, write_ahead_log_loses_nothing)
{
	static const struct vault_power_setting settings[] = {
		{"WAL", 4096, 5, 0}, {"WAL", 4096, 2000, 0}, {"WAL", 8192, 5, 0}, {"WAL", 8192, 2000, 0},
	};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_LOGS, VAULT_DISK_MAY_ALL);
	cr_assert_gt(vault_disk_faults().deletions_undone, 0);
}

Test(vault_cuts_log, the_largest_pages_lose_nothing)
{
	static const struct vault_power_setting settings[] = {{"WAL", 65536, 5, 0}, {"TRUNCATE", 65536, 5, 0}, {"TRUNCATE", 16384, 5, 0}};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_LARGE_PAGES,
	                           VAULT_DISK_MAY_ALL & ~(unsigned)VAULT_DISK_MAY_UNDO);
}

/* By a super-journal: both databases commit, or none. */
Test(vault_cuts_log, two_databases_lose_nothing_and_agree)
{
	static const struct vault_power_setting settings[] = {
		{"TRUNCATE", 4096, 5, VAULT_POWER_PAIR},    {"DELETE", 4096, 5, VAULT_POWER_PAIR},
		{"PERSIST", 4096, 5, VAULT_POWER_PAIR},     {"TRUNCATE", 512, 2000, VAULT_POWER_PAIR},
		{"DELETE", 1024, 5, VAULT_POWER_PAIR},      {"PERSIST", 8192, 2000, VAULT_POWER_PAIR},
		{"TRUNCATE", 4096, 5, VAULT_POWER_EXCLUSIVE | VAULT_POWER_PAIR},
	};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_PAIRS, VAULT_DISK_MAY_ALL);
	cr_assert_gt(vault_disk_faults().deletions_undone, 0);
}

/* Without syncs the order of writes is what saves a database from the death of
 * its process: a journal must be on its way before the pages it saves. */
Test(vault_cuts_log, death_of_the_process_alone_loses_nothing_without_syncs)
{
	static const struct vault_power_setting settings[] = {
		{"TRUNCATE", 4096, 5, VAULT_POWER_UNSYNCED}, {"DELETE", 4096, 5, VAULT_POWER_UNSYNCED},
		{"PERSIST", 4096, 5, VAULT_POWER_UNSYNCED},  {"TRUNCATE", 8192, 2000, VAULT_POWER_UNSYNCED},
		{"DELETE", 65536, 5, VAULT_POWER_UNSYNCED},  {"PERSIST", 8192, 5, VAULT_POWER_EXCLUSIVE | VAULT_POWER_UNSYNCED},
	};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], DEATHS, 0);
}
