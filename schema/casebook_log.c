/* The relay's log as it came, against what the relay signed. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/casebook_inside.h"

enum status casebook_log_load(struct casebook *casebook, struct error *err)
{
	struct merkle pulled = {0};
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_PULL_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = merkle_decode(&pulled, query_bytes(query, 0), err);
	if (status == STATUS_OK) {
		casebook->pulled = pulled;
		(void)snprintf(casebook->fault, sizeof casebook->fault, "%s", row ? query_text(query, 1) : "");
	}
	query_end(query);
	return status;
}

enum status casebook_log_save(struct casebook *casebook, struct error *err)
{
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];
	const size_t len = merkle_encode(&casebook->pulled, frontier);
	struct query *const query = db_query(casebook->db, CASEBOOK_PULL_PUT);
	query_bind_bytes(query, 1, (struct span){frontier, len});
	query_bind_text(query, 2, casebook->fault);
	return query_run(query, err);
}

enum status casebook_other_log(struct casebook *casebook, struct merkle *tree, struct error *err)
{
	struct merkle found = {0};
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_OTHER_LOG_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = merkle_decode(&found, query_bytes(query, 0), err);
	query_end(query);
	if (status == STATUS_OK)
		*tree = found;
	return status;
}

enum status casebook_other_log_keep(struct casebook *casebook, const struct merkle *tree, struct error *err)
{
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];
	const size_t len = merkle_encode(tree, frontier);
	struct query *const query = db_query(casebook->db, CASEBOOK_OTHER_LOG_PUT);
	query_bind_bytes(query, 1, (struct span){frontier, len});
	return query_run(query, err);
}

bool casebook_log_id(const struct casebook *casebook, struct key_id *log)
{
	const struct descriptor *const descriptor = &casebook->project->descriptor;
	if (descriptor->relays_len == 0)
		return false;
	*log = key_id_of_log(&casebook->project->id, &descriptor->relays[0].receipt_key);
	return true;
}

/* The first fault is kept: what follows may only be its consequence. */
__attribute__((format(printf, 2, 3))) static void note_fault(struct casebook *casebook, const char *format, ...)
{
	va_list arguments;
	if (casebook->fault[0] != '\0')
		return;
	va_start(arguments, format);
	(void)vsnprintf(casebook->fault, sizeof casebook->fault, format, arguments);
	va_end(arguments);
}

static void compare(struct casebook *casebook, uint64_t size, const struct hash *said, const struct hash *found)
{
	if (!hash_equals(said, found))
		note_fault(casebook,
		           "the relay's signed log does not match what it sent: something among its first %" PRIu64
		           " objects was dropped, changed or put in another order",
		           size);
}

/* Whatever was signed for the size just reached. */
static enum status compare_signed(struct casebook *casebook, const struct hash *root, struct error *err)
{
	struct hash said;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_CHECKPOINT_AT);
	query_bind_int(query, 1, (int64_t)casebook->pulled.size);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = query_exact(query, 0, said.bytes, sizeof said.bytes, err);
		if (status == STATUS_OK)
			compare(casebook, casebook->pulled.size, &said, root);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status casebook_log_extend(struct casebook *casebook, uint64_t position, const struct hash *id, struct error *err)
{
	if (position <= casebook->pulled.size)
		return STATUS_OK;
	if (position > casebook->pulled.size + 1)
		return error_set(err, STATUS_BUG, "position %" PRIu64 " of the relay's log came before %" PRIu64, position,
		                 casebook->pulled.size + 1);
	merkle_append(&casebook->pulled, id);
	const struct hash root = merkle_root(&casebook->pulled);
	struct query *const query = db_query(casebook->db, CASEBOOK_PULLED_PUT);
	query_bind_int(query, 1, (int64_t)position);
	query_bind_bytes(query, 2, hash_span(&root));
	const enum status status = query_run(query, err);
	return status == STATUS_OK ? compare_signed(casebook, &root, err) : status;
}

/* The root over the first `size` objects that were pulled. */
static enum status root_at(struct casebook *casebook, uint64_t size, struct hash *root, struct error *err)
{
	bool row = false;
	if (size == 0) {
		*root = merkle_root(&(struct merkle){0});
		return STATUS_OK;
	}
	struct query *const query = db_query(casebook->db, CASEBOOK_PULLED_GET);
	query_bind_int(query, 1, (int64_t)size);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_CORRUPT, "headquarters' register lacks the relay's log at %" PRIu64, size);
	if (status == STATUS_OK)
		status = query_exact(query, 0, root->bytes, sizeof root->bytes, err);
	query_end(query);
	return status;
}

enum status casebook_log_holds(struct casebook *casebook, const struct checkpoint *seen, bool *holds, struct error *err)
{
	struct key_id log;
	struct hash root;
	*holds = false;
	if (!casebook_log_id(casebook, &log) || !key_id_equals(&log, &seen->log) || seen->size > casebook->pulled.size)
		return STATUS_OK;
	const enum status status = root_at(casebook, seen->size, &root, err);
	*holds = status == STATUS_OK && hash_equals(&root, &seen->root);
	return status;
}

