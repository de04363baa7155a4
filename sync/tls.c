#include "sync/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

enum { SERIAL_BYTES = 16 };

/* 1970-01-01 and 9999-12-31, the latter as RFC 5280 4.1.2.5 writes "no end". */
static const time_t NOT_BEFORE = 0, NOT_AFTER = 253402300799;

static enum status refuse(int code, const char *what, struct error *err)
{
	return error_set(err, STATUS_BUG, "%s: %s", what, gnutls_strerror(code));
}

/* Appends and frees what GnuTLS allocated. */
static enum status take_datum(struct bytes *out, gnutls_datum_t *datum, struct error *err)
{
	const enum status status = bytes_append(out, (struct span){datum->data, datum->size}, err);
	gnutls_free(datum->data);
	datum->data = NULL;
	return status;
}

/* The private key's PEM into guarded memory; the library's copy is wiped. */
static enum status take_key(struct secret **pem, gnutls_x509_privkey_t key, struct error *err)
{
	gnutls_datum_t datum = {0};
	const int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &datum);
	if (code < 0)
		return refuse(code, "the relay's TLS key cannot be written", err);
	const enum status status = secret_new(pem, datum.size + 1, err);
	if (status == STATUS_OK) {
		memcpy((*pem)->data, datum.data, datum.size);
		(*pem)->len = datum.size + 1;
	}
	gnutls_memset(datum.data, 0, datum.size);
	gnutls_free(datum.data);
	return status;
}

static int fill_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
	uint8_t serial[SERIAL_BYTES];
	int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] &= 0x7f; /* RFC 5280 4.1.2.2: positive */
	if (code == 0)
		code = gnutls_x509_crt_set_version(certificate, 3);
	if (code == 0)
		code = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
	if (code == 0)
		code = gnutls_x509_crt_set_activation_time(certificate, NOT_BEFORE);
	if (code == 0)
		code = gnutls_x509_crt_set_expiration_time(certificate, NOT_AFTER);
	if (code == 0)
		code = gnutls_x509_crt_set_key(certificate, key);
	if (code == 0)
		code = gnutls_x509_crt_set_dn(certificate, "CN=relay", NULL);
	/* Clients hold this very certificate as their one authority. */
	if (code == 0)
		code = gnutls_x509_crt_set_basic_constraints(certificate, 1, 0);
	if (code == 0)
		code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN);
	if (code == 0)
		code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
	return code;
}

static enum status export_certificate(gnutls_x509_crt_t certificate, gnutls_x509_crt_fmt_t format, struct bytes *out,
                                      struct error *err)
{
	gnutls_datum_t datum = {0};
	const int code = gnutls_x509_crt_export2(certificate, format, &datum);
	return code < 0 ? refuse(code, "the relay's certificate cannot be written", err) : take_datum(out, &datum, err);
}

enum status tls_certificate_new(struct secret **key_pem, struct bytes *certificate_pem, struct bytes *certificate_der,
                                struct error *err)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	struct secret *pem = NULL;
	enum status status = STATUS_OK;
	int code = gnutls_x509_privkey_init(&key);
	if (code == 0)
		code = gnutls_x509_crt_init(&certificate);
	if (code == 0)
		code = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (code == 0)
		code = fill_certificate(certificate, key);
	if (code < 0)
		status = refuse(code, "the relay's certificate cannot be made", err);
	if (status == STATUS_OK)
		status = take_key(&pem, key, err);
	if (status == STATUS_OK)
		status = export_certificate(certificate, GNUTLS_X509_FMT_PEM, certificate_pem, err);
	if (status == STATUS_OK)
		status = export_certificate(certificate, GNUTLS_X509_FMT_DER, certificate_der, err);
	if (status == STATUS_OK) {
		*key_pem = pem;
		pem = NULL;
	}
	secret_free(pem);
	if (certificate != NULL)
		gnutls_x509_crt_deinit(certificate);
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	return status;
}

static enum status import_certificate(gnutls_x509_crt_t *certificate, struct span encoded, gnutls_x509_crt_fmt_t format,
                                      struct error *err)
{
	*certificate = NULL;
	/* GnuTLS takes a pointer to non-const and does not write through it. */
	uint8_t *copy = malloc(encoded.len > 0 ? encoded.len : 1);
	if (copy == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (encoded.len > 0)
		memcpy(copy, encoded.data, encoded.len);
	const gnutls_datum_t datum = {.data = copy, .size = (unsigned)encoded.len};
	int code = gnutls_x509_crt_init(certificate);
	if (code == 0)
		code = gnutls_x509_crt_import(*certificate, &datum, format);
	free(copy);
	if (code == 0)
		return STATUS_OK;
	if (*certificate != NULL)
		gnutls_x509_crt_deinit(*certificate);
	*certificate = NULL;
	return error_set(err, STATUS_BAD_INPUT, "that is no certificate: %s", gnutls_strerror(code));
}

enum status tls_pin(struct hash *pin, struct span certificate_der, struct error *err)
{
	gnutls_x509_crt_t certificate;
	gnutls_pubkey_t key = NULL;
	gnutls_datum_t spki = {0};
	const enum status status = import_certificate(&certificate, certificate_der, GNUTLS_X509_FMT_DER, err);
	if (status != STATUS_OK)
		return status;
	int code = gnutls_pubkey_init(&key);
	if (code == 0)
		code = gnutls_pubkey_import_x509(key, certificate, 0);
	if (code == 0)
		code = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki);
	if (code == 0)
		*pin = hash_of((struct span){spki.data, spki.size});
	gnutls_free(spki.data);
	if (key != NULL)
		gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	return code == 0 ? STATUS_OK : refuse(code, "the certificate's key cannot be read", err);
}

static enum status convert(struct bytes *out, struct span encoded, gnutls_x509_crt_fmt_t from, gnutls_x509_crt_fmt_t to,
                           struct error *err)
{
	gnutls_x509_crt_t certificate;
	enum status status = import_certificate(&certificate, encoded, from, err);
	if (status != STATUS_OK)
		return status;
	status = export_certificate(certificate, to, out, err);
	gnutls_x509_crt_deinit(certificate);
	return status;
}

enum status tls_pem(struct bytes *pem, struct span certificate_der, struct error *err)
{
	return convert(pem, certificate_der, GNUTLS_X509_FMT_DER, GNUTLS_X509_FMT_PEM, err);
}

enum status tls_der(struct bytes *der, struct span certificate_pem, struct error *err)
{
	return convert(der, certificate_pem, GNUTLS_X509_FMT_PEM, GNUTLS_X509_FMT_DER, err);
}
