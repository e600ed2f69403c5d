/* A party with a valid key that sends what it likes: payloads are mutated before they are signed and sealed.
 * Each is refused, or processed without fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "crypto/sealed.h"
#include "ring.h"

/* An attacker: party 0 of three, with its key, against party 1 and the analyst. */
struct attack {
	struct ring r;
	struct match_study *study;
	struct identity *key;
	struct study_folder *target;
	struct match_header header;
	struct random_stream random;
	struct buffer payload; /* an honest one */
	struct buffer bad;
	size_t n_refused, n_taken, n_repeated;
};

/* Signs and seals the bad payload under the header and offers it; everything is as before afterwards. */
static void offer(struct attack *a)
{
	struct study_folder *f = a->target;
	struct sealed_writer *w = NULL;
	struct cf_error err = CF_ERROR_INIT;
	enum study_taking taking = STUDY_WAITS;
	uint8_t header[MATCH_HEADER_BYTES];
	CF_CLEANUP_FREE char *in = study_path(f->root, STUDY_IN);
	CF_CLEANUP_FREE char *path = file_path(in, "bad.cfm");
	FILE *to = fopen(path, "wb");
	const struct match_party before = f->party;
	REQUIRE(to);
	match_header_encode(&a->header, header);
	REQUIRE_OK(sealed_writer_new(to, header, sizeof header, a->key,
		match_study_card(a->study, a->header.receiver)->box_key, &w, &why));
	REQUIRE_OK(sealed_write(w, a->bad.data, a->bad.n, &why));
	REQUIRE_OK(sealed_writer_finish(w, NULL, &why));
	sealed_writer_free(w);
	REQUIRE(fclose(to) == 0);
	int status = study_take(f, "bad.cfm", &taking, &err);
	if (status < 0 && !study_is_refusal(status))
		fail_msg("status %d: %s", status, err.message);
	a->n_refused += status < 0;
	a->n_taken += status == 0 && taking == STUDY_TAKEN;
	a->n_repeated += status == 0 && taking == STUDY_REPEATED;
	if (status < 0)
		assert_memory_equal(&before, &f->party, sizeof before);
	f->party = before;
	(void)remove(path);
}

static void attack_make(struct attack *a, const char *strata)
{
	struct study_status s;
	*a = (struct attack){.n_refused = 0};
	ring_make(&a->r, &(struct ring_options){.n = 3, .n_rows = 4, .strata = strata});
	for (size_t i = 0; i <= 3; i++)
		REQUIRE_OK(ring_join(&a->r, i, NULL, &why));
	(void)ring_carry(&a->r);
	for (size_t i = 0; i <= 3; i++)
		REQUIRE_OK(ring_step(&a->r, i, NULL, &s, &why));
	a->study = ring_study(&a->r);
	random_init(&a->random, 20261124, 7);
}

static void attack_done(struct attack *a)
{
	match_study_free(a->study);
	identity_free(a->key);
	study_folder_free(a->target);
	buffer_done(&a->payload);
	buffer_done(&a->bad);
	ring_remove(&a->r);
}

/* The payload of a message file, opened with its receiver's key. */
static void open_payload(struct attack *a, const char *path, size_t sender, size_t receiver)
{
	struct identity *id = ring_identity(&a->r, receiver);
	struct sealed_reader *reader = NULL;
	uint8_t header[MATCH_HEADER_BYTES];
	uint8_t byte;
	FILE *from = fopen(path, "rb");
	REQUIRE(from);
	REQUIRE_OK(sealed_reader_new(from, sizeof header, header, &reader, &why));
	REQUIRE_OK(match_header_decode(header, &a->header, &why));
	REQUIRE_OK(sealed_reader_start(reader, id, match_study_card(a->study, sender)->sign_key, &why));
	buffer_clear(&a->payload);
	while (sealed_read(reader, &byte, 1, NULL) == 0)
		REQUIRE(buffer_append(&a->payload, &byte, 1) == 0);
	sealed_reader_free(reader);
	(void)fclose(from);
	identity_free(id);
}

/* Elements with which an implementation could be tripped. */
static void bad_element(struct attack *a, char *to)
{
	uint8_t element[GROUP_ELEMENT_BYTES];
	switch (random_below(&a->random, 5)) {
	case 0: /* the identity */
		memset(element, 0, sizeof element);
		break;
	case 1: /* the field's modulus: not canonical */
		memset(element, 0xff, sizeof element);
		element[0] = 0xed;
		element[31] = 0x7f;
		break;
	case 2: /* a good one from nowhere */
		group_random_element(element);
		break;
	case 3: /* another token of the list */
		memcpy(element, a->payload.data + 2, sizeof element);
		break;
	default:
		for (size_t i = 0; i < sizeof element; i++)
			element[i] = (uint8_t)random_bits(&a->random);
	}
	memcpy(to, element, sizeof element);
}

