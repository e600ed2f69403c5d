/*
 * ristretto255 over libsodium. libsodium's scalar multiplication decodes its input itself (so that validity
 * is checked once, not twice), refuses the identity as a result, and uses its output buffer for a copy of the
 * scalar: here that buffer is always a local one that is wiped, never the caller's column of tokens.
 */
#include "crypto/group.h"

#include <assert.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum {
	SHA512_BYTES = crypto_hash_sha512_BYTES,
	SHA512_BLOCK = 128,
	UNIFORM_BYTES = crypto_core_ristretto255_HASHBYTES,
	/* elements a task: some 15 ms of work, the longest wait for an interruption */
	BLOCK_ELEMENTS = 256,
	/* more than libsodium's frames for the table of multiples and the recoded scalar */
	STACK_BYTES = 8192,
};

_Static_assert(GROUP_ELEMENT_BYTES == crypto_core_ristretto255_BYTES, "element");
_Static_assert(GROUP_SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "scalar");

struct expansion {
	crypto_hash_sha512_state state;
	uint8_t first[SHA512_BYTES];
	uint8_t block[SHA512_BYTES];
};

static void wipe_expansion(struct expansion *e)
{
	sodium_memzero(e, sizeof *e);
}

struct uniform {
	uint8_t bytes[UNIFORM_BYTES];
};

static void wipe_uniform(struct uniform *u)
{
	sodium_memzero(u, sizeof *u);
}

/* libsodium's SHA-512 cannot fail; its int is for symmetry. */
static void sha_add(struct expansion *e, const void *data, size_t n)
{
	if (n)
		(void)crypto_hash_sha512_update(&e->state, data, n);
}

/* DST_prime (RFC 9380 5.3.1 step 3): the tag, then its length. */
static void sha_finish_with_tag(struct expansion *e, const void *tag, size_t n_tag, uint8_t ret[SHA512_BYTES])
{
	const uint8_t length = (uint8_t)n_tag;
	sha_add(e, tag, n_tag);
	sha_add(e, &length, 1);
	(void)crypto_hash_sha512_final(&e->state, ret);
}

int group_expand_message(const void *message, size_t n_message, const void *tag, size_t n_tag, uint8_t *out,
	size_t n_out, struct cf_error *err)
{
	if (n_tag == 0 || n_tag > GROUP_TAG_MAX_BYTES)
		return error_set(err, CF_E_USAGE, "a domain tag has 1 to %d bytes, this one %zu",
			GROUP_TAG_MAX_BYTES, n_tag);
	if (n_out == 0 || n_out > (size_t)255 * SHA512_BYTES)
		return error_set(err, CF_E_USAGE, "a message expands to 1 to %d bytes, not to %zu",
			255 * SHA512_BYTES, n_out);
	static const uint8_t pad[SHA512_BLOCK];
	CF_CLEANUP(wipe_expansion) struct expansion e;
	const uint8_t library_string[3] = {(uint8_t)(n_out >> 8), (uint8_t)n_out, 0};
	(void)crypto_hash_sha512_init(&e.state);
	sha_add(&e, pad, sizeof pad);
	sha_add(&e, message, n_message);
	sha_add(&e, library_string, sizeof library_string);
	sha_finish_with_tag(&e, tag, n_tag, e.first);
	memset(e.block, 0, sizeof e.block);
	for (size_t at = 0, i = 1; at < n_out; at += SHA512_BYTES, i++) {
		const uint8_t counter = (uint8_t)i;
		for (size_t k = 0; k < SHA512_BYTES; k++)
			e.block[k] ^= e.first[k];
		(void)crypto_hash_sha512_init(&e.state);
		sha_add(&e, e.block, sizeof e.block);
		sha_add(&e, &counter, 1);
		sha_finish_with_tag(&e, tag, n_tag, e.block);
		memcpy(out + at, e.block, n_out - at < SHA512_BYTES ? n_out - at : SHA512_BYTES);
	}
	return CF_OK;
}

