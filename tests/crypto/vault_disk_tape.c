#include "tests/crypto/vault_disk_tape.h"

#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 64, ODDS = 8 };

/* A file while a tape is played. */
struct playing {
	unsigned inode;
	const char *name;
	struct bytes content; /* what is on the disk */
	bool is_there;        /* its name, as programs see it */
	bool is_durable;      /* its name on the disk */
	const struct vault_disk_op **pending;
	size_t pending_len, pending_capacity;
};

struct player {
	struct playing nodes[NODES_MAX]; /* oldest first */
	size_t len;
	unsigned may;
	uint32_t random;
	uint32_t loss; /* of ODDS unsynced things, so many are lost */
	const struct bytes *foreign; /* something else that lies on the disk */
};

static struct vault_disk_faults faults;

struct vault_disk_faults vault_disk_faults(void)
{
	return faults;
}

void vault_disk_must(bool is_fine)
{
	if (!is_fine)
		abort();
}

uint32_t vault_disk_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* ---- bytes ---- */

void vault_disk_resize(struct bytes *content, size_t len)
{
	if (len > content->len) {
		vault_disk_must(bytes_reserve(content, len - content->len, NULL) == STATUS_OK);
		memset(content->data + content->len, 0, len - content->len);
	}
	content->len = len;
}

void vault_disk_put(struct bytes *content, size_t at, struct span data)
{
	if (content->len < at + data.len)
		vault_disk_resize(content, at + data.len);
	memcpy(content->data + at, data.data, data.len);
}

static struct bytes copy_of(struct span data)
{
	struct bytes copy = {0};
	vault_disk_must(bytes_append(&copy, data, NULL) == STATUS_OK);
	return copy;
}

/* ---- recording ---- */

void vault_disk_tape_begin(struct vault_disk_tape *tape, const struct vault_disk_node files[VAULT_DISK_FILES])
{
	*tape = (struct vault_disk_tape){0};
	for (size_t i = 0; i < VAULT_DISK_FILES; i++) {
		tape->base[i] = files[i];
		tape->base[i].content = copy_of(bytes_span(&files[i].content));
	}
}

void vault_disk_tape_add(struct vault_disk_tape *tape, struct vault_disk_op op, struct span data)
{
	if (tape->len == tape->capacity) {
		tape->capacity = tape->capacity == 0 ? 256 : 2 * tape->capacity;
		tape->ops = realloc(tape->ops, tape->capacity * sizeof *tape->ops);
		vault_disk_must(tape->ops != NULL);
	}
	op.data = copy_of(data);
	tape->ops[tape->len++] = op;
}

void vault_disk_tape_wipe(struct vault_disk_tape *tape)
{
	for (size_t i = 0; i < VAULT_DISK_FILES; i++)
		bytes_wipe(&tape->base[i].content);
	for (size_t i = 0; i < tape->len; i++)
		bytes_wipe(&tape->ops[i].data);
	free(tape->ops);
	*tape = (struct vault_disk_tape){0};
}

/* ---- playing ---- */

static struct playing *add_node(struct player *player, unsigned inode, const char *name, bool is_durable)
{
	vault_disk_must(player->len < NODES_MAX);
	struct playing *const node = &player->nodes[player->len++];
	*node = (struct playing){.inode = inode, .name = name, .is_there = true, .is_durable = is_durable};
	return node;
}

static struct playing *node_of(struct player *player, unsigned inode)
{
	for (size_t i = 0; i < player->len; i++)
		if (player->nodes[i].inode == inode)
			return &player->nodes[i];
	abort();
}

static void release(struct playing *node)
{
	bytes_wipe(&node->content);
	free(node->pending);
	*node = (struct playing){0};
}

static void forget_node(struct player *player, struct playing *node)
{
	const size_t behind = (size_t)(player->nodes + player->len - node) - 1;
	release(node);
	memmove(node, node + 1, behind * sizeof *node);
	player->len--;
}

