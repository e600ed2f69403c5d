#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "match/plan_private.h"

enum {
	MAX_NAME = 40,
	DEFAULT_PER_DOUBLING = 10,
	DEFAULT_SAME_LIST = 30,
	DEFAULT_MAX_REPEATS = 8,
	DEFAULT_MAX_SHARING = 3
};

struct reader {
	const struct ini *ini;
	struct match_plan *plan;
	struct cf_error *err;
	const struct ini_entry *key_at[MATCH_MAX_KEYS];   /* the entry that opened each key */
	const struct ini_entry *parts_at[MATCH_MAX_KEYS]; /* its line "parts", NULL: not seen yet */
	bool slots_seen[MATCH_MAX_KEYS];
	unsigned settings_seen; /* bit set over settings[] */
};

/* ---- words and numbers ---- */

/* A text between two places, without white space around it. */
struct span {
	const char *s;
	size_t n;
};

static struct span trimmed(const char *s, size_t n)
{
	while (n && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return (struct span){s, n};
}

/* The next piece before a separator; false at the end. *at is NULL behind the last piece. */
static bool next_piece(const char **at, char separator, struct span *ret)
{
	if (!*at)
		return false;
	const char *end = strchr(*at, separator);
	*ret = trimmed(*at, end ? (size_t)(end - *at) : strlen(*at));
	*at = end ? end + 1 : NULL;
	return true;
}

static bool is_name(struct span s)
{
	if (!s.n || s.n > MAX_NAME || !islower((unsigned char)s.s[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!islower((unsigned char)s.s[i]) && !isdigit((unsigned char)s.s[i]) && s.s[i] != '_')
			return false;
	return true;
}

static bool read_number(struct span s, uint32_t least, uint32_t most, uint32_t *ret)
{
	uint32_t value = 0;
	if (!s.n || s.n > 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.s[i]))
			return false;
		value = value * 10 + (uint32_t)(s.s[i] - '0');
	}
	if (value < least || value > most)
		return false;
	*ret = value;
	return true;
}

static const char *keep_name(struct reader *r, struct span s)
{
	return arena_strndup(r->plan->arena, s.s, s.n);
}

/* ---- [matching] ---- */

static const struct setting {
	const char *name;
	size_t offset;
	uint32_t least;
	uint32_t most;
} settings[] = {
	{"threshold", offsetof(struct match_plan, threshold), 1, MATCH_MAX_WEIGHT},
	{"per_doubling", offsetof(struct match_plan, per_doubling), 0, 100},
	{"same_list", offsetof(struct match_plan, same_list), 0, MATCH_MAX_WEIGHT},
	{"max_repeats", offsetof(struct match_plan, max_repeats), 1, 1000},
	{"max_sharing", offsetof(struct match_plan, max_sharing), 1, 1000},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

static int read_setting(struct reader *r, const struct ini_entry *e, size_t i)
{
	const struct setting *s = &settings[i];
	uint32_t value = 0;
	if (r->settings_seen >> i & 1)
		return ini_error(r->ini, e, r->err, "%s stands twice in [matching]; leave one", s->name);
	r->settings_seen |= 1u << i;
	if (!read_number(trimmed(e->value, strlen(e->value)), s->least, s->most, &value))
		return ini_error(r->ini, e, r->err, "%s should be a whole number from %u to %u", s->name,
			s->least, s->most);
	memcpy((char *)r->plan + s->offset, &value, sizeof value);
	return 0;
}

/* The group of that name, added when new; -1 when there are too many. */
static int find_group(struct reader *r, struct span name, uint8_t *ret)
{
	struct match_plan *p = r->plan;
	for (size_t g = 0; g < p->n_groups; g++)
		if (strlen(p->groups[g]) == name.n && memcmp(p->groups[g], name.s, name.n) == 0) {
			*ret = (uint8_t)g;
			return 0;
		}
	if (p->n_groups == MATCH_MAX_GROUPS)
		return CF_E_LIMIT;
	const char *copy = keep_name(r, name);
	if (!copy)
		return CF_E_MEMORY;
	*ret = (uint8_t)p->n_groups;
	p->groups[p->n_groups++] = copy;
	return 0;
}

/* "group weight" */
static int read_group_weight(
	struct reader *r, const struct ini_entry *e, struct span piece, struct match_evidence *evidence)
{
	size_t i = 0;
	uint32_t weight = 0;
	while (i < piece.n && !isspace((unsigned char)piece.s[i]))
		i++;
	const struct span name = {piece.s, i};
	if (!is_name(name) || !read_number(trimmed(piece.s + i, piece.n - i), 1, MATCH_MAX_WEIGHT, &weight))
		return ini_error(r->ini, e, r->err,
			"evidence should be groups with weights in tenths of a bit, such as 'year 60, month "
			"35'");
	if (evidence->n == MATCH_MAX_PART_GROUPS)
		return ini_error(r->ini, e, r->err, "a part can be evidence in at most %d groups",
			MATCH_MAX_PART_GROUPS);
	uint8_t group = 0;
	int status = find_group(r, name, &group);
	if (status == CF_E_MEMORY)
		return error_memory(r->err);
	if (status < 0)
		return ini_error(
			r->ini, e, r->err, "there can be at most %d groups of evidence", MATCH_MAX_GROUPS);
	for (size_t g = 0; g < evidence->n; g++)
		if (evidence->group[g] == group)
			return ini_error(r->ini, e, r->err, "a group stands twice in this line; leave one");
	evidence->group[evidence->n] = group;
	evidence->weight[evidence->n++] = (uint16_t)weight;
	return 0;
}

static const struct match_evidence *find_evidence(const struct match_plan *p, const struct match_part *part)
{
	for (size_t i = 0; i < p->n_evidence; i++)
		if (match_part_equal(&p->evidence[i].part, part))
			return &p->evidence[i];
	return NULL;
}

static int read_evidence(struct reader *r, const struct ini_entry *e)
{
	struct match_plan *p = r->plan;
	struct match_evidence evidence = {0};
	const char *problem = NULL;
	if (match_part_parse(e->key, strlen(e->key), &evidence.part, &problem) < 0)
		return ini_error(r->ini, e, r->err, "'%s' %s", e->key, problem);
	if (find_evidence(p, &evidence.part))
		return ini_error(r->ini, e, r->err, "%s stands twice in [matching]; leave one", e->key);
	if (p->n_evidence == MATCH_MAX_PLAN_PARTS)
		return ini_error(r->ini, e, r->err, "there can be evidence for at most %d parts",
			MATCH_MAX_PLAN_PARTS);
	const char *at = e->value;
	for (struct span piece; next_piece(&at, ',', &piece);)
		TRY(read_group_weight(r, e, piece, &evidence));
	p->evidence[p->n_evidence++] = evidence;
	return 0;
}

static int read_matching(struct reader *r, const struct ini_entry *e)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (strcmp(settings[i].name, e->key) == 0)
			return read_setting(r, e, i);
	if (strchr(e->key, '.'))
		return read_evidence(r, e);
	return ini_error(r->ini, e, r->err,
		"[matching] has no '%s'; it takes threshold, per_doubling, max_repeats, max_sharing and "
		"evidence such "
		"as 'birth_date.y = year 60'",
		e->key);
}

/* ---- [key NAME] ---- */

static ptrdiff_t find_key(const struct match_plan *p, struct span name)
{
	for (size_t k = 0; k < p->n_keys; k++)
		if (strlen(p->keys[k].name) == name.n && memcmp(p->keys[k].name, name.s, name.n) == 0)
			return (ptrdiff_t)k;
	return -1;
}

/* The key of the section, opened when new. */
static int open_key(struct reader *r, const struct ini_entry *e, size_t *ret)
{
	struct match_plan *p = r->plan;
	const char *text = e->section + strlen("key ");
	const struct span name = trimmed(text, strlen(text));
	ptrdiff_t found = find_key(p, name);
	if (found >= 0) {
		*ret = (size_t)found;
		return 0;
	}
	if (!is_name(name))
		return ini_error(r->ini, e, r->err,
			"a key's name should be 1 to %d of a-z, 0-9 and _, beginning with a letter",
			MAX_NAME);
	if (p->n_keys == MATCH_MAX_KEYS)
		return ini_error(r->ini, e, r->err, "there can be at most %d keys", MATCH_MAX_KEYS);
	const char *copy = keep_name(r, name);
	if (!copy)
		return error_memory(r->err);
	p->keys[p->n_keys] = (struct match_key){.name = copy, .n_slots = 1};
	r->key_at[p->n_keys] = e;
	*ret = p->n_keys++;
	return 0;
}

static int read_parts(struct reader *r, const struct ini_entry *e, struct match_key *k)
{
	const char *at = e->value;
	for (struct span piece; next_piece(&at, '+', &piece);) {
		struct match_part part = {0};
		const char *problem = NULL;
		if (match_part_parse(piece.s, piece.n, &part, &problem) < 0)
			return ini_error(r->ini, e, r->err, "part %zu of key '%s' %s", k->n_parts + 1,
				k->name, problem);
		if (k->n_parts == MATCH_MAX_PARTS)
			return ini_error(
				r->ini, e, r->err, "a key can have at most %d parts", MATCH_MAX_PARTS);
		for (size_t i = 0; i < k->n_parts; i++)
			if (match_part_equal(&k->parts[i], &part))
				return ini_error(r->ini, e, r->err,
					"part %zu of key '%s' stands there twice; leave one", k->n_parts + 1,
					k->name);
		k->parts[k->n_parts++] = part;
	}
	return 0;
}

static int read_key(struct reader *r, const struct ini_entry *e)
{
	size_t i = 0;
	uint32_t slots = 0;
	TRY(open_key(r, e, &i));
	struct match_key *k = &r->plan->keys[i];
	if (strcmp(e->key, "parts") == 0) {
		if (r->parts_at[i])
			return ini_error(r->ini, e, r->err,
				"key '%s' has parts already; give each key a name of its own", k->name);
		r->parts_at[i] = e;
		return read_parts(r, e, k);
	}
	if (strcmp(e->key, "slots") == 0) {
		if (r->slots_seen[i] ||
			!read_number(trimmed(e->value, strlen(e->value)), 1, MATCH_MAX_SLOTS, &slots))
			return ini_error(r->ini, e, r->err,
				"slots should stand once and be a whole number from 1 to %d",
				MATCH_MAX_SLOTS);
		r->slots_seen[i] = true;
		k->n_slots = slots;
		return 0;
	}
	return ini_error(r->ini, e, r->err, "a key has no '%s'; it takes parts and slots", e->key);
}

/* ---- the whole ---- */

/* The greatest evidence of each group over the parts of a key; the parts are halves of one statement, so that
 * evidence for one group is not added up within a key either. */
static int gather_evidence(struct reader *r, size_t key)
{
	struct match_plan *p = r->plan;
	struct match_key *k = &p->keys[key];
	uint16_t best[MATCH_MAX_GROUPS] = {0};
	for (size_t i = 0; i < k->n_parts; i++) {
		const struct match_evidence *e = find_evidence(p, &k->parts[i]);
		if (!e)
			return ini_error(r->ini, r->parts_at[key], r->err,
				"[matching] does not say what part %zu of key '%s' is evidence for; add a "
				"line such as "
				"'family_name.sound3 = family 64'",
				i + 1, k->name);
		for (size_t g = 0; g < e->n; g++)
			if (best[e->group[g]] < e->weight[g])
				best[e->group[g]] = e->weight[g];
	}
	for (size_t g = 0; g < p->n_groups; g++) {
		if (!best[g])
			continue;
		k->group[k->n_evidence] = (uint8_t)g;
		k->weight[k->n_evidence++] = best[g];
	}
	return 0;
}

static int finish_key(struct reader *r, size_t key)
{
	struct match_plan *p = r->plan;
	struct match_key *k = &p->keys[key];
	if (!k->n_parts)
		return ini_error(r->ini, r->key_at[key], r->err,
			"key '%s' has no parts; add a line such as 'parts = family_name.sound3 + "
			"birth_date.ymd'",
			k->name);
	TRY(gather_evidence(r, key));
	if (p->n_slots + k->n_slots > MATCH_MAX_SLOTS)
		return ini_error(r->ini, r->key_at[key], r->err,
			"with key '%s' a record would have more than %d slots; take keys out or lower their "
			"slots",
			k->name, MATCH_MAX_SLOTS);
	k->first_slot = p->n_slots;
	for (size_t i = 0; i < k->n_slots; i++)
		p->slot_key[p->n_slots++] = (uint8_t)key;
	return 0;
}

static int finish(struct reader *r)
{
	struct match_plan *p = r->plan;
	if (!p->threshold)
		return error_set_at(r->err, CF_E_INPUT, ini_name(r->ini), 0, 0,
			"there is no threshold; add a section [matching] with a line such as 'threshold = "
			"165'");
	if (!p->n_keys)
		return error_set_at(r->err, CF_E_INPUT, ini_name(r->ini), 0, 0,
			"there is no match key; add sections such as [key family_birth]");
	for (size_t k = 0; k < p->n_keys; k++)
		TRY(finish_key(r, k));
	return 0;
}

int match_plan_parse(const struct ini *ini, struct match_plan **ret, struct cf_error *err)
{
	CF_CLEANUP_PLAN struct match_plan *plan = NEW(struct match_plan);
	if (!plan)
		return error_memory(err);
	plan->arena = arena_new(0);
	if (!plan->arena)
		return error_memory(err);
	plan->per_doubling = DEFAULT_PER_DOUBLING;
	plan->same_list = DEFAULT_SAME_LIST;
	plan->max_repeats = DEFAULT_MAX_REPEATS;
	plan->max_sharing = DEFAULT_MAX_SHARING;
	struct reader r = {.ini = ini, .plan = plan, .err = err};
	for (size_t i = 0; i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		if (strcmp(e->section, "matching") == 0)
			TRY(read_matching(&r, e));
		else if (strncmp(e->section, "key ", 4) == 0)
			TRY(read_key(&r, e));
	}
	TRY(finish(&r));
	*ret = TAKE(plan);
	return 0;
}
