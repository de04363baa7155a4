#include "app/cli.h"
#include "app/cli_help.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <criterion/redirect.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What the command that ran was given. */
static struct cli seen;
static enum status outcome;

static enum status run(struct cli *cli, struct error *err)
{
	seen = *cli;
	return outcome == STATUS_OK ? STATUS_OK : error_set(err, outcome, "it failed on \"this\"");
}

static enum status run_wrong(struct cli *cli, struct error *err)
{
	return cli_usage(cli, err, "never \"%s\"", cli->words[0]);
}

static enum status run_other_code(struct cli *cli, struct error *err)
{
	(void)err;
	cli->exit_code = EXIT_INCOMPLETE;
	return STATUS_OK;
}

static enum status run_saving(struct cli *cli, struct error *err)
{
	cli->done = "the word is saved";
	(void)puts(cli->words[0]);
	return outcome == STATUS_OK ? STATUS_OK : error_set(err, outcome, "it failed on \"this\"");
}

static const struct cli_command commands[] = {
	{"add", run, "[field=value ...]", "records", {{"from", 0, "FILE", "a file"}, {"keep-good", 'k', NULL, "the good"}}, 0, CLI_WORDS_MAX},
	{"show", run, "ID", "shows", {{0}}, 1, 1},
	{"bundle export", run, "[-o FILE]", "exports", {{"out", 'o', "FILE", "the file"}}, 0, 0},
	{"bundle import", run, "FILE", "imports", {{0}}, 1, 1},
	{"wrong", run_wrong, "WORD", "is always wrong", {{0}}, 1, 1},
	{"save", run_saving, "WORD", "saves", {{0}}, 1, 1},
	{"gaps", run_other_code, "", "is incomplete", {{0}}, 0, 0},
};

static void more_help(const char *command)
{
	if (strcmp(command, "add") == 0)
		(void)puts("the fields");
}

static const struct cli_program program = {
	.name = "prog",
	.about = "tests",
	.commands = commands,
	.commands_len = sizeof commands / sizeof *commands,
	.home_environment = "PROG_HOME",
	.home_default = "prog",
	.more_help = more_help,
};

static void quiet(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
}

TestSuite(cli, .init = quiet);

enum { ARGV_MAX = 300 };

/* cli_main on "prog a b c", words parted by '|'. */
static int call(const char *line)
{
	static char text[4096];
	static char name[] = "prog";
	static char *argv[ARGV_MAX + 2];
	int argc = 0;
	seen = (struct cli){0};
	(void)snprintf(text, sizeof text, "%s", line);
	argv[argc++] = name;
	char *rest = text;
	for (char *word = text[0] != '\0' ? strsep(&rest, "|") : NULL; word != NULL && argc <= ARGV_MAX; word = strsep(&rest, "|"))
		argv[argc++] = word;
	argv[argc] = NULL;
	return cli_main(&program, argc, argv);
}

static void says(const char *needle)
{
	char text[8192] = "";
	FILE *err = cr_get_redirected_stderr();
	(void)fflush(stderr);
	text[fread(text, 1, sizeof text - 1, err)] = '\0';
	cr_assert_not_null(strstr(text, needle), "\"%s\" is not in: %s", needle, text);
}

static void prints(const char *needle)
{
	char text[16384] = "";
	FILE *out = cr_get_redirected_stdout();
	(void)fflush(stdout);
	text[fread(text, 1, sizeof text - 1, out)] = '\0';
	cr_assert_not_null(strstr(text, needle), "\"%s\" is not in: %s", needle, text);
}

Test(cli, gives_a_command_its_words_in_order)
{
	cr_assert_eq(call("add|a=1|b=2"), EXIT_DONE);
	cr_assert_eq(seen.words_len, 2);
	cr_assert_str_eq(seen.words[0], "a=1");
	cr_assert_str_eq(seen.words[1], "b=2");
	cr_assert_str_eq(seen.command->name, "add");
	cr_assert_null(cli_value(&seen, "from"));
	cr_assert_not(cli_flag(&seen, "keep-good"));
	cr_assert_eq(seen.passphrase_fd, -1);
}

