#include "names.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "latin.h"

enum { MAX_ENTRIES = 160, GIVEN_FLATNESS = 15, PIECE_FLATNESS = 30, WEIGHT_SCALE = 1000000 };

/* The entries of one text, with weights that fall off by rank (Zipf with an offset). Whole numbers, so that
 * the draw is the same on every machine. */
struct pool {
	const char *entry[MAX_ENTRIES];
	uint32_t weight[MAX_ENTRIES];
	uint64_t total;
	size_t n;
};

struct origin_pools {
	const struct origin *origin;
	struct pool female[2];
	struct pool male[2];
	struct pool middle;
	struct pool family[3];
};

struct names {
	struct origin_pools *origins;
	size_t n;
	uint64_t total_weight;
};

static void pool_fill(struct pool *p, const char *text, unsigned flatness)
{
	if (!text)
		return;
	for (const char *s = text; *s; s += strcspn(s, " ")) {
		s += strspn(s, " ");
		if (!*s)
			break;
		assert(p->n < MAX_ENTRIES);
		p->entry[p->n] = s;
		p->weight[p->n] = (uint32_t)(WEIGHT_SCALE / (p->n + 1 + flatness));
		p->total += p->weight[p->n++];
	}
}

static void origin_fill(struct origin_pools *p, const struct origin *o)
{
	p->origin = o;
	for (size_t i = 0; i < 2; i++) {
		pool_fill(&p->female[i], o->female[i], GIVEN_FLATNESS);
		pool_fill(&p->male[i], o->male[i], GIVEN_FLATNESS);
	}
	pool_fill(&p->middle, o->middle, GIVEN_FLATNESS);
	for (size_t i = 0; i < 3; i++)
		pool_fill(&p->family[i], o->family[i], i ? PIECE_FLATNESS : o->family_flatness);
}

struct names *names_free(struct names *names)
{
	if (names)
		mem_free(names->origins);
	return mem_free(names);
}

int names_new(struct names **ret, struct cf_error *err)
{
	const struct {
		const struct origin *table;
		size_t n;
	} parts[] = {
		{origins_europe, n_origins_europe},
		{origins_africa, n_origins_africa},
		{origins_asia, n_origins_asia},
		{origins_america, n_origins_america},
	};
	enum { N_PARTS = sizeof parts / sizeof *parts };
	size_t n = 0;
	for (size_t i = 0; i < N_PARTS; i++)
		n += parts[i].n;
	CF_CLEANUP_NAMES struct names *names = NEW(struct names);
	if (!names || !(names->origins = NEW_ARRAY_ZERO(struct origin_pools, n)))
		return error_memory(err);
	for (size_t i = 0; i < N_PARTS; i++)
		for (size_t j = 0; j < parts[i].n; j++) {
			origin_fill(&names->origins[names->n++], &parts[i].table[j]);
			names->total_weight += parts[i].table[j].weight;
		}
	*ret = TAKE(names);
	return 0;
}

size_t names_n_origins(const struct names *names)
{
	return names->n;
}

const struct origin *names_origin(const struct names *names, size_t origin)
{
	return names->origins[origin].origin;
}

size_t names_draw_origin(const struct names *names, struct random_stream *r)
{
	uint64_t left = random_below(r, names->total_weight);
	size_t i = 0;
	while (left >= names->origins[i].origin->weight)
		left -= names->origins[i++].origin->weight;
	return i;
}

static const char *pool_draw(const struct pool *p, struct random_stream *r)
{
	uint64_t left = random_below(r, p->total);
	size_t i = 0;
	while (left >= p->weight[i])
		left -= p->weight[i++];
	return p->entry[i];
}

/* ---- entries ---- */

/* Appends n bytes, underscores as spaces; what does not fit is a mistake in the tables. */
static void append(char *to, const char *from, size_t n)
{
	size_t at = strlen(to);
	assert(at + n < NAME_BYTES);
	for (size_t i = 0; i < n; i++)
		to[at + i] = from[i] == '_' ? ' ' : from[i];
	to[at + n] = '\0';
}

/* The part of an entry for one sex: MALE/FEMALE. */
static void choose_side(const char **start, size_t *n, bool female)
{
	const char *slash = memchr(*start, '/', *n);
	if (!slash)
		return;
	size_t left = (size_t)(slash - *start);
	if (female) {
		*start = slash + 1;
		*n -= left + 1;
	} else {
		*n = left;
	}
}

struct entry {
	const char *native;
	size_t n_native;
	const char *latin[NAME_SPELLINGS];
	size_t n_latin_bytes[NAME_SPELLINGS];
	size_t n_latin; /* 0: as written */
	const char *nick;
	size_t n_nick;
};

static void entry_read(const char *start, bool female, struct entry *e)
{
	*e = (struct entry){0};
	size_t n = strcspn(start, " ");
	choose_side(&start, &n, female);
	const char *nick = memchr(start, '~', n);
	if (nick) {
		e->nick = nick + 1;
		e->n_nick = n - (size_t)(nick + 1 - start);
		n = (size_t)(nick - start);
	}
	e->native = start;
	const char *equals = memchr(start, '=', n);
	e->n_native = equals ? (size_t)(equals - start) : n;
	const char *end = start + n;
	for (const char *s = equals; s && s < end && e->n_latin < NAME_SPELLINGS;) {
		const char *bar = memchr(s + 1, '|', (size_t)(end - s - 1));
		const char *stop = bar ? bar : end;
		e->latin[e->n_latin] = s + 1;
		e->n_latin_bytes[e->n_latin++] = (size_t)(stop - s - 1);
		s = bar;
	}
}

