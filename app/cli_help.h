/* What `help` prints: all commands on one screen of 24 lines, a topic's with what each does, one command with its options.
 */
#ifndef SIJIL_APP_CLI_HELP_H
#define SIJIL_APP_CLI_HELP_H

#include "app/cli.h"

/* All commands: by topic, several on a line, or one on a line where a program has no topics. */
void cli_help_program(const struct cli_program *program);

/* The commands of a topic, one on a line. False, with nothing printed: there is no such topic. */
bool cli_help_topic(const struct cli_program *program, const char *name);

/* How one is called, what it does, its own options. */
void cli_help_command(const struct cli_program *program, const struct cli_command *command);

/* At most `len`; a NULL name ends them. */
void cli_help_options(const struct cli_option *options, size_t len);

#endif
