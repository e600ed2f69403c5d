/*
 * Mapping files. A line of [columns] is "TARGET words = Column name": the column stands on the right, so that
 * it may hold any character. The words say what the target alone does not:
 *   dmy mdy ymd      order of the column's dates
 *   is CODE          yes in the column means this code
 *   kind CODE        kind of an identifier
 *   as htcds|ctdc    whose words the column uses
 *   codes NAME       the section that translates its words
 *   split MARK       semicolon, comma, slash, bar, line, none
 */
#include <stdio.h>
#include <string.h>

#include "intake/clean.h"
#include "intake/mapping.h"

enum { MAX_WORD = 100 };

static const struct {
	const char *name;
	char mark;
} splits[] = {
	{"semicolon", ';'}, {"comma", ','}, {"slash", '/'}, {"bar", '|'}, {"line", '\r'}, {"none", '\n'}};

static const char *const orders[] = {
	[DATE_ORDER_UNKNOWN] = "", [DATE_YMD] = "ymd", [DATE_DMY] = "dmy", [DATE_MDY] = "mdy"};

static enum date_order parse_order(const char *word)
{
	for (int i = DATE_YMD; i <= DATE_MDY; i++)
		if (strcmp(orders[i], word) == 0)
			return (enum date_order)i;
	return DATE_ORDER_UNKNOWN;
}

/* ---- reading ---- */

struct reading {
	const struct ini *ini;
	const struct ini_entry *entry;
	struct mapping *mapping;
	struct cf_error *err;
};

static int fault(struct reading *r, const char *what)
{
	return ini_error(r->ini, r->entry, r->err, "%s", what);
}

/* The next blank-separated word of *at into word; false at the end. */
static bool next_word(const char **at, char word[MAX_WORD])
{
	*at += strspn(*at, " \t");
	size_t n = strcspn(*at, " \t");
	if (!n)
		return false;
	(void)snprintf(word, MAX_WORD, "%.*s", (int)n, *at);
	*at += n;
	return true;
}

static int code_word(
	struct reading *r, const struct schema_field *field, const char *word, const struct schema_code **ret)
{
	*ret = field && field->codes ? schema_code(field->codes, word) : NULL;
	return *ret ? CF_OK : fault(r, "the field's list has no such code; docs/fields.md has them all");
}

static int take_argument(struct reading *r, const char *word, const char *argument, struct mapping_column *c)
{
	if (strcmp(word, "is") == 0)
		return code_word(r, c->field, argument, &c->code);
	if (strcmp(word, "kind") == 0) {
		if (!c->field || c->field->type != SCHEMA_IDENTIFIER)
			return fault(r, "'kind' is for identifiers alone");
		return code_word(r, c->field, argument, &c->identifier_kind);
	}
	if (strcmp(word, "as") == 0) {
		c->standard = strcmp(argument, "htcds") == 0  ? SCHEMA_HTCDS
			      : strcmp(argument, "ctdc") == 0 ? SCHEMA_CTDC
							      : -1;
		return c->standard < 0 ? fault(r, "'as' is followed by htcds or ctdc") : CF_OK;
	}
	if (strcmp(word, "codes") == 0) {
		if (!c->field)
			return fault(r, "'codes' is for fields alone");
		struct mapping_words *words = NULL;
		TRY(mapping_add_words(r->mapping, argument, &words, r->err));
		c->words = words;
		return CF_OK;
	}
	if (strcmp(word, "split") == 0) {
		for (size_t i = 0; i < sizeof splits / sizeof *splits; i++)
			if (strcmp(splits[i].name, argument) == 0)
				c->split = splits[i].mark;
		return c->split
			       ? CF_OK
			       : fault(r,
					 "'split' is followed by semicolon, comma, slash, bar, line or none");
	}
	return fault(r, "behind the field stand: dmy, mdy, ymd, is CODE, kind CODE, as htcds, as ctdc, codes "
			"NAME, split MARK");
}

static int take_words(struct reading *r, const char *at, struct mapping_column *c)
{
	char word[MAX_WORD];
	char argument[MAX_WORD];
	while (next_word(&at, word)) {
		enum date_order order = parse_order(word);
		if (order) {
			c->order = order;
			c->order_is_stated = true;
			continue;
		}
		if (!next_word(&at, argument))
			argument[0] = '\0';
		TRY(take_argument(r, word, argument, c));
	}
	return CF_OK;
}

