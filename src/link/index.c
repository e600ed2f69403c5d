#include "link/index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/index_format.h"
#include "link/key_hash.h"
#include "link/levels.h"
#include "link/names.h"
#include "link/nicknames.h"
#include "link/score.h"

/* One key of a rule that more kept rows share than this is passed over: it tells too little. */
enum { MAX_BLOCK = 20000, MAX_CROSS = 64 };

struct link_index {
	const uint8_t *data;
	const struct index_header *header;
	const struct index_column *columns;
	const struct index_rule *rules;
	const uint64_t *first;
	const uint32_t *of_row;
	const uint32_t *cluster_begin;
	const uint32_t *cluster_rows;
	const char *model_text;
	const char *rules_text;
	const char **file_names;
};

struct link_index *link_index_free(struct link_index *x)
{
	if (!x)
		return NULL;
	(void)mem_free(x->file_names);
	return mem_free(x);
}

/* ---- opening ---- */

static int damaged(struct cf_error *err)
{
	return error_set(err, CF_E_INPUT, "this is no index of kept rows, or it is damaged");
}

static bool fits(const struct index_header *h, uint64_t at, uint64_t count, uint64_t size)
{
	return at % 8 == 0 && at <= h->n_bytes && count <= (h->n_bytes - at) / size;
}

static bool header_fits(const struct index_header *h, size_t n)
{
	return h->magic == LINK_INDEX_MAGIC && h->n_bytes == n && h->n_columns <= LINK_MAX_COLUMNS &&
	       h->n_rules >= 1 && h->n_rules <= LINK_MAX_RULES && h->n_files <= LINK_MAX_FILES &&
	       h->n_files >= 1 && h->n_rows <= LINK_MAX_ROWS && h->n_clusters <= h->n_rows &&
	       isfinite(h->weight) && fits(h, h->text_at, h->text_bytes, 1) && h->text_bytes > 0 &&
	       fits(h, h->files_at, (uint64_t)h->n_files + 1, 8) &&
	       fits(h, h->clusters_at, 2 * (uint64_t)h->n_rows + h->n_clusters + 2, 4) &&
	       fits(h, h->columns_at, h->n_columns, sizeof(struct index_column)) &&
	       fits(h, h->rules_at, h->n_rules, sizeof(struct index_rule));
}

static bool column_fits(const struct index_header *h, const struct index_column *c)
{
	return c->name_at < h->text_bytes && c->kind < LINK_N_KINDS && c->role <= LINK_ROLE_FULL &&
	       fits(h, c->offsets_at, (uint64_t)c->n_values + 1, 8) && fits(h, c->bytes_at, c->n_bytes, 1) &&
	       fits(h, c->counts_at, (uint64_t)c->n_values + 1, 4) && fits(h, c->codes_at, h->n_rows, 4) &&
	       (c->n_bytes == 0 || ((const char *)h)[c->bytes_at + c->n_bytes - 1] == '\0');
}

static bool rule_fits(const struct index_header *h, const struct index_rule *r)
{
	return fits(h, r->hashes_at, r->n, 8) && fits(h, r->rows_at, r->n, 4);
}

/* Texts end inside their section, since its last byte is a NUL. */
static int take_texts(struct link_index *x, struct cf_error *err)
{
	const char *at = (const char *)x->data + x->header->text_at;
	const char *end = at + x->header->text_bytes;
	if (end[-1] != '\0')
		return damaged(err);
	x->file_names = mem_alloc_zero(x->header->n_files, sizeof *x->file_names);
	if (!x->file_names)
		return error_memory(err);
	const char *texts[2];
	for (size_t i = 0; i < 2 + (size_t)x->header->n_files; i++) {
		if (at >= end)
			return damaged(err);
		if (i < 2)
			texts[i] = at;
		else
			x->file_names[i - 2] = at;
		at += strlen(at) + 1;
	}
	x->model_text = texts[0];
	x->rules_text = texts[1];
	return CF_OK;
}

static bool files_fit(const struct link_index *x)
{
	for (size_t f = 0; f < x->header->n_files; f++)
		if (x->first[f] > x->first[f + 1])
			return false;
	return x->first[0] == 0 && x->first[x->header->n_files] == x->header->n_rows;
}

