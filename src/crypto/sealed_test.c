#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/sealed.h"
#include "crypto/test_support.h"

enum { HEADER = 16, LEAD = HEADER + 32 + 24, OVERHEAD = 17, MIB = SEALED_FRAME_BYTES };

static const char header[HEADER + 1] = "study 7, round 3";
static struct identity *sender;
static struct identity *receiver;
static struct identity *stranger;

static int make_identities(void **state)
{
	(void)state;
	return identity_new("sender", &sender, NULL) || identity_new("receiver", &receiver, NULL) ||
	       identity_new("stranger", &stranger, NULL);
}

static int free_identities(void **state)
{
	(void)state;
	identity_free(sender);
	identity_free(receiver);
	identity_free(stranger);
	return 0;
}

struct message {
	char *data; /* from open_memstream */
	size_t n;
};

static void message_done(struct message *m)
{
	free(m->data);
}

static const uint8_t *sender_key(void)
{
	return identity_public(sender)->sign_key;
}

static const uint8_t *receiver_key(void)
{
	return identity_public(receiver)->box_key;
}

static int write_message(
	FILE *to, const void *payload, size_t n, uint8_t transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	CF_CLEANUP_SEALED_WRITER struct sealed_writer *w = NULL;
	TRY(sealed_writer_new(to, header, HEADER, sender, receiver_key(), &w, err));
	TRY(sealed_write(w, payload, n, err));
	return sealed_writer_finish(w, transcript, err);
}

static struct message seal(const void *payload, size_t n)
{
	struct message m = {0};
	FILE *to = open_memstream(&m.data, &m.n);
	assert_non_null(to);
	assert_int_equal(write_message(to, payload, n, NULL, NULL), 0);
	assert_int_equal(fclose(to), 0);
	return m;
}

static int read_message(FILE *from, const struct identity *me, const uint8_t *from_key, void *payload,
	size_t n, uint8_t transcript[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	CF_CLEANUP_SEALED_READER struct sealed_reader *r = NULL;
	char seen[HEADER];
	TRY(sealed_reader_new(from, HEADER, seen, &r, err));
	TRY(sealed_reader_start(r, me, from_key, err));
	TRY(sealed_read(r, payload, n, err));
	return sealed_reader_finish(r, transcript, err);
}

/* Opens with the true keys; the caller's payload is checked by the caller. */
static int unseal(const void *data, size_t n_data, void *payload, size_t n, struct cf_error *err)
{
	FILE *from = n_data ? fmemopen((void *)(uintptr_t)data, n_data, "rb") : fopen("/dev/null", "rb");
	assert_non_null(from);
	int status = read_message(from, receiver, sender_key(), payload, n, NULL, err);
	(void)fclose(from);
	return status;
}

static void fill(uint8_t *payload, size_t n)
{
	for (size_t i = 0; i < n; i++)
		payload[i] = (uint8_t)(i * 7 + i / 251);
}

static void test_round_trip(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 63, 64, 65, 100000, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 5};
	uint8_t *payload = NEW_ARRAY(uint8_t, 2 * MIB + 5);
	uint8_t *back = NEW_ARRAY(uint8_t, 2 * MIB + 5);
	assert_true(payload && back);
	fill(payload, 2 * MIB + 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const size_t n = sizes[i];
		CF_CLEANUP(message_done) struct message m = seal(payload, n);
		const size_t n_frames = (n + MIB - 1) / MIB;
		assert_int_equal(m.n, LEAD + n + n_frames * (4 + OVERHEAD) + 4 + OVERHEAD + 64);
		assert_memory_equal(m.data, header, HEADER);
		memset(back, 0, n);
		assert_int_equal(unseal(m.data, m.n, back, n, NULL), 0);
		assert_memory_equal(back, payload, n);
		/* asking for less or for more than there is */
		assert_int_equal(unseal(m.data, m.n, back, n + 1, NULL), CF_E_INPUT);
		if (n)
			assert_int_equal(unseal(m.data, m.n, back, n - 1, NULL), CF_E_INPUT);
		if (n > MIB)
			assert_true(unseal(m.data, m.n, back, MIB, NULL) < 0);
	}
	mem_free(payload);
	mem_free(back);
}

