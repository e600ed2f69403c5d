/*
 * Published vectors: RFC 9380 (expand_message_xmd), RFC 9497 (the whole of hash-to-group, multiplication and
 * inversion), Wycheproof for the primitives beneath signatures and sealed messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/group.h"
#include "crypto/test_support.h"

static void test_expand_message(void **state)
{
	(void)state;
	json_t *file = test_load_vectors("rfc9380_expand_message_xmd_SHA512_38.json");
	const char *tag = test_text(file, "DST");
	size_t i = 0;
	json_t *t = NULL;
	static struct test_bytes want;
	json_array_foreach(json_object_get(file, "tests"), i, t)
	{
		const char *message = test_text(t, "msg");
		uint8_t got[4096];
		test_hex_field(t, "uniform_bytes", &want);
		assert_int_equal(want.n, strtoul(test_text(t, "len_in_bytes"), NULL, 16));
		assert_int_equal(
			group_expand_message(message, strlen(message), tag, strlen(tag), got, want.n, NULL),
			0);
		assert_memory_equal(got, want.data, want.n);
	}
	assert_int_equal(i, 10);
	json_decref(file);
}

/* One context (mode) of RFC 9497. */
struct oprf {
	int mode;
	struct test_bytes tag;
	struct test_bytes key;
	struct test_bytes info; /* mode 2 */
};

/* The scalar that evaluation multiplies by: the key, or in mode 2 the inverse of key + HashToScalar(framed
 * info) (RFC 9497 section 3.3.3). */
static struct secret *evaluation_scalar(const struct oprf *o)
{
	if (o->mode != 2)
		return test_secret(o->key.data, o->key.n);
	static const char scalar_prefix[] = "HashToScalar-";
	static const char group_prefix[] = "HashToGroup-";
	uint8_t tag[300];
	uint8_t framed[300] = {'I', 'n', 'f', 'o', (uint8_t)(o->info.n >> 8), (uint8_t)o->info.n};
	uint8_t wide[64];
	uint8_t scalar[32];
	uint8_t sum[32];
	size_t n_context = o->tag.n - (sizeof group_prefix - 1);
	memcpy(tag, scalar_prefix, sizeof scalar_prefix - 1);
	memcpy(tag + sizeof scalar_prefix - 1, o->tag.data + sizeof group_prefix - 1, n_context);
	memcpy(framed + 6, o->info.data, o->info.n);
	assert_int_equal(group_expand_message(framed, 6 + o->info.n, tag,
				 sizeof scalar_prefix - 1 + n_context, wide, sizeof wide, NULL),
		0);
	crypto_core_ristretto255_scalar_reduce(scalar, wide);
	crypto_core_ristretto255_scalar_add(sum, scalar, o->key.data);
	CF_CLEANUP_SECRET struct secret *t = test_secret(sum, sizeof sum);
	struct secret *inverse = NULL;
	assert_int_equal(group_scalar_invert(t, &inverse, NULL), 0);
	return inverse;
}

static void hash_part(crypto_hash_sha512_state *h, const uint8_t *data, size_t n)
{
	const uint8_t length[2] = {(uint8_t)(n >> 8), (uint8_t)n};
	crypto_hash_sha512_update(h, length, 2);
	crypto_hash_sha512_update(h, data, n);
}

/* RFC 9497 3.3.1 and 3.3.3, Finalize. */
static void finalize(
	const struct oprf *o, const struct test_bytes *input, const uint8_t unblinded[32], uint8_t ret[64])
{
	crypto_hash_sha512_state h;
	crypto_hash_sha512_init(&h);
	hash_part(&h, input->data, input->n);
	if (o->mode == 2)
		hash_part(&h, o->info.data, o->info.n);
	hash_part(&h, unblinded, 32);
	crypto_hash_sha512_update(&h, (const uint8_t *)"Finalize", 8);
	crypto_hash_sha512_final(&h, ret);
}

/* The i-th of the comma-separated values of a field. */
static bool field_part(const json_t *v, const char *key, size_t i, struct test_bytes *ret)
{
	const char *text = test_text(v, key);
	for (; i; i--) {
		text = strchr(text, ',');
		if (!text)
			return false;
		text++;
	}
	test_from_hex(text, strcspn(text, ","), ret);
	return true;
}

static void check_oprf(const struct oprf *o, const json_t *v, size_t i)
{
	static struct test_bytes input, blind, blinded, evaluated, output;
	assert_true(field_part(v, "Input", i, &input) && field_part(v, "Blind", i, &blind));
	assert_true(field_part(v, "BlindedElement", i, &blinded));
	assert_true(field_part(v, "EvaluationElement", i, &evaluated) && field_part(v, "Output", i, &output));
	uint8_t element[32];
	uint8_t product[32];
	uint8_t digest[64];
	CF_CLEANUP_SECRET struct secret *blind_scalar = test_secret(blind.data, blind.n);
	CF_CLEANUP_SECRET struct secret *unblind = NULL;
	CF_CLEANUP_SECRET struct secret *key = evaluation_scalar(o);

	assert_int_equal(group_hash(input.data, input.n, o->tag.data, o->tag.n, element, NULL), 0);
	assert_int_equal(group_multiply(blind_scalar, element, product, NULL), 0);
	assert_memory_equal(product, blinded.data, 32);
	/* and in one pass */
	const struct group_message message = {input.data, input.n};
	assert_int_equal(
		group_blind_batch(NULL, blind_scalar, &message, 1, o->tag.data, o->tag.n, product, NULL), 0);
	assert_memory_equal(product, blinded.data, 32);

	assert_int_equal(group_multiply(key, blinded.data, product, NULL), 0);
	assert_memory_equal(product, evaluated.data, 32);
	assert_int_equal(group_scalar_invert(blind_scalar, &unblind, NULL), 0);
	assert_int_equal(group_multiply(unblind, evaluated.data, product, NULL), 0);
	finalize(o, &input, product, digest);
	assert_memory_equal(digest, output.data, 64);
}

