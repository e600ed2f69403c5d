#include "work/casebook/form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[RECORD_N_STATES] = {
	"", "(unknown)", "(refused)", "(not asked)", "(not applicable)"};

/* ---- writing ---- */

static int write_lines(const char *text, struct buffer *out)
{
	TRY(buffer_append_text(out, " |\n"));
	for (const char *line = text;;) {
		size_t n = strcspn(line, "\n");
		TRY(buffer_append_text(out, "  "));
		TRY(buffer_append(out, line, n));
		TRY(buffer_append_char(out, '\n'));
		if (!line[n])
			return CF_OK;
		line += n + 1;
	}
}

static bool needs_lines(const char *text)
{
	size_t n = strlen(text);
	return strchr(text, '\n') ||
	       (n && (isspace((unsigned char)text[0]) || isspace((unsigned char)text[n - 1]))) ||
	       strcmp(text, "|") == 0 || strchr(text, '\r');
}

static int write_value(const struct record_value *v, struct buffer *out)
{
	TRY(buffer_append_text(out, v->field->name));
	if (v->part)
		TRY(buffer_printf(out, "#%u", v->part + 1u));
	if (v->handling != v->field->handling)
		TRY(buffer_printf(out, " @%s", schema_handling_name(v->handling)));
	if (v->source)
		TRY(buffer_printf(out, " [%s]", v->source));
	TRY(buffer_append_text(out, ":"));
	if (v->state != RECORD_KNOWN)
		return buffer_printf(out, " %s\n", states[v->state]);
	if (needs_lines(v->text))
		return write_lines(v->text, out);
	TRY(buffer_append_text(out, v->text[0] == '(' || v->text[0] == '\\' ? " \\" : " "));
	TRY(buffer_append(out, v->text, v->n));
	return buffer_append_char(out, '\n');
}

static int write_codes(const struct schema_field *f, struct buffer *out)
{
	enum { MOST = 12 };
	if (!f->codes || f->codes->n > MOST || f->type == SCHEMA_IDENTIFIER)
		return CF_OK;
	TRY(buffer_append_text(out, "#   "));
	for (size_t i = 0; i < f->codes->n; i++)
		TRY(buffer_printf(out, "%s%s", i ? ", " : "", f->codes->codes[i].code));
	return buffer_append_char(out, '\n');
}

static int write_field(
	const struct record *r, const struct schema_field *f, enum form_comments comments, struct buffer *out)
{
	size_t n;
	const struct record_value *v = record_get(r, f, &n);
	if (n == 0 && comments != FORM_ALL)
		return CF_OK;
	if (comments != FORM_PLAIN)
		TRY(buffer_printf(out, "\n# %s (%s%s%s). %s\n", f->label, schema_type_name(f->type),
			f->required ? ", required" : "", f->repeats ? ", may repeat" : "", f->help));
	if (comments == FORM_ALL)
		TRY(write_codes(f, out));
	if (n == 0)
		TRY(buffer_printf(out, "#%s:\n", f->name));
	for (size_t i = 0; i < n; i++)
		TRY(write_value(&v[i], out));
	return CF_OK;
}

int form_format(const struct record *r, enum form_comments comments, struct buffer *out, struct cf_error *err)
{
	const struct schema_entity *e = record_entity(r);
	for (size_t i = 0; i < e->n_fields; i++)
		TRY_MEMORY(write_field(r, &e->fields[i], comments, out), err);
	return CF_OK;
}

/* ---- reading ---- */

struct reader {
	const struct form_source *from;
	struct record *record;
	size_t at;
	uint64_t line;
	size_t n_faults;
	struct cf_error first;
};

/* What stands before the colon. */
struct label {
	const struct schema_field *field;
	uint16_t part;
	enum schema_handling handling;
	char source[RECORD_ID_TEXT + 1]; /* "" where none is named */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **s, size_t *n)
{
	while (*n && is_blank(**s)) {
		(*s)++;
		(*n)--;
	}
	while (*n && is_blank((*s)[*n - 1]))
		(*n)--;
}

static int parse_part(const char **s, size_t *n, uint16_t *ret, struct cf_error *err)
{
	unsigned value = 0;
	(*s)++;
	(*n)--;
	while (*n && isdigit((unsigned char)**s) && value <= RECORD_MAX_PART) {
		value = 10 * value + (unsigned)(**s - '0');
		(*s)++;
		(*n)--;
	}
	if (value < 1 || value > RECORD_MAX_PART + 1)
		return error_set(
			err, CF_E_INPUT, "behind # stands a number from 1 on: name#2 is the second name");
	*ret = (uint16_t)(value - 1);
	return CF_OK;
}

