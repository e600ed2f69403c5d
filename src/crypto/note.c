/*
 * Signed notes. A signature line is "U+2014 NAME BASE64": four bytes of key hash (SHA-256 of name, newline,
 * algorithm, key), then the signature. Invariant: nothing is taken from a note before its signature held,
 * except its origin.
 */
#include "crypto/note.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum {
	ALGORITHM_ED25519 = 1,
	KEY_HASH_BYTES = 4,
	SIGNATURE_BYTES = 64,
	LINE_BYTES = KEY_HASH_BYTES + SIGNATURE_BYTES
};

static const char dash[] = "\xe2\x80\x94 ";

int note_base64(struct buffer *out, const void *data, size_t n, struct cf_error *err)
{
	size_t n_text = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL); /* with the NUL */
	TRY_MEMORY(buffer_reserve(out, n_text), err);
	(void)sodium_bin2base64(out->data + out->n, n_text, data, n, sodium_base64_VARIANT_ORIGINAL);
	out->n += n_text - 1;
	return CF_OK;
}

int note_from_base64(const char *text, size_t n_text, void *ret, size_t max, size_t *ret_n)
{
	size_t n = 0;
	const char *end = NULL;
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	/* libsodium 1.0.18 takes some bytes above 0x7f for digits */
	for (size_t i = 0; i < n_text; i++)
		if (!memchr(digits, text[i], sizeof digits - 1))
			return CF_E_INPUT;
	if (n_text == 0 ||
		sodium_base642bin(ret, max, text, n_text, NULL, &n, &end, sodium_base64_VARIANT_ORIGINAL) !=
			0 ||
		end != text + n_text)
		return CF_E_INPUT;
	*ret_n = n;
	return CF_OK;
}

static bool is_name(const char *name, size_t n)
{
	if (n == 0 || n > NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '+')
			return false;
	return true;
}

static void key_hash(const struct note_key *key, uint8_t ret[KEY_HASH_BYTES])
{
	static const uint8_t middle[2] = {'\n', ALGORITHM_ED25519};
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)key->name, strlen(key->name));
	(void)crypto_hash_sha256_update(&state, middle, sizeof middle);
	(void)crypto_hash_sha256_update(&state, key->public_key, sizeof key->public_key);
	(void)crypto_hash_sha256_final(&state, hash);
	memcpy(ret, hash, KEY_HASH_BYTES);
}

static int pair_of(const struct secret *seed, uint8_t ret_public[NOTE_KEY_BYTES], struct secret **ret,
	struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &pair, err));
	(void)crypto_sign_seed_keypair(ret_public, secret_data(pair), secret_bytes(seed));
	*ret = TAKE(pair);
	return CF_OK;
}

int note_key_of(const struct secret *seed, const char *name, struct note_key *ret, struct cf_error *err)
{
	if (!is_name(name, strlen(name)))
		return error_set(
			err, CF_E_USAGE, "the name of a log must be printable, without blanks and '+'");
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	struct note_key key = {0};
	TRY(pair_of(seed, key.public_key, &pair, err));
	memcpy(key.name, name, strlen(name));
	*ret = key;
	return CF_OK;
}

int note_key_format(const struct note_key *key, struct buffer *out, struct cf_error *err)
{
	uint8_t hash[KEY_HASH_BYTES];
	char hex[2 * KEY_HASH_BYTES + 1];
	uint8_t typed[1 + NOTE_KEY_BYTES] = {ALGORITHM_ED25519};
	key_hash(key, hash);
	crypto_to_hex(hash, sizeof hash, hex);
	memcpy(typed + 1, key->public_key, NOTE_KEY_BYTES);
	TRY_MEMORY(buffer_printf(out, "%s+%s+", key->name, hex), err);
	return note_base64(out, typed, sizeof typed, err);
}

int note_key_parse(const char *text, struct note_key *ret, struct cf_error *err)
{
	struct note_key key = {0};
	uint8_t typed[1 + NOTE_KEY_BYTES];
	uint8_t hash[KEY_HASH_BYTES];
	char hex[2 * KEY_HASH_BYTES + 1];
	size_t n = 0;
	const char *plus = strchr(text, '+');
	if (!plus || !is_name(text, (size_t)(plus - text)) || strnlen(plus + 1, 9) < 9 || plus[9] != '+')
		return error_set(err, CF_E_INPUT, "a log's key is NAME+HASH+KEY");
	const char *base64 = plus + 10;
	if (note_from_base64(base64, strlen(base64), typed, sizeof typed, &n) < 0 || n != sizeof typed ||
		typed[0] != ALGORITHM_ED25519)
		return error_set(err, CF_E_INPUT, "a log's key is NAME+HASH+KEY, of an Ed25519 key");
	memcpy(key.name, text, (size_t)(plus - text));
	memcpy(key.public_key, typed + 1, NOTE_KEY_BYTES);
	key_hash(&key, hash);
	crypto_to_hex(hash, sizeof hash, hex);
	if (memcmp(hex, plus + 1, sizeof hex - 1) != 0)
		return error_set(err, CF_E_INPUT, "the log's key does not fit its own hash; it was mistyped");
	*ret = key;
	return CF_OK;
}

