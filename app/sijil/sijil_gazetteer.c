#include "app/sijil/sijil_gazetteer.h"

#include "app/print.h"
#include "crypto/file.h"
#include "schema/date.h"
#include "schema/place_name.h"
#include "schema/report_place.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 6, SHOWN_MARGIN = 100, LOOK_BACK = 20, KNOWN_LIKENESS = 700 };

enum status sijil_gazetteer_path(char path[HOME_PATH_BYTES], const char *database, struct error *err)
{
	return home_path(path, database, ".places", err);
}

enum status sijil_gazetteer_open(struct sijil_session *session, bool make, struct error *err)
{
	char path[HOME_PATH_BYTES];
	if (session->places != NULL)
		return STATUS_OK;
	const enum status status = sijil_gazetteer_path(path, session->home.database_path, err);
	if (status != STATUS_OK || (!make && !file_exists(path)))
		return status;
	return places_open(&session->places, path, home_data_key(&session->home), err);
}

enum status sijil_gazetteer_copy(struct sijil_session *session, const char *database, const struct secret *data_key,
                                 struct error *err)
{
	char path[HOME_PATH_BYTES];
	enum status status = sijil_gazetteer_path(path, database, err);
	if (status != STATUS_OK)
		return status;
	/* What a change of generation that was cut short left opens with no key that lives. */
	home_remove_database(path);
	struct error why = {0};
	status = sijil_gazetteer_open(session, false, &why);
	if (status == STATUS_OK && session->places != NULL)
		status = places_copy(session->places, path, data_key, &why);
	if (status == STATUS_OK || status == STATUS_IO) {
		if (status != STATUS_OK && err != NULL)
			*err = why;
		return status;
	}
	/* Lists can be had again; that one is damaged must not keep anybody from a new key. */
	print_note("note: the lists of places are not taken along: %s\n", why.message);
	home_remove_database(path);
	return STATUS_OK;
}

enum status sijil_gazetteer_last(struct sijil_session *session, char code[PLACES_CODE_BYTES], struct error *err)
{
	const struct head tip = outbox_tip(session->outbox);
	code[0] = '\0';
	for (uint64_t back = 0; back < LOOK_BACK && back < tip.number; back++) {
		char number[24];
		struct outbox_entry entry;
		(void)snprintf(number, sizeof number, "%llu", (unsigned long long)(tip.number - back));
		const enum status status = outbox_find(session->outbox, number, &entry, err);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != STATUS_OK)
			return status;
		const bool tells = entry.readable && entry.type == OBJECT_REPORT && entry.body.report.place.pcode[0] != '\0';
		if (tells) {
			memcpy(code, entry.body.report.place.pcode, REPORT_PCODE_BYTES);
			return STATUS_OK;
		}
	}
	return STATUS_OK;
}

/* --- how a place is said --- */

static void add(char text[SIJIL_PLACE_TEXT_BYTES], const char *before, const char *part, const char *behind)
{
	const size_t len = strlen(text);
	(void)snprintf(text + len, SIJIL_PLACE_TEXT_BYTES - len, "%s%s%s", before, part, behind);
}

static const char *either(const char *latin, const char *arabic)
{
	return latin[0] != '\0' ? latin : arabic;
}

void sijil_gazetteer_say(char text[SIJIL_PLACE_TEXT_BYTES], const struct places_found *found, int32_t today)
{
	char part[32];
	text[0] = '\0';
	add(text, "", found->code, " ");
	add(text, "", either(found->latin, found->arabic), "");
	if (found->latin[0] != '\0' && found->arabic[0] != '\0')
		add(text, " (", found->arabic, ")");
	for (int level = PLACES_ADMIN4; level >= PLACES_ADMIN1; level--)
		if (found->in[level].code[0] != '\0')
			add(text, ", ", either(found->in[level].latin, found->in[level].arabic), "");
	if (found->distance_m != PLACES_FAR_M) {
		(void)snprintf(part, sizeof part, "%u km", (found->distance_m + 500) / 1000);
		add(text, "; ", part, "");
	}
	if (found->valid_to != PLACES_DAY_UNKNOWN && found->valid_to < today) {
		date_format(found->valid_to, part);
		add(text, "; valid until ", part, "");
	}
}

