/*
 * Identities: key pairs, signatures and cards. Invariants: secret halves are in guarded memory; a card that
 * was parsed has a printable name and keys that its own signature proved to be in use.
 */
#include "crypto/identity.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/ini.h"
#include "base/text.h"
#include "crypto/identity_parts.h"

_Static_assert(IDENTITY_SIGN_BYTES == crypto_sign_PUBLICKEYBYTES, "signing key");
_Static_assert(IDENTITY_SIGNATURE_BYTES == crypto_sign_BYTES, "signature");
_Static_assert(IDENTITY_SEED_BYTES == crypto_sign_SEEDBYTES, "signing seed");
_Static_assert(IDENTITY_BOX_BYTES == crypto_scalarmult_BYTES, "box key");
_Static_assert(IDENTITY_BOX_SECRET_BYTES == crypto_scalarmult_SCALARBYTES, "box secret");

static const char card_label[] = "card v1";
static const char card_version[] = "1";

/* ---- names ---- */

/* Decodes the character at s of well-formed UTF-8. */
static uint32_t code_point(const unsigned char *s, size_t *ret_length)
{
	if (s[0] < 0x80) {
		*ret_length = 1;
		return s[0];
	}
	size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	uint32_t c = s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3fU);
	*ret_length = n;
	return c;
}

/* Characters that show nothing, break lines or turn the text around them (a card's name is read by people who
 * decide whom to trust). Joiners stay: Persian and Hindi spell with them. */
static bool is_printable(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} unprintable[] = {
		{0x00, 0x1f},
		{0x7f, 0x9f},
		{0xad, 0xad},
		{0x61c, 0x61c},
		{0x200b, 0x200b},
		{0x200e, 0x200f},
		{0x2028, 0x202e},
		{0x2060, 0x206f},
		{0xfdd0, 0xfdef},
		{0xfeff, 0xfeff},
		{0xfff0, 0xfffb},
		{0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
		if (c >= unprintable[i].first && c <= unprintable[i].last)
			return false;
	return (c & 0xfffe) != 0xfffe; /* the last two of each plane are no characters */
}

/* As base/ini.h asks of a value, so that every name can stand in a card: no blank at an end, no comment sign
 * at the start or behind a blank. */
static bool fits_a_line(const char *name, size_t n)
{
	if (name[0] == ' ' || name[n - 1] == ' ' || name[0] == ';')
		return false;
	for (size_t i = 1; i < n; i++)
		if (name[i] == ';' && name[i - 1] == ' ')
			return false;
	return true;
}

int identity_check_name(const char *name, size_t n, struct cf_error *err)
{
	if (n == 0 || n > IDENTITY_NAME_MAX)
		return error_set(
			err, CF_E_INPUT, "a name has 1 to %d bytes, this one %zu", IDENTITY_NAME_MAX, n);
	if (!text_is_utf8(name, n, NULL))
		return error_set(err, CF_E_INPUT, "the name is not UTF-8");
	if (!fits_a_line(name, n))
		return error_set(err, CF_E_INPUT,
			"the name begins or ends with a space, or holds a ';' at its start "
			"or behind a space; leave them out");
	for (size_t i = 0, length; i < n; i += length) {
		uint32_t c = code_point((const unsigned char *)name + i, &length);
		if (c == '/' || !is_printable(c))
			return error_set(err, CF_E_INPUT,
				"the name holds a '/' or a character that cannot be printed "
				"at byte %zu; leave it out",
				i + 1);
	}
	return CF_OK;
}

/* ---- key pairs ---- */

int identity_from_seeds(const char *name, const uint8_t sign_seed[IDENTITY_SEED_BYTES],
	const uint8_t box_secret[IDENTITY_BOX_SECRET_BYTES], struct identity **ret, struct cf_error *err)
{
	CF_CLEANUP_IDENTITY struct identity *id = NEW(struct identity);
	if (!id)
		return error_memory(err);
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &id->sign, err));
	TRY(secret_new(crypto_scalarmult_SCALARBYTES, &id->box, err));
	memcpy(id->card.name, name, strlen(name) + 1);
	/* neither can fail */
	(void)crypto_sign_seed_keypair(id->card.sign_key, secret_data(id->sign), sign_seed);
	memcpy(secret_data(id->box), box_secret, IDENTITY_BOX_SECRET_BYTES);
	(void)crypto_scalarmult_base(id->card.box_key, secret_bytes(id->box));
	*ret = TAKE(id);
	return CF_OK;
}

