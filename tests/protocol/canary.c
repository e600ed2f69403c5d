/* Planted values: no message, log, journal or text for people holds one, nor its plain hash, nor its
 * unblinded group element. Payloads are searched after unsealing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ring.h"

#include <ftw.h>
#include <sodium.h>

#include "crypto/group.h"
#include "crypto/sealed.h"
#include "intake/columns.h"
#include "match/records.h"

enum { MAX_NEEDLES = 40000, MAX_NEEDLE_BYTES = 128 };

struct needle {
	size_t n;
	uint8_t bytes[MAX_NEEDLE_BYTES];
};
static struct needle *needles;
static size_t n_needles;

static void add_needle(const void *bytes, size_t n)
{
	/* what is shorter is found by chance */
	enum { LEAST = 6 };
	if (n < LEAST)
		return;
	n = n < MAX_NEEDLE_BYTES ? n : MAX_NEEDLE_BYTES;
	REQUIRE(n_needles < MAX_NEEDLES);
	needles[n_needles].n = n;
	memcpy(needles[n_needles++].bytes, bytes, n);
}

/* A hash as bytes and as both kinds of hexadecimal digits. */
static void add_hash(const uint8_t *hash, size_t n)
{
	char hex[2 * 64 + 1];
	add_needle(hash, n < 16 ? n : 16);
	crypto_to_hex(hash, n, hex);
	add_needle(hex, 32);
	for (char *c = hex; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
	add_needle(hex, 32);
}

/* The value, and its unkeyed hashes. */
static void plant(const char *value)
{
	uint8_t hash[64];
	const size_t n = strlen(value);
	const uint8_t *bytes = (const uint8_t *)value;
	add_needle(value, n);
	crypto_hash_sha256(hash, bytes, n);
	add_hash(hash, 32);
	crypto_hash_sha512(hash, bytes, n);
	add_hash(hash, 64);
	crypto_generichash(hash, 32, bytes, n, NULL, 0);
	add_hash(hash, 32);
	crypto_generichash(hash, 64, bytes, n, NULL, 0);
	add_hash(hash, 64);
}

/* What a study hashes of a value, before any exponent. */
static void plant_token(const struct match_study *s, size_t key, const char *value)
{
	struct buffer input = BUFFER_INIT;
	uint8_t element[GROUP_ELEMENT_BYTES];
	REQUIRE(match_hash_input(s, match_plan_key_name(s->plan, key), value, &input) == 0);
	REQUIRE_OK(group_hash(input.data, input.n, MATCH_HASH_TAG, strlen(MATCH_HASH_TAG), element, &why));
	add_hash(element, sizeof element);
	buffer_done(&input);
}

/* Every cell of the lists, every normalised value, every value of a match key and its group element. */
static void plant_list(const struct ring *r, const struct match_study *s, size_t i)
{
	struct person_list *persons = NULL;
	struct match_records *records = NULL;
	const struct intake_options options = {.list_name = "list", .country = s->country};
	struct csv_reader *csv = NULL;
	const struct csv_cell *cells;
	REQUIRE_OK(csv_open(r->list[i], &(struct csv_options){.trim = true}, &csv, &why));
	while (csv_next(csv, &cells, NULL) == 1)
		for (size_t c = 0; c < csv_n_columns(csv); c++)
			if (strcmp(csv_column_name(csv, c), "sex") != 0) /* "female" is in the study file */
				plant(cells[c].text);
	csv_close(csv);
	REQUIRE_OK(intake_read_persons(r->list[i], &options, &persons, NULL, &why));
	for (size_t p = 0; p < persons->n; p++)
		for (size_t f = 0; f < PERSON_N_FIELDS; f++)
			for (size_t v = 0; f != PERSON_SEX && v < persons->persons[p].n_values[f]; v++)
				plant(persons->persons[p].values[f][v].text);
	REQUIRE_OK(match_records_new(persons, s->plan, s->strata, NULL, &records, &why));
	for (size_t k = 0; k < records->n * records->n_slots; k++) {
		if (!records->values[k])
			continue;
		plant(records->values[k]);
		plant_token(s, match_plan_slot_key(s->plan, k % records->n_slots), records->values[k]);
	}
	match_records_free(records);
	person_list_free(persons);
}

/* Index of the first needle in the text, or SIZE_MAX. Needles are tried where their first four bytes agree.
 */
static size_t search(const uint8_t *text, size_t n)
{
	static uint32_t *heads; /* chains of needles by a hash of their first four bytes */
	static uint32_t *next;
	enum { N_HEADS = 1 << 16 };
	if (!heads) {
		heads = calloc(N_HEADS, sizeof *heads);
		next = calloc(MAX_NEEDLES + 1, sizeof *next);
		REQUIRE(heads && next);
		for (uint32_t i = 0; i < n_needles; i++) {
			uint32_t head;
			memcpy(&head, needles[i].bytes, sizeof head);
			head = head * 2654435761u >> 16;
			next[i + 1] = heads[head];
			heads[head] = i + 1;
		}
	}
	for (size_t at = 0; at + 4 <= n; at++) {
		uint32_t head;
		memcpy(&head, text + at, sizeof head);
		for (uint32_t i = heads[head * 2654435761u >> 16]; i; i = next[i])
			if (needles[i - 1].n <= n - at &&
				memcmp(needles[i - 1].bytes, text + at, needles[i - 1].n) == 0)
				return i - 1;
	}
	return SIZE_MAX;
}

static size_t n_searched;
static size_t n_payloads;

static void expect_clean(const void *text, size_t n, const char *what)
{
	size_t found = search(text, n);
	if (found != SIZE_MAX)
		fail_msg("needle %zu (%zu bytes) stands in %s", found, needles[found].n, what);
	n_searched++;
}

static void search_payload(const struct ring *r, const char *path, size_t receiver)
{
	struct match_study *s = ring_study(r);
	struct identity *id = ring_identity(r, receiver);
	struct sealed_reader *reader = NULL;
	struct match_header h;
	uint8_t header[MATCH_HEADER_BYTES];
	struct buffer payload = BUFFER_INIT;
	char byte;
	FILE *from = fopen(path, "rb");
	REQUIRE(from);
	REQUIRE_OK(sealed_reader_new(from, sizeof header, header, &reader, &why));
	REQUIRE_OK(match_header_decode(header, &h, &why));
	REQUIRE(h.receiver == receiver);
	REQUIRE_OK(sealed_reader_start(reader, id, match_study_card(s, h.sender)->sign_key, &why));
	while (sealed_read(reader, &byte, 1, NULL) == 0)
		REQUIRE(buffer_append(&payload, &byte, 1) == 0);
	REQUIRE(payload.n > 100);
	expect_clean(payload.data, payload.n, path);
	n_payloads++;
	buffer_done(&payload);
	sealed_reader_free(reader);
	(void)fclose(from);
	identity_free(id);
	match_study_free(s);
}

static int search_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	struct buffer text = BUFFER_INIT;
	/* the lists themselves stand beside the folders, at level 1 */
	if (kind != FTW_F || ftw->level < 2)
		return 0;
	ring_read(path, &text);
	expect_clean(text.data ? text.data : "", text.n, path);
	buffer_done(&text);
	return 0;
}

