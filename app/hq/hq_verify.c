/* verify, evidence: what is proven, in words; and one report for others to prove. */
#include "app/hq/hq.h"
#include "app/print_report.h"
#include "schema/date.h"

#include <stdio.h>

struct tally {
	struct cli *cli;
	uint64_t records, recoveries, withheld, good, contested, unlinked, forged, gaps, devices, forked, aside_forged, aside;
};

/* What the words of a note are worth: its signature came later than its words. */
static void print_capture(const struct casebook_entry *entry)
{
	const char *captured = entry->evidence != NULL ? print_captured(evidence_body(entry->evidence)) : NULL;
	if (captured != NULL)
		print_out("  %s: whoever held it could write this; it was confirmed when it was signed\n", captured);
}

void hq_print_verdict(const struct casebook_entry *entry)
{
	const struct verdict *verdict = &entry->verdict;
	char time[DATE_TIME_TEXT_BYTES];
	if (!verdict->signature) {
		print_out("  FORGED OR ALTERED: signature or content no longer fits\n");
		return;
	}
	print_out("  signature is the device's; content opened and its commitment recomputed\n");
	print_capture(entry);
	switch (verdict->enrolment) {
	case ENROLMENT_VALID: print_out("  enrolled with the project's invite, in time, first to use it\n"); break;
	case ENROLMENT_CONFIRMED: print_out("  enrolment confirmed by headquarters\n"); break;
	case ENROLMENT_LATE: print_out("  enrolled AFTER the invite expired; not confirmed\n"); break;
	case ENROLMENT_DOUBLE: print_out("  enrolled with an invite that ANOTHER device used before; not confirmed\n"); break;
	}
	print_out(verdict->linked ? "  chain of the device is whole up to %llu and holds it\n"
	                          : "  chain of the device is whole only up to %llu: not linked yet\n",
	          (unsigned long long)verdict->chain_whole);
	if (verdict->forked)
		print_out("  ANOTHER event has the same number: the chain forks here\n");
	if (verdict->log_position == 0) {
		print_out("  not seen in the relay's log\n");
	} else {
		print_out("  number %llu in the relay's log", (unsigned long long)verdict->log_position);
		if (verdict->seen_by_s != 0) {
			date_time_format(verdict->seen_by_s, time);
			print_out(", which the relay signed at %s", time);
		}
		print_out("\n");
	}
	if (!verdict->time_plausible)
		print_out("  its time does NOT fit what the relay saw\n");
	if (verdict->revoked)
		print_out("  its device is REVOKED; this report is %s\n",
		          verdict->standing == STANDING_GOOD ? "within what stays good" : "not within what stays good");
	print_out("  %s\n", verdict->standing == STANDING_GOOD ? "it counts" : "it is CONTESTED: kept and shown, not counted");
}

static enum status tally_entry(void *context, const struct casebook_entry *entry, struct error *err)
{
	struct tally *tally = context;
	char id[9] = "-";
	(void)err;
	/* A recovery code is checked like all else, and is no report. */
	const bool is_recovery = entry->verdict.signature && entry->type == OBJECT_RECOVERY;
	tally->records += !is_recovery;
	if (is_recovery)
		tally->recoveries++;
	else if (!entry->verdict.signature)
		tally->forged++;
	else if (entry->verdict.standing == STANDING_CONTESTED)
		tally->contested++;
	else if (!entry->verdict.linked)
		tally->unlinked++;
	else
		tally->good++;
	if (tally->cli->json)
		return STATUS_OK;
	if (entry->evidence != NULL)
		print_short_id(evidence_id(entry->evidence), id);
	char buffer[12];
	const bool captured = entry->evidence != NULL && print_captured(evidence_body(entry->evidence)) != NULL;
	print_out("%s %s/%u %s: %s%s\n", id, entry->label,
	          entry->evidence != NULL ? (unsigned)evidence_event(entry->evidence)->number : 0,
	          entry->evidence != NULL ? object_type_name(evidence_body(entry->evidence)->type, buffer) : "event",
	          hq_verdict_word(entry), captured ? ", captured while the device was locked" : "");
	if (tally->cli->verbose || !entry->verdict.signature || entry->verdict.standing == STANDING_CONTESTED)
		hq_print_verdict(entry);
	return STATUS_OK;
}