/* "@P5", or the id of a source in square brackets */
static int parse_mark(const char **s, size_t *n, struct label *ret, struct cf_error *err)
{
	size_t length = 0;
	while (length < *n && !is_blank((*s)[length]))
		length++;
	char code[3] = "";
	struct record_id id;
	bool good = false;
	if (length == 3 && **s == '@') {
		memcpy(code, *s + 1, 2);
		good = schema_handling_parse(code, &ret->handling);
	} else if (length == RECORD_ID_TEXT + 2 && **s == '[' && (*s)[length - 1] == ']') {
		memcpy(ret->source, *s + 1, RECORD_ID_TEXT);
		ret->source[RECORD_ID_TEXT] = '\0';
		good = record_id_parse(ret->source, &id);
	}
	if (!good)
		return error_set(err, CF_E_INPUT,
			"%s: before the colon may stand a handling code, @P0 to @P5, and the id of a source "
			"in "
			"brackets, []",
			ret->field->name);
	*s += length;
	*n -= length;
	return CF_OK;
}

/* "name", "name#2", "note @P5", "birth_date [ID]" */
static int parse_label(
	const struct schema_entity *entity, const char *s, size_t n, struct label *ret, struct cf_error *err)
{
	char name[64] = "";
	trim(&s, &n);
	size_t length = 0;
	while (length < n && (isalnum((unsigned char)s[length]) || s[length] == '_'))
		length++;
	if (length == 0 || length >= sizeof name)
		return error_set(err, CF_E_INPUT, "a line is 'field: value', or begins with #");
	memcpy(name, s, length);
	ret->field = schema_field(entity, name);
	if (!ret->field)
		return error_set(err, CF_E_INPUT, "%s has no field '%s'; 'counterfoil fields %s' lists them",
			entity->name, name, entity->name);
	ret->part = 0;
	ret->source[0] = '\0';
	ret->handling = ret->field->handling;
	s += length;
	n -= length;
	if (n && *s == '#')
		TRY(parse_part(&s, &n, &ret->part, err));
	for (trim(&s, &n); n; trim(&s, &n))
		TRY(parse_mark(&s, &n, ret, err));
	return CF_OK;
}

static bool parse_state(const char *s, size_t n, enum record_state *ret)
{
	for (int i = 1; i < RECORD_N_STATES; i++)
		if (strlen(states[i]) == n && memcmp(states[i], s, n) == 0) {
			*ret = (enum record_state)i;
			return true;
		}
	return false;
}

static bool is_known(const struct record *known, const struct schema_field *f, const char *s, size_t n)
{
	size_t n_values = 0;
	const struct record_value *v = known ? record_get(known, f, &n_values) : NULL;
	for (size_t i = 0; i < n_values; i++)
		if (v[i].state == RECORD_KNOWN && v[i].n == n && memcmp(v[i].text, s, n) == 0)
			return true;
	return false;
}

static int clean(const struct form_source *from, const struct schema_field *f, const char *s, size_t n,
	struct buffer *out, struct cf_error *err)
{
	if (is_known(from->known, f, s, n)) {
		TRY_MEMORY(buffer_append(out, s, n), err);
		return CF_OK;
	}
	int status = from->clean(from->context, f, s, n, out, err);
	return status < 0 ? error_prefix(err, status, "%s", f->name) : CF_OK;
}

static int add_text(const struct form_source *from, const struct label *l, const char *s, size_t n,
	struct record *r, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct record_value v = {.field = l->field,
		.part = l->part,
		.handling = l->handling,
		.source = l->source[0] ? l->source : NULL};
	if (parse_state(s, n, &v.state))
		return record_add_value(r, &v, err);
	if (n && *s == '(')
		return error_set(err, CF_E_INPUT,
			"%s: in brackets stand (unknown), (refused), (not asked) or (not applicable); a text "
			"that "
			"begins with a bracket is written \\(",
			l->field->name);
	if (n && *s == '\\') {
		s++;
		n--;
	}
	TRY(clean(from, l->field, s, n, &text, err));
	v.text = buffer_text(&text);
	v.n = text.n;
	return record_add_value(r, &v, err);
}

/* The next line, without its end; false at the end of the text. */
static bool next_line(struct reader *x, const char **ret, size_t *ret_n)
{
	if (x->at >= x->from->n)
		return false;
	const char *s = x->from->text + x->at;
	const char *end = memchr(s, '\n', x->from->n - x->at);
	size_t n = end ? (size_t)(end - s) : x->from->n - x->at;
	x->at += n + (end != NULL);
	x->line++;
	*ret = s;
	*ret_n = n;
	return true;
}

