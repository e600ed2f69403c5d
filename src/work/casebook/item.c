#include "work/casebook/item.h"

#include <stdlib.h>
#include <string.h>

/* Parts are gathered here, then handed to the item; the store's limit is the room there is. */
struct parts {
	struct arena *arena;
	struct text_tools *tools;
	struct store_column *columns;
	size_t n_columns;
	struct store_term *terms;
	size_t n_terms;
	bool copies; /* texts outside of the arena are copied into it */
	struct cf_error *err;
};

static int add_column(struct parts *p, const char *field, const char *value)
{
	if (p->n_columns == STORE_PARTS_MAX)
		return error_set(p->err, CF_E_LIMIT, "a record has more than %d coded values; split it",
			(int)STORE_PARTS_MAX);
	if (p->copies)
		value = arena_strndup(p->arena, value, strlen(value));
	if (!value)
		return error_memory(p->err);
	p->columns[p->n_columns++] = (struct store_column){.field = field, .value = value};
	return CF_OK;
}

static int add_term(struct parts *p, const char *field, const void *data, size_t n)
{
	for (size_t i = 0; i < p->n_terms; i++)
		if (p->terms[i].n == n && strcmp(p->terms[i].field, field) == 0 &&
			memcmp(p->terms[i].data, data, n) == 0)
			return CF_OK;
	if (p->n_terms == STORE_PARTS_MAX)
		return error_set(p->err, CF_E_LIMIT, "a record has more than %d searchable values; split it",
			(int)STORE_PARTS_MAX);
	if (p->copies)
		data = arena_strndup(p->arena, data, n);
	if (!data)
		return error_memory(p->err);
	p->terms[p->n_terms++] = (struct store_term){.field = field, .data = data, .n = n};
	return CF_OK;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The words of a name's key, sorted, so that order does not matter; returns how many. */
static int words_of(struct parts *p, const char *text, size_t n, char **ret_words)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(text_key(p->tools, text, n, &key, p->err));
	char *copy = arena_strndup(p->arena, buffer_text(&key), key.n);
	if (!copy)
		return error_memory(p->err);
	int n_words = 0;
	char *rest = NULL;
	for (char *w = strtok_r(copy, " ", &rest); w && n_words < ITEM_MAX_NAME_WORDS;
		w = strtok_r(NULL, " ", &rest))
		ret_words[n_words++] = w;
	qsort(ret_words, (size_t)n_words, sizeof *ret_words, by_text);
	return n_words;
}

static int join(struct parts *p, char **words, int n_words, struct store_term *ret)
{
	size_t n = 0;
	for (int i = 0; i < n_words; i++)
		n += strlen(words[i]) + 1;
	char *all = arena_alloc(p->arena, n + 1, 1);
	if (!all)
		return error_memory(p->err);
	char *to = all;
	for (int i = 0; i < n_words; i++) {
		if (i)
			*to++ = ' ';
		to = stpcpy(to, words[i]);
	}
	ret->data = all;
	ret->n = (size_t)(to - all);
	return CF_OK;
}

/* A name is found by all its words in any order, and by each of them. */
static int add_name_terms(struct parts *p, const struct schema_field *f, const char *text, size_t n_text)
{
	char *words[ITEM_MAX_NAME_WORDS];
	int n = words_of(p, text, n_text, words);
	if (n <= 0)
		return n;
	struct store_term whole = {.field = f->name};
	TRY(join(p, words, n, &whole));
	TRY(add_term(p, whole.field, whole.data, whole.n));
	for (int i = 0; i < n && n > 1; i++)
		TRY(add_term(p, f->name, words[i], strlen(words[i])));
	return CF_OK;
}

/* The pieces of a name, where a source has no whole one. */
static bool is_piece_of_name(const struct record_value *v, uint16_t part)
{
	static const char *const pieces[] = {
		"name_given", "name_middle", "name_family", "name_maternal", "name_patronymic"};
	if (v->part != part || v->state != RECORD_KNOWN)
		return false;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		if (strcmp(v->field->name, pieces[i]) == 0)
			return true;
	return false;
}

