#include "app/cli.h"

#include "app/cli_help.h"
#include "app/print.h"
#include "app/version.h"
#include "crypto/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option global_options[] = {
	{"home", 0, "DIR", "the folder of the register"},
	{"project", 0, "NAME", "one of several projects on this device"},
	{"passphrase-fd", 0, "N", "read the passphrase from this descriptor"},
	{"json", 0, NULL, "answer as JSON"},
	{"quiet", 'q', NULL, "no notes"},
	{"verbose", 'v', NULL, "more detail"},
	{"help", 'h', NULL, "help of the command"},
	{"version", 'V', NULL, "the version"},
	{"key-file", 0, "FILE", "the file that opens together with the passphrase"},
};
enum { GLOBALS = sizeof global_options / sizeof *global_options };

/* What the options that any command takes were set to. */
struct globals {
	const char *value[GLOBALS];
};

enum status cli_usage(struct cli *cli, struct error *err, const char *format, ...)
{
	char message[ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message, sizeof message, format, args);
	va_end(args);
	cli->exit_code = EXIT_USAGE;
	(void)error_set(err, STATUS_BAD_INPUT, "%s", message);
	if (cli->command != NULL)
		error_hint(err, "%s help %s", cli->program->name, cli->command->name);
	else
		error_hint(err, "%s help", cli->program->name);
	return STATUS_BAD_INPUT;
}

enum status cli_wrong(struct cli *cli)
{
	cli->exit_code = EXIT_USAGE;
	return STATUS_BAD_INPUT;
}

/* Does `word` ("--out", "--out=x", "-o") mean this option? Then *inline_value is what follows '='. */
static bool option_matches(const struct cli_option *option, const char *word, const char **inline_value)
{
	*inline_value = NULL;
	if (word[1] != '-')
		return option->letter != 0 && word[1] == option->letter && word[2] == '\0';
	const size_t len = strlen(option->name);
	if (strncmp(word + 2, option->name, len) != 0)
		return false;
	if (word[2 + len] == '=')
		*inline_value = word + 2 + len + 1;
	return word[2 + len] == '\0' || word[2 + len] == '=';
}

const struct cli_option *cli_global_options(size_t *len)
{
	*len = GLOBALS;
	return global_options;
}

const struct cli_option *cli_option_of(const struct cli_option *options, size_t len, const char *word)
{
	const char *inline_value;
	for (size_t i = 0; i < len && options[i].name != NULL; i++)
		if (option_matches(&options[i], word, &inline_value))
			return &options[i];
	return NULL;
}

/* Options and where their values go. */
struct option_table {
	const struct cli_option *options;
	size_t len;
	const char **values;
};

/* Takes the option at **word out of `table`, and its value behind it; *found tells whether it was one of them. */
static enum status take_option(struct cli *cli, const struct option_table *table, char ***word, bool *found,
                               struct error *err)
{
	*found = false;
	for (size_t i = 0; i < table->len && table->options[i].name != NULL; i++) {
		const char *inline_value;
		if (!option_matches(&table->options[i], **word, &inline_value))
			continue;
		*found = true;
		if (table->options[i].argument == NULL) {
			if (inline_value != NULL)
				return cli_usage(cli, err, "this option takes no value: '%s'", **word);
			table->values[i] = "";
			return STATUS_OK;
		}
		if (inline_value == NULL)
			inline_value = *++*word;
		if (inline_value == NULL)
			return cli_usage(cli, err, "a value is missing after '%s'", (*word)[-1]);
		table->values[i] = inline_value;
		return STATUS_OK;
	}
	return STATUS_OK;
}

const struct cli_command *cli_command_find(const struct cli_program *program, const char *first, const char *second,
                                           size_t *used)
{
	for (size_t i = 0; i < program->commands_len; i++) {
		const char *name = program->commands[i].name;
		const char *blank = strchr(name, ' ');
		const size_t len = blank == NULL ? strlen(name) : (size_t)(blank - name);
		if (strlen(first) != len || strncmp(name, first, len) != 0)
			continue;
		if (blank == NULL || (second != NULL && strcmp(blank + 1, second) == 0)) {
			*used = blank == NULL ? 1 : 2;
			return &program->commands[i];
		}
	}
	return NULL;
}

/* Names those that begin with the word, if any do: "bundle export", "bundle import". */
static enum status no_such_command(struct cli *cli, const char *word, struct error *err)
{
	char longer[256] = "";
	const size_t len = strlen(word);
	for (size_t i = 0, at = 0; i < cli->program->commands_len && at < sizeof longer; i++) {
		const char *name = cli->program->commands[i].name;
		if (len > 0 && strncmp(name, word, len) == 0 && name[len] == ' ')
			at += (size_t)snprintf(longer + at, sizeof longer - at, "%s%s", at > 0 ? ", " : "", name);
	}
	return longer[0] != '\0' ? cli_usage(cli, err, "'%s' wants one more word: %s", word, longer)
	                         : cli_usage(cli, err, "no such command: '%s'", word);
}