int link_index_open(const void *data, size_t n, struct link_index **ret, struct cf_error *err)
{
	const struct index_header *h = data;
	if (n < sizeof *h || !header_fits(h, n))
		return damaged(err);
	CF_CLEANUP_LINK_INDEX struct link_index *x = NEW(struct link_index);
	if (!x)
		return error_memory(err);
	x->data = data;
	x->header = h;
	x->columns = (const void *)(x->data + h->columns_at);
	x->rules = (const void *)(x->data + h->rules_at);
	x->first = (const void *)(x->data + h->files_at);
	x->of_row = (const void *)(x->data + h->clusters_at);
	x->cluster_begin = x->of_row + h->n_rows;
	x->cluster_rows = x->cluster_begin + h->n_clusters + 2;
	for (size_t c = 0; c < h->n_columns; c++)
		if (!column_fits(h, &x->columns[c]))
			return damaged(err);
	for (size_t r = 0; r < h->n_rules; r++)
		if (!rule_fits(h, &x->rules[r]))
			return damaged(err);
	TRY(take_texts(x, err));
	if (!files_fit(x))
		return damaged(err);
	*ret = TAKE(x);
	return CF_OK;
}

/* ---- what it holds ---- */

size_t link_index_n_rows(const struct link_index *x)
{
	return x->header->n_rows;
}

uint32_t link_index_n_clusters(const struct link_index *x)
{
	return x->header->n_clusters;
}

double link_index_weight(const struct link_index *x)
{
	return x->header->weight;
}

const char *link_index_model_text(const struct link_index *x)
{
	return x->model_text;
}

const char *link_index_rules(const struct link_index *x)
{
	return x->rules_text;
}

bool link_index_one_a_file(const struct link_index *x)
{
	return x->header->one_a_file != 0;
}

size_t link_index_n_files(const struct link_index *x)
{
	return x->header->n_files;
}

const char *link_index_file_name(const struct link_index *x, size_t file)
{
	return x->file_names[file];
}

const char *link_index_file_of(const struct link_index *x, uint32_t row, size_t *ret_row)
{
	size_t file = 0;
	while (file + 1 < x->header->n_files && x->first[file + 1] <= row)
		file++;
	*ret_row = row - (size_t)x->first[file] + 1;
	return x->file_names[file];
}

uint32_t link_index_cluster_of(const struct link_index *x, uint32_t row)
{
	uint32_t cluster = x->of_row[row];
	return cluster <= x->header->n_clusters ? cluster : 0;
}

static uint32_t code_of(const struct link_index *x, size_t column, uint32_t row)
{
	const struct index_column *c = &x->columns[column];
	uint32_t code = ((const uint32_t *)(const void *)(x->data + c->codes_at))[row];
	return code <= c->n_values ? code : 0;
}

/* "" when the offsets are damaged; the column's bytes end with a NUL. */
static const char *text_of(const struct link_index *x, size_t column, uint32_t code)
{
	const struct index_column *c = &x->columns[column];
	uint64_t offset = ((const uint64_t *)(const void *)(x->data + c->offsets_at))[code - 1];
	return offset < c->n_bytes ? (const char *)x->data + c->bytes_at + offset : "";
}

static uint32_t count_of(const struct link_index *x, size_t column, uint32_t code)
{
	return ((const uint32_t *)(const void *)(x->data + x->columns[column].counts_at))[code];
}

static int find_column(const struct link_index *x, const char *name)
{
	for (size_t c = 0; c < x->header->n_columns; c++)
		if (strcmp((const char *)x->data + x->header->text_at + x->columns[c].name_at, name) == 0)
			return (int)c;
	return -1;
}

/* ---- a longer table ---- */

static int copy_kept(const struct link_index *x, size_t column, struct link_column *to, struct cf_error *err)
{
	for (uint32_t row = 0; row < x->header->n_rows; row++) {
		uint32_t code = code_of(x, column, row);
		const char *text = code ? text_of(x, column, code) : "";
		TRY(link_dictionary_add(&to->values, text, strlen(text), &to->codes[row], err));
	}
	return CF_OK;
}

static int copy_more(const struct link_table *more, const char *name, size_t n_kept, struct link_column *to,
	struct cf_error *err)
{
	int column = link_find_column(more, name, strlen(name));
	for (size_t row = 0; row < more->n_rows && column >= 0; row++) {
		const struct link_column *from = &more->columns[column];
		uint32_t code = from->codes[row];
		if (code)
			TRY(link_dictionary_add(&to->values, link_dictionary_text(&from->values, code),
				link_dictionary_length(&from->values, code), &to->codes[n_kept + row], err));
	}
	return CF_OK;
}

