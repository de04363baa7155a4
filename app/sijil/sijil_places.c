/* places: the lists of places on this device, imported, searched, listed and removed. */
#include "app/print.h"
#include "app/sijil/sijil_gazetteer.h"
#include "crypto/file.h"
#include "schema/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FOUND_USUAL = 8 };

static const char *const level_words[PLACES_LEVELS] = {"country", "admin1", "admin2", "admin3", "admin4", "place"};

static enum status open_session(struct sijil_session *session, const struct cli *cli, bool make, struct error *err)
{
	enum status status = sijil_open(session, cli, err);
	if (status == STATUS_OK)
		status = sijil_gazetteer_open(session, make, err);
	if (status != STATUS_OK || session->places != NULL)
		return status;
	(void)error_set(err, STATUS_NOT_FOUND, "there is no list of places on this device");
	error_hint(err, "sijil places import FILE; headquarters knows which lists the project uses");
	return STATUS_NOT_FOUND;
}

/* --- import --- */

/* The file's own name, without its folders and what stands behind the last dot. */
static void name_of_file(char name[PLACES_LIST_NAME_BYTES], const char *path)
{
	const char *const slash = strrchr(path, '/');
	const char *const start = slash != NULL ? slash + 1 : path;
	const char *const dot = strrchr(start, '.');
	const size_t len = dot != NULL && dot > start ? (size_t)(dot - start) : strlen(start);
	(void)snprintf(name, PLACES_LIST_NAME_BYTES, "%.*s", (int)(len < PLACES_LIST_NAME_BYTES ? len : PLACES_LIST_NAME_BYTES - 1), start);
}

/* "syr_pplp_adm4_unocha_20210113": eight digits that are a date. */
static int32_t day_in_name(const char *name)
{
	static const char digits[] = "0123456789";
	for (const char *at = strpbrk(name, digits); at != NULL; at = strpbrk(at, digits)) {
		const size_t len = strspn(at, digits);
		char date[12];
		int32_t day;
		(void)snprintf(date, sizeof date, "%.4s-%.2s-%.2s", at, len == 8 ? at + 4 : "", len == 8 ? at + 6 : "");
		if (len == 8 && date_parse(&day, date, DATE_DAY_MAX, NULL) == STATUS_OK)
			return day;
		at += len;
	}
	return PLACES_DAY_UNKNOWN;
}

static enum status choose_day(struct places_import *import, struct cli *cli, struct error *err)
{
	const char *const given = cli_value(cli, "valid-on");
	import->valid_on = day_in_name(import->name);
	if (given == NULL || date_parse(&import->valid_on, given, date_of_time(import->now_s), err) == STATUS_OK)
		return STATUS_OK;
	return cli_wrong(cli);
}

static void say_quirks(const struct places_import *import)
{
	if (import->was_latin1)
		print_note("note: the file is not UTF-8 and was read as Latin-1: look at some names, sijil places find\n");
	if (import->was_utf16)
		print_note("note: the file is UTF-16\n");
	if (import->names_lost > 0)
		print_note("note: %u names are nothing but question marks, lost in a wrong code page: they were left out. Get the file again in UTF-8\n",
		           import->names_lost);
	if (import->points_missing > 0)
		print_note("note: %u places have no position that makes sense\n", import->points_missing);
	if (import->rows_skipped > 0)
		print_note("note: %u rows were passed over; the first: %s\n", import->rows_skipped, import->first_skipped);
}

