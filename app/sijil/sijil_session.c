#include "app/sijil/sijil.h"

#include "app/home_other.h"
#include "app/print.h"
#include "app/sijil/sijil_gazetteer.h"
#include "app/surroundings.h"
#include "crypto/file.h"
#include "crypto/inbox.h"
#include "crypto/keyring.h"
#include "schema/date.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static bool is_none(const struct key_public *key)
{
	const struct key_public none = {{0}};
	return memcmp(key, &none, sizeof none) == 0;
}

static enum status set_floor(struct sijil_session *session, const struct keyfile_floor *floor, struct error *err)
{
	const enum status status = home_change_begin(&session->home, err);
	if (status != STATUS_OK)
		return status;
	keyfile_floor_set(session->home.keyfile, floor);
	return home_change_end(&session->home, STATUS_OK, err);
}

/* An older database beside a newer key file was put back: the relay holds events of this chain that it has lost. One key,
 * one chain: it goes on under a new key. */
static enum status go_on_if_put_back(struct sijil_session *session, struct error *err)
{
	const struct keyfile_floor floor = keyfile_floor_get(session->home.keyfile);
	const struct head known = {floor.number, floor.id};
	bool holds = true;
	if (floor.number == 0)
		return STATUS_OK;
	enum status status = outbox_holds(session->outbox, &known, &holds, err);
	if (status != STATUS_OK || holds)
		return status;
	status = outbox_succeed(session->outbox, SUCCESSION_RESTORE, err);
	if (status != STATUS_OK)
		return status;
	print_note("note: this register is older than what the relay has receipted: an older copy was put back.\n"
	           "What the relay and headquarters hold is safe there. This device goes on under a new key.\n");
	return set_floor(session, &(struct keyfile_floor){0}, err);
}

enum status sijil_raise_floor(struct sijil_session *session, struct error *err)
{
	struct head head;
	const enum status status = outbox_receipted(session->outbox, &head, err);
	const struct keyfile_floor before = keyfile_floor_get(session->home.keyfile);
	const struct keyfile_floor floor = {head.number, head.last};
	if (status != STATUS_OK || floor.number == 0 ||
	    (floor.number == before.number && hash_equals(&floor.id, &before.id)))
		return status;
	return set_floor(session, &floor, err);
}

/* Registers made before had no inbox key. */
static enum status make_inbox(struct home *home, struct error *err)
{
	const struct key_public key = keyfile_inbox_public(home->keyfile);
	if (!is_none(&key))
		return STATUS_OK;
	const enum status status = home_change_begin(home, err);
	return status == STATUS_OK ? home_change_end(home, keyfile_inbox_make(home->keyfile, err), err) : status;
}

/* Before it is too late for the report at hand. */
static void say_how_little_room(const struct home *home)
{
	uint64_t free_bytes = 0;
	if (surroundings_room_is_little(home, &free_bytes))
		print_note("note: the disk has only %llu KiB left: make room before it is full\n",
		           (unsigned long long)free_bytes / 1024);
}

/* Only where somebody may read it, and not where the command itself speaks of notes. */
static void say_what_waits(const struct sijil_session *session, const struct cli *cli)
{
	struct inbox_state inbox;
	const bool speaks = cli->command == NULL || cli->command->run == sijil_notes || cli->command->run == sijil_status;
	if (speaks || isatty(STDERR_FILENO) != 1 || inbox_look(&inbox, session->home.inbox_path, NULL) != STATUS_OK)
		return;
	if (inbox.records > 0)
		print_note("%zu note%s: sijil notes\n", inbox.records, inbox.records == 1 ? " waits" : "s wait");
}

/* Somebody had the device in hand: to put another inbox key into the key file takes no passphrase. */
static void say_altered(struct error *err)
{
	error_hint(err, "somebody had this device, and may read notes taken since: tell headquarters, and do not trust the device; go on "
	                "elsewhere from a backup: sijil restore FILE");
}

enum status sijil_open(struct sijil_session *session, const struct cli *cli, struct error *err)
{
	*session = (struct sijil_session){0};
	enum status status = home_open(&session->home, cli, err);
	if (status != STATUS_OK) {
		if (status == STATUS_NOT_FOUND)
			error_hint(err, "ask headquarters for an invite, then: sijil init --invite FILE");
		if (status == STATUS_TAMPERED)
			say_altered(err);
		return status;
	}
	status = sijil_open_unlocked(session, err);
	if (status != STATUS_OK)
		return status;
	say_what_waits(session, cli);
	say_how_little_room(&session->home);
	return STATUS_OK;
}

