#include "scribe_name.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "latin.h"
#include "typos.h"

/* How the two parts of one given name are written, the same throughout a row. */
enum joining { JOIN_CLOSED, JOIN_SPACE, JOIN_HYPHEN };
enum spelling { SPELL_PASSPORT, SPELL_OWN, SPELL_HEARD, SPELL_NATIVE };

struct naming {
	struct random_stream *r;
	const struct sim_person *p;
	const struct list_model *list;
	enum spelling spelling;
	enum joining joining;
};

static bool happens(const struct naming *n, unsigned per_thousand)
{
	return model_happens(n->r, per_thousand);
}

static void choose_habits(struct naming *n)
{
	const struct error_model *e = &n->list->errors;
	uint64_t u = random_below(n->r, 1000);
	n->spelling = u < e->own_spelling                       ? SPELL_OWN
		      : u < e->own_spelling + e->heard_spelling ? SPELL_HEARD
								: SPELL_PASSPORT;
	if (!n->p->origin->is_latin && happens(n, e->native_script))
		n->spelling = SPELL_NATIVE;
	u = random_below(n->r, 100);
	n->joining = u < 60 ? JOIN_CLOSED : u < 85 ? JOIN_SPACE : JOIN_HYPHEN;
}

/* "Xiao+Mei": Xiaomei, Xiao Mei or Xiao-mei. */
static void join_parts(char *text, enum joining joining)
{
	char *plus = strchr(text, '+');
	if (!plus)
		return;
	if (joining == JOIN_SPACE) {
		*plus = ' ';
		return;
	}
	plus[1] = (char)tolower((unsigned char)plus[1]);
	if (joining == JOIN_HYPHEN)
		*plus = '-';
	else
		memmove(plus, plus + 1, strlen(plus));
}

static void token_text(const struct naming *n, size_t at, char to[NAME_BYTES])
{
	const struct name_token *t = &n->p->name.tokens[at];
	const char *text = t->latin[0];
	if (n->spelling == SPELL_OWN)
		text = t->latin[n->p->spelling[at]];
	else if (n->spelling == SPELL_HEARD)
		text = t->latin[random_below(n->r, t->n_latin)];
	else if (n->spelling == SPELL_NATIVE)
		text = t->native;
	else if (at == 0 && t->nick[0] && happens(n, n->list->errors.nickname))
		text = t->nick;
	(void)snprintf(to, NAME_BYTES, "%s", text);
	join_parts(to, n->joining);
}

static void add_word(char *to, const char *word)
{
	size_t at = strlen(to);
	size_t n = strlen(word);
	if (n == 0)
		return;
	assert(at + 1 + n < SCRIBE_NAME_BYTES);
	if (at)
		to[at++] = ' ';
	memcpy(to + at, word, n + 1);
}

/* Which of two surnames is left out, ROLE_NONE for neither: the second, or where the father's stands last as
 * often the first. */
static enum name_role choose_dropped_family(const struct naming *n)
{
	bool two = false;
	for (size_t i = 0; i < n->p->name.n; i++)
		two |= n->p->name.tokens[i].role == ROLE_FAMILY2;
	if (!two || !happens(n, n->list->errors.family2_dropped))
		return ROLE_NONE;
	bool father_last = strcmp(n->p->origin->country, "BR") == 0;
	return father_last && random_below(n->r, 2) ? ROLE_FAMILY : ROLE_FAMILY2;
}

/* Words by their role. Where the family name comes first the middle part belongs before the given name. */
static void write_parts(const struct naming *n, struct scribe_name *to)
{
	char word[NAME_BYTES];
	enum name_role dropped = choose_dropped_family(n);
	for (size_t i = 0; i < n->p->name.n; i++) {
		enum name_role role = n->p->name.tokens[i].role;
		token_text(n, i, word);
		if (role == dropped || (role == ROLE_MIDDLE && happens(n, n->list->errors.middle_dropped)))
			continue;
		add_word(role == ROLE_GIVEN    ? to->first
			 : role == ROLE_MIDDLE ? to->middle
					       : to->second,
			word);
	}
}

