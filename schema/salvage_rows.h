/* What the parts of schema/salvage share: the rows, by table.
 */
#ifndef SIJIL_SCHEMA_SALVAGE_ROWS_H
#define SIJIL_SCHEMA_SALVAGE_ROWS_H

#include "schema/salvage.h"
#include "schema/salvage_page.h"

enum salvage_table {
	SALVAGE_SCHEMA,   /* type, name, table, root page, SQL */
	SALVAGE_REGISTER, /* -, root, label, tag key, descriptor */
	SALVAGE_IDENTITY, /* (generation), device, introduced, seed, ended */
	SALVAGE_OBJECT,   /* (position), id, type, device, number, previous, wire */
	SALVAGE_NEWEST,   /* type, device, log, number, id, wire */
	SALVAGE_OWN,      /* (position), floor, parent, body */
	SALVAGE_SIGNER,   /* id, kind, key, roles, until, parent, introduced by */
	SALVAGE_CHAIN,    /* device, number, last, held, highest, forked at */
	SALVAGE_LOG,      /* -, size, frontier */
	SALVAGE_COVERED,  /* device, by, number, time */
	SALVAGE_CHECKPOINT, /* -, log, size, root, told */
	SALVAGE_LOST,     /* device, first, last, fate */
	SALVAGE_NOTE,     /* name, event */
	SALVAGE_DRAFT,    /* -, mark, saved, content */
	SALVAGE_WITHHELD, /* (position), id, device, number, previous */
	SALVAGE_LINK,     /* of an index: device, number, position of an event */
	SALVAGE_ID,       /* of an index: id, position of an object; also a parent's id, position of an own event */
	/* Of headquarters' database alone. */
	SALVAGE_PROJECT,    /* -, root, appointment, behind */
	SALVAGE_SECRET,     /* use, number, wrapped seed */
	SALVAGE_INVITE,     /* id, label, expires, made */
	SALVAGE_ARRIVAL,    /* id, position, taken */
	SALVAGE_SIGNED,     /* size, time, root: what the relay signed */
	SALVAGE_QUARANTINE, /* hash, type, signer, status, reason, first, wire */
	SALVAGE_TABLES,
};

enum { SALVAGE_OBJECT_COLUMNS = 7 };

/* A row that is kept; its values point into `payload`. */
struct salvage_kept {
	int64_t rowid;
	size_t len; /* of its values */
	struct bytes payload;
	struct salvage_value values[SALVAGE_COLUMNS];
};

/* The rows of a table, ascending by row id where they have one. */
struct salvage_rows {
	struct salvage_kept *rows;
	size_t len, capacity;
};

/* An event whose body was withheld, as anything says that is left. */
struct salvage_withheld {
	struct hash id;
	bool is_vouched; /* its withholding is here */
};

struct salvage {
	struct salvage_rows tables[SALVAGE_TABLES];
	size_t added_len; /* of the objects: the last ones, that came from elsewhere */
	struct salvage_withheld *withheld; /* ascending by id */
	size_t withheld_len;
};

/* Keeps a copy of a row. */
MUST_CHECK enum status salvage_keep(struct salvage *salvage, enum salvage_table table, const struct salvage_row *row,
                                    struct error *err);
/* Sorts the rows of tables that have row ids. */
void salvage_sort(struct salvage *salvage);

/* The row of that id, or NULL. */
const struct salvage_kept *salvage_row_of(const struct salvage *salvage, enum salvage_table table, int64_t rowid);
/* The first row of a table, or NULL. */
const struct salvage_kept *salvage_first(const struct salvage *salvage, enum salvage_table table);
/* The identity whose device this value names, or NULL. */
const struct salvage_kept *salvage_identity_of(const struct salvage *salvage, struct span device);
/* The object of that id, or NULL. */
const struct salvage_kept *salvage_object_of(const struct salvage *salvage, struct span id);
/* The project's root key, by the register's own row or by a descriptor it held. */
bool salvage_root(const struct salvage *salvage, struct key_public *root);
/* The readable copy of a lost event that can be recorded again: its row of `own`, or NULL. What amends or retracts needs
 * what it speaks of, here or recorded again too; what `receipted` covers is not. */
const struct salvage_kept *salvage_copy_of(const struct salvage *salvage, struct span device, uint64_t number,
                                           uint64_t receipted);
/* The id of the object at a position, as an index still names it. */
bool salvage_id_at(const struct salvage *salvage, int64_t position, struct hash *id);
/* And back: the position of the object of that id, 0 if no index says; and the index row of the event at a position, or
 * NULL. */
int64_t salvage_position_of_id(const struct salvage *salvage, struct span id);
const struct salvage_kept *salvage_link_at(const struct salvage *salvage, int64_t position);
/* Decodes a readable copy whose event's type is not known: no two types read the same. */
MUST_CHECK enum status salvage_copy_decode(struct body *body, const struct salvage_kept *own, struct error *err);
/* Records again what `findings` says, in a new register that is open. */
MUST_CHECK enum status salvage_again(const struct salvage *salvage, const struct salvage_findings *findings,
                                     struct outbox *outbox, struct error *err);
/* Puts the signers whose introduction is lost, known by their rows alone, which the vault vouches for. */
MUST_CHECK enum status salvage_put_signers(const struct salvage *salvage, struct db *db, struct error *err);
/* Binds a value of a row. */
void salvage_bind(struct query *query, int at, const struct salvage_value *value);
/* Notes what was withheld, and takes the headers of own events that are lost from their withholdings. */
MUST_CHECK enum status salvage_withheld_note(struct salvage *salvage, struct error *err);
/* Whether the body of the event of that id was withheld: it comes back from nowhere. */
bool salvage_is_withheld(const struct salvage *salvage, struct span id);
/* Whether what is left of an own event is a link of its chain: a whole one is, and a withheld one if its withholding is
 * here or its key, which signs it again. */
bool salvage_is_link(const struct salvage *salvage, const struct salvage_kept *object);
/* Signs and appends the withholding of an own event whose key is here. */
MUST_CHECK enum status salvage_withhold_again(struct bytes *wire, const struct salvage *salvage,
                                              const struct salvage_kept *object, const struct secret *data_key,
                                              struct error *err);
/* Whether the row is an event's header alone. */
bool salvage_is_header(const struct salvage_kept *object);

/* What a `bytes` value of 16 or 32 says. */
struct key_id salvage_key_id(struct span value);
struct hash salvage_hash(struct span value);

#endif
