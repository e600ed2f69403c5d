/*
 * For tests: records with every field of an entity, made from the schema, so that a new field is tested
 * without a word about it. All names are invented; scripts, states, handling codes, parts and sources take
 * turns.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "model/record.h"

static const char *const samples_texts[] = {
	"María José Núñez-Ñáñez",
	"Трофимова Анна Сергеевна",
	"فاطمة الزهراء بن علي",
	"阮氏明开",
	"နန်းမွေနွံ",
	"สมหญิง ใจดี",
	"ገብረሥላሴ ተስፋይ",
	"ਗੁਰਪ੍ਰੀਤ ਕੌਰ",
	"Nguyễn Thị Ánh",
	"Οδυσσέας Ελύτης",
	"line one\nline two, with \"quotes\", a ; and a\ttab",
	"=HYPERLINK(1)",
	"👩🏽‍🌾 emoji",
};

static inline void samples_id(struct random_stream *random, char ret_text[RECORD_ID_TEXT + 1])
{
	struct record_id id;
	for (size_t i = 0; i < sizeof id.bytes; i++)
		id.bytes[i] = (uint8_t)random_below(random, 256);
	record_id_format(&id, ret_text);
}

static inline void samples_hex(struct random_stream *random, size_t n, char *ret_text)
{
	for (size_t i = 0; i < n; i++)
		ret_text[i] = "0123456789abcdef"[random_below(random, 16)];
	ret_text[n] = '\0';
}

/* A canonical text for the field; i chooses among kinds of it. */
static inline void samples_text(
	const struct schema_field *field, size_t i, struct random_stream *random, char ret_text[256])
{
	static const char *const dates[] = {"1990-05-17", "1990-05", "1990", "about 1990", "before 1990-05",
		"after 1990-05-17", "1988..1990-03"};
	const size_t size = 256;
	char hex[160];
	switch (field->type) {
	case SCHEMA_TEXT:
		samples_hex(random, field->hex_digits, hex);
		(void)snprintf(ret_text, size, "%s",
			field->hex_digits
				? hex
				: samples_texts[i % (sizeof samples_texts / sizeof *samples_texts)]);
		break;
	case SCHEMA_CODE:
	case SCHEMA_CODES:
	case SCHEMA_COUNTRY:
	case SCHEMA_LANGUAGE:
		(void)snprintf(ret_text, size, "%s", field->codes->codes[i % field->codes->n].code);
		break;
	case SCHEMA_DATE:
		(void)snprintf(ret_text, size, "%s", dates[i % (sizeof dates / sizeof *dates)]);
		break;
	case SCHEMA_TIME:
		(void)snprintf(ret_text, size, "2026-02-%02dT08:30:%02dZ", (int)(i % 28 + 1), (int)(i % 60));
		break;
	case SCHEMA_INTEGER:
		(void)snprintf(ret_text, size, "%d", (int)(i % 60 + 1));
		break;
	case SCHEMA_NUMBER:
		(void)snprintf(ret_text, size, "%d.%d", (int)(i % 60), (int)(i % 9 + 1));
		break;
	case SCHEMA_YES_NO:
		(void)snprintf(ret_text, size, "%s", i % 2 ? "yes" : "no");
		break;
	case SCHEMA_IDENTIFIER:
		(void)snprintf(ret_text, size, "%s:+9991%06d", field->codes->codes[i % field->codes->n].code,
			(int)random_below(random, 1000000));
		break;
	case SCHEMA_REFERENCE:
	case SCHEMA_N_TYPES:
		samples_id(random, ret_text);
		break;
	}
}

static inline int samples_add(struct record *r, const struct schema_field *field,
	struct random_stream *random, struct cf_error *err)
{
	char text[256];
	char source[RECORD_ID_TEXT + 1];
	size_t start = (size_t)random_below(random, 10000);
	/* one field in five says that there is no value, each state in turn */
	if (random_below(random, 5) == 0)
		return record_add_state(
			r, field, (enum record_state)(RECORD_UNKNOWN + start % (RECORD_N_STATES - 1)), err);
	size_t n = field->repeats ? 1 + start % 3 : 1;
	if (field->type == SCHEMA_CODES && n > field->codes->n)
		n = field->codes->n;
	size_t n_parts = field->part ? 2 : 1;
	for (size_t i = 0; i < n * n_parts; i++) {
		/* the upper end of a range is open or high, so that it is never below the lower one */
		size_t kind = !field->not_below ? start + i : field->type == SCHEMA_DATE ? 5 : 59;
		samples_text(field, kind, random, text);
		samples_id(random, source);
		struct record_value v = {
			.field = field,
			.handling = (enum schema_handling)((field->handling + i) % SCHEMA_N_HANDLINGS),
			.part = (uint16_t)(i % n_parts),
			.text = text,
			.n = strlen(text),
			.source = start % 4 == 0 ? source : NULL,
		};
		TRY(record_add_value(r, &v, err));
	}
	return CF_OK;
}

/* Every field of the entity has at least one value. */
static inline int samples_record(const struct schema_entity *entity, struct random_stream *random,
	struct record **ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	char id_text[RECORD_ID_TEXT + 1];
	struct record_id id = {0};
	samples_id(random, id_text);
	if (!record_id_parse(id_text, &id))
		return error_set(err, CF_E_INTERNAL, "a made-up id is none");
	TRY(record_new(entity, &id, &r, err));
	for (size_t i = 0; i < entity->n_fields; i++)
		TRY(samples_add(r, &entity->fields[i], random, err));
	*ret = TAKE(r);
	return CF_OK;
}