/* One to four changes: bits, numbers at their limits, elements, rows, lengths. */
static void mutate(struct attack *a)
{
	static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct random_stream *random = &a->random;
	buffer_clear(&a->bad);
	REQUIRE(buffer_append(&a->bad, a->payload.data, a->payload.n) == 0);
	for (size_t change = 0; change <= random_below(random, 4) && a->bad.n > 40; change++) {
		size_t at = random_below(random, a->bad.n);
		char *data = a->bad.data;
		switch (random_below(random, 8)) {
		case 0:
			data[at] = (char)(data[at] ^ 1 << random_below(random, 8));
			break;
		case 1:
			data[at] = (char)edges[random_below(random, sizeof edges)];
			break;
		case 2:
			for (size_t i = at; i < a->bad.n && i < at + 4; i++)
				data[i] = (char)edges[random_below(random, sizeof edges)];
			break;
		case 3:
			bad_element(a, data + (at > a->bad.n - 32                        ? a->bad.n - 32
						      : at / 32 * 32 + 2 > a->bad.n - 32 ? a->bad.n - 32
											 : at / 32 * 32 + 2));
			break;
		case 4:
			a->bad.n = at;
			break;
		case 5:
			REQUIRE(buffer_append(&a->bad, a->payload.data, random_below(random, 200)) == 0);
			break;
		case 6:
			memmove(data + at / 2, data + at, a->bad.n - at);
			break;
		default:
			data[random_below(random, 2)] =
				(char)random_bits(random); /* a stratum, or a magic byte */
		}
	}
}

static void run(struct attack *a, size_t n)
{
	a->bad.n = 0;
	REQUIRE(buffer_append(&a->bad, a->payload.data, a->payload.n) == 0);
	offer(a);
	assert_int_equal(
		a->n_taken, 1); /* the honest one, so that what is refused is refused for its change */
	for (size_t i = 0; i < n; i++) {
		mutate(a);
		offer(a);
	}
	assert_true(a->n_refused > n / 2);
	assert_int_equal(a->n_refused + a->n_taken, n + 1);
}

/* A list sent to a party, which would raise it. */
static void test_list_to_party(void **state)
{
	(void)state;
	struct attack a;
	attack_make(&a, "sex");
	a.target = ring_open(&a.r, 1);
	a.key = ring_identity(&a.r, 0);
	open_payload(&a, ring_find(ring_path(a.r.folder[0], "out"), "to-2", "hop-1", ""), 0, 1);
	run(&a, 4500);
	attack_done(&a);
}

/* A list sent to the analyst, which would cluster it. */
static void test_list_to_analyst(void **state)
{
	(void)state;
	struct attack a;
	attack_make(&a, NULL);
	ring_settle(&a.r);
	a.target = ring_open(&a.r, 3);
	a.key = ring_identity(&a.r, 0);
	a.target->party.lists_in[1].there = false;
	open_payload(&a, ring_find(ring_path(a.r.folder[0], STUDY_SPOOL), "to-analyst", "list-2", ""), 0, 3);
	run(&a, 2500);
	attack_done(&a);
}

/* A join: mutated and sent as it is (the signature inside breaks), and mutated before that signature. */
static void test_join(void **state)
{
	(void)state;
	struct attack a;
	attack_make(&a, "sex,age_band");
	a.target = ring_open(&a.r, 1);
	a.key = ring_identity(&a.r, 0);
	a.target->party.joins_in[0].there = false;
	open_payload(&a, ring_find(ring_path(a.r.folder[0], STUDY_SPOOL), "to-2", "join", ""), 0, 1);
	run(&a, 1000);
	const size_t n_body = a.payload.n - IDENTITY_SIGNATURE_BYTES;
	for (size_t i = 0; i < 2000; i++) {
		uint8_t signature[IDENTITY_SIGNATURE_BYTES];
		mutate(&a);
		if (a.bad.n > n_body)
			a.bad.n = n_body;
		REQUIRE_OK(identity_sign(a.key, "counterfoil join v1", a.bad.data, a.bad.n, signature, &why));
		REQUIRE(buffer_append(&a.bad, signature, sizeof signature) == 0);
		offer(&a);
	}
	/* a commitment may be anything: some are taken */
	assert_true(a.n_taken > 1 && a.n_refused > 1500);
	attack_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_to_party),
		cmocka_unit_test(test_list_to_analyst),
		cmocka_unit_test(test_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
