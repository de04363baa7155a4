/* doctor: what is damaged, what can be read, what to do. */
#include "app/doctor.h"
#include "app/print.h"
#include "app/sijil/sijil.h"

#include <unistd.h>

static enum status open_register(const struct doctor_examination *found, const char *path, bool whole, struct error *err)
{
	struct outbox *outbox = NULL;
	enum status status = outbox_open(&outbox, path, found->home.vault, home_data_key(&found->home), err);
	if (status == STATUS_OK && whole)
		status = outbox_check_whole(outbox, err);
	outbox_close(outbox);
	return status;
}

static enum status rebuild(const struct doctor_examination *found, const char *path, struct error *err)
{
	return salvage_rebuild(found->salvage, &found->findings, path, found->home.vault, home_data_key(&found->home), err);
}

/* An own chain may lack the event that the key file names as receipted: the next sync sets it again. */
static enum status lower_floor(struct doctor_examination *found, struct error *err)
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

/* ---- the answer ---- */

static void say_loss(const struct salvage_loss *loss, bool is_repaired)
{
	static const char *const fates[] = {
		[OUTBOX_FATE_LOST] = "LOST; receipted by no relay",
		[OUTBOX_FATE_RECEIPTED] = "not here; receipted by a relay",
		[OUTBOX_FATE_AGAIN] = "sealed form lost; --repair records it again from its readable copy",
	};
	const bool was_made_again = loss->fate == OUTBOX_FATE_AGAIN && (loss->is_known || is_repaired);
	const char *const where = was_made_again ? "sealed form lost; recorded again from its readable copy" : fates[loss->fate];
	const unsigned long long first = loss->first == 0 ? 1 : loss->first, last = loss->last;
	if (loss->first == 0)
		print_out("  %s's introduction to the project: %s\n", loss->name, where);
	if (loss->first == 0 && loss->fate == OUTBOX_FATE_LOST)
		print_out("    without it no relay takes what this device sends: --from an older bundle brings it back, a new invite "
		          "joins again\n");
	if (first == last)
		print_out("  %s/%llu: %s\n", loss->name, first, where);
	else if (first < last)
		print_out("  %s/%llu to %s/%llu: %s\n", loss->name, first, loss->name, last, where);
}

static void say(const struct doctor_examination *found)
{
	const struct salvage_findings *const findings = &found->findings;
	print_out("own       %llu reports and corrections, %llu of them with a readable copy\n",
	          (unsigned long long)findings->own, (unsigned long long)findings->own_readable);
	for (size_t i = 0; i < findings->losses_len; i++)
		say_loss(&findings->losses[i], found->kept_as[0] != '\0');
	if (findings->has_seed && !findings->tip_is_certain)
		print_out("  how far this device's reports went is not known: newer ones than are named here may be LOST\n");
	if (!findings->has_seed)
		print_out("  the signing key is LOST: this device can sign no more\n");
	if (!findings->has_register)
		print_out("  this device's name and the key of its informants' tags are LOST\n");
}

static void say_losses(struct print_json *json, const struct salvage_findings *findings)
{
	static const char *const fates[] = {
		[OUTBOX_FATE_LOST] = "lost", [OUTBOX_FATE_RECEIPTED] = "receipted", [OUTBOX_FATE_AGAIN] = "again"};
	print_json_open(json, "losses", '[');
	for (size_t i = 0; i < findings->losses_len; i++) {
		print_json_open(json, NULL, '{');
		print_json_text(json, "chain", findings->losses[i].name);
		print_json_number(json, "first", (int64_t)findings->losses[i].first);
		print_json_number(json, "last", (int64_t)findings->losses[i].last);
		print_json_text(json, "fate", fates[findings->losses[i].fate]);
		print_json_close(json, '}');
	}
	print_json_close(json, ']');
}

static void say_json(const struct doctor_examination *found, struct print_json *json)
{
	const struct salvage_findings *const findings = &found->findings;
	print_json_number(json, "own", (int64_t)findings->own);
	print_json_number(json, "own_readable", (int64_t)findings->own_readable);
	print_json_bool(json, "end_known", findings->tip_is_certain);
	print_json_bool(json, "new_key", found->kept_as[0] != '\0' && findings->must_succeed);
	say_losses(json, findings);
}

enum status sijil_doctor(struct cli *cli, struct error *err)
{
	static const struct doctor_patient patient = {
		.open = open_register,
		.judge = salvage_judge,
		.rebuild = rebuild,
		.settle = lower_floor,
		.without_keys = "sijil doctor --export FILE writes the sealed reports, to be carried; then join again with a new invite "
				"(--home DIR), or restore a backup",
		.without_descriptor = "ask headquarters for the project's bundle (sijil-hq bundle export), then: "
				      "sijil doctor --repair --from FILE",
		.whole = "hold together; the chain of own reports is whole",
		.say = say,
		.say_json = say_json,
	};
	return doctor(&patient, cli, err);
}
