/*
 * Names as the linking engine compares them: four cells of a line are two persons' given and family names.
 * Levels are inside their range and the same from both sides, distances keep their order, and codes keep to
 * their letters.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "link/glance.h"
#include "link/levels.h"
#include "link/metaphone.h"
#include "link/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct similar_text text_of(const char *s, size_t n)
{
	struct similar_text t = {.text = s, .n = n, .letters = similar_letters(s, n)};
	sound_numbers(s, n, t.sounds);
	return t;
}

static void check_codes(const struct similar_text *t)
{
	struct metaphone m;
	char code[SOUND_MAX];
	metaphone(t->text, t->n, &m);
	must(strspn(m.primary, "0AFHJKLMNPRSTX") == strlen(m.primary));
	must(strspn(m.secondary, "0AFHJKLMNPRSTX") == strlen(m.secondary));
	for (int r = 0; r < SOUND_N_READINGS; r++)
		must(sound_code(t->text, t->n, (enum sound_reading)r, code) <= SOUND_MAX);
}

static bool is_seen_unlike(enum link_kind kind, const struct similar_text *a, const struct similar_text *b)
{
	static struct glance_bounds bounds;
	const struct glance_name x = glance_name_of(a);
	const struct glance_name y = glance_name_of(b);
	uint64_t p = glance_signs_of(kind, a->text, a->n);
	uint64_t q = glance_signs_of(kind, b->text, b->n);
	if (!bounds.least[1][1][0])
		glance_bounds_make(&bounds);
	return (kind == LINK_NAME && glance_names_are_unlike(&bounds, &x, &y)) ||
	       (kind == LINK_DATE && glance_dates_are_unlike(p, q)) ||
	       (kind == LINK_PHONE && glance_phones_are_unlike(p, q)) ||
	       (kind == LINK_CODE && glance_codes_are_unlike(p, q));
}

static void check_pair(const struct similar_text *a, const struct similar_text *b)
{
	unsigned edits = similar_edits(a, b);
	unsigned restricted = similar_edits_restricted(a, b);
	must(edits == similar_edits(b, a) && restricted == similar_edits_restricted(b, a));
	must(edits <= restricted && 2 * restricted <= 3 * edits);
	if (a->n == 0 || b->n == 0 || (a->n == b->n && memcmp(a->text, b->text, a->n) == 0))
		return;
	double s = similar_jaro_winkler(a, b);
	must(s >= 0 && s <= 1 && similar_jaro_winkler_bound(a, b) >= s - 1e-12);
	for (int kind = 0; kind < LINK_N_KINDS; kind++) {
		unsigned level = link_level_of((enum link_kind)kind, a, b);
		must(level >= 1 && level <= link_n_levels((enum link_kind)kind));
		must(level == link_level_of((enum link_kind)kind, b, a));
		if (is_seen_unlike((enum link_kind)kind, a, b))
			must(level == link_n_levels((enum link_kind)kind));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { CELLS = 4 };
	struct similar_text cells[CELLS];
	/* numbers end at a NUL, as in a dictionary */
	char *text = malloc(n + 1);
	if (!text)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	const char *at = text;
	for (int i = 0; i < CELLS; i++) {
		size_t length = strcspn(at, "\n");
		cells[i] = text_of(at, length);
		check_codes(&cells[i]);
		at += length + (at[length] == '\n');
	}
	check_pair(&cells[0], &cells[2]);
	check_pair(&cells[1], &cells[3]);
	const struct link_whole_name a = {cells[0], cells[1]};
	const struct link_whole_name b = {cells[2], cells[3]};
	must(link_names_spread(&a, &b) == link_names_spread(&b, &a));
	free(text);
	return 0;
}
