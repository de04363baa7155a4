/* The frame of all three programs: one command table drives dispatch, option
 * parsing, help and (in a test) the manual's completeness.
 *
 * Options that any command takes may stand anywhere, a command's own after its name: "--name value",
 * "--name=value", "-o value". Everything else is a positional word; "--" ends options.
 */
#ifndef SIJIL_APP_CLI_H
#define SIJIL_APP_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/status.h"

#define CLI_WORDS_MAX 256
#define CLI_OPTIONS_MAX 16

enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,    /* refused or failed */
	EXIT_USAGE = 2,
	EXIT_OFFLINE = 3,    /* nothing lost */
	EXIT_FORGED = 4,     /* forged or altered */
	EXIT_LOCKED = 5,     /* locked or wrong passphrase */
	EXIT_INCOMPLETE = 6, /* gaps */
};

struct cli_option {
	const char *name;     /* "out" for --out */
	char letter;          /* 'o' for -o, or 0 */
	const char *argument; /* "FILE"; NULL for a flag */
	const char *help;
};

struct cli;

struct cli_command {
	const char *name; /* "add", or two words: "bundle export" */
	/* Returns a status; its error is printed by cli_main. A command whose exit code is not its status' sets cli->exit_code. */
	enum status (*run)(struct cli *cli, struct error *err);
	const char *arguments; /* "[field=value ...]", for help */
	const char *summary;   /* one line */
	struct cli_option options[CLI_OPTIONS_MAX]; /* ends with a NULL name */
	size_t words_min;      /* positional words it cannot do without */
	size_t words_max;      /* and at most; CLI_WORDS_MAX: many */
};

/* For help alone: commands that stand together in the table, so that all of them fit one screen. */
struct cli_topic {
	const char *name;  /* one word, and no command's */
	const char *first; /* the command that it begins with; it ends before the next topic's */
	const char *about;
};

struct cli_program {
	const char *name;
	const char *about; /* one line */
	const struct cli_command *commands;
	size_t commands_len;
	const struct cli_topic *topics; /* NULL: none */
	size_t topics_len;
	const char *home_environment; /* "SIJIL_HOME" */
	const char *home_default;     /* folder under XDG_DATA_HOME: "sijil" */
	/* Called when no command was given; NULL: help. */
	enum status (*run_bare)(struct cli *cli, struct error *err);
	/* Prints what the help of that command says beyond its options; may be NULL. */
	void (*more_help)(const char *command);
	/* Offers a shell the command's positional words that begin with `typed` (app/completion.h); may be NULL. */
	void (*offer_words)(const char *command, const char *typed);
};

/* One run, parsed. */
struct cli {
	const struct cli_program *program;
	const struct cli_command *command;
	const char *home;       /* --home or NULL */
	const char *project;    /* --project or NULL */
	int passphrase_fd;      /* -1: the terminal */
	const char *key_file;   /* --key-file or NULL: opens together with the passphrase */
	bool json, quiet, verbose;
	size_t words_len;
	const char *words[CLI_WORDS_MAX];
	const char *values[CLI_OPTIONS_MAX]; /* by the command's option index; a flag's is "" */
	int exit_code;          /* -1: follows from the status */
	const char *done;       /* what stands whether or not the output can say so; NULL: nothing new does */
};

/* Parses, dispatches, prints the error if there is one, returns the exit code. */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* The value of the command's option; NULL if it was not given. A flag gives "". */
const char *cli_value(const struct cli *cli, const char *option);
bool cli_flag(const struct cli *cli, const char *option);

/* Refuses how a command was called: exit code 2, and unless a hint is set later, the next step is the command's help. */
enum status cli_usage(struct cli *cli, struct error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same where the message is set already: exit code 2, BAD_INPUT. */
enum status cli_wrong(struct cli *cli);

/* The options that every command takes. */
const struct cli_option *cli_global_options(size_t *len);
/* The option that `word` means ("--out", "--out=x", "-o"); NULL: none of these. */
const struct cli_option *cli_option_of(const struct cli_option *options, size_t len, const char *word);
/* The command named by `first` and, for commands of two words, `second`, which may be NULL; *used says how many words it took.
 * NULL: none. */
const struct cli_command *cli_command_find(const struct cli_program *program, const char *first, const char *second,
                                           size_t *used);

/* Decimal digits, with a minus where `min` is below 0, within [min, max], the whole text. BAD_INPUT names `what`. */
MUST_CHECK enum status cli_number(long long *number, const char *text, long long min, long long max, const char *what,
                                  struct error *err);
/* "30m", "12h", "7d", "90s" to seconds. */
MUST_CHECK enum status cli_duration(long long *seconds, const char *text, struct error *err);

#endif
