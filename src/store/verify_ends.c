/* Verifying: what must fit together when log and revisions have been read. */
#include <stdlib.h>
#include <string.h>

#include "store/verify.h"

static int check_state(struct verifying *v, struct cf_error *err)
{
	TRY(log_load(v->s, err));
	const struct merkle_hash kept = merkle_root(&v->s->tree);
	const struct merkle_hash root = merkle_root(&v->tree);
	if (v->s->tree.size != v->tree.size || memcmp(kept.bytes, root.bytes, sizeof root.bytes) != 0)
		verify_wrong(v, "the state of the log does not fit its entries");
	if (v->s->n_revisions != v->result.n_revisions)
		verify_wrong(v, "the log speaks of %llu revisions, its state of %llu",
			(unsigned long long)v->result.n_revisions, (unsigned long long)v->s->n_revisions);
	if (v->n_heads == 0 || v->heads[v->n_heads - 1].head.size != v->tree.size)
		verify_wrong(v, "the log has no signed head of its %llu entries",
			(unsigned long long)v->tree.size);
	for (; v->next_head < v->n_heads; v->next_head++)
		verify_wrong(v, "the log ends before %s of %llu entries: it was cut or set back",
			v->heads[v->next_head].is_witness ? "the witness" : "its signed head",
			(unsigned long long)v->heads[v->next_head].head.size);
	if (v->generation != v->s->generation)
		verify_wrong(v, "the organisation's key is not the one that the log speaks of");
	return CF_OK;
}

static int check_count(
	struct verifying *v, enum statement which, uint64_t expected, const char *what, struct cf_error *err)
{
	uint64_t n = 0;
	TRY(count_of(v->s, which, NULL, 0, &n, err));
	if (n != expected)
		verify_wrong(v, "there are %llu %s, and should be %llu", (unsigned long long)n, what,
			(unsigned long long)expected);
	return CF_OK;
}

static int check_columns(struct verifying *v, struct cf_error *err)
{
	struct cf_error mine = CF_ERROR_INIT;
	uint64_t n = 0;
	int status = columns_count(v->s, &n, &mine);
	if (status == CF_E_REFUSED) {
		verify_wrong(v, "%s", mine.message);
		return CF_OK;
	}
	if (status < 0 && err)
		*err = mine;
	TRY(status);
	if (n != v->n_columns)
		verify_wrong(v, "there are %llu coded values, and should be %llu", (unsigned long long)n,
			(unsigned long long)v->n_columns);
	return CF_OK;
}

static int check_counts(struct verifying *v, struct cf_error *err)
{
	const uint64_t n_records = v->n_current + v->n_erased_records;
	TRY(check_count(v, S_RECORD_COUNT, n_records, "records", err));
	TRY(check_count(v, S_RECORD_COUNT_ALL, v->n_current, "records that are not erased", err));
	TRY(check_count(v, S_RECORD_ID_COUNT, n_records, "ids of records", err));
	TRY(check_count(v, S_OWNED_COUNT, v->n_owned, "rows that say whose a record is", err));
	if (v->s->n_records != n_records)
		verify_wrong(v, "the log's state speaks of %llu records, and there are %llu",
			(unsigned long long)v->s->n_records, (unsigned long long)n_records);
	if (v->s->organisation) {
		TRY(check_count(v, S_TERM_COUNT, v->n_terms, "rows in the blind index", err));
		TRY(check_columns(v, err));
	}
	v->result.n_records = n_records;
	v->result.n_erased = v->n_erased_records;
	return CF_OK;
}

static int compare_erased(const void *a, const void *b)
{
	const struct erased_revision *x = a;
	const struct erased_revision *y = b;
	int order = memcmp(x->id.bytes, y->id.bytes, STORE_ID_BYTES);
	return order ? order : (x->revision > y->revision) - (x->revision < y->revision);
}

