#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "model/record.h"
#include "model/record_samples.h"

static void encode(const struct record *r, struct buffer *out)
{
	struct cf_error err = CF_ERROR_INIT;
	buffer_clear(out);
	if (record_encode(r, out, &err) < 0)
		fail_msg("%s", err.message);
}

/* Every field of every entity, in several scripts and all states, many times over. */
static void what_goes_in_comes_out(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 11, 1);
	struct buffer bytes = BUFFER_INIT;
	struct buffer again = BUFFER_INIT;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	size_t seen[RECORD_N_STATES] = {0};
	for (size_t round = 0; round < 20 * n; round++) {
		struct record *r = NULL;
		struct record *back = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(samples_record(&entities[round % n], &random, &r, &err), 0);
		encode(r, &bytes);
		if (record_decode(bytes.data, bytes.n, &back, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(record_equal(r, back));
		encode(back, &again);
		assert_int_equal(bytes.n, again.n);
		assert_memory_equal(bytes.data, again.data, bytes.n);
		for (size_t i = 0; i < record_n_values(back); i++)
			seen[record_values(back)[i].state]++;
		record_free(r);
		record_free(back);
	}
	for (size_t i = 0; i < RECORD_N_STATES; i++)
		assert_true(seen[i] > 100);
	buffer_done(&bytes);
	buffer_done(&again);
}

/* By hand from docs/records.md. */
static const unsigned char known_bytes[] = {
	1, /* format */
	2, /* person */
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15, /* id */
	4,  /* values */
	1,
	0x20,
	2,
	0xc3,
	0xa9, /* name, known, P4: é */
	1,
	0x60,
	1,
	1,
	'b', /* name, known, P4, part 1: b */
	11,
	0x12, /* gender, refused, P2 */
	12,
	0xa0, /* birth date, known, P4, with a source: */
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	4,
	'1',
	'9',
	'9',
	'0',
};

static struct record *known_record(void)
{
	struct record *r = NULL;
	struct record_id id;
	for (size_t i = 0; i < sizeof id.bytes; i++)
		id.bytes[i] = (uint8_t)i;
	assert_int_equal(record_new(schema_entity("person"), &id, &r, NULL), 0);
	const struct schema_field *name = schema_field_by_path("person.name");
	const struct schema_field *birth = schema_field_by_path("person.birth_date");
	struct record_value second = {
		.field = name, .handling = name->handling, .part = 1, .text = "b", .n = 1};
	struct record_value born = {.field = birth,
		.handling = birth->handling,
		.text = "1990",
		.n = 4,
		.source = "7zzzzzzzzzzzzzzzzzzzzzzzzz"};
	assert_int_equal(record_add_value(r, &born, NULL), 0);
	assert_int_equal(record_add_state(r, schema_field_by_path("person.gender"), RECORD_REFUSED, NULL), 0);
	assert_int_equal(record_add_value(r, &second, NULL), 0);
	assert_int_equal(record_add(r, name, "é", NULL), 0);
	return r;
}

/* Bytes that were stored once must be read for ever. */
static void the_form_does_not_change(void **state)
{
	(void)state;
	struct record *r = known_record();
	struct record *back = NULL;
	struct buffer bytes = BUFFER_INIT;
	encode(r, &bytes);
	assert_int_equal(bytes.n, sizeof known_bytes);
	assert_memory_equal(bytes.data, known_bytes, sizeof known_bytes);
	assert_int_equal(record_decode(known_bytes, sizeof known_bytes, &back, NULL), 0);
	assert_true(record_equal(r, back));
	buffer_done(&bytes);
	record_free(r);
	record_free(back);
}

static void refuses(const unsigned char *bytes, size_t n, const char *says)
{
	struct record *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	/* an exact block, so that the address sanitizer sees a read past the end */
	unsigned char *exact = malloc(n ? n : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, n);
	assert_int_equal(record_decode(exact, n, &r, &err), CF_E_INPUT);
	assert_null(r);
	if (!strstr(err.message, says))
		fail_msg("'%s' does not say '%s'", err.message, says);
	free(exact);
}

static void refuses_with(size_t at, unsigned char byte, const char *says)
{
	unsigned char bytes[sizeof known_bytes];
	memcpy(bytes, known_bytes, sizeof bytes);
	assert_true(bytes[at] != byte);
	bytes[at] = byte;
	refuses(bytes, sizeof bytes, says);
}

static void refuses_whatever_is_not_canonical(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof known_bytes; n++)
		refuses(known_bytes, n, "");
	unsigned char longer[sizeof known_bytes + 1] = {0};
	memcpy(longer, known_bytes, sizeof known_bytes);
	refuses(longer, sizeof longer, "damaged");
	refuses_with(0, 2, "format 2");
	refuses_with(1, 99, "kind 99");
	refuses_with(18, 5, "damaged");
	refuses_with(18, 3, "damaged");
	refuses_with(19, 12, "damaged");    /* out of order */
	refuses_with(20, 0x25, "damaged");  /* no such state */
	refuses_with(20, 0x38, "damaged");  /* no such handling */
	refuses_with(20, 0x21, "damaged");  /* unknown, yet with a text */
	refuses_with(22, 0xff, "damaged");  /* not UTF-8 */
	refuses_with(28, 0, "damaged");     /* a NUL in the text */
	refuses_with(26, 0, "damaged");     /* part 0 written out */
	refuses_with(29, 120, "field 120"); /* a field that is not there */
}