static void merge_middle(const struct naming *n, struct scribe_name *to)
{
	if (!to->middle[0])
		return;
	bool before = n->p->origin->system == NAME_FAMILY_FIRST && happens(n, 700);
	char merged[SCRIBE_NAME_BYTES] = "";
	add_word(merged, before ? to->middle : to->first);
	add_word(merged, before ? to->first : to->middle);
	memcpy(to->first, merged, sizeof merged);
	to->middle[0] = '\0';
}

/* A name without a family name, in a form that asks for one: all in the first box, all in the second, or cut.
 */
static void split_words(const struct naming *n, struct scribe_name *to)
{
	size_t n_words = n->p->name.n;
	uint64_t u = random_below(n->r, 100);
	size_t n_first = u < 40 ? n_words : u < 55 ? 0 : 1 + random_below(n->r, n_words);
	char word[NAME_BYTES];
	for (size_t i = 0; i < n_words; i++) {
		token_text(n, i, word);
		add_word(i < n_first ? to->first : to->second, word);
	}
}

static void swap_boxes(const struct naming *n, struct scribe_name *to)
{
	const struct error_model *e = &n->list->errors;
	bool foreign = n->p->origin->system == NAME_FAMILY_FIRST;
	if (!happens(n, foreign ? e->swapped_foreign : e->swapped))
		return;
	char kept[SCRIBE_NAME_BYTES];
	memcpy(kept, to->first, sizeof kept);
	memcpy(to->first, to->second, sizeof kept);
	memcpy(to->second, kept, sizeof kept);
}

static void slip(const struct naming *n, struct scribe_name *to)
{
	const struct error_model *e = &n->list->errors;
	if (!happens(n, e->name_typo))
		return;
	uint64_t u = random_below(n->r, (uint64_t)e->typo_kinds[0] + e->typo_kinds[1] + e->typo_kinds[2]);
	enum typo_kind kind = u < e->typo_kinds[0]                      ? TYPO_KEYBOARD
			      : u < e->typo_kinds[0] + e->typo_kinds[1] ? TYPO_COPYING
									: TYPO_HEARING;
	typo_make(n->r, kind, random_below(n->r, 2) ? to->first : to->second, SCRIBE_NAME_BYTES);
}

/* Cuts at a character; a space at the end goes too. */
static void cut(char *text, size_t width)
{
	size_t at = 0;
	while (text[at] && at + latin_step(text + at) <= width)
		at += latin_step(text + at);
	while (at && text[at - 1] == ' ')
		at--;
	text[at] = '\0';
}

/* What the keyboard and the width of the field make of it. Capitals only of plain letters, so after the
 * marks. */
static void fit_box(const struct naming *n, bool strip, char *text)
{
	if (strip)
		latin_strip_marks(text);
	if (n->list->upper_case)
		for (char *c = text; *c; c++)
			if ((unsigned char)*c < 0x80)
				*c = (char)toupper((unsigned char)*c);
	if (n->list->name_width)
		cut(text, n->list->name_width);
}

void scribe_name_write(struct random_stream *r, const struct sim_person *p, const struct list_model *list,
	bool has_middle_column, struct scribe_name *ret)
{
	struct naming n = {.r = r, .p = p, .list = list};
	const struct error_model *e = &list->errors;
	memset(ret, 0, sizeof *ret);
	choose_habits(&n);
	if (happens(&n, e->nameless))
		return;
	enum name_system system = p->origin->system;
	if (system == NAME_SYLLABLES || system == NAME_ONE_OR_TWO)
		split_words(&n, ret);
	else
		write_parts(&n, ret);
	if (!has_middle_column)
		merge_middle(&n, ret);
	if (happens(&n, e->given_only) && ret->first[0])
		ret->second[0] = '\0';
	swap_boxes(&n, ret);
	slip(&n, ret);
	bool strip = happens(&n, e->marks_lost);
	fit_box(&n, strip, ret->first);
	fit_box(&n, strip, ret->middle);
	fit_box(&n, strip, ret->second);
}
