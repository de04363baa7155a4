#include "app/doctor.h"

#include "app/print.h"

#include <string.h>

/* What the tables and indexes are to who uses the program. */
static const char *call_root(const char *name)
{
	static const struct {
		const char *name, *words;
	} roots[] = {
		{"object", "sealed reports and other sealed objects"},
		{"own", "readable copies of own reports"},
		{"identity", "this device's signing key"},
		{"register", "what this device is called"},
		{"newest", "receipts"},
		{"covered", "receipts"},
		{"signer", "whose signatures count"},
		{"sqlite_schema", "the list of tables"},
		{"note", "which notes were taken in"},
		{"project", "which project this is"},
		{"secret", "the project's keys"},
		{"invite", "labels of invites"},
		{"quarantine", "what was set aside"},
	};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		if (strcmp(roots[i].name, name) == 0)
			return roots[i].words;
	return name[0] != '\0' ? "what can be made again" : "not known what";
}

static const char *describe(const struct doctor_examination *found, const struct doctor_damage *damage)
{
	if (damage->use.is_behind)
		return "behind the end: held nothing";
	if (damage->use.is_free)
		return "free: held nothing";
	if (damage->use.is_map)
		return "where pages hang: what can be made again";
	return call_root(salvage_root_name(found->salvage, damage->use.root));
}

static void say_blocks(const struct doctor_examination *found)
{
	print_out("database  %llu blocks, %zu damaged\n", (unsigned long long)found->blocks, found->damage_len);
	for (size_t i = 0; i < found->damage_len; i++)
		print_out("  block %-6llu %s\n", (unsigned long long)found->damage[i].block, describe(found, &found->damage[i]));
	if (found->pages > found->blocks)
		print_out("  the file is cut short: %llu blocks are missing at its end\n",
		          (unsigned long long)(found->pages - found->blocks));
	if (found->journal_bytes > 0)
		print_out("journal   %llu bytes, of a command that was cut short%s\n", (unsigned long long)found->journal_bytes,
		          found->was_replayed ? "; what it had begun is undone now"
		                              : "; the next command undoes what it had begun");
	if (found->fault.status != STATUS_OK)
		print_out("tables    %s\n", found->fault.message);
	else if (!doctor_is_damaged(found))
		print_out("tables    %s%s\n", found->patient->whole,
		          found->findings.losses_len > 0 ? " but for what is named below" : "");
}

static void say_rows(const struct doctor_examination *found)
{
	const struct salvage_findings *const findings = &found->findings;
	print_out("sealed    %llu objects can be read", (unsigned long long)findings->objects);
	print_out(findings->objects_lost > 0 ? ", %llu cannot\n" : "\n", (unsigned long long)findings->objects_lost);
	if (findings->withheld > 0)
		print_out("withheld  %llu of them are headers alone, which leave in no export: their withholdings stand for them\n",
		          (unsigned long long)findings->withheld);
	found->patient->say(found);
}

static void say_done(const struct cli *cli, const struct doctor_examination *found)
{
	if (found->was_exported)
		print_out("exported  %llu sealed objects to '%s'; whoever carries it can read none of them\n",
		          (unsigned long long)found->exported, cli_value(cli, "export"));
	if (found->kept_as[0] != '\0') {
		print_out("repaired  this register was made again of what could be read%s.\n",
		          found->findings.must_succeed ? "; as own reports are missing, it goes on under a new key" : "");
		if (found->patient->say_repaired != NULL)
			found->patient->say_repaired(found);
		print_out("The damaged one is kept as '%s':\nremove it when nothing of it is needed any more.\n", found->kept_as);
	} else if (found->was_cleared) {
		print_out("repaired  what held nothing and was damaged is cleared\n");
	} else if (!doctor_is_damaged(found) && found->damage_len == 0) {
		print_out("Nothing is damaged.\n");
	}
}

static void say_text(const struct cli *cli, const struct doctor_examination *found)
{
	print_out("register  %s\n", found->home.folder);
	print_out("key file  opens\n");
	say_blocks(found);
	say_rows(found);
	print_out("disk      %llu MiB free\n", (unsigned long long)found->surroundings.free_bytes >> 20);
	for (size_t i = 0; i < found->surroundings.findings_len; i++)
		print_out("warning   %s\n", found->surroundings.findings[i]);
	say_done(cli, found);
}

/* ---- JSON ---- */

static void say_damage(struct print_json *json, const struct doctor_examination *found)
{
	print_json_bool(json, "damaged", doctor_is_damaged(found));
	print_json_number(json, "blocks", (int64_t)found->blocks);
	print_json_open(json, "damaged_blocks", '[');
	for (size_t i = 0; i < found->damage_len; i++) {
		print_json_open(json, NULL, '{');
		print_json_number(json, "block", (int64_t)found->damage[i].block);
		print_json_text(json, "held", describe(found, &found->damage[i]));
		print_json_text(json, "table", salvage_root_name(found->salvage, found->damage[i].use.root));
		print_json_close(json, '}');
	}
	print_json_close(json, ']');
	print_json_text(json, "fault", found->fault.message);
	print_json_number(json, "journal_bytes", (int64_t)found->journal_bytes);
}

static enum status say_json(const struct doctor_examination *found, struct error *err)
{
	const struct salvage_findings *const findings = &found->findings;
	struct print_json *const json = print_json_new();
	print_json_open(json, NULL, '{');
	say_damage(json, found);
	print_json_number(json, "objects", (int64_t)findings->objects);
	print_json_number(json, "objects_lost", (int64_t)findings->objects_lost);
	print_json_number(json, "withheld", (int64_t)findings->withheld);
	print_json_bool(json, "signing_key", findings->has_seed);
	print_json_bool(json, "descriptor", findings->has_descriptor);
	if (found->patient->say_json != NULL)
		found->patient->say_json(found, json);
	print_json_number(json, "free_bytes", (int64_t)found->surroundings.free_bytes);
	print_json_open(json, "warnings", '[');
	for (size_t i = 0; i < found->surroundings.findings_len; i++)
		print_json_text(json, NULL, found->surroundings.findings[i]);
	print_json_close(json, ']');
	print_json_number(json, "exported", (int64_t)found->exported);
	print_json_bool(json, "repaired", found->kept_as[0] != '\0' || found->was_cleared);
	print_json_text(json, "kept_as", found->kept_as);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status doctor_say(const struct cli *cli, const struct doctor_examination *found, struct error *err)
{
	if (cli->json)
		return say_json(found, err);
	say_text(cli, found);
	return STATUS_OK;
}
