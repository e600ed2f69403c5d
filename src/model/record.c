#include "model/record.h"

#include <string.h>

#include "base/fresh.h"
#include "model/record_parts.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void record_id_new(struct record_id *ret)
{
	fresh_bytes(ret->bytes, sizeof ret->bytes);
}

/* 26 digits of 5 bits hold 130: the first digit has two bits that are always 0. */
void record_id_format(const struct record_id *id, char ret_text[RECORD_ID_TEXT + 1])
{
	unsigned pending = 0;
	int n_bits = 2;
	size_t out = 0;
	for (size_t i = 0; i < RECORD_ID_BYTES; i++) {
		pending = (pending << 8 | id->bytes[i]) & 0xffff;
		n_bits += 8;
		for (; n_bits >= 5; n_bits -= 5)
			ret_text[out++] = digits[pending >> (n_bits - 5) & 31];
	}
	ret_text[out] = '\0';
}

bool record_id_parse(const char *text, struct record_id *ret)
{
	struct record_id id;
	unsigned pending = 0;
	int n_bits = -2;
	size_t n = 0;
	for (size_t i = 0; i < RECORD_ID_TEXT; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit || (i == 0 && digit - digits > 7))
			return false;
		pending = (pending << 5 | (unsigned)(digit - digits)) & 0xffff;
		n_bits += 5;
		if (n_bits >= 8) {
			n_bits -= 8;
			id.bytes[n++] = (uint8_t)(pending >> n_bits);
		}
	}
	static const struct record_id nobody;
	if (text[RECORD_ID_TEXT] || memcmp(&id, &nobody, sizeof id) == 0)
		return false;
	*ret = id;
	return true;
}

