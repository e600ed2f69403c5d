#include <string.h>

#include "link/comparer.h"

struct link_comparer *link_comparer_free(struct link_comparer *c)
{
	if (!c)
		return NULL;
	for (size_t f = 0; f < LINK_MAX_FIELDS; f++) {
		link_memo_done(&c->memos[f]);
		link_values_done(&c->values[f]);
	}
	(void)mem_free(c->scratches);
	(void)mem_free(c->codes);
	return mem_free(c);
}

static int gather_codes(const struct link_table *t, struct link_comparer *c, struct cf_error *err)
{
	c->codes = NEW_ARRAY(uint32_t, t->n_rows * c->n_fields);
	if (!c->codes)
		return error_memory(err);
	for (size_t f = 0; f < c->n_fields; f++) {
		const uint32_t *codes = t->columns[c->fields[f].column].codes;
		for (size_t i = 0; i < t->n_rows; i++)
			c->codes[i * c->n_fields + f] = codes[i];
	}
	return CF_OK;
}

static int gather_values(const struct link_table *t, struct link_comparer *c, struct cf_error *err)
{
	CF_CLEANUP_NICKNAMES struct nicknames *given = NULL;
	CF_CLEANUP_NICKNAMES struct nicknames *family = NULL;
	TRY(nicknames_new(NICKNAMES_GIVEN, &given, err));
	TRY(nicknames_new(NICKNAMES_FAMILY, &family, err));
	const struct nicknames *const tables[] = {[NICKNAMES_GIVEN] = given, [NICKNAMES_FAMILY] = family};
	for (size_t f = 0; f < c->n_fields; f++)
		TRY(link_values_make(&t->columns[c->fields[f].column], tables, &c->values[f], err));
	return CF_OK;
}

static enum link_look look_of(enum link_kind kind, const struct link_memo *m)
{
	if (m->table)
		return LINK_LOOK_TABLE;
	return kind == LINK_NAME    ? LINK_LOOK_NAME
	       : kind == LINK_DATE  ? LINK_LOOK_DATE
	       : kind == LINK_PHONE ? LINK_LOOK_PHONE
	       : kind == LINK_CODE  ? LINK_LOOK_CODE
				    : LINK_LOOK_NONE;
}

static int make_memos(struct link_comparer *c, size_t memo_bytes, struct cf_error *err)
{
	size_t share = memo_bytes / (c->n_fields ? c->n_fields : 1);
	for (size_t f = 0; f < c->n_fields; f++) {
		TRY(link_memo_make(c->values[f].dictionary->n, c->n_workers, share, &c->memos[f], err));
		c->looks[f] = look_of(c->kinds[f], &c->memos[f]);
	}
	return CF_OK;
}

static void set_fields(const struct link_table *t, const struct link_settings *s, struct link_comparer *c)
{
	c->n_fields = s->n_fields;
	memcpy(c->fields, s->fields, sizeof c->fields);
	memset(c->given_of, -1, sizeof c->given_of);
	for (size_t f = 0; f < c->n_fields; f++) {
		c->kinds[f] = t->columns[c->fields[f].column].kind;
		if (c->fields[f].crosswise >= 0)
			c->given_of[c->fields[f].crosswise] = (int8_t)f;
	}
}

int link_comparer_new(const struct link_table *t, const struct link_settings *s, size_t n_workers,
	size_t memo_bytes, struct link_comparer **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NEW(struct link_comparer);
	if (!c)
		return error_memory(err);
	c->n_workers = n_workers;
	c->scratches = NEW_ARRAY(struct link_scratch, n_workers);
	if (!c->scratches)
		return error_memory(err);
	set_fields(t, s, c);
	glance_bounds_make(&c->bounds);
	TRY(gather_values(t, c, err));
	TRY(gather_codes(t, c, err));
	TRY(make_memos(c, memo_bytes, err));
	*ret = TAKE(c);
	return CF_OK;
}

size_t link_comparer_n_workers(const struct link_comparer *c)
{
	return c->n_workers;
}

unsigned link_comparer_n_levels(const struct link_comparer *c, size_t field)
{
	return link_n_levels(c->kinds[field]) + link_is_crosswise(c, field);
}

const char *link_comparer_level_name(const struct link_comparer *c, size_t field, unsigned level)
{
	if (level == LINK_LEVEL_MISSING)
		return "missing";
	if (!link_is_crosswise(c, field) || level < LINK_LEVEL_SWAPPED)
		return link_level_name(c->kinds[field], level);
	return level == LINK_LEVEL_SWAPPED ? "given and family name swapped, or cut elsewhere"
					   : link_level_name(c->kinds[field], level - 1);
}

uint32_t link_comparer_code(const struct link_comparer *c, size_t field, uint32_t row)
{
	return link_codes_of(c, row)[field];
}