/* Whether another column gives the same single value already. */
static bool is_taken(const struct mapping *m, const struct mapping_column *c)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct mapping_column *other = &m->columns[i];
		bool same = other->kind == c->kind && other->instance == c->instance &&
			    other->field == c->field && other->part == c->part;
		if (same && (c->kind != MAPPING_FIELD || !c->field->repeats))
			return true;
	}
	return false;
}

static int take_column(struct reading *r)
{
	struct mapping_target t;
	const char *reason;
	size_t n = strcspn(r->entry->key, " \t");
	if (mapping_find(r->mapping, r->entry->value))
		return fault(r, "the column is stated already; leave one");
	if (!mapping_parse_target(r->entry->key, n, &t, &reason))
		return fault(r, reason);
	struct mapping_column c = {
		.kind = t.kind, .field = t.field, .part = t.part, .standard = -1, .how = "stated"};
	TRY(mapping_instance_of(r->mapping, t.entity, t.label, &c.instance, r->err));
	TRY(take_words(r, r->entry->key + n, &c));
	if (is_taken(r->mapping, &c))
		return fault(r,
			"the field holds one value and another column gives it; leave one, or tell records "
			"apart with @");
	return mapping_add_column(r->mapping, r->entry->value, &c, r->err);
}

static int take_source(struct reading *r)
{
	struct mapping *m = r->mapping;
	const char *key = r->entry->key;
	const char *value = r->entry->value;
	if (strcmp(key, "name") == 0) {
		char *copy = mem_strdup(value);
		if (!copy)
			return error_memory(r->err);
		mem_free(m->source);
		m->source = copy;
		return value[0] && !strchr(value, '/') ? CF_OK : fault(r, "a source has a name without '/'");
	}
	if (strcmp(key, "id") == 0) {
		char **grown =
			mem_grow(m->id_columns, m->n_id_columns, &m->id_columns_capacity, sizeof *grown);
		char *copy = grown ? mem_strdup(value) : NULL;
		if (grown)
			m->id_columns = grown;
		if (!copy)
			return error_memory(r->err);
		m->id_columns[m->n_id_columns++] = copy;
		return CF_OK;
	}
	if (strcmp(key, "dates") == 0) {
		m->order = parse_order(value);
		return m->order ? CF_OK : fault(r, "dates are dmy, mdy or ymd");
	}
	if (strcmp(key, "country") == 0) {
		m->region = clean_phone_region(value);
		return m->region ? CF_OK : fault(r, "no country has that code; write AU or AUS");
	}
	return fault(r, "[source] has name, id, dates and country");
}

static int take_constant(struct reading *r)
{
	struct mapping_target t;
	const char *reason;
	uint16_t instance;
	if (!mapping_parse_target(r->entry->key, strlen(r->entry->key), &t, &reason))
		return fault(r, reason);
	if (t.kind != MAPPING_FIELD)
		return fault(r, "a constant is a value of a field");
	if (!record_text_is_canonical(t.field, r->entry->value, strlen(r->entry->value), &reason))
		return ini_error(r->ini, r->entry, r->err, "the value %s", reason);
	TRY(mapping_instance_of(r->mapping, t.entity, t.label, &instance, r->err));
	return mapping_add_constant(r->mapping, instance, t.field, t.part, r->entry->value, r->err);
}

/* "identifier@office.used_by = organisation" */
static int take_link(struct reading *r)
{
	struct mapping_target t;
	struct mapping_target to;
	const char *reason;
	char target[MAX_WORD];
	uint16_t instance;
	uint16_t other;
	if (!mapping_parse_target(r->entry->key, strlen(r->entry->key), &t, &reason))
		return fault(r, reason);
	if (t.kind != MAPPING_FIELD || t.field->type != SCHEMA_REFERENCE)
		return fault(r, "a link is a field that refers to another record");
	(void)snprintf(target, sizeof target, "%.90s.id", r->entry->value);
	if (!mapping_parse_target(target, strlen(target), &to, &reason))
		return fault(
			r, "a link leads to a record of the row, such as person or organisation@employer");
	bool fits = false;
	for (size_t i = 0; i < t.field->n_targets; i++)
		fits |= t.field->targets[i] == to.entity;
	if (!fits)
		return fault(r, "the field cannot refer to records of that kind");
	TRY(mapping_instance_of(r->mapping, t.entity, t.label, &instance, r->err));
	TRY(mapping_instance_of(r->mapping, to.entity, to.label, &other, r->err));
	return mapping_add_link(r->mapping, instance, t.field, other, r->err);
}

