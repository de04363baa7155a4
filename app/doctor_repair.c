#include "app/doctor.h"

#include "app/home_swap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- blocks that hold nothing ---- */

/* `found->survey` is open. */
static enum status clear(struct doctor_examination *found, struct error *err)
{
	uint64_t *const blocks = calloc(found->damage_len + 1, sizeof *blocks);
	size_t len = 0;
	if (blocks == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < found->damage_len; i++)
		if (found->damage[i].use.is_free)
			blocks[len++] = found->damage[i].block;
	const uint64_t keep = found->pages > 0 ? found->pages : found->blocks;
	const enum status status = vault_survey_clear(found->survey, blocks, len, keep, err);
	free(blocks);
	return status;
}

/* ---- a new register in place of the old ---- */

void doctor_hint(const struct doctor_examination *found, struct error *err)
{
	if (!found->findings.has_seed)
		error_hint(err, "%s", found->patient->without_keys);
	else if (!found->findings.has_descriptor)
		error_hint(err, "%s", found->patient->without_descriptor);
	else if (doctor_is_damaged(found))
		error_hint(err, "%s doctor --repair makes a sound register of what can be read and keeps the old one; --export FILE "
		                "writes the sealed reports", found->program);
	else
		error_hint(err, "%s doctor --repair clears them", found->program);
}

static enum status rebuild(struct doctor_examination *found, struct error *err)
{
	char made[HOME_PATH_BYTES];
	enum status status = home_swap_building(made, &found->home, err);
	if (status == STATUS_OK)
		status = found->patient->rebuild(found, made, err);
	if (status == STATUS_REFUSED)
		doctor_hint(found, err);
	if (status != STATUS_OK)
		return status;
	status = home_swap(&found->home, made, found->kept_as, err);
	/* Its journal, which is empty, or all of it. */
	home_remove_database(made);
	return status == STATUS_OK && found->patient->settle != NULL ? found->patient->settle(found, err) : status;
}

/* From reading to the swap nobody may write: the survey of the register itself holds its lock. */
static enum status rebuild_locked(struct doctor_examination *found, const char *from, struct error *err)
{
	struct vault_survey *held = NULL;
	enum status status = STATUS_OK;
	if (found->is_copy)
		status = vault_survey_open(&held, found->home.database_path, home_data_key(&found->home), err);
	if (status == STATUS_OK) {
		const uint64_t journal_bytes = found->journal_bytes;
		status = doctor_read(found, from, err);
		found->journal_bytes = journal_bytes;
	}
	if (status == STATUS_OK)
		status = rebuild(found, err);
	vault_survey_close(held);
	return status;
}

/* Opening the register is what finishes a command that was cut short. */
static enum status play_back(struct doctor_examination *found, struct error *err)
{
	const enum status status = found->patient->open(found, found->home.database_path, false, err);
	found->was_replayed = status == STATUS_OK;
	return status;
}

enum status doctor_repair(struct doctor_examination *found, const char *from, struct error *err)
{
	enum status status = STATUS_OK;
	if (doctor_is_damaged(found) || (found->is_copy && found->damage_len > 0))
		return rebuild_locked(found, from, err);
	if (found->is_copy)
		return play_back(found, err);
	if (found->damage_len == 0)
		return STATUS_OK;
	status = doctor_read(found, from, err);
	if (status == STATUS_OK)
		status = clear(found, err);
	vault_survey_close(found->survey);
	found->survey = NULL;
	if (status != STATUS_OK)
		return status;
	found->was_cleared = true;
	/* A cleared block may yet have been one that the list of free pages hung on. */
	return found->patient->open(found, found->path, true, NULL) == STATUS_OK ? STATUS_OK : rebuild_locked(found, from, err);
}
