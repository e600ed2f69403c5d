#include "work/casebook/draft.h"

#include <string.h>

#include "work/casebook/form.h"
#include "work/casebook/values.h"

enum { MAX_TOUCHED = 512 };

struct draft {
	struct casebook *casebook;
	struct values *values;
	struct record *record;
	struct casebook_shown before; /* record NULL for a new one */
	/* what draft_set replaced already: the label before the = */
	char *touched[MAX_TOUCHED];
	size_t n_touched;
};

struct draft *draft_free(struct draft *d)
{
	if (!d)
		return NULL;
	d->values = values_free(d->values);
	d->record = record_free(d->record);
	casebook_shown_done(&d->before);
	for (size_t i = 0; i < d->n_touched; i++)
		d->touched[i] = mem_free(d->touched[i]);
	return mem_free(d);
}

int draft_new(struct casebook *c, const struct schema_entity *entity, const char *country, struct draft **ret,
	struct cf_error *err)
{
	CF_CLEANUP_DRAFT struct draft *d = NEW(struct draft);
	struct record_id id;
	if (!d)
		return error_memory(err);
	d->casebook = c;
	TRY(values_new(country, &d->values, err));
	record_id_new(&id);
	TRY(record_new(entity, &id, &d->record, err));
	*ret = TAKE(d);
	return CF_OK;
}

int draft_open(struct casebook *c, const struct record_id *id, const char *country, struct draft **ret,
	struct cf_error *err)
{
	CF_CLEANUP_DRAFT struct draft *d = NEW(struct draft);
	if (!d)
		return error_memory(err);
	d->casebook = c;
	TRY(values_new(country, &d->values, err));
	TRY(casebook_show_to_edit(c, id, &d->before, err));
	TRY(record_copy(d->before.record, &d->record, err));
	*ret = TAKE(d);
	return CF_OK;
}

int draft_text(const struct draft *d, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(buffer_printf(out,
			   "# %s. One line a value; lines that begin with # do not count.\n"
			   "# (unknown), (refused), (not asked) and (not applicable) are values too.\n",
			   record_entity(d->record)->label),
		err);
	return form_format(d->record, FORM_ALL, out, err);
}

int draft_parse(struct draft *d, const char *name, const char *text, size_t n, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	struct form_source from = {.name = name,
		.text = text,
		.n = n,
		.clean = values_clean,
		.context = d->values,
		.known = d->record};
	TRY(form_parse(&from, record_entity(d->record), record_id(d->record), &r, err));
	d->record = record_free(d->record);
	d->record = TAKE(r);
	return CF_OK;
}

/* 1 the first time the label is set. */
static int touch(struct draft *d, const char *text, struct cf_error *err)
{
	size_t n = strcspn(text, "=");
	for (size_t i = 0; i < d->n_touched; i++)
		if (strlen(d->touched[i]) == n && memcmp(d->touched[i], text, n) == 0)
			return 0;
	if (d->n_touched == MAX_TOUCHED)
		return error_set(err, CF_E_LIMIT, "at most %d fields are set one by one", (int)MAX_TOUCHED);
	char *label = mem_strndup(text, n);
	if (!label)
		return error_memory(err);
	d->touched[d->n_touched++] = label;
	return 1;
}

int draft_set(struct draft *d, const char *text, struct cf_error *err)
{
	struct form_source from = {.name = NULL,
		.text = text,
		.n = strlen(text),
		.clean = values_clean,
		.context = d->values,
		.known = d->record};
	int first = touch(d, text, err);
	TRY(first);
	return form_set(&from, first > 0, d->record, err);
}

int draft_save(
	struct draft *d, const struct store_reason *why, struct store_result *ret, struct cf_error *err)
{
	if (!d->before.record)
		return casebook_add(d->casebook, d->record, why, NULL, ret, err);
	struct casebook_edit edit = {.before = &d->before, .after = d->record, .why = *why};
	return casebook_edit(d->casebook, &edit, NULL, ret, err);
}

const struct record *draft_record(const struct draft *d)
{
	return d->record;
}
