#include "link/scored.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"

enum { BLOCK = 8192, FAN_IN = 64, LEAST_PAIRS = 64, FIRST_CAPACITY = 256 };

int link_heavier_first(const void *a, const void *b)
{
	const struct link_scored_pair *x = a;
	const struct link_scored_pair *y = b;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

/* ---- the file ---- */

struct link_scored_file {
	int fd;
	_Atomic uint64_t n; /* pairs written, or being written */
	char *folder;
};

static struct link_scored_file *close_file(struct link_scored_file *f)
{
	if (!f)
		return NULL;
	if (f->fd >= 0)
		(void)close(f->fd);
	(void)mem_free(f->folder);
	return mem_free(f);
}
CF_DEFINE_CLEANUP(struct link_scored_file, close_file);

static int open_file(const char *folder, struct link_scored_file **ret, struct cf_error *err)
{
	CF_CLEANUP(close_file_ptr) struct link_scored_file *f = NEW(struct link_scored_file);
	if (!f)
		return error_memory(err);
	f->fd = -1;
	f->folder = mem_strdup(folder);
	if (!f->folder)
		return error_memory(err);
	TRY(file_temporary(folder, &f->fd, err));
	*ret = TAKE(f);
	return CF_OK;
}

static int cannot_write(const struct link_scored_file *f, struct cf_error *err)
{
	return error_set_errno(err, CF_E_IO,
		"cannot write a temporary file of pairs in %.150s (%llu MiB so far); name a folder with more "
		"room "
		"with --temporary, or give more --memory",
		f->folder, (unsigned long long)(f->n * sizeof(struct link_scored_pair) >> 20));
}

static int write_at(struct link_scored_file *f, const struct link_scored_pair *pairs, size_t n, uint64_t at,
	struct cf_error *err)
{
	const char *data = (const char *)pairs;
	size_t left = n * sizeof *pairs;
	off_t to = (off_t)(at * sizeof *pairs);
	while (left) {
		ssize_t done = pwrite(f->fd, data, left, to);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return cannot_write(f, err);
		data += done;
		to += done;
		left -= (size_t)done;
	}
	return CF_OK;
}

static int read_at(const struct link_scored_file *f, struct link_scored_pair *pairs, size_t n, uint64_t at,
	struct cf_error *err)
{
	char *data = (char *)pairs;
	size_t left = n * sizeof *pairs;
	off_t from = (off_t)(at * sizeof *pairs);
	while (left) {
		ssize_t done = pread(f->fd, data, left, from);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_set_errno(
				err, CF_E_IO, "cannot read a temporary file of pairs in %.200s", f->folder);
		data += done;
		from += done;
		left -= (size_t)done;
	}
	return CF_OK;
}

void link_scored_done(struct link_scored *s)
{
	s->pairs = mem_free(s->pairs);
	s->file = close_file(s->file);
	s->n = 0;
}

/* ---- reading ---- */

void link_cursor_done(struct link_cursor *c)
{
	c->block = mem_free(c->block);
}

static int fill_block(struct link_cursor *c, struct cf_error *err)
{
	size_t left = c->scored->n - c->at;
	size_t n = left < BLOCK ? left : BLOCK;
	if (!c->block)
		c->block = NEW_ARRAY(struct link_scored_pair, BLOCK);
	if (!c->block)
		return error_memory(err);
	TRY(read_at(c->scored->file, c->block, n, c->at, err));
	c->block_begin = c->at;
	c->block_n = n;
	return CF_OK;
}

int link_cursor_next(struct link_cursor *c, const struct link_scored_pair **ret, struct cf_error *err)
{
	if (c->at == c->scored->n)
		return 0;
	if (!c->scored->file) {
		*ret = &c->scored->pairs[c->at++];
		return 1;
	}
	if (c->at - c->block_begin >= c->block_n)
		TRY(fill_block(c, err));
	*ret = &c->block[c->at++ - c->block_begin];
	return 1;
}

/* ---- collecting ---- */

/* A sorted stretch of the file. */
struct run {
	uint64_t begin;
	uint64_t n;
};

struct runs {
	struct run *list;
	size_t n;
	size_t capacity;
};

struct collecting {
	struct link_scored_pair *pairs;
	size_t n;
	size_t capacity;
	struct runs runs;
};

struct link_collector {
	struct link_collector_options options;
	char *folder;
	size_t max_each; /* pairs in memory for each worker */
	pthread_mutex_t opening;
	struct link_scored_file *file; /* NULL until something is spilled */
	struct collecting *workers;
};

struct link_collector *link_collector_free(struct link_collector *c)
{
	if (!c)
		return NULL;
	for (size_t w = 0; c->workers && w < c->options.n_workers; w++) {
		(void)mem_free(c->workers[w].pairs);
		(void)mem_free(c->workers[w].runs.list);
	}
	(void)mem_free(c->workers);
	(void)mem_free(c->folder);
	c->file = close_file(c->file);
	(void)pthread_mutex_destroy(&c->opening);
	return mem_free(c);
}

int link_collector_new(
	const struct link_collector_options *o, struct link_collector **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_COLLECTOR struct link_collector *c = NEW(struct link_collector);
	if (!c)
		return error_memory(err);
	(void)pthread_mutex_init(&c->opening, NULL);
	c->options = *o;
	c->max_each = o->max_pairs / o->n_workers;
	c->max_each = c->max_each < LEAST_PAIRS ? LEAST_PAIRS : c->max_each;
	c->folder = mem_strdup(o->folder ? o->folder : file_temporary_folder());
	c->workers = NEW_ARRAY_ZERO(struct collecting, o->n_workers);
	if (!c->folder || !c->workers)
		return error_memory(err);
	*ret = TAKE(c);
	return CF_OK;
}

static int add_run(struct runs *runs, struct run run, struct cf_error *err)
{
	if (runs->n == runs->capacity) {
		struct run *list = mem_grow(runs->list, runs->n, &runs->capacity, sizeof *list);
		if (!list)
			return error_memory(err);
		runs->list = list;
	}
	runs->list[runs->n++] = run;
	return CF_OK;
}

static void sort(struct link_scored_pair *pairs, size_t n)
{
	if (n)
		qsort(pairs, n, sizeof *pairs, link_heavier_first);
}

static int ensure_file(struct link_collector *c, struct cf_error *err)
{
	int status = CF_OK;
	(void)pthread_mutex_lock(&c->opening);
	if (!c->file)
		status = open_file(c->folder, &c->file, err);
	(void)pthread_mutex_unlock(&c->opening);
	return status;
}

static int spill(struct link_collector *c, struct collecting *w, struct cf_error *err)
{
	if (w->n == 0)
		return CF_OK;
	TRY(ensure_file(c, err));
	sort(w->pairs, w->n);
	const struct run run = {atomic_fetch_add(&c->file->n, w->n), w->n};
	TRY(write_at(c->file, w->pairs, w->n, run.begin, err));
	w->n = 0;
	return add_run(&w->runs, run, err);
}

static int make_room(struct link_collector *c, struct collecting *w, struct cf_error *err)
{
	if (w->n >= c->max_each)
		return spill(c, w, err);
	size_t capacity = w->capacity ? w->capacity * 2 : FIRST_CAPACITY;
	capacity = capacity < c->max_each ? capacity : c->max_each;
	struct link_scored_pair *pairs = mem_resize(w->pairs, capacity, sizeof *pairs);
	if (!pairs)
		return error_memory(err);
	w->pairs = pairs;
	w->capacity = capacity;
	return CF_OK;
}

int link_collector_add(
	struct link_collector *c, size_t worker, const struct link_scored_pair *pair, struct cf_error *err)
{
	struct collecting *w = &c->workers[worker];
	if (w->n == w->capacity)
		TRY(make_room(c, w, err));
	w->pairs[w->n++] = *pair;
	return CF_OK;
}

/* ---- merging ---- */

/* Of one run: what is still to be read, and the block read last. */
struct source {
	struct run left;
	struct link_scored_pair *block;
	size_t at;
	size_t n;
};

struct merge {
	const struct link_scored_file *from;
	struct link_scored_file *to;
	struct source sources[FAN_IN];
	size_t heap[FAN_IN]; /* of sources, the heaviest next pair on top */
	size_t n;
	struct link_scored_pair *blocks; /* FAN_IN + 1 of BLOCK pairs; the last is what is written */
	size_t n_out;
};

static void merge_done(struct merge *m)
{
	m->blocks = mem_free(m->blocks);
}

static int read_source(const struct merge *m, struct source *s, struct cf_error *err)
{
	s->n = s->left.n < BLOCK ? s->left.n : BLOCK;
	s->at = 0;
	TRY(read_at(m->from, s->block, s->n, s->left.begin, err));
	s->left.begin += s->n;
	s->left.n -= s->n;
	return CF_OK;
}

static bool is_before(const struct merge *m, size_t a, size_t b)
{
	const struct source *x = &m->sources[a];
	const struct source *y = &m->sources[b];
	return link_heavier_first(&x->block[x->at], &y->block[y->at]) < 0;
}

static void sink(struct merge *m, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= m->n)
			return;
		child += child + 1 < m->n && is_before(m, m->heap[child + 1], m->heap[child]);
		if (!is_before(m, m->heap[child], m->heap[at]))
			return;
		size_t swap = m->heap[at];
		m->heap[at] = m->heap[child];
		m->heap[child] = swap;
		at = child;
	}
}

