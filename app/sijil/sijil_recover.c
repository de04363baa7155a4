/* recover: the way back to a register whose passphrase is lost, by the code that headquarters holds. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil.h"

#include <assert.h>
#include <string.h>

enum { WORD_LETTERS = 5, CODE_TEXT_BYTES = KEY_PROQUINT_BYTES - 1, NO_SLOT = KEYFILE_SLOTS };
static_assert(BODY_RECOVERY_CODE_BYTES == KEY_ID_BYTES, "a code is written as a fingerprint is");

/* --- a new code --- */

/* As it opens its slot: eight proquints joined by dashes. */
static enum status format_code(struct secret **text, const struct secret *code, struct error *err)
{
	struct secret *words = NULL;
	const enum status status = secret_new(&words, KEY_PROQUINT_BYTES, err);
	if (status != STATUS_OK)
		return status;
	key_id_format((const struct key_id *)(const void *)code->data, (char *)words->data);
	words->len = CODE_TEXT_BYTES;
	*text = words;
	return STATUS_OK;
}

/* The body holds the code, so it stands in guarded memory too. */
enum status sijil_code_seal(struct outbox *outbox, const struct secret *code, struct error *err)
{
	struct sijil_session session = {.outbox = outbox};
	struct secret *room = NULL;
	struct hash id;
	assert(code != NULL);
	enum status status = secret_new(&room, sizeof(struct body), err);
	if (status != STATUS_OK)
		return status;
	struct body *const body = (struct body *)(void *)room->data;
	body_init(body, OBJECT_RECOVERY);
	sijil_clock(&session, &body->created_s, &body->clock);
	memcpy(body->recovery, code->data, sizeof body->recovery);
	status = outbox_put(outbox, body, 1, &id, err);
	secret_free(room);
	return status;
}

/* The first slot at or after `from` that has this kind; NO_SLOT if there is none. */
static unsigned slot_of_kind(const struct keyfile *keyfile, enum keyfile_slot_kind kind, unsigned from)
{
	while (from < KEYFILE_SLOTS && keyfile_slot_kind(keyfile, from) != kind)
		from++;
	return from;
}

static enum status free_slot(const struct keyfile *keyfile, unsigned *slot, struct error *err)
{
	*slot = slot_of_kind(keyfile, KEYFILE_SLOT_EMPTY, 0);
	if (*slot < KEYFILE_SLOT_APART)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "all slots of the key file are in use; nothing was changed");
	error_hint(err, "sijil slots list shows them; remove one that nobody needs");
	return STATUS_REFUSED;
}

static enum status clear_other_codes(struct keyfile *keyfile, unsigned kept, struct error *err)
{
	enum status status = STATUS_OK;
	for (unsigned slot = slot_of_kind(keyfile, KEYFILE_SLOT_RECOVERY, 0); status == STATUS_OK && slot != NO_SLOT;
	     slot = slot_of_kind(keyfile, KEYFILE_SLOT_RECOVERY, slot + 1))
		if (slot != kept)
			status = keyfile_slot_clear(keyfile, slot, err);
	return status;
}

enum status sijil_code_make(struct secret **code, unsigned *slot, struct keyfile *keyfile, struct error *err)
{
	struct secret *made = NULL, *text = NULL;
	enum status status = free_slot(keyfile, slot, err);
	if (status == STATUS_OK)
		status = secret_new_random(&made, BODY_RECOVERY_CODE_BYTES, err);
	if (status == STATUS_OK)
		status = format_code(&text, made, err);
	if (status == STATUS_OK)
		status = keyfile_slot_set(keyfile, *slot, KEYFILE_SLOT_RECOVERY, text, err);
	secret_free(text);
	if (status == STATUS_OK)
		*code = made;
	else
		secret_free(made);
	return status;
}

/* How many passphrases open it. */
static unsigned passphrases(const struct keyfile *keyfile)
{
	unsigned found = 0;
	for (unsigned slot = 0; slot < KEYFILE_SLOTS; slot++)
		found += keyfile_slot_kind(keyfile, slot) == KEYFILE_SLOT_PASSPHRASE ||
		         keyfile_slot_kind(keyfile, slot) == KEYFILE_SLOT_PASSPHRASE_AND_FILE;
	return found;
}

/* In place of the lost one. Of several nobody knows which was lost: then beside them. */
static enum status set_passphrase(struct keyfile *keyfile, const struct secret *passphrase, struct error *err)
{
	unsigned slot = slot_of_kind(keyfile, KEYFILE_SLOT_PASSPHRASE, 0);
	const enum status status =
		passphrases(keyfile) == 1 && slot != NO_SLOT ? STATUS_OK : free_slot(keyfile, &slot, err);
	return status == STATUS_OK ? keyfile_slot_set(keyfile, slot, KEYFILE_SLOT_PASSPHRASE, passphrase, err) : status;
}

/* A slot for the new code, and whatever passphrase is to be set with it, in one change. */
static enum status put_slots(struct home *home, const struct secret *passphrase, struct secret **code, unsigned *slot,
                             struct error *err)
{
	enum status status = home_change_begin(home, err);
	if (status != STATUS_OK)
		return status;
	if (passphrase != NULL)
		status = set_passphrase(home->keyfile, passphrase, err);
	if (status == STATUS_OK)
		status = sijil_code_make(code, slot, home->keyfile, err);
	return home_change_end(home, status, err);
}