int link_index_extend(const struct link_index *x, const struct link_table *more, struct link_table **ret,
	struct cf_error *err)
{
	CF_CLEANUP_LINK_TABLE struct link_table *t = NULL;
	size_t n_kept_files = x->header->n_files;
	CF_CLEANUP_FREE size_t *first = NEW_ARRAY(size_t, n_kept_files + more->n_files + 1);
	if (!first)
		return error_memory(err);
	for (size_t f = 0; f <= n_kept_files; f++)
		first[f] = (size_t)x->first[f];
	for (size_t f = 1; f <= more->n_files; f++)
		first[n_kept_files + f] = x->header->n_rows + more->first[f];
	TRY(link_table_new(x->header->n_columns, n_kept_files + more->n_files, first, &t, err));
	for (size_t c = 0; c < x->header->n_columns; c++) {
		struct link_column *to = &t->columns[c];
		const char *name = (const char *)x->data + x->header->text_at + x->columns[c].name_at;
		to->name = mem_strdup(name);
		if (!to->name)
			return error_memory(err);
		to->kind = (enum link_kind)x->columns[c].kind;
		to->role = (enum link_role)x->columns[c].role;
		TRY(copy_kept(x, c, to, err));
		TRY(copy_more(more, name, x->header->n_rows, to, err));
	}
	TRY(link_table_count(t, err));
	*ret = TAKE(t);
	return CF_OK;
}

/* ---- matching new rows ---- */

struct link_matcher {
	const struct link_index *index;
	const struct link_new_rows *rows;
	struct nicknames *nicknames[2]; /* by enum nickname_table */
	struct link_weights weights;
	int column[LINK_MAX_FIELDS]; /* of the index */
	uint32_t *candidates;
	size_t n_candidates;
	size_t capacity;
	double n_compared;
};

struct link_matcher *link_matcher_free(struct link_matcher *m)
{
	if (!m)
		return NULL;
	(void)nicknames_free(m->nicknames[NICKNAMES_GIVEN]);
	(void)nicknames_free(m->nicknames[NICKNAMES_FAMILY]);
	(void)mem_free(m->candidates);
	return mem_free(m);
}

void link_new_pairs_done(struct link_new_pairs *p)
{
	p->pairs = mem_free(p->pairs);
	p->n = 0;
}

int link_matcher_new(const struct link_index *x, const struct link_new_rows *rows, struct link_matcher **ret,
	struct cf_error *err)
{
	CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NEW(struct link_matcher);
	if (!m)
		return error_memory(err);
	m->index = x;
	m->rows = rows;
	link_weights_make(rows->model, &m->weights);
	TRY(nicknames_new(NICKNAMES_GIVEN, &m->nicknames[NICKNAMES_GIVEN], err));
	TRY(nicknames_new(NICKNAMES_FAMILY, &m->nicknames[NICKNAMES_FAMILY], err));
	for (size_t f = 0; f < rows->settings->n_fields; f++) {
		const struct link_column *c = &rows->table->columns[rows->settings->fields[f].column];
		m->column[f] = find_column(x, c->name);
		if (m->column[f] < 0 || x->columns[m->column[f]].kind != (uint32_t)c->kind)
			return error_set(err, CF_E_INPUT, "the kept rows have no column '%.60s' of this kind",
				c->name);
	}
	size_t n_rules = rows->settings->all_pairs ? 1 : rows->settings->n_rules;
	if (n_rules != x->header->n_rules)
		return damaged(err);
	*ret = TAKE(m);
	return CF_OK;
}

static struct similar_text prepare(const struct link_matcher *m, const struct link_column *c,
	const char *text, uint16_t groups[NICKNAME_MAX_GROUPS])
{
	size_t n = strlen(text);
	struct similar_text t = {.text = text, .n = n, .letters = similar_letters(text, n)};
	if (c->kind == LINK_NAME)
		sound_numbers(text, n, t.sounds);
	if (c->kind == LINK_NAME && c->role != LINK_ROLE_NONE) {
		nicknames_groups(m->nicknames[c->role == LINK_ROLE_FAMILY], text, n, groups);
		t.nicknames = groups;
	}
	return t;
}

