/*
 * A glance never says unlike where the whole comparison says anything else, on values that are few edits
 * apart; and it sees most values that have nothing to do with each other, else it would be for nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "link/glance.h"
#include "link/levels.h"
#include "link/names.h"

enum { ROUNDS = 200000, LONGEST = 80 };

struct drawn {
	char text[LONGEST + 16];
	size_t n;
};

static const char *signs_of(enum link_kind kind)
{
	static const char *const signs[LINK_N_KINDS] = {
		[LINK_NAME] = "abcdefghijklmnorstuvyz", [LINK_CODE] = "0123456789abcoilsz"};
	return signs[kind] ? signs[kind] : "0123456789";
}

static void draw(struct random_stream *random, enum link_kind kind, struct drawn *d)
{
	const char *signs = signs_of(kind);
	memset(d, 0, sizeof *d);
	/* few different signs now and then, so that much is alike by chance */
	size_t n_signs = random_below(random, 2) ? strlen(signs) : 1 + random_below(random, 4);
	d->n = kind == LINK_DATE ? 8 : 1 + random_below(random, random_below(random, 20) ? 14 : LONGEST);
	for (size_t i = 0; i < d->n; i++)
		d->text[i] = signs[random_below(random, n_signs)];
	if (kind == LINK_DATE && random_below(random, 4) == 0)
		memcpy(d->text + 4, random_below(random, 2) ? "0101" : "????", 4);
}

static void edit(struct random_stream *random, enum link_kind kind, struct drawn *d)
{
	size_t at = random_below(random, d->n);
	char sign = signs_of(kind)[random_below(random, strlen(signs_of(kind)))];
	switch (random_below(random, 4)) {
	case 0:
		d->text[at] = sign;
		break;
	case 1:
		if (d->n > 1) {
			memmove(d->text + at, d->text + at + 1, d->n - at);
			d->n--;
		}
		break;
	case 2:
		if (d->n < LONGEST) {
			memmove(d->text + at + 1, d->text + at, d->n - at);
			d->text[at] = sign;
			d->n++;
		}
		break;
	default:
		if (at + 1 < d->n) {
			sign = d->text[at];
			d->text[at] = d->text[at + 1];
			d->text[at + 1] = sign;
		}
	}
}

static void text_of(const struct drawn *d, struct similar_text *t)
{
	*t = (struct similar_text){.text = d->text, .n = d->n, .letters = similar_letters(d->text, d->n)};
	sound_numbers(d->text, d->n, t->sounds);
}

static bool at_a_glance(enum link_kind kind, const struct glance_bounds *bounds, const struct similar_text *a,
	const struct similar_text *b)
{
	uint64_t x = glance_signs_of(kind, a->text, a->n);
	uint64_t y = glance_signs_of(kind, b->text, b->n);
	if (kind == LINK_DATE)
		return glance_dates_are_unlike(x, y);
	if (kind == LINK_PHONE)
		return glance_phones_are_unlike(x, y);
	if (kind == LINK_CODE)
		return glance_codes_are_unlike(x, y);
	const struct glance_name p = glance_name_of(a);
	const struct glance_name q = glance_name_of(b);
	bool unlike = glance_names_are_unlike(bounds, &p, &q);
	assert_true(!unlike || link_is_unlike_name(a, b));
	return unlike;
}

static void glances_never_err(enum link_kind kind)
{
	struct glance_bounds bounds;
	struct random_stream random;
	size_t unlike = 0;
	size_t seen = 0;
	glance_bounds_make(&bounds);
	random_init(&random, 12, (uint64_t)kind);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct drawn a;
		struct drawn b;
		struct similar_text x;
		struct similar_text y;
		draw(&random, kind, &a);
		if (i % 2)
			draw(&random, kind, &b);
		else
			b = a;
		for (size_t edits = i % 2 ? 0 : 1 + random_below(&random, 6); edits > 0; edits--)
			edit(&random, kind, &b);
		if (a.n == b.n && memcmp(a.text, b.text, a.n) == 0)
			continue;
		text_of(&a, &x);
		text_of(&b, &y);
		bool is_last = link_level_of(kind, &x, &y) == link_n_levels(kind);
		bool is_seen = at_a_glance(kind, &bounds, &x, &y);
		if (is_seen && !is_last)
			fail_msg("%s and %s", a.text, b.text);
		unlike += is_last;
		seen += is_seen;
	}
	assert_true(seen > unlike / 2);
}

static void names(void **state)
{
	(void)state;
	glances_never_err(LINK_NAME);
}

static void dates(void **state)
{
	(void)state;
	glances_never_err(LINK_DATE);
}

static void phones(void **state)
{
	(void)state;
	glances_never_err(LINK_PHONE);
}

static void codes(void **state)
{
	(void)state;
	glances_never_err(LINK_CODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(dates),
		cmocka_unit_test(phones),
		cmocka_unit_test(codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
