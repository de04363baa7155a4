#include "app/sijil/sijil_doctor.h"

#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SET_ASIDE_MAX = 1000 };

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
		status = db_check(outbox_db(outbox), err);
	if (status == STATUS_OK)
		status = outbox_check(outbox, err);
	outbox_close(outbox);
	return status;
}

/* ---- a new register in place of the old ---- */

static enum status sync_folder(const char *folder, struct error *err)
{
	const int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool synced = directory >= 0 && fsync(directory) == 0;
	const int cause = errno;
	if (directory >= 0)
		(void)close(directory);
	return synced ? STATUS_OK
	              : error_set(err, STATUS_IO, "the folder '%s' cannot be written: %s", folder, strerror(cause));
}

/* The first free name of the form register.db.damaged-N. */
static enum status choose_name(char name[HOME_PATH_BYTES], const char *database, struct error *err)
{
	for (int n = 1; n < SET_ASIDE_MAX; n++) {
		if (snprintf(name, HOME_PATH_BYTES, "%s.damaged-%d", database, n) >= HOME_PATH_BYTES)
			break;
		if (!file_exists(name))
			return STATUS_OK;
	}
	return error_set(err, STATUS_REFUSED, "no name is free to set the damaged register aside under");
}

static enum status move(const char *from, const char *to, struct error *err)
{
	return rename(from, to) == 0 ? STATUS_OK
	                             : error_set(err, STATUS_IO, "'%s' cannot be put into place: %s", to, strerror(errno));
}

/* The old database and its journal go together, the database first: were the power to fail between, there is none, rather
 * than one without the journal that would undo half a command in it, or a new one beside that journal. */
static enum status swap(struct sijil_examination *found, const char *made, struct error *err)
{
	const char *const database = found->home.database_path;
	char aside[HOME_PATH_BYTES], journal[HOME_PATH_BYTES + 16], journal_aside[HOME_PATH_BYTES + 16];
	enum status status = choose_name(aside, database, err);
	if (status != STATUS_OK)
		return status;
	(void)snprintf(journal, sizeof journal, "%s-journal", database);
	(void)snprintf(journal_aside, sizeof journal_aside, "%s-journal", aside);
	/* With no journal to move, there is a register under the name at any moment. */
	const bool was_linked = found->journal_bytes == 0 && link(database, aside) == 0;
	if (!was_linked)
		status = move(database, aside, err);
	if (status == STATUS_OK && found->journal_bytes > 0)
		status = move(journal, journal_aside, err);
	if (status == STATUS_OK)
		status = sync_folder(found->home.folder, err);
	if (status == STATUS_OK)
		status = move(made, database, err);
	if (status == STATUS_OK)
		status = sync_folder(found->home.folder, err);
	if (status == STATUS_OK)
		memcpy(found->kept_as, aside, sizeof aside);
	return status;
}

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
	if (snprintf(made, sizeof made, "%s.repaired", found->home.database_path) >= (int)sizeof made)
		return error_set(err, STATUS_BAD_INPUT, "the path of the register is too long");
	/* A repair that was cut short left it. */
	home_remove_database(made);
	enum status status = salvage_rebuild(found->salvage, &found->findings, made, found->home.vault,
	                                     home_data_key(&found->home), err);
	if (status == STATUS_REFUSED)
		sijil_doctor_hint(found, err);
	if (status != STATUS_OK)
		return status;
	status = swap(found, made, err);
	/* Its journal, which is empty. */
	if (status == STATUS_OK)
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