/* What is empty was erased, and what was erased is empty. */
static void check_erasures(struct verifying *v)
{
	struct erased_list *lists[] = {&v->logged, &v->found};
	for (size_t i = 0; i < 2; i++)
		if (lists[i]->n)
			qsort(lists[i]->at, lists[i]->n, sizeof *lists[i]->at, compare_erased);
	size_t i = 0;
	size_t j = 0;
	while (i < v->logged.n || j < v->found.n) {
		int order = i == v->logged.n  ? 1
			    : j == v->found.n ? -1
					      : compare_erased(&v->logged.at[i], &v->found.at[j]);
		if (order < 0)
			verify_wrong(v, "a revision that was erased stands again");
		if (order > 0)
			verify_wrong(v, "a revision is empty, and the log knows of no erasure");
		i += order <= 0;
		j += order >= 0;
	}
}

static struct last_word *find_word(struct verifying *v, const char *kind, const struct store_id *id)
{
	for (size_t i = 0; i < v->n_words; i++)
		if (store_id_equal(&v->words[i].id, id) && strcmp(v->words[i].kind, kind) == 0)
			return &v->words[i];
	return NULL;
}

/* Whether the log's last word on the object is this. */
static bool agrees(
	struct verifying *v, const char *kind, const struct store_id *id, const uint8_t mac[HASH_BYTES])
{
	uint8_t commitment[HASH_BYTES];
	struct last_word *word = find_word(v, kind, id);
	if (!word || word->removed)
		return false;
	word->met = true;
	commitment_of(v->s, kind, id, 0, mac, HASH_BYTES, commitment);
	return memcmp(commitment, word->commitment, HASH_BYTES) == 0;
}

static void check_slot(struct verifying *v, const struct slot *slot)
{
	const struct store_id id = name_id("way-in", slot->holder);
	if (!agrees(v, "way-in", &id, slot->mac) ||
		(v->s->organisation && !slot_is_ours(v->s, slot, v->s->organisation)))
		verify_wrong(v, "the way in of '%s' is not the one that the log speaks of",
			slot->holder[0] ? slot->holder : "the organisation");
}

static int check_slots(struct verifying *v, struct cf_error *err)
{
	struct slot slot = {0};
	int status = slot_get(v->s, "", &slot, err);
	TRY(status);
	if (status)
		check_slot(v, &slot);
	memset(slot.holder, 0, sizeof slot.holder);
	while ((status = slot_after(v->s, slot.holder, &slot, err)) > 0)
		check_slot(v, &slot);
	return status;
}

static int check_users(struct verifying *v, struct cf_error *err)
{
	struct user_row row = {0};
	int status = 0;
	while ((status = user_after(v->s, row.user.name, &row, err)) > 0) {
		const struct store_id id = name_id("user", row.user.name);
		uint8_t mac[HASH_BYTES];
		user_mac(v->s, &row, mac);
		if (!agrees(v, "user", &id, row.mac) || memcmp(mac, row.mac, sizeof mac) != 0)
			verify_wrong(v, "user '%s' is not as the log has them", row.user.name);
	}
	return status;
}

static int next_erased(struct verifying *v, const struct store_id *after, bool any, struct store_id *ret,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(after->bytes, any ? STORE_ID_BYTES : 0)};
	TRY(db_query(v->s->db, S_ERASED_AFTER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		TRY(db_fixed(&rows, 0, ret->bytes, STORE_ID_BYTES, err));
	return status;
}

static int check_persons(struct verifying *v, struct cf_error *err)
{
	struct store_id person = {{0}};
	bool any = false;
	int status = 0;
	while ((status = next_erased(v, &person, any, &person, err)) > 0) {
		struct last_word *word = find_word(v, "person-key", &person);
		any = true;
		if (word)
			word->met = true;
		else
			verify_wrong(v, "a person is marked as erased, and the log knows of no erasure");
	}
	return status;
}

static void check_words(struct verifying *v)
{
	for (size_t i = 0; i < v->n_words; i++)
		if (!v->words[i].met && !v->words[i].removed)
			verify_wrong(v, "a %s that the log speaks of is missing", v->words[i].kind);
}

int verify_ends(struct verifying *v, struct cf_error *err)
{
	TRY(check_state(v, err));
	TRY(check_counts(v, err));
	check_erasures(v);
	TRY(check_slots(v, err));
	TRY(check_users(v, err));
	TRY(check_persons(v, err));
	check_words(v);
	return CF_OK;
}