/* Texts that people see. */
static void search_texts(const struct ring *r)
{
	struct buffer notes = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_status s;
	for (size_t i = 0; i <= r->n; i++) {
		buffer_clear(&notes);
		REQUIRE_OK(study_status(r->folder[i], &s, &notes, &notes, &why));
		expect_clean(notes.data, notes.n, "the status");
	}
	/* the description before joining, and errors about a list */
	const struct study_access fresh = {
		.dir = ring_path(r->root, "fresh"), .key = ring_path(r->folder[0], STUDY_KEY)};
	struct study_join_request request = {
		.access = fresh, .study = r->study, .list = r->list[0], .another_run = true};
	buffer_clear(&notes);
	/* the same study from another folder, and that was said to be meant */
	assert_int_equal(study_join(&request, NULL, &notes, &err), 0);
	expect_clean(notes.data, notes.n, "what join says");
	expect_clean(err.message, strlen(err.message), "an error");
	request.access.dir = r->folder[0];
	request.list = r->list[1];
	request.study = NULL;
	buffer_clear(&notes);
	assert_int_equal(study_audit(&request, NULL, &notes, &err), CF_E_REFUSED);
	expect_clean(err.message, strlen(err.message), "the audit's refusal");
	expect_clean(notes.data, notes.n, "what audit says");
	buffer_done(&notes);
}