static bool has_whole_name(const struct record *r, const struct schema_field *f, uint16_t part)
{
	size_t n;
	const struct record_value *v = record_get(r, f, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].part == part && v[i].state == RECORD_KNOWN)
			return true;
	return false;
}

/* A name that came in pieces is searched as if it were whole. */
static int add_pieced_names(struct parts *p, const struct record *r)
{
	const struct schema_field *f = schema_field(record_entity(r), "name");
	const struct record_value *v = record_values(r);
	size_t n = record_n_values(r);
	uint16_t last = 0;
	if (!f || !f->part)
		return CF_OK;
	for (size_t i = 0; i < n; i++)
		if (v[i].field->part && strcmp(v[i].field->part, f->part) == 0 && v[i].part > last)
			last = v[i].part;
	for (uint16_t part = 0; part <= last; part++) {
		CF_CLEANUP(buffer_done) struct buffer whole = BUFFER_INIT;
		if (has_whole_name(r, f, part))
			continue;
		for (size_t i = 0; i < n; i++)
			if (is_piece_of_name(&v[i], part))
				TRY_MEMORY(buffer_printf(&whole, "%s ", v[i].text), p->err);
		TRY(add_name_terms(p, f, buffer_text(&whole), whole.n));
	}
	return CF_OK;
}

/* Of "kind:value" the value: who searches a number need not know what kind it was filed as. */
static const char *searched_part(const struct schema_field *field, const char *text)
{
	const char *colon = field->type == SCHEMA_IDENTIFIER ? strchr(text, ':') : NULL;
	return colon ? colon + 1 : text;
}

/* A reference that is not to whoever's key seals the record: found by an index of its own, so that all that
 * speaks of a person can be listed. */
static bool is_indexed_reference(const struct schema_field *f)
{
	for (uint16_t i = 0; i < f->entity->n_owners; i++)
		if (f->entity->owners[i] == f)
			return false;
	return f->type == SCHEMA_REFERENCE;
}

static int add_terms(struct parts *p, const struct record_value *v)
{
	if (is_indexed_reference(v->field))
		return add_term(p, v->field->name, v->text, v->n);
	switch (v->field->search) {
	case SCHEMA_SEARCH_EXACT: {
		const char *text = searched_part(v->field, v->text);
		return add_term(p, v->field->name, text, strlen(text));
	}
	case SCHEMA_SEARCH_NAME:
		return add_name_terms(p, v->field, v->text, v->n);
	default:
		return CF_OK;
	}
}

/* What a state stands as in a column: no code begins so. */
static const char *column_value(const struct record_value *v)
{
	static const char *const states[RECORD_N_STATES] = {
		"", "~unknown", "~refused", "~not_asked", "~not_applicable"};
	return v->state == RECORD_KNOWN ? v->text : states[v->state];
}

static bool is_counted(const struct record_value *v)
{
	const struct schema_field *f = v->field;
	if (f->sensitivity > SCHEMA_CODED || f->type == SCHEMA_REFERENCE)
		return false;
	/* free text is not counted, and may be longer than a column */
	return f->type != SCHEMA_TEXT || v->n <= STORE_NAME_MAX;
}

static int add_value(struct parts *p, const struct record_value *v)
{
	if (is_counted(v))
		TRY(add_column(p, v->field->name, column_value(v)));
	return v->state == RECORD_KNOWN ? add_terms(p, v) : CF_OK;
}

static bool parse_store_id(const char *text, struct store_id *ret)
{
	struct record_id id;
	if (!text || !record_id_parse(text, &id))
		return false;
	*ret = item_store_id(&id);
	return true;
}

/* Whose key seals it: a person's own, that of the owner its entity names first, and the case it belongs to.
 */
static void set_owners(const struct record *r, struct store_item *item)
{
	const struct schema_entity *e = record_entity(r);
	if (strcmp(e->name, "person") == 0)
		item->person_id = item->id;
	if (strcmp(e->name, "case") == 0)
		item->case_id = item->id;
	for (uint16_t i = 0; i < e->n_owners; i++) {
		const struct schema_field *f = e->owners[i];
		bool is_case = strcmp(f->targets[0]->name, "case") == 0;
		struct store_id *to = is_case ? &item->case_id : &item->person_id;
		if (store_id_is_none(to))
			(void)parse_store_id(record_text(r, f), to);
	}
}

