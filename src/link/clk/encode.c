#include "link/clk/encode.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text_pattern.h"
#include "link/clk/format.h"
#include "link/clk/harden.h"
#include "link/clk/places.h"
#include "link/clk/tokens.h"

struct clk_encoder {
	const struct clk_schema *schema;
	bool hardened;
	struct secret *keys;
	struct clk_places *places;
	struct clk_hardener *hardener; /* NULL: not hardened */
	struct text_pattern *patterns[CLK_MAX_FEATURES];
	struct buffer text;
	struct buffer salt;  /* the salting cell's text, as far as it counts */
	struct buffer token; /* token and salt */
	struct clk_tokens tokens;
	uint64_t *filter;
	size_t n_filter_words;
	uint64_t *encoded;
	size_t n_encoded_words;
	size_t n_bytes;
};

static int open_patterns(struct clk_encoder *e, struct cf_error *err)
{
	for (size_t f = 0; f < e->schema->n_features; f++) {
		const struct clk_feature *feature = &e->schema->features[f];
		if (feature->ignored || !feature->pattern)
			continue;
		int status = text_pattern_new(feature->pattern, &e->patterns[f], err);
		if (status < 0)
			return error_prefix(err, status, "feature '%.60s'", feature->identifier);
	}
	return CF_OK;
}

static int derive_keys(struct clk_encoder *e, const struct secret *secret, struct cf_error *err)
{
	const struct clk_schema *s = e->schema;
	const struct keyed_hkdf how = {.hash = s->kdf_hash,
		.salt = s->kdf_salt,
		.n_salt = s->n_kdf_salt,
		.info = s->kdf_info,
		.n_info = s->n_kdf_info};
	return keyed_hkdf(&how, secret, 2 * (size_t)s->key_bytes * s->n_features, &e->keys, err);
}

int clk_encoder_new(const struct clk_schema *schema, const struct clk_encoder_options *options,
	struct clk_encoder **ret, struct cf_error *err)
{
	CF_CLEANUP_CLK_ENCODER struct clk_encoder *e = NEW(struct clk_encoder);
	if (!e)
		return error_memory(err);
	e->schema = schema;
	e->hardened = options->hardened;
	const size_t n_encoded = clk_schema_encoded_bits(schema, e->hardened);
	e->n_filter_words = (((size_t)schema->n_bits << schema->n_folds) + 63) / 64;
	e->n_encoded_words = (n_encoded + 63) / 64;
	e->n_bytes = (n_encoded + 7) / 8;
	e->filter = NEW_ARRAY(uint64_t, e->n_filter_words);
	e->encoded = NEW_ARRAY_ZERO(uint64_t, e->n_encoded_words);
	if (!e->filter || !e->encoded)
		return error_memory(err);
	TRY(open_patterns(e, err));
	TRY(derive_keys(e, options->secret, err));
	TRY(clk_places_new(schema, e->keys, &e->places, err));
	if (e->hardened)
		TRY(clk_hardener_new(schema, options->secret,
			options->flips ? options->flips : options->secret, &e->hardener, err));
	*ret = TAKE(e);
	return CF_OK;
}

static void wipe_buffer(struct buffer *b)
{
	if (b->data)
		secret_wipe(b->data, b->capacity);
	buffer_done(b);
}

struct clk_encoder *clk_encoder_free(struct clk_encoder *e)
{
	if (!e)
		return NULL;
	e->places = clk_places_free(e->places);
	e->hardener = clk_hardener_free(e->hardener);
	e->keys = secret_free(e->keys);
	for (size_t f = 0; f < CLK_MAX_FEATURES; f++)
		e->patterns[f] = text_pattern_free(e->patterns[f]);
	wipe_buffer(&e->text);
	wipe_buffer(&e->salt);
	wipe_buffer(&e->token);
	if (e->tokens.bytes.data)
		secret_wipe(e->tokens.bytes.data, e->tokens.bytes.capacity);
	if (e->tokens.padded.data)
		secret_wipe(e->tokens.padded.data, e->tokens.padded.capacity);
	clk_tokens_done(&e->tokens);
	if (e->filter)
		secret_wipe(e->filter, e->n_filter_words * sizeof *e->filter);
	if (e->encoded)
		secret_wipe(e->encoded, e->n_encoded_words * sizeof *e->encoded);
	mem_free(e->filter);
	mem_free(e->encoded);
	return mem_free(e);
}

