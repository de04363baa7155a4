/* A device's chain: which of its events hang together, and which still count. */
#include <stdlib.h>

#include "schema/casebook_inside.h"

static enum status add_link(struct casebook_member *member, size_t *capacity, const struct query *query, struct error *err)
{
	if (member->links_len == *capacity) {
		const size_t more = *capacity == 0 ? 64 : *capacity * 2;
		struct casebook_link *const moved = realloc(member->links, more * sizeof *moved);
		if (moved == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		member->links = moved;
		*capacity = more;
	}
	struct casebook_link *const link = &member->links[member->links_len];
	link->number = (uint64_t)query_int(query, 1);
	link->passes = query_int(query, 3) > OBJECT_INTAKE || query_int(query, 4) == 1;
	enum status status = query_exact(query, 0, link->id.bytes, sizeof link->id.bytes, err);
	if (status == STATUS_OK)
		status = query_exact(query, 2, link->previous.bytes, sizeof link->previous.bytes, err);
	if (status == STATUS_OK)
		member->links_len++;
	return status;
}

static enum status load_links(struct casebook *casebook, struct casebook_member *member, struct error *err)
{
	size_t capacity = 0;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_LINKS);
	query_bind_bytes(query, 1, key_id_span(&member->id));
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = add_link(member, &capacity, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* The first link of that number or a greater one. */
static size_t first_of(const struct casebook_member *member, uint64_t number)
{
	size_t low = 0, high = member->links_len;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (member->links[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct casebook_link *find_link(const struct casebook_member *member, uint64_t number, const struct hash *id)
{
	for (size_t i = first_of(member, number); i < member->links_len && member->links[i].number == number; i++)
		if (hash_equals(&member->links[i].id, id))
			return &member->links[i];
	return NULL;
}

/* The ids of 0..tip.number as they follow backwards from the tip; zero, which is no object's id, from where a link
 * is not held. NULL in *branch where the tip itself is not. */
static enum status walk_back(const struct casebook_member *member, const struct head *tip, struct hash **branch,
                             struct error *err)
{
	const struct casebook_link *link = find_link(member, tip->number, &tip->last);
	if (link == NULL && tip->number > 0)
		return STATUS_OK;
	struct hash *const ids = calloc(tip->number + 1, sizeof *ids);
	if (ids == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	ids[tip->number] = tip->last;
	for (uint64_t number = tip->number; link != NULL && number-- > 0;) {
		ids[number] = link->previous;
		link = find_link(member, number, &link->previous);
	}
	*branch = ids;
	return STATUS_OK;
}

static enum status keep_tip(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct head *const tip = context;
	struct object object;
	(void)position;
	(void)id;
	const enum status status = object_parse(&object, wire, err);
	return status == STATUS_OK ? head_decode(tip, object.payload, err) : status;
}

enum status casebook_chain(struct casebook *casebook, const struct key_id *device, struct chain *chain, struct error *err)
{
	struct head tip = {0};
	const enum status status = set_each_newest(casebook->set, OBJECT_HEAD, device, keep_tip, &tip, err);
	return status == STATUS_OK ? set_chain(casebook->set, device, tip.number > 0 ? &tip : NULL, chain, err) : status;
}

enum status casebook_member_load(struct casebook *casebook, struct casebook_member *member, struct error *err)
{
	if (member->loaded)
		return STATUS_OK;
	enum status status = casebook_chain(casebook, &member->id, &member->chain, err);
	if (status == STATUS_OK)
		status = load_links(casebook, member, err);
	if (status == STATUS_OK)
		status = walk_back(member, &member->chain.whole, &member->branch, err);
	for (size_t i = 0; status == STATUS_OK && i < member->limits_len; i++)
		if (member->limits[i].good.number > 0)
			status = walk_back(member, &member->limits[i].good, &member->limits[i].branch, err);
	member->loaded = status == STATUS_OK;
	return status;
}

void casebook_member_wipe(struct casebook_member *member)
{
	for (size_t i = 0; i < member->limits_len; i++)
		free(member->limits[i].branch);
	free(member->limits);
	free(member->links);
	free(member->branch);
	*member = (struct casebook_member){0};
}

bool casebook_member_has_linked(const struct casebook_member *member, uint64_t number, const struct hash *id)
{
	return member->branch != NULL && number <= member->chain.whole.number && hash_equals(&member->branch[number], id);
}

bool casebook_member_has_forked(const struct casebook_member *member, uint64_t number)
{
	const size_t first = first_of(member, number);
	return first + 1 < member->links_len && member->links[first + 1].number == number;
}

static bool is_good(const struct casebook_limit *limit, uint64_t number, const struct hash *id, uint64_t position)
{
	if (position > 0 && position <= limit->seen)
		return true;
	return limit->branch != NULL && number <= limit->good.number && hash_equals(&limit->branch[number], id);
}

enum verdict_standing casebook_member_standing(const struct casebook_member *member, uint64_t number,
                                               const struct hash *id, uint64_t position)
{
	if (member->enrolment == ENROLMENT_DOUBLE || member->enrolment == ENROLMENT_LATE)
		return STANDING_CONTESTED;
	for (size_t i = 0; i < member->limits_len; i++)
		if (!is_good(&member->limits[i], number, id, position))
			return STANDING_CONTESTED;
	return STANDING_GOOD;
}

struct head casebook_member_opened(const struct casebook_member *member)
{
	struct head opened = {.last = member->introduced};
	for (uint64_t number = 1; member->branch != NULL && number <= member->chain.whole.number; number++) {
		const struct casebook_link *const link = find_link(member, number, &member->branch[number]);
		if (link == NULL || !link->passes)
			break;
		opened = (struct head){number, link->id};
	}
	return opened;
}
