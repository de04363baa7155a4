#include "app/doctor.h"

#include "app/home_swap.h"
#include "app/print.h"
#include "crypto/file.h"
#include "sync/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 30 };

static bool is_empty(const struct doctor_damage *damage)
{
	return damage->use.is_behind || damage->use.is_free;
}

bool doctor_is_damaged(const struct doctor_examination *found)
{
	for (size_t i = 0; i < found->damage_len; i++)
		if (!is_empty(&found->damage[i]))
			return true;
	return found->fault.status != STATUS_OK || found->pages > found->blocks || found->findings.objects_lost > 0;
}

bool doctor_has_empty_damage(const struct doctor_examination *found)
{
	for (size_t i = 0; i < found->damage_len; i++)
		if (is_empty(&found->damage[i]))
			return true;
	return false;
}

/* ---- reading ---- */

static enum status add_one(void *context, struct span wire, struct error *err)
{
	const enum status status = salvage_add(context, wire, err);
	return status == STATUS_BAD_INPUT ? STATUS_OK : status;
}

static enum status add_from(struct salvage *salvage, const char *from, struct error *err)
{
	struct bytes content = {0};
	struct bundle_reader reader = {0};
	enum status status = file_read(&content, from, FILE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = bundle_feed(&reader, bytes_span(&content), add_one, salvage, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	bundle_wipe(&reader);
	bytes_wipe(&content);
	return status;
}

static enum status note_damage(struct doctor_examination *found, struct error *err)
{
	const uint64_t *blocks = NULL;
	const size_t len = vault_survey_damaged(found->survey, &blocks);
	enum status status = salvage_page_count(found->survey, &found->pages, err);
	found->blocks = vault_survey_blocks(found->survey);
	found->damage = calloc(len + 1, sizeof *found->damage);
	if (found->damage == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < len && status == STATUS_OK; i++) {
		found->damage[i].block = blocks[i];
		status = salvage_page_use(found->survey, blocks[i] + 1, &found->damage[i].use, err);
		found->damage_len = i + 1;
	}
	return status;
}

void doctor_forget(struct doctor_examination *found)
{
	vault_survey_close(found->survey);
	salvage_free(found->salvage);
	salvage_findings_wipe(&found->findings);
	free(found->damage);
	found->survey = NULL;
	found->salvage = NULL;
	found->damage = NULL;
	found->damage_len = 0;
	found->fault = (struct error){0};
}

enum status doctor_read(struct doctor_examination *found, const char *from, struct error *err)
{
	const struct keyfile_floor floor = keyfile_floor_get(found->home.keyfile);
	const struct head known = {floor.number, floor.id};
	doctor_forget(found);
	enum status status = vault_survey_open(&found->survey, found->path, home_data_key(&found->home), err);
	if (status == STATUS_OK)
		status = note_damage(found, err);
	if (status == STATUS_OK)
		status = salvage_read(&found->salvage, found->survey, err);
	if (status == STATUS_OK && from != NULL)
		status = add_from(found->salvage, from, err);
	return status == STATUS_OK ? found->patient->judge(found->salvage, &known, &found->findings, err) : status;
}

/* ---- a command that was cut short ---- */

/* Its journal belongs to the next command; what that will make of the database is looked at in a copy. */
static enum status look_at_copy(struct doctor_examination *found, const char *from, struct error *err)
{
	char copy[HOME_PATH_BYTES], journal[HOME_PATH_BYTES], copied[HOME_PATH_BYTES];
	const uint64_t journal_bytes = found->journal_bytes;
	enum status status = home_path(copy, found->path, ".copy", err);
	if (status == STATUS_OK)
		status = home_path(journal, found->path, "-journal", err);
	if (status == STATUS_OK)
		status = home_path(copied, copy, "-journal", err);
	if (status != STATUS_OK)
		return status;
	status = home_swap_copy(copy, found->path, err);
	if (status == STATUS_OK)
		status = home_swap_copy(copied, journal, err);
	memcpy(found->path, copy, sizeof copy);
	found->is_copy = true;
	if (status != STATUS_OK)
		return status;
	/* Opening plays it back; what else that finds is looked into below. */
	status = found->patient->open(found, found->path, false, err);
	if (status == STATUS_IO || status == STATUS_NO_MEMORY || status == STATUS_BUSY)
		return status;
	status = doctor_read(found, from, err);
	found->journal_bytes = journal_bytes;
	return status;
}

/* ---- what the tables and the chain say ---- */

/* Not where blocks are damaged: the first of them would be all that is told, and opening writes to an older register. */
static void check_tables(struct doctor_examination *found)
{
	const enum status status = found->patient->open(found, found->path, true, &found->fault);
	found->fault.status = status;
}

static enum status examine(struct doctor_examination *found, const char *from, struct error *err)
{
	enum status status = doctor_read(found, from, err);
	if (status != STATUS_OK)
		return status;
	found->journal_bytes = vault_survey_journal_bytes(found->survey);
	if (found->journal_bytes > 0)
		status = look_at_copy(found, from, err);
	vault_survey_close(found->survey);
	found->survey = NULL;
	if (status == STATUS_OK && !doctor_is_damaged(found))
		check_tables(found);
	return status;
}

/* ---- the command ---- */

static enum status export(struct doctor_examination *found, const char *out, struct error *err)
{
	struct bytes bundle = {0};
	enum status status = salvage_export(found->salvage, &bundle, &found->exported, err);
	if (status == STATUS_OK)
		status = file_write(out, bytes_span(&bundle), false, err);
	found->was_exported = status == STATUS_OK;
	bytes_wipe(&bundle);
	return status;
}

static bool has_lost_for_good(const struct salvage_findings *findings)
{
	for (size_t i = 0; i < findings->losses_len; i++)
		if (findings->losses[i].fate == OUTBOX_FATE_LOST)
			return true;
	return false;
}

/* Damage that is still there is the answer, whatever else was done. */
static enum status conclude(struct cli *cli, const struct doctor_examination *found, struct error *err)
{
	const bool is_damaged = doctor_is_damaged(found);
	if (found->kept_as[0] == '\0' && (is_damaged || doctor_has_empty_damage(found)) && !found->was_cleared) {
		(void)error_set(err, STATUS_CORRUPT, is_damaged ? "the register is damaged; nothing was changed"
		                                                : "blocks that hold nothing are damaged; nothing is lost");
		doctor_hint(found, err);
		return STATUS_CORRUPT;
	}
	if (has_lost_for_good(&found->findings))
		cli->exit_code = EXIT_INCOMPLETE;
	return STATUS_OK;
}

static enum status treat(struct cli *cli, struct doctor_examination *found, struct error *err)
{
	const char *out = cli_value(cli, "export"), *from = cli_value(cli, "from");
	enum status status = examine(found, from, err);
	if (status == STATUS_OK && out != NULL)
		status = export(found, out, err);
	if (status == STATUS_OK && cli_flag(cli, "repair"))
		status = doctor_repair(found, from, err);
	/* What was found is told even where nothing could be done about it. */
	if (found->salvage == NULL)
		return status;
	const enum status said = doctor_say(cli, found, status == STATUS_OK ? err : NULL);
	if (status == STATUS_OK)
		status = said;
	return status == STATUS_OK ? conclude(cli, found, err) : status;
}

static enum status unlock(struct doctor_examination *found, const struct cli *cli, struct error *err)
{
	const enum status status = home_open(&found->home, cli, err);
	for (size_t i = 0; i < found->surroundings.findings_len && status != STATUS_OK; i++)
		print_note("note: %s\n", found->surroundings.findings[i]);
	if (status == STATUS_CORRUPT || status == STATUS_TAMPERED)
		error_hint(err, "without its key file nothing of a register can be read: bring back a backup beside it "
		                "(%s --home DIR restore FILE)", found->program);
	return status;
}

enum status doctor(const struct doctor_patient *patient, struct cli *cli, struct error *err)
{
	struct doctor_examination *const found = calloc(1, sizeof *found);
	if (found == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	found->patient = patient;
	found->program = cli->program->name;
	found->lock = -1;
	/* Who had the old file open would write to it behind the back of a repair. */
	found->home.alone = cli_flag(cli, "repair");
	enum status status = home_locate(&found->home, cli, err);
	if (status == STATUS_OK)
		surroundings_look(&found->surroundings, &found->home, "");
	if (status == STATUS_OK)
		status = unlock(found, cli, err);
	if (status == STATUS_OK)
		status = home_lock(&found->lock, &found->home, err);
	if (status == STATUS_OK) {
		home_swap_clean(&found->home);
		surroundings_look(&found->surroundings, &found->home, "");
		memcpy(found->path, found->home.database_path, sizeof found->path);
		status = treat(cli, found, err);
	}
	doctor_forget(found);
	if (found->is_copy)
		home_remove_database(found->path);
	if (found->lock >= 0)
		(void)close(found->lock);
	home_close(&found->home);
	free(found);
	return status;
}
