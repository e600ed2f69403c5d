#include "link/pairs.h"

#include <string.h>

#include "base/interrupt.h"

enum { PORTION = 512, TASK_PAIRS = 1 << 16 };

struct link_pairs {
	const struct link_table *table;
	const struct link_settings *settings;
	size_t n_rules;
	uint32_t *keys; /* of row i under rule r: keys[i * n_rules + r] */
	uint32_t n_keys[LINK_MAX_RULES];
	uint32_t windows[LINK_MAX_RULES];
};

struct link_pairs *link_pairs_free(struct link_pairs *p)
{
	if (!p)
		return NULL;
	(void)mem_free(p->keys);
	return mem_free(p);
}

/* ---- keys of all rules ---- */

struct parts_of_rule {
	struct link_part_keys keys[LINK_MAX_PARTS];
};

static void parts_of_rule_done(struct parts_of_rule *p)
{
	for (size_t i = 0; i < LINK_MAX_PARTS; i++)
		link_part_keys_done(&p->keys[i]);
}

static int keys_of_rule(const struct link_table *t, const struct link_rule *r, uint32_t *keys,
	uint32_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP(parts_of_rule_done) struct parts_of_rule parts = {0};
	const struct link_part_keys *pointers[LINK_MAX_PARTS];
	if (r->n_parts == 0) {
		for (size_t i = 0; i < t->n_rows; i++)
			keys[i] = 1;
		*ret_n = 1;
		return CF_OK;
	}
	if (r->window)
		return link_row_ranks(t, r, keys, ret_n, err);
	for (size_t i = 0; i < r->n_parts; i++) {
		TRY(link_part_keys_make(t, &r->parts[i], &parts.keys[i], err));
		pointers[i] = &parts.keys[i];
	}
	return link_row_keys(t, pointers, r->n_parts, NULL, t->n_rows, keys, ret_n, err);
}

static int make_rule(void *context, size_t rule, size_t worker, struct cf_error *err)
{
	(void)worker;
	struct link_pairs *p = context;
	size_t n = p->table->n_rows;
	static const struct link_rule every_pair = {0};
	const struct link_rule *r = p->settings->all_pairs ? &every_pair : &p->settings->rules[rule];
	CF_CLEANUP_FREE uint32_t *keys = NEW_ARRAY(uint32_t, n);
	if (!keys)
		return error_memory(err);
	TRY(keys_of_rule(p->table, r, keys, &p->n_keys[rule], err));
	p->windows[rule] = r->window;
	for (size_t i = 0; i < n; i++)
		p->keys[i * p->n_rules + rule] = keys[i];
	return CF_OK;
}

int link_pairs_new(const struct link_table *t, const struct link_settings *s, struct job_pool *pool,
	struct link_pairs **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_PAIRS struct link_pairs *p = NEW(struct link_pairs);
	if (!p)
		return error_memory(err);
	p->table = t;
	p->settings = s;
	p->n_rules = s->all_pairs ? 1 : s->n_rules;
	p->keys = NEW_ARRAY_ZERO(uint32_t, t->n_rows * p->n_rules);
	if (!p->keys)
		return error_memory(err);
	TRY(jobs_run(pool, p->n_rules, make_rule, p, err));
	*ret = TAKE(p);
	return CF_OK;
}

const struct link_table *link_pairs_table(const struct link_pairs *p)
{
	return p->table;
}

const struct link_settings *link_pairs_settings(const struct link_pairs *p)
{
	return p->settings;
}

bool link_pairs_has_key(const struct link_pairs *p, uint32_t row, size_t rule)
{
	return p->keys[(size_t)row * p->n_rules + rule] != 0;
}

/* ---- one rule's rows in order ---- */

/* order: the rows that have a key, by key and then row. partners[i]: of the row at i, the places from..to of
 * the rows it is paired with. */
struct arranged {
	uint32_t *order;
	uint32_t *ends; /* by place: where its block, or its window, ends */
	size_t n;
	size_t *tasks; /* first place of each task, and the end */
	size_t n_tasks;
	size_t tasks_capacity;
};

static void arranged_done(struct arranged *a)
{
	a->order = mem_free(a->order);
	a->ends = mem_free(a->ends);
	a->tasks = mem_free(a->tasks);
}

static int sort_by_key(const struct link_pairs *p, size_t rule, struct arranged *a, struct cf_error *err)
{
	size_t n_rows = p->table->n_rows;
	size_t n_keys = p->n_keys[rule];
	CF_CLEANUP_FREE uint32_t *begins = NEW_ARRAY_ZERO(uint32_t, n_keys + 2);
	a->order = NEW_ARRAY(uint32_t, n_rows);
	a->ends = NEW_ARRAY(uint32_t, n_rows);
	if (!begins || !a->order || !a->ends)
		return error_memory(err);
	const uint32_t *keys = p->keys + rule;
	for (size_t i = 0; i < n_rows; i++)
		begins[keys[i * p->n_rules] + 1] += keys[i * p->n_rules] != 0;
	for (size_t k = 1; k <= n_keys + 1; k++)
		begins[k] += begins[k - 1];
	/* begins[k] is now where block k begins; placing moves it to where block k ends */
	for (size_t i = 0; i < n_rows; i++) {
		uint32_t key = keys[i * p->n_rules];
		if (key)
			a->order[begins[key]++] = (uint32_t)i;
	}
	a->n = begins[n_keys];
	for (size_t at = 0; at < a->n; at++)
		a->ends[at] = begins[keys[a->order[at] * p->n_rules]];
	return CF_OK;
}