/* The same bytes whatever the sizes of the pieces in which they are written and read. */
static void test_pieces_and_transcript(void **state)
{
	(void)state;
	enum { N = MIB + 1000 };
	uint8_t *payload = NEW_ARRAY(uint8_t, N);
	uint8_t *back = NEW_ARRAY(uint8_t, N);
	uint8_t written[CRYPTO_HASH_BYTES];
	uint8_t again[CRYPTO_HASH_BYTES];
	uint8_t read[CRYPTO_HASH_BYTES];
	CF_CLEANUP(message_done) struct message m = {0};
	char seen[HEADER];
	struct sealed_writer *w = NULL;
	struct sealed_reader *r = NULL;
	assert_true(payload && back);
	fill(payload, N);
	FILE *to = open_memstream(&m.data, &m.n);
	assert_int_equal(sealed_writer_new(to, header, HEADER, sender, receiver_key(), &w, NULL), 0);
	for (size_t at = 0; at < N;) {
		size_t piece = at % 7919 + 1 < N - at ? at % 7919 + 1 : N - at;
		assert_int_equal(sealed_write(w, payload + at, piece, NULL), 0);
		at += piece;
	}
	assert_int_equal(sealed_writer_finish(w, written, NULL), 0);
	assert_null(sealed_writer_free(w));
	assert_int_equal(fclose(to), 0);

	FILE *from = fmemopen(m.data, m.n, "rb");
	assert_int_equal(sealed_reader_new(from, HEADER, seen, &r, NULL), 0);
	assert_memory_equal(seen, header, HEADER);
	assert_int_equal(sealed_reader_start(r, receiver, sender_key(), NULL), 0);
	for (size_t at = 0; at < N;) {
		size_t piece = at % 6007 + 1 < N - at ? at % 6007 + 1 : N - at;
		assert_int_equal(sealed_read(r, back + at, piece, NULL), 0);
		at += piece;
	}
	assert_int_equal(sealed_reader_finish(r, read, NULL), 0);
	assert_null(sealed_reader_free(r));
	(void)fclose(from);
	assert_memory_equal(back, payload, N);
	assert_memory_equal(read, written, sizeof read);

	/* sealed once more it is another message by the same name */
	FILE *null = fopen("/dev/null", "wb");
	assert_int_equal(write_message(null, payload, N, again, NULL), 0);
	assert_memory_equal(again, written, sizeof again);
	payload[0] ^= 1;
	assert_int_equal(write_message(null, payload, N, again, NULL), 0);
	assert_memory_not_equal(again, written, sizeof again);
	(void)fclose(null);
	mem_free(payload);
	mem_free(back);
}

static void test_every_bit(void **state)
{
	(void)state;
	uint8_t back[20];
	CF_CLEANUP(message_done) struct message m = seal("twenty bytes of data", 20);
	assert_int_equal(m.n, LEAD + 4 + OVERHEAD + 20 + 4 + OVERHEAD + 64);
	for (size_t bit = 0; bit < 8 * m.n; bit++) {
		struct cf_error err = CF_ERROR_INIT;
		m.data[bit / 8] = (char)(m.data[bit / 8] ^ (1 << bit % 8));
		int status = unseal(m.data, m.n, back, sizeof back, &err);
		if (status != CF_E_REFUSED && status != CF_E_INPUT)
			fail_msg("bit %zu: %d", bit, status);
		m.data[bit / 8] = (char)(m.data[bit / 8] ^ (1 << bit % 8));
	}
	assert_int_equal(unseal(m.data, m.n, back, sizeof back, NULL), 0);
}

static void test_every_length(void **state)
{
	(void)state;
	uint8_t back[20];
	CF_CLEANUP(message_done) struct message m = seal("twenty bytes of data", 20);
	for (size_t n = 0; n < m.n; n++)
		assert_int_equal(unseal(m.data, n, back, sizeof back, NULL), CF_E_INPUT);
	char *longer = mem_strndup(m.data, m.n); /* adds a NUL */
	assert_non_null(longer);
	assert_int_equal(unseal(longer, m.n + 1, back, sizeof back, NULL), CF_E_REFUSED);
	mem_free(longer);
}

