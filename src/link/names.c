#include "link/names.h"

#include <string.h>

#include "link/nicknames.h"

static const double least_alike = 0.76;

static size_t shorter_of(const struct similar_text *a, const struct similar_text *b)
{
	return a->n < b->n ? a->n : b->n;
}

/* A blank is one of the other signs. */
static bool has_blank(const struct similar_text *t)
{
	if (!(t->letters & SIMILAR_OTHERS) && t->n <= SIMILAR_MAX)
		return false;
	return memchr(t->text, ' ', t->n) != NULL;
}

static bool share_nickname(const struct similar_text *a, const struct similar_text *b)
{
	for (size_t i = 0; a->nicknames && b->nicknames && i < NICKNAME_MAX_GROUPS && a->nicknames[i]; i++)
		for (size_t k = 0; k < NICKNAME_MAX_GROUPS && b->nicknames[k]; k++)
			if (a->nicknames[i] == b->nicknames[k])
				return true;
	return false;
}

static bool sound_alike(const struct similar_text *a, const struct similar_text *b)
{
	for (int r = 0; r < SOUND_N_READINGS; r++)
		if (a->sounds[r] && a->sounds[r] == b->sounds[r])
			return true;
	return share_nickname(a, b);
}

bool link_is_unlike_name(const struct similar_text *a, const struct similar_text *b)
{
	if (((a->letters | b->letters) & SIMILAR_OTHERS) || a->n < 2 || b->n < 2)
		return false;
	/* letters say nothing of blanks behind those they are of */
	if (a->n > SIMILAR_MAX || b->n > SIMILAR_MAX)
		return false;
	return similar_jaro_winkler_bound(a, b) < least_alike && !sound_alike(a, b);
}

size_t link_least_common(size_t n_a, size_t n_b, size_t prefix)
{
	size_t shorter = n_a < n_b ? n_a : n_b;
	size_t m = 1;
	prefix = prefix < shorter ? prefix : shorter;
	while (m <= shorter && similar_bound_of(m, n_a, n_b, prefix) < least_alike)
		m++;
	return m;
}

unsigned link_level_of_name(const struct similar_text *a, const struct similar_text *b)
{
	bool long_enough = shorter_of(a, b) >= 4;
	similar_order(&a, &b);
	if (has_blank(a) || has_blank(b)) {
		struct similar_words w = similar_compare_words(SIMILAR_NAMES, a, b);
		double few = (double)(w.n_a < w.n_b ? w.n_a : w.n_b);
		if (similar_without_blanks(a, b) || (w.same_words && !w.particles))
			return 2;
		if (w.found >= few * 0.8 && (few >= 2 || w.same_words))
			return w.n_a == w.n_b && !w.particles ? 2 : 3;
		if (w.found >= few * 0.6)
			return 4;
	}
	if (shorter_of(a, b) == 1 && a->text[0] == b->text[0])
		return 4;
	if (long_enough && similar_edits_up_to(a, b, 1) <= 1)
		return 2;
	if (sound_alike(a, b))
		return 3;
	if (similar_jaro_winkler_bound(a, b) < least_alike)
		return 6;
	double s = similar_jaro_winkler(a, b);
	return s >= 0.95 ? 2 : s >= 0.88 ? 3 : s >= least_alike ? 5 : 6;
}

/* ---- whole names ---- */

static bool is_close(const struct similar_text *a, const struct similar_text *b)
{
	if (a->n == b->n && memcmp(a->text, b->text, a->n) == 0)
		return true;
	return link_level_of_name(a, b) <= 3;
}

/* Given name and family name as one text, cut to what can be compared. */
static size_t joined(const struct link_whole_name *name, char to[2 * SIMILAR_MAX + 1])
{
	size_t n = name->given.n < SIMILAR_MAX ? name->given.n : SIMILAR_MAX;
	size_t m = name->family.n < SIMILAR_MAX ? name->family.n : SIMILAR_MAX;
	memcpy(to, name->given.text, n);
	to[n] = ' ';
	memcpy(to + n + 1, name->family.text, m);
	return n + 1 + m;
}

static bool same_words(const struct link_whole_name *a, const struct link_whole_name *b)
{
	char text_a[2 * SIMILAR_MAX + 1];
	char text_b[2 * SIMILAR_MAX + 1];
	const struct similar_text x = {.text = text_a, .n = joined(a, text_a)};
	const struct similar_text y = {.text = text_b, .n = joined(b, text_b)};
	const struct similar_text *first = &x;
	const struct similar_text *second = &y;
	similar_order(&first, &second);
	struct similar_words w = similar_compare_words(SIMILAR_NAMES, first, second);
	size_t few = w.n_a < w.n_b ? w.n_a : w.n_b;
	return few >= 2 && !w.initials && w.found >= 0.8 * (double)few;
}

static bool are_close(const struct similar_text *a, const struct similar_text *b,
	const struct similar_text *x, const struct similar_text *y)
{
	return !link_is_unlike_name(a, b) && !link_is_unlike_name(x, y) && is_close(a, b) && is_close(x, y);
}

bool link_names_spread(const struct link_whole_name *a, const struct link_whole_name *b)
{
	bool given_there = a->given.n && b->family.n;
	bool family_there = a->family.n && b->given.n;
	if (!link_letters_may_be_spread(
		    a->given.letters, a->family.letters, b->given.letters, b->family.letters))
		return false;
	if (!given_there && !family_there)
		return false;
	if (given_there && !a->family.n && !b->given.n)
		return is_close(&a->given, &b->family);
	if (family_there && !a->given.n && !b->family.n)
		return is_close(&a->family, &b->given);
	if (given_there && family_there && are_close(&a->given, &b->family, &a->family, &b->given))
		return true;
	/* names of one word a column can only be swapped; a blank counts as a letter of another kind */
	uint32_t letters = a->given.letters | a->family.letters | b->given.letters | b->family.letters;
	if (!(letters & SIMILAR_OTHERS))
		return false;
	return same_words(a, b);
}
