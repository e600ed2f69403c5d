#include "link/values.h"

#include <string.h>

void link_values_done(struct link_values *v)
{
	v->values = mem_free(v->values);
	v->names = mem_free(v->names);
	v->signs = mem_free(v->signs);
}

static void set_value(const struct link_dictionary *d, uint32_t code, bool is_name,
	const struct nicknames *nicknames, struct link_value *v)
{
	const char *text = link_dictionary_text(d, code);
	size_t n = link_dictionary_length(d, code);
	v->letters = similar_letters(text, n);
	if (is_name)
		sound_numbers(text, n, v->sounds);
	if (nicknames)
		nicknames_groups(nicknames, text, n, v->nicknames);
	if (n <= LINK_SHORT_TEXT) {
		v->n = (uint16_t)n;
		memcpy(v->text, text, n);
	}
}

static void set_glance(struct link_values *v, enum link_kind kind, uint32_t code)
{
	struct similar_text t;
	link_values_text(v, code, &t);
	if (v->names)
		v->names[code] = glance_name_of(&t);
	if (v->signs)
		v->signs[code] = glance_signs_of(kind, t.text, t.n);
}

static int allocate(const struct link_column *column, struct link_values *v, struct cf_error *err)
{
	size_t n = (size_t)column->values.n + 1;
	v->dictionary = &column->values;
	v->values = mem_alloc_aligned(n, sizeof *v->values);
	if (!v->values)
		return error_memory(err);
	memset(v->values, 0, n * sizeof *v->values);
	if (column->kind == LINK_NAME) {
		v->names = NEW_ARRAY_ZERO(struct glance_name, n);
		return v->names ? CF_OK : error_memory(err);
	}
	if (glance_has_signs(column->kind)) {
		v->signs = NEW_ARRAY_ZERO(uint64_t, n);
		return v->signs ? CF_OK : error_memory(err);
	}
	return CF_OK;
}

int link_values_make(const struct link_column *column, const struct nicknames *const *nicknames,
	struct link_values *ret, struct cf_error *err)
{
	CF_CLEANUP(link_values_done) struct link_values v = {0};
	bool is_name = column->kind == LINK_NAME;
	const struct nicknames *table = is_name && column->role != LINK_ROLE_NONE
						? nicknames[column->role == LINK_ROLE_FAMILY]
						: NULL;
	TRY(allocate(column, &v, err));
	for (uint32_t code = 1; code <= column->values.n; code++) {
		set_value(v.dictionary, code, is_name, table, &v.values[code]);
		set_glance(&v, column->kind, code);
	}
	*ret = v;
	v = (struct link_values){0};
	return CF_OK;
}
