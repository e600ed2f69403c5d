/* Our own JSON Lines; intake/import_native.c reads them. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "export/export.h"

enum { MAX_KEY = 160 };

/* FIELD, #PART, !HANDLING, @, ?: what is usual is left out. @ says that the source's id stands before the
 * text, so that there are few keys however many sources. */
static void format_key(const struct record_value *v, char key[MAX_KEY])
{
	char part[8] = "";
	char handling[8] = "";
	if (v->part)
		(void)snprintf(part, sizeof part, "#%d", v->part);
	if (v->handling != v->field->handling)
		(void)snprintf(handling, sizeof handling, "!%s", schema_handling_name(v->handling));
	(void)snprintf(key, MAX_KEY, "%s%s%s%s%s", v->field->name, part, handling, v->source ? "@" : "",
		v->state == RECORD_KNOWN ? "" : "?");
}

static int write_text(const struct record_value *v, struct json *j)
{
	const char *text = v->state == RECORD_KNOWN ? v->text : record_state_name(v->state);
	CF_CLEANUP(buffer_done) struct buffer with_source = BUFFER_INIT;
	if (!v->source) {
		json_text(j, text);
		return CF_OK;
	}
	TRY(buffer_printf(&with_source, "%s %s", v->source, text));
	json_text(j, with_source.data);
	return CF_OK;
}

/* Values of one key stand together, except where two handlings take turns: such a key comes when its first
 * value does, with all of them. */
static int write_values(const struct record *r, struct json *j)
{
	const struct record_value *values = record_values(r);
	size_t n = record_n_values(r);
	for (size_t i = 0; i < n; i++) {
		char key[MAX_KEY];
		char other[MAX_KEY];
		size_t same = 0;
		bool written = false;
		format_key(&values[i], key);
		/* values are sorted by field: only its own can share the key */
		size_t first = i;
		while (first && values[first - 1].field == values[i].field)
			first--;
		for (size_t k = first; k < n && values[k].field == values[i].field; k++) {
			format_key(&values[k], other);
			bool equal = strcmp(key, other) == 0;
			written |= equal && k < i;
			same += equal;
		}
		if (written)
			continue;
		json_key(j, key);
		if (same > 1)
			json_begin_array(j);
		for (size_t k = i; k < n && values[k].field == values[i].field; k++) {
			format_key(&values[k], other);
			if (strcmp(key, other) == 0)
				TRY(write_text(&values[k], j));
		}
		if (same > 1)
			json_end(j);
	}
	return CF_OK;
}

static int write_record(const struct record *r, struct buffer *line)
{
	struct json j;
	char id[RECORD_ID_TEXT + 1];
	record_id_format(record_id(r), id);
	json_init(&j, line, false);
	json_begin_object(&j);
	json_key_integer(&j, "counterfoil", 1);
	json_key_text(&j, "entity", record_entity(r)->name);
	json_key_text(&j, "id", id);
	TRY(write_values(r, &j));
	json_end(&j);
	TRY(json_finish(&j));
	return buffer_append_char(line, '\n');
}

int export_json_lines(const struct export_source *source, const struct export_output *output,
	struct export_counts *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer line = BUFFER_INIT;
	struct export_counts counts = {0};
	const struct record *const *records;
	size_t n;
	int status;
	while ((status = source->next(source->context, &records, &n, err)) > 0)
		for (size_t i = 0; i < n; i++) {
			buffer_clear(&line);
			TRY_MEMORY(write_record(records[i], &line), err);
			TRY(output->write(output->context, line.data, line.n, err));
			counts.n_records++;
			counts.n_rows++;
		}
	TRY(status);
	*ret = counts;
	return CF_OK;
}