/* Cut short after the first or the second step, two codes open the register; never is there one that opens nothing. */
enum status sijil_renew_code(struct sijil_session *session, const struct secret *passphrase, struct error *err)
{
	struct secret *code = NULL;
	unsigned slot = NO_SLOT;
	enum status status = put_slots(&session->home, passphrase, &code, &slot, err);
	if (status == STATUS_OK)
		status = sijil_code_seal(session->outbox, code, err);
	secret_free(code);
	if (status == STATUS_OK)
		status = home_change_begin(&session->home, err);
	if (status != STATUS_OK)
		return status;
	return home_change_end(&session->home, clear_other_codes(session->home.keyfile, slot, err), err);
}

enum sijil_code_standing sijil_code_standing(const struct sijil_session *session, const struct outbox_status *state)
{
	const unsigned first = slot_of_kind(session->home.keyfile, KEYFILE_SLOT_RECOVERY, 0);
	if (!state->recovery_made || first == NO_SLOT)
		return SIJIL_CODE_NONE;
	if (slot_of_kind(session->home.keyfile, KEYFILE_SLOT_RECOVERY, first + 1) != NO_SLOT)
		return SIJIL_CODE_DOUBLE;
	return state->recovery_held ? SIJIL_CODE_HELD : SIJIL_CODE_HERE;
}

/* --- a code that is typed --- */

/* Letters count, in either case; blanks, dashes and the like do not. False: not forty letters. */
static bool tidy(struct secret *tidied, const struct secret *typed)
{
	for (size_t i = 0; i < typed->len; i++) {
		const uint8_t c = typed->data[i];
		const bool upper = c >= 'A' && c <= 'Z', letter = upper || (c >= 'a' && c <= 'z');
		if (!letter && c >= '0' && c <= '9')
			return false;
		if (!letter)
			continue;
		if (tidied->len % (WORD_LETTERS + 1) == WORD_LETTERS && tidied->len < CODE_TEXT_BYTES)
			tidied->data[tidied->len++] = '-';
		if (tidied->len == CODE_TEXT_BYTES)
			return false;
		tidied->data[tidied->len++] = (uint8_t)(upper ? c - 'A' + 'a' : c);
	}
	return tidied->len == CODE_TEXT_BYTES;
}

/* The error never repeats what was typed. */
static enum status read_code(struct secret **text, const struct secret *typed, struct error *err)
{
	struct secret *tidied = NULL, *id = NULL;
	enum status status = secret_new(&tidied, KEY_PROQUINT_BYTES, err);
	if (status == STATUS_OK)
		status = secret_new(&id, sizeof(struct key_id), err);
	if (status == STATUS_OK && (!tidy(tidied, typed) || key_id_parse((struct key_id *)(void *)id->data,
	                                                                 (const char *)tidied->data, NULL) != STATUS_OK)) {
		status = error_set(err, STATUS_LOCKED, "that is no recovery code; nothing was changed");
		error_hint(err, "it is eight words of five letters, as in babab-dabab-fabab-gabab-habab-jabab-kabab-labab");
	}
	secret_free(id);
	if (status == STATUS_OK)
		*text = tidied;
	else
		secret_free(tidied);
	return status;
}

static enum status ask_code(struct secret **text, const struct cli *cli, struct error *err)
{
	struct secret *typed = NULL;
	enum status status = prompt_code(cli, &typed, err);
	if (status == STATUS_OK)
		status = read_code(text, typed, err);
	secret_free(typed);
	return status;
}

/* --- recovering --- */

static enum status open_by_code(struct sijil_session *session, const struct cli *cli, struct error *err)
{
	struct secret *code = NULL;
	enum status status = home_find(&session->home, cli, err);
	if (status == STATUS_OK)
		status = ask_code(&code, cli, err);
	if (status == STATUS_OK)
		status = home_unlock_by_code(&session->home, code, err);
	secret_free(code);
	return status == STATUS_OK ? sijil_open_unlocked(session, err) : status;
}

static void say_recovered(const struct keyfile *keyfile)
{
	print_out("recovered: the register opens with the new passphrase, and the code that was used opens nothing any more\n"
	          "A new code was made and sealed to headquarters. It reaches them with the next sync or carried bundle;\n"
	          "until then nobody can help with a lost passphrase. Next: sijil sync\n");
	if (passphrases(keyfile) > 1)
		print_out("Other passphrases still open it: sijil slots list; remove the one that was lost.\n");
}

static enum status recover(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct secret *passphrase = NULL;
	enum status status = open_by_code(&session, cli, err);
	if (status == STATUS_OK)
		status = prompt_new_passphrase(cli, "the register", &passphrase, err);
	if (status == STATUS_OK)
		status = sijil_renew_code(&session, passphrase, err);
	if (status == STATUS_OK)
		cli->done = "the register opens with the new passphrase";
	if (status == STATUS_OK)
		say_recovered(session.home.keyfile);
	secret_free(passphrase);
	sijil_close(&session);
	return status;
}

static enum status renew(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = sijil_check_project(&session, err);
	if (status == STATUS_OK)
		status = sijil_renew_code(&session, NULL, err);
	if (status == STATUS_OK)
		cli->done = "the recovery code is made anew";
	if (status == STATUS_OK)
		print_out("a new recovery code was made and sealed to headquarters; older ones open nothing any more\n"
		          "It reaches them with the next sync or carried bundle.\n");
	sijil_close(&session);
	return status;
}

enum status sijil_recover(struct cli *cli, struct error *err)
{
	return cli_flag(cli, "renew") ? renew(cli, err) : recover(cli, err);
}
