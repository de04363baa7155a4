#include <stdlib.h>
#include <string.h>

#include "schema/place_name.h"
#include "schema/places_tables.h"
#include "schema/report_place.h"

enum {
	CANDIDATES = 400,      /* names that the index gives, those that share most first */
	FINALISTS = 40,        /* places that are looked at closely */
	LEAST_LIKENESS = 450,  /* what fits worse is no match */
	PART_LOSS = 30,        /* a part of a name is a little less than the whole */
	AREA_LOSS = 30,        /* people speak of where people live... */
	ELSEWHERE_LOSS = 200,  /* it does not lie in the area that was named */
	TAIL_LOSS = 20,
	WISH_GAIN = 40,        /* ...unless they say "district" */
	WISH_LOSS = 60,
	FAR_M = 100000,        /* from the last place on it is far, and no farther counts */
	FAR_LOSS = 60,
	SEAT_GAIN = 12,        /* a town is the likelier meant, the wider the area that bears its name */
	SURE_LIKENESS = 880,
	SURE_MARGIN = 40,
};

struct candidate {
	char code[PLACES_CODE_BYTES];
	enum places_level level;
	int score;         /* how well the name fits, 0 to 1000 */
	const char *tail;  /* words of the query behind the name, or NULL */
};

/* What is looked for. */
struct search {
	struct places *places;
	struct place_name name;
	struct place_name area; /* behind a comma; sound "" if none */
	struct candidate candidates[CANDIDATES];
	size_t len;
};

/* --- how well a name fits --- */

/* The query against the beginning or the end of a longer name. */
static int fit_part(const char *query, const char *name)
{
	int best = 0;
	const size_t len = strlen(name);
	for (const char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank + 1, ' ')) {
		char head[PLACE_NAME_SOUND_BYTES];
		const size_t before = (size_t)(blank - name);
		memcpy(head, name, before);
		head[before] = '\0';
		const int first = (int)place_name_likeness(query, head) * (int)(80 + 15 * before / len) / 100;
		const int last = (int)place_name_likeness(query, blank + 1) * (int)(65 + 25 * (len - before) / len) / 100;
		best = first > best ? first : best;
		best = last > best ? last : best;
	}
	return best;
}

/* The beginning of a longer query against a name; *tail is what the query says beyond. */
static int fit_longer(const char *query, const char *name, const char **tail)
{
	int best = 0;
	const size_t len = strlen(query);
	for (const char *blank = strchr(query, ' '); blank != NULL; blank = strchr(blank + 1, ' ')) {
		char head[PLACE_NAME_SOUND_BYTES];
		const size_t before = (size_t)(blank - query);
		memcpy(head, query, before);
		head[before] = '\0';
		const int score = (int)place_name_likeness(head, name) * (int)(60 + 25 * before / len) / 100;
		if (score > best) {
			best = score;
			*tail = blank + 1;
		}
	}
	return best;
}

static int fit(const char *query, const char *name, enum places_name_kind kind, const char **tail)
{
	const char *beyond = NULL;
	const int whole = (int)place_name_likeness(query, name);
	*tail = NULL;
	if (whole >= SURE_LIKENESS)
		return kind == PLACES_NAME_PART ? whole - PART_LOSS : whole;
	const int part = fit_part(query, name);
	const int longer = fit_longer(query, name, &beyond);
	int best = whole > part ? whole : part;
	*tail = longer > best ? beyond : NULL;
	best = longer > best ? longer : best;
	return kind == PLACES_NAME_PART ? best - PART_LOSS : best;
}

static int of_level(const struct place_name *name, enum places_level level)
{
	switch (name->wish) {
	case PLACE_NAME_ANY: return level == PLACES_SETTLEMENT ? 0 : level == PLACES_COUNTRY ? -3 * AREA_LOSS : -AREA_LOSS;
	case PLACE_NAME_ADMIN: return level != PLACES_SETTLEMENT ? WISH_GAIN : 0;
	case PLACE_NAME_ADMIN1: return level == PLACES_ADMIN1 ? WISH_GAIN : -WISH_LOSS;
	case PLACE_NAME_ADMIN2: return level == PLACES_ADMIN2 ? WISH_GAIN : -WISH_LOSS;
	case PLACE_NAME_ADMIN3: return level == PLACES_ADMIN3 ? WISH_GAIN : -WISH_LOSS;
	case PLACE_NAME_SETTLEMENT: return level == PLACES_SETTLEMENT ? WISH_GAIN : -WISH_LOSS;
	}
	return 0;
}

