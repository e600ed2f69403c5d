/*
 * The sealed form of a revision. Inside, integers little-endian, a text is u32 length, bytes and a NUL: u8
 * version 1; case and person, 16 bytes each; texts reason, source, source record id; u32 columns, each two
 * texts; u32 terms, each two texts; the payload as a text. Columns and terms stand inside too, so that the
 * rows outside can be compared with them, and indexes made anew. The seal is bound to store, entity, id,
 * owner, revision, author and time.
 */
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

enum { CONTENT_VERSION = 1, BOUND_MAX = 512 };

const char source_field[] = "@source";

void wipe_buffer(struct buffer *b)
{
	if (b->data)
		secret_wipe(b->data, b->capacity);
	buffer_done(b);
}

/* ---- writing ---- */

static int put_text(struct buffer *out, const void *data, size_t n)
{
	uint8_t length[4];
	put_number(length, n, 4);
	TRY(buffer_append(out, length, sizeof length));
	if (n)
		TRY(buffer_append(out, data, n));
	return buffer_append_char(out, '\0');
}

static int put_string(struct buffer *out, const char *text)
{
	return put_text(out, text ? text : "", text ? strlen(text) : 0);
}

static int put_count(struct buffer *out, size_t n)
{
	uint8_t count[4];
	put_number(count, n, 4);
	return buffer_append(out, count, sizeof count);
}

static size_t size_of(const struct store_item *item, const struct store_reason *why)
{
	size_t n = 160 + item->n_payload;
	for (size_t i = 0; i < item->n_columns; i++)
		n += 10 + strlen(item->columns[i].field) + strlen(item->columns[i].value);
	for (size_t i = 0; i < item->n_terms; i++)
		n += 10 + strlen(item->terms[i].field) + item->terms[i].n;
	n += item->source_id ? strlen(item->source_id) : 0;
	if (why)
		n += (why->reason ? strlen(why->reason) : 0) + (why->source ? strlen(why->source) : 0);
	return n;
}

static int encode_parts(const struct store_item *item, struct buffer *out)
{
	TRY(put_count(out, item->n_columns));
	for (size_t i = 0; i < item->n_columns; i++) {
		TRY(put_string(out, item->columns[i].field));
		TRY(put_string(out, item->columns[i].value));
	}
	TRY(put_count(out, item->n_terms));
	for (size_t i = 0; i < item->n_terms; i++) {
		TRY(put_string(out, item->terms[i].field));
		TRY(put_text(out, item->terms[i].data, item->terms[i].n));
	}
	return put_text(out, item->payload, item->n_payload);
}

int content_encode(const struct store_item *item, const struct store_reason *why, struct buffer *out,
	struct cf_error *err)
{
	/* room for all of it first: growing would leave copies behind that nobody wipes */
	TRY_MEMORY(buffer_reserve(out, size_of(item, why)), err);
	TRY_MEMORY(buffer_append_char(out, CONTENT_VERSION), err);
	TRY_MEMORY(buffer_append(out, item->case_id.bytes, STORE_ID_BYTES), err);
	TRY_MEMORY(buffer_append(out, item->person_id.bytes, STORE_ID_BYTES), err);
	TRY_MEMORY(put_string(out, why ? why->reason : NULL), err);
	TRY_MEMORY(put_string(out, why ? why->source : NULL), err);
	TRY_MEMORY(put_string(out, item->source_id), err);
	TRY_MEMORY(encode_parts(item, out), err);
	return CF_OK;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	struct arena *arena;
};

static int take(struct reader *r, size_t n, const uint8_t **ret)
{
	if (r->left < n)
		return CF_E_REFUSED;
	*ret = r->at;
	r->at += n;
	r->left -= n;
	return CF_OK;
}

static int take_count(struct reader *r, uint32_t *ret)
{
	const uint8_t *bytes = NULL;
	TRY(take(r, 4, &bytes));
	*ret = (uint32_t)get_number(bytes, 4);
	return CF_OK;
}

static int take_text(struct reader *r, const uint8_t **ret, size_t *ret_n)
{
	uint32_t n = 0;
	TRY(take_count(r, &n));
	TRY(take(r, (size_t)n + 1, ret));
	*ret_n = n;
	return (*ret)[n] ? CF_E_REFUSED : CF_OK;
}

static int take_string(struct reader *r, const char **ret)
{
	const uint8_t *data = NULL;
	size_t n = 0;
	TRY(take_text(r, &data, &n));
	*ret = (const char *)data;
	return n && memchr(data, '\0', n) ? CF_E_REFUSED : CF_OK;
}

