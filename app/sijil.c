/* sijil: the field worker's program. One table drives dispatch and help. */
#include "app/completion.h"
#include "app/doctor.h"
#include "app/print.h"
#include "app/reader_options.h"
#include "app/sijil/sijil.h"
#include "app/slots.h"
#include "app/unlock.h"

#include <string.h>

static const struct cli_command commands[] = {
	{"init", sijil_init, "--invite FILE|-", "join a project with an invite; needs no network",
	 {{"invite", 0, "FILE", "the invite from headquarters; - is standard input"},
	  {"practice", 0, NULL, "instead: a register to learn by, without project or sync"},
	  {"unlock-cost", 0, "minimum", "cheaper passphrase check, for slow devices"}}, 0, 0},
	{"device show", sijil_device_show, "", "this device's id and fingerprint, and the project's", {{0}}, 0, 0},
	{"device rotate", sijil_device_rotate, "", "go on under a new signing key", {{0}}, 0, 0},
	COMPLETION_ROW,
	{"add", sijil_add, "[field=value ...]", "record a report; asks for what is missing",
	 {{"like", 0, "ID", "begin with what an own report says, but for its dates and note"},
	  {"from", 0, "FILE", "many reports from a CSV file; - is standard input"},
	  {"keep-good", 0, NULL, "with --from: take the good rows, leave the bad"},
	  {"as-it-is", 0, NULL, "a note that seems to name somebody is meant so"}}, 0, CLI_WORDS_MAX},
	{"note", sijil_note, "[field=value ...]", "a report while locked, no passphrase; asks as add does",
	 {{"from", 0, "FILE", "a field=value a line; - is standard input"},
	  {"as-it-is", 0, NULL, "a text that seems to name somebody is meant so"}}, 0, CLI_WORDS_MAX},
	{"notes", sijil_notes, "[accept N|all] [drop N|all]", "the notes taken while locked; accept makes a note a report", {{0}}, 0, 2},
	{"amend", sijil_amend, "ID [field=value ...]", "correct an own report; asks, or field=value, field= clears", {{0}}, 1, CLI_WORDS_MAX},
	{"corroborate", sijil_corroborate, "ID [field=value ...]", "stand beside another's report",
	 {{"agree", 0, NULL, "it is as it says"},
	  {"differ", 0, NULL, "own figures stand beside its own"}}, 1, CLI_WORDS_MAX},
	{"retract", sijil_retract, "ID [--reason R]", "take an own report back",
	 {{"reason", 0, "R", "mistake, duplicate, disproved, unsafe or other"},
	  {"note", 0, "TEXT", "why, in a sentence"}}, 1, 1},
	{"withhold", sijil_withhold, "ID [--reason R]", "drop the content of a report that was not sent yet",
	 {{"reason", 0, "R", "mistake, duplicate, disproved, unsafe (the usual) or other"}}, 1, 1},
	{"list", sijil_list, "", "the reports on this device",
	 {READER_OPTIONS, {"all", 0, NULL, "amendments, retractions and corroborations too"},
	  {"format", 0, "table|csv|json", "how to print"}}, 0, 0},
	{"show", sijil_show, "ID", "one report, field by field", {{0}}, 1, 1},
	{"places import", sijil_places_import, "FILE|-", "take a list of places: COD, HDX, XLSForm, GeoNames",
	 {{"name", 0, "NAME", "what to call it; default: the file's name. One of that name is replaced"},
	  {"valid-on", 0, "DATE", "the day it was right, where the file does not say"}}, 1, 1},
	{"places find", sijil_places_find, "WORDS", "places by name, in any spelling; NAME, AREA",
	 {{"near", 0, "CODE", "nearest first from there; default: the last report's place"},
	  {"limit", 0, "N", "at most so many; 8 unless told"}}, 1, CLI_WORDS_MAX},
	{"places list", sijil_places_list, "", "the lists of places on this device, with their dates", {{0}}, 0, 0},
	{"places remove", sijil_places_remove, "LIST", "drop a list of places", {{0}}, 1, 1},
	{"status", sijil_status, "", "what is saved, what the relay holds, what HQ has opened", {{0}}, 0, 0},
	{"verify", sijil_verify, "FILE --project FINGERPRINT", "check an evidence file; needs no register and no key",
	 {{"project", 0, "FINGERPRINT", "the project's fingerprint, from a source you trust"}}, 1, 1},
	{"sync", sijil_sync, "", "send what the relay has not receipted, take what is new",
	 {{"relay", 0, "URL", "another address of the project's relay"},
	  {"proxy", 0, "URL", "socks5h://host:port, for Tor"}}, 0, 0},
	{"bundle export", sijil_bundle_export, "[-o FILE]", "sealed reports into a file that somebody carries",
	 {{"out", 'o', "FILE", "the file; default: standard output when it is no terminal"},
	  {"all", 0, NULL, "also what the relay has receipted"}}, 0, 0},
	{"bundle import", sijil_bundle_import, "FILE|-", "take a carried file: others' reports, receipts, news", {{0}}, 1, 1},
	{"recover", sijil_recover, "[--renew]", "passphrase lost: open by the code that HQ reads out",
	 {{"renew", 0, NULL, "a new recovery code, as long as the passphrase is known"}}, 0, 0},
	{"unlock", unlock_for, "[--for 30m]", "keep the key in the kernel for a while",
	 {{"for", 0, "TIME", "30m, 12h; at most 24h"}}, 0, 0},
	{"lock", unlock_end, "", "forget the key now", {{0}}, 0, 0},
	SLOTS_COMMANDS(sijil_rekey, {{"even-recovery", 0, NULL, "also the recovery code"}}),
	{"slots duress", sijil_duress, "[--remove]", "a passphrase that destroys, where the project allows it",
	 {{"remove", 0, NULL, "take it away, if there was one"}}, 0, 0},
	{"backup", sijil_backup, "-o FILE", "an encrypted copy of the register", {{"out", 'o', "FILE", "the new file"}}, 0, 0},
	{"restore", sijil_restore, "FILE", "a register from a backup; goes on under a new key", {{0}}, 1, 1},
	{"doctor", sijil_doctor, "", "what is damaged, what can be read, what to do", {DOCTOR_OPTIONS}, 0, 0},
};