int group_hash(const void *message, size_t n_message, const void *tag, size_t n_tag,
	uint8_t ret[GROUP_ELEMENT_BYTES], struct cf_error *err)
{
	CF_CLEANUP(wipe_uniform) struct uniform u;
	TRY(group_expand_message(message, n_message, tag, n_tag, u.bytes, sizeof u.bytes, err));
	group_element_from_uniform(u.bytes, ret);
	return CF_OK;
}

void group_random_element(uint8_t ret[GROUP_ELEMENT_BYTES])
{
	CF_CLEANUP(wipe_uniform) struct uniform u;
	randombytes_buf(u.bytes, sizeof u.bytes);
	group_element_from_uniform(u.bytes, ret);
}

void group_element_from_uniform(const uint8_t seed[64], uint8_t ret[GROUP_ELEMENT_BYTES])
{
	(void)crypto_core_ristretto255_from_hash(ret, seed); /* returns 0 for every input */
}

int group_scalar_new(struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(GROUP_SCALAR_BYTES, &s, err));
	crypto_core_ristretto255_scalar_random(secret_data(s)); /* by rejection: uniform, never zero */
	*ret = TAKE(s);
	return CF_OK;
}

int group_scalar_from_seed(const struct secret *seed64, struct secret **ret, struct cf_error *err)
{
	assert(secret_size(seed64) == crypto_core_ristretto255_NONREDUCEDSCALARBYTES);
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(GROUP_SCALAR_BYTES, &s, err));
	crypto_core_ristretto255_scalar_reduce(secret_data(s), secret_bytes(seed64));
	/* of 2^512 seeds one in 2^252: whoever meets it has a broken generator, and must not go on */
	if (sodium_is_zero(secret_bytes(s), GROUP_SCALAR_BYTES))
		return error_set(
			err, CF_E_INTERNAL, "a seed gave the scalar zero: the random generator is broken");
	*ret = TAKE(s);
	return CF_OK;
}

int group_scalar_invert(const struct secret *scalar, struct secret **ret, struct cf_error *err)
{
	assert(secret_size(scalar) == GROUP_SCALAR_BYTES);
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(GROUP_SCALAR_BYTES, &s, err));
	if (crypto_core_ristretto255_scalar_invert(secret_data(s), secret_bytes(scalar)) != 0)
		return error_set(err, CF_E_REFUSED, "the scalar zero has no inverse");
	*ret = TAKE(s);
	return CF_OK;
}

/* libsodium 1.0.18 ignores the top bit when it decodes (later versions refuse it), so that each element would
 * have two encodings; RFC 9496 section 4.3.1 has one. */
static bool has_top_bit(const uint8_t *element)
{
	return element[GROUP_ELEMENT_BYTES - 1] >> 7;
}

int group_is_valid(const uint8_t element[GROUP_ELEMENT_BYTES])
{
	/* the identity is the one element whose encoding is all zeros */
	return !has_top_bit(element) && crypto_core_ristretto255_is_valid_point(element) == 1 &&
	       !sodium_is_zero(element, GROUP_ELEMENT_BYTES);
}

/* What one task shares with the others. */
struct batch {
	const uint8_t *scalar;
	const uint8_t *in;                    /* multiplying */
	const struct group_message *messages; /* blinding */
	const void *tag;
	size_t n_tag;
	size_t n;
	uint8_t *out;
	atomic_size_t lowest_bad;
};

struct scratch {
	uint8_t hashed[GROUP_ELEMENT_BYTES];
	uint8_t product[GROUP_ELEMENT_BYTES];
};

/* Also what libsodium left on this thread's stack below us: the recoded scalar, decoded points. */
static void wipe_scratch(struct scratch *scratch)
{
	sodium_memzero(scratch, sizeof *scratch);
	sodium_stackzero(STACK_BYTES);
}

/* false for a non-canonical input, for the identity, and for a scalar of zero. */
static bool multiply_one(const uint8_t *scalar, const uint8_t *element, struct scratch *scratch, uint8_t *ret)
{
	if (has_top_bit(element) || crypto_scalarmult_ristretto255(scratch->product, scalar, element) != 0)
		return false;
	memcpy(ret, scratch->product, sizeof scratch->product);
	return true;
}

