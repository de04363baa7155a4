/* sijild: the relay. It verifies and keeps; it can read no report. */
#include "app/completion.h"
#include "app/sijild/sijild.h"

static const struct cli_command commands[] = {
	{"init", sijild_init, "--address URL -o CARD", "make the relay's own keys and its public card",
	 {{"address", 0, "URL", "where devices reach it, https://host:port; commas between several"},
	  {"out", 'o', "CARD", "the public card, for headquarters"}}, 0, 0},
	{"grant", sijild_grant, "BUNDLE", "serve the project whose descriptor names this relay", {{0}}, 1, 1},
	{"serve", sijild_serve, "--listen ADDRESS:PORT", "answer devices and headquarters until stopped",
	 {{"listen", 0, "ADDRESS:PORT", "port 0: one that the kernel chooses"},
	  {"ready-fd", 0, "N", "write the port to this descriptor when ready"},
	  {"device-quota", 0, "MIB", "space a device may fill; default 256"}}, 0, 0},
	{"status", sijild_status, "", "projects, objects and log of this relay", {{0}}, 0, 0},
	COMPLETION_ROW,
};

static const struct cli_program program = {
	.name = "sijild",
	.about = "the relay: takes sealed reports, gives receipts, reads none",
	.commands = commands,
	.commands_len = sizeof commands / sizeof *commands,
	.home_environment = "SIJILD_HOME",
	.home_default = "sijild",
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