Test(cli, takes_options_of_all_commands_before_and_after_the_command)
{
	cr_assert_eq(call("--home|/h|add|--project=p|x=1|--passphrase-fd|7|--json|-q|-v"), EXIT_DONE);
	cr_assert_str_eq(seen.home, "/h");
	cr_assert_str_eq(seen.project, "p");
	cr_assert_eq(seen.passphrase_fd, 7);
	cr_assert(seen.json && seen.quiet && seen.verbose);
	cr_assert_eq(seen.words_len, 1);
}

Test(cli, takes_a_commands_own_options_in_each_form)
{
	cr_assert_eq(call("add|--from|f.csv|--keep-good"), EXIT_DONE);
	cr_assert_str_eq(cli_value(&seen, "from"), "f.csv");
	cr_assert(cli_flag(&seen, "keep-good"));
	cr_assert_eq(call("add|--from=f=g|-k"), EXIT_DONE);
	cr_assert_str_eq(cli_value(&seen, "from"), "f=g", "only the first = parts name and value");
	cr_assert(cli_flag(&seen, "keep-good"));
	cr_assert_eq(call("add|--from="), EXIT_DONE);
	cr_assert_str_eq(cli_value(&seen, "from"), "");
	cr_assert_eq(call("bundle|export|-o|-"), EXIT_DONE);
	cr_assert_str_eq(cli_value(&seen, "out"), "-");
}

Test(cli, finds_commands_of_two_words)
{
	cr_assert_eq(call("bundle|export"), EXIT_DONE);
	cr_assert_str_eq(seen.command->name, "bundle export");
	cr_assert_eq(call("bundle|--json|import|f"), EXIT_DONE);
	cr_assert_str_eq(seen.command->name, "bundle import");
	cr_assert_str_eq(seen.words[0], "f");
}

Test(cli, ends_options_at_two_dashes)
{
	cr_assert_eq(call("add|--|--from|-k|-"), EXIT_DONE);
	cr_assert_eq(seen.words_len, 3);
	cr_assert_str_eq(seen.words[0], "--from");
	cr_assert_null(cli_value(&seen, "from"));
}

struct wrong_call {
	char line[64], says[80];
};

ParameterizedTestParameters(cli, refuses_a_wrong_call_with_2_and_names_it)
{
	static struct wrong_call calls[] = {
		{"frobnicate", "no such command: 'frobnicate'"},
		{"bundle", "bundle export, bundle import"},
		{"bundle|frobnicate", "bundle export, bundle import"},
		{"add|--frob", "no such option: '--frob'"},
		{"add|--fro", "no such option: '--fro'"},
		{"add|--fromage=1", "no such option: '--fromage=1'"},
		{"add|-x", "no such option: '-x'"},
		{"add|-kk", "no such option: '-kk'"},
		{"-o|x|bundle|export", "no such option before a command: '-o'"},
		{"add|--from", "a value is missing after '--from'"},
		{"add|--keep-good=yes", "takes no value: '--keep-good=yes'"},
		{"bundle|export|x", "one word too many: 'x'"},
		{"show", "'show' lacks what it is to work on"},
		{"wrong|w", "never \"w\""},
		{"--passphrase-fd|x|show|1", "--passphrase-fd wants a whole number"},
		{"--passphrase-fd|1024|show|1", "not '1024'"},
		{"help|frobnicate", "no such command: 'frobnicate'"},
	};
	return cr_make_param_array(struct wrong_call, calls, sizeof calls / sizeof *calls);
}

ParameterizedTest(struct wrong_call *wrong, cli, refuses_a_wrong_call_with_2_and_names_it)
{
	cr_assert_eq(call(wrong->line), EXIT_USAGE, "%s", wrong->line);
	cr_assert_null(seen.command, "nothing ran");
	says(wrong->says);
}

