#include <criterion/criterion.h>
#include <string.h>

#include "crypto/armor.h"
#include "sync/tls.h"

struct made {
	struct secret *key;
	struct bytes pem, der;
};

static struct made make(void)
{
	struct made made = {0};
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_eq(tls_certificate_new(&made.key, &made.pem, &made.der, NULL), STATUS_OK);
	return made;
}

static void unmake(struct made *made)
{
	secret_free(made->key);
	bytes_wipe(&made->pem);
	bytes_wipe(&made->der);
}

Test(tls, makes_a_certificate_that_reads_back_the_same_in_both_forms)
{
	struct made made = make();
	struct bytes der = {0}, pem = {0};
	cr_assert_eq(tls_der(&der, bytes_span(&made.pem), NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&der), bytes_span(&made.der)));
	cr_assert_eq(tls_pem(&pem, bytes_span(&made.der), NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&pem), bytes_span(&made.pem)));
	bytes_wipe(&der);
	bytes_wipe(&pem);
	unmake(&made);
}

Test(tls, writes_the_key_as_terminated_pem_in_guarded_memory)
{
	struct made made = make();
	cr_assert_eq(made.key->data[made.key->len - 1], '\0');
	cr_assert_not_null(strstr((const char *)made.key->data, "PRIVATE KEY"));
	unmake(&made);
}

Test(tls, pins_the_key_and_not_the_certificate)
{
	struct made a = make(), b = make();
	struct hash pin_a, again, pin_b;
	cr_assert_eq(tls_pin(&pin_a, bytes_span(&a.der), NULL), STATUS_OK);
	cr_assert_eq(tls_pin(&again, bytes_span(&a.der), NULL), STATUS_OK);
	cr_assert_eq(tls_pin(&pin_b, bytes_span(&b.der), NULL), STATUS_OK);
	cr_assert(hash_equals(&pin_a, &again));
	cr_assert_not(hash_equals(&pin_a, &pin_b));
	const struct hash whole = hash_of(bytes_span(&a.der));
	cr_assert_not(hash_equals(&pin_a, &whole));
	unmake(&a);
	unmake(&b);
}

Test(tls, refuses_what_is_no_certificate)
{
	struct hash pin;
	struct error err = {0};
	cr_assert_eq(tls_pin(&pin, span_from_text("nonsense"), &err), STATUS_BAD_INPUT);
	cr_assert_neq(err.message[0], '\0');
	cr_assert_eq(tls_pin(&pin, (struct span){NULL, 0}, &err), STATUS_BAD_INPUT);
}
