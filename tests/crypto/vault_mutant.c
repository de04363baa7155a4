#include "tests/crypto/vault_mutant.h"

#include <sqlite3.h>
#include <string.h>

#include "crypto/vault_file.h"
#include "tests/crypto/vault_disk_tape.h"

static struct {
	sqlite3_vfs vfs; /* the vault's, but for its name and xOpen */
	sqlite3_vfs *vault;
	const sqlite3_io_methods *original;
	sqlite3_io_methods methods;
	enum vault_mutant mutant;
} layer;

/* ---- looking below ---- */

static bool is_damaged(struct vault_file *file, uint64_t block)
{
	struct vault_place place = {.key = file->key, .kind = file->kind, .block = block};
	const sqlite3_int64 at = (sqlite3_int64)(block * VAULT_SLOT_BYTES);
	uint8_t slot[VAULT_SLOT_BYTES], plain[VAULT_BLOCK_BYTES];
	sqlite3_int64 size = 0;

	if (file->held_len > 0 && file->held_block == block)
		return false;
	memcpy(place.epoch, file->epoch, sizeof place.epoch);
	if (file->below->pMethods->xFileSize(file->below, &size) != SQLITE_OK || size <= at + VAULT_SLOT_HEAD_BYTES)
		return false;
	const sqlite3_int64 there = size - at < VAULT_SLOT_BYTES ? size - at : VAULT_SLOT_BYTES;
	(void)file->below->pMethods->xRead(file->below, slot, (int)there, at);
	return !vault_slot_open(plain, &place, slot, (size_t)there - VAULT_SLOT_HEAD_BYTES);
}

static bool has_damage(struct vault_file *file, int len, sqlite3_int64 at)
{
	const uint64_t last = (uint64_t)(at + len - 1) / VAULT_BLOCK_BYTES;
	for (uint64_t block = (uint64_t)at / VAULT_BLOCK_BYTES; block <= last; block++)
		if (is_damaged(file, block))
			return true;
	return false;
}

/* ---- broken methods ---- */

static int mutant_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	struct vault_file *const file = (struct vault_file *)base;
	const bool is_broken =
		(layer.mutant == VAULT_MUTANT_HEADER && file->kind == VAULT_KIND_DATABASE && len < 512) ||
		(layer.mutant == VAULT_MUTANT_TORN_JOURNAL && file->kind == VAULT_KIND_JOURNAL && !file->wrote_header) ||
		(layer.mutant == VAULT_MUTANT_TORN_LOG && file->kind == VAULT_KIND_WAL);

	if (is_broken && has_damage(file, len, at))
		return SQLITE_IOERR_DATA;
	return layer.original->xRead(base, data, len, at);
}

/* The short last block, zeros behind what it has. */
static int extend_last_block(sqlite3_file *base, sqlite3_int64 at)
{
	static const uint8_t zeros[VAULT_BLOCK_BYTES];
	sqlite3_int64 size = 0;

	const int rc = layer.original->xFileSize(base, &size);
	const int in = (int)(size % VAULT_BLOCK_BYTES);
	if (rc != SQLITE_OK || in == 0 || at < size - in + VAULT_BLOCK_BYTES)
		return rc;
	return layer.original->xWrite(base, zeros, VAULT_BLOCK_BYTES - in, size);
}

static int mutant_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	struct vault_file *const file = (struct vault_file *)base;

	if (layer.mutant == VAULT_MUTANT_RECOVERY && file->kind == VAULT_KIND_DATABASE && len < VAULT_BLOCK_BYTES &&
	    has_damage(file, len, at))
		return SQLITE_IOERR_DATA;
	if (layer.mutant == VAULT_MUTANT_EXTEND) {
		const int rc = extend_last_block(base, at);
		if (rc != SQLITE_OK)
			return rc;
	}
	struct vault_file *const journal = file->journal;
	if (layer.mutant == VAULT_MUTANT_HELD_ORDER)
		file->journal = NULL;
	const int rc = layer.original->xWrite(base, data, len, at);
	file->journal = journal;
	return rc;
}

static int mutant_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	const struct vault_file *const file = (const struct vault_file *)base;
	const int rest = (int)(size % VAULT_BLOCK_BYTES);
	uint8_t kept[VAULT_BLOCK_BYTES];

	if (layer.mutant != VAULT_MUTANT_CUT || file->kind != VAULT_KIND_DATABASE || rest == 0)
		return layer.original->xTruncate(base, size);
	int rc = layer.original->xRead(base, kept, rest, size - rest);
	if (rc == SQLITE_OK)
		rc = layer.original->xTruncate(base, size - rest);
	return rc == SQLITE_OK ? layer.original->xWrite(base, kept, rest, size - rest) : rc;
}

static int mutant_sector_size(sqlite3_file *base)
{
	return layer.mutant == VAULT_MUTANT_SECTOR ? 512 : layer.original->xSectorSize(base);
}

static int mutant_characteristics(sqlite3_file *base)
{
	const int kept = layer.original->xDeviceCharacteristics(base);
	return layer.mutant == VAULT_MUTANT_POWERSAFE ? kept | SQLITE_IOCAP_POWERSAFE_OVERWRITE : kept;
}

static int mutant_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	const int rc = layer.vault->xOpen(vfs, name, base, flags, flags_out);
	if (rc != SQLITE_OK)
		return rc;
	layer.original = base->pMethods;
	layer.methods = *base->pMethods;
	layer.methods.xRead = mutant_read;
	layer.methods.xWrite = mutant_write;
	layer.methods.xTruncate = mutant_truncate;
	layer.methods.xSectorSize = mutant_sector_size;
	layer.methods.xDeviceCharacteristics = mutant_characteristics;
	base->pMethods = &layer.methods;
	return SQLITE_OK;
}

/* ---- the layer ---- */

void vault_mutant_choose(enum vault_mutant mutant)
{
	layer.mutant = mutant;
}

const char *vault_mutant_layer(const char *vault)
{
	vault_mutant_end();
	layer.vault = sqlite3_vfs_find(vault);
	vault_disk_must(layer.vault != NULL);
	layer.vfs = *layer.vault;
	layer.vfs.zName = "vault-mutant";
	layer.vfs.xOpen = mutant_open;
	vault_disk_must(sqlite3_vfs_register(&layer.vfs, 0) == SQLITE_OK);
	return layer.vfs.zName;
}

void vault_mutant_end(void)
{
	if (layer.vault != NULL)
		vault_disk_must(sqlite3_vfs_unregister(&layer.vfs) == SQLITE_OK);
	layer.vault = NULL;
}
