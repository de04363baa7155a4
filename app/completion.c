#include "app/completion.h"

#include <stdio.h>
#include <string.h>

#include "app/print.h"

enum { ANSWER_BYTES = 128 };

/* In each @1 is the program, @2 a function's name made of it. */

static const char bash_script[] =
	"# bash completion for @1: source <(@1 completion bash)\n"
	"@2() {\n"
	"    local word cur offered=()\n"
	"    local -a words=()\n"
	"    for word in \"${COMP_WORDS[@]:1:COMP_CWORD}\"; do\n"
	"        if [[ ${#words[@]} -gt 0 && ( $word == = || ${words[-1]} == *= ) ]]; then words[-1]+=$word; else words+=(\"$word\"); fi\n"
	"    done\n"
	"    cur=${words[-1]}\n"
	"    mapfile -t COMPREPLY < <(\"${COMP_WORDS[0]}\" completion words -- \"${words[@]}\" 2> /dev/null | cut -d' ' -f1)\n"
	"    [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2> /dev/null\n"
	"    [[ $cur == *=* ]] && COMPREPLY=(\"${COMPREPLY[@]#\"${cur%%=*}=\"}\")\n"
	"    return 0\n"
	"}\n"
	"complete -o default -F @2 @1\n";

static const char zsh_script[] =
	"#compdef @1\n"
	"# zsh completion for @1: source <(@1 completion zsh), after compinit\n"
	"@2() {\n"
	"    local -a offered\n"
	"    local word about\n"
	"    while read -r word about; do\n"
	"        offered+=(\"$word:$about\")\n"
	"    done < <(\"${words[1]}\" completion words -- \"${(@Q)words[2,CURRENT]}\" 2> /dev/null)\n"
	"    if (( ! $#offered )); then _files\n"
	"    elif [[ ${offered[1]} == *=:* ]]; then _describe '@1' offered -S ''\n"
	"    else _describe '@1' offered\n"
	"    fi\n"
	"}\n"
	"if [[ ${funcstack[1]} == @2 ]]; then @2 \"$@\"; else compdef @2 @1; fi\n";

static const char fish_script[] =
	"# fish completion for @1: @1 completion fish | source\n"
	"function @2\n"
	"    set -l typed (commandline -ct)\n"
	"    set -l before (commandline -opc)\n"
	"    set -l offered ($before[1] completion words -- $before[2..-1] \"$typed\" 2> /dev/null)\n"
	"    if test (count $offered) -gt 0\n"
	"        string replace ' ' \\t -- $offered\n"
	"    else\n"
	"        __fish_complete_path \"$typed\"\n"
	"    end\n"
	"end\n"
	"complete -c @1 -f -a '(@2)'\n";

static const struct {
	const char *shell;
	const char *script;
} scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

/* --- what is offered --- */

void completion_offer(const char *typed, const char *word, const char *about)
{
	if (strncmp(word, typed, strlen(typed)) == 0)
		print_out("%s %s\n", word, about);
}

/* FILE and the like are the shell's; "table|csv|json" is a choice. */
static bool has_choices(const struct cli_option *option)
{
	return option->argument != NULL && option->argument[strspn(option->argument, "abcdefghijklmnopqrstuvwxyz|")] == '\0';
}

/* `option` wants a value, of which `typed` is there; `before` stands before it in the same word: "--format=". */
static void offer_value(const struct cli_option *option, const char *before, const char *typed)
{
	char answer[ANSWER_BYTES];
	if (!has_choices(option))
		return;
	for (const char *at = option->argument; *at != '\0';) {
		const size_t len = strcspn(at, "|");
		(void)snprintf(answer, sizeof answer, "%s%.*s", before, (int)len, at);
		if (strncmp(at, typed, strlen(typed)) == 0)
			completion_offer("", answer, option->help);
		at += at[len] == '|' ? len + 1 : len;
	}
}

static void offer_options(const struct cli_option *options, size_t len, const char *typed)
{
	char answer[ANSWER_BYTES];
	for (size_t i = 0; i < len && options[i].name != NULL; i++) {
		(void)snprintf(answer, sizeof answer, "--%s", options[i].name);
		completion_offer(typed, answer, options[i].help);
	}
}

