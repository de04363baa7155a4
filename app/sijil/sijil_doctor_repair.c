#include "app/sijil/sijil_doctor.h"

#include "app/home_swap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- blocks that hold nothing ---- */

/* `found->survey` is open. */
static enum status clear(struct sijil_examination *found, struct error *err)
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

/* A cleared block may yet have been one that the list of free pages hung on. */
static enum status check_cleared(struct sijil_examination *found, struct error *err)
{
	struct outbox *outbox = NULL;
	enum status status = outbox_open(&outbox, found->path, found->home.vault, home_data_key(&found->home), err);
	if (status == STATUS_OK)
		status = outbox_check_whole(outbox, err);
	outbox_close(outbox);
	return status;
}

/* ---- a new register in place of the old ---- */

/* An own chain may lack the event that the key file names as receipted: the next sync sets it again. */
static enum status lower_floor(struct sijil_examination *found, struct error *err)
{
	if (found->findings.losses_len == 0)
		return STATUS_OK;
	/* A change of the key file locks the folder for itself. */
	(void)close(found->lock);
	found->lock = -1;
	const enum status status = home_change_begin(&found->home, err);
	if (status != STATUS_OK)
		return status;
	keyfile_floor_set(found->home.keyfile, &(struct keyfile_floor){0});
	return home_change_end(&found->home, STATUS_OK, err);
}

void sijil_doctor_hint(const struct sijil_examination *found, struct error *err)
{
	if (!found->findings.has_seed)
		error_hint(err, "sijil doctor --export FILE writes the sealed reports, to be carried; then join again with a new invite "
		                "(--home DIR), or restore a backup");
	else if (!found->findings.has_descriptor)
		error_hint(err, "ask headquarters for the project's bundle (sijil-hq bundle export), then: "
		                "sijil doctor --repair --from FILE");
	else if (sijil_doctor_is_damaged(found))
		error_hint(err, "sijil doctor --repair makes a sound register of what can be read and keeps the old one; --export FILE "
		                "writes the sealed reports");
	else
		error_hint(err, "sijil doctor --repair clears them");
}

static enum status rebuild(struct sijil_examination *found, struct error *err)
{
	char made[HOME_PATH_BYTES];
	enum status status = home_swap_building(made, &found->home, err);
	if (status == STATUS_OK)
		status = salvage_rebuild(found->salvage, &found->findings, made, found->home.vault, home_data_key(&found->home), err);
	if (status == STATUS_REFUSED)
		sijil_doctor_hint(found, err);
	if (status != STATUS_OK)
		return status;
	status = home_swap(&found->home, made, found->kept_as, err);
	/* Its journal, which is empty, or all of it. */
	home_remove_database(made);
	if (status == STATUS_OK)
		status = lower_floor(found, err);
	return status;
}

/* From reading to the swap nobody may write: the survey of the register itself holds its lock. */
static enum status rebuild_locked(struct sijil_examination *found, const char *from, struct error *err)
{
	struct vault_survey *held = NULL;
	enum status status = STATUS_OK;
	if (found->is_copy)
		status = vault_survey_open(&held, found->home.database_path, home_data_key(&found->home), err);
	if (status == STATUS_OK) {
		const uint64_t journal_bytes = found->journal_bytes;
		status = sijil_doctor_read(found, from, err);
		found->journal_bytes = journal_bytes;
	}
	if (status == STATUS_OK)
		status = rebuild(found, err);
	vault_survey_close(held);
	return status;
}

/* Opening the register is what finishes a command that was cut short. */
static enum status play_back(struct sijil_examination *found, struct error *err)
{
	struct outbox *outbox = NULL;
	const enum status status = outbox_open(&outbox, found->home.database_path, found->home.vault,
	                                       home_data_key(&found->home), err);
	outbox_close(outbox);
	found->was_replayed = status == STATUS_OK;
	return status;
}

enum status sijil_doctor_repair(struct sijil_examination *found, const char *from, struct error *err)
{
	enum status status = STATUS_OK;
	if (sijil_doctor_is_damaged(found) || (found->is_copy && found->damage_len > 0))
		return rebuild_locked(found, from, err);
	if (found->is_copy)
		return play_back(found, err);
	if (found->damage_len == 0)
		return STATUS_OK;
	status = sijil_doctor_read(found, from, err);
	if (status == STATUS_OK)
		status = clear(found, err);
	vault_survey_close(found->survey);
	found->survey = NULL;
	if (status != STATUS_OK)
		return status;
	found->was_cleared = true;
	return check_cleared(found, NULL) == STATUS_OK ? STATUS_OK : rebuild_locked(found, from, err);
}
