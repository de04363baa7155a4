#include "crypto/key.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert(KEY_SEED_BYTES == crypto_sign_SEEDBYTES && KEY_SEED_BYTES == crypto_box_SEEDBYTES, "one seed length");
static_assert(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES && KEY_PUBLIC_BYTES == crypto_box_PUBLICKEYBYTES,
              "one public key length");
static_assert(KEY_SIGNATURE_BYTES == crypto_sign_BYTES, "an Ed25519 signature");
static_assert(crypto_sign_SECRETKEYBYTES == KEY_SEED_BYTES + KEY_PUBLIC_BYTES,
              "libsodium's Ed25519 secret key starts with the seed");

static const char PROOF_DOMAIN[] = "sijil/1 proof";
#define PROOF_MESSAGE_BYTES (sizeof PROOF_DOMAIN + KEY_ID_BYTES + HASH_BYTES + KEY_PUBLIC_BYTES)

struct signing_key {
	struct secret *secret; /* seed (32) || public key (32), as libsodium has it */
	struct key_public public;
};

struct sealing_key {
	struct secret *secret; /* seed (32) || scalar (32) */
	struct key_public public;
};

static enum status check_seed(struct span seed, struct error *err)
{
	if (seed.len != KEY_SEED_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a key's seed must be %d bytes long, not %zu", KEY_SEED_BYTES, seed.len);
	return STATUS_OK;
}

enum status signing_key_from_seed(struct signing_key **key, struct span seed, struct error *err)
{
	enum status status = check_seed(seed, err);
	if (status != STATUS_OK)
		return status;
	struct signing_key *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	status = secret_new(&made->secret, crypto_sign_SECRETKEYBYTES, err);
	if (status != STATUS_OK) {
		free(made);
		return status;
	}
	(void)crypto_sign_seed_keypair(made->public.bytes, made->secret->data, seed.data);
	made->secret->len = crypto_sign_SECRETKEYBYTES;
	*key = made;
	return STATUS_OK;
}

enum status signing_key_new(struct signing_key **key, struct error *err)
{
	struct secret *seed = NULL;
	enum status status = secret_new_random(&seed, KEY_SEED_BYTES, err);
	if (status == STATUS_OK)
		status = signing_key_from_seed(key, secret_span(seed), err);
	secret_free(seed);
	return status;
}

struct span signing_key_seed(const struct signing_key *key)
{
	return (struct span){key->secret->data, KEY_SEED_BYTES};
}

struct key_public signing_key_public(const struct signing_key *key)
{
	return key->public;
}

struct key_signature signing_key_sign(const struct signing_key *key, struct span message)
{
	struct key_signature signature;
	(void)crypto_sign_detached(signature.bytes, NULL, message.data, message.len, key->secret->data);
	return signature;
}

void signing_key_free(struct signing_key *key)
{
	if (key == NULL)
		return;
	secret_free(key->secret);
	free(key);
}

enum status signing_public_check(const struct key_public *key, struct error *err)
{
	if (crypto_core_ed25519_is_valid_point(key->bytes) != 1)
		return error_set(err, STATUS_UNTRUSTED, "this is not a sound public key (public_key)");
	return STATUS_OK;
}

bool signing_public_verifies(const struct key_public *key, struct span message, const struct key_signature *signature)
{
	return crypto_sign_verify_detached(signature->bytes, message.data, message.len, key->bytes) == 0;
}

enum status sealing_key_from_seed(struct sealing_key **key, struct span seed, struct error *err)
{
	enum status status = check_seed(seed, err);
	if (status != STATUS_OK)
		return status;
	struct sealing_key *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	status = secret_new(&made->secret, KEY_SEED_BYTES + crypto_box_SECRETKEYBYTES, err);
	if (status != STATUS_OK) {
		free(made);
		return status;
	}
	memcpy(made->secret->data, seed.data, KEY_SEED_BYTES);
	(void)crypto_box_seed_keypair(made->public.bytes, made->secret->data + KEY_SEED_BYTES, seed.data);
	made->secret->len = KEY_SEED_BYTES + crypto_box_SECRETKEYBYTES;
	*key = made;
	return STATUS_OK;
}

enum status sealing_key_new(struct sealing_key **key, struct error *err)
{
	struct secret *seed = NULL;
	enum status status = secret_new_random(&seed, KEY_SEED_BYTES, err);
	if (status == STATUS_OK)
		status = sealing_key_from_seed(key, secret_span(seed), err);
	secret_free(seed);
	return status;
}

struct span sealing_key_seed(const struct sealing_key *key)
{
	return (struct span){key->secret->data, KEY_SEED_BYTES};
}

struct span sealing_key_secret(const struct sealing_key *key)
{
	return (struct span){key->secret->data + KEY_SEED_BYTES, crypto_box_SECRETKEYBYTES};
}

struct key_public sealing_key_public(const struct sealing_key *key)
{
	return key->public;
}

void sealing_key_free(struct sealing_key *key)
{
	if (key == NULL)
		return;
	secret_free(key->secret);
	free(key);
}

struct key_id key_id_of_object(const struct hash *object_id)
{
	struct key_id id;
	memcpy(id.bytes, object_id->bytes, KEY_ID_BYTES);
	return id;
}

struct key_id key_id_of_project(const struct key_public *root)
{
	const struct span part = key_public_span(root);
	const struct hash hash = hash_with_domain("project", &part, 1);
	return key_id_of_object(&hash);
}

struct key_id key_id_of_log(const struct key_id *project, const struct key_public *receipt_key)
{
	const struct span parts[] = {key_id_span(project), key_public_span(receipt_key)};
	const struct hash hash = hash_with_domain("log", parts, 2);
	return key_id_of_object(&hash);
}

bool key_id_equals(const struct key_id *a, const struct key_id *b)
{
	return memcmp(a->bytes, b->bytes, KEY_ID_BYTES) == 0;
}

struct span key_id_span(const struct key_id *id)
{
	return (struct span){id->bytes, KEY_ID_BYTES};
}

struct span key_public_span(const struct key_public *key)
{
	return (struct span){key->bytes, KEY_PUBLIC_BYTES};
}

/* "sijil/1 proof" 0x00 | project (16) | introducer (32) | new public key (32) */
static void build_proof_message(uint8_t message[PROOF_MESSAGE_BYTES], const struct key_id *project,
                                const struct hash *introducer, const struct key_public *key)
{
	uint8_t *at = message;
	memcpy(at, PROOF_DOMAIN, sizeof PROOF_DOMAIN);
	at += sizeof PROOF_DOMAIN;
	memcpy(at, project->bytes, KEY_ID_BYTES);
	at += KEY_ID_BYTES;
	memcpy(at, introducer->bytes, HASH_BYTES);
	at += HASH_BYTES;
	memcpy(at, key->bytes, KEY_PUBLIC_BYTES);
}

struct key_signature key_prove_possession(const struct signing_key *key, const struct key_id *project,
                                          const struct hash *introducer)
{
	uint8_t message[PROOF_MESSAGE_BYTES];
	build_proof_message(message, project, introducer, &key->public);
	return signing_key_sign(key, (struct span){message, sizeof message});
}

bool key_proof_holds(const struct key_public *key, const struct key_id *project, const struct hash *introducer,
                     const struct key_signature *proof)
{
	uint8_t message[PROOF_MESSAGE_BYTES];
	build_proof_message(message, project, introducer, key);
	return signing_public_verifies(key, (struct span){message, sizeof message}, proof);
}

static const char CONSONANTS[] = "bdfghjklmnprstvz";
static const char VOWELS[] = "aiou";

enum {
	PROQUINT_LETTERS = 5,
	PROQUINT_WORDS = KEY_ID_BYTES / 2,
};
static_assert(KEY_PROQUINT_BYTES == PROQUINT_WORDS * (PROQUINT_LETTERS + 1), "words, dashes between them, NUL");

void key_id_format(const struct key_id *id, char text[KEY_PROQUINT_BYTES])
{
	char *at = text;
	for (size_t i = 0; i < PROQUINT_WORDS; i++) {
		const unsigned word = (unsigned)id->bytes[2 * i] << 8 | id->bytes[2 * i + 1];
		*at++ = CONSONANTS[word >> 12];
		*at++ = VOWELS[word >> 10 & 3];
		*at++ = CONSONANTS[word >> 6 & 15];
		*at++ = VOWELS[word >> 4 & 3];
		*at++ = CONSONANTS[word & 15];
		*at++ = i + 1 < PROQUINT_WORDS ? '-' : '\0';
	}
}

/* The position of `letter` in `letters`, in either case; -1 if it is not there. */
static int letter_value(const char *letters, char letter)
{
	const char lower = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
	const char *found = lower == '\0' ? NULL : strchr(letters, lower);
	return found == NULL ? -1 : (int)(found - letters);
}

/* Stops at the first letter that does not fit, so it never reads past the NUL. */
static bool parse_proquint(unsigned *word, const char *text)
{
	unsigned bits = 0;
	for (size_t i = 0; i < PROQUINT_LETTERS; i++) {
		const bool consonant = i % 2 == 0;
		const int value = letter_value(consonant ? CONSONANTS : VOWELS, text[i]);
		if (value < 0)
			return false;
		bits = bits << (consonant ? 4 : 2) | (unsigned)value;
	}
	*word = bits;
	return true;
}

enum status key_id_parse(struct key_id *id, const char *text, struct error *err)
{
	static const char SEPARATORS[] = " -";
	struct key_id parsed;
	const char *at = text + strspn(text, " ");
	for (size_t i = 0; i < PROQUINT_WORDS; i++) {
		const size_t gap = i == 0 ? 0 : strspn(at, SEPARATORS);
		unsigned word = 0;
		if ((i > 0 && gap == 0) || !parse_proquint(&word, at + gap))
			goto bad;
		parsed.bytes[2 * i] = (uint8_t)(word >> 8);
		parsed.bytes[2 * i + 1] = (uint8_t)word;
		at += gap + PROQUINT_LETTERS;
	}
	if (at[strspn(at, " ")] != '\0')
		goto bad;
	*id = parsed;
	return STATUS_OK;
bad:
	(void)error_set(err, STATUS_BAD_INPUT, "\"%.80s\" is not a fingerprint of eight words", text);
	error_hint(err, "a fingerprint looks like babab-dabab-fabab-gabab-habab-jabab-kabab-labab");
	return STATUS_BAD_INPUT;
}
