/* The relay's own self-signed certificate, and its pin. The one home of gnutls.h.
 *
 * ECDSA P-256; valid from 1970 to 9999, so that no dead clock refuses it.
 */
#ifndef SIJIL_SYNC_TLS_H
#define SIJIL_SYNC_TLS_H

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

/* Makes key (PEM in guarded memory, NUL-terminated) and certificate (PEM text and DER). */
MUST_CHECK enum status tls_certificate_new(struct secret **key_pem, struct bytes *certificate_pem,
                                           struct bytes *certificate_der, struct error *err);
/* SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 pin). */
MUST_CHECK enum status tls_pin(struct hash *pin, struct span certificate_der, struct error *err);
/* DER to PEM text, and back. BAD_INPUT if it is no certificate. */
MUST_CHECK enum status tls_pem(struct bytes *pem, struct span certificate_der, struct error *err);
MUST_CHECK enum status tls_der(struct bytes *der, struct span certificate_pem, struct error *err);

#endif
