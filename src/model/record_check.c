/* What the schema says about values, and whether a record keeps to it. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/dates.h"
#include "model/record.h"
#include "model/record_parts.h"

/* ---- one text */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits of a whole number at the front of s[0..n), 0 when there is none or it begins with a needless zero.
 */
static size_t whole_length(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && is_digit(s[i]))
		i++;
	return i > 1 && s[0] == '0' ? 0 : i;
}

/* At most 18 digits: exact in 64 bits. */
static bool parse_integer(const char *s, size_t n, double *ret)
{
	size_t sign = n && s[0] == '-';
	size_t length = whole_length(s + sign, n - sign);
	if (!length || length > 18 || sign + length != n || (sign && s[1] == '0'))
		return false;
	int64_t value = 0;
	for (size_t i = sign; i < n; i++)
		value = value * 10 + (s[i] - '0');
	*ret = (double)(sign ? -value : value);
	return true;
}

/* At most 15 digits: exact enough to compare in a double. Needs no locale, unlike strtod. */
static bool parse_number(const char *s, size_t n, double *ret)
{
	size_t sign = n && s[0] == '-';
	size_t whole = whole_length(s + sign, n - sign);
	size_t at = sign + whole;
	if (!whole)
		return false;
	size_t fraction = 0;
	if (at < n) {
		if (s[at] != '.')
			return false;
		at++;
		while (at + fraction < n && is_digit(s[at + fraction]))
			fraction++;
		if (!fraction || at + fraction != n || s[n - 1] == '0')
			return false;
	}
	if (whole + fraction > 15 || (sign && n == 2 && s[1] == '0'))
		return false;
	double value = 0;
	for (size_t i = sign; i < n; i++)
		if (s[i] != '.')
			value = value * 10 + (s[i] - '0');
	value /= pow(10, (double)fraction);
	*ret = sign ? -value : value;
	return true;
}

static const char *check_range(const struct schema_field *field, double value)
{
	if (value < field->minimum || value > field->maximum)
		return "is outside what the field may hold; docs/fields.md has the limits";
	return NULL;
}

static const char *check_integer(const struct schema_field *field, const char *s, size_t n)
{
	double value;
	if (!parse_integer(s, n, &value))
		return "is no whole number of at most 18 digits, such as 12 or -3";
	return check_range(field, value);
}

static const char *check_number(const struct schema_field *field, const char *s, size_t n)
{
	double value;
	if (!parse_number(s, n, &value))
		return "is no decimal number of at most 15 digits in its shortest form, such as 12.5";
	return check_range(field, value);
}

static const char *check_plain(const struct schema_field *field, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			return "holds control characters; leave them out";
	}
	if (s[0] == ' ' || s[n - 1] == ' ' || s[0] == '\n' || s[n - 1] == '\n' || s[0] == '\t' ||
		s[n - 1] == '\t')
		return "begins or ends with white space; leave it out";
	if (!field->hex_digits)
		return NULL;
	if (n != field->hex_digits)
		return "has another number of hexadecimal digits than the field needs";
	for (size_t i = 0; i < n; i++)
		if (!is_digit(s[i]) && (s[i] < 'a' || s[i] > 'f'))
			return "is not all hexadecimal digits in lower case";
	return NULL;
}

static const char *check_date(const char *s, size_t n)
{
	struct fuzzy_date date;
	if (!dates_parse_canonical(s, n, &date))
		return "is no date in its stored form, such as 1990-05-17, 1990-05, about 1990 or 1988..1990";
	return NULL;
}

static const char *check_identifier(const struct schema_field *field, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	if (!colon || !schema_code_n(field->codes, s, (size_t)(colon - s)))
		return "does not begin with a kind of identifier and a colon, such as phone:";
	size_t n_value = n - (size_t)(colon + 1 - s);
	if (!n_value)
		return "has nothing behind the kind of identifier";
	return check_plain(field, colon + 1, n_value);
}

static const char *check_typed(const struct schema_field *field, const char *s, size_t n)
{
	struct record_id id;
	switch (field->type) {
	case SCHEMA_TEXT:
		return check_plain(field, s, n);
	case SCHEMA_CODE:
	case SCHEMA_CODES:
	case SCHEMA_COUNTRY:
	case SCHEMA_LANGUAGE:
		return schema_code_n(field->codes, s, n)
			       ? NULL
			       : "is no code of the field's list; docs/fields.md has it";
	case SCHEMA_DATE:
		return check_date(s, n);
	case SCHEMA_TIME:
		return dates_is_moment(s, n)
			       ? NULL
			       : "is no moment in its stored form, such as 2026-02-01T08:30:00Z";
	case SCHEMA_INTEGER:
		return check_integer(field, s, n);
	case SCHEMA_NUMBER:
		return check_number(field, s, n);
	case SCHEMA_YES_NO:
		return (n == 3 && memcmp(s, "yes", 3) == 0) || (n == 2 && memcmp(s, "no", 2) == 0)
			       ? NULL
			       : "is neither yes nor no; that it is not known is a state, not a text";
	case SCHEMA_IDENTIFIER:
		return check_identifier(field, s, n);
	case SCHEMA_REFERENCE:
		return n == RECORD_ID_TEXT && s[n] == '\0' && record_id_parse(s, &id)
			       ? NULL
			       : "is no record id of 26 characters";
	case SCHEMA_N_TYPES:
		break;
	}
	return "is of no type";
}

