#include "work/casebook/values.h"

#include <string.h>

#include "base/mem.h"
#include "intake/clean.h"

struct values {
	struct clean_place place;
};

struct values *values_free(struct values *v)
{
	if (!v)
		return NULL;
	v->place.tools = text_tools_free(v->place.tools);
	return mem_free(v);
}

static int find_region(struct values *v, const char *country, struct cf_error *err)
{
	const struct schema_code *code = NULL;
	const struct schema_code_list *list = schema_code_list("iso.country");
	TRY(schema_code_match(list, v->place.tools, country, strlen(country), &code, err));
	v->place.region = code ? clean_phone_region(code->code) : NULL;
	return v->place.region
		       ? CF_OK
		       : error_set(err, CF_E_USAGE, "--country: no such country, or none with phones");
}

int values_new(const char *country, struct values **ret, struct cf_error *err)
{
	CF_CLEANUP_VALUES struct values *v = NEW(struct values);
	if (!v)
		return error_memory(err);
	TRY(text_tools_new(&v->place.tools, err));
	if (country)
		TRY(find_region(v, country, err));
	*ret = TAKE(v);
	return CF_OK;
}

/* ---- by type ---- */

/* "phone: +44 7911 123456" */
static int clean_kind_and_value(const struct values *v, const struct schema_field *f, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	const char *colon = memchr(s, ':', n);
	const struct schema_code *kind = NULL;
	if (colon)
		TRY(schema_code_match(f->codes, v->place.tools, s, (size_t)(colon - s), &kind, err));
	if (!kind) {
		*ret_reason = "write its kind before it, as in phone:+447911123456 ('counterfoil fields "
			      "identifier' names "
			      "the kinds)";
		return 0;
	}
	TRY_MEMORY(buffer_printf(out, "%s:", kind->code), err);
	return clean_identifier(
		&v->place, kind->code, colon + 1, n - (size_t)(colon + 1 - s), out, ret_reason, err);
}

static int clean_code(const struct values *v, const struct schema_field *f, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	const struct schema_code *code = NULL;
	TRY(schema_code_match(f->codes, v->place.tools, s, n, &code, err));
	if (!code) {
		*ret_reason = "is none of the codes of its list ('counterfoil fields' shows them)";
		return 0;
	}
	TRY_MEMORY(buffer_append_text(out, code->code), err);
	return 1;
}

static int clean_reference(
	const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	char text[RECORD_ID_TEXT + 1] = "";
	struct record_id id;
	if (n == RECORD_ID_TEXT)
		memcpy(text, s, n);
	if (!record_id_parse(text, &id)) {
		*ret_reason = "is no id: it has 26 characters, as 'counterfoil list' shows it";
		return 0;
	}
	TRY_MEMORY(buffer_append(out, s, n), err);
	return 1;
}

static int clean_by_type(const struct values *v, const struct schema_field *f, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	switch (f->type) {
	case SCHEMA_CODE:
	case SCHEMA_CODES:
	case SCHEMA_COUNTRY:
	case SCHEMA_LANGUAGE:
		return clean_code(v, f, s, n, out, ret_reason, err);
	case SCHEMA_DATE:
		return clean_date(DATE_ORDER_UNKNOWN, s, n, out, ret_reason, err);
	case SCHEMA_TIME:
		return clean_time(DATE_ORDER_UNKNOWN, s, n, out, ret_reason, err);
	case SCHEMA_INTEGER:
		return clean_integer(s, n, out, ret_reason, err);
	case SCHEMA_NUMBER:
		return clean_number(s, n, out, ret_reason, err);
	case SCHEMA_YES_NO:
		return clean_yes_no(s, n, out, ret_reason, err);
	case SCHEMA_IDENTIFIER:
		return clean_kind_and_value(v, f, s, n, out, ret_reason, err);
	case SCHEMA_REFERENCE:
		return clean_reference(s, n, out, ret_reason, err);
	default:
		return clean_text(v->place.tools, true, s, n, out, ret_reason, err);
	}
}

int values_clean(void *context, const struct schema_field *field, const char *text, size_t n,
	struct buffer *out, struct cf_error *err)
{
	const char *reason = "cannot be read";
	int status = clean_by_type(context, field, text, n, out, &reason, err);
	if (status == 0)
		return error_set(err, CF_E_INPUT, "%s", reason);
	return status < 0 ? status : CF_OK;
}

/* ---- conditions and searches ---- */

static const char *state_column(const char *text)
{
	static const char *const states[][2] = {{"(unknown)", "~unknown"}, {"(refused)", "~refused"},
		{"(not asked)", "~not_asked"}, {"(not applicable)", "~not_applicable"}};
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(text, states[i][0]) == 0)
			return states[i][1];
	return NULL;
}

int values_parse_condition(const struct schema_entity *entity, const char *text,
	const struct schema_field **ret_field, struct buffer *ret_value, struct cf_error *err)
{
	CF_CLEANUP_VALUES struct values *v = NULL;
	char name[64] = "";
	const char *equals = strchr(text, '=');
	if (!equals || (size_t)(equals - text) >= sizeof name)
		return error_set(err, CF_E_USAGE, "a condition is FIELD=VALUE");
	memcpy(name, text, (size_t)(equals - text));
	const struct schema_field *f = schema_field(entity, name);
	if (!f)
		return error_set(err, CF_E_USAGE, "%s has no field '%s'", entity->name, name);
	if (f->sensitivity > SCHEMA_CODED || f->type == SCHEMA_REFERENCE)
		return error_set(err, CF_E_USAGE,
			"%s.%s is sealed; 'counterfoil search' finds it by its whole value", entity->name,
			name);
	*ret_field = f;
	const char *state = state_column(equals + 1);
	if (state)
		return buffer_append_text(ret_value, state) < 0 ? error_memory(err) : CF_OK;
	TRY(values_new(NULL, &v, err));
	int status = values_clean(v, f, equals + 1, strlen(equals + 1), ret_value, err);
	return status < 0 ? error_prefix(err, status, "%s", name) : CF_OK;
}

/* Without a kind: the first kind whose rules the value keeps. */
static int guess_identifier(
	const struct values *v, const char *text, struct buffer *out, struct cf_error *err)
{
	static const char *const kinds[] = {"phone", "email", "iban", "vessel_imo", "website", "passport"};
	size_t n = strlen(text);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *reason;
		if (strcmp(kinds[i], "website") == 0 && !strstr(text, "://"))
			continue;
		buffer_clear(out);
		int status = clean_identifier(&v->place, kinds[i], text, n, out, &reason, err);
		if (status)
			return status < 0 ? status : CF_OK;
	}
	return error_set(err, CF_E_INPUT,
		"say what it is, as in phone:+447911123456 ('counterfoil fields identifier' names the "
		"kinds)");
}

int values_for_search(
	const struct schema_field *field, const char *text, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_VALUES struct values *v = NULL;
	TRY(values_new(NULL, &v, err));
	size_t n = strcspn(text, ":");
	const struct schema_code *kind = NULL;
	if (field->type == SCHEMA_IDENTIFIER && text[n])
		TRY(schema_code_match(field->codes, v->place.tools, text, n, &kind, err));
	if (field->type == SCHEMA_IDENTIFIER && !kind)
		return guess_identifier(v, text, out, err);
	return values_clean(v, field, text, strlen(text), out, err);
}