int note_sign(const struct note_checkpoint *what, const struct secret *seed, struct buffer *out,
	struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	struct note_key key = {0};
	uint8_t line[LINE_BYTES];
	memcpy(key.name, what->origin, sizeof key.name);
	TRY(pair_of(seed, key.public_key, &pair, err));
	TRY_MEMORY(
		buffer_printf(&text, "%s\n%llu\n", what->origin, (unsigned long long)what->head.size), err);
	TRY(note_base64(&text, what->head.root.bytes, MERKLE_HASH_BYTES, err));
	TRY_MEMORY(buffer_append_char(&text, '\n'), err);
	key_hash(&key, line);
	(void)crypto_sign_detached(
		line + KEY_HASH_BYTES, NULL, (const uint8_t *)text.data, text.n, secret_bytes(pair));
	TRY_MEMORY(buffer_printf(&text, "\n%s%s ", dash, what->origin), err);
	TRY(note_base64(&text, line, sizeof line, err));
	TRY_MEMORY(buffer_append_char(&text, '\n'), err);
	TRY_MEMORY(buffer_append(out, text.data, text.n), err);
	return CF_OK;
}

/* ---- reading ---- */

struct line {
	const char *at;
	size_t n;
};

/* The next line of what is left of a text, without its newline; false when there is no whole one. */
static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	if (!newline)
		return false;
	*ret = (struct line){*at, (size_t)(newline - *at)};
	*at = newline + 1;
	return true;
}

/* 1 a good signature of the key, 0 somebody else's, negative: none at all or a bad one. */
static int check_signature(
	const struct note_key *key, const struct line *line, const char *text, size_t n_text)
{
	const size_t n_dash = sizeof dash - 1;
	uint8_t bytes[512];
	uint8_t hash[KEY_HASH_BYTES];
	size_t n = 0;
	if (line->n < n_dash || memcmp(line->at, dash, n_dash) != 0)
		return CF_E_INPUT;
	const char *name = line->at + n_dash;
	const char *end = line->at + line->n;
	const char *blank = memchr(name, ' ', (size_t)(end - name));
	if (!blank || !is_name(name, (size_t)(blank - name)) ||
		note_from_base64(blank + 1, (size_t)(end - blank - 1), bytes, sizeof bytes, &n) < 0 ||
		n <= KEY_HASH_BYTES)
		return CF_E_INPUT;
	key_hash(key, hash);
	if ((size_t)(blank - name) != strlen(key->name) || memcmp(name, key->name, strlen(key->name)) != 0 ||
		memcmp(hash, bytes, sizeof hash) != 0)
		return 0;
	if (n != LINE_BYTES || crypto_sign_verify_detached(bytes + KEY_HASH_BYTES, (const uint8_t *)text,
				       n_text, key->public_key) != 0)
		return CF_E_REFUSED;
	return 1;
}

static int parse_size(const struct line *line, uint64_t *ret)
{
	uint64_t value = 0;
	if (line->n == 0 || line->n > 20 || (line->n > 1 && line->at[0] == '0'))
		return CF_E_INPUT;
	for (size_t i = 0; i < line->n; i++) {
		if (line->at[i] < '0' || line->at[i] > '9' || __builtin_mul_overflow(value, 10U, &value) ||
			__builtin_add_overflow(value, (uint64_t)(line->at[i] - '0'), &value))
			return CF_E_INPUT;
	}
	*ret = value;
	return CF_OK;
}

static int parse_text(const char *text, size_t n, struct note_checkpoint *ret)
{
	const char *at = text;
	const char *end = text + n;
	struct line origin;
	struct line size;
	struct line root;
	struct note_checkpoint found = {0};
	size_t n_root = 0;
	if (!next_line(&at, end, &origin) || !next_line(&at, end, &size) || !next_line(&at, end, &root) ||
		!is_name(origin.at, origin.n))
		return CF_E_INPUT;
	memcpy(found.origin, origin.at, origin.n);
	TRY(parse_size(&size, &found.head.size));
	TRY(note_from_base64(root.at, root.n, found.head.root.bytes, MERKLE_HASH_BYTES, &n_root));
	if (n_root != MERKLE_HASH_BYTES)
		return CF_E_INPUT;
	*ret = found;
	return CF_OK;
}

/* How many signatures of the key the lines from at hold; negative when one is bad. */
static int count_signatures(
	const struct note_key *key, const char *at, const char *end, const char *text, size_t n_text)
{
	int n_good = 0;
	struct line line;
	while (at < end) {
		if (!next_line(&at, end, &line))
			return CF_E_INPUT;
		int status = check_signature(key, &line, text, n_text);
		TRY(status);
		n_good += status;
	}
	return n_good;
}

int note_open(const struct note_key *key, const char *note, size_t n, struct note_checkpoint *ret,
	struct cf_error *err)
{
	struct note_checkpoint found = {0};
	if (n > NOTE_MAX)
		return error_set(err, CF_E_INPUT, "a head of a log has at most %d bytes", NOTE_MAX);
	const char *gap = memmem(note, n, "\n\n", 2);
	if (!gap || memchr(note, '\0', n))
		return error_set(
			err, CF_E_INPUT, "this is no head of a log: no empty line before its signature");
	const size_t n_text = (size_t)(gap - note) + 1;
	if (parse_text(note, n_text, &found) < 0)
		return error_set(
			err, CF_E_INPUT, "this is no head of a log: origin, size and root are not in it");
	int n_good = count_signatures(key, gap + 2, note + n, note, n_text);
	if (n_good == CF_E_INPUT)
		return error_set(err, CF_E_INPUT, "a signature line of the head cannot be read");
	if (n_good < 0)
		return error_set(
			err, CF_E_REFUSED, "the signature of the head does not hold: it was altered");
	if (n_good == 0 || strcmp(found.origin, key->name) != 0)
		return error_set(err, CF_E_REFUSED, "the head is not signed by this log");
	*ret = found;
	return CF_OK;
}
