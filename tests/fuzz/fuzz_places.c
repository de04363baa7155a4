/* The readers of lists of places: whatever the file is, a row that is handed on keeps the bounds that the tables hold it to. The first
 * byte chooses: the file as it stands, or behind the heading of one of the formats. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/places_read.h"
#include "schema/places_tables.h"
#include "schema/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct places *places;

/* The database is there to take JSON apart; nothing is written to it, and its name goes at once. */
static void prepare(void)
{
	static const uint8_t bytes[32] = "a key that guards nothing";
	char path[] = "/tmp/sijil-fuzz-XXXXXX";
	struct secret *key = NULL;
	if (places != NULL)
		return;
	const int file = sodium_init() < 0 ? -1 : mkstemp(path);
	if (file < 0 || close(file) != 0 || secret_new_copy(&key, (struct span){bytes, sizeof bytes}, NULL) != STATUS_OK ||
	    places_open(&places, path, key, NULL) != STATUS_OK)
		abort();
	db_remove(path);
	secret_free(key);
}

static bool is_name(const char *name)
{
	return name[0] == '\0' || text_is_normal(span_from_text(name));
}

static enum status demand_row(void *context, const struct places_row *row, struct error *err)
{
	size_t *const rows = context;
	const char *other = row->others;
	(void)err;
	if (row->code[0] == '\0' || memchr(row->code, '\0', sizeof row->code) == NULL || row->level >= PLACES_LEVELS ||
	    memchr(row->parent, '\0', sizeof row->parent) == NULL)
		abort();
	if ((row->latin[0] == '\0' && row->arabic[0] == '\0') || !is_name(row->latin) || !is_name(row->arabic))
		abort();
	if (row->has_point && (row->latitude < -9000000 || row->latitude > 9000000 || row->longitude < -18000000 || row->longitude > 18000000))
		abort();
	for (size_t i = 0; i < row->others_len; i++, other += strlen(other) + 1)
		if (!is_name(other))
			abort();
	if ((size_t)(other - row->others) != row->others_bytes || row->others_bytes > sizeof row->others)
		abort();
	++*rows;
	return STATUS_OK;
}

static void read_file(struct span file)
{
	struct places_import import = {.name = "x"};
	struct places_columns columns;
	const struct places_reader *reader = NULL;
	struct bytes room = {0};
	struct span text = {0};
	size_t rows = 0;
	if (places_read_text(&text, &room, file, &import, NULL) == STATUS_OK &&
	    places_read_find(&reader, &columns, text, NULL) == STATUS_OK) {
		struct places_reading reading = {.text = text, .db = places->db, .take = demand_row, .context = &rows, .import = &import,
		                                 .valid_on = PLACES_DAY_UNKNOWN};
		if (places_read(&reading, reader, NULL) == STATUS_BUG)
			abort();
	}
	bytes_wipe(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const headings[] = {
		"",
		"ADM2_PCODE,ADM2_EN,ADM2_AR,ADM2_REF,ADM1_PCODE,ADM1_EN,ADM0_PCODE,ADM0_EN,date,validOn,validTo,LATITUDE,LONGITUDE\n",
		"adm1_name;adm1_name1;adm1_pcode;adm0_name;adm0_pcode;valid_on;version;center_lat;center_lon\n",
		"ADM4_PCODE,PP_NAME_EN,PP_PCODE,ADM4_EN,ADM3_PCODE,ADM3_EN,_CX,_CY\n",
		"Location,Admin Level,P-Code,Name,Parent P-Code,Valid from date\n",
		"list_name,name,label::English (EN),label::Arabic,governorate,district\n",
		"1\tA\tA\t\t1.0\t1.0\tP\tPPL\tSY\t\t06\t\t\t\t0\t\t1\tx\t2013-09-05\n",
		"[{\"id\": \"a\", \"name\": {\"en\": \"A\"}}, ",
	};
	struct bytes file = {0};
	prepare();
	const char *const heading = size > 0 ? headings[data[0] % (sizeof headings / sizeof *headings)] : "";
	if (bytes_append(&file, span_from_text(heading), NULL) != STATUS_OK ||
	    (size > 1 && bytes_append(&file, (struct span){data + 1, size - 1}, NULL) != STATUS_OK))
		abort();
	read_file(bytes_span(&file));
	bytes_wipe(&file);
	return 0;
}