static enum status tally_withheld(void *context, const struct casebook_withheld *withheld, struct error *err)
{
	struct tally *tally = context;
	char id[9], buffer[12];
	(void)err;
	tally->withheld++;
	print_short_id(&withheld->id, id);
	if (!tally->cli->json)
		print_out("%s %s/%u %s: withheld by its author before it was sent\n", id, withheld->label, (unsigned)withheld->number,
		          object_type_name(withheld->type, buffer));
	return STATUS_OK;
}

static enum status tally_device(void *context, const struct casebook_device *device, struct error *err)
{
	struct tally *tally = context;
	(void)err;
	tally->devices++;
	tally->gaps += device->chain.missing_len > 0;
	tally->forked += device->chain.forked;
	if (tally->cli->json)
		return STATUS_OK;
	print_out("chain of %s: %llu of %llu, whole up to %llu, %llu opened%s%s%s\n", device->label,
	          (unsigned long long)device->chain.held, (unsigned long long)device->chain.highest,
	          (unsigned long long)device->chain.whole.number, (unsigned long long)device->opened,
	          device->chain.missing_len > 0 ? ", INCOMPLETE (sijil-hq gaps)" : "", device->chain.forked ? ", FORKED" : "",
	          device->revoked ? ", REVOKED" : "");
	return STATUS_OK;
}

static enum status tally_quarantined(void *context, const struct quarantined *one, struct error *err)
{
	struct tally *tally = context;
	char hash[9], signer[33], buffer[12];
	(void)err;
	tally->aside++;
	tally->aside_forged += one->status == STATUS_TAMPERED;
	if (tally->cli->json)
		return STATUS_OK;
	print_short_id(&one->wire_hash, hash);
	print_key_id(&one->signer, signer);
	print_out("set aside %s, says it is a %s of %.8s: %s\n", hash,
	          one->type != 0 ? object_type_name(one->type, buffer) : "thing", signer, one->reason);
	return STATUS_OK;
}

static enum status print_json_tally(const struct tally *tally, bool log_fits, struct error *err)
{
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "records", (int64_t)tally->records);
	print_json_number(json, "good", (int64_t)tally->good);
	print_json_number(json, "unlinked", (int64_t)tally->unlinked);
	print_json_number(json, "contested", (int64_t)tally->contested);
	print_json_number(json, "forged", (int64_t)tally->forged);
	print_json_number(json, "withheld", (int64_t)tally->withheld);
	print_json_number(json, "recovery_codes", (int64_t)tally->recoveries);
	print_json_number(json, "devices", (int64_t)tally->devices);
	print_json_number(json, "devices_with_gaps", (int64_t)tally->gaps);
	print_json_number(json, "forked", (int64_t)tally->forked);
	print_json_number(json, "set_aside", (int64_t)tally->aside);
	print_json_number(json, "set_aside_forged", (int64_t)tally->aside_forged);
	print_json_bool(json, "log_fits", log_fits);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

/* The relay's signed tree against what was pulled; a mismatch is kept for the end. */
static enum status check_log(struct cli *cli, struct casebook *casebook, struct error *log_fault, struct error *err)
{
	struct relay_clock newest;
	char time[DATE_TIME_TEXT_BYTES];
	uint64_t pulled = 0;
	enum status status = casebook_log_check(casebook, &newest, log_fault);
	if (status == STATUS_NOT_FOUND || status == STATUS_TAMPERED) {
		if (status == STATUS_NOT_FOUND)
			*log_fault = (struct error){0};
		return STATUS_OK;
	}
	if (status == STATUS_OK)
		status = casebook_cursor(casebook, &pulled, log_fault);
	if (status == STATUS_OK && pulled < newest.seen.size)
		cli->exit_code = EXIT_INCOMPLETE;
	if (status == STATUS_OK && !cli->json) {
		date_time_format(newest.time_s, time);
		if (pulled < newest.seen.size)
			print_out("relay's log: %llu objects, as the relay signed it at %s; only %llu pulled (sijil-hq pull)\n",
			          (unsigned long long)newest.seen.size, time, (unsigned long long)pulled);
		else
			print_out("relay's log: %llu objects, all pulled, root as the relay signed it at %s\n",
			          (unsigned long long)newest.seen.size, time);
	}
	if (status != STATUS_OK && err != NULL)
		*err = *log_fault;
	return status;
}

