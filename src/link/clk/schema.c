#include "link/clk/schema.h"

#include <math.h>

#include "link/clk/format.h"

static void feature_done(struct clk_feature *f)
{
	for (size_t i = 0; f->values && i < f->n_values; i++)
		mem_free(f->values[i]);
	mem_free(f->values);
	mem_free(f->identifier);
	mem_free(f->pattern);
	mem_free(f->date_format);
	mem_free(f->sentinel);
	mem_free(f->replace_with);
}

struct clk_schema *clk_schema_free(struct clk_schema *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; s->features && i < s->n_features; i++)
		feature_done(&s->features[i]);
	mem_free(s->features);
	mem_free(s->kdf_salt);
	mem_free(s->kdf_info);
	return mem_free(s);
}

size_t clk_schema_encoded_bits(const struct clk_schema *s, bool hardened)
{
	return (size_t)s->n_bits << (hardened && s->hardening.balanced);
}

static int bad(struct cf_error *err, const struct clk_feature *f, const char *what)
{
	return error_set(err, CF_E_INPUT, "feature '%.60s': %s", f->identifier, what);
}

static int check_comparison(const struct clk_feature *f, struct cf_error *err)
{
	if (f->comparison == CLK_NGRAM && (f->n < 1 || f->n > CLK_MAX_GRAM))
		return bad(err, f, "the n of n-grams must be 1 to 64");
	if (f->comparison != CLK_NUMERIC)
		return CF_OK;
	if (f->resolution < 1 || f->resolution > CLK_MAX_RESOLUTION)
		return bad(err, f, "'resolution' must be 1 to 4096");
	if (f->precision > CLK_MAX_PRECISION)
		return bad(err, f, "'fractional_precision' must be 0 to 15");
	const double step = rint(f->threshold_distance * pow(10, f->precision));
	if (!(f->threshold_distance > 0) || !(step >= 1 && step < 1e15))
		return bad(err, f,
			"'thresholdDistance' must be positive, large enough for the 'fractional_precision', "
			"and not astronomic");
	return CF_OK;
}

static int check_hashing(const struct clk_schema *s, const struct clk_feature *f, struct cf_error *err)
{
	const uint32_t n_filter = s->n_bits << s->n_folds;
	if (!f->bits_per_token == !f->bits_per_feature)
		return bad(err, f, "the strategy is one of 'bitsPerToken' and 'bitsPerFeature'");
	if (f->bits_per_token > CLK_MAX_INSERTIONS || f->bits_per_feature > CLK_MAX_INSERTIONS)
		return bad(err, f, "the strategy may set at most 65536 bits");
	if (f->hash == CLK_BLAKE && (n_filter & (n_filter - 1)))
		return bad(
			err, f, "blakeHash needs a length that is a power of two (after folds are undone)");
	if (f->hash == CLK_BLAKE && s->key_bytes > KEYED_BLAKE_KEY_MAX)
		return bad(err, f, "blakeHash takes keys of at most 64 bytes: 'keySize'");
	return CF_OK;
}

static int check_format(const struct clk_feature *f, struct cf_error *err)
{
	if (f->format == CLK_DATE && !f->date_format)
		return bad(err, f, "a date needs its 'format', such as \"%Y-%m-%d\"");
	if (f->format == CLK_DATE) {
		int status = clk_date_format_check(f->date_format, err);
		if (status < 0)
			return error_prefix(err, status, "feature '%.60s'", f->identifier);
	}
	if (f->format == CLK_ENUM && f->n_values == 0)
		return bad(err, f, "an enum needs its 'values'");
	if (f->max_length && f->max_length < f->min_length)
		return bad(err, f, "'maxLength' is less than 'minLength'");
	if (f->has_minimum && f->has_maximum && f->maximum < f->minimum)
		return bad(err, f, "'maximum' is less than 'minimum'");
	return CF_OK;
}

static int check_hardening(const struct clk_schema *s, struct cf_error *err)
{
	const struct clk_hardening *h = &s->hardening;
	if (!(h->flip_rate >= 0 && h->flip_rate < 0.5))
		return error_set(err, CF_E_INPUT, "hardening: 'flipRate' must be from 0 to less than 0.5");
	if (h->salt_feature >= 0 &&
		((size_t)h->salt_feature >= s->n_features || s->features[h->salt_feature].ignored))
		return error_set(
			err, CF_E_INPUT, "hardening: the salt must be a feature that is not ignored");
	return CF_OK;
}

int clk_schema_check(const struct clk_schema *s, struct cf_error *err)
{
	size_t n_used = 0;
	if (s->n_folds > CLK_MAX_FOLDS || s->n_bits < 8 || s->n_bits > (uint32_t)CLK_MAX_BITS >> s->n_folds)
		return error_set(err, CF_E_LIMIT,
			"'l' must be 8 to 65536, times two for each fold, and there may be 8 folds at most");
	if (s->key_bytes < 16 || s->key_bytes > 1024)
		return error_set(err, CF_E_LIMIT, "'keySize' must be 16 to 1024 bytes");
	for (size_t i = 0; i < s->n_features; i++) {
		const struct clk_feature *f = &s->features[i];
		if (f->ignored)
			continue;
		n_used++;
		TRY(check_format(f, err));
		TRY(check_comparison(f, err));
		TRY(check_hashing(s, f, err));
	}
	if (n_used == 0 || s->n_features > CLK_MAX_FEATURES)
		return error_set(
			err, CF_E_LIMIT, "a schema has up to 256 features, at least one of them not ignored");
	return check_hardening(s, err);
}

unsigned clk_schema_weaknesses(const struct clk_schema *s, bool hardened)
{
	unsigned found = 0;
	if (!hardened || s->hardening.flip_rate < 1e-9)
		found |= CLK_WEAK_NO_FLIPS;
	if (s->n_folds == 0 && !(hardened && s->hardening.balanced))
		found |= CLK_WEAK_NO_FOLD;
	if (s->n_kdf_salt == 0)
		found |= CLK_WEAK_NO_KDF_SALT;
	for (size_t i = 0; i < s->n_features; i++)
		if (!s->features[i].ignored && s->features[i].hash != CLK_BLAKE)
			found |= CLK_WEAK_DOUBLE_HASHING;
	return found;
}