/* ---- frames moved ---- */

enum { N_PAYLOAD = 2 * MIB + 77, N_FRAMES = 4 };

struct frame {
	size_t at, n;
};

static void find_frames(const struct message *m, struct frame frames[N_FRAMES])
{
	size_t at = LEAD;
	for (size_t i = 0; i < N_FRAMES; i++) {
		const uint8_t *b = (const uint8_t *)m->data + at;
		frames[i].at = at;
		frames[i].n =
			4 + ((size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24);
		at += frames[i].n;
	}
	assert_int_equal(at, m->n);
}

/* The message with its frames in another order, some left out or doubled; refused whatever the receiver asks
 * for. */
static int unseal_order(
	const struct message *m, const struct frame *frames, const size_t *order, size_t n_order)
{
	static uint8_t mixed[LEAD + 6 * (MIB + 64)];
	static uint8_t back[N_PAYLOAD];
	size_t n = LEAD;
	memcpy(mixed, m->data, LEAD);
	for (size_t i = 0; i < n_order; i++) {
		memcpy(mixed + n, m->data + frames[order[i]].at, frames[order[i]].n);
		n += frames[order[i]].n;
	}
	static const size_t wanted[] = {N_PAYLOAD, MIB + 77, 2 * MIB, MIB, 77, 0};
	int accepted = 0;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		accepted += unseal(mixed, n, back, wanted[i], NULL) == 0;
	return accepted;
}

static void test_frames_moved(void **state)
{
	(void)state;
	uint8_t *payload = NEW_ARRAY(uint8_t, N_PAYLOAD);
	struct frame frames[N_FRAMES];
	int n_accepted = 0;
	assert_non_null(payload);
	fill(payload, N_PAYLOAD);
	CF_CLEANUP(message_done) struct message m = seal(payload, N_PAYLOAD);
	find_frames(&m, frames);
	/* all words of four frames: the 24 orders, and 232 with frames doubled in others' places */
	for (size_t word = 0; word < 256; word++) {
		const size_t order[N_FRAMES] = {word & 3, word >> 2 & 3, word >> 4 & 3, word >> 6};
		n_accepted += unseal_order(&m, frames, order, N_FRAMES);
	}
	assert_int_equal(n_accepted, 1);
	for (size_t left_out = 0; left_out < N_FRAMES; left_out++) {
		size_t order[N_FRAMES];
		size_t n = 0;
		for (size_t i = 0; i < N_FRAMES; i++)
			if (i != left_out)
				order[n++] = i;
		assert_int_equal(unseal_order(&m, frames, order, n), 0);
	}
	for (size_t doubled = 0; doubled < N_FRAMES; doubled++) {
		size_t order[N_FRAMES + 1];
		for (size_t i = 0; i <= N_FRAMES; i++)
			order[i] = i <= doubled ? i : i - 1;
		assert_int_equal(unseal_order(&m, frames, order, N_FRAMES + 1), 0);
	}
	mem_free(payload);
}

/* Frames of one message in another to the same receiver, with the other's lead or their own header. */
static void test_messages_mixed(void **state)
{
	(void)state;
	uint8_t back[20];
	CF_CLEANUP(message_done) struct message a = seal("twenty bytes of data", 20);
	CF_CLEANUP(message_done) struct message b = seal("twenty other letters", 20);
	assert_int_equal(a.n, b.n);
	for (size_t cut = HEADER + 1; cut < a.n; cut++) {
		char mixed[400];
		memcpy(mixed, a.data, cut);
		memcpy(mixed + cut, b.data + cut, b.n - cut);
		if (memcmp(mixed, a.data, a.n) != 0 && memcmp(mixed, b.data, b.n) != 0)
			assert_int_equal(unseal(mixed, a.n, back, sizeof back, NULL), CF_E_REFUSED);
	}
}

static void test_wrong_people(void **state)
{
	(void)state;
	uint8_t back[4];
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	FILE *from = fmemopen(m.data, m.n, "rb");
	assert_int_equal(read_message(from, stranger, sender_key(), back, 4, NULL, &err), CF_E_REFUSED);
	rewind(from);
	assert_int_equal(read_message(from, sender, sender_key(), back, 4, NULL, &err), CF_E_REFUSED);
	rewind(from);
	assert_int_equal(
		read_message(from, receiver, identity_public(stranger)->sign_key, back, 4, NULL, &err),
		CF_E_REFUSED);
	assert_non_null(strstr(err.message, "not signed by its sender"));
	rewind(from);
	assert_int_equal(read_message(from, receiver, sender_key(), back, 4, NULL, &err), 0);
	(void)fclose(from);
}

/* ---- a second implementation of the format, from its description, that can also break the rules ---- */

struct forger {
	uint8_t ephemeral[32];
	uint8_t transcript[32];
	crypto_generichash_state hash;
	crypto_secretstream_xchacha20poly1305_state stream;
	struct message m;
	FILE *to;
};

static void add_prefixed(crypto_generichash_state *h, const void *data, size_t n)
{
	uint8_t length[8] = {(uint8_t)n, (uint8_t)(n >> 8)};
	crypto_generichash_update(h, length, 8);
	crypto_generichash_update(h, data, n);
}

static void forge_begin(struct forger *f)
{
	uint8_t secret[32];
	uint8_t shared[32];
	uint8_t context[32];
	uint8_t key[32];
	uint8_t head[24];
	crypto_generichash_state h;
	memset(f, 0, sizeof *f);
	f->to = open_memstream(&f->m.data, &f->m.n);
	crypto_random(secret, 32);
	assert_int_equal(crypto_scalarmult_base(f->ephemeral, secret), 0);
	assert_int_equal(crypto_scalarmult(shared, secret, receiver_key()), 0);
	crypto_generichash_init(&h, NULL, 0, 32);
	add_prefixed(&h, "counterfoil seal v1", 19);
	add_prefixed(&h, f->ephemeral, 32);
	add_prefixed(&h, receiver_key(), 32);
	add_prefixed(&h, header, HEADER);
	crypto_generichash_final(&h, context, 32);
	crypto_generichash(key, 32, context, 32, shared, 32);
	crypto_secretstream_xchacha20poly1305_init_push(&f->stream, head, key);
	crypto_generichash_init(&f->hash, NULL, 0, 32);
	add_prefixed(&f->hash, "counterfoil transcript v1", 25);
	add_prefixed(&f->hash, header, HEADER);
	fwrite(header, 1, HEADER, f->to);
	fwrite(f->ephemeral, 1, 32, f->to);
	fwrite(head, 1, 24, f->to);
}

static void forge_frame(struct forger *f, const void *plain, size_t n, unsigned char tag)
{
	uint8_t *cipher = NEW_ARRAY(uint8_t, n + OVERHEAD);
	assert_non_null(cipher);
	unsigned long long n_cipher = 0;
	assert_int_equal(crypto_secretstream_xchacha20poly1305_push(
				 &f->stream, cipher, &n_cipher, plain, n, NULL, 0, tag),
		0);
	uint8_t length[4] = {(uint8_t)n_cipher, (uint8_t)(n_cipher >> 8), (uint8_t)(n_cipher >> 16),
		(uint8_t)(n_cipher >> 24)};
	fwrite(length, 1, 4, f->to);
	fwrite(cipher, 1, (size_t)n_cipher, f->to);
	if (tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL)
		crypto_generichash_update(&f->hash, plain, n);
	mem_free(cipher);
}

static void forge_signature(struct forger *f, const char *label, uint8_t signature[64])
{
	crypto_generichash_state h;
	uint8_t digest[32];
	crypto_generichash_final(&f->hash, f->transcript, 32);
	crypto_generichash_init(&h, NULL, 0, 32);
	add_prefixed(&h, "counterfoil sealed message v1", 29);
	add_prefixed(&h, header, HEADER);
	add_prefixed(&h, f->ephemeral, 32);
	add_prefixed(&h, receiver_key(), 32);
	add_prefixed(&h, sender_key(), 32);
	add_prefixed(&h, f->transcript, 32);
	crypto_generichash_final(&h, digest, 32);
	assert_int_equal(identity_sign(sender, label, digest, 32, signature, NULL), 0);
}

/* The frames of a forged message, as letters: d a frame of 4 bytes, D one of 1 MiB, e an empty one, p and r
 * frames with the tags PUSH and REKEY, s the signature, S the signature for another purpose, h half of it, t
 * the signature under the tag of a payload frame. */
static int forged(const char *frames, size_t n_payload)
{
	static uint8_t big[MIB];
	static uint8_t back[3 * MIB];
	struct forger f;
	uint8_t signature[64];
	forge_begin(&f);
	for (const char *c = frames; *c; c++) {
		const unsigned char final = crypto_secretstream_xchacha20poly1305_TAG_FINAL;
		if (strchr("sSht", *c))
			forge_signature(&f, *c == 'S' ? "another purpose" : "sealed message", signature);
		if (*c == 'd')
			forge_frame(&f, "data", 4, 0);
		else if (*c == 'D')
			forge_frame(&f, big, MIB, 0);
		else if (*c == 'e')
			forge_frame(&f, "", 0, 0);
		else if (*c == 'p')
			forge_frame(&f, "data", 4, crypto_secretstream_xchacha20poly1305_TAG_PUSH);
		else if (*c == 'r')
			forge_frame(&f, "data", 4, crypto_secretstream_xchacha20poly1305_TAG_REKEY);
		else
			forge_frame(&f, signature, *c == 'h' ? 32 : 64, *c == 't' ? 0 : final);
	}
	assert_int_equal(fclose(f.to), 0);
	int status = unseal(f.m.data, f.m.n, back, n_payload, NULL);
	message_done(&f.m);
	return status;
}

static void test_second_implementation(void **state)
{
	(void)state;
	assert_int_equal(forged("s", 0), 0);
	assert_int_equal(forged("ds", 4), 0);
	assert_int_equal(forged("Ds", MIB), 0);
	assert_int_equal(forged("DDds", 2 * MIB + 4), 0);
}

/* A sender who holds the right keys and breaks the rules. */
static void test_rules_of_framing(void **state)
{
	(void)state;
	static const struct {
		const char *frames;
		size_t n;
		int code;
	} cases[] = {
		{"dds", 8, CF_E_REFUSED}, /* a short frame before another */
		{"dDs", 4 + MIB, CF_E_REFUSED},
		{"es", 0, CF_E_REFUSED}, /* an empty frame */
		{"des", 4, CF_E_REFUSED},
		{"ps", 4, CF_E_REFUSED}, /* other tags */
		{"rs", 4, CF_E_REFUSED},
		{"dS", 4, CF_E_REFUSED}, /* a signature for another purpose */
		{"dh", 4, CF_E_REFUSED}, /* half a signature */
		{"dt", 4, CF_E_REFUSED}, /* a signature that says it is payload */
		{"d", 4, CF_E_INPUT},    /* none */
		{"D", MIB, CF_E_INPUT},
		{"Dt", MIB, CF_E_INPUT},
		{"dss", 4, CF_E_REFUSED}, /* something behind it */
		{"dsd", 4, CF_E_REFUSED},
		{"sd", 4, CF_E_INPUT},
		{"ds", 0, CF_E_INPUT}, /* more payload than is asked for */
		{"DDs", MIB, CF_E_INPUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int status = forged(cases[i].frames, cases[i].n);
		if (status != cases[i].code)
			fail_msg("%s: %d", cases[i].frames, status);
	}
}

static void test_frame_lengths(void **state)
{
	(void)state;
	static const uint32_t lengths[] = {0, 1, 16, 17, MIB + 18, 0x7fffffff, 0x80000000, 0xffffffff};
	uint8_t back[4];
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (int k = 0; k < 4; k++)
			m.data[LEAD + k] = (char)(lengths[i] >> (8 * k));
		assert_int_equal(unseal(m.data, m.n, back, 4, NULL), CF_E_REFUSED);
	}
}

/* With a low-order key everyone would know the shared secret: zero. */
static void test_low_order_keys(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static struct test_bytes key;
	uint8_t back[4];
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct sealed_writer *w = NULL;
		test_from_hex(keys[i], 64, &key);
		FILE *null = fopen("/dev/null", "wb");
		assert_int_equal(
			sealed_writer_new(null, header, HEADER, sender, key.data, &w, &err), CF_E_REFUSED);
		assert_null(w);
		(void)fclose(null);
		memcpy(m.data + HEADER, key.data, 32);
		assert_int_equal(unseal(m.data, m.n, back, 4, &err), CF_E_REFUSED);
		assert_non_null(strstr(err.message, "low order"));
	}
}

