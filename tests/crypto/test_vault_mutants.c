/* Vaults that break a rule of FORMAT.md, The vault: the harness that cuts the power
 * must find that data is lost. Were one of these to lose nothing, either the rule
 * would not be needed or the harness would not be looking. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/crypto/vault_mutant.h"
#include "tests/crypto/vault_power.h"

static void end(void)
{
	vault_mutant_end();
	vault_power_end();
}

TestSuite(vault_mutants, .init = vault_power_begin, .fini = end);

enum { CUTS_EACH = 100 };

static unsigned losses_of(enum vault_mutant mutant, const struct vault_power_setting *setting)
{
	struct vault_power_tally tally = {0};

	vault_mutant_choose(mutant);
	vault_power_run(&tally, setting, CUTS_EACH, vault_mutant_layer);
	printf("%s, pages of %d: %u of %u cuts lose data (%u unreadable, %u lost, %u mixed, %u corrupt, %u unseen, %u stuck)\n",
	       setting->mode, setting->page_size, vault_power_losses(&tally), tally.cuts,
	       tally.verdicts[VAULT_POWER_UNREADABLE], tally.verdicts[VAULT_POWER_LOST],
	       tally.verdicts[VAULT_POWER_MIXED], tally.verdicts[VAULT_POWER_CORRUPT], tally.verdicts[VAULT_POWER_UNSEEN],
	       tally.verdicts[VAULT_POWER_STUCK]);
	return vault_power_losses(&tally);
}

/* The mutant loses data where the vault, through the same layer, loses none. */
static void must_be_caught(enum vault_mutant mutant, const struct vault_power_setting *setting)
{
	cr_assert_eq(losses_of(VAULT_MUTANT_NONE, setting), 0);
	cr_assert_gt(losses_of(mutant, setting), 0, "it breaks a rule, and nothing is lost");
}

Test(vault_mutants, rule_1_powersafe_overwrite_loses_commits_of_a_log)
{
	must_be_caught(VAULT_MUTANT_POWERSAFE, &(struct vault_power_setting){"WAL", 4096, 5, 0});
}

Test(vault_mutants, rule_1_powersafe_overwrite_tears_pages_beside_those_in_the_journal)
{
	must_be_caught(VAULT_MUTANT_POWERSAFE, &(struct vault_power_setting){"TRUNCATE", 512, 5, 0});
}

Test(vault_mutants, rule_1_small_sectors_tear_pages_beside_those_in_the_journal)
{
	must_be_caught(VAULT_MUTANT_SECTOR, &(struct vault_power_setting){"TRUNCATE", 1024, 5, 0});
}

Test(vault_mutants, rule_2_a_torn_first_page_that_is_an_error_keeps_its_journal_from_being_found)
{
	must_be_caught(VAULT_MUTANT_HEADER, &(struct vault_power_setting){"TRUNCATE", 4096, 5, 0});
}

Test(vault_mutants, rule_3_a_torn_journal_that_is_an_error_keeps_the_database_shut)
{
	must_be_caught(VAULT_MUTANT_TORN_JOURNAL, &(struct vault_power_setting){"PERSIST", 4096, 5, 0});
}

Test(vault_mutants, rule_3_a_torn_log_that_is_an_error_keeps_the_database_shut)
{
	must_be_caught(VAULT_MUTANT_TORN_LOG, &(struct vault_power_setting){"WAL", 4096, 5, 0});
}

Test(vault_mutants, rule_3_recovery_must_write_over_damage)
{
	must_be_caught(VAULT_MUTANT_RECOVERY, &(struct vault_power_setting){"TRUNCATE", 1024, 5, 0});
}

Test(vault_mutants, rule_4_a_short_block_of_a_journal_that_is_written_again_loses_records)
{
	must_be_caught(VAULT_MUTANT_EXTEND, &(struct vault_power_setting){"PERSIST", 4096, 5, VAULT_POWER_LIMITED});
}

Test(vault_mutants, rule_4_the_last_block_of_a_database_that_is_written_again_loses_pages)
{
	must_be_caught(VAULT_MUTANT_CUT, &(struct vault_power_setting){"TRUNCATE", 512, 2000, 0});
}

Test(vault_mutants, rule_7_a_held_block_that_comes_after_its_database_loses_records)
{
	must_be_caught(VAULT_MUTANT_HELD_ORDER, &(struct vault_power_setting){"TRUNCATE", 4096, 5, VAULT_POWER_UNSYNCED});
}