static size_t block_end(const struct batch *b, size_t task)
{
	size_t first = task * BLOCK_ELEMENTS;
	return b->n - first < BLOCK_ELEMENTS ? b->n : first + BLOCK_ELEMENTS;
}

static size_t n_blocks(size_t n)
{
	return n / BLOCK_ELEMENTS + (n % BLOCK_ELEMENTS != 0);
}

static void lower(atomic_size_t *lowest, size_t i)
{
	size_t seen = atomic_load(lowest);
	while (i < seen && !atomic_compare_exchange_weak(lowest, &seen, i))
		;
}

/* A bad element is noted and not an error of the task: blocks before it still run, so that the lowest bad
 * index is found whatever the order in which threads take blocks; those behind it have nothing to add. */
static int multiply_block(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)worker;
	(void)err;
	struct batch *b = context;
	CF_CLEANUP(wipe_scratch) struct scratch scratch;
	size_t end = block_end(b, task);
	for (size_t i = task * BLOCK_ELEMENTS; i < end && i < atomic_load(&b->lowest_bad); i++) {
		const size_t at = i * GROUP_ELEMENT_BYTES;
		if (!multiply_one(b->scalar, b->in + at, &scratch, b->out + at))
			lower(&b->lowest_bad, i);
	}
	return CF_OK;
}

int group_multiply_batch(struct job_pool *pool, const struct secret *scalar, const uint8_t *in, size_t n,
	uint8_t *out, size_t *ret_bad, struct cf_error *err)
{
	assert(secret_size(scalar) == GROUP_SCALAR_BYTES);
	struct batch b = {.scalar = secret_bytes(scalar), .in = in, .n = n, .out = out};
	atomic_init(&b.lowest_bad, SIZE_MAX);
	TRY(jobs_run(pool, n_blocks(n), multiply_block, &b, err));
	size_t bad = atomic_load(&b.lowest_bad);
	if (bad == SIZE_MAX)
		return CF_OK;
	if (ret_bad)
		*ret_bad = bad;
	return error_set(err, CF_E_REFUSED,
		"element %zu of %zu is not a valid group element other than the identity", bad + 1, n);
}

int group_multiply(const struct secret *scalar, const uint8_t element[GROUP_ELEMENT_BYTES],
	uint8_t ret[GROUP_ELEMENT_BYTES], struct cf_error *err)
{
	assert(secret_size(scalar) == GROUP_SCALAR_BYTES);
	CF_CLEANUP(wipe_scratch) struct scratch scratch;
	if (!multiply_one(secret_bytes(scalar), element, &scratch, ret))
		return error_set(err, CF_E_REFUSED, "not a valid group element other than the identity");
	return CF_OK;
}

static int blind_block(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)worker;
	struct batch *b = context;
	CF_CLEANUP(wipe_scratch) struct scratch scratch;
	size_t end = block_end(b, task);
	for (size_t i = task * BLOCK_ELEMENTS; i < end; i++) {
		const struct group_message *m = &b->messages[i];
		uint8_t *out = b->out + i * GROUP_ELEMENT_BYTES;
		if (!m->data) {
			/* a scalar times a uniform element is a uniform element: nothing to multiply */
			group_random_element(out);
			continue;
		}
		TRY(group_hash(m->data, m->n, b->tag, b->n_tag, scratch.hashed, err));
		if (!multiply_one(b->scalar, scratch.hashed, &scratch, out))
			return error_set(err, CF_E_REFUSED, "blinding message %zu gave the identity", i + 1);
	}
	return CF_OK;
}

int group_blind_batch(struct job_pool *pool, const struct secret *scalar,
	const struct group_message *messages, size_t n, const void *tag, size_t n_tag, uint8_t *out,
	struct cf_error *err)
{
	assert(secret_size(scalar) == GROUP_SCALAR_BYTES);
	struct batch b = {.scalar = secret_bytes(scalar),
		.messages = messages,
		.tag = tag,
		.n_tag = n_tag,
		.n = n,
		.out = out};
	return jobs_run(pool, n_blocks(n), blind_block, &b, err);
}