/* Lists with everything a person can be known by, under the shipped keys. */
static void write_rich_list(const struct ring *r, size_t i)
{
	static const char *const given[] = {"Canaria", "Zebulonia", "Marguerita", "Xenophilia"};
	static const char *const family[] = {"Canarywitz", "Quarrelsome", "Featherstone", "Ødegårdsen"};
	struct buffer text = BUFFER_INIT;
	REQUIRE(buffer_append_text(
			&text, "given_name,family_name,birth_date,sex,phone,email,passport_number\n") == 0);
	for (size_t row = 0; row < 12; row++) {
		size_t p = 3 * i + row;
		REQUIRE(buffer_printf(&text,
				"%s%zu,%s,19%02zu-%02zu-%02zu,%s,+61 4%08zu,canary.%zu@hidden.example,"
				"PX%08zu\n",
				given[p % 4], p, family[p / 4 % 4], 50 + p % 49, 1 + p % 12, 1 + p % 28,
				p % 3 ? "female" : "male", 91573511 + 1010703 * p, p,
				24601713 + 3170419 * p) == 0);
	}
	ring_write(r->list[i], text.data, text.n);
	buffer_done(&text);
}

static void search_all(const struct ring *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct file_list files = FILE_LIST_INIT;
		char spool[PATH_MAX];
		(void)snprintf(spool, sizeof spool, "%s/%s", r->folder[i], STUDY_SPOOL);
		REQUIRE_OK(file_list(spool, &files, &why));
		for (size_t k = 0; k < files.n; k++) {
			const char *name = files.names[k];
			search_payload(
				r, ring_path(spool, name), name[3] == 'a' ? r->n : (size_t)(name[3] - '1'));
		}
		file_list_done(&files);
	}
	/* 3 joins and 3 lists of each of 3 parties */
	assert_int_equal(n_payloads, r->n * 2 * r->n);
	REQUIRE(nftw(r->root, search_file, 16, FTW_PHYS) == 0);
	search_texts(r);
}

static void test_canaries(void **state)
{
	(void)state;
	struct ring r;
	needles = calloc(MAX_NEEDLES, sizeof *needles);
	REQUIRE(needles);
	ring_make(&r, &(struct ring_options){.n = 3, .n_rows = 12, .strata = "sex", .shipped_keys = true});
	struct match_study *s = ring_study(&r);
	for (size_t i = 0; i < r.n; i++) {
		write_rich_list(&r, i);
		plant_list(&r, s, i);
	}
	match_study_free(s);
	/* while secrets and own lists still lie there, and at the end */
	for (size_t i = 0; i <= r.n; i++)
		REQUIRE_OK(ring_join(&r, i, NULL, &why));
	REQUIRE(nftw(r.root, search_file, 16, FTW_PHYS) == 0);
	ring_settle(&r);
	search_all(&r);
	assert_true(n_searched > 60 && n_needles > 2000);
	/* the search itself finds what is there */
	struct buffer list = BUFFER_INIT;
	ring_read(r.list[0], &list);
	assert_true(search((const uint8_t *)list.data, list.n) != SIZE_MAX);
	buffer_done(&list);
	/* and so it would see a list whose exponent was forgotten: the last needles are those of a group
	 * element */
	uint8_t payload[200];
	memset(payload, 0x55, sizeof payload);
	assert_true(search(payload, sizeof payload) == SIZE_MAX);
	memcpy(payload + 51, needles[n_needles - 3].bytes, needles[n_needles - 3].n);
	assert_true(search(payload, sizeof payload) == n_needles - 3);
	ring_remove(&r);
	free(needles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canaries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
