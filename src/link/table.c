#include "link/table.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };
static const uint32_t max_texts = (uint32_t)1 << 28;

/* ---- the dictionary ---- */

void link_dictionary_done(struct link_dictionary *d)
{
	d->bytes = mem_free(d->bytes);
	d->offsets = mem_free(d->offsets);
	d->slots = mem_free(d->slots);
	*d = (struct link_dictionary)LINK_DICTIONARY_INIT;
}

const char *link_dictionary_text(const struct link_dictionary *d, uint32_t code)
{
	return d->bytes + d->offsets[code - 1];
}

size_t link_dictionary_length(const struct link_dictionary *d, uint32_t code)
{
	return d->offsets[code] - d->offsets[code - 1] - 1;
}

/* Eight bytes at a time, multiply and fold (as wyhash does); the table is not reachable from outside a run,
 * and a flood of collisions costs time only. */
static uint64_t hash_text(const char *text, size_t n)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ n;
	while (n >= 8) {
		uint64_t w;
		memcpy(&w, text, 8);
		h = (h ^ w) * 0xd6e8feb86659fd93u;
		h ^= h >> 32;
		text += 8;
		n -= 8;
	}
	uint64_t w = 0;
	memcpy(&w, text, n);
	h = (h ^ w) * 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static void place(uint32_t *slots, size_t n_slots, uint64_t hash, uint32_t code)
{
	size_t at = hash & (n_slots - 1);
	while (slots[at])
		at = (at + 1) & (n_slots - 1);
	slots[at] = code;
}

static int grow_slots(struct link_dictionary *d, struct cf_error *err)
{
	size_t n_slots = d->n_slots ? d->n_slots * 2 : FIRST_SLOTS;
	uint32_t *slots = NEW_ARRAY_ZERO(uint32_t, n_slots);
	if (!slots)
		return error_memory(err);
	for (uint32_t code = 1; code <= d->n; code++)
		place(slots, n_slots,
			hash_text(link_dictionary_text(d, code), link_dictionary_length(d, code)), code);
	(void)mem_free(d->slots);
	d->slots = slots;
	d->n_slots = n_slots;
	return CF_OK;
}

static int append_text(struct link_dictionary *d, const char *text, size_t n, struct cf_error *err)
{
	if (d->n_bytes + n + 1 > d->bytes_capacity) {
		size_t capacity = (d->bytes_capacity + n + 1) * 3 / 2 + 256;
		char *bytes = mem_resize(d->bytes, capacity, 1);
		if (!bytes)
			return error_memory(err);
		d->bytes = bytes;
		d->bytes_capacity = capacity;
	}
	if ((size_t)d->n + 2 > d->offsets_capacity) {
		size_t capacity = d->offsets_capacity * 3 / 2 + 64;
		size_t *offsets = mem_resize(d->offsets, capacity, sizeof *offsets);
		if (!offsets)
			return error_memory(err);
		d->offsets = offsets;
		d->offsets_capacity = capacity;
	}
	memcpy(d->bytes + d->n_bytes, text, n);
	d->bytes[d->n_bytes + n] = '\0';
	d->offsets[d->n] = d->n_bytes;
	d->n_bytes += n + 1;
	d->offsets[++d->n] = d->n_bytes;
	return CF_OK;
}

static uint32_t find_hashed(const struct link_dictionary *d, uint64_t hash, const char *text, size_t n)
{
	for (size_t at = hash & (d->n_slots - 1); d->slots[at]; at = (at + 1) & (d->n_slots - 1)) {
		uint32_t code = d->slots[at];
		if (link_dictionary_length(d, code) == n &&
			memcmp(link_dictionary_text(d, code), text, n) == 0)
			return code;
	}
	return 0;
}

uint32_t link_dictionary_find(const struct link_dictionary *d, const char *text, size_t n)
{
	return n && d->n_slots ? find_hashed(d, hash_text(text, n), text, n) : 0;
}

