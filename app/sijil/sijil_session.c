#include "app/sijil/sijil.h"

#include "app/print.h"
#include "schema/date.h"

#include <string.h>
#include <time.h>

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

enum status sijil_open(struct sijil_session *session, const struct cli *cli, struct error *err)
{
	*session = (struct sijil_session){0};
	enum status status = home_open(&session->home, cli, err);
	if (status != STATUS_OK) {
		if (status == STATUS_NOT_FOUND)
			error_hint(err, "ask headquarters for an invite, then: sijil init --invite FILE");
		return status;
	}
	return sijil_open_unlocked(session, err);
}

enum status sijil_open_unlocked(struct sijil_session *session, struct error *err)
{
	enum status status = outbox_open(&session->outbox, session->home.database_path, session->home.vault,
	                                 home_data_key(&session->home), err);
	if (status == STATUS_CORRUPT)
		error_hint(err, "keep the files as they are; sijil doctor tells what is damaged and what can be saved");
	return status == STATUS_OK ? go_on_if_put_back(session, err) : status;
}

void sijil_close(struct sijil_session *session)
{
	outbox_close(session->outbox);
	home_close(&session->home);
	*session = (struct sijil_session){0};
}

void sijil_clock(struct sijil_session *session, int64_t *now_s, enum body_clock *clock)
{
	*now_s = (int64_t)time(NULL);
	*clock = *now_s < outbox_time_floor(session->outbox) ? BODY_CLOCK_UNSET : BODY_CLOCK_MANUAL;
}

struct report_reading sijil_reading(struct sijil_session *session)
{
	return (struct report_reading){
		.today = date_of_time((int64_t)time(NULL)),
		.tag = outbox_tag,
		.tag_context = session->outbox,
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
	report_round_point(&report->point, outbox_descriptor(session->outbox)->point_metres);
	return report_validate(report, clock, err);
}
