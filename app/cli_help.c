#include "app/cli_help.h"

#include "app/print.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, TITLE_COLUMNS = 12 };

void cli_help_options(const struct cli_option *options, size_t len)
{
	for (size_t i = 0; i < len && options[i].name != NULL; i++) {
		char left[64];
		(void)snprintf(left, sizeof left, "%s%c%s--%s%s%s", options[i].letter ? "-" : " ",
		               options[i].letter ? options[i].letter : ' ', options[i].letter ? ", " : "  ",
		               options[i].name, options[i].argument ? " " : "",
		               options[i].argument ? options[i].argument : "");
		print_out("  %-28s %s\n", left, options[i].help);
	}
}

void cli_help_command(const struct cli_program *program, const struct cli_command *command)
{
	print_out("%s %s %s\n\n  %s\n\n", program->name, command->name, command->arguments, command->summary);
	cli_help_options(command->options, CLI_OPTIONS_MAX);
}

static size_t index_of(const struct cli_program *program, const char *name)
{
	size_t i = 0;
	while (i < program->commands_len && strcmp(program->commands[i].name, name) != 0)
		i++;
	return i;
}

/* A topic goes from its first command up to the next one's. */
static size_t topic_end(const struct cli_program *program, size_t topic)
{
	return topic + 1 < program->topics_len ? index_of(program, program->topics[topic + 1].first) : program->commands_len;
}

static void print_one_a_line(const struct cli_program *program, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		print_out("  %-18s %s\n", program->commands[i].name, program->commands[i].summary);
}

static void print_topic(const struct cli_program *program, size_t topic)
{
	const size_t end = topic_end(program, topic);
	size_t column = COLUMNS;
	print_out("  %-*s%s", TITLE_COLUMNS, program->topics[topic].name, program->topics[topic].about);
	for (size_t i = index_of(program, program->topics[topic].first); i < end; i++) {
		const char *const name = program->commands[i].name;
		const char *const comma = i + 1 == end ? "" : ",";
		const size_t width = strlen(" ") + strlen(name) + strlen(comma);
		if (column + width > COLUMNS) {
			print_out("\n  %*s%s%s", TITLE_COLUMNS, "", name, comma);
			column = 2 + TITLE_COLUMNS + width - 1;
		} else {
			print_out(" %s%s", name, comma);
			column += width;
		}
	}
	print_out("\n");
}

void cli_help_program(const struct cli_program *program)
{
	print_out("%s: %s\n\n", program->name, program->about);
	for (size_t i = 0; i < program->topics_len; i++)
		print_topic(program, i);
	if (program->topics_len == 0)
		print_one_a_line(program, 0, program->commands_len);
	print_out("\n%s help COMMAND tells how one is called", program->name);
	if (program->topics_len > 0)
		print_out("; help %s what each does", program->topics[0].name);
	print_out(".\nExit: 0 done, 1 refused or failed, 2 usage, 3 offline (nothing lost),\n"
	          "4 forged or altered, 5 locked, 6 incomplete.\n");
}

bool cli_help_topic(const struct cli_program *program, const char *name)
{
	for (size_t i = 0; i < program->topics_len; i++) {
		if (strcmp(program->topics[i].name, name) != 0)
			continue;
		print_out("%s: %s\n\n", program->name, program->topics[i].about);
		print_one_a_line(program, index_of(program, program->topics[i].first), topic_end(program, i));
		print_out("\n%s help COMMAND tells how one is called.\n", program->name);
		return true;
	}
	return false;
}
