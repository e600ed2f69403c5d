#include "link/clk/tokens.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void clk_tokens_done(struct clk_tokens *t)
{
	buffer_done(&t->bytes);
	buffer_done(&t->padded);
	mem_free(t->ends);
	mem_free(t->starts);
	*t = (struct clk_tokens){0};
}

static int end_token(struct clk_tokens *t)
{
	size_t *grown = mem_grow(t->ends, t->n, &t->capacity, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	t->ends = grown;
	t->ends[t->n++] = t->bytes.n;
	return CF_OK;
}

/* ---- encodings ---- */

static uint32_t next_code_point(const unsigned char **s)
{
	const unsigned char *p = *s;
	const unsigned n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0xffU >> (n + 1));
	for (unsigned i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s += n;
	return c;
}

static int append_little(struct buffer *out, uint32_t value, size_t n)
{
	const uint8_t bytes[4] = {
		(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
	return buffer_append(out, bytes, n);
}

static int append_utf16(struct buffer *out, uint32_t c)
{
	if (c < 0x10000)
		return append_little(out, c, 2);
	TRY(append_little(out, 0xd800 + ((c - 0x10000) >> 10), 2));
	return append_little(out, 0xdc00 + ((c - 0x10000) & 0x3ff), 2);
}

/* s[0..n) in the feature's encoding; Python puts a byte order mark before each token. */
static int append_encoded(struct buffer *out, enum clk_encoding encoding, const char *s, size_t n)
{
	if (encoding == CLK_UTF8 || encoding == CLK_ASCII)
		return buffer_append(out, s, n);
	const bool wide = encoding == CLK_UTF32;
	const unsigned char *p = (const unsigned char *)s;
	const unsigned char *end = p + n;
	TRY(append_little(out, 0xfeff, wide ? 4 : 2));
	while (p < end) {
		const uint32_t c = next_code_point(&p);
		TRY(wide ? append_little(out, c, 4) : append_utf16(out, c));
	}
	return CF_OK;
}

/* ---- n-grams ---- */

/* starts[i] is where the i-th code point of the padded text begins, starts[*ret_n] its end. */
static int pad(struct clk_tokens *t, const char *text, size_t n, size_t n_pad, size_t *ret_n)
{
	buffer_clear(&t->padded);
	TRY(buffer_reserve(&t->padded, n + 2 * n_pad + 1));
	memset(t->padded.data, ' ', n + 2 * n_pad);
	memcpy(t->padded.data + n_pad, text, n);
	t->padded.n = n + 2 * n_pad;
	t->padded.data[t->padded.n] = '\0';
	if (t->padded.n + 1 > t->starts_capacity) {
		size_t *grown = mem_resize(t->starts, t->padded.n + 1, sizeof *grown);
		if (!grown)
			return CF_E_MEMORY;
		t->starts = grown;
		t->starts_capacity = t->padded.n + 1;
	}
	size_t n_points = 0;
	for (size_t i = 0; i < t->padded.n; i++)
		if (((unsigned char)t->padded.data[i] & 0xc0) != 0x80)
			t->starts[n_points++] = i;
	t->starts[n_points] = t->padded.n;
	*ret_n = n_points;
	return CF_OK;
}

/* snprintf would take more time than hashing. */
static size_t put_number(char *to, size_t value)
{
	char digits[20];
	size_t n = 0;
	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

static int append_gram(const struct clk_feature *f, struct clk_tokens *t, size_t i)
{
	const char *gram = t->padded.data + t->starts[i];
	const size_t n = t->starts[i + f->n] - t->starts[i];
	if (!f->positional) {
		TRY(append_encoded(&t->bytes, f->encoding, gram, n));
		return end_token(t);
	}
	char text[24 + 4 * CLK_MAX_GRAM];
	size_t n_place = put_number(text, i + 1);
	text[n_place++] = ' ';
	memcpy(text + n_place, gram, n);
	TRY(append_encoded(&t->bytes, f->encoding, text, n_place + n));
	return end_token(t);
}

static int append_grams(const struct clk_feature *f, const char *text, size_t n, struct clk_tokens *t)
{
	size_t n_points;
	TRY(pad(t, text, n, f->n - 1, &n_points));
	for (size_t i = 0; i + f->n <= n_points; i++)
		TRY(append_gram(f, t, i));
	return CF_OK;
}

/* ---- numbers ---- */

static const int64_t most = INT64_C(1) << 60;

/* The number times 10^precision, rounded as Python rounds; false when it is none or too large. */
static bool scaled(const struct clk_feature *f, const char *text, int64_t *ret)
{
	char *end;
	int64_t power = 1;
	for (uint32_t i = 0; i < f->precision; i++)
		power *= 10;
	errno = 0;
	const long long whole = strtoll(text, &end, 10);
	if (end != text && !*end)
		return errno == 0 && !__builtin_mul_overflow(whole, power, ret);
	if (text[strspn(text, "+-")] == '\0' || strpbrk(text, "xXnNpP"))
		return false; /* strtod reads hexadecimal, infinity and NaN */
	const double x = strtod(text, &end);
	const double y = f->precision ? rint(x * (double)power) : trunc(x);
	if (end == text || *end || !(fabs(y) < (double)most))
		return false;
	*ret = (int64_t)y;
	return true;
}

/* The value is put on a grid of one step, all multiplied by twice the resolution, as clkhash does. */
static int append_neighbourhood(
	const struct clk_feature *f, const char *text, struct clk_tokens *t, struct cf_error *err)
{
	const int64_t resolution = f->resolution;
	const int64_t step = (int64_t)rint(f->threshold_distance * pow(10, f->precision));
	int64_t value;
	if (!scaled(f, text, &value) || __builtin_mul_overflow(value, 2 * resolution, &value) ||
		value > most || value < -most)
		return error_set(err, CF_E_INPUT, "the value is no number, or too large a one");
	int64_t rest = value % step;
	rest += rest < 0 ? step : 0;
	value -= rest;
	if (rest && 2 * rest >= step)
		value += step;
	for (int64_t i = -resolution; i <= resolution; i++) {
		char digits[32];
		/* resolution and step are bounded: no overflow */
		const int n = snprintf(digits, sizeof digits, "%" PRId64, value + i * step);
		TRY_MEMORY(append_encoded(&t->bytes, f->encoding, digits, (size_t)n), err);
		TRY_MEMORY(end_token(t), err);
	}
	return CF_OK;
}

int clk_tokenise(
	const struct clk_feature *f, const char *text, size_t n, struct clk_tokens *t, struct cf_error *err)
{
	buffer_clear(&t->bytes);
	t->n = 0;
	if (n == 0)
		return CF_OK;
	if (f->comparison == CLK_NUMERIC)
		return append_neighbourhood(f, text, t, err);
	if (f->comparison == CLK_NGRAM) {
		TRY_MEMORY(append_grams(f, text, n, t), err);
		return CF_OK;
	}
	TRY_MEMORY(append_encoded(&t->bytes, f->encoding, text, n), err);
	TRY_MEMORY(end_token(t), err);
	return CF_OK;
}
