/* Reading entries of the log. */
#include <string.h>

#include "store/inside.h"

enum { PAGE = 64, ENTRY_VERSION = 1, OBJECT_LEAST = 1 + STORE_ID_BYTES + 8 + HASH_BYTES };

struct reader {
	const uint8_t *at;
	size_t left;
};

static int take(struct reader *r, void *to, size_t n)
{
	if (r->left < n)
		return CF_E_INPUT;
	memcpy(to, r->at, n);
	r->at += n;
	r->left -= n;
	return CF_OK;
}

static int take_word(struct reader *r, char ret[STORE_NAME_MAX + 1])
{
	uint8_t n = 0;
	TRY(take(r, &n, 1));
	if (n > STORE_NAME_MAX)
		return CF_E_INPUT;
	TRY(take(r, ret, n));
	ret[n] = '\0';
	return strlen(ret) == n ? CF_OK : CF_E_INPUT;
}

static int take_object(struct reader *r, struct audit_shown_object *ret)
{
	uint8_t revision[8];
	TRY(take_word(r, ret->kind));
	TRY(take(r, ret->id.bytes, STORE_ID_BYTES));
	TRY(take(r, revision, sizeof revision));
	ret->revision = get_number(revision, 8);
	return take(r, ret->commitment, HASH_BYTES);
}

static int parse(struct reader *r, struct arena *arena, struct audit_entry *ret)
{
	uint8_t bytes[9];
	TRY(take(r, bytes, 9));
	if (bytes[0] != ENTRY_VERSION)
		return CF_E_INPUT;
	ret->time_ms = get_number(bytes + 1, 8);
	TRY(take_word(r, ret->actor));
	TRY(take_word(r, ret->action));
	TRY(take_word(r, ret->code));
	TRY(take(r, bytes, 4));
	ret->n_objects = (uint32_t)get_number(bytes, 4);
	if (ret->n_objects > r->left / OBJECT_LEAST)
		return CF_E_INPUT;
	ret->objects = arena_alloc(arena, ret->n_objects, sizeof *ret->objects);
	if (!ret->objects)
		return CF_E_MEMORY;
	for (uint32_t i = 0; i < ret->n_objects; i++)
		TRY(take_object(r, &ret->objects[i]));
	return r->left ? CF_E_INPUT : CF_OK;
}

int entry_parse(
	const void *data, size_t n, struct arena *arena, struct audit_entry *ret, struct cf_error *err)
{
	struct reader r = {data, n};
	struct audit_entry entry = {0};
	int status = parse(&r, arena, &entry);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		return error_set(err, CF_E_INPUT, "an entry of the log cannot be read");
	*ret = entry;
	return CF_OK;
}

static bool is_wanted(const struct audit_filter *filter, const struct audit_entry *entry)
{
	bool found = !filter->object;
	if (filter->actor && strcmp(filter->actor, entry->actor) != 0)
		return false;
	if (filter->action && strcmp(filter->action, entry->action) != 0)
		return false;
	for (uint32_t i = 0; !found && i < entry->n_objects; i++)
		found = store_id_equal(filter->object, &entry->objects[i].id);
	return found;
}

struct showing {
	const struct audit_filter *filter;
	audit_show_function show;
	void *context;
	size_t n_shown;
	uint64_t next;
};

/* One page of entries; 1 when there may be more. */
static int show_page(struct store *s, struct showing *showing, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	const struct db_value values[] = {DB_INT(showing->next), DB_INT(PAGE)};
	int status = CF_OK;
	size_t n_rows = 0;
	if (!arena)
		return error_memory(err);
	TRY(db_query(s->db, S_LEAF_AFTER, values, 2, &rows, err));
	while ((status = db_next(&rows, err)) > 0) {
		struct audit_entry entry;
		size_t n = 0;
		const void *data = db_bytes(&rows, 1, &n);
		TRY(entry_parse(data, n, arena, &entry, err));
		entry.leaf = (uint64_t)db_integer(&rows, 0);
		showing->next = entry.leaf + 1;
		n_rows++;
		if (!is_wanted(showing->filter, &entry))
			continue;
		TRY(showing->show(showing->context, &entry, err));
		if (++showing->n_shown == showing->filter->limit)
			return 0;
	}
	TRY(status);
	return n_rows == PAGE;
}

int audit_show(struct store *s, const struct audit_filter *filter, audit_show_function show, void *context,
	struct cf_error *err)
{
	struct showing showing = {filter, show, context, 0, filter->from_leaf};
	bool own = false;
	int status = 1;
	TRY(enter(s, false, &own, err));
	while (status > 0)
		status = show_page(s, &showing, err);
	return leave(s, own, status, err);
}
