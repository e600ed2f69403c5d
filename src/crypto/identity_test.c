#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buffer.h"
#include "crypto/identity.h"
#include "crypto/identity_parts.h"
#include "crypto/test_support.h"

static struct identity *new_identity(const char *name)
{
	struct identity *id = NULL;
	assert_int_equal(identity_new(name, &id, NULL), 0);
	return id;
}

static void test_names(void **state)
{
	(void)state;
	static const char *const good[] = {"Shelter North", "Полиция", "警察", "a", "A;B", "Foyer de l'Est",
		"می\u200cخواهم", "0123456789012345678901234567890123456789012345678901234567890123",
		"\U0001F3E0"};
	static const char *const bad[] = {"", "a/b", "a\nb", "a\x7f", "\x01", "a\xc2\x85", "a\u202eb",
		"\ufeff", " a", "a ", ";a", "a ;b", "\xff", "\xc3", "a\u2066", "\ufffe", "\U0001ffff",
		"\U000e0041", "a\u00ad", "01234567890123456789012345678901234567890123456789012345678901234"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		CF_CLEANUP_IDENTITY struct identity *id = new_identity(good[i]);
		assert_string_equal(identity_public(id)->name, good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct identity *id = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(identity_new(bad[i], &id, &err), CF_E_INPUT);
		assert_null(id);
	}
	assert_null(identity_free(NULL));
}

static void test_keys_fit_together(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *a = new_identity("a");
	CF_CLEANUP_IDENTITY struct identity *b = new_identity("a");
	uint8_t box_key[32];
	assert_int_equal(crypto_scalarmult_base(box_key, secret_bytes(identity_box_secret(a))), 0);
	assert_memory_equal(box_key, identity_public(a)->box_key, 32);
	assert_memory_not_equal(identity_public(a)->box_key, identity_public(b)->box_key, 32);
	assert_memory_not_equal(identity_public(a)->sign_key, identity_public(b)->sign_key, 32);
}

/* Plain Ed25519 over the length of the label, the label and the data. */
static void test_signature_is_as_documented(void **state)
{
	(void)state;
	static const uint8_t text[] = "\x05\0\0\0\0\0\0\0"
				      "labeldata";
	CF_CLEANUP_IDENTITY struct identity *id = new_identity("a");
	uint8_t signature[64];
	assert_int_equal(identity_sign(id, "label", "data", 4, signature, NULL), 0);
	assert_int_equal(
		crypto_sign_verify_detached(signature, text, sizeof text - 1, identity_public(id)->sign_key),
		0);
}

static void test_signature_refuses_change(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity("a");
	CF_CLEANUP_IDENTITY struct identity *other = new_identity("b");
	const uint8_t *key = identity_public(id)->sign_key;
	uint8_t data[20] = "twenty bytes of data";
	uint8_t signature[64];
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(identity_sign(id, "label", data, sizeof data, signature, NULL), 0);
	assert_int_equal(identity_verify(key, "label", data, sizeof data, signature, NULL), 0);
	for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
		data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(
			identity_verify(key, "label", data, sizeof data, signature, &err), CF_E_REFUSED);
		data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
		signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(
			identity_verify(key, "label", data, sizeof data, signature, &err), CF_E_REFUSED);
		signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(identity_verify(key, "labe", data, sizeof data, signature, &err), CF_E_REFUSED);
	assert_int_equal(identity_verify(key, "label", data, sizeof data - 1, signature, &err), CF_E_REFUSED);
	assert_int_equal(identity_verify(identity_public(other)->sign_key, "label", data, sizeof data,
				 signature, &err),
		CF_E_REFUSED);
	/* a label does not run into the data */
	assert_int_equal(identity_sign(id, "ab", "c", 1, signature, NULL), 0);
	assert_int_equal(identity_verify(key, "a", "bc", 2, signature, &err), CF_E_REFUSED);
}

/* The points of small order, and their non-canonical encodings: with such a key, R = 0 * B and S = 0 "sign"
 * any message under a verifier that does not look. */
static void test_small_order_keys(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static struct test_bytes key, point;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		test_from_hex(keys[i], 64, &key);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			uint8_t signature[64] = {0};
			struct cf_error err = CF_ERROR_INIT;
			test_from_hex(keys[k], 64, &point);
			memcpy(signature, point.data, 32);
			assert_int_equal(
				identity_verify(key.data, "l", "m", 1, signature, &err), CF_E_REFUSED);
		}
	}
}

static void test_card_round_trip(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity("Maison d'accueil; été");
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct identity_card card;
	char printed[40];
	char parsed[40];
	assert_int_equal(identity_card_format(id, &text, NULL), 0);
	assert_int_equal(identity_card_parse("card.ini", text.data, text.n, &card, NULL), 0);
	assert_string_equal(card.name, identity_public(id)->name);
	assert_memory_equal(card.sign_key, identity_public(id)->sign_key, 32);
	assert_memory_equal(card.box_key, identity_public(id)->box_key, 32);
	identity_fingerprint(identity_public(id), printed);
	identity_fingerprint(&card, parsed);
	assert_string_equal(printed, parsed);
	assert_non_null(strstr(text.data, printed));
}

static void test_fingerprint_depends_on_all(void **state)
{
	(void)state;
	struct identity_card card = {.name = "abc", .sign_key = {1}, .box_key = {2}};
	struct identity_card changed[3] = {card, card, card};
	char want[40];
	char got[40];
	identity_fingerprint(&card, want);
	assert_int_equal(strlen(want), 39);
	for (size_t i = 0; i < 39; i++)
		assert_true(i % 5 == 4 ? want[i] == ' ' : strchr("0123456789ABCDEF", want[i]) != NULL);
	changed[0].name[1] = 'x';
	changed[1].sign_key[31] = 1;
	changed[2].box_key[31] = 1;
	for (size_t i = 0; i < 3; i++) {
		identity_fingerprint(&changed[i], got);
		assert_string_not_equal(got, want);
	}
}

