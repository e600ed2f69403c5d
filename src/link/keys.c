#include "link/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "link/metaphone.h"
#include "link/sounds.h"

enum { BAND_HASHES = 2, MAX_WORDS = 64 };

void link_part_keys_done(struct link_part_keys *k)
{
	k->of_value = mem_free(k->of_value);
	k->n = 0;
}

/* ---- the key of one value ---- */

/* Letters and digits without the blanks between words, the first n or the last n; shorter values have none.
 */
static int affix_key(const char *text, size_t n, size_t want, bool last, struct buffer *out)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		m += text[i] != ' ';
	if (m < want)
		return CF_OK;
	size_t skip = last ? m - want : 0;
	for (size_t i = 0, at = 0; i < n && at < skip + want; i++) {
		if (text[i] == ' ')
			continue;
		if (text[i] == '?' && at >= skip) {
			buffer_clear(out);
			return CF_OK;
		}
		if (at++ >= skip)
			TRY(buffer_append_char(out, text[i]));
	}
	return CF_OK;
}

static int date_key(const char *text, size_t n, enum link_transform transform, struct buffer *out)
{
	if (n != 8)
		return CF_OK;
	bool year = transform != LINK_MONTH_DAY;
	bool month = transform != LINK_YEAR;
	bool day = transform == LINK_MONTH_DAY;
	if (year && (memchr(text, '?', 4) || memcmp(text, "0000", 4) == 0))
		return CF_OK;
	if (month && (memchr(text + 4, '?', 2) || memcmp(text + 4, "00", 2) == 0))
		return CF_OK;
	if (day && (memchr(text + 6, '?', 2) || memcmp(text + 6, "00", 2) == 0))
		return CF_OK;
	if (transform == LINK_YEAR)
		return buffer_append(out, text, 4);
	if (transform == LINK_YEAR_MONTH)
		return buffer_append(out, text, 6);
	bool swap = memcmp(text + 4, text + 6, 2) > 0;
	TRY(buffer_append(out, text + (swap ? 6 : 4), 2));
	return buffer_append(out, text + (swap ? 4 : 6), 2);
}

struct word {
	const char *text;
	size_t n;
};

static size_t split_words(const char *text, size_t n, struct word words[MAX_WORDS])
{
	size_t m = 0;
	for (size_t i = 0; i < n && m < MAX_WORDS;) {
		const char *space = memchr(text + i, ' ', n - i);
		size_t length = space ? (size_t)(space - text) - i : n - i;
		if (length)
			words[m++] = (struct word){text + i, length};
		i += length + 1;
	}
	return m;
}

static int compare_words(const struct word *a, const struct word *b)
{
	int c = memcmp(a->text, b->text, a->n < b->n ? a->n : b->n);
	return c ? c : (a->n > b->n) - (a->n < b->n);
}

static int word_key(const char *text, size_t n, enum link_transform transform, struct buffer *out)
{
	struct word words[MAX_WORDS];
	size_t m = split_words(text, n, words);
	if (m == 0)
		return CF_OK;
	if (transform == LINK_WORD_FIRST)
		return buffer_append(out, words[0].text, words[0].n);
	if (transform == LINK_WORD_LAST)
		return buffer_append(out, words[m - 1].text, words[m - 1].n);
	for (size_t i = 1; i < m; i++)
		for (size_t j = i; j > 0 && compare_words(&words[j], &words[j - 1]) < 0; j--) {
			struct word swap = words[j];
			words[j] = words[j - 1];
			words[j - 1] = swap;
		}
	for (size_t i = 0; i < m; i++) {
		if (i)
			TRY(buffer_append_char(out, ' '));
		TRY(buffer_append(out, words[i].text, words[i].n));
	}
	return CF_OK;
}