bool record_text_is_canonical(
	const struct schema_field *field, const char *text, size_t n, const char **ret_reason)
{
	const char *reason = NULL;
	if (!n)
		reason = "is empty; say unknown, refused, not_asked or not_applicable instead";
	else if (memchr(text, '\0', n) || !text_is_utf8(text, n, NULL))
		reason = "is not UTF-8; save the file as UTF-8";
	else if (!text_is_normalised(text, n))
		reason = "is not in Unicode normal form C";
	else
		reason = check_typed(field, text, n);
	if (reason)
		*ret_reason = reason;
	return !reason;
}

/* ---- a whole record */

void record_faults_done(struct record_faults *f)
{
	mem_free(f->faults);
	*f = (struct record_faults)RECORD_FAULTS_INIT;
}

/* What one validation needs; status keeps the first failure to allocate. */
struct check {
	const struct record *r;
	struct record_faults *faults;
	int status;
};

static void fault(struct check *c, enum record_fault_kind kind, const struct schema_field *field,
	uint16_t part, const char *format, ...) CF_PRINTF(5, 6);
static void fault(struct check *c, enum record_fault_kind kind, const struct schema_field *field,
	uint16_t part, const char *format, ...)
{
	struct record_faults *f = c->faults;
	struct record_fault *faults = mem_grow(f->faults, f->n, &f->capacity, sizeof *faults);
	if (!faults) {
		c->status = CF_E_MEMORY;
		return;
	}
	f->faults = faults;
	struct record_fault *made = &faults[f->n++];
	*made = (struct record_fault){.kind = kind, .field = field, .part = part};
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(made->message, sizeof made->message, format, arguments);
	va_end(arguments);
}

static void check_text(struct check *c, const struct record_value *v)
{
	const char *reason;
	if (v->state != RECORD_KNOWN)
		return;
	if (!record_text_is_canonical(v->field, v->text, v->n, &reason)) {
		fault(c, RECORD_FAULT_TEXT, v->field, v->part, "%s %s", v->field->name, reason);
		return;
	}
	struct record_id id;
	if (v->field->type == SCHEMA_REFERENCE && record_id_parse(v->text, &id) &&
		record_id_equal(&id, &c->r->id))
		fault(c, RECORD_FAULT_REFERENCE, v->field, v->part,
			"%s refers to the record itself; name another one", v->field->name);
}

/* Whether an earlier value of the same field, part and source fulfils the condition; i is the later one. */
static bool earlier(const struct record *r, size_t i,
	bool (*condition)(const struct record_value *before, const struct record_value *v))
{
	const struct record_value *v = &r->values[i];
	for (size_t j = i; j-- > 0;) {
		const struct record_value *before = &r->values[j];
		if (before->field != v->field || before->part != v->part)
			return false;
		if (record_same_source(before, v) && condition(before, v))
			return true;
	}
	return false;
}

static bool both_known(const struct record_value *before, const struct record_value *v)
{
	return before->state == RECORD_KNOWN && v->state == RECORD_KNOWN;
}

static bool same_code(const struct record_value *before, const struct record_value *v)
{
	return both_known(before, v) && strcmp(before->text, v->text) == 0;
}

static bool one_not_known(const struct record_value *before, const struct record_value *v)
{
	return !both_known(before, v);
}

static void check_repeats(struct check *c, size_t i)
{
	const struct record_value *v = &c->r->values[i];
	const char *name = v->field->name;
	if (earlier(c->r, i, one_not_known))
		fault(c, RECORD_FAULT_STATE, v->field, v->part,
			"%s is %s beside another value of the same source; keep one of them", name,
			v->state == RECORD_KNOWN ? "known" : "not known");
	else if (!v->field->repeats && earlier(c->r, i, both_known))
		fault(c, RECORD_FAULT_REPEATED, v->field, v->part,
			"%s has several values of one source; keep one, or give each its source", name);
	else if (v->field->type == SCHEMA_CODES && earlier(c->r, i, same_code))
		fault(c, RECORD_FAULT_REPEATED, v->field, v->part, "%s has a code twice; leave one out",
			name);
}

static bool same_part_kind(const struct schema_field *a, const struct schema_field *b)
{
	return a->part && b->part && strcmp(a->part, b->part) == 0;
}

/* Each number from 1 needs the one before it somewhere in the same kind of part. */
static void check_part(struct check *c, size_t i)
{
	const struct record_value *v = &c->r->values[i];
	if (!v->part)
		return;
	if (!v->field->part) {
		fault(c, RECORD_FAULT_PART, v->field, v->part,
			"%s is no field of a part; leave the number out", v->field->name);
		return;
	}
	if (i && c->r->values[i - 1].field == v->field && c->r->values[i - 1].part == v->part)
		return;
	for (size_t j = 0; j < c->r->n; j++) {
		const struct record_value *other = &c->r->values[j];
		if (other->part == v->part - 1 && same_part_kind(other->field, v->field))
			return;
	}
	fault(c, RECORD_FAULT_PART, v->field, v->part, "%s: there is a %s %u but no %u; number parts from 0",
		v->field->name, v->field->part, v->part, v->part - 1U);
}