static int take_code(struct reading *r, const char *name)
{
	struct mapping_words *words = NULL;
	enum record_state state = RECORD_KNOWN;
	TRY(mapping_add_words(r->mapping, name, &words, r->err));
	const char *code = NULL;
	if (!record_state_parse(r->entry->key, &state) || state == RECORD_KNOWN) {
		/* one of some field's list: which it is shows where the section is used */
		for (size_t i = 0; i < r->mapping->n_columns && !code; i++) {
			const struct mapping_column *c = &r->mapping->columns[i];
			const struct schema_code *found =
				c->words == words && c->field->codes
					? schema_code(c->field->codes, r->entry->key)
					: NULL;
			code = found ? found->code : NULL;
			if (c->words == words && c->field->type == SCHEMA_YES_NO)
				code = strcmp(r->entry->key, "yes") == 0  ? "yes"
				       : strcmp(r->entry->key, "no") == 0 ? "no"
									  : NULL;
		}
		if (!code)
			return fault(r,
				"no column above that uses this section has such a code; a line is CODE = "
				"word of the file, and stands behind [columns]");
		state = RECORD_KNOWN;
	}
	return mapping_add_word(words, r->entry->value, code, state, r->err);
}

static int take_entry(struct reading *r)
{
	static const struct mapping_column ignored = {
		.kind = MAPPING_IGNORED, .standard = -1, .instance = MAPPING_NO_INSTANCE, .how = "stated"};
	const char *section = r->entry->section;
	if (!r->entry->value[0])
		return fault(r, "there is nothing behind the =");
	if (strcmp(section, "columns") == 0)
		return take_column(r);
	if (strcmp(section, "source") == 0)
		return take_source(r);
	if (strcmp(section, "constants") == 0)
		return take_constant(r);
	if (strcmp(section, "links") == 0)
		return take_link(r);
	if (strncmp(section, "codes ", 6) == 0 && section[6] && !strpbrk(section + 6, " \t"))
		return take_code(r, section + 6);
	if (strcmp(section, "ignore") == 0) {
		if (strcmp(r->entry->key, "column") != 0 || mapping_find(r->mapping, r->entry->value))
			return fault(
				r, "a line of [ignore] is 'column = Name', of a column that is not stated");
		return mapping_add_column(r->mapping, r->entry->value, &ignored, r->err);
	}
	return fault(
		r, "the sections are [source], [columns], [ignore], [constants], [links] and [codes NAME]");
}

int mapping_parse(const struct ini *ini, struct mapping **ret, struct cf_error *err)
{
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	TRY(mapping_new(NULL, &m, err));
	struct reading r = {.ini = ini, .mapping = m, .err = err};
	for (size_t i = 0; i < ini_n(ini); i++) {
		r.entry = ini_at(ini, i);
		if (m->n_columns == MAPPING_MAX_COLUMNS)
			return fault(&r, "more columns than a file can have");
		TRY(take_entry(&r));
	}
	if (!m->n_columns)
		return error_set(err, CF_E_INPUT,
			"%s: no column is mapped; write lines such as 'person.name_given = First name' below "
			"[columns]",
			ini_name(ini));
	*ret = TAKE(m);
	return CF_OK;
}

/* ---- writing ---- */

static int write_instance(const struct mapping *m, uint16_t instance, struct buffer *out)
{
	const struct mapping_instance *i = &m->instances[instance];
	return buffer_printf(out, "%s%s%s", i->entity->name, i->label[0] ? "@" : "", i->label);
}

static int write_target(const struct mapping *m, const struct mapping_column *c, struct buffer *out)
{
	TRY(write_instance(m, c->instance, out));
	if (c->kind == MAPPING_ID)
		return buffer_append_text(out, ".id");
	TRY(buffer_printf(out, ".%s", c->field->name));
	if (c->part)
		TRY(buffer_printf(out, "#%d", c->part));
	if (c->kind == MAPPING_STATE)
		TRY(buffer_append_char(out, '?'));
	if (c->order_is_stated)
		TRY(buffer_printf(out, " %s", orders[c->order]));
	if (c->code)
		TRY(buffer_printf(out, " is %s", c->code->code));
	if (c->identifier_kind)
		TRY(buffer_printf(out, " kind %s", c->identifier_kind->code));
	if (c->standard >= 0)
		TRY(buffer_printf(out, " as %s", c->standard == SCHEMA_HTCDS ? "htcds" : "ctdc"));
	if (c->words)
		TRY(buffer_printf(out, " codes %s", c->words->name));
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++)
		if (c->split == splits[i].mark)
			TRY(buffer_printf(out, " split %s", splits[i].name));
	return CF_OK;
}

