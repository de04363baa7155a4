#include "app/line_edit.h"

#include "app/print.h"

#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>

enum {
	LINE_CHARS = 900,    /* fits the buffer that libedit begins with, which therefore never moves */
	PROMPT_CHARS = 120,
	WORD_BYTES = 64,
};

struct line_edit {
	EditLine *el;
	FILE *nowhere;
	wchar_t prompt[PROMPT_CHARS];
	const struct line_words *words;
	mbstate_t state;
	size_t reached;  /* how many characters the line ever had */
	bool too_long, blank;
};

static struct line_edit *edit_of(EditLine *el)
{
	void *data = NULL;
	(void)el_get(el, EL_CLIENTDATA, &data);
	return data;
}

static size_t line_len(EditLine *el)
{
	const LineInfoW *const info = el_wline(el);
	return (size_t)(info->lastchar - info->buffer);
}

static wchar_t *show_prompt(EditLine *el)
{
	static wchar_t blanks[PROMPT_CHARS];
	struct line_edit *const edit = edit_of(el);
	if (!edit->blank)
		return edit->prompt;
	const size_t len = wcslen(edit->prompt);
	(void)wmemset(blanks, L' ', len);
	blanks[len] = L'\0';
	return blanks;
}

/* --- reading --- */

/* One character of standard input; bytes that are none are passed over. */
static bool next_character(struct line_edit *edit, wchar_t *out)
{
	unsigned char byte;
	while (line_next_byte(&byte)) {
		const size_t n = mbrtowc(out, (const char *)&byte, 1, &edit->state);
		if (n == 0 || n == 1)
			return true;
		if (n == (size_t)-1)
			edit->state = (mbstate_t){0};
	}
	return false;
}

/* EL_GETCFN: 1, or 0 at the end. What does not fit is read away; the line is then refused. */
static int get_character(EditLine *el, wchar_t *out)
{
	struct line_edit *const edit = edit_of(el);
	for (;;) {
		const size_t len = line_len(el);
		edit->reached = len > edit->reached ? len : edit->reached;
		(void)fflush(stdout);
		if (!next_character(edit, out)) {
			if (!line_is_resized())
				return 0;
			el_resize(el);
			continue;
		}
		if (len < LINE_CHARS || *out < L' ' || *out == 0x7f)
			return 1;
		edit->too_long = true;
	}
}

/* --- keys: none of them keeps what it deletes --- */

static unsigned char delete_before(EditLine *el, size_t n)
{
	if (n == 0)
		return CC_REFRESH_BEEP;
	el_deletestr(el, (int)n);
	return CC_REFRESH;
}

static unsigned char delete_rest(EditLine *el, int key)
{
	const LineInfoW *const info = el_wline(el);
	const int n = (int)(info->lastchar - info->cursor);
	(void)key;
	(void)el_cursor(el, n);
	return delete_before(el, (size_t)n);
}

static unsigned char delete_line(EditLine *el, int key)
{
	const LineInfoW *const info = el_wline(el);
	(void)key;
	(void)el_cursor(el, (int)(info->lastchar - info->cursor));
	return delete_before(el, line_len(el));
}

static unsigned char delete_word(EditLine *el, int key)
{
	const LineInfoW *const info = el_wline(el);
	const wchar_t *at = info->cursor;
	(void)key;
	while (at > info->buffer && at[-1] == L' ')
		at--;
	while (at > info->buffer && at[-1] != L' ')
		at--;
	return delete_before(el, (size_t)(info->cursor - at));
}

/* The entry of a list that the cursor stands behind. */
static size_t begun_word(EditLine *el, char word[WORD_BYTES])
{
	const LineInfoW *const info = el_wline(el);
	const wchar_t *at = info->cursor;
	size_t len = 0;
	while (at > info->buffer && at[-1] != L' ' && at[-1] != L';' && at[-1] != L',')
		at--;
	for (; at < info->cursor && len + 1 < WORD_BYTES && *at < 0x80; at++)
		word[len++] = (char)*at;
	word[len] = '\0';
	return at == info->cursor ? len : 0;
}