size_t clk_encoder_bytes(const struct clk_encoder *e)
{
	return e->n_bytes;
}

static int format(struct clk_encoder *e, size_t f, struct clk_cell cell, struct cf_error *err)
{
	clk_strip(&cell.text, &cell.n);
	return clk_format_cell(&e->schema->features[f], e->patterns[f], cell.text, cell.n, &e->text, err);
}

/* The text behind each token: a NUL, then the salting feature's first characters. */
static int take_salt(
	struct clk_encoder *e, const struct clk_cell *cells, size_t *ret_feature, struct cf_error *err)
{
	const size_t f = (size_t)e->schema->hardening.salt_feature;
	const size_t n_wanted = e->schema->hardening.salt_characters;
	*ret_feature = f;
	TRY(format(e, f, cells[f], err));
	const char *text = buffer_text(&e->text);
	size_t n = e->text.n;
	if (n_wanted) {
		size_t n_points = 0;
		size_t i = 0;
		for (; i < n; i++)
			if (((unsigned char)text[i] & 0xc0) != 0x80 && n_points++ == n_wanted)
				break;
		n = i;
	}
	buffer_clear(&e->salt);
	TRY_MEMORY(buffer_append_char(&e->salt, '\0'), err);
	TRY_MEMORY(buffer_append(&e->salt, text, n), err);
	return CF_OK;
}

static int insert(struct clk_encoder *e, size_t f, size_t i, uint32_t k, struct cf_error *err)
{
	const size_t begin = i ? e->tokens.ends[i - 1] : 0;
	const char *token = e->tokens.bytes.data + begin;
	size_t n = e->tokens.ends[i] - begin;
	if (e->salt.n) {
		buffer_clear(&e->token);
		TRY_MEMORY(buffer_append(&e->token, token, n), err);
		TRY_MEMORY(buffer_append(&e->token, e->salt.data, e->salt.n), err);
		token = e->token.data;
		n = e->token.n;
	}
	clk_places_set(e->places, f, token, n, k, e->filter);
	return CF_OK;
}

static int add_feature(struct clk_encoder *e, size_t f, struct clk_cell cell, struct cf_error *err)
{
	const struct clk_feature *feature = &e->schema->features[f];
	TRY(format(e, f, cell, err));
	TRY(clk_tokenise(feature, buffer_text(&e->text), e->text.n, &e->tokens, err));
	const uint32_t n = (uint32_t)e->tokens.n;
	const uint32_t share =
		feature->bits_per_token || n == 0 ? feature->bits_per_token : feature->bits_per_feature / n;
	const uint32_t rest = feature->bits_per_token || n == 0 ? 0 : feature->bits_per_feature % n;
	for (uint32_t i = 0; i < n; i++)
		TRY(insert(e, f, i, share + (i < rest), err));
	return CF_OK;
}

/* Words with the first bit highest, to bytes in that order. */
static void write_bytes(const uint64_t *words, size_t n_bytes, uint8_t *ret)
{
	for (size_t i = 0; i < n_bytes; i++)
		ret[i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
}

int clk_encode(struct clk_encoder *e, const struct clk_cell *cells, uint8_t *ret, size_t *ret_feature,
	struct cf_error *err)
{
	size_t ignored;
	size_t *at = ret_feature ? ret_feature : &ignored;
	memset(e->filter, 0, e->n_filter_words * sizeof *e->filter);
	buffer_clear(&e->salt);
	if (e->hardened && e->schema->hardening.salt_feature >= 0)
		TRY(take_salt(e, cells, at, err));
	for (size_t f = 0; f < e->schema->n_features; f++) {
		if (e->schema->features[f].ignored)
			continue;
		*at = f;
		TRY(add_feature(e, f, cells[f], err));
	}
	clk_fold(e->filter, e->schema->n_bits, e->schema->n_folds);
	uint64_t *bits = e->filter;
	if (e->hardener) {
		clk_harden(e->hardener, e->filter, e->encoded);
		bits = e->encoded;
	}
	write_bytes(bits, e->n_bytes, ret);
	return CF_OK;
}