static void set_windows(struct arranged *a, uint32_t window)
{
	for (size_t at = 0; at < a->n; at++)
		a->ends[at] = (uint32_t)(at + window + 1 < a->n ? at + window + 1 : a->n);
}

static int add_task(struct arranged *a, size_t at, struct cf_error *err)
{
	if (a->n_tasks + 1 >= a->tasks_capacity) {
		size_t capacity = a->tasks_capacity * 2 + 64;
		size_t *tasks = mem_resize(a->tasks, capacity, sizeof *tasks);
		if (!tasks)
			return error_memory(err);
		a->tasks = tasks;
		a->tasks_capacity = capacity;
	}
	a->tasks[a->n_tasks++] = at;
	a->tasks[a->n_tasks] = a->n;
	return CF_OK;
}

static int cut_tasks(struct arranged *a, struct cf_error *err)
{
	size_t n_pairs = TASK_PAIRS;
	for (size_t at = 0; at < a->n; at++) {
		if (n_pairs >= TASK_PAIRS) {
			TRY(add_task(a, at, err));
			n_pairs = 0;
		}
		n_pairs += a->ends[at] - at;
	}
	return CF_OK;
}

static int arrange(const struct link_pairs *p, size_t rule, struct arranged *a, struct cf_error *err)
{
	TRY(sort_by_key(p, rule, a, err));
	if (p->windows[rule])
		set_windows(a, p->windows[rule]);
	return cut_tasks(a, err);
}

/* ---- giving the pairs ---- */

struct giving {
	struct link_pairs *pairs;
	const struct link_visit *visit;
	const struct arranged *arranged;
	size_t rule;
	uint64_t keep_below; /* of a hash */
};

struct portion {
	const struct giving *giving;
	size_t task;
	size_t worker;
	size_t n;
	struct link_pair pairs[PORTION];
};

static int flush(struct portion *f, struct cf_error *err)
{
	const struct link_visit *v = f->giving->visit;
	size_t n = f->n;
	f->n = 0;
	return n ? v->take(v->context, f->task, f->worker, f->pairs, n, err) : CF_OK;
}

static uint64_t hash_pair(uint32_t left, uint32_t right)
{
	uint64_t x = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/* Bit r: rule r finds the two rows. */
static uint32_t rules_of(const struct link_pairs *p, uint32_t left, uint32_t right)
{
	const uint32_t *a = p->keys + (size_t)left * p->n_rules;
	const uint32_t *b = p->keys + (size_t)right * p->n_rules;
	uint32_t rules = 0;
	for (size_t r = 0; r < p->n_rules; r++) {
		uint32_t apart = a[r] > b[r] ? a[r] - b[r] : b[r] - a[r];
		rules |= (uint32_t)(apart <= p->windows[r] && a[r] && b[r]) << r;
	}
	return rules;
}

static int give(struct portion *f, uint32_t left, uint32_t right, struct cf_error *err)
{
	const struct giving *g = f->giving;
	if (right < g->visit->first_row ||
		(g->keep_below != UINT64_MAX && hash_pair(left, right) > g->keep_below))
		return CF_OK;
	uint32_t rules = rules_of(g->pairs, left, right);
	if ((rules & (((uint32_t)1 << g->rule) - 1)) != 0)
		return CF_OK;
	f->pairs[f->n++] = (struct link_pair){left, right, rules};
	return f->n == PORTION ? flush(f, err) : CF_OK;
}

/* One row against the rows behind it in its block or window. */
static int give_row(struct portion *f, size_t at, struct cf_error *err)
{
	const struct giving *g = f->giving;
	const struct arranged *a = g->arranged;
	const struct link_settings *s = g->pairs->settings;
	const struct link_table *t = g->pairs->table;
	uint32_t row = a->order[at];
	if (s->across && s->within) {
		for (size_t j = at + 1; j < a->ends[at]; j++) {
			uint32_t other = a->order[j];
			TRY(row < other ? give(f, row, other, err) : give(f, other, row, err));
		}
		return CF_OK;
	}
	size_t file = link_table_file_of(t, row);
	for (size_t j = at + 1; j < a->ends[at]; j++) {
		uint32_t other = a->order[j];
		bool same = other >= t->first[file] && other < t->first[file + 1];
		if (same ? s->within : s->across)
			TRY(row < other ? give(f, row, other, err) : give(f, other, row, err));
	}
	return CF_OK;
}

static int give_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	const struct giving *g = context;
	struct portion f = {.giving = g, .task = task, .worker = worker};
	for (size_t at = g->arranged->tasks[task]; at < g->arranged->tasks[task + 1]; at++)
		TRY(give_row(&f, at, err));
	return flush(&f, err);
}

static int visit_rule(struct link_pairs *p, size_t rule, struct job_pool *pool,
	const struct link_visit *visit, struct cf_error *err)
{
	CF_CLEANUP(arranged_done) struct arranged a = {0};
	TRY(arrange(p, rule, &a, err));
	struct giving g = {
		.pairs = p, .visit = visit, .arranged = &a, .rule = rule, .keep_below = UINT64_MAX};
	if (visit->share < 1)
		g.keep_below = (uint64_t)(visit->share * 18446744073709549568.0);
	return jobs_run(pool, a.n_tasks, give_task, &g, err);
}

int link_pairs_visit(
	struct link_pairs *p, struct job_pool *pool, const struct link_visit *visit, struct cf_error *err)
{
	for (size_t r = 0; r < p->n_rules; r++) {
		progress_report(visit->progress, visit->stage, r, p->n_rules);
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted");
		TRY(visit_rule(p, r, pool, visit, err));
	}
	return CF_OK;
}