static void sync_folder(struct player *player)
{
	for (size_t i = player->len; i-- > 0;) {
		player->nodes[i].is_durable = player->nodes[i].is_there;
		if (!player->nodes[i].is_there)
			forget_node(player, &player->nodes[i]);
	}
}

static void apply(struct bytes *content, const struct vault_disk_op *op)
{
	if (op->change == VAULT_DISK_TRUNCATE)
		vault_disk_resize(content, op->at);
	else
		vault_disk_put(content, op->at, bytes_span(&op->data));
}

static void sync_node(struct player *player, unsigned inode)
{
	struct playing *const node = node_of(player, inode);
	for (size_t i = 0; i < node->pending_len; i++)
		apply(&node->content, node->pending[i]);
	node->pending_len = 0;
	if (!node->is_there)
		return;
	const char *const name = node->name;
	node->is_durable = true;
	for (size_t i = player->len; i-- > 0;)
		if (!player->nodes[i].is_there && strcmp(player->nodes[i].name, name) == 0)
			forget_node(player, &player->nodes[i]);
}

static void hold_pending(struct playing *node, const struct vault_disk_op *op)
{
	if (node->pending_len == node->pending_capacity) {
		node->pending_capacity = node->pending_capacity == 0 ? 64 : 2 * node->pending_capacity;
		node->pending = realloc(node->pending, node->pending_capacity * sizeof(void *));
		vault_disk_must(node->pending != NULL);
	}
	node->pending[node->pending_len++] = op;
}

static void play(struct player *player, const struct vault_disk_op *op, bool is_in_flight)
{
	switch (op->change) {
	case VAULT_DISK_CREATE:
		(void)add_node(player, op->inode, (const char *)op->data.data, false);
		break;
	case VAULT_DISK_WRITE:
	case VAULT_DISK_TRUNCATE:
		hold_pending(node_of(player, op->inode), op);
		break;
	case VAULT_DISK_SYNC:
		if (!is_in_flight)
			sync_node(player, op->inode);
		break;
	case VAULT_DISK_DELETE:
	case VAULT_DISK_DELETE_AND_SYNC:
		node_of(player, op->inode)->is_there = false;
		if (!is_in_flight && op->change == VAULT_DISK_DELETE_AND_SYNC)
			sync_folder(player);
		break;
	}
}

/* ---- losing power ---- */

static bool one_in(struct player *player, uint32_t n)
{
	return vault_disk_random(&player->random) % n == 0;
}

static bool is_lost(struct player *player, enum vault_disk_may kind)
{
	return (player->may & (unsigned)kind) != 0 && vault_disk_random(&player->random) % ODDS < player->loss;
}

