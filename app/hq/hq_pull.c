/* pull, bundle import, bundle export: objects in and out of headquarters. */
#include "app/hq/hq.h"
#include "app/link.h"
#include "app/print.h"
#include "crypto/file.h"
#include "sync/bundle.h"
#include "sync/round.h"

#include <time.h>

enum { BUNDLE_MAX_BYTES = 1 << 30 };

struct intake {
	struct casebook *casebook;
	uint64_t events, others, had, refused;
	struct error first_refusal;
};

/* The relay's clock comes with each answer and is not kept: it is not counted. */
static void count(struct intake *intake, struct span wire, enum set_outcome outcome)
{
	struct object object;
	if (object_parse(&object, wire, NULL) != STATUS_OK || object.type == OBJECT_CLOCK)
		return;
	const bool is_event = object_type_is_event(object.type) && object.type != OBJECT_RECOVERY;
	intake->had += outcome != SET_NEW;
	intake->events += outcome == SET_NEW && is_event;
	intake->others += outcome == SET_NEW && !is_event;
}

/* What does not verify is set aside and counted; anything else that fails ends the intake. */
static enum status take(void *context, struct span wire, uint64_t position, struct error *err)
{
	struct intake *intake = context;
	enum set_outcome outcome = SET_HAD;
	struct error why = {0};
	const enum status status = casebook_take(intake->casebook, wire, position, &outcome, &why);
	if (status == STATUS_OK) {
		count(intake, wire, outcome);
		return STATUS_OK;
	}
	if (status_blames_input(status))
		if (intake->refused++ == 0 || (status == STATUS_TAMPERED && intake->first_refusal.status != STATUS_TAMPERED))
			intake->first_refusal = why;
	if (err != NULL)
		*err = why;
	return status;
}

static enum status take_carried(void *context, struct span wire, struct error *err)
{
	const enum status status = take(context, wire, 0, err);
	return status_blames_input(status) ? STATUS_OK : status;
}

static enum status commit(void *context, uint64_t cursor, struct error *err)
{
	struct intake *intake = context;
	const enum status status = casebook_commit(intake->casebook, &cursor, err);
	return status == STATUS_OK ? casebook_begin(intake->casebook, err) : status;
}

static enum status print_counts(const struct intake *intake, struct error *err)
{
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "new_events", (int64_t)intake->events);
	print_json_number(json, "new_others", (int64_t)intake->others);
	print_json_number(json, "known", (int64_t)intake->had);
	print_json_number(json, "set_aside", (int64_t)intake->refused);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

static enum status report(struct cli *cli, const struct intake *intake, struct error *err)
{
	enum status printed = STATUS_OK;
	if (cli->json)
		printed = print_counts(intake, err);
	else
		print_out("%llu new reports and corrections, %llu other new objects, %llu known already, %llu set aside\n",
		          (unsigned long long)intake->events, (unsigned long long)intake->others, (unsigned long long)intake->had,
		          (unsigned long long)intake->refused);
	if (intake->refused == 0)
		return printed;
	const bool forged = intake->first_refusal.status == STATUS_TAMPERED;
	cli->exit_code = forged ? EXIT_FORGED : EXIT_REFUSED;
	*err = intake->first_refusal;
	error_hint(err, "it is set aside, the rest was taken; sijil-hq verify names each");
	return intake->first_refusal.status;
}

/* The same after an intake that ended with `status`: what went wrong as a whole comes before what was set aside. */
static enum status conclude(struct cli *cli, const struct intake *intake, enum status status, struct error *err)
{
	struct error unsaid = {0};
	const enum status reported = report(cli, intake, status == STATUS_OK ? err : &unsaid);
	if (status == STATUS_OK)
		return reported;
	cli->exit_code = -1;
	return status;
}

/* Ends a batch. What a broken exchange or a damaged file brought whole is kept; where this machine failed, nothing of the
 * batch is. Returns `status`, or what the commit gave. */
static enum status end_batch(struct casebook *casebook, enum status status, struct error *err)
{
	if (status != STATUS_OK && status != STATUS_OFFLINE && !status_blames_input(status)) {
		casebook_rollback(casebook);
		return status;
	}
	const enum status kept = casebook_commit(casebook, NULL, status == STATUS_OK ? err : NULL);
	return status != STATUS_OK ? status : kept;
}

static enum status pull_from(struct casebook *casebook, const struct round_puller *puller,
                             const struct round_exchange *exchange, uint64_t cursor, struct error *err)
{
	struct pull_progress progress = {0};
	const enum status status = casebook_begin(casebook, err);
	return status != STATUS_OK ? status : end_batch(casebook, round_pull(puller, exchange, cursor, &progress, err), err);
}