Test(cli, shows_the_next_step_of_a_wrong_call)
{
	cr_assert_eq(call("show"), EXIT_USAGE);
	says("next: prog show ID");
}

static const enum status kinds_with_next_step[] = {STATUS_BUSY, STATUS_OFFLINE, STATUS_NO_MEMORY, STATUS_CORRUPT, STATUS_BUG};

ParameterizedTestParameters(cli, tells_the_next_step_of_trouble_whose_kind_says_it)
{
	static enum status kinds[sizeof kinds_with_next_step / sizeof *kinds_with_next_step];
	memcpy(kinds, kinds_with_next_step, sizeof kinds);
	return cr_make_param_array(enum status, kinds, sizeof kinds / sizeof *kinds);
}

ParameterizedTest(enum status *kind, cli, tells_the_next_step_of_trouble_whose_kind_says_it, .init = quiet)
{
	outcome = *kind;
	cr_assert_neq(call("show|a"), EXIT_DONE);
	says("\n  next: ");
}

Test(cli, refuses_more_words_than_it_can_hold)
{
	char line[1024] = "add";
	for (size_t i = 0; i < CLI_WORDS_MAX; i++)
		memcpy(line + 3 + 2 * i, "|w", 3);
	cr_assert_eq(call(line), EXIT_DONE);
	cr_assert_eq(seen.words_len, CLI_WORDS_MAX);
	memcpy(line + 3 + 2 * CLI_WORDS_MAX, "|w", 3);
	cr_assert_eq(call(line), EXIT_USAGE);
}

Test(cli, turns_each_status_into_its_exit_code)
{
	static const int expected[] = {
		[STATUS_OK] = EXIT_DONE, [STATUS_BAD_INPUT] = EXIT_REFUSED, [STATUS_NOT_FOUND] = EXIT_REFUSED,
		[STATUS_LOCKED] = EXIT_LOCKED, [STATUS_TAMPERED] = EXIT_FORGED, [STATUS_UNTRUSTED] = EXIT_FORGED,
		[STATUS_REFUSED] = EXIT_REFUSED, [STATUS_OFFLINE] = EXIT_OFFLINE, [STATUS_BUSY] = EXIT_REFUSED,
		[STATUS_IO] = EXIT_REFUSED, [STATUS_CORRUPT] = EXIT_FORGED, [STATUS_NO_MEMORY] = EXIT_REFUSED,
		[STATUS_BUG] = EXIT_REFUSED,
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		outcome = (enum status)i;
		cr_assert_eq(call("show|1"), expected[i], "%s", status_word(outcome));
	}
	cr_assert_eq(call("gaps"), EXIT_INCOMPLETE, "a command's own code goes before");
}

Test(cli, prints_the_error_with_the_programs_name)
{
	outcome = STATUS_IO;
	cr_assert_eq(call("show|1"), EXIT_REFUSED);
	says("prog: it failed on \"this\"\n");
}