static void test_header_sizes(void **state)
{
	(void)state;
	static char big[SEALED_HEADER_MAX + 1];
	static char seen[SEALED_HEADER_MAX + 1];
	static const size_t sizes[] = {0, 1, SEALED_HEADER_MAX};
	struct sealed_writer *w = NULL;
	struct sealed_reader *r = NULL;
	crypto_random(big, sizeof big);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CF_CLEANUP(message_done) struct message m = {0};
		char back[4];
		FILE *to = open_memstream(&m.data, &m.n);
		assert_int_equal(sealed_writer_new(to, big, sizes[i], sender, receiver_key(), &w, NULL), 0);
		assert_int_equal(sealed_write(w, "data", 4, NULL), 0);
		assert_int_equal(sealed_writer_finish(w, NULL, NULL), 0);
		w = sealed_writer_free(w);
		assert_int_equal(fclose(to), 0);
		FILE *from = fmemopen(m.data, m.n, "rb");
		assert_int_equal(sealed_reader_new(from, sizes[i], seen, &r, NULL), 0);
		assert_memory_equal(seen, big, sizes[i]);
		assert_int_equal(sealed_reader_start(r, receiver, sender_key(), NULL), 0);
		assert_int_equal(sealed_read(r, back, 4, NULL), 0);
		assert_int_equal(sealed_reader_finish(r, NULL, NULL), 0);
		r = sealed_reader_free(r);
		(void)fclose(from);
	}
	assert_int_equal(
		sealed_writer_new(stdout, big, sizeof big, sender, receiver_key(), &w, NULL), CF_E_LIMIT);
	assert_int_equal(sealed_reader_new(stdin, sizeof big, seen, &r, NULL), CF_E_LIMIT);
	assert_null(sealed_writer_free(NULL));
	assert_null(sealed_reader_free(NULL));
}

