/* What a shell may offer for the word being typed.
 *
 * The script that `completion bash|zsh|fish` prints asks the program itself, by `completion words -- WORD...`: the words
 * after the program's name, the last one perhaps unfinished or "". Each answer is a line, "WORD what it is"; where
 * there is none the shell completes file names. No register is opened.
 */
#ifndef SIJIL_APP_COMPLETION_H
#define SIJIL_APP_COMPLETION_H

#include "app/cli.h"

enum status completion(struct cli *cli, struct error *err);

/* One answer; for a program's own words (struct cli_program, words). Prints it if it begins with `typed`. */
void completion_offer(const char *typed, const char *word, const char *about);

#define COMPLETION_ROW                                                                                                  \
	{"completion", completion, "bash|zsh|fish", "a script by which the shell completes commands", {{0}}, 1,         \
	 CLI_WORDS_MAX}

#endif
