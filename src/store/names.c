/* Names of entities and fields, stored once and kept by number. A field's name is "entity/field". */
#include <string.h>

#include "store/inside.h"

struct name_entry {
	int64_t number;
	bool lost;
	UT_hash_handle hh;
	char text[]; /* with its NUL */
};

bool is_plain_name(const char *name)
{
	size_t n = strnlen(name, STORE_NAME_MAX + 1);
	return n > 0 && n <= STORE_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == n;
}

int check_name(const char *what, const char *name, struct cf_error *err)
{
	if (!name || !is_plain_name(name))
		return error_set(err, CF_E_USAGE,
			"the name of %s has 1 to %d of the characters a-z, 0-9, '_', '.' and '-'", what,
			STORE_NAME_MAX);
	return CF_OK;
}

void names_forget(struct store *s)
{
	struct name_entry *entry = NULL;
	struct name_entry *next = NULL;
	HASH_ITER(hh, s->names, entry, next)
	{
		HASH_DEL(s->names, entry);
		mem_free(entry);
	}
	s->names = NULL;
}

static int find_number(struct store *s, const char *text, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {db_text(text)};
	TRY(db_query(s->db, S_NAME_BY_TEXT, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	*ret = status ? db_integer(&rows, 0) : 0;
	return CF_OK;
}

static int make_number(struct store *s, const char *text, int64_t *ret, struct cf_error *err)
{
	uint64_t last = 0;
	TRY(count_of(s, S_NAME_LAST, NULL, 0, &last, err));
	const struct db_value values[] = {DB_INT(last + 1), db_text(text)};
	TRY(db_run(s->db, S_NAME_ADD, values, 2, err));
	*ret = (int64_t)last + 1;
	return CF_OK;
}

static int remember(struct store *s, const char *text, int64_t number, struct cf_error *err)
{
	const size_t n = strlen(text);
	struct name_entry *entry = mem_alloc(1, sizeof *entry + n + 1);
	if (!entry)
		return error_memory(err);
	*entry = (struct name_entry){.number = number};
	memcpy(entry->text, text, n + 1);
	HASH_ADD(hh, s->names, text, n, entry);
	if (entry->lost) {
		mem_free(entry);
		return error_memory(err);
	}
	return CF_OK;
}

/* "entity/field"; asked for every value of every record, so without printf. */
static int join(char text[NAME_TEXT_MAX + 1], const char *entity, const char *field, size_t *ret_n)
{
	const size_t n_entity = strlen(entity);
	const size_t n_field = field ? 1 + strlen(field) : 0;
	if (n_entity + n_field > NAME_TEXT_MAX)
		return CF_E_USAGE;
	memcpy(text, entity, n_entity);
	if (field) {
		text[n_entity] = '/';
		memcpy(text + n_entity + 1, field, n_field - 1);
	}
	text[n_entity + n_field] = '\0';
	*ret_n = n_entity + n_field;
	return CF_OK;
}

int name_number(
	struct store *s, const char *entity, const char *field, bool make, int64_t *ret, struct cf_error *err)
{
	char text[NAME_TEXT_MAX + 1];
	struct name_entry *entry = NULL;
	int64_t number = 0;
	size_t n = 0;
	if (join(text, entity, field, &n) < 0)
		return error_set(err, CF_E_USAGE, "the name of an entity or a field is too long");
	HASH_FIND(hh, s->names, text, n, entry);
	if (entry) {
		*ret = entry->number;
		return CF_OK;
	}
	TRY(find_number(s, text, &number, err));
	if (!number && make)
		TRY(make_number(s, text, &number, err));
	if (number)
		TRY(remember(s, text, number, err));
	*ret = number;
	return CF_OK;
}

int name_text(struct store *s, int64_t number, char *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_NAME_BY_NUMBER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: name %lld is missing",
			s->db->name, (long long)number);
	return db_string(&rows, 0, ret, NAME_TEXT_MAX, err);
}