static const char *new_text(const struct link_matcher *m, size_t f, uint32_t row)
{
	const struct link_column *c = &m->rows->table->columns[m->rows->settings->fields[f].column];
	return c->codes[row] ? link_dictionary_text(&c->values, c->codes[row]) : NULL;
}

static const char *kept_text(const struct link_matcher *m, size_t f, uint32_t kept)
{
	uint32_t code = code_of(m->index, (size_t)m->column[f], kept);
	return code ? text_of(m->index, (size_t)m->column[f], code) : NULL;
}

/* A value of a field with room for what comparing needs; n = 0: missing. */
struct prepared {
	struct similar_text text;
	uint16_t groups[NICKNAME_MAX_GROUPS];
};

static void prepare_new(const struct link_matcher *m, size_t f, uint32_t row, struct prepared *ret)
{
	const struct link_column *c = &m->rows->table->columns[m->rows->settings->fields[f].column];
	const char *text = new_text(m, f, row);
	ret->text = prepare(m, c, text ? text : "", ret->groups);
}

static void prepare_kept(const struct link_matcher *m, size_t f, uint32_t kept, struct prepared *ret)
{
	const struct link_column *c = &m->rows->table->columns[m->rows->settings->fields[f].column];
	const char *text = kept_text(m, f, kept);
	ret->text = prepare(m, c, text ? text : "", ret->groups);
}

static unsigned level_alone(
	const struct link_matcher *m, size_t f, const struct prepared *a, const struct prepared *b)
{
	const struct similar_text *x = &a->text;
	const struct similar_text *y = &b->text;
	if (x->n == 0 || y->n == 0)
		return LINK_LEVEL_MISSING;
	if (x->n == y->n && memcmp(x->text, y->text, x->n) == 0)
		return LINK_LEVEL_EQUAL;
	return link_level_of(m->rows->table->columns[m->rows->settings->fields[f].column].kind, x, y);
}

/* The field that a given name may be swapped with, and the other way round; -1: none. *ret_is_given: which.
 */
static int partner_of(const struct link_settings *s, size_t f, bool *ret_is_given)
{
	*ret_is_given = s->fields[f].crosswise >= 0;
	if (*ret_is_given)
		return s->fields[f].crosswise;
	for (size_t k = 0; k < s->n_fields; k++)
		if (s->fields[k].crosswise == (int)f)
			return (int)k;
	return -1;
}

static unsigned level_of(const struct link_matcher *m, size_t f, uint32_t row, uint32_t kept)
{
	struct prepared a[2];
	struct prepared b[2];
	bool is_given;
	const char *new_value = new_text(m, f, row);
	const char *kept_value = kept_text(m, f, kept);
	if (new_value && kept_value && strcmp(new_value, kept_value) == 0)
		return *new_value ? LINK_LEVEL_EQUAL : LINK_LEVEL_MISSING;
	int other = partner_of(m->rows->settings, f, &is_given);
	prepare_new(m, f, row, &a[0]);
	prepare_kept(m, f, kept, &b[0]);
	unsigned level = level_alone(m, f, &a[0], &b[0]);
	/* sparing the other field: names that agree side by side are not looked for elsewhere */
	if (other < 0 || !link_may_be_spread(level, LINK_LEVEL_MISSING))
		return level + (other >= 0 && is_given && level > LINK_LEVEL_EQUAL);
	prepare_new(m, (size_t)other, row, &a[1]);
	prepare_kept(m, (size_t)other, kept, &b[1]);
	const struct link_whole_name x = {a[!is_given].text, a[is_given].text};
	const struct link_whole_name y = {b[!is_given].text, b[is_given].text};
	/* as compare_rows.c has it */
	if (link_may_be_spread(level, level_alone(m, (size_t)other, &a[1], &b[1])) &&
		link_names_spread(&x, &y))
		return is_given ? LINK_LEVEL_EQUAL + 1 : LINK_LEVEL_MISSING;
	return level + (is_given && level > LINK_LEVEL_EQUAL);
}

static double by_frequency(const struct link_matcher *m, size_t f, uint32_t kept)
{
	size_t column = (size_t)m->column[f];
	const struct index_column *c = &m->index->columns[column];
	double n_known = m->index->header->n_rows - (double)c->n_missing;
	double n = count_of(m->index, column, code_of(m->index, column, kept));
	return link_frequency_bits(&m->rows->model->fields[f], (n > 0 ? n : 1) / fmax(n_known, 1));
}