static enum status say_imported(const struct cli *cli, const struct places_import *import, struct error *err)
{
	char day[DATE_TEXT_BYTES] = "";
	const struct places_list *const list = &import->list;
	if (list->valid_on != PLACES_DAY_UNKNOWN)
		date_format(list->valid_on, day);
	say_quirks(import);
	if (!cli->json) {
		print_out("imported \"%s\": %u places, %u names, as %s%s%s\n", list->name, list->places, import->names, list->format,
		          day[0] != '\0' ? ", valid on " : "", day);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "name", list->name);
	print_json_text(json, "format", list->format);
	print_json_text(json, "version", list->version);
	print_json_text(json, "valid_on", day);
	print_json_number(json, "places", list->places);
	print_json_number(json, "names", import->names);
	print_json_number(json, "rows_skipped", import->rows_skipped);
	print_json_number(json, "names_lost", import->names_lost);
	print_json_number(json, "points_missing", import->points_missing);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_places_import(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct bytes content = {0};
	char name[PLACES_LIST_NAME_BYTES];
	const char *const path = cli->words[0], *const given = cli_value(cli, "name");
	struct places_import import = {.name = given != NULL ? given : name, .now_s = (int64_t)time(NULL)};
	name_of_file(name, path);
	if (given == NULL && strcmp(path, "-") == 0)
		return cli_usage(cli, err, "a list from standard input needs --name NAME");
	enum status status = choose_day(&import, cli, err);
	if (status == STATUS_OK)
		status = file_read(&content, path, PLACES_FILE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = open_session(&session, cli, true, err);
	if (status == STATUS_OK)
		status = places_take(session.places, bytes_span(&content), &import, err);
	if (status == STATUS_OK)
		cli->done = "the list of places is imported";
	if (status == STATUS_OK)
		status = say_imported(cli, &import, err);
	bytes_wipe(&content);
	sijil_close(&session);
	return status;
}

/* --- find --- */

static void json_day(struct print_json *json, const char *key, int32_t day)
{
	char text[DATE_TEXT_BYTES];
	if (day == PLACES_DAY_UNKNOWN)
		return;
	date_format(day, text);
	print_json_text(json, key, text);
}

static void json_found(struct print_json *json, const struct places_found *found)
{
	print_json_open(json, NULL, '{');
	print_json_text(json, "code", found->code);
	print_json_text(json, "level", level_words[found->level]);
	print_json_text(json, "latin", found->latin);
	print_json_text(json, "arabic", found->arabic);
	print_json_open(json, "in", '[');
	for (int level = PLACES_ADMIN4; level >= PLACES_COUNTRY; level--) {
		if (found->in[level].code[0] == '\0')
			continue;
		print_json_open(json, NULL, '{');
		print_json_text(json, "level", level_words[level]);
		print_json_text(json, "code", found->in[level].code);
		print_json_text(json, "latin", found->in[level].latin);
		print_json_text(json, "arabic", found->in[level].arabic);
		print_json_close(json, '}');
	}
	print_json_close(json, ']');
	if (found->has_point) {
		print_json_number(json, "latitude_e5", found->latitude);
		print_json_number(json, "longitude_e5", found->longitude);
	}
	if (found->distance_m != PLACES_FAR_M)
		print_json_number(json, "distance_m", found->distance_m);
	json_day(json, "valid_from", found->valid_from);
	json_day(json, "valid_to", found->valid_to);
	print_json_text(json, "list", found->list);
	print_json_number(json, "likeness", found->likeness);
	print_json_close(json, '}');
}

static enum status say_found(const struct cli *cli, const struct places_found found[], size_t len, struct error *err)
{
	if (!cli->json) {
		const int32_t today = date_of_time((int64_t)time(NULL));
		for (size_t i = 0; i < len; i++) {
			char text[SIJIL_PLACE_TEXT_BYTES];
			sijil_gazetteer_say(text, &found[i], today);
			print_out("%s\n", text);
		}
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '[');
	for (size_t i = 0; i < len; i++)
		json_found(json, &found[i]);
	print_json_close(json, ']');
	return print_json_end(json, err);
}

static bool join_words(char *text, size_t size, const struct cli *cli)
{
	size_t at = 0;
	for (size_t i = 0; i < cli->words_len; i++) {
		const int more = snprintf(text + at, size - at, "%s%s", i > 0 ? " " : "", cli->words[i]);
		if (more < 0 || (size_t)more >= size - at)
			return false;
		at += (size_t)more;
	}
	return true;
}

enum status sijil_places_find(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct places_found found[PLACES_FOUND_MAX];
	char text[PLACES_NAME_BYTES * 2], last[PLACES_CODE_BYTES] = "";
	const char *const near = cli_value(cli, "near"), *const limit = cli_value(cli, "limit");
	long long most = FOUND_USUAL;
	size_t len = 0;
	if (limit != NULL && cli_number(&most, limit, 1, PLACES_FOUND_MAX, "--limit", err) != STATUS_OK)
		return cli_wrong(cli);
	if (!join_words(text, sizeof text, cli))
		return error_set(err, STATUS_BAD_INPUT, "the name is longer than 80 characters");
	enum status status = open_session(&session, cli, false, err);
	if (status == STATUS_OK && near == NULL)
		status = sijil_gazetteer_last(&session, last, err);
	const struct places_query query = {text, near != NULL ? near : last, (size_t)most};
	if (status == STATUS_OK)
		status = places_search(session.places, &query, found, &len, err);
	if (status == STATUS_OK && len == 0 && !cli->json)
		status = error_set(err, STATUS_NOT_FOUND, "no list of places here has anything like \"%.80s\"", text);
	if (status == STATUS_OK)
		status = say_found(cli, found, len, err);
	sijil_close(&session);
	return status;
}

/* --- list, remove --- */

struct lists {
	struct print_table *table;
	struct print_json *json;
};

static enum status each_list(void *context, const struct places_list *list, struct error *err)
{
	struct lists *const lists = context;
	char valid[DATE_TEXT_BYTES] = "", imported[DATE_TIME_TEXT_BYTES];
	(void)err;
	if (list->valid_on != PLACES_DAY_UNKNOWN)
		date_format(list->valid_on, valid);
	date_time_format(list->imported_s, imported);
	if (lists->json == NULL) {
		print_table_cell(lists->table, list->name);
		print_table_cell(lists->table, list->format);
		print_table_cell_number(lists->table, list->places);
		print_table_cell(lists->table, valid);
		print_table_cell(lists->table, list->version);
		print_table_cell(lists->table, imported);
		return STATUS_OK;
	}
	char digest[65];
	print_long_id(&list->digest, digest);
	print_json_open(lists->json, NULL, '{');
	print_json_text(lists->json, "name", list->name);
	print_json_text(lists->json, "format", list->format);
	print_json_number(lists->json, "places", list->places);
	print_json_text(lists->json, "valid_on", valid);
	print_json_text(lists->json, "version", list->version);
	print_json_text(lists->json, "imported", imported);
	print_json_text(lists->json, "sha256", digest);
	print_json_close(lists->json, '}');
	return STATUS_OK;
}

enum status sijil_places_list(struct cli *cli, struct error *err)
{
	static const char *const headings[] = {"list", "format", "places", "valid on", "version", "imported"};
	struct sijil_session session = {0};
	struct lists lists = {0};
	enum status status = open_session(&session, cli, false, err);
	if (status != STATUS_OK)
		goto out;
	if (cli->json) {
		lists.json = print_json_new();
		print_json_open(lists.json, NULL, '[');
	} else {
		lists.table = print_table_new(headings, sizeof headings / sizeof *headings);
	}
	status = places_each_list(session.places, each_list, &lists, err);
	if (cli->json)
		print_json_close(lists.json, ']');
	const enum status printed = cli->json ? print_json_end(lists.json, status == STATUS_OK ? err : NULL)
	                                      : print_table_end(lists.table, status == STATUS_OK ? err : NULL);
	status = status == STATUS_OK ? printed : status;
out:
	sijil_close(&session);
	return status;
}

enum status sijil_places_remove(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	enum status status = open_session(&session, cli, false, err);
	if (status == STATUS_OK)
		status = places_remove(session.places, cli->words[0], err);
	if (status == STATUS_NOT_FOUND && session.places != NULL)
		error_hint(err, "sijil places list shows their names");
	if (status == STATUS_OK)
		cli->done = "the list is removed";
	if (status == STATUS_OK)
		print_out("removed \"%s\"; reports that name its places stay as they are\n", cli->words[0]);
	sijil_close(&session);
	return status;
}
