/*
 * The sealed message, byte by byte. Integers are little-endian.
 *
 *   header       n_header bytes, in clear; their meaning is the caller's (study, round, sender, receiver,
 * number) ephemeral    32 bytes: an X25519 public key made for this message alone stream head  24 bytes: the
 * header of libsodium's secretstream (XChaCha20-Poly1305) frames       each a u32, the number of ciphertext
 * bytes that follow, then that many bytes of ciphertext, which is 17 bytes longer than its plaintext (an
 * encrypted tag byte before, 16 bytes of authenticator behind)
 *
 * Frames 0 to m - 1 carry the payload under the tag MESSAGE (0): 1,048,576 bytes each, the last of them 1 to
 * 1,048,576; an empty payload has none. So a payload is cut in one way only. Frame m carries 64 bytes, the
 * signature, under the tag FINAL (3). Nothing follows it. Other tags (PUSH, REKEY) are refused. The tag is
 * authenticated, which parts payload from signature; secretstream's counter and chained nonce make an
 * altered, dropped, doubled or moved frame fail.
 *
 *   shared       X25519(ephemeral secret, receiver's box key); all zeros (a low-order key) is refused
 *   context      crypto_digest("counterfoil seal v1", ephemeral, receiver's box key, header)
 *   key          BLAKE2b-256 of context, keyed with shared
 *   transcript   BLAKE2b-256 of the prefixed domain "counterfoil transcript v1", u64 n_header, header,
 * payload signed       crypto_digest("counterfoil sealed message v1", header, ephemeral, receiver's box key,
 * sender's signing key, transcript), signed by identity_sign with the label "sealed message"
 *
 * crypto_digest prefixes domain and parts with their lengths as u64. Lengths are checked before a byte of the
 * frame is read, and buffers have one fixed size. After a failure a writer or reader refuses all but being
 * freed.
 */
#include "crypto/sealed.h"

#include <sodium.h>
#include <string.h>

enum {
	BOX_BYTES = IDENTITY_BOX_BYTES,
	STREAM_HEAD_BYTES = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	OVERHEAD_BYTES = crypto_secretstream_xchacha20poly1305_ABYTES,
	CIPHER_MAX_BYTES = SEALED_FRAME_BYTES + OVERHEAD_BYTES,
	LENGTH_BYTES = 4,
	STACK_BYTES = 4096, /* more than X25519 and BLAKE2b leave behind */
};

static const char signature_label[] = "sealed message";

/* NOLINTNEXTLINE(misc-redundant-expression): two names of one number is what is checked */
_Static_assert(BOX_BYTES == crypto_scalarmult_BYTES, "box key");

enum stage { STAGE_NEW, STAGE_OPEN, STAGE_SIGNED, STAGE_OVER };

/* What the two ends have in common. */
struct seal {
	FILE *stream;
	enum stage stage;
	size_t n_header;
	uint8_t header[SEALED_HEADER_MAX];
	uint8_t ephemeral[BOX_BYTES];
	uint8_t receiver_key[BOX_BYTES];
	struct secret *state; /* secretstream's, which holds the key */
	struct crypto_hasher *transcript;
	uint8_t *plain;  /* SEALED_FRAME_BYTES */
	uint8_t *cipher; /* CIPHER_MAX_BYTES */
};

struct sealed_writer {
	struct seal seal;
	const struct identity *sender;
	size_t n_plain; /* waiting in plain */
};

struct sealed_reader {
	struct seal seal;
	uint8_t sender_key[IDENTITY_SIGN_BYTES];
	size_t at; /* in plain */
	size_t n_plain;
	bool saw_short_frame;
	uint8_t signature[IDENTITY_SIGNATURE_BYTES];
};

static crypto_secretstream_xchacha20poly1305_state *stream_state(struct seal *s)
{
	/* a struct of bytes: guarded memory of any alignment holds it */
	_Static_assert(_Alignof(crypto_secretstream_xchacha20poly1305_state) == 1, "alignment");
	return (crypto_secretstream_xchacha20poly1305_state *)secret_data(s->state);
}