/* --- the candidates --- */

static struct candidate *candidate_of(struct search *search, const char *code)
{
	for (size_t i = 0; i < search->len; i++)
		if (strcmp(search->candidates[i].code, code) == 0)
			return &search->candidates[i];
	if (search->len == CANDIDATES)
		return NULL;
	struct candidate *const fresh = &search->candidates[search->len++];
	*fresh = (struct candidate){.score = -PLACE_NAME_ALIKE};
	return fresh;
}

static enum status take_candidate(struct search *search, const struct query *query, struct error *err)
{
	const char *tail = NULL;
	char code[PLACES_CODE_BYTES];
	const enum status status = places_text(code, sizeof code, query, 2, err);
	if (status != STATUS_OK)
		return status;
	const enum places_level level = query_int(query, 3) < PLACES_LEVELS ? (enum places_level)query_int(query, 3) : PLACES_SETTLEMENT;
	const int score = fit(search->name.sound, query_text(query, 1), (enum places_name_kind)query_int(query, 0), &tail) +
	                  of_level(&search->name, level);
	struct candidate *const candidate = candidate_of(search, code);
	if (candidate == NULL || candidate->score >= score)
		return STATUS_OK;
	memcpy(candidate->code, code, sizeof code);
	candidate->level = level;
	candidate->score = score;
	candidate->tail = tail;
	return STATUS_OK;
}

static enum status look_at(struct search *search, uint32_t name, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(search->places->db, PLACES_CANDIDATE);
	query_bind_int(query, 1, name);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = take_candidate(search, query, err);
	query_end(query);
	return status;
}

static enum status gather(struct search *search, struct error *err)
{
	uint32_t names[CANDIDATES];
	size_t len = 0;
	enum status status = places_gather(search->places, search->name.sound, names, &len, CANDIDATES, err);
	for (size_t i = 0; i < len && status == STATUS_OK; i++)
		status = look_at(search, names[i], err);
	return status;
}

static int by_score(const void *a, const void *b)
{
	const struct candidate *const x = a, *const y = b;
	return x->score != y->score ? (x->score < y->score ? 1 : -1) : strcmp(x->code, y->code);
}

/* --- the finalists --- */

static bool sounds_like(const char *text, const char *sound)
{
	struct place_name name;
	return text[0] != '\0' && place_name_hear(&name, span_from_text(text), NULL) == STATUS_OK &&
	       place_name_likeness(name.sound, sound) >= 800;
}

static bool lies_in(const struct places_found *found, const char *sound)
{
	for (size_t i = 0; i < sizeof found->in / sizeof found->in[0]; i++)
		if (sounds_like(found->in[i].latin, sound) || sounds_like(found->in[i].arabic, sound))
			return true;
	return false;
}

/* What a place lacks that is no town which gave its name to an area, or only to a small one. */
static int of_seat(const struct places_found *found)
{
	if (found->level != PLACES_SETTLEMENT)
		return 0;
	for (int level = PLACES_ADMIN1; level <= PLACES_ADMIN3; level++)
		if (places_are_called_alike(found->latin, found->in[level].latin))
			return -SEAT_GAIN * (level - PLACES_ADMIN1);
	return -SEAT_GAIN * PLACES_ADMIN3;
}

/* How well the words before the tail fit one of its names. */
static int fit_head(const struct search *search, const char *tail, const char *text)
{
	char head[PLACE_NAME_SOUND_BYTES];
	struct place_name own;
	const size_t len = (size_t)(tail - search->name.sound) - 1;
	memcpy(head, search->name.sound, len);
	head[len] = '\0';
	return place_name_hear(&own, span_from_text(text), NULL) == STATUS_OK ? (int)place_name_likeness(head, own.sound) : 0;
}