static void test_oprf(void **state)
{
	(void)state;
	json_t *file = test_load_vectors("rfc9497_ristretto255_sha512.json");
	static struct oprf o;
	size_t s = 0;
	json_t *suite = NULL;
	size_t n_checked = 0;
	json_array_foreach(file, s, suite)
	{
		o.mode = (int)json_integer_value(json_object_get(suite, "mode"));
		test_hex_field(suite, "groupDST", &o.tag);
		test_hex_field(suite, "skSm", &o.key);
		size_t i = 0;
		json_t *v = NULL;
		json_array_foreach(json_object_get(suite, "vectors"), i, v)
		{
			if (o.mode == 2)
				test_hex_field(v, "Info", &o.info);
			json_int_t batch = json_integer_value(json_object_get(v, "Batch"));
			for (json_int_t k = 0; k < batch; k++, n_checked++)
				check_oprf(&o, v, (size_t)k);
		}
	}
	assert_int_equal(n_checked, 2 + 4 + 4);
	json_decref(file);
}

static void test_wycheproof_ed25519(void **state)
{
	(void)state;
	json_t *file = test_load_vectors("wycheproof_ed25519_test.json");
	static struct test_bytes key, message, signature;
	size_t n_checked = 0;
	size_t g = 0;
	json_t *group = NULL;
	json_array_foreach(json_object_get(file, "testGroups"), g, group)
	{
		test_hex_field(json_object_get(group, "publicKey"), "pk", &key);
		assert_int_equal(key.n, crypto_sign_PUBLICKEYBYTES);
		size_t i = 0;
		json_t *t = NULL;
		json_array_foreach(json_object_get(group, "tests"), i, t)
		{
			test_hex_field(t, "msg", &message);
			test_hex_field(t, "sig", &signature);
			bool accepted = signature.n == crypto_sign_BYTES &&
					crypto_sign_verify_detached(
						signature.data, message.data, message.n, key.data) == 0;
			assert_int_equal(accepted, strcmp(test_text(t, "result"), "valid") == 0);
			n_checked++;
		}
	}
	assert_int_equal(n_checked, json_integer_value(json_object_get(file, "numberOfTests")));
	json_decref(file);
}

static void check_aead(const json_t *t)
{
	static struct test_bytes key, nonce, extra, message, cipher, tag;
	static uint8_t opened[sizeof message.data];
	static uint8_t sealed[sizeof message.data];
	uint8_t made[16];
	test_hex_field(t, "key", &key);
	test_hex_field(t, "iv", &nonce);
	test_hex_field(t, "aad", &extra);
	test_hex_field(t, "msg", &message);
	test_hex_field(t, "ct", &cipher);
	test_hex_field(t, "tag", &tag);
	bool valid = strcmp(test_text(t, "result"), "valid") == 0;
	bool sizes = nonce.n == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES && tag.n == sizeof made;
	bool accepted =
		sizes && crypto_aead_xchacha20poly1305_ietf_decrypt_detached(opened, NULL, cipher.data,
				 cipher.n, tag.data, extra.data, extra.n, nonce.data, key.data) == 0;
	assert_int_equal(accepted, valid);
	if (!valid)
		return;
	assert_memory_equal(opened, message.data, message.n);
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
		sealed, made, NULL, message.data, message.n, extra.data, extra.n, NULL, nonce.data, key.data);
	assert_memory_equal(sealed, cipher.data, cipher.n);
	assert_memory_equal(made, tag.data, tag.n);
}

static void test_wycheproof_xchacha20_poly1305(void **state)
{
	(void)state;
	json_t *file = test_load_vectors("wycheproof_xchacha20_poly1305_test.json");
	json_int_t n_checked = 0;
	size_t g = 0;
	json_t *group = NULL;
	json_array_foreach(json_object_get(file, "testGroups"), g, group)
	{
		size_t i = 0;
		json_t *t = NULL;
		json_array_foreach(json_object_get(group, "tests"), i, t)
		{
			check_aead(t);
			n_checked++;
		}
	}
	assert_int_equal(n_checked, json_integer_value(json_object_get(file, "numberOfTests")));
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand_message),
		cmocka_unit_test(test_oprf),
		cmocka_unit_test(test_wycheproof_ed25519),
		cmocka_unit_test(test_wycheproof_xchacha20_poly1305),
	};
	if (crypto_start(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
