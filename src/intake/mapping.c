#include "intake/mapping.h"

#include <stdio.h>
#include <string.h>

struct mapping *mapping_free(struct mapping *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n_id_columns; i++)
		mem_free(m->id_columns[i]);
	for (size_t i = 0; i < m->n_columns; i++)
		mem_free(m->columns[i].name);
	for (size_t i = 0; i < m->n_constants; i++)
		mem_free(m->constants[i].text);
	for (size_t i = 0; i < m->n_words; i++) {
		for (size_t k = 0; k < m->words[i]->n; k++)
			mem_free(m->words[i]->words[k].word);
		mem_free(m->words[i]->words);
		mem_free(m->words[i]->name);
		mem_free(m->words[i]);
	}
	mem_free(m->words);
	mem_free(m->constants);
	mem_free(m->links);
	mem_free(m->columns);
	mem_free(m->id_columns);
	mem_free(m->source);
	return mem_free(m);
}

int mapping_new(const char *source, struct mapping **ret, struct cf_error *err)
{
	CF_CLEANUP_MAPPING struct mapping *m = NEW(struct mapping);
	if (!m)
		return error_memory(err);
	m->source = mem_strdup(source ? source : "import");
	if (!m->source)
		return error_memory(err);
	*ret = TAKE(m);
	return CF_OK;
}

int mapping_instance_of(struct mapping *m, const struct schema_entity *entity, const char *label,
	uint16_t *ret, struct cf_error *err)
{
	for (size_t i = 0; i < m->n_instances; i++)
		if (m->instances[i].entity == entity && strcmp(m->instances[i].label, label) == 0) {
			*ret = (uint16_t)i;
			return CF_OK;
		}
	if (m->n_instances == MAPPING_MAX_INSTANCES)
		return error_set(err, CF_E_LIMIT, "a row can make %d records at most", MAPPING_MAX_INSTANCES);
	struct mapping_instance *made = &m->instances[m->n_instances];
	made->entity = entity;
	(void)snprintf(made->label, sizeof made->label, "%s", label);
	*ret = (uint16_t)m->n_instances++;
	return CF_OK;
}