static enum status conclude(struct cli *cli, const struct tally *tally, const struct casebook_audit *audit,
                            const struct error *log_fault, struct error *err)
{
	if (!cli->json)
		print_out("%llu reports and corrections: %llu good, %llu unlinked, %llu contested, %llu forged; %llu set aside\n",
		          (unsigned long long)tally->records, (unsigned long long)tally->good, (unsigned long long)tally->unlinked,
		          (unsigned long long)tally->contested, (unsigned long long)tally->forged, (unsigned long long)tally->aside);
	if (log_fault->status == STATUS_TAMPERED || tally->forged > 0 || tally->aside_forged > 0 || audit->bad > 0)
		cli->exit_code = -1;
	if (log_fault->status == STATUS_TAMPERED) {
		*err = *log_fault;
		return STATUS_TAMPERED;
	}
	if (tally->forged > 0 || tally->aside_forged > 0 || audit->bad > 0) {
		(void)error_set(err, STATUS_TAMPERED, "%llu stored objects and %llu set aside are forged or altered",
		                (unsigned long long)(tally->forged + audit->bad), (unsigned long long)tally->aside_forged);
		error_hint(err, "none of them is counted; find out who sent them");
		return STATUS_TAMPERED;
	}
	if (tally->gaps > 0)
		cli->exit_code = EXIT_INCOMPLETE;
	return STATUS_OK;
}

enum status hq_verify(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct tally tally = {.cli = cli};
	struct casebook_audit audit = {0};
	struct casebook_filter filter = {.all_events = true};
	struct key_id device;
	struct error log_fault = {0};
	const char *name = cli_value(cli, "device");
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK && name != NULL) {
		status = casebook_find_device(session.casebook, name, &device, err);
		filter.device = &device;
	}
	if (status == STATUS_OK)
		status = casebook_audit(session.casebook, &audit, err);
	if (status == STATUS_OK)
		status = casebook_each(session.casebook, &filter, tally_entry, &tally, err);
	if (status == STATUS_OK)
		status = casebook_each_withheld(session.casebook, filter.device, tally_withheld, &tally, err);
	if (status == STATUS_OK)
		status = casebook_each_device(session.casebook, tally_device, &tally, err);
	if (status == STATUS_OK)
		status = casebook_each_quarantined(session.casebook, tally_quarantined, &tally, err);
	if (status == STATUS_OK)
		status = check_log(cli, session.casebook, &log_fault, err);
	if (status == STATUS_OK && cli->json)
		status = print_json_tally(&tally, log_fault.status != STATUS_TAMPERED, err);
	if (status == STATUS_OK)
		status = conclude(cli, &tally, &audit, &log_fault, err);
	hq_close(&session);
	return status;
}

/* Why headquarters contests a report may stand in no file: which of two devices was first, when an invite expired. */
static enum status warn_contested(void *context, const struct casebook_entry *entry, struct error *err)
{
	(void)context;
	(void)err;
	if (entry->verdict.standing == STANDING_CONTESTED)
		print_note("headquarters contests this report, and the file may not show it: say so to whoever gets it (sijil-hq show)\n");
	return STATUS_OK;
}

enum status hq_evidence(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct bytes file = {0};
	struct hash id;
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = casebook_find(session.casebook, cli->words[0], &id, err);
	if (status == STATUS_OK)
		status = casebook_evidence(session.casebook, &id, &file, err);
	if (status == STATUS_OK)
		status = hq_write(cli, cli_value(cli, "out"), bytes_span(&file), false, err);
	if (status == STATUS_OK) {
		char text[KEY_PROQUINT_BYTES];
		const struct key_id project = project_id(session.project);
		key_id_format(&project, text);
		print_note("readable by whoever gets it. They check it with: sijil verify FILE --project %s\n", text);
		status = casebook_get(session.casebook, &id, warn_contested, NULL, err);
	}
	bytes_wipe(&file);
	hq_close(&session);
	return status;
}