/* "help", "help TOPIC", "help CMD", "CMD --help". */
static enum status run_help(struct cli *cli, struct error *err)
{
	if (cli->command == NULL && cli->words_len > 0) {
		size_t used;
		const char *second = cli->words_len > 1 ? cli->words[1] : NULL;
		cli->command = cli_command_find(cli->program, cli->words[0], second, &used);
		if (cli->command == NULL)
			return cli_help_topic(cli->program, cli->words[0]) ? STATUS_OK : no_such_command(cli, cli->words[0], err);
	}
	if (cli->command == NULL) {
		cli_help_program(cli->program);
		return STATUS_OK;
	}
	cli_help_command(cli->program, cli->command);
	cli_help_options(global_options, GLOBALS);
	if (cli->program->more_help != NULL)
		cli->program->more_help(cli->command->name);
	return STATUS_OK;
}

/* One word that is no option; the command is settled as soon as its words are there. */
static enum status take_word(struct cli *cli, const char *word, struct error *err)
{
	if (cli->words_len == CLI_WORDS_MAX)
		return cli_usage(cli, err, "too many words, at '%s'", word);
	cli->words[cli->words_len++] = word;
	if (cli->command != NULL || strcmp(cli->words[0], "help") == 0)
		return STATUS_OK;
	size_t used;
	cli->command = cli_command_find(cli->program, cli->words[0], cli->words_len > 1 ? cli->words[1] : NULL, &used);
	if (cli->command != NULL)
		cli->words_len = 0;
	return STATUS_OK;
}