enum status sijil_open_unlocked(struct sijil_session *session, struct error *err)
{
	enum status status = outbox_open(&session->outbox, session->home.database_path, session->home.vault,
	                                 home_data_key(&session->home), err);
	if (status == STATUS_CORRUPT)
		error_hint(err, "keep the files as they are; sijil doctor tells what is damaged and what can be saved");
	if (status == STATUS_OK)
		status = go_on_if_put_back(session, err);
	if (status != STATUS_OK)
		return status;
	struct error why = {0};
	if (make_inbox(&session->home, &why) != STATUS_OK)
		print_note("note: notes cannot be kept while locked: %s\n", why.message);
	/* Without one a duress passphrase makes it then: nobody is troubled with what fails here. */
	const enum status made = home_other_make(&session->home, &why);
	(void)made;
	return STATUS_OK;
}

/* Only with what `unlock` left can it be told whether the inbox key is still the register's own. */
static enum status check_unaltered(const struct home *home, struct error *err)
{
	struct secret *key = NULL;
	struct keyfile *probe = NULL;
	if (keyring_get(keyfile_name(home->keyfile), &key, NULL) != STATUS_OK)
		return STATUS_OK;
	enum status status = keyfile_load(&probe, home->key_path, err);
	if (status == STATUS_OK)
		status = keyfile_unlock_with_key(probe, key, err);
	keyfile_free(probe);
	secret_free(key);
	if (status == STATUS_TAMPERED)
		say_altered(err);
	return status == STATUS_LOCKED ? STATUS_OK : status;
}

enum status sijil_open_locked(struct sijil_session *session, struct key_public *inbox, const struct cli *cli,
                              struct error *err)
{
	*session = (struct sijil_session){0};
	struct home *const home = &session->home;
	enum status status = home_find(home, cli, err);
	if (status == STATUS_NOT_FOUND)
		error_hint(err, "ask headquarters for an invite, then: sijil init --invite FILE");
	if (status == STATUS_OK)
		status = check_unaltered(home, err);
	if (status != STATUS_OK)
		return status;
	*inbox = keyfile_inbox_public(home->keyfile);
	if (!is_none(inbox))
		return STATUS_OK;
	(void)error_set(err, STATUS_NOT_FOUND, "this register cannot keep notes while locked yet; nothing was kept");
	error_hint(err, "unlock it once, for example: sijil status");
	return STATUS_NOT_FOUND;
}

enum status sijil_check_project(const struct sijil_session *session, struct error *err)
{
	if (!outbox_is_practice(session->outbox))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "this is a practice register: it belongs to no project, and there is nothing to sync with");
	error_hint(err, "ask headquarters for an invite, then: sijil --home DIR init --invite FILE");
	return STATUS_REFUSED;
}

void sijil_close(struct sijil_session *session)
{
	places_close(session->places);
	outbox_close(session->outbox);
	home_close(&session->home);
	*session = (struct sijil_session){0};
}

void sijil_clock(struct sijil_session *session, int64_t *now_s, enum body_clock *clock)
{
	*now_s = (int64_t)time(NULL);
	const int64_t floor_s = session->outbox != NULL ? outbox_time_floor(session->outbox) : OUTBOX_RELEASE_S;
	*clock = *now_s < floor_s ? BODY_CLOCK_UNSET : BODY_CLOCK_MANUAL;
}

struct report_reading sijil_reading(struct sijil_session *session)
{
	return (struct report_reading){
		.today = date_of_time((int64_t)time(NULL)),
		.tag = outbox_tag,
		.tag_context = session->outbox,
		.place = sijil_gazetteer_look_up,
		.place_context = session,
	};
}

enum status sijil_find(struct sijil_session *session, const char *name, struct outbox_entry *entry, struct error *err)
{
	const enum status status = outbox_find(session->outbox, name, entry, err);
	if (status == STATUS_NOT_FOUND)
		error_hint(err, "sijil list shows numbers and ids; the first four digits of an id are enough");
	return status;
}

enum status sijil_set_word(struct report *report, const char *word, const struct report_reading *reading,
                           const struct report_field **field, struct error *err)
{
	char name[32];
	const char *equals = strchr(word, '=');
	if (equals == NULL || (size_t)(equals - word) >= sizeof name) {
		(void)error_set(err, STATUS_BAD_INPUT, "'%s' is not field=value", word);
		error_hint(err, "for example: sijil add kind=arrival place=C5999 households=300 observed_on=today");
		return STATUS_BAD_INPUT;
	}
	memcpy(name, word, (size_t)(equals - word));
	name[equals - word] = '\0';
	*field = report_field_find(name);
	if (*field == NULL) {
		(void)error_set(err, STATUS_BAD_INPUT, "there is no field '%s'", name);
		error_hint(err, "sijil help add lists the fields");
		return STATUS_BAD_INPUT;
	}
	return report_set(report, *field, equals + 1, reading, err);
}

enum status sijil_finish_report(struct report *report, const struct sijil_session *session,
                                const struct report_clock *clock, struct error *err)
{
	const bool locked = session->outbox == NULL;
	report_round_point(&report->point, locked ? DESCRIPTOR_POINT_METRES : outbox_descriptor(session->outbox)->point_metres);
	const enum status status = sijil_gazetteer_fill_near(session, report, err);
	return status == STATUS_OK ? report_validate(report, clock, err) : status;
}