static void note_place(const struct sijil_session *session, const char *what, const struct places_found *found)
{
	char text[SIJIL_PLACE_TEXT_BYTES];
	if (session->many)
		return;
	sijil_gazetteer_say(text, found, date_of_time((int64_t)time(NULL)));
	print_note("%s%s\n", what, text);
}

/* --- what is typed --- */

static enum status refuse_several(const struct sijil_session *session, const char *name, const struct places_found found[],
                                  size_t len, struct error *err)
{
	char codes[SHOWN * (PLACES_CODE_BYTES + 2)] = "";
	size_t at = 0;
	for (size_t i = 0; i < len && i < SHOWN && found[i].likeness + SHOWN_MARGIN > found[0].likeness; i++) {
		const int more = snprintf(codes + at, sizeof codes - at, "%s%s", i > 0 ? ", " : "", found[i].code);
		at += more > 0 ? (size_t)more : 0;
		note_place(session, "  ", &found[i]);
	}
	(void)error_set(err, STATUS_BAD_INPUT, "\"%.80s\" may be any of several places: %.200s", name, codes);
	error_hint(err, "nothing was saved; write the code, or NAME, AREA; in quotes the name stays as spoken");
	return STATUS_BAD_INPUT;
}

/* Whether the place is called so in the list, spelling and script aside. */
static bool is_called(const struct places_found *found, const char *name)
{
	struct place_name spoken, listed;
	const char *const names[] = {found->latin, found->arabic};
	/* An area behind it is no part of the name. */
	const char *const comma = strstr(name, "\xD8\x8C");
	const size_t latin = strcspn(name, ",("), len = comma != NULL && (size_t)(comma - name) < latin ? (size_t)(comma - name) : latin;
	if (place_name_hear(&spoken, (struct span){(const uint8_t *)name, len}, NULL) != STATUS_OK)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (names[i][0] != '\0' && place_name_hear(&listed, span_from_text(names[i]), NULL) == STATUS_OK &&
		    strcmp(spoken.sound, listed.sound) == 0)
			return true;
	return false;
}

static void take(struct place *place, const struct places_found *found)
{
	const struct places_area *area = NULL;
	for (int level = PLACES_ADMIN1; level <= PLACES_ADMIN4; level++)
		if (report_place_code_is_valid(found->in[level].code))
			area = &found->in[level];
	if (report_place_code_is_valid(found->code)) {
		memcpy(place->pcode, found->code, sizeof place->pcode);
		/* A name only where it was spoken differently. */
		if (is_called(found, place->name))
			memset(place->name, 0, sizeof place->name);
	} else if (area != NULL) {
		memcpy(place->near, area->code, sizeof place->near);
	}
}

/* "NAME (near AREA)": *area is where AREA starts, the closing bracket gone, and the name is cut before it. */
static bool cut_near(char name[REPORT_NAME_BYTES], const char **area)
{
	const size_t len = strlen(name);
	char *const open = strrchr(name, '(');
	if (open == NULL || open == name || name[len - 1] != ')' || strncmp(open, "(near ", 6) != 0)
		return false;
	name[len - 1] = '\0';
	*open = '\0';
	for (char *end = open; end > name && end[-1] == ' '; end--)
		end[-1] = '\0';
	*area = open + 6;
	return name[0] != '\0';
}

static enum status find(struct sijil_session *session, const char *text, struct places_found found[], size_t *len,
                        struct error *err)
{
	char last[PLACES_CODE_BYTES];
	enum status status = sijil_gazetteer_last(session, last, err);
	const struct places_query query = {text, last, SHOWN + 2};
	if (status == STATUS_OK)
		status = places_search(session->places, &query, found, len, err);
	/* A name in letters that are not heard here is in no list. */
	if (status == STATUS_BAD_INPUT) {
		*len = 0;
		return STATUS_OK;
	}
	return status;
}

