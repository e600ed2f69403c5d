/*
 * counterfoil fields: which kinds of record there are, and their fields.
 */
#include <string.h>

#include "base/json.h"
#include "cli/cli_store.h"
#include "model/schema.h"

static const struct cli_option options[] = {
	{"searchable", NULL, "only fields that 'counterfoil search' can look in"},
	{"json", NULL, "print JSON"},
};
static const struct cli_command command = {
	.name = "fields",
	.summary = "Lists the kinds of record, or the fields of one with their types, codes and names in "
		   "other standards.\n"
		   "docs/fields.md has all of it on one page.",
	.usage = "[ENTITY] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil fields person\n",
};

static int write_codes(const struct schema_field *f, struct buffer *out)
{
	enum { MOST = 40 };
	if (!f->codes || f->codes->n > MOST)
		return f->codes ? buffer_printf(out, "      one of the list %s\n", f->codes->name) : CF_OK;
	TRY(buffer_append_text(out, "      "));
	for (size_t i = 0; i < f->codes->n; i++)
		TRY(buffer_printf(out, "%s%s", i ? ", " : "", f->codes->codes[i].code));
	return buffer_append_char(out, '\n');
}

static int write_field(const struct schema_field *f, struct buffer *out)
{
	const struct schema_mapping *m = schema_field_mapping(f, SCHEMA_HTCDS, 0);
	TRY(buffer_printf(out, "  %-28s %-12s %-11s %s%s%s%s%s\n", f->name, schema_type_name(f->type),
		schema_sensitivity_name(f->sensitivity), schema_handling_name(f->handling),
		f->required ? ", required" : "", f->repeats ? ", may repeat" : "", m ? ", HTCDS " : "",
		m ? m->name : ""));
	TRY(buffer_printf(out, "      %s\n", f->help));
	return write_codes(f, out);
}

static void json_field(struct json *j, const struct schema_field *f)
{
	json_begin_object(j);
	json_key_text(j, "name", f->name);
	json_key_text(j, "label", f->label);
	json_key_text(j, "type", schema_type_name(f->type));
	json_key_text(j, "sensitivity", schema_sensitivity_name(f->sensitivity));
	json_key_text(j, "handling", schema_handling_name(f->handling));
	json_key_boolean(j, "required", f->required);
	json_key_boolean(j, "repeats", f->repeats);
	json_key_text(j, "codes", f->codes ? f->codes->name : NULL);
	json_key_boolean(j, "searchable", f->search != SCHEMA_SEARCH_NONE);
	json_end(j);
}

static int print_json(const struct schema_entity *only, bool searchable)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	size_t n;
	const struct schema_entity *e = schema_entities(&n);
	json_init(&j, &out, true);
	json_begin_object(&j);
	for (size_t i = 0; i < n; i++) {
		if (only && only != &e[i])
			continue;
		json_key(&j, e[i].name);
		json_begin_array(&j);
		for (size_t k = 0; k < e[i].n_fields; k++)
			if (!searchable || e[i].fields[k].search != SCHEMA_SEARCH_NONE)
				json_field(&j, &e[i].fields[k]);
		json_end(&j);
	}
	json_end(&j);
	return cli_print_json(&j, &out);
}

static int write_all(const struct schema_entity *only, bool searchable, struct buffer *out)
{
	size_t n;
	const struct schema_entity *e = schema_entities(&n);
	for (size_t i = 0; i < n; i++) {
		if (only && only != &e[i])
			continue;
		if (!only && !searchable) {
			TRY(buffer_printf(out, "%-14s %s\n", e[i].name, e[i].help));
			continue;
		}
		for (size_t k = 0; k < e[i].n_fields; k++) {
			const struct schema_field *f = &e[i].fields[k];
			if (searchable && f->search != SCHEMA_SEARCH_NONE)
				TRY(buffer_printf(out, "%s.%s\n", e[i].name, f->name));
			else if (!searchable)
				TRY(write_field(f, out));
		}
	}
	return CF_OK;
}

int cmd_fields(int argc, char **argv)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cli_walk w;
	const char *name;
	const char *value;
	const struct schema_entity *only = NULL;
	bool searchable = false;
	bool as_json = false;
	int got;
	cli_walk_init(&w, &command, argc, argv);
	while ((got = cli_walk_next(&w, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2 && only)
			return cli_usage("fields", "unexpected '%s'", value);
		if (got == 2 && !(only = schema_entity(value)))
			return cli_usage("fields", "there is no kind of record '%s'", value);
		if (got == 1 && strcmp(name, "json") == 0)
			as_json = true;
		else if (got == 1)
			searchable = true;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (as_json)
		return print_json(only, searchable);
	return write_all(only, searchable, &out) < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}