/* Room for so many parts: one at least, and no more than the store takes. */
static size_t at_most(size_t n)
{
	if (n > STORE_PARTS_MAX)
		return STORE_PARTS_MAX;
	return n ? n : 1;
}

static size_t count_terms(const struct record_value *values, size_t n)
{
	size_t n_terms = 0;
	for (size_t i = 0; i < n; i++)
		if (values[i].field->search == SCHEMA_SEARCH_EXACT || is_indexed_reference(values[i].field))
			n_terms++;
		else if (values[i].field->search == SCHEMA_SEARCH_NAME)
			n_terms += 1 + ITEM_MAX_NAME_WORDS;
	return n_terms;
}

/* For names in pieces: no more of them than values. */
static size_t add_room(const struct record_value *values, size_t n)
{
	size_t n_pieces = 0;
	for (size_t i = 0; i < n; i++)
		n_pieces += is_piece_of_name(&values[i], values[i].part);
	return n_pieces * (1 + ITEM_MAX_NAME_WORDS);
}

int item_of(const struct record *r, const struct item_access *access, struct text_tools *tools,
	struct arena *arena, struct store_item *ret, struct cf_error *err)
{
	struct parts p = {.arena = arena, .tools = tools, .copies = access->record_goes, .err = err};
	size_t n = record_n_values(r);
	const struct record_value *values = record_values(r);
	p.columns = arena_alloc(arena, at_most(access->n + n), sizeof *p.columns);
	p.terms = arena_alloc(arena, at_most(count_terms(values, n) + add_room(values, n)), sizeof *p.terms);
	if (!p.columns || !p.terms)
		return error_memory(err);
	for (size_t i = 0; i < access->n; i++)
		TRY(add_column(&p, access->columns[i].field, access->columns[i].value));
	for (size_t i = 0; i < n; i++)
		TRY(add_value(&p, &values[i]));
	TRY(add_pieced_names(&p, r));
	CF_CLEANUP(buffer_done) struct buffer payload = BUFFER_INIT;
	TRY(record_encode(r, &payload, err));
	void *bytes = arena_alloc(arena, payload.n, 1);
	if (!bytes)
		return error_memory(err);
	memcpy(bytes, payload.data, payload.n);
	*ret = (struct store_item){.entity = record_entity(r)->name,
		.id = item_store_id(record_id(r)),
		.columns = p.columns,
		.n_columns = p.n_columns,
		.terms = p.terms,
		.n_terms = p.n_terms,
		.payload = bytes,
		.n_payload = payload.n};
	set_owners(r, ret);
	return CF_OK;
}

int item_term(const struct schema_field *field, const char *text, struct text_tools *tools,
	struct arena *arena, struct store_term *ret, struct cf_error *err)
{
	struct parts p = {.arena = arena, .tools = tools, .err = err};
	struct store_term term = {.field = field->name};
	if (field->search == SCHEMA_SEARCH_NONE && !is_indexed_reference(field))
		return error_set(err, CF_E_USAGE, "%s.%s cannot be searched: it is sealed without an index",
			field->entity->name, field->name);
	if (field->search == SCHEMA_SEARCH_NAME) {
		char *words[ITEM_MAX_NAME_WORDS];
		int n = words_of(&p, text, strlen(text), words);
		if (n < 0)
			return n;
		if (n)
			TRY(join(&p, words, n, &term));
	} else if (*searched_part(field, text)) {
		const char *value = searched_part(field, text);
		term.n = strlen(value);
		term.data = arena_strndup(arena, value, term.n);
		if (!term.data)
			return error_memory(err);
	}
	*ret = term;
	return CF_OK;
}

int item_record(const struct store_record *from, struct record **ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	TRY(record_decode(from->payload, from->n_payload, &r, err));
	struct store_id id = item_store_id(record_id(r));
	if (!store_id_equal(&id, &from->id) || strcmp(record_entity(r)->name, from->entity) != 0)
		return error_set(err, CF_E_REFUSED,
			"a record's sealed content is of another record: the store was altered; run "
			"'counterfoil audit verify'");
	*ret = TAKE(r);
	return CF_OK;
}