/* Another log than the one pulled before, as far as it came, and what the relay last signed of it. */
struct other_log {
	struct intake intake;
	struct merkle tree;
	struct checkpoint seen;
};

/* Places in it mean nothing: what comes is taken as if it had come another way. */
static enum status take_of_other(void *context, struct span wire, uint64_t position, struct error *err)
{
	struct other_log *const other = context;
	struct object object;
	struct relay_clock clock;
	const enum status status = take(&other->intake, wire, 0, err);
	if ((status != STATUS_OK && !status_blames_input(status)) || object_parse(&object, wire, NULL) != STATUS_OK)
		return status;
	if (position > 0)
		merkle_append(&other->tree, &object.id);
	if (status == STATUS_OK && object.type == OBJECT_CLOCK && relay_clock_decode(&clock, object.payload, NULL) == STATUS_OK &&
	    clock.has_seen)
		other->seen = clock.seen;
	return status;
}

static enum status commit_of_other(void *context, uint64_t cursor, struct error *err)
{
	struct other_log *const other = context;
	struct casebook *const casebook = other->intake.casebook;
	(void)cursor;
	enum status status = casebook_other_log_keep(casebook, &other->tree, err);
	if (status == STATUS_OK)
		status = casebook_commit(casebook, NULL, err);
	return status == STATUS_OK ? casebook_begin(casebook, err) : status;
}

/* Goes on after what is known of the other log; *fits tells whether the relay signed all that came. */
static enum status follow(const struct round_puller *puller, const struct round_exchange *exchange, struct other_log *other,
                          bool *fits, struct error *err)
{
	struct round_puller unplaced = *puller;
	unplaced.context = other;
	unplaced.take = take_of_other;
	unplaced.commit = commit_of_other;
	other->seen = (struct checkpoint){0};
	const enum status status = pull_from(other->intake.casebook, &unplaced, exchange, other->tree.size, err);
	const struct hash root = merkle_root(&other->tree);
	*fits = other->tree.size == other->seen.size && hash_equals(&root, &other->seen.root);
	return status;
}

/* What did not fit is not gone on from. */
static enum status forget_other(struct other_log *other, struct error *err)
{
	struct casebook *const casebook = other->intake.casebook;
	other->tree = (struct merkle){0};
	const enum status status = casebook_begin(casebook, err);
	return status != STATUS_OK ? status : end_batch(casebook, casebook_other_log_keep(casebook, &other->tree, err), err);
}

/* The relay lost its log and was given another, or an older one was put back, or it lies: what is new may stand below the
 * cursor. So all of it is taken, once, and from then on what is new in it, as long as it is the same; that the log is another
 * remains to be said. */
static enum status pull_another_log(const struct round_puller *puller, const struct round_exchange *exchange,
                                    struct intake *intake, struct error *err)
{
	struct other_log other = {.intake = {.casebook = intake->casebook}};
	bool fits = false;
	enum status status = casebook_other_log(intake->casebook, &other.tree, err);
	const bool known = status == STATUS_OK && other.tree.size > 0;
	if (status == STATUS_OK)
		status = follow(puller, exchange, &other, &fits, err);
	if (status == STATUS_OK && !fits)
		status = forget_other(&other, err);
	if (status == STATUS_OK && !fits && known) {
		status = follow(puller, exchange, &other, &fits, err);
		if (status == STATUS_OK && !fits)
			status = forget_other(&other, err);
	}
	intake->events += other.intake.events;
	intake->others += other.intake.others;
	intake->had += other.intake.had;
	if (status != STATUS_OK)
		return status;
	/* What had nobody to vouch for it has, now that all came. */
	intake->refused = other.intake.refused;
	intake->first_refusal = other.intake.first_refusal;
	return STATUS_OK;
}

static enum status pull_all(struct hq_session *session, const struct round_exchange *exchange, struct intake *intake,
                            struct error *err)
{
	struct project *project = session->project;
	const struct descriptor *descriptor = project_descriptor(project);
	const struct key_id id = project_id(project);
	const struct round_puller puller = {
		.context = intake,
		.project = id,
		.log = key_id_of_log(&id, &descriptor->relays[0].receipt_key),
		.appointment = project_appointment(project),
		.key = project_appointment_key(project),
		.descriptor = descriptor->number,
		.take = take,
		.commit = commit,
	};
	struct relay_clock newest;
	uint64_t cursor;
	enum status status = casebook_cursor(session->casebook, &cursor, err);
	if (status == STATUS_OK)
		status = pull_from(session->casebook, &puller, exchange, cursor, err);
	if (status == STATUS_OK && casebook_log_check(session->casebook, &newest, NULL) == STATUS_TAMPERED)
		status = pull_another_log(&puller, exchange, intake, err);
	return status;
}

