/* As test_vault_cuts.c with a copy of the vault whose blocks have 512 bytes (the
 * Makefile builds it; the tests of its rules are linked in as well). Pages of all
 * sizes are whole blocks there, and logs may have them all. */
#include <criterion/criterion.h>

#include "tests/crypto/vault_power.h"

TestSuite(vault_small, .init = vault_power_begin, .fini = vault_power_end);

enum { CUTS_OF_JOURNALS = 2100, CUTS_OF_LOGS = 1500, CUTS_OF_PAIRS = 400 };

Test(vault_small, is_a_copy_with_small_blocks)
{
	cr_assert_eq(vault_power_block_bytes(), 512);
}

#define EACH_SIZE(name)                                                                                                \
	{name, 512, 5, 0}, {name, 512, 2000, 0}, {name, 1024, 5, 0}, {name, 2048, 5, 0}, {name, 4096, 5, 0}, {name, 4096, 2000, 0},      \
		{name, 8192, 5, 0}, {name, 8192, 2000, 0}

Test(vault_small, rollback_journals_lose_nothing)
{
	static const struct vault_power_setting settings[] = {EACH_SIZE("TRUNCATE"), EACH_SIZE("DELETE"), EACH_SIZE("PERSIST")};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_JOURNALS, VAULT_DISK_MAY_ALL);
}

Test(vault_small, write_ahead_log_loses_nothing)
{
	static const struct vault_power_setting settings[] = {EACH_SIZE("WAL"), {"WAL", 1024, 2000, 0}, {"WAL", 2048, 2000, 0}};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_LOGS, VAULT_DISK_MAY_ALL);
}

Test(vault_small, two_databases_lose_nothing_and_agree)
{
	static const struct vault_power_setting settings[] = {
		{"TRUNCATE", 4096, 5, VAULT_POWER_PAIR},
		{"DELETE", 1024, 5, VAULT_POWER_PAIR},
		{"PERSIST", 512, 2000, VAULT_POWER_PAIR},
	};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS_OF_PAIRS, VAULT_DISK_MAY_ALL);
}