static const struct record_value *first_known(const struct record *r, const struct schema_field *field)
{
	size_t n = 0;
	const struct record_value *values = record_get(r, field, &n);
	for (size_t i = 0; i < n; i++)
		if (values[i].state == RECORD_KNOWN)
			return &values[i];
	return NULL;
}

/* Whether low certainly stands above high; faulty texts have been said already. */
static bool is_above(const struct record_value *low, const struct record_value *high)
{
	struct fuzzy_date a;
	struct fuzzy_date b;
	double x;
	double y;
	switch (low->field->type) {
	case SCHEMA_DATE:
		return dates_parse_canonical(low->text, low->n, &a) &&
		       dates_parse_canonical(high->text, high->n, &b) && dates_certainly_after(&a, &b);
	case SCHEMA_TIME:
		return dates_is_moment(low->text, low->n) && dates_is_moment(high->text, high->n) &&
		       strcmp(low->text, high->text) > 0;
	case SCHEMA_INTEGER:
		return parse_integer(low->text, low->n, &x) && parse_integer(high->text, high->n, &y) &&
		       x > y;
	case SCHEMA_NUMBER:
		return parse_number(low->text, low->n, &x) && parse_number(high->text, high->n, &y) && x > y;
	default:
		return false;
	}
}

static void check_field(struct check *c, const struct schema_field *field)
{
	size_t n = 0;
	if (field->required && !record_get(c->r, field, &n))
		fault(c, RECORD_FAULT_MISSING, field, 0,
			"%s is missing; fill it, or say unknown, refused, not_asked or not_applicable",
			field->name);
	if (!field->not_below)
		return;
	const struct record_value *low = first_known(c->r, field->not_below);
	const struct record_value *high = first_known(c->r, field);
	if (low && high && is_above(low, high))
		fault(c, RECORD_FAULT_ORDER, field, high->part, "%s is %s %s; mend one of them", field->name,
			field->type == SCHEMA_INTEGER || field->type == SCHEMA_NUMBER ? "less than"
										      : "before",
			field->not_below->name);
}

/* ---- rules between fields */

static bool has_code(const struct record *r, const char *field_name, const char *code)
{
	const struct schema_field *field = schema_field(r->entity, field_name);
	size_t n = 0;
	const struct record_value *values = field ? record_get(r, field, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (values[i].state == RECORD_KNOWN && strcmp(values[i].text, code) == 0)
			return true;
	return false;
}

/* One rule: where field has code, the other field must have a known value, or must have none. */
struct rule {
	const char *entity;
	const char *field;
	const char *code;
	const char *other;
	bool needed;
	const char *message;
};

static const struct rule rules[] = {
	{"role", "role", "victim", "process_role", false,
		"a victim has no part in the process: what a victim was compelled to do is a compelled act, "
		"and what "
		"the same person did beyond that stands in another role"},
	{"role", "role", "presumed_victim", "process_role", false,
		"a presumed victim has no part in the process: what a victim was compelled to do is a "
		"compelled act, "
		"and what the same person did beyond that stands in another role"},
	{"consent", "state", "withdrawn", "withdrawn", true,
		"withdrawn consent needs the day of the withdrawal, since what went before it was allowed"},
	{"consent", "state", "overridden_with_reason", "override_reason", true,
		"an override needs its reason and the law it rests on"},
	{"consent", "state", "assent_child_guardian", "guardian", true,
		"a child's assent needs the guardian who consents"},
	{"consent", "state", "given", "given", true, "given consent needs the day on which it was given"},
	{"evidence", "form", "working_copy", "copy_of", true, "a working copy needs its original"},
	{"exchange", "legal_basis", "consent", "consent", true,
		"an exchange that rests on consent needs the consent it rests on"},
};

static void check_rules(struct check *c)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *rule = &rules[i];
		if (strcmp(rule->entity, c->r->entity->name) != 0 || !has_code(c->r, rule->field, rule->code))
			continue;
		const struct schema_field *other = schema_field(c->r->entity, rule->other);
		const struct record_value *known = other ? first_known(c->r, other) : NULL;
		if (other && !known == rule->needed)
			fault(c, RECORD_FAULT_RULE, other, 0, "%s: %s", rule->other, rule->message);
	}
}

int record_validate(const struct record *r, struct record_faults *ret, struct cf_error *err)
{
	struct check c = {.r = r, .faults = ret};
	for (size_t i = 0; i < r->n; i++) {
		check_text(&c, &r->values[i]);
		check_repeats(&c, i);
		check_part(&c, i);
	}
	for (size_t i = 0; i < r->entity->n_fields; i++)
		check_field(&c, &r->entity->fields[i]);
	check_rules(&c);
	return c.status < 0 ? error_memory(err) : CF_OK;
}