static int metaphone_key(const char *text, size_t n, struct buffer *out)
{
	struct metaphone codes;
	metaphone(text, n, &codes);
	return buffer_append_text(out, codes.primary);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The least hashes of the letter pairs, with a blank before and behind each word. */
static int band_key(const char *text, size_t n, unsigned band, struct buffer *out)
{
	uint64_t least[BAND_HASHES];
	memset(least, 0xff, sizeof least);
	if (n < 2)
		return CF_OK;
	unsigned char before = ' ';
	for (size_t i = 0; i <= n; i++) {
		unsigned char c = i < n ? (unsigned char)text[i] : ' ';
		uint64_t gram = (uint64_t)before << 8 | c;
		for (unsigned h = 0; h < BAND_HASHES; h++) {
			uint64_t hash = mix(gram + ((uint64_t)(band * BAND_HASHES + h + 1) << 32));
			least[h] = hash < least[h] ? hash : least[h];
		}
		before = c;
	}
	return buffer_append(out, least, sizeof least);
}

int link_part_key(const struct link_table *t, const struct link_part *part, const char *text, size_t n,
	struct buffer *out)
{
	switch ((enum link_transform)part->transform) {
	case LINK_WHOLE:
		return t->columns[part->column].kind == LINK_DATE && n != 8 ? CF_OK
									    : buffer_append(out, text, n);
	case LINK_SOUND:
		return sound_append(text, n, out);
	case LINK_METAPHONE:
		return metaphone_key(text, n, out);
	case LINK_FIRST:
		return affix_key(text, n, part->n, false, out);
	case LINK_LAST:
		return affix_key(text, n, part->n, true, out);
	case LINK_WORD_FIRST:
	case LINK_WORD_LAST:
	case LINK_SORTED:
		return word_key(text, n, (enum link_transform)part->transform, out);
	case LINK_YEAR:
	case LINK_YEAR_MONTH:
	case LINK_MONTH_DAY:
		return date_key(text, n, (enum link_transform)part->transform, out);
	case LINK_USER: {
		const char *at = memchr(text, '@', n);
		return at ? buffer_append(out, text, (size_t)(at - text)) : CF_OK;
	}
	case LINK_BAND:
		return band_key(text, n, part->n, out);
	case LINK_N_TRANSFORMS:
		break;
	}
	return CF_OK;
}

int link_part_keys_make(const struct link_table *t, const struct link_part *part, struct link_part_keys *ret,
	struct cf_error *err)
{
	const struct link_dictionary *values = &t->columns[part->column].values;
	CF_CLEANUP(link_dictionary_done) struct link_dictionary keys = LINK_DICTIONARY_INIT;
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	CF_CLEANUP_FREE uint32_t *of_value = NEW_ARRAY(uint32_t, (size_t)values->n + 1);
	if (!of_value)
		return error_memory(err);
	of_value[0] = 0;
	for (uint32_t code = 1; code <= values->n; code++) {
		buffer_clear(&key);
		TRY_MEMORY(link_part_key(t, part, link_dictionary_text(values, code),
				   link_dictionary_length(values, code), &key),
			err);
		TRY(link_dictionary_add(&keys, buffer_text(&key), key.n, &of_value[code], err));
	}
	*ret = (struct link_part_keys){.part = *part, .n = keys.n};
	ret->of_value = TAKE(of_value);
	return CF_OK;
}

/* ---- the keys of rows ---- */

static uint32_t key_of(const struct link_table *t, const struct link_part_keys *k, size_t row)
{
	return k->of_value[t->columns[k->part.column].codes[row]];
}

/* Numbers pairs of key numbers from 1. */
struct pairing {
	uint64_t *pairs;
	uint32_t *numbers; /* 0: free */
	size_t n_slots;
	uint32_t n;
};

static void pairing_done(struct pairing *p)
{
	p->pairs = mem_free(p->pairs);
	p->numbers = mem_free(p->numbers);
}

static uint32_t pairing_number(struct pairing *p, uint32_t a, uint32_t b)
{
	uint64_t pair = (uint64_t)a << 32 | b;
	size_t at = mix(pair) & (p->n_slots - 1);
	while (p->numbers[at]) {
		if (p->pairs[at] == pair)
			return p->numbers[at];
		at = (at + 1) & (p->n_slots - 1);
	}
	p->pairs[at] = pair;
	return p->numbers[at] = ++p->n;
}

static int add_part(const struct link_table *t, const struct link_part_keys *k, const uint32_t *rows,
	size_t n_rows, uint32_t *keys, uint32_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP(pairing_done) struct pairing p = {.n_slots = 64};
	while (p.n_slots < n_rows * 2)
		p.n_slots *= 2;
	p.pairs = NEW_ARRAY(uint64_t, p.n_slots);
	p.numbers = NEW_ARRAY_ZERO(uint32_t, p.n_slots);
	if (!p.pairs || !p.numbers)
		return error_memory(err);
	for (size_t i = 0; i < n_rows; i++) {
		uint32_t other = keys[i] ? key_of(t, k, rows ? rows[i] : i) : 0;
		keys[i] = other ? pairing_number(&p, keys[i], other) : 0;
	}
	*ret_n = p.n;
	return CF_OK;
}

int link_row_keys(const struct link_table *t, const struct link_part_keys *const *parts, size_t n_parts,
	const uint32_t *rows, size_t n_rows, uint32_t *ret_keys, uint32_t *ret_n, struct cf_error *err)
{
	for (size_t i = 0; i < n_rows; i++)
		ret_keys[i] = key_of(t, parts[0], rows ? rows[i] : i);
	*ret_n = parts[0]->n;
	for (size_t k = 1; k < n_parts; k++)
		TRY(add_part(t, parts[k], rows, n_rows, ret_keys, ret_n, err));
	return CF_OK;
}

/* Pairs inside the files, by counting each file's rows and taking the counts back. */
static double pairs_inside(const struct link_table *t, const uint32_t *keys, const uint32_t *rows,
	size_t n_rows, uint32_t *counts)
{
	double inside = 0;
	size_t begin = 0;
	for (size_t f = 0; f < t->n_files; f++) {
		size_t end = begin;
		for (; end < n_rows && (rows ? rows[end] : end) < t->first[f + 1]; end++)
			inside += keys[end] ? counts[keys[end]]++ : 0;
		for (size_t i = begin; i < end; i++)
			counts[keys[i]] = 0;
		begin = end;
	}
	return inside;
}

int link_count_pairs(const struct link_table *t, const uint32_t *keys, uint32_t n_keys, const uint32_t *rows,
	size_t n_rows, const struct link_settings *s, struct link_key_count *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *counts = NEW_ARRAY_ZERO(uint32_t, (size_t)n_keys + 1);
	if (!counts)
		return error_memory(err);
	double inside = t->n_files > 1 ? pairs_inside(t, keys, rows, n_rows, counts) : 0;
	double all = 0;
	uint64_t largest = 0;
	for (size_t i = 0; i < n_rows; i++) {
		if (!keys[i])
			continue;
		all += counts[keys[i]]++;
		largest = counts[keys[i]] > largest ? counts[keys[i]] : largest;
	}
	if (t->n_files == 1)
		inside = all;
	ret->n_pairs = (s->across ? all - inside : 0) + (s->within ? inside : 0);
	ret->largest = largest;
	return CF_OK;
}

/* ---- sorted neighbourhoods ---- */

struct text_order {
	const char *text;
	uint32_t key;
};

static int compare_texts(const void *a, const void *b)
{
	const struct text_order *x = a;
	const struct text_order *y = b;
	return strcmp(x->text, y->text);
}

/* of_value as link_part_keys_make gives it, with key numbers in the order of the keys' texts. */
static int ordered_keys(
	const struct link_table *t, const struct link_part *part, uint32_t *of_value, struct cf_error *err)
{
	const struct link_dictionary *values = &t->columns[part->column].values;
	CF_CLEANUP(link_dictionary_done) struct link_dictionary keys = LINK_DICTIONARY_INIT;
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	of_value[0] = 0;
	for (uint32_t code = 1; code <= values->n; code++) {
		buffer_clear(&key);
		TRY_MEMORY(link_part_key(t, part, link_dictionary_text(values, code),
				   link_dictionary_length(values, code), &key),
			err);
		TRY(link_dictionary_add(&keys, buffer_text(&key), key.n, &of_value[code], err));
	}
	CF_CLEANUP_FREE struct text_order *order = NEW_ARRAY(struct text_order, keys.n);
	CF_CLEANUP_FREE uint32_t *places = NEW_ARRAY_ZERO(uint32_t, (size_t)keys.n + 1);
	if (!order || !places)
		return error_memory(err);
	for (uint32_t k = 1; k <= keys.n; k++)
		order[k - 1] = (struct text_order){link_dictionary_text(&keys, k), k};
	qsort(order, keys.n, sizeof *order, compare_texts);
	for (uint32_t k = 0; k < keys.n; k++)
		places[order[k].key] = k + 1;
	for (uint32_t code = 1; code <= values->n; code++)
		of_value[code] = places[of_value[code]];
	return CF_OK;
}

struct row_order {
	uint32_t keys[LINK_MAX_PARTS];
	uint32_t row;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row_order *x = a;
	const struct row_order *y = b;
	for (size_t i = 0; i < LINK_MAX_PARTS; i++)
		if (x->keys[i] != y->keys[i])
			return x->keys[i] < y->keys[i] ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

int link_row_ranks(const struct link_table *t, const struct link_rule *rule, uint32_t *ret_ranks,
	uint32_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP_FREE struct row_order *rows = NEW_ARRAY_ZERO(struct row_order, t->n_rows);
	if (!rows)
		return error_memory(err);
	for (size_t k = 0; k < rule->n_parts; k++) {
		const struct link_column *column = &t->columns[rule->parts[k].column];
		CF_CLEANUP_FREE uint32_t *of_value = NEW_ARRAY(uint32_t, (size_t)column->values.n + 1);
		if (!of_value)
			return error_memory(err);
		TRY(ordered_keys(t, &rule->parts[k], of_value, err));
		for (size_t i = 0; i < t->n_rows; i++)
			rows[i].keys[k] = of_value[column->codes[i]];
	}
	for (size_t i = 0; i < t->n_rows; i++)
		rows[i].row = (uint32_t)i;
	qsort(rows, t->n_rows, sizeof *rows, compare_rows);
	uint32_t place = 0;
	for (size_t i = 0; i < t->n_rows; i++)
		ret_ranks[rows[i].row] = rows[i].keys[0] ? ++place : 0;
	*ret_n = place;
	return CF_OK;
}