int mapping_add_column(
	struct mapping *m, const char *name, const struct mapping_column *column, struct cf_error *err)
{
	if (m->n_columns == MAPPING_MAX_COLUMNS)
		return error_set(err, CF_E_LIMIT, "more than %d columns can be mapped", MAPPING_MAX_COLUMNS);
	struct mapping_column *grown =
		mem_grow(m->columns, m->n_columns, &m->columns_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	m->columns = grown;
	char *copy = mem_strdup(name);
	if (!copy)
		return error_memory(err);
	m->columns[m->n_columns] = *column;
	m->columns[m->n_columns++].name = copy;
	return CF_OK;
}

int mapping_add_constant(struct mapping *m, uint16_t instance, const struct schema_field *field,
	uint16_t part, const char *text, struct cf_error *err)
{
	for (size_t i = 0; i < m->n_constants; i++) {
		const struct mapping_constant *c = &m->constants[i];
		if (c->instance == instance && c->field == field && c->part == part)
			return CF_OK;
	}
	struct mapping_constant *grown =
		mem_grow(m->constants, m->n_constants, &m->constants_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	m->constants = grown;
	char *copy = mem_strdup(text);
	if (!copy)
		return error_memory(err);
	m->constants[m->n_constants++] =
		(struct mapping_constant){.instance = instance, .part = part, .field = field, .text = copy};
	return CF_OK;
}

int mapping_add_link(struct mapping *m, uint16_t instance, const struct schema_field *field, uint16_t target,
	struct cf_error *err)
{
	struct mapping_link *grown = mem_grow(m->links, m->n_links, &m->links_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	m->links = grown;
	m->links[m->n_links++] =
		(struct mapping_link){.instance = instance, .target = target, .field = field};
	return CF_OK;
}

int mapping_add_words(struct mapping *m, const char *name, struct mapping_words **ret, struct cf_error *err)
{
	for (size_t i = 0; i < m->n_words; i++)
		if (strcmp(m->words[i]->name, name) == 0) {
			*ret = m->words[i];
			return CF_OK;
		}
	struct mapping_words **grown = mem_grow(m->words, m->n_words, &m->words_capacity, sizeof(void *));
	if (!grown)
		return error_memory(err);
	m->words = grown;
	CF_CLEANUP_FREE char *copy = mem_strdup(name);
	struct mapping_words *made = copy ? NEW(struct mapping_words) : NULL;
	if (!made)
		return error_memory(err);
	made->name = TAKE(copy);
	m->words[m->n_words++] = made;
	*ret = made;
	return CF_OK;
}

int mapping_add_word(struct mapping_words *w, const char *word, const char *code, enum record_state state,
	struct cf_error *err)
{
	struct mapping_word *grown = mem_grow(w->words, w->n, &w->capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	w->words = grown;
	char *copy = mem_strdup(word);
	if (!copy)
		return error_memory(err);
	w->words[w->n++] = (struct mapping_word){.word = copy, .code = code, .state = state};
	return CF_OK;
}

const struct mapping_column *mapping_find(const struct mapping *m, const char *name)
{
	for (size_t i = 0; i < m->n_columns; i++)
		if (strcmp(m->columns[i].name, name) == 0)
			return &m->columns[i];
	return NULL;
}

/* ---- targets ---- */

/* Copies s[0..n) when it fits; false otherwise. */
static bool copy_text(char *to, size_t size, const char *s, size_t n)
{
	if (n >= size)
		return false;
	memcpy(to, s, n);
	to[n] = '\0';
	return true;
}

static bool is_label(const char *s)
{
	for (; *s; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && *s != '_' && *s != '-')
			return false;
	return true;
}

/* Cuts "#1" off the end of name. */
static bool take_part(char *name, uint16_t *ret_part)
{
	char *mark = strchr(name, '#');
	*ret_part = 0;
	if (!mark)
		return true;
	size_t digits = strspn(mark + 1, "0123456789");
	if (!digits || digits > 3 || mark[1 + digits])
		return false;
	unsigned part = 0;
	for (const char *p = mark + 1; *p; p++)
		part = part * 10 + (unsigned)(*p - '0');
	*ret_part = (uint16_t)part;
	*mark = '\0';
	return true;
}

bool mapping_parse_target(const char *text, size_t n, struct mapping_target *ret, const char **ret_reason)
{
	enum { MAX_NAME = 64 };
	char entity[MAX_NAME];
	char field[MAX_NAME];
	struct mapping_target t = {.kind = MAPPING_FIELD};
	const char *point = memchr(text, '.', n);
	const char *at = point ? memchr(text, '@', (size_t)(point - text)) : NULL;
	*ret_reason = "a field is written as record.field, such as person.birth_date";
	if (!point || !copy_text(entity, sizeof entity, text, (size_t)((at ? at : point) - text)) ||
		!copy_text(field, sizeof field, point + 1, n - (size_t)(point + 1 - text)))
		return false;
	*ret_reason = "what stands behind @ tells records of one kind apart: letters a-z, digits, _ and -";
	if (at && (!copy_text(t.label, sizeof t.label, at + 1, (size_t)(point - at - 1)) ||
			  !is_label(t.label) || !t.label[0]))
		return false;
	*ret_reason = "there is no such kind of record; docs/fields.md has them all";
	t.entity = schema_entity(entity);
	if (!t.entity)
		return false;
	size_t length = strlen(field);
	if (length && field[length - 1] == '?') {
		t.kind = MAPPING_STATE;
		field[length - 1] = '\0';
	}
	*ret_reason = "a part is written as #1 to #999 behind the field";
	if (!take_part(field, &t.part))
		return false;
	if (strcmp(field, "id") == 0 && t.kind == MAPPING_FIELD && !t.part) {
		t.kind = MAPPING_ID;
		*ret = t;
		return true;
	}
	*ret_reason = "that kind of record has no such field; docs/fields.md has them all";
	t.field = schema_field(t.entity, field);
	if (!t.field)
		return false;
	*ret_reason = "the field is of no part that repeats, so that # has no meaning";
	if (t.part && !t.field->part)
		return false;
	*ret = t;
	return true;
}