double link_matcher_score(struct link_matcher *m, uint32_t row, uint32_t kept)
{
	double weight = m->weights.prior;
	uint64_t pattern = 0;
	for (size_t f = 0; f < m->rows->settings->n_fields; f++) {
		unsigned level = level_of(m, f, row, kept);
		pattern |= (uint64_t)level << f * LINK_PATTERN_BITS;
		if (level == LINK_LEVEL_EQUAL && m->rows->settings->fields[f].by_frequency)
			weight += by_frequency(m, f, kept);
	}
	return weight + link_weight_of_pattern(&m->weights, pattern);
}

/* ---- candidates ---- */

static size_t first_at_least(const uint64_t *hashes, size_t n, uint64_t hash)
{
	size_t low = 0;
	size_t high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (hashes[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int add_candidates(struct link_matcher *m, size_t rule, uint64_t hash, struct cf_error *err)
{
	const struct index_rule *r = &m->index->rules[rule];
	const uint64_t *hashes = (const void *)(m->index->data + r->hashes_at);
	const uint32_t *rows = (const void *)(m->index->data + r->rows_at);
	size_t at = first_at_least(hashes, r->n, hash);
	size_t end = at;
	bool all = m->rows->settings->all_pairs;
	while (end < r->n && hashes[end] == hash && (all || end - at <= MAX_BLOCK))
		end++;
	if (!all && end - at > MAX_BLOCK)
		return CF_OK;
	for (; at < end; at++) {
		if (m->n_candidates == m->capacity) {
			uint32_t *more = mem_grow(m->candidates, m->n_candidates, &m->capacity, sizeof *more);
			if (!more)
				return error_memory(err);
			m->candidates = more;
		}
		if (rows[at] < m->index->header->n_rows)
			m->candidates[m->n_candidates++] = rows[at];
	}
	return CF_OK;
}

static int rising(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int match_row(struct link_matcher *m, uint32_t row, double floor, struct link_new_pairs *to,
	size_t *capacity, struct cf_error *err)
{
	if (m->n_candidates)
		qsort(m->candidates, m->n_candidates, sizeof *m->candidates, rising);
	for (size_t i = 0; i < m->n_candidates; i++) {
		if (i && m->candidates[i] == m->candidates[i - 1])
			continue;
		double weight = link_matcher_score(m, row, m->candidates[i]);
		m->n_compared++;
		if (weight < floor)
			continue;
		if (to->n == *capacity) {
			struct link_new_pair *more = mem_grow(to->pairs, to->n, capacity, sizeof *more);
			if (!more)
				return error_memory(err);
			to->pairs = more;
		}
		to->pairs[to->n++] = (struct link_new_pair){row, m->candidates[i], (float)weight};
	}
	return CF_OK;
}

int link_matcher_run(struct link_matcher *m, double floor, struct link_new_pairs *ret, struct cf_error *err)
{
	static const struct link_rule every_pair = {0};
	const struct link_settings *s = m->rows->settings;
	const struct link_table *t = m->rows->table;
	size_t n_rules = m->index->header->n_rules;
	CF_CLEANUP(link_new_pairs_done) struct link_new_pairs pairs = {0};
	CF_CLEANUP_FREE uint64_t *hashes = NEW_ARRAY(uint64_t, t->n_rows * n_rules);
	size_t capacity = 0;
	if (!hashes)
		return error_memory(err);
	for (size_t r = 0; r < n_rules; r++)
		TRY(link_key_hashes(
			t, s->all_pairs ? &every_pair : &s->rules[r], hashes + r * t->n_rows, err));
	for (size_t row = 0; row < t->n_rows; row++) {
		m->n_candidates = 0;
		for (size_t r = 0; r < n_rules; r++)
			if (hashes[r * t->n_rows + row])
				TRY(add_candidates(m, r, hashes[r * t->n_rows + row], err));
		TRY(match_row(m, (uint32_t)row, floor, &pairs, &capacity, err));
	}
	pairs.n_compared = m->n_compared;
	*ret = pairs;
	pairs.pairs = NULL;
	return CF_OK;
}

/* ---- clusters of new rows to kept ones ---- */

/* The mean weight between a new cluster's rows and a kept cluster's, of some pairs when they are many. */
static double mean_between(struct link_matcher *m, const uint32_t *rows, size_t n, uint32_t cluster)
{
	static const double heaviest = 20;
	const struct index_header *h = m->index->header;
	size_t begin = m->index->cluster_begin[cluster];
	size_t end = m->index->cluster_begin[cluster + 1];
	end = end < h->n_rows ? end : h->n_rows;
	double sum = 0;
	size_t n_pairs = 0;
	for (size_t i = 0; i < n && n_pairs < MAX_CROSS; i++)
		for (size_t k = begin; k < end && n_pairs < MAX_CROSS; k++) {
			uint32_t kept = m->index->cluster_rows[k];
			if (kept >= h->n_rows)
				continue;
			sum += fmin(fmax(link_matcher_score(m, rows[i], kept), -heaviest), heaviest);
			n_pairs++;
		}
	return n_pairs ? sum / (double)n_pairs : -INFINITY;
}

struct grouped {
	uint32_t *rows;     /* by cluster */
	uint32_t *begin;    /* n clusters + 2 */
	size_t *first_pair; /* of each row, n rows + 1 */
};

static void grouped_done(struct grouped *g)
{
	g->rows = mem_free(g->rows);
	g->begin = mem_free(g->begin);
	g->first_pair = mem_free(g->first_pair);
}

static int group(const struct link_clusters *c, const struct link_new_pairs *pairs, struct grouped *g,
	struct cf_error *err)
{
	g->rows = NEW_ARRAY(uint32_t, c->n_rows);
	g->begin = NEW_ARRAY_ZERO(uint32_t, c->n + 3);
	g->first_pair = NEW_ARRAY_ZERO(size_t, c->n_rows + 1);
	if (!g->rows || !g->begin || !g->first_pair)
		return error_memory(err);
	for (size_t i = 0; i < c->n_rows; i++)
		g->begin[c->of_row[i] + 2]++;
	for (size_t k = 2; k < c->n + 3; k++)
		g->begin[k] += g->begin[k - 1];
	/* begin[k + 1] moves from where cluster k begins to where it ends */
	for (size_t i = 0; i < c->n_rows; i++)
		g->rows[g->begin[c->of_row[i] + 1]++] = (uint32_t)i;
	for (size_t i = 0; i < pairs->n; i++)
		g->first_pair[pairs->pairs[i].row + 1]++;
	for (size_t i = 1; i <= c->n_rows; i++)
		g->first_pair[i] += g->first_pair[i - 1];
	return CF_OK;
}

/* The kept cluster for rows[0..n), 0 when none weighs enough. taken: clusters that may take no more. */
static uint32_t best_kept(struct link_matcher *m, const struct link_new_pairs *pairs, const struct grouped *g,
	const uint32_t *rows, size_t n, const uint8_t *taken)
{
	double most = m->index->header->weight;
	uint32_t best = 0;
	uint32_t before = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t p = g->first_pair[rows[i]]; p < g->first_pair[rows[i] + 1]; p++) {
			uint32_t cluster = link_index_cluster_of(m->index, pairs->pairs[p].kept);
			if (!cluster || cluster == before || cluster == best || taken[cluster] ||
				pairs->pairs[p].weight < m->index->header->weight)
				continue;
			before = cluster;
			double mean = mean_between(m, rows, n, cluster);
			if (mean >= most) {
				most = mean;
				best = cluster;
			}
		}
	return best;
}

int link_matcher_assign(struct link_matcher *m, const struct link_new_pairs *pairs,
	const struct link_clusters *clusters, uint32_t *ret_of_row, struct cf_error *err)
{
	CF_CLEANUP(grouped_done) struct grouped g = {0};
	uint32_t next = m->index->header->n_clusters;
	CF_CLEANUP_FREE uint8_t *taken = NEW_ARRAY_ZERO(uint8_t, (size_t)next + 1);
	if (!taken)
		return error_memory(err);
	TRY(group(clusters, pairs, &g, err));
	for (size_t k = 1; k <= clusters->n; k++) {
		const uint32_t *rows = g.rows + g.begin[k];
		size_t n = g.begin[k + 1] - g.begin[k];
		uint32_t kept = best_kept(m, pairs, &g, rows, n, taken);
		if (kept && m->rows->settings->one_a_file)
			taken[kept] = 1; /* one new row a file: another cluster would bring a second */
		kept = kept ? kept : ++next;
		for (size_t i = 0; i < n; i++)
			ret_of_row[rows[i]] = kept;
	}
	return CF_OK;
}