/* Descriptors, acknowledgements, revocations to the relay, for the devices to find. */
static enum status push_own(struct hq_session *session, const struct round_exchange *exchange, struct intake *intake,
                            struct error *err)
{
	struct bytes bundle = {0};
	struct round_progress progress = {0};
	const struct preface preface = {
		.project = project_id(session->project),
		.descriptor = project_descriptor(session->project)->number,
	};
	uint64_t objects;
	enum status status = project_export(session->project, &bundle, &objects, err);
	if (status == STATUS_OK)
		status = casebook_begin(session->casebook, err);
	if (status == STATUS_OK) {
		status = round_push_bundle(exchange, &preface, bytes_span(&bundle), take_carried, intake, &progress, err);
		status = end_batch(session->casebook, status, err);
	}
	bytes_wipe(&bundle);
	return status;
}

/* What was pulled against the tree that the relay signed; it may never have signed one. */
static enum status check_log(struct casebook *casebook, struct error *err)
{
	struct relay_clock newest;
	const enum status status = casebook_log_check(casebook, &newest, err);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status exchange_all(struct hq_session *session, const struct round_exchange *exchange, struct intake *intake,
                                struct error *err)
{
	struct intake answers = {.casebook = session->casebook};
	uint64_t acknowledged = 0;
	enum status status = pull_all(session, exchange, intake, err);
	if (status == STATUS_OK)
		status = project_set_behind(session->project, false, err);
	if (status == STATUS_OK)
		status = casebook_acknowledge(session->casebook, (int64_t)time(NULL), &acknowledged, err);
	if (status == STATUS_OK)
		status = push_own(session, exchange, &answers, err);
	if (status == STATUS_OFFLINE)
		error_hint(err, "what arrived is kept; run sijil-hq pull again");
	else if (status == STATUS_UNTRUSTED || status == STATUS_REFUSED)
		error_hint(err, "nothing is lost; ask who runs the relay whether its address, keys or store changed");
	return status == STATUS_OK ? check_log(session->casebook, err) : status;
}

enum status hq_pull(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct link link = {0};
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = link_open(&link, project_descriptor(session.project), cli_value(cli, "relay"), cli_value(cli, "proxy"), err);
	if (status != STATUS_OK)
		goto out;
	struct intake intake = {.casebook = session.casebook};
	const struct round_exchange exchange = link_exchange(&link);
	status = exchange_all(&session, &exchange, &intake, err);
	link_close(&link);
	status = conclude(cli, &intake, status, err);
out:
	hq_close(&session);
	return status;
}

static enum status import(struct hq_session *session, struct span bundle, struct intake *intake, struct error *err)
{
	struct bundle_reader reader = {0};
	enum status status = casebook_begin(session->casebook, err);
	if (status != STATUS_OK)
		return status;
	status = bundle_feed(&reader, bundle, take_carried, intake, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	status = end_batch(session->casebook, status, err);
	if (status == STATUS_BAD_INPUT)
		error_hint(err, "what was whole before it is kept; ask for the file again");
	bundle_wipe(&reader);
	return status;
}

enum status hq_bundle_import(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct bytes content = {0};
	uint64_t acknowledged = 0;
	enum status status = file_read(&content, cli->words[0], BUNDLE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = hq_open(&session, cli, err);
	struct intake intake = {.casebook = session.casebook};
	if (status == STATUS_OK)
		status = import(&session, bytes_span(&content), &intake, err);
	if (status == STATUS_OK)
		status = casebook_acknowledge(session.casebook, (int64_t)time(NULL), &acknowledged, err);
	if (session.casebook != NULL)
		status = conclude(cli, &intake, status, err);
	bytes_wipe(&content);
	hq_close(&session);
	return status;
}

enum status hq_bundle_export(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct bytes bundle = {0};
	uint64_t objects = 0;
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = project_export(session.project, &bundle, &objects, err);
	if (status == STATUS_OK)
		status = hq_write(cli, cli_value(cli, "out"), bytes_span(&bundle), false, err);
	if (status == STATUS_OK)
		print_note("%llu objects: no report and no secret among them\n", (unsigned long long)objects);
	bytes_wipe(&bundle);
	hq_close(&session);
	return status;
}