static void test_out_of_turn(void **state)
{
	(void)state;
	CF_CLEANUP(message_done) struct message m = {0};
	CF_CLEANUP_SEALED_WRITER struct sealed_writer *w = NULL;
	CF_CLEANUP_SEALED_READER struct sealed_reader *r = NULL;
	char seen[HEADER];
	char back[4];
	FILE *to = open_memstream(&m.data, &m.n);
	assert_int_equal(sealed_writer_new(to, header, HEADER, sender, receiver_key(), &w, NULL), 0);
	assert_int_equal(sealed_write(w, "data", 4, NULL), 0);
	assert_int_equal(sealed_writer_finish(w, NULL, NULL), 0);
	assert_int_equal(sealed_write(w, "data", 4, NULL), CF_E_STATE);
	assert_int_equal(sealed_writer_finish(w, NULL, NULL), CF_E_STATE);
	(void)fclose(to);

	FILE *from = fmemopen(m.data, m.n, "rb");
	assert_int_equal(sealed_reader_new(from, HEADER, seen, &r, NULL), 0);
	assert_int_equal(sealed_read(r, back, 1, NULL), CF_E_STATE);
	assert_int_equal(sealed_reader_finish(r, NULL, NULL), CF_E_STATE);
	assert_int_equal(sealed_reader_start(r, receiver, sender_key(), NULL), 0);
	assert_int_equal(sealed_reader_start(r, receiver, sender_key(), NULL), CF_E_STATE);
	assert_int_equal(sealed_read(r, back, 4, NULL), 0);
	assert_int_equal(sealed_reader_finish(r, NULL, NULL), 0);
	assert_int_equal(sealed_reader_finish(r, NULL, NULL), CF_E_STATE);
	r = sealed_reader_free(r);

	/* after a failure there is no way on */
	rewind(from);
	assert_int_equal(sealed_reader_new(from, HEADER, seen, &r, NULL), 0);
	assert_int_equal(sealed_reader_start(r, stranger, sender_key(), NULL), 0);
	assert_int_equal(sealed_read(r, back, 4, NULL), CF_E_REFUSED);
	assert_int_equal(sealed_read(r, back, 4, NULL), CF_E_STATE);
	assert_int_equal(sealed_reader_finish(r, NULL, NULL), CF_E_STATE);
	(void)fclose(from);
}