/* Sorts argv (ended by NULL) into options and words. */
static enum status parse(struct cli *cli, struct globals *globals, char **argv, struct error *err)
{
	const struct option_table global = {global_options, GLOBALS, globals->value};
	bool options_end = false;
	for (char **word = argv + 1; *word != NULL; word++) {
		enum status status = STATUS_OK;
		bool found = false;
		if (!options_end && strcmp(*word, "--") == 0) {
			options_end = true;
			continue;
		}
		if (options_end || (*word)[0] != '-' || (*word)[1] == '\0') {
			status = take_word(cli, *word, err);
			if (status != STATUS_OK)
				return status;
			continue;
		}
		if (cli->command != NULL) {
			const struct option_table own = {cli->command->options, CLI_OPTIONS_MAX, cli->values};
			status = take_option(cli, &own, &word, &found, err);
		}
		if (status == STATUS_OK && !found)
			status = take_option(cli, &global, &word, &found, err);
		if (status == STATUS_OK && !found)
			status = cli_usage(cli, err, cli->command != NULL ? "no such option: '%s'"
		                                                  : "no such option before a command: '%s'", *word);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status set_globals(struct cli *cli, const struct globals *globals, struct error *err)
{
	cli->home = globals->value[0];
	cli->project = globals->value[1];
	cli->json = globals->value[3] != NULL;
	cli->quiet = globals->value[4] != NULL;
	cli->verbose = globals->value[5] != NULL;
	cli->key_file = globals->value[8];
	print_quiet(cli->quiet);
	if (globals->value[2] == NULL)
		return STATUS_OK;
	long long fd;
	if (cli_number(&fd, globals->value[2], 0, 1023, "--passphrase-fd", err) != STATUS_OK)
		return cli_wrong(cli);
	cli->passphrase_fd = (int)fd;
	return STATUS_OK;
}

static enum status dispatch(struct cli *cli, const struct globals *globals, struct error *err)
{
	if (globals->value[6] != NULL || (cli->words_len > 0 && cli->command == NULL && strcmp(cli->words[0], "help") == 0)) {
		if (cli->command == NULL && cli->words_len > 0) {
			cli->words_len--;
			memmove(cli->words, cli->words + 1, cli->words_len * sizeof *cli->words);
		}
		return run_help(cli, err);
	}
	if (cli->command == NULL && cli->words_len > 0)
		return no_such_command(cli, cli->words[0], err);
	if (cli->command == NULL && cli->program->run_bare == NULL)
		return run_help(cli, err);
	if (cli->command != NULL && cli->words_len > cli->command->words_max)
		return cli_usage(cli, err, "one word too many: '%s'", cli->words[cli->command->words_max]);
	if (cli->command != NULL && cli->words_len < cli->command->words_min) {
		(void)cli_usage(cli, err, "'%s' lacks what it is to work on", cli->command->name);
		error_hint(err, "%s %s %s", cli->program->name, cli->command->name, cli->command->arguments);
		return STATUS_BAD_INPUT;
	}
	enum status status = secret_process_init(err);
	if (status == STATUS_OK)
		status = print_begin(err);
	if (status != STATUS_OK)
		return status;
	return cli->command != NULL ? cli->command->run(cli, err) : cli->program->run_bare(cli, err);
}

static int exit_code_of(enum status status)
{
	switch (status) {
	case STATUS_OK: return EXIT_DONE;
	case STATUS_OFFLINE: return EXIT_OFFLINE;
	case STATUS_TAMPERED:
	case STATUS_UNTRUSTED:
	case STATUS_CORRUPT: return EXIT_FORGED;
	case STATUS_LOCKED: return EXIT_LOCKED;
	case STATUS_BAD_INPUT:
	case STATUS_NOT_FOUND:
	case STATUS_REFUSED:
	case STATUS_BUSY:
	case STATUS_IO:
	case STATUS_NO_MEMORY:
	case STATUS_BUG: return EXIT_REFUSED;
	}
	return EXIT_REFUSED;
}

/* Where the cause was known, so was the next step. For the rest the kind of trouble says it. */
static void hint_by_status(const struct cli *cli, struct error *err)
{
	if (err->hint[0] != '\0')
		return;
	if (cli->exit_code == EXIT_USAGE && cli->command != NULL)
		error_hint(err, "%s help %s", cli->program->name, cli->command->name);
	else if (err->status == STATUS_BUSY)
		error_hint(err, "nothing was lost; try again when the other program is done");
	else if (err->status == STATUS_OFFLINE)
		error_hint(err, "nothing is lost; try again when there is a connection");
	else if (err->status == STATUS_NO_MEMORY)
		error_hint(err, "close other programs and try again");
	else if (err->status == STATUS_CORRUPT)
		error_hint(err, "keep the files as they are, and restore a backup beside them");
	else if (err->status == STATUS_BUG)
		error_hint(err, "this should not happen: please report it, with the command that was run");
}

/* Whoever does not see that it was saved would save it again. */
static void say_unsaid(const struct cli *cli, int cause)
{
	struct error err = {0};
	if (cli->done == NULL) {
		(void)error_set(&err, STATUS_IO, "the output could not be written: %s", strerror(cause));
	} else {
		(void)error_set(&err, STATUS_IO, "%s, but the output could not be written: %s", cli->done, strerror(cause));
		error_hint(&err, "do not do it again; %s status shows how things stand", cli->program->name);
	}
	print_error(cli->program->name, &err);
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
	struct cli cli = {.program = program, .passphrase_fd = -1, .exit_code = -1};
	struct globals globals = {0};
	struct error err = {0};
	enum status status = argc > 0 ? parse(&cli, &globals, argv, &err) : STATUS_OK;
	if (status == STATUS_OK && globals.value[7] != NULL) {
		print_out("%s %s\n", program->name, VERSION_TEXT);
	} else {
		if (status == STATUS_OK)
			status = set_globals(&cli, &globals, &err);
		if (status == STATUS_OK)
			status = dispatch(&cli, &globals, &err);
	}
	/* An earlier flush may have failed and left nothing for this one to do. */
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && (status == STATUS_OK || cli.done != NULL)) {
		say_unsaid(&cli, errno);
		return EXIT_REFUSED;
	}
	if (status != STATUS_OK) {
		hint_by_status(&cli, &err);
		print_error(program->name, &err);
	}
	return cli.exit_code >= 0 ? cli.exit_code : exit_code_of(status);
}

const char *cli_value(const struct cli *cli, const char *option)
{
	for (size_t i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name != NULL; i++)
		if (strcmp(cli->command->options[i].name, option) == 0)
			return cli->values[i];
	return NULL;
}

bool cli_flag(const struct cli *cli, const char *option)
{
	return cli_value(cli, option) != NULL;
}

enum status cli_number(long long *number, const char *text, long long min, long long max, const char *what,
                       struct error *err)
{
	errno = 0;
	char *end;
	const long long value = strtoll(text, &end, 10);
	/* strtoll would pass over blanks and a plus. */
	const bool starts_well = isdigit((unsigned char)text[0]) || (text[0] == '-' && isdigit((unsigned char)text[1]));
	if (!starts_well || *end != '\0' || errno != 0 || value < min || value > max)
		return error_set(err, STATUS_BAD_INPUT, "%s wants a whole number from %lld to %lld, not '%s'", what, min,
		                 max, text);
	*number = value;
	return STATUS_OK;
}

enum status cli_duration(long long *seconds, const char *text, struct error *err)
{
	static const struct {
		char letter;
		long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const size_t len = strlen(text);
	for (size_t i = 0; len > 1 && len < 16 && i < sizeof units / sizeof *units; i++) {
		if (text[len - 1] != units[i].letter)
			continue;
		char digits[16];
		memcpy(digits, text, len - 1);
		digits[len - 1] = '\0';
		long long count;
		if (cli_number(&count, digits, 1, 1000000, "a duration", err) != STATUS_OK)
			break;
		*seconds = count * units[i].seconds;
		return STATUS_OK;
	}
	return error_set(err, STATUS_BAD_INPUT, "a duration is written like 30m, 12h or 7d, not '%s'", text);
}