Test(cli, helps_with_the_program_and_with_each_command)
{
	static const char *const lines[] = {"", "help", "--help", "help|add", "add|--help", "add|-h", "bundle|export|-h", "help|bundle|export"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_assert_eq(call(lines[i]), EXIT_DONE, "%s", lines[i]);
	cr_assert_null(seen.command, "help runs nothing");
	prints("the fields");
}

static const struct cli_topic topics[] = {{"first", "add", "the first three"}, {"rest", "bundle import", "all the others"}};

Test(cli, helps_by_topic_where_there_are_topics)
{
	struct cli_program with_topics = program;
	with_topics.topics = topics;
	with_topics.topics_len = sizeof topics / sizeof *topics;
	cli_help_program(&with_topics);
	prints("  first       the first three\n              add, show, bundle export\n  rest        all the others\n"
	       "              bundle import, wrong, save, gaps\n");
}

Test(cli, helps_with_one_topic)
{
	struct cli_program with_topics = program;
	with_topics.topics = topics;
	with_topics.topics_len = sizeof topics / sizeof *topics;
	cr_assert_not(cli_help_topic(&with_topics, "second"));
	cr_assert(cli_help_topic(&with_topics, "rest"));
	prints("prog: all the others\n\n  bundle import      imports\n  wrong ");
}

Test(cli, prints_its_version)
{
	cr_assert_eq(call("add|--version"), EXIT_DONE);
	cr_assert_null(seen.command);
	prints("prog ");
}

struct number {
	char text[32];
	long long min, max, value;
	bool good;
};

ParameterizedTestParameters(cli, reads_whole_numbers_within_their_range)
{
	static struct number numbers[] = {
		{"0", 0, 9, 0, true}, {"9", 0, 9, 9, true}, {"10", 0, 9, 0, false}, {"-1", 0, 9, 0, false}, {"-1", -1, 9, -1, true},
		{"", 0, 9, 0, false}, {" 1", 0, 9, 0, false}, {"+1", 0, 9, 0, false}, {"1 ", 0, 9, 0, false}, {"1x", 0, 9, 0, false},
		{"0x1", 0, 9, 0, false}, {"-", -9, 9, 0, false}, {"007", 0, 9, 7, true},
		{"99999999999999999999", 0, INT64_MAX, 0, false},
	};
	return cr_make_param_array(struct number, numbers, sizeof numbers / sizeof *numbers);
}

ParameterizedTest(struct number *number, cli, reads_whole_numbers_within_their_range)
{
	long long value = -77;
	struct error err = {0};
	const enum status status = cli_number(&value, number->text, number->min, number->max, "--after", &err);
	cr_assert_eq(status, number->good ? STATUS_OK : STATUS_BAD_INPUT, "'%s'", number->text);
	cr_assert_eq(value, number->good ? number->value : -77, "untouched on failure");
	if (!number->good)
		cr_assert(strstr(err.message, "--after") != NULL && strstr(err.message, number->text) != NULL);
}

struct duration {
	char text[32];
	long long seconds; /* 0: refused */
};

ParameterizedTestParameters(cli, reads_durations)
{
	static struct duration durations[] = {
		{"90s", 90}, {"30m", 1800}, {"12h", 43200}, {"7d", 604800}, {"1000000d", 86400000000}, {"0m", 0}, {"30", 0}, {"m", 0},
		{"", 0}, {"-5m", 0}, {"+5m", 0}, {"5 m", 0}, {"5M", 0}, {"1.5h", 0}, {"1000001s", 0}, {"12345678901234567d", 0},
	};
	return cr_make_param_array(struct duration, durations, sizeof durations / sizeof *durations);
}

ParameterizedTest(struct duration *duration, cli, reads_durations)
{
	long long seconds = -77;
	struct error err = {0};
	const enum status status = cli_duration(&seconds, duration->text, &err);
	cr_assert_eq(status, duration->seconds > 0 ? STATUS_OK : STATUS_BAD_INPUT, "'%s'", duration->text);
	cr_assert_eq(seconds, duration->seconds > 0 ? duration->seconds : -77);
	if (duration->seconds == 0)
		cr_assert_not_null(strstr(err.message, duration->text));
}

Test(cli, reports_an_output_that_could_not_be_written)
{
	cr_assert_not_null(freopen("/dev/full", "w", stdout));
	cr_assert_eq(call("help"), EXIT_REFUSED);
	says("could not be written");
}

/* Whoever is not told would save it twice. */
Test(cli, says_that_something_was_saved_when_the_output_cannot)
{
	cr_assert_not_null(freopen("/dev/full", "w", stdout));
	cr_assert_eq(call("save|it"), EXIT_REFUSED);
	says("the word is saved, but the output could not be written");
}

Test(cli, says_that_something_was_saved_when_the_command_itself_could_not)
{
	cr_assert_not_null(freopen("/dev/full", "w", stdout));
	outcome = STATUS_IO;
	cr_assert_eq(call("save|it"), EXIT_REFUSED);
	says("do not do it again");
}