/* ---- streams that fail ---- */

/* A stream that gives the message and then an error instead of its end. */
struct failing {
	const char *data;
	size_t n, at;
};

static ssize_t failing_read(void *cookie, char *to, size_t n)
{
	struct failing *f = cookie;
	size_t left = f->n - f->at;
	if (left == 0) {
		errno = EIO;
		return -1;
	}
	size_t piece = n < left ? n : left;
	memcpy(to, f->data + f->at, piece);
	f->at += piece;
	return (ssize_t)piece;
}

static void test_read_errors(void **state)
{
	(void)state;
	char back[4];
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	/* at every point, the end included */
	for (size_t n = 0; n <= m.n; n++) {
		struct failing f = {m.data, n, 0};
		struct cf_error err = CF_ERROR_INIT;
		FILE *from = fopencookie(&f, "rb", (cookie_io_functions_t){.read = failing_read});
		assert_non_null(from);
		assert_int_equal(read_message(from, receiver, sender_key(), back, 4, NULL, &err), CF_E_IO);
		(void)fclose(from);
	}
}

/* A device that takes so many bytes and then is full. */
static ssize_t full_write(void *cookie, const char *data, size_t n)
{
	size_t *left = cookie;
	(void)data;
	if (n > *left) {
		errno = ENOSPC;
		return 0;
	}
	*left -= n;
	return (ssize_t)n;
}