static int take_columns(struct reader *r, struct store_record *record)
{
	uint32_t n = 0;
	TRY(take_count(r, &n));
	if (n > STORE_PARTS_MAX)
		return CF_E_REFUSED;
	record->columns = arena_alloc(r->arena, n, sizeof *record->columns);
	if (!record->columns)
		return CF_E_MEMORY;
	for (record->n_columns = 0; record->n_columns < n; record->n_columns++) {
		TRY(take_string(r, &record->columns[record->n_columns].field));
		TRY(take_string(r, &record->columns[record->n_columns].value));
	}
	return CF_OK;
}

static int take_terms(struct reader *r, struct store_record *record)
{
	uint32_t n = 0;
	TRY(take_count(r, &n));
	if (n > STORE_PARTS_MAX)
		return CF_E_REFUSED;
	record->terms = arena_alloc(r->arena, n, sizeof *record->terms);
	if (!record->terms)
		return CF_E_MEMORY;
	for (record->n_terms = 0; record->n_terms < n; record->n_terms++) {
		const uint8_t *data = NULL;
		TRY(take_string(r, &record->terms[record->n_terms].field));
		TRY(take_text(r, &data, &record->terms[record->n_terms].n));
		record->terms[record->n_terms].data = data;
	}
	return CF_OK;
}

static int decode(struct reader *r, struct store_record *record)
{
	const uint8_t *bytes = NULL;
	TRY(take(r, 1 + 2 * STORE_ID_BYTES, &bytes));
	if (bytes[0] != CONTENT_VERSION)
		return CF_E_REFUSED;
	memcpy(record->case_id.bytes, bytes + 1, STORE_ID_BYTES);
	memcpy(record->person_id.bytes, bytes + 1 + STORE_ID_BYTES, STORE_ID_BYTES);
	TRY(take_string(r, &record->reason));
	TRY(take_string(r, &record->source));
	TRY(take_string(r, &record->source_id));
	TRY(take_columns(r, record));
	TRY(take_terms(r, record));
	TRY(take_text(r, &record->payload, &record->n_payload));
	return r->left ? CF_E_REFUSED : CF_OK;
}

int content_decode(const uint8_t *data, size_t n, struct store_record *record, struct cf_error *err)
{
	struct reader r = {data, n, record->arena};
	int status = decode(&r, record);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		return error_set(err, CF_E_REFUSED, "the content of a revision cannot be read");
	return CF_OK;
}

/* ---- sealing ---- */

struct bound {
	uint8_t bytes[BOUND_MAX];
	size_t n;
};

static void bind(struct bound *b, const void *data, size_t n)
{
	memcpy(b->bytes + b->n, data, n);
	b->n += n;
}

static void bind_text(struct bound *b, const char *text)
{
	uint8_t length = (uint8_t)strlen(text);
	bind(b, &length, 1);
	bind(b, text, length);
}

/* Names are at most STORE_NAME_MAX bytes, so it fits. */
static void bound_of(const struct store *s, const struct place *place, struct bound *ret)
{
	static const char domain[] = "counterfoil revision v1";
	uint8_t numbers[16];
	ret->n = 0;
	bind(ret, domain, sizeof domain);
	bind(ret, s->id.bytes, STORE_ID_BYTES);
	bind(ret, place->id.bytes, STORE_ID_BYTES);
	bind(ret, place->owner.bytes, STORE_ID_BYTES);
	put_number(numbers, place->revision, 8);
	put_number(numbers + 8, place->time_ms, 8);
	bind(ret, numbers, sizeof numbers);
	bind_text(ret, place->entity);
	bind_text(ret, place->author);
}

int content_seal(struct store *s, const uint8_t *key, const struct place *place, const struct buffer *content,
	struct buffer *out, struct cf_error *err)
{
	struct bound bound;
	const size_t n = content->n + VAULT_SEAL_BYTES;
	bound_of(s, place, &bound);
	buffer_clear(out);
	TRY_MEMORY(buffer_reserve(out, n), err);
	vault_seal(key, bound.bytes, bound.n, content->data, content->n, (uint8_t *)out->data);
	out->n = n;
	return CF_OK;
}

int content_open(struct store *s, const uint8_t *key, const struct place *place, const uint8_t *sealed,
	size_t n_sealed, uint8_t *ret)
{
	struct bound bound;
	bound_of(s, place, &bound);
	return vault_open(key, bound.bytes, bound.n, sealed, n_sealed, ret);
}

/* Of everything but reason and source, which follow version and ids. */
void content_mark(
	struct store *s, const struct store_id *id, const struct buffer *content, uint8_t ret[TAG_BYTES])
{
	const uint8_t *data = (const uint8_t *)content->data;
	const size_t n_ids = 1 + 2 * STORE_ID_BYTES;
	size_t at = n_ids;
	at += 5 + (size_t)get_number(data + at, 4);
	at += 5 + (size_t)get_number(data + at, 4);
	const struct crypto_part parts[] = {
		{id->bytes, STORE_ID_BYTES}, {data, n_ids}, {data + at, content->n - at}};
	vault_tag(secret_bytes(s->commit), "counterfoil content v1", parts, 3, ret, TAG_BYTES);
}