static void show_words(const struct line_words *words, const char *begun)
{
	print_out("\n");
	for (size_t i = 0; i < words->len; i++)
		if (strncasecmp(words->words[i], begun, strlen(begun)) == 0)
			print_out("  %s\n", words->words[i]);
}

/* As far as all that fit agree; where that is nowhere, they are shown. */
static unsigned char complete(EditLine *el, int key)
{
	const struct line_words *const words = edit_of(el)->words;
	char begun[WORD_BYTES];
	const char *first = NULL;
	wchar_t rest[WORD_BYTES];
	const size_t len = begun_word(el, begun);
	size_t common = 0, more = 0;
	(void)key;
	for (size_t i = 0; words != NULL && i < words->len; i++) {
		const char *word = words->words[i];
		if (strncasecmp(word, begun, len) != 0)
			continue;
		if (first == NULL)
			common = strlen(first = word);
		while (strncmp(first, word, common) != 0)
			common--;
	}
	if (first == NULL)
		return CC_ERROR;
	for (size_t i = len; i < common && more + 1 < WORD_BYTES; i++)
		rest[more++] = (wchar_t)(unsigned char)first[i];
	rest[more] = L'\0';
	if (more == 0) {
		show_words(words, begun);
		return CC_REDISPLAY;
	}
	return el_winsertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

static void bind_keys(EditLine *el)
{
	/* Kill, yank, history and search. */
	static const char *const off[] = {"^P", "^N", "^R", "^S", "^Y", "^T", "^X", "^@", "^O", "^Q", "^]", "^_", "^^", "^\\"};
	static const char *const arrows[] = {"up", "down"};
	/* The names in wide characters stay ours; of others libedit makes copies that nobody frees. */
	(void)el_wset(el, EL_ADDFN, L"sijil-complete", L"complete a code", complete);
	(void)el_wset(el, EL_ADDFN, L"sijil-delete-rest", L"delete to the end", delete_rest);
	(void)el_wset(el, EL_ADDFN, L"sijil-delete-line", L"delete the line", delete_line);
	(void)el_wset(el, EL_ADDFN, L"sijil-delete-word", L"delete the word before", delete_word);
	for (size_t i = 0; i < sizeof off / sizeof *off; i++)
		(void)el_set(el, EL_BIND, off[i], "ed-unassigned", NULL);
	for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
		(void)el_set(el, EL_BIND, "-k", arrows[i], "ed-unassigned", NULL);
	/* libedit takes the upper half of Latin-1 for keys with Meta. */
	for (unsigned key = 0x80; key <= 0xff; key++) {
		char name[8];
		(void)snprintf(name, sizeof name, "\\%03o", key);
		(void)el_set(el, EL_BIND, name, "ed-insert", NULL);
	}
	(void)el_set(el, EL_BIND, "^I", "sijil-complete", NULL);
	(void)el_set(el, EL_BIND, "^K", "sijil-delete-rest", NULL);
	(void)el_set(el, EL_BIND, "^U", "sijil-delete-line", NULL);
	(void)el_set(el, EL_BIND, "^W", "sijil-delete-word", NULL);
}

/* --- life --- */

static bool is_capable(void)
{
	const char *term = getenv("TERM");
	return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && term != NULL && term[0] != '\0' &&
	       strcmp(term, "dumb") != 0;
}

/* Text is UTF-8 wherever no locale says so. */
static bool speak_utf8(void)
{
	if (setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return true;
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

struct line_edit *line_edit_new(void)
{
	if (!is_capable() || !speak_utf8())
		return NULL;
	struct line_edit *const edit = calloc(1, sizeof *edit);
	if (edit == NULL)
		return NULL;
	edit->nowhere = fopen("/dev/null", "we");
	if (edit->nowhere != NULL)
		edit->el = el_init_fd("sijil", stdin, stdout, edit->nowhere, STDIN_FILENO, STDOUT_FILENO, fileno(edit->nowhere));
	if (edit->el == NULL) {
		line_edit_free(edit);
		return NULL;
	}
	(void)el_set(edit->el, EL_CLIENTDATA, edit);
	(void)el_set(edit->el, EL_EDITOR, "emacs");
	(void)el_wset(edit->el, EL_PROMPT, show_prompt);
	(void)el_wset(edit->el, EL_GETCFN, get_character);
	bind_keys(edit->el);
	return edit;
}

void line_edit_free(struct line_edit *edit)
{
	if (edit == NULL)
		return;
	if (edit->el != NULL)
		el_end(edit->el);
	if (edit->nowhere != NULL)
		(void)fclose(edit->nowhere);
	explicit_bzero(edit, sizeof *edit);
	free(edit);
}

/* --- leaving nothing behind --- */

/* The line as far as it ever reached, then both images of the screen: they are drawn anew, of blanks, to nowhere. */
static void wipe(struct line_edit *edit)
{
	wchar_t blanks[LINE_CHARS + 1];
	wchar_t *buffer;
	const LineInfoW *const info = el_wline(edit->el);
	memcpy(&buffer, &info->buffer, sizeof buffer);
	const size_t now = line_len(edit->el);
	explicit_bzero(buffer, (now > edit->reached ? now : edit->reached) * sizeof *buffer);
	size_t len = edit->reached < LINE_CHARS ? edit->reached : LINE_CHARS;
	(void)wmemset(blanks, L' ', len);
	blanks[len] = L'\0';
	(void)fflush(stdout);
	(void)el_set(edit->el, EL_SETFP, 1, edit->nowhere);
	edit->blank = true;
	el_reset(edit->el);
	(void)el_winsertstr(edit->el, blanks);
	(void)el_set(edit->el, EL_REFRESH);
	el_reset(edit->el);
	edit->blank = false;
	(void)fflush(edit->nowhere);
	(void)el_set(edit->el, EL_SETFP, 1, stdout);
	explicit_bzero(edit->prompt, sizeof edit->prompt);
}

/* Up to the newline, as UTF-8. */
static enum status encode(const wchar_t *typed, char *answer, size_t size, struct error *err)
{
	mbstate_t state = {0};
	char bytes[16]; /* MB_LEN_MAX */
	size_t len = 0;
	for (; *typed != L'\0' && *typed != L'\n' && *typed != L'\r'; typed++) {
		const size_t n = wcrtomb(bytes, *typed, &state);
		if (n == (size_t)-1 || len + n >= size)
			return error_set(err, STATUS_BAD_INPUT, "the line is too long");
		memcpy(answer + len, bytes, n);
		len += n;
	}
	answer[len] = '\0';
	return STATUS_OK;
}

enum status line_edit_read(struct line_edit *edit, const char *prompt, const struct line_words *words, char *answer,
                           size_t size, struct error *err)
{
	int len = 0;
	const size_t n = mbstowcs(edit->prompt, prompt, PROMPT_CHARS - 1);
	edit->prompt[n == (size_t)-1 ? 0 : n] = L'\0';
	edit->words = words;
	edit->reached = 0;
	edit->too_long = false;
	edit->state = (mbstate_t){0};
	const wchar_t *const typed = el_wgets(edit->el, &len);
	enum status status = STATUS_OK;
	if (typed == NULL || len <= 0)
		status = error_set(err, STATUS_NOT_FOUND, "the input ended");
	else if (edit->too_long)
		status = error_set(err, STATUS_BAD_INPUT, "the line is too long, at most %d characters fit", LINE_CHARS);
	else
		status = encode(typed, answer, size, err);
	if (typed == NULL || len <= 0)
		print_out("\n");
	wipe(edit);
	return status;
}