static void test_write_errors(void **state)
{
	(void)state;
	static uint8_t payload[2 * MIB];
	static const size_t whole = LEAD + 2 * (4 + OVERHEAD + MIB) + 4 + OVERHEAD + 64;
	static const size_t rooms[] = {
		0, HEADER, HEADER + 32, LEAD, LEAD + 4, LEAD + 4 + OVERHEAD + MIB, whole - 1};
	for (int buffered = 0; buffered < 2; buffered++) {
		for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
			size_t left = rooms[i];
			struct cf_error err = CF_ERROR_INIT;
			FILE *to = fopencookie(&left, "wb", (cookie_io_functions_t){.write = full_write});
			assert_non_null(to);
			assert_int_equal(setvbuf(to, NULL, buffered ? _IOFBF : _IONBF, BUFSIZ), 0);
			assert_int_equal(write_message(to, payload, sizeof payload, NULL, &err), CF_E_IO);
			(void)fclose(to);
		}
	}
	/* small and buffered: only the flush at the end can tell */
	size_t left = 0;
	FILE *to = fopencookie(&left, "wb", (cookie_io_functions_t){.write = full_write});
	assert_int_equal(write_message(to, payload, 4, NULL, NULL), CF_E_IO);
	(void)fclose(to);
	/* and a writer that has failed stays failed */
	struct sealed_writer *w = NULL;
	left = LEAD;
	to = fopencookie(&left, "wb", (cookie_io_functions_t){.write = full_write});
	(void)setvbuf(to, NULL, _IONBF, 0);
	assert_int_equal(sealed_writer_new(to, header, HEADER, sender, receiver_key(), &w, NULL), 0);
	assert_int_equal(sealed_write(w, payload, sizeof payload, NULL), CF_E_IO);
	assert_int_equal(sealed_write(w, payload, 1, NULL), CF_E_STATE);
	sealed_writer_free(w);
	(void)fclose(to);
}

/* ---- size, memory, remains ---- */

enum { N_STREAMED = 100 };