/* The commands; of those of two words, once, what they begin with. */
static void offer_commands(const struct cli_program *program, const char *first, const char *typed)
{
	const char *last = "";
	size_t last_len = 0;
	for (size_t i = 0; i < program->commands_len; i++) {
		const struct cli_command *const command = &program->commands[i];
		const char *const blank = strchr(command->name, ' ');
		const size_t len = blank == NULL ? strlen(command->name) : (size_t)(blank - command->name);
		char word[ANSWER_BYTES];
		if (first != NULL) {
			if (blank != NULL && strlen(first) == len && strncmp(first, command->name, len) == 0)
				completion_offer(typed, blank + 1, command->summary);
			continue;
		}
		if (len == last_len && strncmp(command->name, last, len) == 0)
			continue;
		(void)snprintf(word, sizeof word, "%.*s", (int)len, command->name);
		completion_offer(typed, word, blank == NULL ? command->summary : "...");
		last = command->name;
		last_len = len;
	}
	if (first == NULL)
		completion_offer(typed, "help", "what there is, or help of one command");
}

/* --- what stands before it --- */

struct line {
	const struct cli_program *program;
	const struct cli_command *command; /* NULL: none yet */
	const char *first;                 /* the only word of a command yet */
	const struct cli_option *open;     /* wants the next word as its value */
	bool options_end;
};

static const struct cli_option *find_option(const struct line *line, const char *word)
{
	size_t n;
	const struct cli_option *found = line->command != NULL ? cli_option_of(line->command->options, CLI_OPTIONS_MAX, word) : NULL;
	const struct cli_option *const global = cli_global_options(&n);
	return found != NULL ? found : cli_option_of(global, n, word);
}

static void read_word(struct line *line, const char *word)
{
	size_t used;
	if (line->open != NULL) {
		line->open = NULL;
	} else if (!line->options_end && strcmp(word, "--") == 0) {
		line->options_end = true;
	} else if (!line->options_end && word[0] == '-' && word[1] != '\0') {
		const struct cli_option *const option = find_option(line, word);
		if (option != NULL && option->argument != NULL && strchr(word, '=') == NULL)
			line->open = option;
	} else if (line->command == NULL && line->first == NULL) {
		line->command = cli_command_find(line->program, word, NULL, &used);
		line->first = word;
	} else if (line->command == NULL) {
		line->command = cli_command_find(line->program, line->first, word, &used);
	}
}

static void offer(const struct line *line, const char *typed)
{
	const bool is_option = !line->options_end && typed[0] == '-';
	const char *const equals = strchr(typed, '=');
	if (line->open != NULL) {
		offer_value(line->open, "", typed);
	} else if (is_option && equals != NULL) {
		char before[ANSWER_BYTES];
		const struct cli_option *const option = find_option(line, typed);
		(void)snprintf(before, sizeof before, "%.*s", (int)(equals + 1 - typed), typed);
		if (option != NULL)
			offer_value(option, before, equals + 1);
	} else if (is_option) {
		size_t n;
		const struct cli_option *const global = cli_global_options(&n);
		if (line->command != NULL)
			offer_options(line->command->options, CLI_OPTIONS_MAX, typed);
		offer_options(global, n, typed);
	} else if (line->command == NULL) {
		const bool asks_help = line->first != NULL && strcmp(line->first, "help") == 0;
		offer_commands(line->program, asks_help ? NULL : line->first, typed);
	} else if (line->program->offer_words != NULL) {
		line->program->offer_words(line->command->name, typed);
	}
}

/* _ for what a function's name does not take. */
static void name_function(char name[ANSWER_BYTES], const char *program)
{
	(void)snprintf(name, ANSWER_BYTES, "_%s", program);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
}

static void print_script(const char *script, const char *program, const char *function)
{
	for (const char *at = script; *at != '\0';) {
		const char *mark = strchr(at, '@');
		while (mark != NULL && mark[1] != '1' && mark[1] != '2')
			mark = strchr(mark + 1, '@');
		print_out("%.*s", mark == NULL ? (int)strlen(at) : (int)(mark - at), at);
		if (mark == NULL)
			return;
		print_out("%s", mark[1] == '1' ? program : function);
		at = mark + 2;
	}
}

enum status completion(struct cli *cli, struct error *err)
{
	char function[ANSWER_BYTES];
	if (strcmp(cli->words[0], "words") == 0) {
		struct line line = {.program = cli->program};
		for (size_t i = 1; i + 1 < cli->words_len; i++)
			read_word(&line, cli->words[i]);
		offer(&line, cli->words_len > 1 ? cli->words[cli->words_len - 1] : "");
		return STATUS_OK;
	}
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		if (cli->words_len > 1 || strcmp(cli->words[0], scripts[i].shell) != 0)
			continue;
		name_function(function, cli->program->name);
		print_script(scripts[i].script, cli->program->name, function);
		return STATUS_OK;
	}
	return cli_usage(cli, err, "completion is for bash, zsh or fish, not '%s'", cli->words[0]);
}
