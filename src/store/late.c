/*
 * Rows of the blind index that can wait. Their keys are random, so that each costs a page of the index, and
 * pages do not stay in memory when millions of rows come: within one transaction rows of new records are
 * gathered, over all its batches, and go in sorted. Whoever looks into the index within the transaction puts
 * them in first.
 */
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

enum { LATE_MAX = 1500000 };

static int compare(const void *a, const void *b)
{
	const struct late_term *x = a;
	const struct late_term *y = b;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->tag, y->tag, TAG_BYTES);
	if (order)
		return order;
	return x->record < y->record ? -1 : x->record > y->record;
}

int late_flush(struct store *s, struct cf_error *err)
{
	size_t n = s->n_late;
	if (n)
		qsort(s->late, n, sizeof *s->late, compare);
	for (size_t i = 0; i < n; i++) {
		const struct late_term *t = &s->late[i];
		const struct db_value values[] = {
			DB_INT(t->field), DB_BYTES(t->tag, TAG_BYTES), DB_INT(t->record)};
		TRY(db_run(s->db, S_TERM_ADD, values, 3, err));
	}
	s->n_late = 0;
	return CF_OK;
}

int late_add(struct store *s, const struct index_row *row, struct cf_error *err)
{
	if (s->n_late == LATE_MAX)
		TRY(late_flush(s, err));
	/* the room at once: only what is filled takes memory, and nothing is copied */
	if (!s->late)
		s->late = NEW_ARRAY(struct late_term, LATE_MAX);
	if (!s->late)
		return error_memory(err);
	struct late_term *t = &s->late[s->n_late++];
	t->field = row->field;
	t->record = row->record;
	memcpy(t->tag, row->tag, TAG_BYTES);
	return CF_OK;
}

void late_forget(struct store *s)
{
	s->late = mem_free(s->late);
	s->n_late = 0;
}