/* 2 written in two bytes, and the values of a set in another order, mean the same and are refused. */
static void refuses_a_second_way_of_saying_it(void **state)
{
	(void)state;
	static const unsigned char padded[] = {1, 0x82, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	refuses(padded, sizeof padded, "damaged");
	static const unsigned char large[] = {
		1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0};
	refuses(large, sizeof large, "damaged");
	const struct schema_field *act = schema_field_by_path("episode.act");
	struct record *r = NULL;
	struct record_id id = {{0}};
	struct buffer bytes = BUFFER_INIT;
	assert_int_equal(record_new(act->entity, &id, &r, NULL), 0);
	assert_int_equal(record_add(r, act, "Recruitment", NULL), 0);
	assert_int_equal(record_add(r, act, "Receipt", NULL), 0);
	encode(r, &bytes);
	char *first = memmem(bytes.data, bytes.n, "Receipt", 7);
	assert_non_null(first);
	assert_true(first < (char *)memmem(bytes.data, bytes.n, "Recruitment", 11));
	/* "Receipt" becomes "Sfceipt", which would come after "Recruitment" */
	first[0] = 'S';
	refuses((const unsigned char *)bytes.data, bytes.n, "damaged");
	buffer_done(&bytes);
	record_free(r);
}

static void does_not_write_what_it_could_not_read(void **state)
{
	(void)state;
	static const char *const bad[] = {"a\xff", "a\0b"};
	for (size_t i = 0; i < 2; i++) {
		struct record *r = NULL;
		struct record_id id = {{0}};
		struct buffer bytes = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(record_new(schema_entity("person"), &id, &r, NULL), 0);
		struct record_value v = {
			.field = schema_field_by_path("person.note"), .text = bad[i], .n = i ? 3 : 2};
		assert_int_equal(record_add_value(r, &v, NULL), 0);
		assert_int_equal(record_encode(r, &bytes, &err), CF_E_INPUT);
		assert_non_null(strstr(err.message, "note"));
		assert_int_equal(bytes.n, 0);
		buffer_done(&bytes);
		record_free(r);
	}
}

/* Whatever random damage is still read is written back exactly as it was. */
static void mutations_never_crash_nor_lose(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 12, 1);
	struct buffer bytes = BUFFER_INIT;
	struct buffer again = BUFFER_INIT;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	size_t n_read = 0;
	for (size_t round = 0; round < 20000; round++) {
		struct record *r = NULL;
		if (round % 50 == 0) {
			assert_int_equal(samples_record(&entities[round / 50 % n], &random, &r, NULL), 0);
			encode(r, &bytes);
			r = record_free(r);
		}
		size_t size = bytes.n;
		if (random_below(&random, 4) == 0)
			size = (size_t)random_below(&random, bytes.n + 1);
		unsigned char *copy = malloc(size ? size : 1);
		assert_non_null(copy);
		memcpy(copy, bytes.data, size);
		for (size_t flips = size ? 1 + (size_t)random_below(&random, 3) : 0; flips-- > 0;)
			copy[random_below(&random, size)] ^= (unsigned char)(1 << random_below(&random, 8));
		if (record_decode(copy, size, &r, NULL) == 0) {
			n_read++;
			encode(r, &again);
			assert_int_equal(again.n, size);
			assert_memory_equal(again.data, copy, size);
			record_free(r);
		}
		free(copy);
	}
	/* flips of ids and of letters are other sound records */
	assert_true(n_read > 1000 && n_read < 19000);
	buffer_done(&bytes);
	buffer_done(&again);
}

static int round_once(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_RECORD struct record *back = NULL;
	CF_CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT;
	struct random_stream random;
	random_init(&random, 13, 1);
	TRY(samples_record(schema_entity("leg"), &random, &r, err));
	TRY(record_encode(r, &bytes, err));
	return record_decode(bytes.data, bytes.n, &back, err);
}

static void survives_want_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("record bytes", round_once, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(the_form_does_not_change),
		cmocka_unit_test(refuses_whatever_is_not_canonical),
		cmocka_unit_test(refuses_a_second_way_of_saying_it),
		cmocka_unit_test(does_not_write_what_it_could_not_read),
		cmocka_unit_test(mutations_never_crash_nor_lose),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
