#include <stdlib.h>
#include <string.h>

#include "link/index.h"
#include "link/index_format.h"
#include "link/key_hash.h"

/* Appends a section; *ret_at is where it begins. */
static int put(struct buffer *out, const void *data, size_t n, uint64_t *ret_at)
{
	static const char zeros[8];
	*ret_at = out->n;
	if (n)
		TRY(buffer_append(out, data, n));
	return out->n % 8 ? buffer_append(out, zeros, 8 - out->n % 8) : CF_OK;
}

static int put_text(struct buffer *text, const char *s)
{
	TRY(buffer_append_text(text, s));
	return buffer_append(text, "", 1);
}

/* Only columns that are compared or make keys are kept. Returns how many. */
static size_t columns_needed(const struct link_index_content *c, size_t needed[LINK_MAX_COLUMNS])
{
	const struct link_settings *s = c->settings;
	size_t n = 0;
	for (size_t k = 0; k < c->table->n_columns; k++) {
		bool used = false;
		for (size_t f = 0; f < s->n_fields; f++)
			used |= s->fields[f].column == k;
		for (size_t r = 0; r < s->n_rules && !s->all_pairs; r++)
			for (size_t p = 0; p < s->rules[r].n_parts; p++)
				used |= s->rules[r].parts[p].column == k;
		if (used)
			needed[n++] = k;
	}
	return n;
}

static int put_texts(const struct link_index_content *c, const size_t *needed, size_t n_needed,
	struct buffer *text, struct index_column *columns)
{
	CF_CLEANUP(buffer_done) struct buffer rules = BUFFER_INIT;
	TRY(put_text(text, c->model_text));
	for (size_t r = 0; r < c->settings->n_rules && !c->settings->all_pairs; r++) {
		TRY(link_rule_format(c->table, &c->settings->rules[r], &rules));
		TRY(buffer_append_char(&rules, '\n'));
	}
	TRY(put_text(text, buffer_text(&rules)));
	for (size_t f = 0; f < c->table->n_files; f++)
		TRY(put_text(text, c->file_names[f]));
	for (size_t k = 0; k < n_needed; k++) {
		columns[k].name_at = text->n;
		TRY(put_text(text, c->table->columns[needed[k]].name));
	}
	return CF_OK;
}

static int put_files(const struct link_table *t, struct buffer *out, uint64_t *ret_at)
{
	TRY(put(out, NULL, 0, ret_at));
	for (size_t f = 0; f <= t->n_files; f++) {
		uint64_t first = t->first[f];
		TRY(buffer_append(out, &first, sizeof first));
	}
	return CF_OK;
}

static int put_clusters(
	const struct link_index_content *c, struct buffer *out, uint64_t *ret_at, struct cf_error *err)
{
	size_t n = c->table->n_rows;
	uint64_t unused;
	CF_CLEANUP_FREE uint32_t *begin = NEW_ARRAY_ZERO(uint32_t, (size_t)c->n_clusters + 2);
	CF_CLEANUP_FREE uint32_t *rows = NEW_ARRAY(uint32_t, n);
	CF_CLEANUP_FREE uint32_t *at = NEW_ARRAY(uint32_t, (size_t)c->n_clusters + 2);
	if (!begin || !rows || !at)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		begin[c->cluster_of_row[i] + 1]++;
	for (size_t k = 1; k < (size_t)c->n_clusters + 2; k++)
		begin[k] += begin[k - 1];
	memcpy(at, begin, ((size_t)c->n_clusters + 2) * sizeof *at);
	for (size_t i = 0; i < n; i++)
		rows[at[c->cluster_of_row[i]]++] = (uint32_t)i;
	TRY_MEMORY(put(out, NULL, 0, ret_at), err);
	TRY_MEMORY(buffer_append(out, c->cluster_of_row, n * sizeof(uint32_t)), err);
	TRY_MEMORY(buffer_append(out, begin, ((size_t)c->n_clusters + 2) * sizeof *begin), err);
	TRY_MEMORY(buffer_append(out, rows, n * sizeof *rows), err);
	TRY_MEMORY(put(out, NULL, 0, &unused), err);
	return CF_OK;
}

