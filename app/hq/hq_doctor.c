/* doctor: what is damaged in headquarters' register, what can be read, what to do. */
#include "app/doctor.h"
#include "app/hq/hq.h"
#include "app/print.h"

static enum status open_register(const struct doctor_examination *found, const char *path, bool whole, struct error *err)
{
	struct project *project = NULL;
	enum status status = project_open(&project, path, found->home.vault, home_data_key(&found->home), err);
	if (status == STATUS_OK && whole)
		status = project_check_whole(project, err);
	project_close(project);
	return status;
}

static enum status rebuild(const struct doctor_examination *found, const char *path, struct error *err)
{
	return salvage_project_rebuild(found->salvage, &found->findings, path, found->home.vault, home_data_key(&found->home), err);
}

static void say(const struct doctor_examination *found)
{
	if (found->findings.has_seed)
		print_out("keys      the project's keys are here\n");
	else
		print_out("keys      LOST are some of the project's keys: only a backup has them\n");
}

static void say_repaired(const struct doctor_examination *found)
{
	(void)found;
	print_out("Next: sijil-hq pull, which fetches the relay's log from its beginning, and with it what was lost here.\n"
	          "Until then no settings are signed.\n");
}

enum status hq_doctor(struct cli *cli, struct error *err)
{
	static const struct doctor_patient patient = {
		.open = open_register,
		.judge = salvage_project_judge,
		.rebuild = rebuild,
		.without_keys = "sijil-hq doctor --export FILE writes the sealed reports; then sijil-hq --home DIR restore BACKUP, and "
				"there: bundle import FILE, pull",
		.without_descriptor = "sijil-hq doctor --repair --from FILE takes it from a bundle that headquarters wrote before",
		.whole = "hold together; the log of sealed objects is whole",
		.say = say,
		.say_repaired = say_repaired,
	};
	return doctor(&patient, cli, err);
}
