/*
 * Signed heads of a log in the formats of C2SP: a checkpoint (tlog-checkpoint: origin, size, root) in a
 * signed note (signed-note) with one Ed25519 signature. So other people's tools can check them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"

enum { NOTE_NAME_MAX = 127, NOTE_KEY_BYTES = 32, NOTE_MAX = 4096 };

struct note_checkpoint {
	char origin[NOTE_NAME_MAX + 1]; /* printable ASCII without blanks and '+'; also the key's name */
	struct merkle_head head;
};

/* Who checks: the key's name and its public half. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t public_key[NOTE_KEY_BYTES];
};
/* From the 32-byte seed of the signer. */
int note_key_of(const struct secret *seed, const char *name, struct note_key *ret, struct cf_error *err)
	CF_MUST_USE;
/* "NAME+HASH+KEY", appended. */
int note_key_format(const struct note_key *key, struct buffer *out, struct cf_error *err) CF_MUST_USE;
int note_key_parse(const char *text, struct note_key *ret, struct cf_error *err) CF_MUST_USE;

/* Appends the note; the signature is over exactly the text before the empty line. */
int note_sign(const struct note_checkpoint *what, const struct secret *seed, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
/* Reads n bytes: a note whose origin is the key's name and that carries a good signature of the key (and may
 * carry others'). CF_E_INPUT when it is none, CF_E_REFUSED when the signature does not hold. */
int note_open(const struct note_key *key, const char *note, size_t n, struct note_checkpoint *ret,
	struct cf_error *err) CF_MUST_USE;

/* Base64 of n bytes, appended. */
int note_base64(struct buffer *out, const void *data, size_t n, struct cf_error *err) CF_MUST_USE;
/* Strict: exactly n bytes from the n_text characters. CF_E_INPUT. */
int note_from_base64(const char *text, size_t n_text, void *ret, size_t max, size_t *ret_n) CF_MUST_USE;
