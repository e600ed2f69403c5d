#include "link/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/names.h"

static const char *const name_levels[] = {"equal", "one typing error, or words in another order",
	"alike, sounding alike, or a known short form", "one is part of the other, or an initial",
	"somewhat alike", "unlike"};
static const char *const text_levels[] = {"equal", "same words or nearly", "most words shared",
	"half of the words shared", "some words shared", "unlike"};
static const char *const date_levels[] = {"equal", "one place wrong, or day and month swapped",
	"two parts of three equal, or two places wrong",
	"same year, the rest not known (a year apart where neither is known)", "three places wrong",
	"same year, or a year apart", "unlike"};
static const char *const phone_levels[] = {
	"equal", "equal but for the prefix", "one digit wrong", "two digits wrong", "unlike"};
static const char *const email_levels[] = {
	"equal", "one typing error", "same user, or two typing errors", "users alike", "unlike"};
static const char *const code_levels[] = {"equal", "one typing error, or signs misread (0 O, 1 I)",
	"two typing errors", "same beginning", "unlike"};
static const char *const number_levels[] = {
	"equal", "one typing error", "within one per cent", "within ten per cent", "unlike"};
static const char *const choice_levels[] = {"equal", "one typing error", "unlike"};

static const struct {
	unsigned n;
	const char *const *names;
} kinds[LINK_N_KINDS] = {
#define LEVELS(names)                                                                                        \
	{                                                                                                    \
		sizeof(names) / sizeof *(names), names                                                       \
	}
	[LINK_NAME] = LEVELS(name_levels),
	[LINK_TEXT] = LEVELS(text_levels),
	[LINK_DATE] = LEVELS(date_levels),
	[LINK_PHONE] = LEVELS(phone_levels),
	[LINK_EMAIL] = LEVELS(email_levels),
	[LINK_CODE] = LEVELS(code_levels),
	[LINK_NUMBER] = LEVELS(number_levels),
	[LINK_CHOICE] = LEVELS(choice_levels),
};

unsigned link_n_levels(enum link_kind kind)
{
	return kinds[kind].n;
}

const char *link_level_name(enum link_kind kind, unsigned level)
{
	return kinds[kind].names[level - 1];
}

static size_t shorter_of(const struct similar_text *a, const struct similar_text *b)
{
	return a->n < b->n ? a->n : b->n;
}

static size_t apart(const struct similar_text *a, const struct similar_text *b)
{
	return a->n < b->n ? b->n - a->n : a->n - b->n;
}

static unsigned level_of_text(const struct similar_text *a, const struct similar_text *b)
{
	size_t longer = a->n < b->n ? b->n : a->n;
	if (similar_edits_up_to(a, b, longer >= 10 ? 2 : 1) <= (longer >= 10 ? 2 : 1) ||
		similar_without_blanks(a, b))
		return 2;
	struct similar_words w = similar_compare_words(SIMILAR_TEXTS, a, b);
	size_t most = w.n_a > w.n_b ? w.n_a : w.n_b;
	size_t few = w.n_a < w.n_b ? w.n_a : w.n_b;
	double share = w.found / (double)most;
	if (w.same_words || share >= 0.85)
		return 2;
	if (share >= 0.65 || (few >= 2 && w.found >= 0.8 * (double)few) ||
		similar_jaro_winkler_bound(a, b) >= 0.92) {
		if (share >= 0.65 || (few >= 2 && w.found >= 0.8 * (double)few) ||
			similar_jaro_winkler(a, b) >= 0.92)
			return 3;
	}
	return share >= 0.45 ? 4 : share >= 0.2 ? 5 : 6;
}

static bool known(const char *text, size_t from, size_t n)
{
	return !memchr(text + from, '?', n) && !(text[from] == '0' && text[from + 1] == '0');
}

static int years_apart(const struct similar_text *a, const struct similar_text *b)
{
	int years = 0;
	for (size_t i = 0; i < 4; i++)
		years = years * 10 + (a->text[i] - b->text[i]);
	return years;
}

static unsigned level_of_full_dates(const struct similar_text *a, const struct similar_text *b)
{
	bool year = memcmp(a->text, b->text, 4) == 0;
	bool month = memcmp(a->text + 4, b->text + 4, 2) == 0;
	bool day = memcmp(a->text + 6, b->text + 6, 2) == 0;
	bool swapped = memcmp(a->text + 4, b->text + 6, 2) == 0 && memcmp(a->text + 6, b->text + 4, 2) == 0;
	unsigned edits = similar_edits_restricted(a, b);
	if (edits <= 1 || (year && swapped))
		return 2;
	if (edits == 2 || year + month + day == 2)
		return 3;
	if (edits == 3)
		return 5;
	return abs(years_apart(a, b)) <= 1 ? 6 : 7;
}

bool link_is_year_only(const char *text)
{
	return !known(text, 4, 2) || !known(text, 6, 2) || memcmp(text + 4, "0101", 4) == 0;
}

/* Nothing but the year is known: one reckoned from an age is one off as often as not. */
static unsigned level_of_years(const struct similar_text *a, const struct similar_text *b)
{
	size_t wrong = 0;
	if (abs(years_apart(a, b)) <= 1)
		return 4;
	for (size_t i = 0; i < 4; i++)
		wrong += a->text[i] != b->text[i];
	return wrong <= 1 ? 5 : 7;
}

