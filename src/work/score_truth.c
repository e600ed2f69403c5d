#include "work/score_truth.h"

#include <inttypes.h>
#include <regex.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/csv.h"

#define uthash_malloc(size) mem_alloc(1, (size))
#define uthash_free(p, size) mem_free(p)
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->lost = true)
#include <uthash.h>

/* A person met, by the text that names them. Lives in the arena. */
struct named_person {
	const char *name;
	uint32_t number;
	bool lost; /* the table had no memory for it */
	UT_hash_handle hh;
};

struct score_truth {
	char *column;
	regex_t regex;
	bool has_regex;
	struct arena *arena;
	struct named_person *persons;
	uint32_t n;
};

struct score_truth *score_truth_free(struct score_truth *t)
{
	if (!t)
		return NULL;
	HASH_CLEAR(hh, t->persons);
	if (t->has_regex)
		regfree(&t->regex);
	arena_free(t->arena);
	mem_free(t->column);
	return mem_free(t);
}

static int compile(struct score_truth *t, const char *regex, struct cf_error *err)
{
	char message[200];
	int status = regcomp(&t->regex, regex, REG_EXTENDED);
	if (status) {
		(void)regerror(status, &t->regex, message, sizeof message);
		return error_set(
			err, CF_E_USAGE, "--truth: '%s' is not a regular expression: %s", regex, message);
	}
	t->has_regex = true;
	return 0;
}

int score_truth_new(const char *text, struct score_truth **ret, struct cf_error *err)
{
	CF_CLEANUP_SCORE_TRUTH struct score_truth *t = NEW(struct score_truth);
	const char *colon = strchr(text, ':');
	if (!t || !(t->arena = arena_new(0)) ||
		!(t->column = mem_strndup(text, colon ? (size_t)(colon - text) : strlen(text))))
		return error_memory(err);
	if (!t->column[0])
		return error_set(err, CF_E_USAGE, "--truth needs the name of a column");
	if (colon)
		TRY(compile(t, colon + 1, err));
	*ret = TAKE(t);
	return 0;
}

const char *score_truth_column(const struct score_truth *t)
{
	return t->column;
}

uint32_t score_truth_n(const struct score_truth *t)
{
	return t->n;
}

/* The part of a cell that names the person; false when the expression does not match. */
static bool find_name(const struct score_truth *t, const char **start, size_t *n)
{
	regmatch_t match[2];
	if (!t->has_regex)
		return true;
	if (regexec(&t->regex, *start, 2, match, 0) != 0)
		return false;
	const regmatch_t *m = match[1].rm_so >= 0 ? &match[1] : &match[0];
	*start += m->rm_so;
	*n = (size_t)(m->rm_eo - m->rm_so);
	return true;
}

/* The number of the person with this name, a new one when met first. */
static int number_of(struct score_truth *t, const char *name, size_t n, uint32_t *ret, struct cf_error *err)
{
	struct named_person *p = NULL;
	HASH_FIND(hh, t->persons, name, n, p);
	if (!p) {
		p = arena_alloc(t->arena, 1, sizeof *p);
		char *copy = arena_strndup(t->arena, name, n);
		if (!p || !copy)
			return error_memory(err);
		*p = (struct named_person){.name = copy, .number = t->n};
		HASH_ADD_KEYPTR(hh, t->persons, copy, n, p);
		if (p->lost)
			return error_memory(err);
		t->n++;
	}
	*ret = p->number;
	return 0;
}

static int read_row(struct score_truth *t, const struct csv_reader *csv, const struct csv_cell *cells,
	uint32_t *ret, struct cf_error *err)
{
	size_t column = (size_t)csv_find_column(csv, t->column);
	const char *name = cells[column].text;
	size_t n = cells[column].n;
	if (n == 0) {
		*ret = t->n++;
		return 0;
	}
	if (!find_name(t, &name, &n))
		return csv_error(csv, column, err, "the expression of --truth does not match this cell");
	return number_of(t, name, n, ret, err);
}

static int unknown_column(
	const struct csv_reader *csv, const char *path, const char *column, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	for (size_t i = 0; i < csv_n_columns(csv); i++)
		TRY_MEMORY(buffer_printf(&names, "%s%s", i ? ", " : "", csv_column_name(csv, i)), err);
	return error_set(err, CF_E_NOT_FOUND, "%s has no column '%s'; its columns are %s", path, column,
		buffer_text(&names));
}

int score_truth_read(
	struct score_truth *t, const char *path, uint32_t **ret_truth, size_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP_FREE uint32_t *truth = NULL;
	const struct csv_cell *cells = NULL;
	size_t n = 0;
	size_t capacity = 0;
	int status;
	TRY(csv_open(path, &(struct csv_options){.trim = true}, &csv, err));
	if (csv_find_column(csv, t->column) < 0)
		return unknown_column(csv, path, t->column, err);
	while ((status = csv_next(csv, &cells, err)) > 0) {
		uint32_t *grown = mem_grow(truth, n, &capacity, sizeof *truth);
		if (!grown)
			return error_memory(err);
		truth = grown;
		TRY(read_row(t, csv, cells, &truth[n], err));
		n++;
	}
	TRY(status);
	*ret_truth = TAKE(truth);
	*ret_n = n;
	return 0;
}