int link_dictionary_add(
	struct link_dictionary *d, const char *text, size_t n, uint32_t *ret_code, struct cf_error *err)
{
	if (n == 0) {
		*ret_code = 0;
		return CF_OK;
	}
	if (((size_t)d->n + 1) * 2 > d->n_slots)
		TRY(grow_slots(d, err));
	uint64_t hash = hash_text(text, n);
	*ret_code = find_hashed(d, hash, text, n);
	if (*ret_code)
		return CF_OK;
	if (d->n >= max_texts)
		return error_set(err, CF_E_LIMIT, "a column has more than %u distinct values", max_texts);
	TRY(append_text(d, text, n, err));
	place(d->slots, d->n_slots, hash, d->n);
	*ret_code = d->n;
	return CF_OK;
}

/* ---- kinds ---- */

static const char *const kind_names[LINK_N_KINDS] = {
	[LINK_NAME] = "name",
	[LINK_TEXT] = "text",
	[LINK_DATE] = "date",
	[LINK_PHONE] = "phone",
	[LINK_EMAIL] = "email",
	[LINK_CODE] = "code",
	[LINK_NUMBER] = "number",
	[LINK_CHOICE] = "choice",
};

const char *link_kind_name(enum link_kind kind)
{
	return kind_names[kind];
}

int link_kind_from_name(const char *name)
{
	for (int k = 0; k < LINK_N_KINDS; k++)
		if (strcmp(kind_names[k], name) == 0)
			return k;
	return -1;
}

const char *link_role_name(enum link_role role)
{
	static const char *const names[] = {[LINK_ROLE_NONE] = "none",
		[LINK_ROLE_GIVEN] = "given",
		[LINK_ROLE_FAMILY] = "family",
		[LINK_ROLE_FULL] = "full"};
	return names[role];
}

/* ---- the table ---- */

struct link_table *link_table_free(struct link_table *t)
{
	if (!t)
		return NULL;
	for (size_t c = 0; t->columns && c < t->n_columns; c++) {
		struct link_column *column = &t->columns[c];
		(void)mem_free(column->name);
		(void)mem_free(column->codes);
		(void)mem_free(column->counts);
		link_dictionary_done(&column->values);
	}
	(void)mem_free(t->columns);
	(void)mem_free(t->first);
	return mem_free(t);
}

int link_table_new(
	size_t n_columns, size_t n_files, const size_t *first, struct link_table **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_TABLE struct link_table *t = NEW(struct link_table);
	if (!t)
		return error_memory(err);
	t->columns = NEW_ARRAY_ZERO(struct link_column, n_columns);
	t->first = NEW_ARRAY(size_t, n_files + 1);
	if (!t->columns || !t->first)
		return error_memory(err);
	t->n_columns = n_columns;
	t->n_files = n_files;
	memcpy(t->first, first, (n_files + 1) * sizeof *first);
	t->n_rows = first[n_files];
	for (size_t c = 0; c < n_columns; c++) {
		t->columns[c].codes = NEW_ARRAY_ZERO(uint32_t, t->n_rows);
		if (!t->columns[c].codes)
			return error_memory(err);
	}
	*ret = TAKE(t);
	return CF_OK;
}

int link_table_count(struct link_table *t, struct cf_error *err)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		struct link_column *column = &t->columns[c];
		(void)mem_free(column->counts);
		column->counts = NEW_ARRAY_ZERO(uint32_t, (size_t)column->values.n + 1);
		if (!column->counts)
			return error_memory(err);
		for (size_t row = 0; row < t->n_rows; row++)
			column->counts[column->codes[row]]++;
	}
	return CF_OK;
}

size_t link_table_file_of(const struct link_table *t, size_t row)
{
	size_t low = 0;
	size_t high = t->n_files;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (t->first[middle] <= row)
			low = middle;
		else
			high = middle;
	}
	return low;
}

double link_table_n_pairs(const struct link_table *t, bool across, bool within)
{
	double n = (double)t->n_rows;
	double inside = 0;
	for (size_t f = 0; f < t->n_files; f++) {
		double m = (double)(t->first[f + 1] - t->first[f]);
		inside += m * (m - 1) / 2;
	}
	double all = n * (n - 1) / 2;
	return (across ? all - inside : 0) + (within ? inside : 0);
}