bool record_id_equal(const struct record_id *a, const struct record_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static const char *const state_names[RECORD_N_STATES] = {
	"known", "unknown", "refused", "not_asked", "not_applicable"};

const char *record_state_name(enum record_state state)
{
	return (unsigned)state < RECORD_N_STATES ? state_names[state] : "?";
}

bool record_state_parse(const char *text, enum record_state *ret)
{
	for (int i = 0; i < RECORD_N_STATES; i++) {
		if (strcmp(text, state_names[i]) == 0) {
			*ret = (enum record_state)i;
			return true;
		}
	}
	return false;
}

int record_new(const struct schema_entity *entity, const struct record_id *id, struct record **ret,
	struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NEW(struct record);
	if (!r)
		return error_memory(err);
	r->entity = entity;
	r->id = *id;
	r->texts = arena_new(0);
	if (!r->texts)
		return error_memory(err);
	*ret = TAKE(r);
	return CF_OK;
}

struct record *record_free(struct record *r)
{
	if (!r)
		return NULL;
	arena_free(r->texts);
	mem_free(r->values);
	return mem_free(r);
}

void record_reset(struct record *r, const struct schema_entity *entity, const struct record_id *id)
{
	r->entity = entity;
	r->id = *id;
	r->n = 0;
	arena_reset(r->texts);
}

int record_copy(const struct record *r, struct record **ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *copy = NULL;
	TRY(record_new(r->entity, &r->id, &copy, err));
	for (size_t i = 0; i < r->n; i++)
		TRY(record_add_value(copy, &r->values[i], err));
	*ret = TAKE(copy);
	return CF_OK;
}

const struct schema_entity *record_entity(const struct record *r)
{
	return r->entity;
}

const struct record_id *record_id(const struct record *r)
{
	return &r->id;
}

int record_compare_places(const struct record_value *a, const struct record_value *b)
{
	if (a->field->number != b->field->number)
		return a->field->number < b->field->number ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	/* a set has no order of its own; the list's may change between versions, that of the bytes does not
	 */
	return a->field->type == SCHEMA_CODES ? strcmp(a->text, b->text) : 0;
}

bool record_same_source(const struct record_value *a, const struct record_value *b)
{
	return a->source && b->source ? strcmp(a->source, b->source) == 0 : a->source == b->source;
}

bool record_same_value(const struct record_value *a, const struct record_value *b)
{
	return a->state == b->state && a->handling == b->handling && a->n == b->n &&
	       memcmp(a->text, b->text, a->n) == 0 && record_same_source(a, b);
}

static int check_value(const struct record *r, const struct record_value *v, struct cf_error *err)
{
	struct record_id id;
	if (v->field->entity != r->entity)
		return error_set(err, CF_E_USAGE, "%s.%s is no field of %s", v->field->entity->name,
			v->field->name, r->entity->name);
	const char *name = v->field->name;
	if ((unsigned)v->state >= RECORD_N_STATES || (unsigned)v->handling >= SCHEMA_N_HANDLINGS)
		return error_set(err, CF_E_USAGE, "%s: there is no such state or handling code", name);
	if (v->state != RECORD_KNOWN && v->n)
		return error_set(
			err, CF_E_USAGE, "%s: a value that is not known cannot have a text as well", name);
	if (v->source && !record_id_parse(v->source, &id))
		return error_set(err, CF_E_USAGE, "%s: the source is no record id", name);
	if (v->n > RECORD_MAX_TEXT)
		return error_set(err, CF_E_LIMIT,
			"%s: the text is longer than %d bytes; keep it as evidence instead", name,
			RECORD_MAX_TEXT);
	if (v->part > RECORD_MAX_PART)
		return error_set(err, CF_E_LIMIT, "%s: parts are numbered 0 to %d", name, RECORD_MAX_PART);
	return CF_OK;
}

/* Behind all values of the same place. */
static size_t place_of(const struct record *r, const struct record_value *v)
{
	size_t low = 0;
	size_t high = r->n;
	if (high && record_compare_places(&r->values[high - 1], v) <= 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (record_compare_places(&r->values[middle], v) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int record_add_value(struct record *r, const struct record_value *value, struct cf_error *err)
{
	TRY(check_value(r, value, err));
	if (r->n >= RECORD_MAX_VALUES)
		return error_set(err, CF_E_LIMIT, "%s: a record holds at most %d values", value->field->name,
			RECORD_MAX_VALUES);
	struct record_value v = *value;
	v.text = arena_strndup(r->texts, v.n ? v.text : "", v.n);
	v.source = v.source ? arena_strndup(r->texts, v.source, RECORD_ID_TEXT) : NULL;
	struct record_value *values = mem_grow(r->values, r->n, &r->capacity, sizeof *values);
	if (values)
		r->values = values;
	if (!values || !v.text || (value->source && !v.source))
		return error_memory(err);
	size_t place = place_of(r, &v);
	memmove(values + place + 1, values + place, (r->n - place) * sizeof *values);
	values[place] = v;
	r->n++;
	return CF_OK;
}

int record_add(struct record *r, const struct schema_field *field, const char *text, struct cf_error *err)
{
	struct record_value v = {
		.field = field, .handling = field->handling, .text = text, .n = strlen(text)};
	return record_add_value(r, &v, err);
}

int record_add_state(
	struct record *r, const struct schema_field *field, enum record_state state, struct cf_error *err)
{
	struct record_value v = {.field = field, .state = state, .handling = field->handling};
	return record_add_value(r, &v, err);
}

size_t record_remove(struct record *r, const struct schema_field *field)
{
	size_t n = 0;
	const struct record_value *first = record_get(r, field, &n);
	if (!n)
		return 0;
	size_t place = (size_t)(first - r->values);
	memmove(r->values + place, r->values + place + n, (r->n - place - n) * sizeof *r->values);
	r->n -= n;
	return n;
}

int record_set(struct record *r, const struct schema_field *field, const char *text, struct cf_error *err)
{
	/* the new text is copied first, so that a failure leaves the record as it was, and so that it may be
	 * that of a value which goes */
	struct record_value v = {
		.field = field, .handling = field->handling, .text = text, .n = strlen(text)};
	size_t n = 0;
	const struct record_value *old = record_get(r, field, &n);
	if (n == 0)
		return record_add_value(r, &v, err);
	TRY(check_value(r, &v, err));
	v.text = arena_strndup(r->texts, text, v.n);
	if (!v.text)
		return error_memory(err);
	size_t place = (size_t)(old - r->values);
	memmove(r->values + place + 1, r->values + place + n, (r->n - place - n) * sizeof *r->values);
	r->values[place] = v;
	r->n -= n - 1;
	return CF_OK;
}

size_t record_n_values(const struct record *r)
{
	return r->n;
}

const struct record_value *record_values(const struct record *r)
{
	return r->values;
}

const struct record_value *record_get(const struct record *r, const struct schema_field *field, size_t *ret_n)
{
	*ret_n = 0;
	if (field->entity != r->entity)
		return NULL;
	size_t low = 0;
	size_t high = r->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->values[middle].field->number < field->number)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < r->n && r->values[end].field == field)
		end++;
	*ret_n = end - low;
	return end > low ? r->values + low : NULL;
}

const char *record_text(const struct record *r, const struct schema_field *field)
{
	size_t n = 0;
	const struct record_value *values = record_get(r, field, &n);
	for (size_t i = 0; i < n; i++)
		if (values[i].state == RECORD_KNOWN)
			return values[i].text;
	return NULL;
}

const char *record_text_by_name(const struct record *r, const char *field_name)
{
	const struct schema_field *field = schema_field(r->entity, field_name);
	return field ? record_text(r, field) : NULL;
}

bool record_equal(const struct record *a, const struct record *b)
{
	if (a->entity != b->entity || !record_id_equal(&a->id, &b->id) || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (record_compare_places(&a->values[i], &b->values[i]) != 0 ||
			!record_same_value(&a->values[i], &b->values[i]))
			return false;
	return true;
}