static int write_line(struct buffer *out, const char *key, const char *value, struct cf_error *err)
{
	int status = ini_write(out, key, value);
	if (status == CF_E_INPUT)
		return error_set(err, status,
			"a column's name cannot be written in a mapping file (line breaks, blanks at its "
			"ends, ';' "
			"behind a blank); rename it");
	return status < 0 ? error_memory(err) : CF_OK;
}

static int write_source(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(ini_write_section(out, "source"), err);
	TRY(write_line(out, "name", m->source, err));
	for (size_t i = 0; i < m->n_id_columns; i++)
		TRY(write_line(out, "id", m->id_columns[i], err));
	if (m->order)
		TRY(write_line(out, "dates", orders[m->order], err));
	if (m->region)
		TRY(write_line(out, "country", m->region->alpha_2, err));
	return CF_OK;
}

static int write_columns(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(ini_write_section(out, "columns"), err);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct mapping_column *c = &m->columns[i];
		CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
		if (c->kind > MAPPING_ID)
			continue;
		TRY_MEMORY(write_target(m, c, &key), err);
		if (strcmp(c->how, "stated") != 0)
			TRY_MEMORY(ini_write_comment(out, c->how), err);
		TRY(write_line(out, buffer_text(&key), c->name, err));
	}
	return CF_OK;
}

static int write_ignored(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	bool any = false;
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct mapping_column *c = &m->columns[i];
		if (c->kind <= MAPPING_ID)
			continue;
		if (!any)
			TRY_MEMORY(ini_write_section(out, "ignore"), err);
		any = true;
		if (c->kind == MAPPING_UNUSED)
			TRY_MEMORY(ini_write_comment(
					   out, "not recognised: move it to [columns] if it is to be kept"),
				err);
		TRY(write_line(out, "column", c->name, err));
	}
	return CF_OK;
}

static int write_constants(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	if (m->n_constants)
		TRY_MEMORY(ini_write_section(out, "constants"), err);
	for (size_t i = 0; i < m->n_constants; i++) {
		const struct mapping_constant *k = &m->constants[i];
		const struct mapping_column c = {.kind = MAPPING_FIELD,
			.instance = k->instance,
			.field = k->field,
			.part = k->part,
			.standard = -1};
		CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
		TRY_MEMORY(write_target(m, &c, &key), err);
		TRY(write_line(out, buffer_text(&key), k->text, err));
	}
	return CF_OK;
}

static int write_links(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	if (m->n_links)
		TRY_MEMORY(ini_write_section(out, "links"), err);
	for (size_t i = 0; i < m->n_links; i++) {
		CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer target = BUFFER_INIT;
		TRY_MEMORY(write_instance(m, m->links[i].instance, &key), err);
		TRY_MEMORY(buffer_printf(&key, ".%s", m->links[i].field->name), err);
		TRY_MEMORY(write_instance(m, m->links[i].target, &target), err);
		TRY(write_line(out, buffer_text(&key), buffer_text(&target), err));
	}
	return CF_OK;
}

int mapping_write(const struct mapping *m, struct buffer *out, struct cf_error *err)
{
	TRY(write_source(m, out, err));
	TRY(write_columns(m, out, err));
	TRY(write_ignored(m, out, err));
	TRY(write_constants(m, out, err));
	TRY(write_links(m, out, err));
	for (size_t i = 0; i < m->n_words; i++) {
		char section[MAX_WORD + 8];
		if (!m->words[i]->n)
			continue;
		(void)snprintf(section, sizeof section, "codes %.90s", m->words[i]->name);
		TRY_MEMORY(ini_write_section(out, section), err);
		for (size_t k = 0; k < m->words[i]->n; k++) {
			const struct mapping_word *w = &m->words[i]->words[k];
			TRY(write_line(out, w->code ? w->code : record_state_name(w->state), w->word, err));
		}
	}
	return CF_OK;
}
