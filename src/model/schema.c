#include "model/schema.h"

#include <string.h>

#include "model/schema_tables.h"

/* The place of name among n items in byte order, or -1; name_at gives the name of the i-th. */
static ptrdiff_t find_name(size_t n, const char *(*name_at)(const void *context, size_t i),
	const void *context, const char *name)
{
	size_t low = 0;
	size_t high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name_at(context, middle), name);
		if (order == 0)
			return (ptrdiff_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

const struct schema_entity *schema_entities(size_t *ret_n)
{
	*ret_n = schema_tables_n_entities;
	return schema_tables_entities;
}

static const char *entity_name_at(const void *context, size_t i)
{
	(void)context;
	return schema_tables_entities[schema_tables_entities_by_name[i]].name;
}

const struct schema_entity *schema_entity(const char *name)
{
	ptrdiff_t i = find_name(schema_tables_n_entities, entity_name_at, NULL, name);
	return i < 0 ? NULL : &schema_tables_entities[schema_tables_entities_by_name[i]];
}

const struct schema_entity *schema_entity_by_number(uint16_t number)
{
	for (size_t i = 0; i < schema_tables_n_entities; i++)
		if (schema_tables_entities[i].number == number)
			return &schema_tables_entities[i];
	return NULL;
}

static const char *field_name_at(const void *context, size_t i)
{
	const struct schema_entity *entity = context;
	return entity->fields[schema_tables_orders[entity->index].by_name[i]].name;
}

const struct schema_field *schema_field(const struct schema_entity *entity, const char *name)
{
	ptrdiff_t i = find_name(entity->n_fields, field_name_at, entity, name);
	return i < 0 ? NULL : &entity->fields[schema_tables_orders[entity->index].by_name[i]];
}

const struct schema_field *schema_field_by_number(const struct schema_entity *entity, uint16_t number)
{
	const uint16_t *order = schema_tables_orders[entity->index].by_number;
	size_t low = 0;
	size_t high = entity->n_fields;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct schema_field *field = &entity->fields[order[middle]];
		if (field->number == number)
			return field;
		if (field->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct schema_field *schema_field_by_path(const char *path)
{
	const char *dot = strchr(path, '.');
	if (!dot)
		return NULL;
	size_t n = (size_t)(dot - path);
	for (size_t i = 0; i < schema_tables_n_entities; i++) {
		const struct schema_entity *entity = &schema_tables_entities[i];
		if (strncmp(entity->name, path, n) == 0 && entity->name[n] == '\0')
			return schema_field(entity, dot + 1);
	}
	return NULL;
}

const struct schema_code_list *schema_code_lists(size_t *ret_n)
{
	*ret_n = schema_tables_n_lists;
	return schema_tables_lists;
}

static const char *list_name_at(const void *context, size_t i)
{
	(void)context;
	return schema_tables_lists[i].name;
}

const struct schema_code_list *schema_code_list(const char *name)
{
	ptrdiff_t i = find_name(schema_tables_n_lists, list_name_at, NULL, name);
	return i < 0 ? NULL : &schema_tables_lists[i];
}

const struct schema_code *schema_code(const struct schema_code_list *list, const char *code)
{
	return schema_code_n(list, code, strlen(code));
}

const struct schema_code *schema_code_n(const struct schema_code_list *list, const char *code, size_t n)
{
	size_t low = 0;
	/* no code holds a NUL, behind which a comparison would end before n */
	size_t high = strnlen(code, n) == n ? list->n : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct schema_code *found = &list->codes[list->by_code[middle]];
		int order = strncmp(found->code, code, n);
		if (order == 0 && found->code[n] == '\0')
			return found;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct schema_code *schema_code_from(
	const struct schema_code_list *list, enum schema_standard standard, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct schema_code *code = &list->codes[i];
		const char *there = code->standard[standard];
		if (there && strcmp(there, name) == 0 && !(code->written_only & 1U << standard))
			return code;
	}
	return NULL;
}

static const char *spelling_at(const void *context, size_t i)
{
	const struct schema_code_list *list = context;
	return list->spellings[i].key;
}

static void drop_spaces(struct buffer *text)
{
	size_t to = 0;
	for (size_t i = 0; i < text->n; i++)
		if (text->data[i] != ' ')
			text->data[to++] = text->data[i];
	if (text->data)
		text->data[to] = '\0';
	text->n = to;
}

int schema_code_match(const struct schema_code_list *list, struct text_tools *tools, const char *text,
	size_t n, const struct schema_code **ret, struct cf_error *err)
{
	const struct schema_code *exact = schema_code_n(list, text, n);
	if (exact) {
		*ret = exact;
		return CF_OK;
	}
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(text_key(tools, text, n, &key, err));
	drop_spaces(&key);
	ptrdiff_t i = key.n ? find_name(list->n_spellings, spelling_at, list, buffer_text(&key)) : -1;
	*ret = i < 0 ? NULL : &list->codes[list->spellings[i].index];
	return CF_OK;
}

const struct schema_mapping *schema_mappings(size_t *ret_n)
{
	*ret_n = schema_tables_n_mappings;
	return schema_tables_mappings;
}

static int compare_mapping(const struct schema_mapping *m, enum schema_standard standard, const char *name)
{
	if (m->standard != standard)
		return m->standard < standard ? -1 : 1;
	return strcmp(m->name, name);
}

const struct schema_mapping *schema_mapping(enum schema_standard standard, const char *name, size_t *ret_n)
{
	size_t low = 0;
	size_t high = schema_tables_n_mappings;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_mapping(&schema_tables_mappings[middle], standard, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < schema_tables_n_mappings &&
		compare_mapping(&schema_tables_mappings[end], standard, name) == 0)
		end++;
	*ret_n = end - low;
	return end > low ? &schema_tables_mappings[low] : NULL;
}

const struct schema_mapping *schema_field_mapping(
	const struct schema_field *field, enum schema_standard standard, size_t i)
{
	for (size_t m = 0; m < schema_tables_n_mappings; m++) {
		const struct schema_mapping *mapping = &schema_tables_mappings[m];
		if (mapping->standard == standard && mapping->field == field && i-- == 0)
			return mapping;
	}
	return NULL;
}

bool schema_mapping_covers(const struct schema_mapping *mapping, const struct schema_code *code)
{
	if (!mapping->code)
		return false;
	const char *column = mapping->code->standard[mapping->standard];
	const char *other = code->standard[mapping->standard];
	return column && other && strcmp(column, other) == 0;
}

const struct schema_unmapped *schema_unmapped(size_t *ret_n)
{
	*ret_n = schema_tables_n_unmapped;
	return schema_tables_unmapped;
}

const char *schema_type_name(enum schema_type type)
{
	static const char *const names[SCHEMA_N_TYPES] = {"text", "code", "set of codes", "fuzzy date",
		"moment", "integer", "number", "yes or no", "country", "language", "identifier", "reference"};
	return (unsigned)type < SCHEMA_N_TYPES ? names[type] : "?";
}

const char *schema_sensitivity_name(enum schema_sensitivity sensitivity)
{
	static const char *const names[SCHEMA_N_SENSITIVITIES] = {
		"open", "coded", "identifying", "protected"};
	return (unsigned)sensitivity < SCHEMA_N_SENSITIVITIES ? names[sensitivity] : "?";
}

const char *schema_handling_name(enum schema_handling handling)
{
	static const char *const names[SCHEMA_N_HANDLINGS] = {"P0", "P1", "P2", "P3", "P4", "P5"};
	return (unsigned)handling < SCHEMA_N_HANDLINGS ? names[handling] : "?";
}

const char *schema_standard_name(enum schema_standard standard)
{
	static const char *const names[SCHEMA_N_STANDARDS] = {"HTCDS", "CTDC", "FollowTheMoney", "IC-TIP"};
	return (unsigned)standard < SCHEMA_N_STANDARDS ? names[standard] : "?";
}

const char *schema_status_name(enum schema_status status)
{
	static const char *const names[SCHEMA_N_STATUSES] = {"sourced", "proposed", "from-memory"};
	return (unsigned)status < SCHEMA_N_STATUSES ? names[status] : "?";
}

bool schema_handling_parse(const char *text, enum schema_handling *ret)
{
	if (text[0] != 'P' || text[1] < '0' || text[1] > '5' || text[2] != '\0')
		return false;
	*ret = (enum schema_handling)(text[1] - '0');
	return true;
}