static enum status look_up_near(struct sijil_session *session, struct place *place, const char *area, struct error *err)
{
	struct places_found found[SHOWN + 2];
	size_t len = 0;
	const enum status status = find(session, area, found, &len, err);
	if (status != STATUS_OK)
		return status;
	if (len == 0 || found[0].likeness < KNOWN_LIKENESS)
		return error_set(err, STATUS_BAD_INPUT, "\"%.80s\", which the place is said to be near, is in no list here", area);
	if (!places_is_sure(found, len) || !report_place_code_is_valid(found[0].code))
		return refuse_several(session, area, found, len, err);
	/* The nearest area, not the nearest place. */
	const char *code = found[0].code;
	for (int level = PLACES_ADMIN1; found[0].level == PLACES_SETTLEMENT && level <= PLACES_ADMIN4; level++)
		if (report_place_code_is_valid(found[0].in[level].code))
			code = found[0].in[level].code;
	note_place(session, "near ", &found[0]);
	(void)snprintf(place->near, sizeof place->near, "%.16s", code);
	return STATUS_OK;
}

/* The area of the nearest place, if there is one. */
static enum status fill_near(const struct sijil_session *session, struct place *place, int32_t latitude, int32_t longitude,
                             struct error *err)
{
	struct places_area area;
	const enum status status = places_nearest_area(session->places, latitude, longitude, &area, err);
	if (status == STATUS_OK && report_place_code_is_valid(area.code))
		memcpy(place->near, area.code, sizeof place->near);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status look_up_name(struct sijil_session *session, struct place *place, struct error *err)
{
	struct places_found found[SHOWN + 2];
	size_t len = 0;
	const enum status status = find(session, place->name, found, &len, err);
	if (status != STATUS_OK)
		return status;
	if (len == 0 || found[0].likeness < KNOWN_LIKENESS) {
		if (!session->many)
			print_note("\"%s\" is in no list of places here: it is kept as spoken.\n"
			           "(near AREA) behind it says where it lies.\n", place->name);
		return STATUS_OK;
	}
	if (!places_is_sure(found, len))
		return refuse_several(session, place->name, found, len, err);
	note_place(session, "", &found[0]);
	take(place, &found[0]);
	if (place->pcode[0] != '\0' || place->near[0] != '\0' || !found[0].has_point)
		return STATUS_OK;
	return fill_near(session, place, found[0].latitude, found[0].longitude, err);
}

static void say_code(struct sijil_session *session, const struct place *place)
{
	struct places_found found;
	const enum status status = places_get(session->places, place->pcode, &found, NULL);
	if (status == STATUS_OK)
		note_place(session, "", &found);
	else if (status == STATUS_NOT_FOUND && !session->many)
		print_note("%s is in no list of places here: is it right?\n", place->pcode);
}

enum status sijil_gazetteer_look_up(void *context, struct place *place, struct error *err)
{
	struct sijil_session *const session = context;
	struct error why = {0};
	const char *area = NULL;
	/* A gazetteer that cannot be read keeps nobody from recording. */
	if (!session->places_fail && sijil_gazetteer_open(session, false, &why) != STATUS_OK) {
		session->places_fail = true;
		print_note("note: places are not looked up: %s\n", why.message);
	}
	if (session->places == NULL)
		return STATUS_OK;
	if (place->pcode[0] != '\0') {
		say_code(session, place);
		return STATUS_OK;
	}
	if (place->near[0] != '\0')
		return STATUS_OK;
	struct place spoken = *place;
	if (!cut_near(spoken.name, &area))
		return look_up_name(session, place, err);
	const enum status status = look_up_near(session, &spoken, area, err);
	if (status == STATUS_OK) {
		memset(place->name, 0, sizeof place->name);
		memcpy(place->name, spoken.name, strlen(spoken.name) + 1);
		memcpy(place->near, spoken.near, sizeof place->near);
	}
	return status;
}

enum status sijil_gazetteer_fill_near(const struct sijil_session *session, struct report *report, struct error *err)
{
	struct place *const place = &report->place;
	const bool is_open = place->pcode[0] == '\0' && place->name[0] != '\0' && place->near[0] == '\0';
	if (session->places == NULL || !report->point.given || !is_open)
		return STATUS_OK;
	return fill_near(session, place, report->point.latitude, report->point.longitude, err);
}