static int seal_init(struct seal *s, struct cf_error *err)
{
	TRY(secret_new(sizeof(crypto_secretstream_xchacha20poly1305_state), &s->state, err));
	TRY(crypto_hasher_new("counterfoil transcript v1", &s->transcript, err));
	s->plain = NEW_ARRAY(uint8_t, SEALED_FRAME_BYTES);
	s->cipher = NEW_ARRAY(uint8_t, CIPHER_MAX_BYTES);
	if (!s->plain || !s->cipher)
		return error_memory(err);
	uint8_t length[8] = {(uint8_t)s->n_header, (uint8_t)(s->n_header >> 8)};
	crypto_hasher_add(s->transcript, length, sizeof length);
	crypto_hasher_add(s->transcript, s->header, s->n_header);
	return CF_OK;
}

static void seal_done(struct seal *s)
{
	s->state = secret_free(s->state);
	s->transcript = crypto_hasher_free(s->transcript);
	if (s->plain)
		secret_wipe(s->plain, SEALED_FRAME_BYTES);
	s->plain = mem_free(s->plain);
	s->cipher = mem_free(s->cipher);
}

/* The stream's key from one end's secret and the other's public key; false for a low-order public key. */
static bool agree(const struct seal *s, const struct secret *mine, const uint8_t *theirs,
	struct secret *shared, struct secret *key)
{
	if (crypto_scalarmult(secret_data(shared), secret_bytes(mine), theirs) != 0)
		return false;
	const struct crypto_part parts[] = {
		{s->ephemeral, sizeof s->ephemeral},
		{s->receiver_key, sizeof s->receiver_key},
		{s->header, s->n_header},
	};
	uint8_t context[CRYPTO_HASH_BYTES];
	crypto_digest("counterfoil seal v1", parts, sizeof parts / sizeof *parts, context);
	int failed = crypto_generichash(secret_data(key), secret_size(key), context, sizeof context,
		secret_bytes(shared), secret_size(shared));
	sodium_stackzero(STACK_BYTES);
	return !failed;
}

static int seal_key(const struct seal *s, const struct secret *mine, const uint8_t *theirs,
	struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *shared = NULL;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new(crypto_scalarmult_BYTES, &shared, err));
	TRY(secret_new(crypto_secretstream_xchacha20poly1305_KEYBYTES, &key, err));
	if (!agree(s, mine, theirs, shared, key))
		return error_set(err, CF_E_REFUSED,
			"the message's exchange key is of low order, which no honest party makes");
	*ret = TAKE(key);
	return CF_OK;
}

/* What the signature is made over; also yields the transcript. */
static void seal_digest(const struct seal *s, const uint8_t *sender_key,
	uint8_t transcript[CRYPTO_HASH_BYTES], uint8_t ret[CRYPTO_HASH_BYTES])
{
	crypto_hasher_value(s->transcript, transcript);
	const struct crypto_part parts[] = {
		{s->header, s->n_header},
		{s->ephemeral, sizeof s->ephemeral},
		{s->receiver_key, sizeof s->receiver_key},
		{sender_key, IDENTITY_SIGN_BYTES},
		{transcript, CRYPTO_HASH_BYTES},
	};
	crypto_digest("counterfoil sealed message v1", parts, sizeof parts / sizeof *parts, ret);
}

/* ---- writing ---- */

static int put(struct seal *s, const void *data, size_t n, struct cf_error *err)
{
	if (n && fwrite(data, 1, n, s->stream) != n)
		return error_set_errno(err, CF_E_IO, "a message could not be written");
	return CF_OK;
}

