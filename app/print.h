/* The one way out to a person: text that came from outside is neutralised here.
 *
 * Plain output to standard output, notes and errors to standard error. No
 * colour, no progress when it is no terminal; NO_COLOR honoured.
 */
#ifndef SIJIL_APP_PRINT_H
#define SIJIL_APP_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"

/* Once, before anything is printed of a register: what waits to be written waits in guarded memory. */
MUST_CHECK enum status print_begin(struct error *err);

/* printf to standard output; the whole result passes text_for_terminal, newlines kept. */
void print_out(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same to standard error ("note: ..."); nothing when quiet. */
void print_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_quiet(bool quiet);
/* A line on standard error in place of the one before; only for a terminal. */
void print_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "sijil: message" and a hint line. */
void print_error(const char *program, const struct error *err);
/* Bytes as they are, for files on standard output (CSV, JSON, bundles). IO when the pipe or disk refuses. */
MUST_CHECK enum status print_raw(struct span content, struct error *err);
bool print_is_terminal(void);
/* Columns of the terminal, 80 if unknown. */
size_t print_columns(void);

/* A table: cells are collected, then printed with columns as wide as needed. A row is cut at the terminal's edge, and a
 * note says so; never in a file. Start with print_table_new; at most 12 columns. */
struct print_table;
struct print_table *print_table_new(const char *const *headings, size_t columns);
void print_table_cell(struct print_table *table, const char *text);
void print_table_cell_number(struct print_table *table, int64_t number);
/* Prints and frees. */
MUST_CHECK enum status print_table_end(struct print_table *table, struct error *err);

/* JSON, built in memory: strings escaped, UTF-8 kept, commas by itself. Errors stick until print_json_end. */
struct print_json;
struct print_json *print_json_new(void);
void print_json_open(struct print_json *json, const char *key, char bracket); /* '{' or '['; key NULL in arrays and at the top */
void print_json_close(struct print_json *json, char bracket);                /* '}' or ']' */
void print_json_text(struct print_json *json, const char *key, const char *text);
void print_json_number(struct print_json *json, const char *key, int64_t number);
void print_json_bool(struct print_json *json, const char *key, bool value);
/* Prints and frees. */
MUST_CHECK enum status print_json_end(struct print_json *json, struct error *err);

/* Ids for people: the first 8 hex digits; and all 64. */
void print_short_id(const struct hash *id, char text[9]);
void print_long_id(const struct hash *id, char text[65]);
void print_key_id(const struct key_id *id, char text[33]);

#endif
