/*
 * Sealed messages: a clear fixed header, then secretstream (XChaCha20-Poly1305) frames of at most 1 MiB under
 * a key agreed from a fresh X25519 key and the receiver's box key, bound to header and receiver; inside, as
 * the final frame, an Ed25519 signature over the header, both keys and the hash of everything sealed. So only
 * the receiver can read it, an outsider learns no signature, and nobody can re-seal another's words to a
 * third party. Streaming: memory is one frame. A reader must not act on the payload before
 * sealed_reader_finish.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/identity.h"

enum { SEALED_FRAME_BYTES = 1 << 20, SEALED_HEADER_MAX = 256 };

struct sealed_writer;

/* header (n_header at most SEALED_HEADER_MAX) is written first, in clear, and authenticated; the caller puts
 * study, round, sender, receiver and sequence in it. The stream stays the caller's. */
int sealed_writer_new(FILE *to, const void *header, size_t n_header, const struct identity *sender,
	const uint8_t receiver_box_key[IDENTITY_BOX_BYTES], struct sealed_writer **ret, struct cf_error *err)
	CF_MUST_USE;
/* Any number of bytes; cut into frames inside. */
int sealed_write(struct sealed_writer *w, const void *data, size_t n, struct cf_error *err) CF_MUST_USE;
/* Flushes the last frame and the signed final frame. ret_transcript (may be NULL): hash of header and
 * payload, a name for this message. */
int sealed_writer_finish(
	struct sealed_writer *w, uint8_t ret_transcript[CRYPTO_HASH_BYTES], struct cf_error *err) CF_MUST_USE;
struct sealed_writer *sealed_writer_free(struct sealed_writer *w);
CF_DEFINE_CLEANUP(struct sealed_writer, sealed_writer_free);
#define CF_CLEANUP_SEALED_WRITER CF_CLEANUP(sealed_writer_free_ptr)

struct sealed_reader;

/* Reads n_header clear bytes into ret_header; the caller checks them and then names the sender. */
int sealed_reader_new(FILE *from, size_t n_header, void *ret_header, struct sealed_reader **ret,
	struct cf_error *err) CF_MUST_USE;
/* Must be called once, after the header was checked and before the first sealed_read. */
int sealed_reader_start(struct sealed_reader *r, const struct identity *receiver,
	const uint8_t sender_sign_key[IDENTITY_SIGN_BYTES], struct cf_error *err) CF_MUST_USE;
/* Reads exactly n bytes; CF_E_REFUSED when a frame was altered, CF_E_INPUT when the message ends early. */
int sealed_read(struct sealed_reader *r, void *to, size_t n, struct cf_error *err) CF_MUST_USE;
/* Requires that everything was read, the final frame is there, the signature holds and nothing follows. */
int sealed_reader_finish(
	struct sealed_reader *r, uint8_t ret_transcript[CRYPTO_HASH_BYTES], struct cf_error *err) CF_MUST_USE;
struct sealed_reader *sealed_reader_free(struct sealed_reader *r);
CF_DEFINE_CLEANUP(struct sealed_reader, sealed_reader_free);
#define CF_CLEANUP_SEALED_READER CF_CLEANUP(sealed_reader_free_ptr)