int identity_new(const char *name, struct identity **ret, struct cf_error *err)
{
	TRY(identity_check_name(name, strlen(name), err));
	CF_CLEANUP_SECRET struct secret *sign_seed = NULL;
	CF_CLEANUP_SECRET struct secret *box_secret = NULL;
	TRY(secret_new_random(IDENTITY_SEED_BYTES, &sign_seed, err));
	TRY(secret_new_random(IDENTITY_BOX_SECRET_BYTES, &box_secret, err));
	return identity_from_seeds(name, secret_bytes(sign_seed), secret_bytes(box_secret), ret, err);
}

struct identity *identity_free(struct identity *id)
{
	if (id) {
		secret_free(id->sign);
		secret_free(id->box);
		mem_free(id);
	}
	return NULL;
}

const struct identity_card *identity_public(const struct identity *id)
{
	return &id->card;
}

const struct secret *identity_box_secret(const struct identity *id)
{
	return id->box;
}

/* ---- signatures ---- */

/* u64 little-endian length of the label, the label, the data. */
static int labelled(const char *label, const void *data, size_t n, struct buffer *out, struct cf_error *err)
{
	const size_t n_label = strlen(label);
	uint8_t length[8];
	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)n_label >> (8 * i));
	if (buffer_append(out, length, sizeof length) < 0 || buffer_append(out, label, n_label) < 0 ||
		buffer_append(out, data, n) < 0)
		return error_memory(err);
	return CF_OK;
}

int identity_sign(const struct identity *id, const char *label, const void *data, size_t n,
	uint8_t ret[IDENTITY_SIGNATURE_BYTES], struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(labelled(label, data, n, &text, err));
	(void)crypto_sign_detached(ret, NULL, (const uint8_t *)text.data, text.n, secret_bytes(id->sign));
	return CF_OK;
}

int identity_verify(const uint8_t sign_key[IDENTITY_SIGN_BYTES], const char *label, const void *data,
	size_t n, const uint8_t signature[IDENTITY_SIGNATURE_BYTES], struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(labelled(label, data, n, &text, err));
	if (crypto_sign_verify_detached(signature, (const uint8_t *)text.data, text.n, sign_key) != 0)
		return error_set(err, CF_E_REFUSED, "a signature does not hold");
	return CF_OK;
}

/* ---- cards ---- */

/* What a card's signature is made over. */
static void card_digest(const struct identity_card *card, uint8_t ret[CRYPTO_HASH_BYTES])
{
	const struct crypto_part parts[] = {
		{card->sign_key, sizeof card->sign_key},
		{card->box_key, sizeof card->box_key},
		{card->name, strlen(card->name)},
	};
	crypto_digest("counterfoil card v1", parts, sizeof parts / sizeof *parts, ret);
}

void identity_fingerprint(const struct identity_card *card, char ret[40])
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	card_digest(card, hash);
	for (size_t group = 0; group < 8; group++) {
		static const char digits[] = "0123456789ABCDEF";
		const uint8_t *pair = hash + 2 * group;
		char *to = ret + 5 * group;
		to[0] = digits[pair[0] >> 4];
		to[1] = digits[pair[0] & 15];
		to[2] = digits[pair[1] >> 4];
		to[3] = digits[pair[1] & 15];
		to[4] = group < 7 ? ' ' : '\0';
	}
}

int identity_card_format(const struct identity *id, struct buffer *out, struct cf_error *err)
{
	const struct identity_card *card = &id->card;
	char sign_key[2 * IDENTITY_SIGN_BYTES + 1];
	char box_key[2 * IDENTITY_BOX_BYTES + 1];
	char signature_text[2 * IDENTITY_SIGNATURE_BYTES + 1];
	char fingerprint[40];
	uint8_t digest[CRYPTO_HASH_BYTES];
	uint8_t signature[IDENTITY_SIGNATURE_BYTES];
	card_digest(card, digest);
	TRY(identity_sign(id, card_label, digest, sizeof digest, signature, err));
	crypto_to_hex(card->sign_key, sizeof card->sign_key, sign_key);
	crypto_to_hex(card->box_key, sizeof card->box_key, box_key);
	crypto_to_hex(signature, sizeof signature, signature_text);
	identity_fingerprint(card, fingerprint);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	if (ini_write_comment(&text, "Public card of an organisation. Nothing in it is secret; compare the "
				     "fingerprint by telephone:") < 0 ||
		ini_write_comment(&text, fingerprint) < 0 || ini_write_section(&text, "card") < 0 ||
		ini_write(&text, "version", card_version) < 0 || ini_write(&text, "name", card->name) < 0 ||
		ini_write(&text, "sign_key", sign_key) < 0 || ini_write(&text, "box_key", box_key) < 0 ||
		ini_write(&text, "signature", signature_text) < 0 ||
		buffer_append(out, text.data, text.n) < 0)
		return error_memory(err);
	return CF_OK;
}