static int put_frame(struct seal *s, const void *plain, size_t n, unsigned char tag, struct cf_error *err)
{
	unsigned long long n_cipher = 0;
	/* cannot fail for what fits a frame */
	(void)crypto_secretstream_xchacha20poly1305_push(
		stream_state(s), s->cipher, &n_cipher, plain, n, NULL, 0, tag);
	const uint8_t length[LENGTH_BYTES] = {(uint8_t)n_cipher, (uint8_t)(n_cipher >> 8),
		(uint8_t)(n_cipher >> 16), (uint8_t)(n_cipher >> 24)};
	TRY(put(s, length, sizeof length, err));
	return put(s, s->cipher, (size_t)n_cipher, err);
}

static int flush_payload(struct sealed_writer *w, struct cf_error *err)
{
	crypto_hasher_add(w->seal.transcript, w->seal.plain, w->n_plain);
	TRY(put_frame(
		&w->seal, w->seal.plain, w->n_plain, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, err));
	w->n_plain = 0;
	return CF_OK;
}

static int begin_stream(struct sealed_writer *w, struct cf_error *err)
{
	struct seal *s = &w->seal;
	CF_CLEANUP_SECRET struct secret *ephemeral = NULL;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new_random(BOX_BYTES, &ephemeral, err));
	(void)crypto_scalarmult_base(s->ephemeral, secret_bytes(ephemeral)); /* cannot fail */
	int status = seal_key(s, ephemeral, s->receiver_key, &key, err);
	if (status < 0)
		return error_prefix(err, status, "the receiver's card cannot be used");
	uint8_t head[STREAM_HEAD_BYTES];
	(void)crypto_secretstream_xchacha20poly1305_init_push(stream_state(s), head, secret_bytes(key));
	TRY(put(s, s->header, s->n_header, err));
	TRY(put(s, s->ephemeral, sizeof s->ephemeral, err));
	return put(s, head, sizeof head, err);
}

int sealed_writer_new(FILE *to, const void *header, size_t n_header, const struct identity *sender,
	const uint8_t receiver_box_key[IDENTITY_BOX_BYTES], struct sealed_writer **ret, struct cf_error *err)
{
	if (n_header > SEALED_HEADER_MAX)
		return error_set(err, CF_E_LIMIT, "a message header has at most %d bytes, this one %zu",
			SEALED_HEADER_MAX, n_header);
	CF_CLEANUP_SEALED_WRITER struct sealed_writer *w = NEW(struct sealed_writer);
	if (!w)
		return error_memory(err);
	w->seal.stream = to;
	w->seal.n_header = n_header;
	if (n_header)
		memcpy(w->seal.header, header, n_header);
	memcpy(w->seal.receiver_key, receiver_box_key, BOX_BYTES);
	w->sender = sender;
	TRY(seal_init(&w->seal, err));
	TRY(begin_stream(w, err));
	w->seal.stage = STAGE_OPEN;
	*ret = TAKE(w);
	return CF_OK;
}

static int write_payload(struct sealed_writer *w, const uint8_t *data, size_t n, struct cf_error *err)
{
	while (n) {
		size_t room = SEALED_FRAME_BYTES - w->n_plain;
		size_t piece = n < room ? n : room;
		memcpy(w->seal.plain + w->n_plain, data, piece);
		w->n_plain += piece;
		data += piece;
		n -= piece;
		if (w->n_plain == SEALED_FRAME_BYTES)
			TRY(flush_payload(w, err));
	}
	return CF_OK;
}

int sealed_write(struct sealed_writer *w, const void *data, size_t n, struct cf_error *err)
{
	if (w->seal.stage != STAGE_OPEN)
		return error_set(err, CF_E_STATE, "a message that is finished or has failed takes no more");
	int status = write_payload(w, data, n, err);
	if (status < 0)
		w->seal.stage = STAGE_OVER;
	return status;
}

static int write_signature(
	struct sealed_writer *w, uint8_t transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	struct seal *s = &w->seal;
	if (w->n_plain)
		TRY(flush_payload(w, err));
	uint8_t digest[CRYPTO_HASH_BYTES];
	uint8_t signature[IDENTITY_SIGNATURE_BYTES];
	seal_digest(s, identity_public(w->sender)->sign_key, transcript, digest);
	TRY(identity_sign(w->sender, signature_label, digest, sizeof digest, signature, err));
	TRY(put_frame(s, signature, sizeof signature, crypto_secretstream_xchacha20poly1305_TAG_FINAL, err));
	if (fflush(s->stream) != 0)
		return error_set_errno(err, CF_E_IO, "a message could not be written");
	return CF_OK;
}