static unsigned level_of_date(const struct similar_text *a, const struct similar_text *b)
{
	if (a->n != 8 || b->n != 8)
		return similar_edits_restricted(a, b) <= 2 ? 3 : similar_edits_restricted(a, b) == 3 ? 5 : 7;
	if ((link_is_year_only(a->text) || link_is_year_only(b->text)) && memcmp(a->text, b->text, 4) == 0) {
		bool month = known(a->text, 4, 2) && known(b->text, 4, 2);
		return month && similar_edits_restricted(a, b) <= 1 ? 2 : 4;
	}
	if (link_is_year_only(a->text) && link_is_year_only(b->text))
		return level_of_years(a, b);
	return level_of_full_dates(a, b);
}

static unsigned level_of_phone(const struct similar_text *a, const struct similar_text *b)
{
	enum { SUFFIX = 7 };
	size_t n = shorter_of(a, b);
	size_t same = 0;
	while (same < n && a->text[a->n - 1 - same] == b->text[b->n - 1 - same])
		same++;
	if (same >= SUFFIX)
		return 2;
	unsigned edits = similar_edits_up_to(a, b, 2);
	if (edits <= 2)
		return edits <= 1 ? 3 : 4;
	/* the same with and without a prefix: the last digits alone */
	if (apart(a, b) > 0 && n >= SUFFIX) {
		struct similar_text x = {.text = a->text + a->n - n, .n = n};
		struct similar_text y = {.text = b->text + b->n - n, .n = n};
		edits = similar_edits_restricted(&x, &y);
		return edits <= 1 ? 3 : edits == 2 ? 4 : 5;
	}
	return 5;
}

static struct similar_text user_of(const struct similar_text *t)
{
	const char *at = memchr(t->text, '@', t->n);
	size_t n = at ? (size_t)(at - t->text) : t->n;
	return (struct similar_text){.text = t->text, .n = n, .letters = similar_letters(t->text, n)};
}

static unsigned level_of_email(const struct similar_text *a, const struct similar_text *b)
{
	unsigned edits = similar_edits_up_to(a, b, 2);
	if (edits <= 1)
		return 2;
	struct similar_text x = user_of(a);
	struct similar_text y = user_of(b);
	if (edits == 2 || (x.n == y.n && memcmp(x.text, y.text, x.n) == 0))
		return 3;
	if (similar_jaro_winkler_bound(&x, &y) < 0.88)
		return 5;
	return similar_jaro_winkler(&x, &y) >= 0.88 ? 4 : 5;
}

char link_sign_of(char c)
{
	static const char pairs[][2] = {{'o', '0'}, {'q', '0'}, {'i', '1'}, {'l', '1'}, {'z', '2'},
		{'s', '5'}, {'g', '6'}, {'b', '8'}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i][0] == c)
			return pairs[i][1];
	return c;
}

static bool are_misread(const struct similar_text *a, const struct similar_text *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (link_sign_of(a->text[i]) != link_sign_of(b->text[i]))
			return false;
	return true;
}

static unsigned level_of_code(const struct similar_text *a, const struct similar_text *b)
{
	unsigned edits = similar_edits_up_to(a, b, 2);
	if (edits <= 1 || are_misread(a, b))
		return 2;
	if (edits == 2 && shorter_of(a, b) >= 4)
		return 3;
	size_t half = (shorter_of(a, b) + 1) / 2;
	return half >= 2 && memcmp(a->text, b->text, half) == 0 ? 4 : 5;
}

static unsigned level_of_number(const struct similar_text *a, const struct similar_text *b)
{
	double x = strtod(a->text, NULL);
	double y = strtod(b->text, NULL);
	double difference = fabs(x - y);
	double size = fmax(fabs(x), fabs(y));
	if (difference <= 1e-9 * size)
		return 1;
	if (shorter_of(a, b) >= 4 && similar_edits_up_to(a, b, 1) <= 1)
		return 2;
	return difference <= 0.01 * size ? 3 : difference <= 0.1 * size ? 4 : 5;
}

static unsigned level_of_choice(const struct similar_text *a, const struct similar_text *b)
{
	return shorter_of(a, b) >= 3 && similar_edits_up_to(a, b, 1) <= 1 ? 2 : 3;
}

unsigned link_level_of(enum link_kind kind, const struct similar_text *a, const struct similar_text *b)
{
	if (kind == LINK_TEXT || kind == LINK_EMAIL)
		similar_order(&a, &b);
	switch (kind) {
	case LINK_NAME:
		return link_level_of_name(a, b);
	case LINK_TEXT:
		return level_of_text(a, b);
	case LINK_DATE:
		return level_of_date(a, b);
	case LINK_PHONE:
		return level_of_phone(a, b);
	case LINK_EMAIL:
		return level_of_email(a, b);
	case LINK_CODE:
		return level_of_code(a, b);
	case LINK_NUMBER:
		return level_of_number(a, b);
	case LINK_CHOICE:
	case LINK_N_KINDS:
		break;
	}
	return level_of_choice(a, b);
}