/* The place of a candidate, its likeness corrected by the area that was asked for. */
static enum status describe(struct search *search, const struct candidate *candidate, struct places_found *found,
                            struct error *err)
{
	const enum status status = places_get(search->places, candidate->code, found, err);
	if (status != STATUS_OK)
		return status;
	int score = candidate->score;
	if (search->area.sound[0] != '\0')
		score -= lies_in(found, search->area.sound) ? 0 : ELSEWHERE_LOSS;
	/* Words behind the name that say where it lies cost next to nothing. */
	if (candidate->tail != NULL && lies_in(found, candidate->tail)) {
		const int latin = fit_head(search, candidate->tail, found->latin), arabic = fit_head(search, candidate->tail, found->arabic);
		const int named = (latin > arabic ? latin : arabic) - TAIL_LOSS;
		score = named > score ? named : score;
	}
	score += of_seat(found);
	found->likeness = score < 0 ? 0 : score > PLACE_NAME_ALIKE ? PLACE_NAME_ALIKE : (unsigned)score;
	return STATUS_OK;
}

/* Of those that fit equally the nearer comes first. */
static int by_likeness(const void *a, const void *b)
{
	const struct places_found *const x = a, *const y = b;
	if (x->likeness != y->likeness)
		return x->likeness < y->likeness ? 1 : -1;
	if (x->distance_m != y->distance_m)
		return x->distance_m < y->distance_m ? -1 : 1;
	return strcmp(x->code, y->code);
}

static bool contains(const struct places_found *found, const char *code)
{
	for (size_t i = 0; i < sizeof found->in / sizeof found->in[0]; i++)
		if (strcmp(found->in[i].code, code) == 0)
			return true;
	return false;
}

/* Lists spell an area and the town that it is named after differently; who says the one may mean the other. */
static void seat(struct places_found *finalists, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < len; j++) {
			struct places_found *const town = &finalists[i];
			const struct places_found *const area = &finalists[j];
			if (town->level == PLACES_SETTLEMENT && area->level < PLACES_SETTLEMENT && town->likeness < area->likeness + AREA_LOSS &&
			    contains(town, area->code) && places_are_called_alike(town->latin, area->latin))
				town->likeness = area->likeness + AREA_LOSS < PLACE_NAME_ALIKE ? area->likeness + AREA_LOSS : PLACE_NAME_ALIKE;
		}
	}
}

/* What is far from the last place is a little less likely to be meant. Of a place whose position nobody knows
 * half of that is held against it, unless the last place lies in it. */
static void measure(struct places_found *found, const struct places_found *last)
{
	unsigned loss = contains(last, found->code) ? 0 : FAR_LOSS / 2;
	if (last->has_point && found->has_point) {
		found->distance_m = places_distance_m(last->latitude, last->longitude, found->latitude, found->longitude);
		loss = (found->distance_m < FAR_M ? found->distance_m : FAR_M) / (FAR_M / FAR_LOSS);
	}
	found->likeness -= loss < found->likeness ? loss : found->likeness;
}

/* A place without a P-code may be one that another list has with it: there, and called so. The better of the two likenesses
 * counts, so names of the one find the other. *gone: it is that, and was there already. */
static enum status merge(struct places *places, struct places_found *finalists, size_t len, size_t at, bool *gone, struct error *err)
{
	char code[PLACES_CODE_BYTES];
	struct places_found coded;
	*gone = false;
	if (report_place_code_is_valid(finalists[at].code) || !finalists[at].has_point || finalists[at].level != PLACES_SETTLEMENT)
		return STATUS_OK;
	enum status status = places_coded_twin(places, &finalists[at], code, err);
	if (status != STATUS_OK || code[0] == '\0')
		return status;
	for (size_t i = 0; i < len; i++) {
		if (strcmp(finalists[i].code, code) != 0)
			continue;
		if (finalists[i].likeness < finalists[at].likeness)
			finalists[i].likeness = finalists[at].likeness;
		*gone = true;
		return STATUS_OK;
	}
	status = places_get(places, code, &coded, err);
	if (status != STATUS_OK)
		return status;
	coded.likeness = finalists[at].likeness;
	finalists[at] = coded;
	return STATUS_OK;
}