int sealed_writer_finish(
	struct sealed_writer *w, uint8_t ret_transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	if (w->seal.stage != STAGE_OPEN)
		return error_set(
			err, CF_E_STATE, "a message that is finished or has failed cannot be finished");
	w->seal.stage = STAGE_OVER;
	uint8_t transcript[CRYPTO_HASH_BYTES];
	TRY(write_signature(w, transcript, err));
	if (ret_transcript)
		memcpy(ret_transcript, transcript, sizeof transcript);
	return CF_OK;
}

struct sealed_writer *sealed_writer_free(struct sealed_writer *w)
{
	if (w) {
		seal_done(&w->seal);
		mem_free(w);
	}
	return NULL;
}

/* ---- reading ---- */

static int get(struct seal *s, void *to, size_t n, struct cf_error *err)
{
	if (fread(to, 1, n, s->stream) == n)
		return CF_OK;
	if (ferror(s->stream))
		return error_set_errno(err, CF_E_IO, "a message could not be read");
	return error_set(err, CF_E_INPUT, "the message ends early; fetch it again from its sender");
}

int sealed_reader_new(
	FILE *from, size_t n_header, void *ret_header, struct sealed_reader **ret, struct cf_error *err)
{
	if (n_header > SEALED_HEADER_MAX)
		return error_set(err, CF_E_LIMIT, "a message header has at most %d bytes, not %zu",
			SEALED_HEADER_MAX, n_header);
	CF_CLEANUP_SEALED_READER struct sealed_reader *r = NEW(struct sealed_reader);
	if (!r)
		return error_memory(err);
	r->seal.stream = from;
	r->seal.n_header = n_header;
	TRY(get(&r->seal, r->seal.header, n_header, err));
	if (n_header)
		memcpy(ret_header, r->seal.header, n_header);
	*ret = TAKE(r);
	return CF_OK;
}

static int open_stream(struct sealed_reader *r, const struct identity *receiver, struct cf_error *err)
{
	struct seal *s = &r->seal;
	uint8_t head[STREAM_HEAD_BYTES];
	CF_CLEANUP_SECRET struct secret *key = NULL;
	memcpy(s->receiver_key, identity_public(receiver)->box_key, BOX_BYTES);
	TRY(seal_init(s, err));
	TRY(get(s, s->ephemeral, sizeof s->ephemeral, err));
	TRY(get(s, head, sizeof head, err));
	TRY(seal_key(s, identity_box_secret(receiver), s->ephemeral, &key, err));
	(void)crypto_secretstream_xchacha20poly1305_init_pull(stream_state(s), head, secret_bytes(key));
	return CF_OK;
}

int sealed_reader_start(struct sealed_reader *r, const struct identity *receiver,
	const uint8_t sender_sign_key[IDENTITY_SIGN_BYTES], struct cf_error *err)
{
	if (r->seal.stage != STAGE_NEW)
		return error_set(err, CF_E_STATE, "a message is started once");
	r->seal.stage = STAGE_OVER;
	memcpy(r->sender_key, sender_sign_key, sizeof r->sender_key);
	TRY(open_stream(r, receiver, err));
	r->seal.stage = STAGE_OPEN;
	return CF_OK;
}

