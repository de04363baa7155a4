/* sijil-hq: headquarters' program. It holds the project's keys. */
#include "app/completion.h"
#include "app/doctor.h"
#include "app/hq/hq.h"
#include "app/reader_options.h"
#include "app/slots.h"
#include "app/unlock.h"

#define HQ_READER_OPTIONS READER_OPTIONS, {"device", 0, "D", "label, id or fingerprint"}

static const struct cli_command commands[] = {
	{"init", hq_init, "NAME", "create a project and its keys, encrypted on this machine",
	 {{"training", 0, NULL, "a project for practice, marked so everywhere"},
	  {"retention", 0, "WHEN", "readable copies on devices: keep, until_receipt, never"},
	  {"unlock-cost", 0, "minimum", "cheaper passphrase check"}}, 1, 1},
	{"project show", hq_project_show, "", "name, descriptor, relay, policies", {{0}}, 0, 0},
	{"project policy", hq_project_policy, "KEY=VALUE ...", "retention, point_metres, duress; without words, show them", {{0}}, 0, 8},
	{"fingerprint", hq_fingerprint, "", "the project's fingerprint, to publish and to read aloud", {{0}}, 0, 0},
	{"relay add", hq_relay_add, "CARD|-", "sign a relay's card into the project's descriptor", {{0}}, 1, 1},
	{"relay list", hq_relay_list, "", "the project's relay", {{0}}, 0, 0},
	COMPLETION_ROW,
	{"invite", hq_invite, "LABEL -o FILE", "a one-time invite for one device",
	 {{"out", 'o', "FILE", "the invite; it is a secret until used"},
	  {"expires", 0, "TIME", "7d, 12h; default 14d"}}, 1, 1},
	{"device list", hq_device_list, "", "devices: how complete, revoked or not", {{0}}, 0, 0},
	{"device show", hq_device_show, "DEVICE", "one device with its fingerprint", {{0}}, 1, 1},
	{"device confirm", hq_device_confirm, "DEVICE", "its fingerprint was read aloud and is right", {{0}}, 1, 1},
	{"device revoke", hq_device_revoke, "DEVICE", "what it signs from now on is contested",
	 {{"after", 0, "NUMBER", "its reports after this number are contested; default: what is held is good"},
	  {"reason", 0, "R", "lost, seized, left, other"}}, 1, 1},
	{"recover", hq_recover, "DEVICE", "read out the code that opens a device, passphrase lost",
	 {{"all", 0, NULL, "the superseded codes too"},
	  {"even-revoked", 0, NULL, "although the device is revoked"}}, 1, 1},
	{"pull", hq_pull, "", "fetch from the relay, verify, open, acknowledge",
	 {{"relay", 0, "URL", "another address of the relay"}, {"proxy", 0, "URL", "socks5h://host:port"}}, 0, 0},
	{"bundle import", hq_bundle_import, "FILE|-", "take a carried file", {{0}}, 1, 1},
	{"bundle export", hq_bundle_export, "[-o FILE]", "settings, acknowledgements, revocations to carry",
	 {{"out", 'o', "FILE", "the file"}}, 0, 0},
	{"verify", hq_verify, "[-v]", "all again from its bytes: a verdict for each record",
	 {{"device", 0, "D", "label, id or fingerprint"}}, 0, 0},
	{"gaps", hq_gaps, "", "what is missing, device by device", {{0}}, 0, 0},
	{"list", hq_list, "", "the reports", {HQ_READER_OPTIONS, {"format", 0, "table|csv|json", "how to print"}}, 0, 0},
	{"show", hq_show, "ID", "one report with its verdict and history", {{0}}, 1, 1},
	{"export", hq_export, "--record-level --format csv", "every report with its provenance, for restricted use",
	 {HQ_READER_OPTIONS, {"format", 0, "csv", "the form"}, {"out", 'o', "FILE", "the file"},
	  {"record-level", 0, NULL, "one row a report; names who reported"}}, 0, 0},
	{"evidence", hq_evidence, "ID -o FILE", "one report for a third party; needs no key to check",
	 {{"out", 'o', "FILE", "the file"}}, 1, 1},
	{"unlock", unlock_for, "[--for 30m]", "keep the key in the kernel for a while", {{"for", 0, "TIME", "30m, 12h; at most 24h"}}, 0, 0},
	{"lock", unlock_end, "", "forget the key now", {{0}}, 0, 0},
	SLOTS_COMMANDS(hq_rekey, {{0}}),
	{"backup", hq_backup, "-o FILE", "an encrypted copy of everything, keys included", {{"out", 'o', "FILE", "the new file"}}, 0, 0},
	{"restore", hq_restore, "FILE", "headquarters from a backup",
	 {{"as-is", 0, NULL, "nothing was signed since: settings may be signed before a pull"}}, 1, 1},
	{"doctor", hq_doctor, "", "what is damaged, what can be read, what to do", {DOCTOR_OPTIONS}, 0, 0},
};

static const struct cli_topic topics[] = {
	{"project", "init", "the project, its fingerprint and its relay"},
	{"devices", "invite", "who reports, and with what"},
	{"collect", "pull", "what came, and whether it is whole and genuine"},
	{"read", "list", "what was reported, here and for others"},
	{"open", "unlock", "what opens the register and for how long; its end"},
	{"keep", "backup", "against loss and damage"},
};

static const struct cli_program program = {
	.name = "sijil-hq",
	.about = "create a project, invite devices, pull, verify, hand out evidence",
	.commands = commands,
	.commands_len = sizeof commands / sizeof *commands,
	.topics = topics,
	.topics_len = sizeof topics / sizeof *topics,
	.home_environment = "SIJIL_HQ_HOME",
	.home_default = "sijil-hq",
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