static const struct cli_topic topics[] = {
	{"start", "init", "to join a project; the device itself"},
	{"record", "add", "to record, correct and take back"},
	{"look", "list", "what is here, and how it stands"},
	{"send", "sync", "to headquarters and back, by a link or by a file"},
	{"open", "recover", "what opens the register and for how long; its end"},
	{"keep", "backup", "against loss and damage"},
};

/* Without a register, say how to get one; with one, how it stands. */
static enum status run_bare(struct cli *cli, struct error *err)
{
	struct home home;
	const enum status status = home_locate(&home, cli, err);
	if (status != STATUS_OK)
		return status;
	if (home_exists(&home))
		return sijil_status(cli, err);
	print_out("There is no register on this device yet (looked in %s).\n\n"
	          "Ask headquarters for an invite: one small file or one line of text, for this device alone.\n"
	          "Then: sijil init --invite FILE\n\n"
	          "It needs no network. sijil help shows all commands.\n",
	          home.folder);
	return STATUS_OK;
}

static bool takes_fields(const char *command)
{
	static const char *const commands_of_fields[] = {"add", "amend", "corroborate", "note"};
	for (size_t i = 0; i < sizeof commands_of_fields / sizeof *commands_of_fields; i++)
		if (strcmp(command, commands_of_fields[i]) == 0)
			return true;
	return false;
}

static void more_help(const char *command)
{
	if (!takes_fields(command))
		return;
	print_out("\nThe fields (\"unknown\", \"not_asked\", \"refused\", \"unsafe\" say why one is empty):\n");
	sijil_print_fields();
}

/* "kind=", and behind it the kinds; or what is to be done with notes. */
static void offer_words(const char *command, const char *typed)
{
	if (strcmp(command, "notes") == 0) {
		completion_offer(typed, "accept", "makes notes reports: their numbers, or all");
		completion_offer(typed, "drop", "erases them: their numbers, or all");
	}
	if (takes_fields(command))
		sijil_offer_fields(typed);
}

static const struct cli_program program = {
	.name = "sijil",
	.about = "record displacement offline, sealed and signed; sync when a link appears",
	.commands = commands,
	.commands_len = sizeof commands / sizeof *commands,
	.topics = topics,
	.topics_len = sizeof topics / sizeof *topics,
	.home_environment = "SIJIL_HOME",
	.home_default = "sijil",
	.run_bare = run_bare,
	.more_help = more_help,
	.offer_words = offer_words,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
