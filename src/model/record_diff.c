/* What changed between two revisions, and what of a record may pass. */
#include <string.h>

#include "model/record.h"
#include "model/record_parts.h"

void record_changes_done(struct record_changes *c)
{
	mem_free(c->changes);
	*c = (struct record_changes)RECORD_CHANGES_INIT;
}

/* Values [first, end) of a record that have one field and part. */
struct run {
	const struct record *r;
	size_t first;
	size_t end;
};

/* Both sides of a comparison; done marks values that are equal on the other side or stand in a change. */
struct diff {
	struct run before;
	struct run after;
	bool *before_done;
	bool *after_done;
	struct record_changes *changes;
};

static int put_change(struct diff *d, const struct record_value *before, const struct record_value *after)
{
	struct record_changes *c = d->changes;
	struct record_change *changes = mem_grow(c->changes, c->n, &c->capacity, sizeof *changes);
	if (!changes)
		return CF_E_MEMORY;
	c->changes = changes;
	changes[c->n++] = (struct record_change){before, after};
	return CF_OK;
}

static bool same_place(const struct record_value *a, const struct record_value *b)
{
	return a->field == b->field && a->part == b->part;
}

static struct run run_at(const struct record *r, size_t first)
{
	struct run run = {r, first, first};
	while (run.end < r->n && same_place(&r->values[first], &r->values[run.end]))
		run.end++;
	return run;
}

static bool same_sequence(const struct diff *d)
{
	size_t n = d->before.end - d->before.first;
	if (n != d->after.end - d->after.first)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!record_same_value(&d->before.r->values[d->before.first + i],
			    &d->after.r->values[d->after.first + i]))
			return false;
	return true;
}

/* Marks pairs of equal values; whether any value is left over. */
static bool mark_equal(struct diff *d)
{
	size_t n_equal = 0;
	for (size_t i = d->before.first; i < d->before.end; i++) {
		for (size_t j = d->after.first; j < d->after.end; j++) {
			if (d->after_done[j] ||
				!record_same_value(&d->before.r->values[i], &d->after.r->values[j]))
				continue;
			d->before_done[i] = true;
			d->after_done[j] = true;
			n_equal++;
			break;
		}
	}
	return n_equal < d->before.end - d->before.first || n_equal < d->after.end - d->after.first;
}

/* The same values in another order: those out of place, pairwise. */
static int put_order(struct diff *d)
{
	for (size_t i = 0; i < d->before.end - d->before.first; i++) {
		const struct record_value *before = &d->before.r->values[d->before.first + i];
		const struct record_value *after = &d->after.r->values[d->after.first + i];
		if (!record_same_value(before, after))
			TRY(put_change(d, before, after));
	}
	return CF_OK;
}

/* What is left over: in order and source by source as changes, then what went, then what came. */
static int put_rest(struct diff *d)
{
	for (size_t i = d->before.first; i < d->before.end; i++) {
		if (d->before_done[i])
			continue;
		const struct record_value *before = &d->before.r->values[i];
		const struct record_value *after = NULL;
		for (size_t j = d->after.first; j < d->after.end && !after; j++) {
			if (d->after_done[j] || !record_same_source(before, &d->after.r->values[j]))
				continue;
			d->after_done[j] = true;
			after = &d->after.r->values[j];
		}
		TRY(put_change(d, before, after));
	}
	for (size_t j = d->after.first; j < d->after.end; j++)
		if (!d->after_done[j])
			TRY(put_change(d, NULL, &d->after.r->values[j]));
	return CF_OK;
}

static int diff_run(struct diff *d)
{
	if (same_sequence(d))
		return CF_OK;
	return mark_equal(d) ? put_rest(d) : put_order(d);
}

/* The order of the two places by field and part alone. */
static int compare_runs(const struct record_value *a, const struct record_value *b)
{
	if (same_place(a, b))
		return 0;
	if (a->field != b->field)
		return a->field->number < b->field->number ? -1 : 1;
	return a->part < b->part ? -1 : 1;
}

static int diff_records(struct diff *d, const struct record *before, const struct record *after)
{
	size_t i = 0;
	size_t j = 0;
	while (i < before->n || j < after->n) {
		int order = i == before->n  ? 1
			    : j == after->n ? -1
					    : compare_runs(&before->values[i], &after->values[j]);
		d->before = order <= 0 ? run_at(before, i) : (struct run){before, i, i};
		d->after = order >= 0 ? run_at(after, j) : (struct run){after, j, j};
		TRY(diff_run(d));
		i = d->before.end;
		j = d->after.end;
	}
	return CF_OK;
}

int record_diff(const struct record *before, const struct record *after, struct record_changes *ret,
	struct cf_error *err)
{
	if (before->entity != after->entity)
		return error_set(err, CF_E_USAGE, "a %s cannot be compared with a %s", before->entity->name,
			after->entity->name);
	CF_CLEANUP_FREE bool *before_done = NEW_ARRAY_ZERO(bool, before->n);
	CF_CLEANUP_FREE bool *after_done = NEW_ARRAY_ZERO(bool, after->n);
	CF_CLEANUP(record_changes_done) struct record_changes changes = RECORD_CHANGES_INIT;
	if (!before_done || !after_done)
		return error_memory(err);
	struct diff d = {.before_done = before_done, .after_done = after_done, .changes = &changes};
	TRY_MEMORY(diff_records(&d, before, after), err);
	record_changes_done(ret);
	*ret = changes;
	changes = (struct record_changes)RECORD_CHANGES_INIT;
	return CF_OK;
}

static bool passes(const struct record_filter *filter, const struct record_value *v)
{
	return v->handling <= filter->max_handling && v->field->sensitivity <= filter->max_sensitivity &&
	       (!filter->allows || filter->allows(filter->context, v));
}

int record_filter(const struct record *r, const struct record_filter *filter, struct record **ret,
	size_t *ret_n_withheld, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *copy = NULL;
	size_t n_withheld = 0;
	TRY(record_new(r->entity, &r->id, &copy, err));
	for (size_t i = 0; i < r->n; i++) {
		if (passes(filter, &r->values[i]))
			TRY(record_add_value(copy, &r->values[i], err));
		else
			n_withheld++;
	}
	*ret = TAKE(copy);
	if (ret_n_withheld)
		*ret_n_withheld = n_withheld;
	return CF_OK;
}