/* Every altered byte of what matters is refused, or changes nothing that the card says: comments, letter case
 * of digits and white space are free. */
static void test_card_altered(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity("Shelter");
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	const struct identity_card *want = identity_public(id);
	size_t n_refused = 0;
	assert_int_equal(identity_card_format(id, &text, NULL), 0);
	const size_t body = (size_t)(strstr(text.data, "[card]") - text.data);
	for (size_t bit = 8 * body; bit < 8 * text.n; bit++) {
		struct identity_card card;
		struct cf_error err = CF_ERROR_INIT;
		text.data[bit / 8] = (char)(text.data[bit / 8] ^ (1 << bit % 8));
		if (identity_card_parse("card", text.data, text.n, &card, &err) == 0) {
			assert_string_equal(card.name, want->name);
			assert_memory_equal(card.sign_key, want->sign_key, 32);
			assert_memory_equal(card.box_key, want->box_key, 32);
		} else {
			assert_true(err.code == CF_E_INPUT || err.code == CF_E_REFUSED);
			n_refused++;
		}
		text.data[bit / 8] = (char)(text.data[bit / 8] ^ (1 << bit % 8));
	}
	/* what is free: the case of some 150 letters, some blanks and line ends */
	assert_true(n_refused > 8 * (text.n - body) * 9 / 10);
	for (size_t n = 0; n < text.n - 1; n++) {
		struct identity_card card;
		assert_true(identity_card_parse("card", text.data, n, &card, NULL) < 0);
	}
}

/* The text with the first from replaced by to. */
static void replaced(const struct buffer *text, const char *from, const char *to, struct buffer *ret)
{
	const char *at = strstr(text->data, from);
	assert_non_null(at);
	buffer_clear(ret);
	assert_int_equal(buffer_append(ret, text->data, (size_t)(at - text->data)), 0);
	assert_int_equal(buffer_append_text(ret, to), 0);
	assert_int_equal(buffer_append_text(ret, at + strlen(from)), 0);
}

static void test_card_form(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *says;
		int code;
	} cases[] = {
		{"version = 1", "version = 2", "version", CF_E_INPUT},
		{"version = 1", "", "lacks 'version'", CF_E_INPUT},
		{"version = 1", "version = 1\nversion = 1", "twice", CF_E_INPUT},
		{"version = 1", "version = 1\nrole = analyst", "no such entry", CF_E_INPUT},
		{"[card]", "[kard]", "no such entry", CF_E_INPUT},
		{"name = Shelter", "name = Shelter/2", "'/'", CF_E_INPUT},
		{"name = Shelter", "name =", "1 to 64 bytes", CF_E_INPUT},
		{"name = Shelter", "name = Shelter2", "altered", CF_E_REFUSED},
		{"sign_key = ", "sign_key = 0", "64 hexadecimal digits", CF_E_INPUT},
		{"box_key = ", "box_key = zz", "64 hexadecimal digits", CF_E_INPUT},
		{"signature = ", "signature = 00", "128 hexadecimal digits", CF_E_INPUT},
	};
	CF_CLEANUP_IDENTITY struct identity *id = new_identity("Shelter");
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer changed = BUFFER_INIT;
	assert_int_equal(identity_card_format(id, &text, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct identity_card card = {.name = "untouched"};
		struct cf_error err = CF_ERROR_INIT;
		replaced(&text, cases[i].from, cases[i].to, &changed);
		assert_int_equal(
			identity_card_parse("card.ini", changed.data, changed.n, &card, &err), cases[i].code);
		assert_non_null(strstr(err.message, cases[i].says));
		assert_non_null(strstr(err.message, "card.ini"));
		assert_string_equal(card.name, "untouched");
	}
	assert_int_equal(
		identity_card_parse("x", "no card", 7, &(struct identity_card){0}, NULL), CF_E_INPUT);
}

static int use_identities(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_IDENTITY struct identity *id = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct identity_card card;
	TRY(identity_new("Shelter", &id, err));
	TRY(identity_card_format(id, &text, err));
	return identity_card_parse("card", text.data, text.n, &card, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(test_sweep(use_identities, NULL) > 10);
}

static void *sign_thread(void *context)
{
	uint8_t signature[64];
	REQUIRE(identity_sign(context, "label", "data", 4, signature, NULL) == 0);
	return NULL;
}

/* Neither the seed nor the scalar and prefix that Ed25519 expands it to. */
static void test_signing_leaves_nothing(void **state)
{
	(void)state;
	static const uint8_t box[32] = {1};
	uint8_t seed[32];
	uint8_t expanded[64];
	struct identity *id = NULL;
	crypto_random(seed, sizeof seed);
	assert_int_equal(identity_from_seeds("Shelter", seed, box, &id, NULL), 0);
	crypto_hash_sha512(expanded, seed, sizeof seed);
	assert_false(test_left_on_stack(sign_thread, id, seed, 16));
	assert_false(test_left_on_stack(sign_thread, id, expanded + 1, 16)); /* the first byte is clamped */
	assert_false(test_left_on_stack(sign_thread, id, expanded + 32, 16));
	identity_free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_keys_fit_together),
		cmocka_unit_test(test_signature_is_as_documented),
		cmocka_unit_test(test_signature_refuses_change),
		cmocka_unit_test(test_small_order_keys),
		cmocka_unit_test(test_card_round_trip),
		cmocka_unit_test(test_fingerprint_depends_on_all),
		cmocka_unit_test(test_card_altered),
		cmocka_unit_test(test_card_form),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_signing_leaves_nothing),
	};
	if (crypto_start(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