/* Fills new room with what was never written there. */
static void spoil(struct player *player, uint8_t *to, size_t len)
{
	const struct bytes *const foreign = player->foreign;

	if (one_in(player, 3)) {
		faults.zeros++;
		memset(to, 0, len);
		return;
	}
	faults.garbage++;
	if (foreign != NULL && foreign->len > len && one_in(player, 2)) {
		memcpy(to, foreign->data + vault_disk_random(&player->random) % (foreign->len - len), len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(vault_disk_random(&player->random) >> 11);
}

/* What a lost piece of a write leaves: old room keeps what it had. */
static void lose(struct player *player, struct bytes *content, size_t at, size_t len)
{
	const size_t old = content->len;
	if ((player->may & VAULT_DISK_MAY_SPOIL) == 0 || at + len <= old || one_in(player, 2))
		return;
	vault_disk_resize(content, at + len);
	const size_t from = at > old ? at : old;
	spoil(player, content->data + from, at + len - from);
}

/* Sectors are of the disk, not of the write: the first and last may be shared. */
static void write_torn(struct player *player, struct bytes *content, const struct vault_disk_op *op)
{
	bool is_whole = true;
	for (size_t done = 0; done < op->data.len;) {
		const size_t at = op->at + done;
		size_t n = VAULT_DISK_SECTOR_BYTES - at % VAULT_DISK_SECTOR_BYTES;
		if (n > op->data.len - done)
			n = op->data.len - done;
		if (is_lost(player, VAULT_DISK_MAY_TEAR)) {
			lose(player, content, at, n);
			is_whole = false;
		} else {
			vault_disk_put(content, at, (struct span){op->data.data + done, n});
		}
		done += n;
	}
	faults.torn += is_whole ? 0 : 1;
}

static void settle_change(struct player *player, struct bytes *content, const struct vault_disk_op *op)
{
	if (op->change == VAULT_DISK_TRUNCATE) {
		if (is_lost(player, VAULT_DISK_MAY_UNDO))
			faults.truncations_undone++;
		else
			apply(content, op);
	} else if (is_lost(player, VAULT_DISK_MAY_DROP)) {
		faults.dropped++;
		lose(player, content, op->at, op->data.len);
	} else {
		write_torn(player, content, op);
	}
}

static void reorder(struct player *player, struct playing *node)
{
	if ((player->may & VAULT_DISK_MAY_REORDER) == 0 || node->pending_len < 2 || one_in(player, 2))
		return;
	for (size_t i = node->pending_len - 1; i > 0; i--) {
		const size_t other = vault_disk_random(&player->random) % (i + 1);
		const struct vault_disk_op *const moved = node->pending[i];
		faults.reordered += other != i ? 1 : 0;
		node->pending[i] = node->pending[other];
		node->pending[other] = moved;
	}
}

/* Whether the file is found after the power came back. */
static bool is_found(struct player *player, const struct playing *node)
{
	if (node->is_there == node->is_durable || !is_lost(player, VAULT_DISK_MAY_UNDO))
		return node->is_there;
	if (node->is_there)
		faults.creations_undone++;
	else
		faults.deletions_undone++;
	return !node->is_there;
}

static bool is_name_taken(const struct vault_disk_node files[VAULT_DISK_FILES], size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(files[i].name, name) == 0)
			return true;
	return false;
}

static void settle(struct player *player, struct vault_disk_node files[VAULT_DISK_FILES])
{
	size_t len = 0;

	for (size_t i = player->len; i-- > 0;) { /* of two of one name the newer one wins */
		struct playing *const node = &player->nodes[i];
		reorder(player, node);
		for (size_t k = 0; k < node->pending_len; k++)
			settle_change(player, &node->content, node->pending[k]);
		if (is_found(player, node) && !is_name_taken(files, len, node->name)) {
			vault_disk_must(len < VAULT_DISK_FILES);
			files[len].inode = node->inode;
			memcpy(files[len].name, node->name, strlen(node->name) + 1);
			files[len++].content = node->content;
			node->content = (struct bytes){0};
		}
		release(node);
	}
}

void vault_disk_tape_cut(const struct vault_disk_tape *tape, size_t n, struct vault_disk_fate fate,
                         struct vault_disk_node files[VAULT_DISK_FILES])
{
	static const uint32_t losses[] = {ODDS, 1, 2, ODDS / 2, ODDS - 2};
	struct player player = {.may = fate.may, .random = fate.seed * 2654435761u | 1};

	for (unsigned i = 0; i < 8; i++)
		(void)vault_disk_random(&player.random);
	player.loss = losses[vault_disk_random(&player.random) % (sizeof losses / sizeof losses[0])];
	for (size_t i = 0; i < VAULT_DISK_FILES; i++) {
		bytes_wipe(&files[i].content);
		files[i] = (struct vault_disk_node){0};
		if (tape->base[i].inode == 0)
			continue;
		player.foreign = &tape->base[i].content;
		add_node(&player, tape->base[i].inode, tape->base[i].name, true)->content =
			copy_of(bytes_span(&tape->base[i].content));
	}
	for (size_t i = 0; i < tape->len && i < n; i++)
		play(&player, &tape->ops[i], i + 1 == n);
	settle(&player, files);
}