static int get_length(struct sealed_reader *r, size_t *ret, struct cf_error *err)
{
	uint8_t b[LENGTH_BYTES];
	TRY(get(&r->seal, b, sizeof b, err));
	size_t n = (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
	if (n <= OVERHEAD_BYTES || n > CIPHER_MAX_BYTES)
		return error_set(err, CF_E_REFUSED, "a frame of the message has an impossible length");
	*ret = n;
	return CF_OK;
}

static int take_frame(struct sealed_reader *r, size_t n, unsigned char tag, struct cf_error *err)
{
	if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL && n == sizeof r->signature) {
		memcpy(r->signature, r->seal.plain, n);
		r->seal.stage = STAGE_SIGNED;
		return CF_OK;
	}
	if (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE || r->saw_short_frame)
		return error_set(err, CF_E_REFUSED, "the message is not cut into frames as it must be");
	r->saw_short_frame = n < SEALED_FRAME_BYTES;
	r->n_plain = n;
	r->at = 0;
	crypto_hasher_add(r->seal.transcript, r->seal.plain, n);
	return CF_OK;
}

static int next_frame(struct sealed_reader *r, struct cf_error *err)
{
	struct seal *s = &r->seal;
	size_t n_cipher = 0;
	unsigned char tag = 0;
	unsigned long long n_plain = 0;
	TRY(get_length(r, &n_cipher, err));
	TRY(get(s, s->cipher, n_cipher, err));
	if (crypto_secretstream_xchacha20poly1305_pull(
		    stream_state(s), s->plain, &n_plain, &tag, s->cipher, n_cipher, NULL, 0) != 0)
		return error_set(err, CF_E_REFUSED, "the message was altered, or is not for this receiver");
	return take_frame(r, (size_t)n_plain, tag, err);
}

static int read_payload(struct sealed_reader *r, uint8_t *to, size_t n, struct cf_error *err)
{
	while (n) {
		if (r->at == r->n_plain) {
			TRY(next_frame(r, err));
			if (r->seal.stage == STAGE_SIGNED)
				return error_set(err, CF_E_INPUT, "the message holds less than it must");
		}
		size_t left = r->n_plain - r->at;
		size_t piece = n < left ? n : left;
		memcpy(to, r->seal.plain + r->at, piece);
		r->at += piece;
		to += piece;
		n -= piece;
	}
	return CF_OK;
}

int sealed_read(struct sealed_reader *r, void *to, size_t n, struct cf_error *err)
{
	if (r->seal.stage != STAGE_OPEN)
		return error_set(err, CF_E_STATE,
			"a message is read after it was started and until it failed or ended");
	int status = read_payload(r, to, n, err);
	if (status < 0)
		r->seal.stage = STAGE_OVER;
	return status;
}

static int check_end(struct sealed_reader *r, uint8_t transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	if (r->at == r->n_plain)
		TRY(next_frame(r, err));
	if (r->seal.stage != STAGE_SIGNED)
		return error_set(err, CF_E_INPUT, "the message holds more than it should");
	uint8_t digest[CRYPTO_HASH_BYTES];
	seal_digest(&r->seal, r->sender_key, transcript, digest);
	int status =
		identity_verify(r->sender_key, signature_label, digest, sizeof digest, r->signature, err);
	if (status < 0)
		return error_prefix(err, status, "the message was not signed by its sender");
	if (fgetc(r->seal.stream) != EOF)
		return error_set(err, CF_E_REFUSED, "something follows the end of the message");
	if (ferror(r->seal.stream))
		return error_set_errno(err, CF_E_IO, "a message could not be read");
	return CF_OK;
}

int sealed_reader_finish(
	struct sealed_reader *r, uint8_t ret_transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	if (r->seal.stage != STAGE_OPEN)
		return error_set(err, CF_E_STATE,
			"a message is finished once, after it was started and unless it failed");
	uint8_t transcript[CRYPTO_HASH_BYTES];
	int status = check_end(r, transcript, err);
	r->seal.stage = STAGE_OVER;
	TRY(status);
	if (ret_transcript)
		memcpy(ret_transcript, transcript, sizeof transcript);
	return CF_OK;
}

struct sealed_reader *sealed_reader_free(struct sealed_reader *r)
{
	if (r) {
		seal_done(&r->seal);
		mem_free(r);
	}
	return NULL;
}