enum status casebook_log_note(struct casebook *casebook, const struct checkpoint *seen, int64_t time_s, struct error *err)
{
	struct key_id log;
	struct hash root;
	if (!casebook_log_id(casebook, &log) || !key_id_equals(&log, &seen->log))
		return STATUS_OK;
	struct query *const query = db_query(casebook->db, CASEBOOK_CHECKPOINT_PUT);
	query_bind_int(query, 1, (int64_t)seen->size);
	query_bind_bytes(query, 2, hash_span(&seen->root));
	query_bind_int(query, 3, time_s);
	enum status status = query_run(query, err);
	if (status != STATUS_OK || seen->size > casebook->pulled.size)
		return status;
	status = root_at(casebook, seen->size, &root, err);
	if (status == STATUS_OK)
		compare(casebook, seen->size, &seen->root, &root);
	return status;
}

/* The newest of what the relay signed. */
static enum status newest(struct casebook *casebook, struct relay_clock *clock, struct error *err)
{
	struct relay_clock found = {.has_seen = true};
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_CHECKPOINT_NEWEST);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && (!row || !casebook_log_id(casebook, &found.seen.log)))
		status = error_set(err, STATUS_NOT_FOUND, "no relay has shown its log yet");
	if (status == STATUS_OK) {
		found.seen.size = (uint64_t)query_int(query, 0);
		found.time_s = query_int(query, 2);
		status = query_exact(query, 1, found.seen.root.bytes, sizeof found.seen.root.bytes, err);
	}
	query_end(query);
	if (status == STATUS_OK)
		*clock = found;
	return status;
}

enum status casebook_log_note_clock(struct casebook *casebook, const struct relay_clock *clock, struct error *err)
{
	struct relay_clock before;
	const enum status status = newest(casebook, &before, err);
	/* What it signed to a device counts as what it sent here. */
	const uint64_t held = status == STATUS_OK && before.seen.size > casebook->pulled.size ? before.seen.size
	                                                                                      : casebook->pulled.size;
	if (status == STATUS_OK && clock->seen.size < held && clock->time_s > before.time_s)
		note_fault(casebook,
		           "the relay's log shrank: it held %" PRIu64 " objects, and says now that it holds %" PRIu64
		           "; it may have been put back to an older state, or keep back the rest",
		           held, clock->seen.size);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	return casebook_log_note(casebook, &clock->seen, clock->time_s, err);
}

enum status casebook_log_check(struct casebook *casebook, struct relay_clock *clock, struct error *err)
{
	struct relay_clock found;
	enum status status = casebook->writing ? STATUS_OK : casebook_log_load(casebook, err);
	if (status == STATUS_OK)
		status = newest(casebook, &found, err);
	if (status != STATUS_OK)
		return status;
	if (casebook->fault[0] != '\0') {
		(void)error_set(err, STATUS_TAMPERED, "%s", casebook->fault);
		error_hint(err, "each report's own signature still holds; look for gaps in the devices' chains, and ask who runs "
		                "the relay");
		return STATUS_TAMPERED;
	}
	*clock = found;
	return STATUS_OK;
}

/* --- times --- */

static enum status add_time(struct casebook_times *times, size_t *capacity, const struct query *query, struct error *err)
{
	if (times->len == *capacity) {
		const size_t more = *capacity == 0 ? 64 : *capacity * 2;
		struct casebook_time *const moved = realloc(times->at, more * sizeof *moved);
		if (moved == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		times->at = moved;
		*capacity = more;
	}
	const int64_t time_s = query_int(query, 1);
	times->at[times->len++] = (struct casebook_time){(uint64_t)query_int(query, 0), time_s, time_s};
	return STATUS_OK;
}

enum status casebook_times_load(struct casebook *casebook, struct casebook_times *times, struct error *err)
{
	size_t capacity = 0;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_CHECKPOINT_EACH);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = add_time(times, &capacity, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	for (size_t i = 1; i < times->len; i++)
		if (times->at[i - 1].latest_s > times->at[i].latest_s)
			times->at[i].latest_s = times->at[i - 1].latest_s;
	for (size_t i = times->len; i-- > 1;)
		if (times->at[i].earliest_s < times->at[i - 1].earliest_s)
			times->at[i - 1].earliest_s = times->at[i].earliest_s;
	return status;
}

void casebook_times_wipe(struct casebook_times *times)
{
	free(times->at);
	*times = (struct casebook_times){0};
}

/* The first place whose size is at least `size`. */
static size_t place_of(const struct casebook_times *times, uint64_t size)
{
	size_t low = 0, high = times->len;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (times->at[middle].size < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t casebook_times_held_s(const struct casebook_times *times, uint64_t position)
{
	const size_t place = position == 0 ? times->len : place_of(times, position);
	return place < times->len ? times->at[place].earliest_s : 0;
}

int64_t casebook_times_until_s(const struct casebook_times *times, uint64_t size)
{
	const size_t place = place_of(times, size + 1);
	return place > 0 ? times->at[place - 1].latest_s : 0;
}