void revision_hash(struct store *s, const struct place *place, const uint8_t previous[HASH_BYTES],
	const uint8_t *sealed, size_t n_sealed, uint8_t ret[HASH_BYTES])
{
	struct bound bound;
	bound_of(s, place, &bound);
	const struct crypto_part parts[] = {
		{previous, HASH_BYTES}, {bound.bytes, bound.n}, {sealed, n_sealed}};
	vault_tag(secret_bytes(s->commit), "counterfoil revision hash v1", parts, 3, ret, HASH_BYTES);
}

/* ---- index rows ---- */

void blind_tag(const struct store *s, const char *entity, const char *field, const void *data, size_t n,
	uint8_t ret[TAG_BYTES])
{
	const struct crypto_part parts[] = {{entity, strlen(entity)}, {field, strlen(field)}, {data, n}};
	vault_tag(secret_bytes(s->index), "counterfoil blind index v1", parts, 3, ret, TAG_BYTES);
}

int index_row_compare_terms(const void *a, const void *b)
{
	const struct index_row *x = a;
	const struct index_row *y = b;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->tag, y->tag, TAG_BYTES);
	return order ? order : (x->record > y->record) - (x->record < y->record);
}

int index_row_compare_columns(const void *a, const void *b)
{
	const struct index_row *x = a;
	const struct index_row *y = b;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->value, y->value, x->n_value < y->n_value ? x->n_value : y->n_value);
	if (order)
		return order;
	if (x->n_value != y->n_value)
		return x->n_value < y->n_value ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* Sorts, and leaves each row once. A record has few: by insertion, which asks for no memory. */
static size_t sort_rows(struct index_row *rows, size_t n, int (*compare)(const void *, const void *))
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const struct index_row row = rows[i];
		size_t at = kept;
		int order = 1;
		while (at > 0 && (order = compare(&rows[at - 1], &row)) > 0)
			at--;
		if (at > 0 && order == 0)
			continue;
		memmove(rows + at + 1, rows + at, (kept - at) * sizeof *rows);
		rows[at] = row;
		kept++;
	}
	return kept;
}

static int make_terms(struct store *s, const struct parts *parts, int64_t record, bool make,
	struct index_rows *rows, struct cf_error *err)
{
	for (size_t i = 0; i < parts->n_terms; i++) {
		const struct store_term *term = &parts->terms[i];
		struct index_row *row = &rows->terms[rows->n_terms++];
		*row = (struct index_row){.record = record};
		TRY(name_number(s, parts->entity, term->field, make, &row->field, err));
		blind_tag(s, parts->entity, term->field, term->data, term->n, row->tag);
	}
	if (parts->source_id && parts->source_id[0]) {
		struct index_row *row = &rows->terms[rows->n_terms++];
		*row = (struct index_row){.record = record};
		TRY(name_number(s, parts->entity, source_field, make, &row->field, err));
		blind_tag(
			s, parts->entity, source_field, parts->source_id, strlen(parts->source_id), row->tag);
	}
	return CF_OK;
}

static int make_columns(struct store *s, const struct parts *parts, int64_t record, bool make,
	struct index_rows *rows, struct cf_error *err)
{
	for (size_t i = 0; i < parts->n_columns; i++) {
		struct index_row *row = &rows->columns[rows->n_columns++];
		const char *value = parts->columns[i].value;
		*row = (struct index_row){.record = record, .value = value, .n_value = strlen(value)};
		TRY(name_number(s, parts->entity, parts->columns[i].field, make, &row->field, err));
	}
	return CF_OK;
}

void index_rows_done(struct index_rows *rows)
{
	mem_free(rows->terms);
	mem_free(rows->columns);
	*rows = (struct index_rows){0};
}

static int room_for(struct index_row **rows, size_t *capacity, size_t n, struct cf_error *err)
{
	if (n <= *capacity)
		return CF_OK;
	struct index_row *grown = mem_resize(*rows, n, sizeof *grown);
	if (!grown)
		return error_memory(err);
	*rows = grown;
	*capacity = n;
	return CF_OK;
}

int index_rows_of(struct store *s, const struct parts *parts, int64_t record, bool make_names,
	struct index_rows *ret, struct cf_error *err)
{
	ret->n_terms = 0;
	ret->n_columns = 0;
	TRY(room_for(&ret->terms, &ret->terms_capacity, parts->n_terms + 1, err));
	TRY(room_for(&ret->columns, &ret->columns_capacity, parts->n_columns + 1, err));
	TRY(make_terms(s, parts, record, make_names, ret, err));
	TRY(make_columns(s, parts, record, make_names, ret, err));
	ret->n_terms = sort_rows(ret->terms, ret->n_terms, index_row_compare_terms);
	ret->n_columns = sort_rows(ret->columns, ret->n_columns, index_row_compare_columns);
	return CF_OK;
}