/* The indented lines that follow, without their two blanks. */
static int gather(struct reader *x, struct buffer *out)
{
	bool any = false;
	for (;;) {
		size_t at = x->at;
		uint64_t line = x->line;
		const char *s;
		size_t n;
		if (!next_line(x, &s, &n))
			return CF_OK;
		if (n < 2 || s[0] != ' ' || s[1] != ' ') {
			x->at = at;
			x->line = line;
			return CF_OK;
		}
		if (any)
			TRY(buffer_append_char(out, '\n'));
		TRY(buffer_append(out, s + 2, n - 2));
		any = true;
	}
}

static int read_value(struct reader *x, const char *s, size_t n, struct cf_error *err)
{
	struct label label = {0};
	const char *colon = memchr(s, ':', n);
	if (!colon)
		return error_set(err, CF_E_INPUT, "a line is 'field: value', or begins with #");
	TRY(parse_label(record_entity(x->record), s, (size_t)(colon - s), &label, err));
	n -= (size_t)(colon + 1 - s);
	s = colon + 1;
	trim(&s, &n);
	if (n == 0)
		return CF_OK; /* nothing is said */
	if (n == 1 && *s == '|') {
		CF_CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT;
		TRY_MEMORY(gather(x, &lines), err);
		CF_CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT;
		/* what stands in lines of its own needs no \, so it gets one here */
		TRY_MEMORY(buffer_append_char(&plain, '\\'), err);
		TRY_MEMORY(buffer_append(&plain, buffer_text(&lines), lines.n), err);
		return add_text(x->from, &label, buffer_text(&plain), plain.n, x->record, err);
	}
	return add_text(x->from, &label, s, n, x->record, err);
}

static int read_line(struct reader *x, const char *s, size_t n, struct cf_error *err)
{
	uint64_t line = x->line;
	struct cf_error fault = CF_ERROR_INIT;
	const char *body = s;
	size_t n_body = n;
	trim(&body, &n_body);
	if (n_body == 0 || *body == '#')
		return CF_OK;
	int status = read_value(x, s, n, &fault);
	if (status >= 0)
		return CF_OK;
	if (status != CF_E_INPUT && status != CF_E_USAGE && status != CF_E_LIMIT) {
		*err = fault;
		return status;
	}
	if (x->n_faults++ == 0)
		(void)error_set_at(&x->first, CF_E_INPUT, x->from->name, line, 0, "%s", fault.message);
	return CF_OK;
}

int form_parse(const struct form_source *from, const struct schema_entity *entity, const struct record_id *id,
	struct record **ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	size_t bad;
	if (!text_is_utf8(from->text, from->n, &bad))
		return error_set_at(
			err, CF_E_INPUT, from->name, 0, 0, "the text is not UTF-8 at byte %zu", bad + 1);
	TRY(record_new(entity, id, &r, err));
	struct reader x = {.from = from, .record = r};
	const char *s;
	size_t n;
	while (next_line(&x, &s, &n))
		TRY(read_line(&x, s, n, err));
	if (x.n_faults) {
		if (err)
			*err = x.first;
		if (x.n_faults > 1)
			return error_set(
				err, CF_E_INPUT, "%s (and %zu more)", x.first.message, x.n_faults - 1);
		return CF_E_INPUT;
	}
	*ret = TAKE(r);
	return CF_OK;
}

/* ---- name=value ---- */

/* Takes away what a part of a field had. */
static int remove_part(struct record *r, const struct label *l, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *old = NULL;
	TRY(record_copy(r, &old, err));
	size_t n;
	const struct record_value *v = record_get(old, l->field, &n);
	(void)record_remove(r, l->field);
	for (size_t i = 0; i < n; i++)
		if (l->field->part && v[i].part != l->part)
			TRY(record_add_value(r, &v[i], err));
	return CF_OK;
}

int form_set(const struct form_source *from, bool replace, struct record *r, struct cf_error *err)
{
	struct label label = {0};
	const char *equals = memchr(from->text, '=', from->n);
	if (!equals)
		return error_set(err, CF_E_USAGE, "--set takes field=value");
	int status = parse_label(record_entity(r), from->text, (size_t)(equals - from->text), &label, err);
	if (status < 0)
		return error_prefix(err, status, "--set");
	size_t n = from->n - (size_t)(equals + 1 - from->text);
	if (replace)
		TRY(remove_part(r, &label, err));
	return n ? add_text(from, &label, equals + 1, n, r, err) : CF_OK;
}
