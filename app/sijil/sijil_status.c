/* status, device: where this device stands. */
#include "app/print.h"
#include "app/sijil/sijil.h"
#include "crypto/inbox.h"
#include "schema/date.h"

static const char *code_word(enum sijil_code_standing standing)
{
	switch (standing) {
	case SIJIL_CODE_NONE: return "none";
	case SIJIL_CODE_DOUBLE: return "double";
	case SIJIL_CODE_HERE: return "here";
	case SIJIL_CODE_HELD: return "held";
	}
	return "?";
}

static void warn_of_code(enum sijil_code_standing standing)
{
	if (standing == SIJIL_CODE_NONE)
		print_out("NO RECOVERY CODE: a lost passphrase loses what is here. Make one: sijil recover --renew\n");
	else if (standing == SIJIL_CODE_DOUBLE)
		print_out("A new recovery code was not finished: more than one opens this register. Repeat: sijil recover --renew\n");
	else if (standing == SIJIL_CODE_HERE)
		print_out("the recovery code has not arrived: until the next sync nobody can help with a lost passphrase\n");
}

/* Whether one waits; what cannot be looked at does not hold up the rest. */
static bool has_draft(struct outbox *outbox, int64_t *saved_s)
{
	struct outbox_draft draft = {0};
	const bool has = outbox_draft_get(outbox, &draft, NULL) == STATUS_OK;
	*saved_s = draft.saved_s;
	bytes_wipe(&draft.content);
	return has;
}

static enum status print_json_status(const struct outbox_status *state, const struct inbox_state *inbox,
                                     const struct sijil_session *session, struct error *err)
{
	struct outbox *const outbox = session->outbox;
	int64_t draft_s;
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "project", outbox_descriptor(outbox)->name);
	print_json_text(json, "label", outbox_label(outbox));
	print_json_number(json, "saved", (int64_t)state->saved);
	print_json_number(json, "relay", (int64_t)state->relay);
	print_json_number(json, "hq", (int64_t)state->hq);
	print_json_number(json, "carried", (int64_t)state->carried);
	print_json_number(json, "lost", (int64_t)state->lost);
	print_json_number(json, "notes", (int64_t)inbox->records);
	print_json_bool(json, "draft", has_draft(outbox, &draft_s));
	print_json_bool(json, "revoked", state->revoked);
	print_json_bool(json, "surpassed", state->surpassed);
	print_json_text(json, "recovery_code", code_word(sijil_code_standing(session, state)));
	print_json_bool(json, "training", outbox_descriptor(outbox)->training);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

static void print_plain_status(const struct outbox_status *state, const struct inbox_state *inbox,
                               const struct sijil_session *session)
{
	struct outbox *const outbox = session->outbox;
	char time[DATE_TIME_TEXT_BYTES], name[ENROLMENT_NAME_BYTES];
	int64_t draft_s;
	const struct descriptor *descriptor = outbox_descriptor(outbox);
	const struct key_id device = outbox_device(outbox);
	outbox_name(outbox, &device, name);
	print_out("%s%s, device '%s'\n", descriptor->training ? "TRAINING " : "", descriptor->name, name);
	print_out("saved %llu, relay holds %llu, HQ has opened %llu\n", (unsigned long long)state->saved,
	          (unsigned long long)state->relay, (unsigned long long)state->hq);
	if (state->receipt_s != 0) {
		date_time_format(state->receipt_s, time);
		print_out("last receipt %s by the relay's clock\n", time);
	}
	if (state->lost > 0)
		print_out("%llu were taken by damage of the disk: sijil doctor names them\n", (unsigned long long)state->lost);
	if (inbox->records > 0)
		print_out("%zu note%s taken while locked wait%s for you to confirm: sijil notes\n", inbox->records,
		          inbox->records == 1 ? "" : "s", inbox->records == 1 ? "s" : "");
	if (has_draft(outbox, &draft_s)) {
		date_time_format(draft_s, time);
		print_out("an unfinished report of %s waits, readable with the passphrase: sijil add\n", time);
	}
	if (state->carried > 0)
		print_out("carrying %llu sealed events of others, unreadable here\n", (unsigned long long)state->carried);
	if (descriptor->retention == DESCRIPTOR_NEVER)
		print_out("a thief with the passphrase could read: no report; this project keeps no readable copies\n");
	else
		print_out("a thief with the passphrase could read: your own reports%s\n",
		          descriptor->retention == DESCRIPTOR_UNTIL_ACKNOWLEDGED ? " that HQ has not opened yet" : "");
	if (outbox_is_practice(outbox))
		print_out("practice: this register belongs to no project, and nothing in it is sent to anybody\n");
	else
		warn_of_code(sijil_code_standing(session, state));
	if (state->surpassed)
		print_out("A COPY of this register is in use elsewhere. If this is the one that goes on: sijil device rotate.\n");
	if (state->revoked)
		print_out("THIS DEVICE WAS REVOKED by headquarters: what it records now is kept but contested. Call them.\n");
}

enum status sijil_status(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	struct outbox_status state;
	struct inbox_state inbox;
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = outbox_status(session.outbox, &state, err);
	if (status == STATUS_OK)
		status = inbox_look(&inbox, session.home.inbox_path, err);
	if (status == STATUS_OK && cli->json)
		status = print_json_status(&state, &inbox, &session, err);
	else if (status == STATUS_OK)
		print_plain_status(&state, &inbox, &session);
	sijil_close(&session);
	return status;
}

static enum status print_device(const struct cli *cli, const struct outbox *outbox, struct error *err)
{
	char device[KEY_PROQUINT_BYTES], project[KEY_PROQUINT_BYTES], hex[33], name[ENROLMENT_NAME_BYTES];
	const struct key_id device_id = outbox_device(outbox), project_id = outbox_project(outbox);
	outbox_name(outbox, &device_id, name);
	key_id_format(&device_id, device);
	key_id_format(&project_id, project);
	print_key_id(&device_id, hex);
	if (!cli->json) {
		print_out("label    %s\ndevice   %s\n         %s\nproject  %s\n", name, device, hex, project);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "label", name);
	print_json_text(json, "device", hex);
	print_json_text(json, "device_fingerprint", device);
	print_json_text(json, "project_fingerprint", project);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_device_show(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = print_device(cli, session.outbox, err);
	sijil_close(&session);
	return status;
}

enum status sijil_device_rotate(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = outbox_succeed(session.outbox, SUCCESSION_ROTATION, err);
	if (status == STATUS_OK)
		cli->done = "this device goes on under a new key";
	if (status == STATUS_OK)
		status = print_device(cli, session.outbox, err);
	sijil_close(&session);
	return status;
}