static int write_out(struct merge *m, struct cf_error *err)
{
	if (interrupt_requested())
		return error_set(err, CF_E_INTERRUPTED, "interrupted");
	TRY(write_at(m->to, m->blocks + (size_t)FAN_IN * BLOCK, m->n_out, m->to->n, err));
	m->to->n += m->n_out;
	m->n_out = 0;
	return CF_OK;
}

static int merge_next(struct merge *m, struct cf_error *err)
{
	struct source *s = &m->sources[m->heap[0]];
	m->blocks[(size_t)FAN_IN * BLOCK + m->n_out++] = s->block[s->at++];
	if (s->at == s->n && s->left.n)
		TRY(read_source(m, s, err));
	if (s->at == s->n)
		m->heap[0] = m->heap[--m->n];
	sink(m, 0);
	return m->n_out == BLOCK ? write_out(m, err) : CF_OK;
}

static int merge_runs(struct merge *m, const struct run *runs, size_t n, struct cf_error *err)
{
	m->n = n;
	for (size_t i = 0; i < n; i++) {
		m->sources[i] = (struct source){.left = runs[i], .block = m->blocks + i * BLOCK};
		m->heap[i] = i;
		TRY(read_source(m, &m->sources[i], err));
	}
	for (size_t i = n; i-- > 0;)
		sink(m, i);
	while (m->n)
		TRY(merge_next(m, err));
	return write_out(m, err);
}