static int put_column(const struct link_table *t, size_t k, struct buffer *out, struct index_column *ret)
{
	const struct link_column *c = &t->columns[k];
	ret->kind = c->kind;
	ret->role = c->role;
	ret->n_values = c->values.n;
	ret->n_missing = c->counts[0];
	ret->n_bytes = c->values.n_bytes;
	TRY(put(out, NULL, 0, &ret->offsets_at));
	for (size_t i = 0; i <= c->values.n; i++) {
		uint64_t offset = c->values.n ? c->values.offsets[i] : 0;
		TRY(buffer_append(out, &offset, sizeof offset));
	}
	TRY(put(out, c->values.bytes, c->values.n_bytes, &ret->bytes_at));
	TRY(put(out, c->counts, ((size_t)c->values.n + 1) * sizeof *c->counts, &ret->counts_at));
	return put(out, c->codes, t->n_rows * sizeof *c->codes, &ret->codes_at);
}

struct keyed_row {
	uint64_t hash;
	uint32_t row;
};

static int by_hash(const void *a, const void *b)
{
	const struct keyed_row *x = a;
	const struct keyed_row *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int put_rule(const struct link_table *t, const struct link_rule *rule, struct buffer *out,
	struct index_rule *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE uint64_t *hashes = NEW_ARRAY(uint64_t, t->n_rows);
	CF_CLEANUP_FREE struct keyed_row *rows = NEW_ARRAY(struct keyed_row, t->n_rows);
	uint64_t unused;
	if (!hashes || !rows)
		return error_memory(err);
	TRY(link_key_hashes(t, rule, hashes, err));
	ret->n = 0;
	for (size_t row = 0; row < t->n_rows; row++)
		if (hashes[row])
			rows[ret->n++] = (struct keyed_row){hashes[row], (uint32_t)row};
	if (ret->n)
		qsort(rows, ret->n, sizeof *rows, by_hash);
	TRY_MEMORY(put(out, NULL, 0, &ret->hashes_at), err);
	for (size_t i = 0; i < ret->n; i++)
		TRY_MEMORY(buffer_append(out, &rows[i].hash, sizeof rows[i].hash), err);
	TRY_MEMORY(put(out, NULL, 0, &ret->rows_at), err);
	for (size_t i = 0; i < ret->n; i++)
		TRY_MEMORY(buffer_append(out, &rows[i].row, sizeof rows[i].row), err);
	TRY_MEMORY(put(out, NULL, 0, &unused), err);
	return CF_OK;
}

int link_index_write(const struct link_index_content *c, struct buffer *out, struct cf_error *err)
{
	static const struct link_rule every_pair = {0};
	const struct link_table *t = c->table;
	bool all = c->settings->all_pairs || c->settings->n_rules == 0;
	size_t n_rules = all ? 1 : c->settings->n_rules;
	struct index_header header = {.magic = LINK_INDEX_MAGIC,
		.weight = c->weight,
		.n_rows = (uint32_t)t->n_rows,
		.n_rules = (uint32_t)n_rules,
		.n_files = (uint32_t)t->n_files,
		.n_clusters = c->n_clusters,
		.one_a_file = c->settings->one_a_file};
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE struct index_column *columns = NEW_ARRAY_ZERO(struct index_column, t->n_columns);
	struct index_rule rules[LINK_MAX_RULES];
	uint64_t unused;
	size_t needed[LINK_MAX_COLUMNS];
	size_t n_needed = columns_needed(c, needed);
	header.n_columns = (uint32_t)n_needed;
	if (!columns)
		return error_memory(err);
	memset(rules, 0, sizeof rules);
	for (size_t r = 0; r < n_rules && !all; r++)
		if (c->settings->rules[r].window)
			return error_set(err, CF_E_USAGE,
				"rules with a window cannot be kept: new rows would change who stands beside "
				"whom");
	TRY_MEMORY(put(out, &header, sizeof header, &unused), err);
	TRY_MEMORY(put_texts(c, needed, n_needed, &text, columns), err);
	header.text_bytes = text.n;
	TRY_MEMORY(put(out, text.data, text.n, &header.text_at), err);
	TRY_MEMORY(put_files(t, out, &header.files_at), err);
	TRY(put_clusters(c, out, &header.clusters_at, err));
	for (size_t k = 0; k < n_needed; k++)
		TRY_MEMORY(put_column(t, needed[k], out, &columns[k]), err);
	for (size_t r = 0; r < n_rules; r++)
		TRY(put_rule(t, all ? &every_pair : &c->settings->rules[r], out, &rules[r], err));
	TRY_MEMORY(put(out, columns, n_needed * sizeof *columns, &header.columns_at), err);
	TRY_MEMORY(put(out, rules, n_rules * sizeof *rules, &header.rules_at), err);
	header.n_bytes = out->n;
	memcpy(out->data, &header, sizeof header);
	return CF_OK;
}
