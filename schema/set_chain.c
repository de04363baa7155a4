#include "schema/set_tables.h"

enum status set_chain_row_get(struct set *set, const struct key_id *device, struct set_chain_row *out, struct error *err)
{
	struct set_chain_row found = {.device = *device};
	bool row = false;

	struct query *const query = db_query(set->db, SET_CHAIN_GET);
	query_bind_bytes(query, 1, key_id_span(device));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_NOT_FOUND, "the device is unknown here");
	if (status == STATUS_OK) {
		found.whole.number = (uint64_t)query_int(query, 0);
		found.held = (uint64_t)query_int(query, 2);
		found.highest = (uint64_t)query_int(query, 3);
		found.forked_at = (uint64_t)query_int(query, 4);
		status = query_exact(query, 1, found.whole.last.bytes, HASH_BYTES, err);
	}
	query_end(query);
	if (status == STATUS_OK)
		*out = found;
	return status;
}

static enum status row_put(struct set *set, const struct set_chain_row *row, struct error *err)
{
	struct query *const query = db_query(set->db, SET_CHAIN_MOVE);
	query_bind_bytes(query, 1, key_id_span(&row->device));
	query_bind_int(query, 2, (int64_t)row->whole.number);
	query_bind_bytes(query, 3, hash_span(&row->whole.last));
	query_bind_int(query, 4, (int64_t)row->held);
	query_bind_int(query, 5, (int64_t)row->highest);
	query_bind_int(query, 6, (int64_t)row->forked_at);
	return query_run(query, err);
}

static enum status child_by(struct set *set, enum set_statement statement, const struct key_id *device,
                            struct head *head, bool *found, struct error *err)
{
	struct hash id;

	struct query *const query = db_query(set->db, statement);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, (int64_t)head->number + 1);
	query_bind_bytes(query, 3, hash_span(&head->last));
	enum status status = query_step(query, found, err);
	if (status == STATUS_OK && *found)
		status = query_exact(query, 0, id.bytes, HASH_BYTES, err);
	if (status == STATUS_OK && *found)
		*head = (struct head){head->number + 1, id};
	query_end(query);
	return status;
}

/* The link after `head`, the one kept first; one that is here only as withheld comes after those that are here whole. */
static enum status child_of(struct set *set, const struct key_id *device, struct head *head, bool *found,
                            struct error *err)
{
	const enum status status = child_by(set, SET_CHILD, device, head, found, err);
	return status == STATUS_OK && !*found ? child_by(set, SET_CHILD_WITHHELD, device, head, found, err) : status;
}

/* Up to number `last` at most. */
static enum status advance(struct set *set, const struct key_id *device, struct head *head, uint64_t last,
                           struct error *err)
{
	enum status status = STATUS_OK;
	for (bool found = true; status == STATUS_OK && found && head->number < last;)
		status = child_of(set, device, head, &found, err);
	return status;
}

static enum status has_twin(struct set *set, const struct key_id *device, uint64_t number, bool *twin, struct error *err)
{
	struct query *const query = db_query(set->db, SET_TWINS);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, (int64_t)number);
	const enum status status = query_step(query, twin, err);
	query_end(query);
	return status;
}

enum status set_chain_grow(struct set *set, const struct admission *admission, const struct hash *id, struct error *err)
{
	struct set_chain_row row;
	bool twin = false;
	const uint64_t number = admission->number;

	enum status status = set_chain_row_get(set, &admission->device, &row, err);
	if (status == STATUS_NOT_FOUND)
		return error_set(err, STATUS_CORRUPT, "a device is known without its chain");
	if (status == STATUS_OK && number <= row.highest)
		status = has_twin(set, &admission->device, number, &twin, err);
	if (status != STATUS_OK)
		return status;
	row.held++;
	if (twin && (row.forked_at == 0 || number < row.forked_at))
		row.forked_at = number;
	if (number > row.highest)
		row.highest = number;
	if (number == row.whole.number + 1 && hash_equals(&admission->previous, &row.whole.last)) {
		row.whole = (struct head){number, *id};
		status = advance(set, &admission->device, &row.whole, row.highest, err);
	}
	return status != STATUS_OK ? status : row_put(set, &row, err);
}

