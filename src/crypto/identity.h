/*
 * Who an organisation is in a study: an Ed25519 signing key and an X25519 box key in one key file (mode 0600,
 * optionally sealed under a passphrase by Argon2id), and the public card that it hands to the others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"

enum {
	IDENTITY_SIGN_BYTES = 32,
	IDENTITY_BOX_BYTES = 32,
	IDENTITY_SIGNATURE_BYTES = 64,
	IDENTITY_NAME_MAX = 64
};

/* The public half. The fingerprint is for reading aloud. */
struct identity_card {
	char name[IDENTITY_NAME_MAX + 1];
	uint8_t sign_key[IDENTITY_SIGN_BYTES];
	uint8_t box_key[IDENTITY_BOX_BYTES];
};

struct identity; /* the secret half with its card */

/* name: 1 to 64 bytes of printable UTF-8 without control characters or '/'. */
int identity_new(const char *name, struct identity **ret, struct cf_error *err) CF_MUST_USE;
struct identity *identity_free(struct identity *id);
CF_DEFINE_CLEANUP(struct identity, identity_free);
#define CF_CLEANUP_IDENTITY CF_CLEANUP(identity_free_ptr)
const struct identity_card *identity_public(const struct identity *id);
/* The X25519 secret, for sealed.c. */
const struct secret *identity_box_secret(const struct identity *id);

/* Key files. passphrase NULL: not sealed, guarded by the file mode alone. Reading refuses a file that others
 * may read, a wrong passphrase, and damage, each with its own message. CF_E_STATE when path is there already.
 */
int identity_write(const struct identity *id, const char *path, const struct secret *passphrase,
	struct cf_error *err) CF_MUST_USE;
int identity_read(const char *path, const struct secret *passphrase, struct identity **ret,
	struct cf_error *err) CF_MUST_USE;

/* The card as an INI text that carries a signature over itself by its own key; reading checks it. */
int identity_card_format(const struct identity *id, struct buffer *out, struct cf_error *err) CF_MUST_USE;
int identity_card_parse(const char *name, const char *data, size_t n, struct identity_card *ret,
	struct cf_error *err) CF_MUST_USE;
/* "7F3A 91C2 ..." of BLAKE2b over both keys and the name, 8 groups of 4. ret holds 40 bytes. */
void identity_fingerprint(const struct identity_card *card, char ret[40]);

/* Ed25519 over domain-separated bytes: the label's length and text come first, so that a signature made for
 * one purpose is worth nothing for another. */
int identity_sign(const struct identity *id, const char *label, const void *data, size_t n,
	uint8_t ret[IDENTITY_SIGNATURE_BYTES], struct cf_error *err) CF_MUST_USE;
/* CF_E_REFUSED when it does not verify. Small-order and non-canonical keys are refused. */
int identity_verify(const uint8_t sign_key[IDENTITY_SIGN_BYTES], const char *label, const void *data,
	size_t n, const uint8_t signature[IDENTITY_SIGNATURE_BYTES], struct cf_error *err) CF_MUST_USE;