enum card_key { CARD_VERSION, CARD_NAME, CARD_SIGN_KEY, CARD_BOX_KEY, CARD_SIGNATURE, CARD_N_KEYS };

static const char *const card_keys[CARD_N_KEYS] = {"version", "name", "sign_key", "box_key", "signature"};

struct card_entries {
	const struct ini_entry *at[CARD_N_KEYS];
};

/* Each key of [card] exactly once, and nothing else: what is not signed must not look as if it were. */
static int card_entries(const struct ini *ini, struct card_entries *ret, struct cf_error *err)
{
	struct card_entries found = {0};
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *entry = ini_at(ini, i);
		size_t key = 0;
		while (key < CARD_N_KEYS && strcmp(entry->key, card_keys[key]) != 0)
			key++;
		if (key == CARD_N_KEYS || strcmp(entry->section, "card") != 0) {
			(void)ini_error(ini, entry, err, "a card has no such entry");
			return CF_E_INPUT;
		}
		if (found.at[key]) {
			(void)ini_error(ini, entry, err, "'%s' is given twice", card_keys[key]);
			return CF_E_INPUT;
		}
		found.at[key] = entry;
	}
	for (size_t key = 0; key < CARD_N_KEYS; key++) {
		if (!found.at[key]) {
			(void)ini_error(ini, NULL, err, "the card lacks '%s' under [card]; is it a card?",
				card_keys[key]);
			return CF_E_INPUT;
		}
	}
	*ret = found;
	return CF_OK;
}

static int card_bytes(
	const struct ini *ini, const struct ini_entry *entry, uint8_t *ret, size_t n, struct cf_error *err)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): found, or we would not be here */
	if (crypto_from_hex(entry->value, ret, n) < 0)
		return ini_error(ini, entry, err, "'%s' must be %zu hexadecimal digits", entry->key, 2 * n);
	return CF_OK;
}

static int card_read(const struct ini *ini, struct identity_card *card, struct cf_error *err)
{
	struct card_entries entries;
	TRY(card_entries(ini, &entries, err));
	if (strcmp(entries.at[CARD_VERSION]->value, card_version) != 0)
		return ini_error(ini, entries.at[CARD_VERSION], err,
			"the card's version is not %s; this program is too old "
			"for it",
			card_version);
	const char *name = entries.at[CARD_NAME]->value;
	int status = identity_check_name(name, strlen(name), err);
	if (status < 0)
		return error_prefix(err, status, "%s", ini_name(ini));
	memcpy(card->name, name, strlen(name) + 1);
	TRY(card_bytes(ini, entries.at[CARD_SIGN_KEY], card->sign_key, sizeof card->sign_key, err));
	TRY(card_bytes(ini, entries.at[CARD_BOX_KEY], card->box_key, sizeof card->box_key, err));
	uint8_t signature[IDENTITY_SIGNATURE_BYTES];
	TRY(card_bytes(ini, entries.at[CARD_SIGNATURE], signature, sizeof signature, err));
	uint8_t digest[CRYPTO_HASH_BYTES];
	card_digest(card, digest);
	status = identity_verify(card->sign_key, card_label, digest, sizeof digest, signature, err);
	if (status < 0)
		return error_prefix(err, status, "%s: the card was altered or is damaged; ask for it again",
			ini_name(ini));
	return CF_OK;
}

int identity_card_parse(
	const char *name, const char *data, size_t n, struct identity_card *ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	TRY(ini_parse(name, data, n, &ini, err));
	struct identity_card card = {0};
	TRY(card_read(ini, &card, err));
	*ret = card;
	return CF_OK;
}
