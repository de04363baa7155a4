/* From trigrams to names: each trigram of the query brings the names that hold it; the rarer it is the more it counts. */
#include <stdlib.h>
#include <string.h>

#include "schema/place_name.h"
#include "schema/places_tables.h"

enum {
	SLOTS = 1 << 16,
	NAMES_MAX = SLOTS / 2,
	WEIGHT_MAX = 1 << 14,
	FEW = 40,
	COMMON = 4000, /* what so many names share tells them not apart, and takes long to read */
};

struct slot {
	uint32_t name;  /* 0: free */
	uint32_t weight;
};

struct places_tally {
	struct slot slots[SLOTS]; /* by name */
	size_t len;
	uint32_t names[NAMES_MAX]; /* of the trigram being read */
	uint32_t heavy[WEIGHT_MAX]; /* how many names have that weight */
	uint64_t all;              /* about how many names there are */
};

static void count(struct places_tally *tally, uint32_t name, uint32_t weight)
{
	size_t at = (size_t)(name * UINT32_C(0x9E3779B1) >> 16);
	while (tally->slots[at].name != 0 && tally->slots[at].name != name)
		at = (at + 1) % SLOTS;
	if (tally->slots[at].name == 0) {
		/* So many share something with it that one more says nothing. */
		if (tally->len == NAMES_MAX)
			return;
		tally->len++;
		tally->slots[at].name = name;
	}
	tally->slots[at].weight += weight;
}

/* 16 times the binary logarithm, about. */
static uint32_t logarithm(uint64_t n)
{
	uint32_t bits = 0;
	while (n >> bits > 1)
		bits++;
	return 16 * bits + (uint32_t)(bits >= 4 ? (n >> (bits - 4)) & 15 : (n << (4 - bits)) & 15);
}

/* What more than `most` names share is passed over. */
static enum status count_trigram(struct places *places, const char *trigram, size_t most, struct error *err)
{
	struct places_tally *const tally = places->tally;
	bool row = false;
	size_t n = 0;
	struct query *const query = db_query(places->db, PLACES_GRAM);
	query_bind_text(query, 1, trigram);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row && n < most) {
		tally->names[n++] = (uint32_t)query_int(query, 0);
		status = query_step(query, &row, err);
	}
	query_end(query);
	if (row && most < NAMES_MAX)
		return status;
	const uint32_t all = logarithm(tally->all + 1), some = logarithm(n + 1);
	for (size_t i = 0; i < n; i++)
		count(tally, tally->names[i], 1 + (all > some ? all - some : 0));
	return status;
}

static uint32_t bounded(uint32_t weight)
{
	return weight < WEIGHT_MAX ? weight : WEIGHT_MAX - 1;
}

/* The least weight that is still among the first `max`. */
static uint32_t threshold(struct places_tally *tally, size_t max)
{
	size_t n = 0;
	memset(tally->heavy, 0, sizeof tally->heavy);
	for (size_t i = 0; i < SLOTS; i++)
		if (tally->slots[i].name != 0)
			tally->heavy[bounded(tally->slots[i].weight)]++;
	for (uint32_t weight = WEIGHT_MAX - 1; weight > 0; weight--) {
		n += tally->heavy[weight];
		if (n >= max)
			return weight;
	}
	return 1;
}

/* Those above the threshold, and of those on it as many as fit, in the order of the names. */
static size_t choose(struct places_tally *tally, uint32_t *names, size_t max)
{
	size_t n = 0;
	const uint32_t least = threshold(tally, max);
	for (size_t i = 0; i < SLOTS && n < max; i++)
		if (tally->slots[i].name != 0 && bounded(tally->slots[i].weight) > least)
			names[n++] = tally->slots[i].name;
	for (size_t i = 0; i < SLOTS && n < max; i++)
		if (tally->slots[i].name != 0 && bounded(tally->slots[i].weight) == least)
			names[n++] = tally->slots[i].name;
	return n;
}

static enum status begin(struct places *places, struct error *err)
{
	bool row = false;
	if (places->tally == NULL)
		places->tally = malloc(sizeof *places->tally);
	if (places->tally != NULL)
		memset(places->tally, 0, sizeof *places->tally);
	if (places->tally == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	struct query *const query = db_query(places->db, PLACES_LAST_NAME);
	const enum status status = query_step(query, &row, err);
	places->tally->all = status == STATUS_OK && row ? (uint64_t)query_int(query, 0) : 0;
	query_end(query);
	return status;
}

enum status places_gather(struct places *places, const char *sound, uint32_t *names, size_t *len, size_t max, struct error *err)
{
	char trigrams[PLACE_NAME_GRAMS_MAX][4];
	enum status status = begin(places, err);
	const size_t n = place_name_trigrams(trigrams, sound);
	for (size_t i = 0; i < n && status == STATUS_OK; i++)
		status = count_trigram(places, trigrams[i], COMMON, err);
	/* Where the rare ones bring next to nothing the common ones are read too. The rare then count twice, as they should. */
	const bool is_few = status == STATUS_OK && places->tally->len < FEW;
	for (size_t i = 0; i < n && status == STATUS_OK && is_few; i++)
		status = count_trigram(places, trigrams[i], NAMES_MAX, err);
	if (status == STATUS_OK)
		*len = choose(places->tally, names, max);
	return status;
}
