/*
 * The stored form of a record; docs/records.md describes every byte. Reading is strict, since the bytes may
 * come from anyone: what is read and written again is the same, byte for byte.
 */
#include <string.h>

#include "base/text.h"
#include "model/record.h"
#include "model/record_parts.h"

enum { FORMAT = 1, STATE_BITS = 3, STATE_MASK = 7, HANDLING_MASK = 7, HAS_PART = 0x40, HAS_SOURCE = 0x80 };

/* ---- writing */

/* Seven bits a byte, lowest first, the high bit on all but the last. */
static int put_number(struct buffer *out, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		TRY(buffer_append_char(out, (char)((value & 0x7f) | 0x80)));
	return buffer_append_char(out, (char)value);
}

static int put_value(struct buffer *out, const struct record_value *v)
{
	struct record_id source;
	unsigned head = (unsigned)v->state | (unsigned)v->handling << STATE_BITS;
	TRY(put_number(out, v->field->number));
	TRY(buffer_append_char(
		out, (char)(head | (v->part ? HAS_PART : 0U) | (v->source ? HAS_SOURCE : 0U))));
	if (v->part)
		TRY(put_number(out, v->part));
	/* record_add_value has let no other source in */
	if (v->source && record_id_parse(v->source, &source))
		TRY(buffer_append(out, source.bytes, sizeof source.bytes));
	if (v->state != RECORD_KNOWN)
		return CF_OK;
	TRY(put_number(out, v->n));
	return buffer_append(out, v->text, v->n);
}

static int put_record(struct buffer *out, const struct record *r)
{
	TRY(buffer_append_char(out, FORMAT));
	TRY(put_number(out, r->entity->number));
	TRY(buffer_append(out, r->id.bytes, sizeof r->id.bytes));
	TRY(put_number(out, r->n));
	for (size_t i = 0; i < r->n; i++)
		TRY(put_value(out, &r->values[i]));
	return CF_OK;
}

int record_encode(const struct record *r, struct buffer *out, struct cf_error *err)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct record_value *v = &r->values[i];
		if (memchr(v->text, '\0', v->n) || !text_is_utf8(v->text, v->n, NULL))
			return error_set(err, CF_E_INPUT,
				"%s is not UTF-8 and cannot be stored; validate first", v->field->name);
	}
	TRY_MEMORY(put_record(out, r), err);
	return CF_OK;
}

/* ---- reading */

struct reader {
	const uint8_t *at;
	size_t left;
};

static bool take(struct reader *in, size_t n, const uint8_t **ret)
{
	if (in->left < n)
		return false;
	*ret = in->at;
	in->at += n;
	in->left -= n;
	return true;
}

/* A number of at most limit, in its one shortest form. */
static bool take_number(struct reader *in, uint32_t limit, uint32_t *ret)
{
	uint64_t value = 0;
	const uint8_t *byte;
	for (int shift = 0; shift < 35; shift += 7) {
		if (!take(in, 1, &byte))
			return false;
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (*byte & 0x80)
			continue;
		if (value > limit || (shift && !*byte))
			return false;
		*ret = (uint32_t)value;
		return true;
	}
	return false;
}

static bool take_id(struct reader *in, struct record_id *ret)
{
	const uint8_t *bytes;
	if (!take(in, RECORD_ID_BYTES, &bytes))
		return false;
	memcpy(ret->bytes, bytes, RECORD_ID_BYTES);
	return true;
}

static int damaged(struct cf_error *err)
{
	return error_set(err, CF_E_INPUT,
		"the stored record is damaged: it does not keep to the form in docs/records.md; restore a "
		"backup");
}

static int take_field(struct reader *in, const struct schema_entity *entity, const struct schema_field **ret,
	struct cf_error *err)
{
	uint32_t number;
	if (!take_number(in, UINT16_MAX, &number))
		return damaged(err);
	*ret = schema_field_by_number(entity, (uint16_t)number);
	if (!*ret)
		return error_set(err, CF_E_INPUT,
			"the stored %s has a field %u that this version does not know; use the version that "
			"wrote it",
			entity->name, number);
	return CF_OK;
}

static bool take_text(struct reader *in, struct record_value *v)
{
	uint32_t n;
	const uint8_t *bytes;
	if (!take_number(in, RECORD_MAX_TEXT, &n) || !take(in, n, &bytes))
		return false;
	v->text = (const char *)bytes;
	v->n = n;
	return !memchr(bytes, '\0', n) && text_is_utf8(v->text, n, NULL);
}

static int take_value(struct reader *in, struct record *r, struct cf_error *err)
{
	struct record_value v = {0};
	TRY(take_field(in, r->entity, &v.field, err));
	const uint8_t *head;
	uint32_t part = 0;
	struct record_id source;
	char source_text[RECORD_ID_TEXT + 1];
	if (!take(in, 1, &head))
		return damaged(err);
	v.state = (enum record_state)(*head & STATE_MASK);
	v.handling = (enum schema_handling)(*head >> STATE_BITS & HANDLING_MASK);
	if (v.state >= RECORD_N_STATES || v.handling >= SCHEMA_N_HANDLINGS)
		return damaged(err);
	if ((*head & HAS_PART) && (!take_number(in, RECORD_MAX_PART, &part) || !part))
		return damaged(err);
	v.part = (uint16_t)part;
	if (*head & HAS_SOURCE) {
		if (!take_id(in, &source))
			return damaged(err);
		record_id_format(&source, source_text);
		v.source = source_text;
	}
	if (v.state == RECORD_KNOWN && !take_text(in, &v))
		return damaged(err);
	/* each value must go behind those before it, which each have a copy of a text of their own */
	const char *last = r->n ? r->values[r->n - 1].text : NULL;
	TRY(record_add_value(r, &v, err));
	if (r->n > 1 && r->values[r->n - 2].text != last)
		return damaged(err);
	return CF_OK;
}

static int take_values(struct reader *in, struct record *r, struct cf_error *err)
{
	uint32_t n;
	/* a value takes at least two bytes, so a false count cannot make us take much memory */
	if (!take_number(in, RECORD_MAX_VALUES, &n) || n > in->left / 2)
		return damaged(err);
	struct record_value *values = mem_resize(r->values, n ? n : 1, sizeof *values);
	if (!values)
		return error_memory(err);
	r->values = values;
	r->capacity = n ? n : 1;
	for (uint32_t i = 0; i < n; i++)
		TRY(take_value(in, r, err));
	return in->left ? damaged(err) : CF_OK;
}

int record_decode(const void *bytes, size_t n, struct record **ret, struct cf_error *err)
{
	struct reader in = {bytes, n};
	const uint8_t *format;
	uint32_t number;
	struct record_id id;
	if (!take(&in, 1, &format))
		return damaged(err);
	if (*format != FORMAT)
		return error_set(err, CF_E_INPUT,
			"the stored record is of format %u, which this version does not know; use the "
			"version that "
			"wrote it",
			*format);
	if (!take_number(&in, UINT16_MAX, &number) || !take_id(&in, &id))
		return damaged(err);
	const struct schema_entity *entity = schema_entity_by_number((uint16_t)number);
	if (!entity)
		return error_set(err, CF_E_INPUT,
			"the stored record is of kind %u, which this version does not know; use the version "
			"that wrote "
			"it",
			number);
	CF_CLEANUP_RECORD struct record *r = NULL;
	TRY(record_new(entity, &id, &r, err));
	TRY(take_values(&in, r, err));
	*ret = TAKE(r);
	return CF_OK;
}