/* Appends an entry to a word. join is put between the Latin parts (0: nothing). */
static void token_add(struct name_token *t, const char *text, bool female, char join)
{
	struct entry e;
	entry_read(text, female, &e);
	bool first = t->native[0] == '\0';
	append(t->native, e.native, e.n_native);
	append(t->nick, e.nick, e.n_nick);
	size_t n = e.n_latin > t->n_latin ? e.n_latin : t->n_latin;
	if (n == 0)
		n = 1;
	for (size_t i = t->n_latin; i < n && !first; i++)
		memcpy(t->latin[i], t->latin[0], NAME_BYTES);
	for (size_t i = 0; i < n; i++) {
		size_t from = i < e.n_latin ? i : 0;
		if (!first && join)
			append(t->latin[i], &join, 1);
		append(t->latin[i], e.n_latin ? e.latin[from] : e.native,
			e.n_latin ? e.n_latin_bytes[from] : e.n_native);
	}
	t->n_latin = n;
}

static void token_romanise(struct name_token *t, enum cyrillic_language language)
{
	char nick[NAME_BYTES];
	for (int i = 0; i < LATIN_N_SCHEMES; i++)
		latin_from_cyrillic(t->native, language, i, t->latin[i]);
	t->n_latin = LATIN_N_SCHEMES;
	latin_from_cyrillic(t->nick, language, 1, nick);
	memcpy(t->nick, nick, sizeof nick);
}

/* ---- names ---- */

struct drawing {
	const struct origin_pools *pools;
	struct random_stream *r;
	bool female;
	struct name *name;
};

static struct name_token *new_token(const struct drawing *d, enum name_role role)
{
	assert(d->name->n < NAME_MAX_TOKENS);
	struct name_token *t = &d->name->tokens[d->name->n++];
	*t = (struct name_token){.role = role};
	return t;
}

static void finish_token(const struct drawing *d, struct name_token *t)
{
	if (d->pools->origin->cyrillic)
		token_romanise(t, d->pools->origin->cyrillic);
}

static void draw_given(const struct drawing *d, enum name_role role, bool female)
{
	const struct pool *pools = female ? d->pools->female : d->pools->male;
	struct name_token *t = new_token(d, role);
	token_add(t, pool_draw(&pools[0], d->r), female, 0);
	if (pools[1].n)
		token_add(t, pool_draw(&pools[1], d->r), female, d->pools->origin->joins_given ? '+' : 0);
	finish_token(d, t);
}

static void draw_family(const struct drawing *d, enum name_role role)
{
	struct name_token *t = new_token(d, role);
	for (size_t i = 0; i < 3; i++)
		if (d->pools->family[i].n)
			token_add(t, pool_draw(&d->pools->family[i], d->r), d->female, 0);
	finish_token(d, t);
}

static void draw_middle(const struct drawing *d)
{
	struct name_token *t = new_token(d, ROLE_MIDDLE);
	token_add(t, pool_draw(&d->pools->middle, d->r), d->female, 0);
	finish_token(d, t);
}

static bool one_in(struct random_stream *r, uint64_t n)
{
	return random_below(r, n) == 0;
}

/* A second given name other than the first: two chances, then none. */
static void draw_second_given(const struct drawing *d)
{
	for (int i = 0; i < 2; i++) {
		draw_given(d, ROLE_MIDDLE, d->female);
		const struct name_token *t = &d->name->tokens[d->name->n - 1];
		if (strcmp(t->native, d->name->tokens[0].native) != 0)
			return;
		d->name->n--;
	}
}

static void draw_fathers(const struct drawing *d)
{
	draw_given(d, ROLE_GIVEN, d->female);
	bool has_family = d->pools->family[0].n > 0;
	draw_given(d, has_family ? ROLE_MIDDLE : ROLE_FAMILY, false);
	if (has_family)
		draw_family(d, ROLE_FAMILY);
	else
		draw_given(d, ROLE_FAMILY2, false);
}

void name_draw(
	const struct names *names, size_t origin, bool female, struct random_stream *r, struct name *ret)
{
	const struct drawing d = {&names->origins[origin], r, female, ret};
	ret->n = 0;
	switch (d.pools->origin->system) {
	case NAME_GIVEN_FAMILY:
		draw_given(&d, ROLE_GIVEN, female);
		if (one_in(r, 8))
			draw_second_given(&d);
		draw_family(&d, ROLE_FAMILY);
		break;
	case NAME_TWO_SURNAMES:
		draw_given(&d, ROLE_GIVEN, female);
		if (!one_in(r, 3))
			draw_second_given(&d);
		draw_family(&d, ROLE_FAMILY);
		draw_family(&d, ROLE_FAMILY2);
		break;
	case NAME_MIDDLE_FAMILY:
	case NAME_FAMILY_FIRST:
		draw_given(&d, ROLE_GIVEN, female);
		if (d.pools->middle.n && !one_in(r, 6))
			draw_middle(&d);
		draw_family(&d, ROLE_FAMILY);
		break;
	case NAME_FATHERS:
		draw_fathers(&d);
		break;
	case NAME_SYLLABLES:
		for (uint64_t n = 2 + random_below(r, 2) + random_below(r, 2); n > 0; n--)
			draw_given(&d, ROLE_GIVEN, female);
		break;
	case NAME_ONE_OR_TWO:
		draw_given(&d, ROLE_GIVEN, female);
		if (!one_in(r, 3))
			draw_second_given(&d);
		break;
	}
}