/* The id before link `at` of that number; *held: whether the link is here. */
static enum status link_before(struct set *set, const struct key_id *device, struct head *at, bool *held,
                               struct error *err)
{
	struct query *const query = db_query(set->db, SET_LINK);
	query_bind_bytes(query, 1, hash_span(&at->last));
	query_bind_bytes(query, 2, key_id_span(device));
	query_bind_int(query, 3, (int64_t)at->number);
	struct hash previous;
	enum status status = query_step(query, held, err);
	if (status == STATUS_OK && *held)
		status = query_exact(query, 0, previous.bytes, HASH_BYTES, err);
	if (status == STATUS_OK && *held)
		*at = (struct head){at->number - 1, previous};
	query_end(query);
	return status;
}

/* Whether `tip` hangs on the chain without a gap. Below the lowest fork each number is held once, so the walk back
 * ends there, on what all branches have in common: an event, or what introduced the device. */
static enum status is_whole(struct set *set, const struct set_chain_row *row, const struct head *tip, bool *whole,
                            struct error *err)
{
	struct head at = *tip;
	bool held = row->whole.number + 1 >= row->forked_at && tip->number <= row->highest;
	enum status status = STATUS_OK;

	while (status == STATUS_OK && held && at.number >= row->forked_at)
		status = link_before(set, &row->device, &at, &held, err);
	if (status == STATUS_OK && held && at.number > 0) {
		status = link_before(set, &row->device, &at, &held, err);
	} else if (status == STATUS_OK && held) {
		const struct key_id introduced = key_id_of_object(&at.last);
		held = key_id_equals(&introduced, &row->device);
		if (held)
			status = set_has(set, &at.last, &held, err);
	}
	if (status == STATUS_OK)
		*whole = held;
	return status;
}

static enum status head_number(struct set *set, const struct key_id *device, uint64_t *number, struct error *err)
{
	bool row = false;

	struct query *const query = db_query(set->db, SET_HEAD_NUMBER);
	query_bind_bytes(query, 1, key_id_span(device));
	const enum status status = query_step(query, &row, err);
	*number = status == STATUS_OK && row ? (uint64_t)query_int(query, 0) : 0;
	query_end(query);
	return status;
}

static void add_gap(struct chain *chain, uint64_t first, uint64_t last)
{
	if (first <= last && chain->missing_len < STATEMENT_GAPS)
		chain->missing[chain->missing_len++] = (struct gap){first, last};
}

static enum status find_missing(struct set *set, const struct key_id *device, uint64_t links_max, struct chain *chain,
                                struct error *err)
{
	uint64_t expected = chain->whole.number + 1, left = links_max;
	bool row = false;

	if (chain->highest < expected)
		return STATUS_OK;
	struct query *const query = db_query(set->db, SET_NUMBERS_AFTER);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, (int64_t)chain->whole.number);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row && chain->missing_len < STATEMENT_GAPS && left-- > 0) {
		const uint64_t number = (uint64_t)query_int(query, 0);
		if (number > expected)
			add_gap(chain, expected, number - 1);
		expected = number + 1;
		status = query_step(query, &row, err);
	}
	query_end(query);
	if (!row)
		add_gap(chain, expected, chain->highest);
	return status;
}

static uint64_t at_most(uint64_t from, uint64_t links_max, uint64_t last)
{
	return last > from && last - from > links_max ? from + links_max : last;
}

enum status set_chain_within(struct set *set, const struct key_id *device, const struct head *tip, uint64_t links_max,
                             struct chain *out, struct error *err)
{
	struct set_chain_row row;
	uint64_t named = 0;
	bool on_tip = false;

	enum status status = set_chain_row_get(set, device, &row, err);
	if (status == STATUS_OK)
		status = head_number(set, device, &named, err);
	if (status == STATUS_OK && tip != NULL && row.forked_at > 0 && tip->number >= row.forked_at &&
	    tip->number - row.forked_at < links_max)
		status = is_whole(set, &row, tip, &on_tip, err);
	if (status != STATUS_OK)
		return status;
	struct chain chain = {
		.whole = on_tip ? *tip : row.whole,
		.highest = named > row.highest ? named : row.highest,
		.held = row.held,
		.forked = row.forked_at > 0,
	};
	if (on_tip)
		status = advance(set, device, &chain.whole, at_most(tip->number, links_max, row.highest), err);
	if (status == STATUS_OK)
		status = find_missing(set, device, links_max, &chain, err);
	if (status == STATUS_OK)
		*out = chain;
	return status;
}

enum status set_chain(struct set *set, const struct key_id *device, const struct head *tip, struct chain *out,
                      struct error *err)
{
	return set_chain_within(set, device, tip, UINT64_MAX, out, err);
}
