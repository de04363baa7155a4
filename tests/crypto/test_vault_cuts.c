/* The power goes at every kind of moment, and nothing committed may be lost. */
#include <criterion/criterion.h>

#include "tests/crypto/vault_power.h"

TestSuite(vault_cuts, .init = vault_power_begin, .fini = vault_power_end);

enum { CUTS = 1300 };

/* Each page size with both caches; locks are kept for good in some. */
#define EACH_SIZE(name)                                                                                                \
	{name, 512, 5, 0}, {name, 512, 2000, VAULT_POWER_EXCLUSIVE},                                \
		{name, 1024, 5, VAULT_POWER_EXCLUSIVE}, {name, 1024, 2000, 0},                      \
		{name, 2048, 5, 0}, {name, 2048, 2000, 0},                     \
		{name, 4096, 5, 0}, {name, 4096, 2000, 0},                     \
		{name, 4096, 5, VAULT_POWER_EXCLUSIVE}, {name, 8192, 5, 0},                         \
		{name, 8192, 2000, VAULT_POWER_EXCLUSIVE}

Test(vault_cuts, truncated_journal_loses_nothing)
{
	static const struct vault_power_setting settings[] = {EACH_SIZE("TRUNCATE")};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS, VAULT_DISK_MAY_ALL);
}

Test(vault_cuts, deleted_journal_loses_nothing)
{
	static const struct vault_power_setting settings[] = {EACH_SIZE("DELETE")};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS, VAULT_DISK_MAY_ALL);
	cr_assert_gt(vault_disk_faults().deletions_undone, 0);
}

Test(vault_cuts, persistent_journal_loses_nothing)
{
	static const struct vault_power_setting settings[] = {EACH_SIZE("PERSIST"),
	                                                      {"PERSIST", 512, 5, VAULT_POWER_LIMITED},
	                                                      {"PERSIST", 4096, 5, VAULT_POWER_LIMITED | VAULT_POWER_EXCLUSIVE}};
	vault_power_demand_no_loss(settings, sizeof settings / sizeof settings[0], CUTS, VAULT_DISK_MAY_ALL);
}