static enum status merge_all(struct places *places, struct places_found *finalists, size_t *len, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < *len && status == STATUS_OK;) {
		bool gone = false;
		status = merge(places, finalists, *len, i, &gone, err);
		if (gone)
			memmove(&finalists[i], &finalists[i + 1], (--*len - i) * sizeof *finalists);
		else
			i++;
	}
	return status;
}

static enum status rank(struct search *search, const struct places_query *query, struct places_found *finalists, size_t *len,
                        struct error *err)
{
	struct places_found last;
	const bool has_last = query->last != NULL && query->last[0] != '\0' && places_get(search->places, query->last, &last, NULL) == STATUS_OK;
	enum status status = STATUS_OK;
	qsort(search->candidates, search->len, sizeof search->candidates[0], by_score);
	*len = 0;
	for (size_t i = 0; i < search->len && i < FINALISTS && status == STATUS_OK; i++) {
		struct places_found *const found = &finalists[*len];
		status = describe(search, &search->candidates[i], found, err);
		*len += status == STATUS_OK && found->likeness >= LEAST_LIKENESS;
	}
	if (status == STATUS_OK)
		status = merge_all(search->places, finalists, len, err);
	if (search->name.wish == PLACE_NAME_ANY)
		seat(finalists, *len);
	for (size_t i = 0; i < *len && has_last; i++)
		measure(&finalists[i], &last);
	qsort(finalists, *len, sizeof finalists[0], by_likeness);
	return status;
}

/* --- the whole --- */

/* Splits at the first comma of either script. */
static enum status hear(struct search *search, const char *text, struct error *err)
{
	const size_t latin = strcspn(text, ",");
	const char *const arabic = strstr(text, "\xD8\x8C");
	const size_t end = arabic != NULL && (size_t)(arabic - text) < latin ? (size_t)(arabic - text) : latin;
	const struct span name = {(const uint8_t *)text, end};
	/* What stands behind a comma and is no name asks for nothing. */
	if (text[end] != '\0' && place_name_hear(&search->area, span_from_text(text + end), NULL) != STATUS_OK)
		search->area.sound[0] = '\0';
	return place_name_hear(&search->name, name, err);
}

static enum status search_words(struct search *search, const struct places_query *query, struct places_found found[],
                                size_t *len, struct error *err)
{
	size_t finalists_len = 0;
	enum status status = hear(search, query->text, err);
	struct places_found *const finalists = calloc(FINALISTS + 1, sizeof *finalists);
	if (finalists == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (status == STATUS_OK)
		status = gather(search, err);
	if (status == STATUS_OK)
		status = rank(search, query, finalists, &finalists_len, err);
	if (status == STATUS_OK) {
		*len = finalists_len < query->limit ? finalists_len : query->limit;
		memcpy(found, finalists, *len * sizeof *found);
	}
	free(finalists);
	return status;
}

enum status places_search(struct places *places, const struct places_query *query, struct places_found found[], size_t *len,
                          struct error *err)
{
	if (report_place_code_is_valid(query->text) && strpbrk(query->text, "0123456789") != NULL &&
	    places_get(places, query->text, &found[0], NULL) == STATUS_OK) {
		*len = 1;
		return STATUS_OK;
	}
	struct search *const search = calloc(1, sizeof *search);
	if (search == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	search->places = places;
	/* One look at one state, and one lock for all of it. */
	enum status status = db_begin_read(places->db, err);
	if (status == STATUS_OK)
		status = search_words(search, query, found, len, err);
	db_rollback(places->db);
	free(search);
	return status;
}

bool places_is_sure(const struct places_found found[], size_t len)
{
	if (len == 0 || found[0].likeness < SURE_LIKENESS)
		return false;
	for (size_t i = 1; i < len; i++)
		if (found[i].likeness + SURE_MARGIN > found[0].likeness && !contains(&found[0], found[i].code))
			return false;
	return true;
}