static void *stream_thread(void *context)
{
	static uint8_t chunk[MIB];
	FILE *to = context;
	struct sealed_writer *w = NULL;
	REQUIRE(sealed_writer_new(to, header, HEADER, sender, receiver_key(), &w, NULL) == 0);
	for (int i = 0; i < N_STREAMED; i++) {
		memset(chunk, i, sizeof chunk);
		REQUIRE(sealed_write(w, chunk, sizeof chunk, NULL) == 0);
	}
	REQUIRE(sealed_writer_finish(w, NULL, NULL) == 0);
	sealed_writer_free(w);
	REQUIRE(fclose(to) == 0);
	return NULL;
}

static long peak_kib(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* 100 MiB from one thread to another through a pipe, in the memory of a few frames. */
static void test_streaming(void **state)
{
	(void)state;
	static uint8_t chunk[MIB];
	int fd[2];
	pthread_t thread;
	char seen[HEADER];
	struct sealed_reader *r = NULL;
	long before = peak_kib();
	assert_int_equal(pipe(fd), 0);
	FILE *from = fdopen(fd[0], "rb");
	assert_int_equal(pthread_create(&thread, NULL, stream_thread, fdopen(fd[1], "wb")), 0);
	assert_int_equal(sealed_reader_new(from, HEADER, seen, &r, NULL), 0);
	assert_int_equal(sealed_reader_start(r, receiver, sender_key(), NULL), 0);
	for (int i = 0; i < N_STREAMED; i++) {
		assert_int_equal(sealed_read(r, chunk, sizeof chunk, NULL), 0);
		assert_true(chunk[0] == i && chunk[MIB / 2] == i && chunk[MIB - 1] == i);
	}
	assert_int_equal(sealed_reader_finish(r, NULL, NULL), 0);
	sealed_reader_free(r);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)fclose(from);
	assert_true(peak_kib() - before < 20 * 1024);
}

static int seal_and_open(void *context, struct cf_error *err)
{
	const struct message *m = context;
	uint8_t back[4];
	FILE *to = fopen("/dev/null", "wb");
	FILE *from = fmemopen(m->data, m->n, "rb");
	int status = write_message(to, "data", 4, NULL, err);
	if (status == 0)
		status = read_message(from, receiver, sender_key(), back, 4, NULL, err);
	(void)fclose(to);
	(void)fclose(from);
	return status;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	assert_true(test_sweep(seal_and_open, &m) > 15);
}

static void *open_thread(void *context)
{
	const struct message *m = context;
	uint8_t back[4];
	REQUIRE(unseal(m->data, m->n, back, 4, NULL) == 0);
	return NULL;
}

/* Neither the receiver's key, nor the shared secret, nor the stream's key. */
static void test_nothing_left_on_the_stack(void **state)
{
	(void)state;
	uint8_t shared[32];
	uint8_t key[32];
	uint8_t context[32];
	CF_CLEANUP(message_done) struct message m = seal("data", 4);
	const uint8_t *box = secret_bytes(identity_box_secret(receiver));
	const struct crypto_part parts[] = {{m.data + HEADER, 32}, {receiver_key(), 32}, {header, HEADER}};
	assert_int_equal(crypto_scalarmult(shared, box, (const uint8_t *)m.data + HEADER), 0);
	crypto_digest("counterfoil seal v1", parts, 3, context);
	assert_int_equal(crypto_generichash(key, 32, context, 32, shared, 32), 0);
	assert_false(test_left_on_stack(open_thread, &m, box + 1, 16)); /* the first byte is clamped */
	assert_false(test_left_on_stack(open_thread, &m, shared, 16));
	assert_false(test_left_on_stack(open_thread, &m, key, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_pieces_and_transcript),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_frames_moved),
		cmocka_unit_test(test_messages_mixed),
		cmocka_unit_test(test_wrong_people),
		cmocka_unit_test(test_second_implementation),
		cmocka_unit_test(test_rules_of_framing),
		cmocka_unit_test(test_frame_lengths),
		cmocka_unit_test(test_low_order_keys),
		cmocka_unit_test(test_header_sizes),
		cmocka_unit_test(test_out_of_turn),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_streaming),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_nothing_left_on_the_stack),
	};
	if (crypto_start(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_identities, free_identities);
}