/* One level: FAN_IN runs become one, in a new file. */
static int merge_level(struct link_collector *c, struct runs *runs, struct cf_error *err)
{
	CF_CLEANUP(close_file_ptr) struct link_scored_file *to = NULL;
	CF_CLEANUP(merge_done) struct merge m = {.from = c->file};
	TRY(open_file(c->folder, &to, err));
	m.to = to;
	m.blocks = mem_alloc((size_t)(FAN_IN + 1) * BLOCK, sizeof *m.blocks);
	if (!m.blocks)
		return error_memory(err);
	size_t n = 0;
	for (size_t i = 0; i < runs->n; i += FAN_IN) {
		uint64_t begin = to->n;
		TRY(merge_runs(&m, runs->list + i, runs->n - i < FAN_IN ? runs->n - i : FAN_IN, err));
		runs->list[n++] = (struct run){begin, to->n - begin};
	}
	runs->n = n;
	(void)close_file(c->file);
	c->file = TAKE(to);
	return CF_OK;
}

/* ---- the end ---- */

static int gather_runs(struct link_collector *c, struct runs *to, struct cf_error *err)
{
	for (size_t w = 0; w < c->options.n_workers; w++) {
		TRY(spill(c, &c->workers[w], err));
		c->workers[w].pairs = mem_free(c->workers[w].pairs);
		c->workers[w].capacity = 0;
		for (size_t i = 0; i < c->workers[w].runs.n; i++)
			TRY(add_run(to, c->workers[w].runs.list[i], err));
	}
	return CF_OK;
}

static void runs_done(struct runs *r)
{
	r->list = mem_free(r->list);
}

static int finish_on_disk(struct link_collector *c, struct link_scored *ret, struct cf_error *err)
{
	CF_CLEANUP(runs_done) struct runs runs = {0};
	TRY(gather_runs(c, &runs, err));
	while (runs.n > 1)
		TRY(merge_level(c, &runs, err));
	ret->n = c->file->n;
	ret->file = TAKE(c->file);
	return CF_OK;
}

static int finish_in_memory(struct link_collector *c, struct link_scored *ret, struct cf_error *err)
{
	struct collecting *first = &c->workers[0];
	size_t n = 0;
	for (size_t w = 0; w < c->options.n_workers; w++)
		n += c->workers[w].n;
	struct link_scored_pair *pairs = mem_resize(first->pairs, n ? n : 1, sizeof *pairs);
	if (!pairs)
		return error_memory(err);
	first->pairs = pairs;
	for (size_t w = 1; w < c->options.n_workers; w++) {
		struct collecting *from = &c->workers[w];
		if (from->n)
			memcpy(pairs + first->n, from->pairs, from->n * sizeof *pairs);
		first->n += from->n;
		from->pairs = mem_free(from->pairs);
		from->n = 0;
	}
	sort(pairs, n);
	ret->pairs = TAKE(first->pairs);
	ret->n = n;
	return CF_OK;
}

int link_collector_finish(struct link_collector *c, struct link_scored *ret, struct cf_error *err)
{
	return c->file ? finish_on_disk(c, ret, err) : finish_in_memory(c, ret, err);
}
