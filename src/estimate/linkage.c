#include "estimate/linkage.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Up to so many persons of one pattern are split one by one, more by one multinomial draw. */
enum { ONE_BY_ONE = 64 };

struct linkage_space {
	uint32_t n_lists;
	uint32_t n_cells;
	double *weights; /* by subset or source */
	uint32_t *order; /* which pattern each weight stands for */
	uint64_t *drawn;
	double *expected;  /* persons by pattern before links were missed */
	double *made;      /* the new table */
	uint32_t *by_size; /* all patterns of two lists or more, largest first */
	uint32_t n_by_size;
};

int linkage_space_new(uint32_t n_lists, struct linkage_space **ret, struct cf_error *err)
{
	struct linkage_space *s = NEW(struct linkage_space);
	if (!s)
		return error_memory(err);
	s->n_lists = n_lists;
	s->n_cells = UINT32_C(1) << n_lists;
	s->weights = NEW_ARRAY(double, s->n_cells);
	s->order = NEW_ARRAY(uint32_t, s->n_cells);
	s->drawn = NEW_ARRAY(uint64_t, s->n_cells);
	s->expected = NEW_ARRAY(double, s->n_cells);
	s->made = NEW_ARRAY(double, s->n_cells);
	s->by_size = NEW_ARRAY(uint32_t, s->n_cells);
	if (!s->weights || !s->order || !s->drawn || !s->expected || !s->made || !s->by_size) {
		linkage_space_free(s);
		return error_memory(err);
	}
	for (int size = (int)n_lists; size >= 2; size--)
		for (uint32_t w = 3; w < s->n_cells; w++)
			if (__builtin_popcount(w) == size)
				s->by_size[s->n_by_size++] = w;
	*ret = s;
	return CF_OK;
}

struct linkage_space *linkage_space_free(struct linkage_space *s)
{
	if (!s)
		return NULL;
	s->weights = mem_free(s->weights);
	s->order = mem_free(s->order);
	s->drawn = mem_free(s->drawn);
	s->expected = mem_free(s->expected);
	s->made = mem_free(s->made);
	s->by_size = mem_free(s->by_size);
	return mem_free(s);
}

double linkage_draw_share(const struct estimate_share *share, struct random_stream *random)
{
	double mean = (share->low + share->high) / 2;
	double deviation = (share->high - share->low) / (2 * 1.959963984540054);
	if (!(deviation > 0) || mean >= 1)
		return mean;
	/* a wide range near an end would have no beta of that variance */
	double size = fmax(mean * (1 - mean) / (deviation * deviation) - 1, 1);
	return random_beta(random, mean * size, (1 - mean) * size);
}

/* n groups of this pattern become a group of the kept records and single ones. */
static void settle(struct linkage_space *s, uint32_t pattern, uint32_t kept, double n)
{
	bool group = (kept & (kept - 1)) != 0;
	uint32_t alone = group ? pattern & ~kept : pattern;
	if (group)
		s->made[kept] += n;
	for (; alone; alone &= alone - 1)
		s->made[alone & -alone] += n;
}

static void split_one_by_one(
	struct linkage_space *s, uint32_t pattern, uint64_t n, double stay, struct random_stream *random)
{
	for (uint64_t i = 0; i < n; i++) {
		uint32_t kept = 0;
		for (uint32_t rest = pattern; rest; rest &= rest - 1)
			kept |= random_uniform(random) < stay ? rest & -rest : 0;
		settle(s, pattern, kept, 1);
	}
}

static void split_many(
	struct linkage_space *s, uint32_t pattern, uint64_t n, double stay, struct random_stream *random)
{
	size_t n_subsets = 0;
	for (uint32_t kept = pattern;; kept = (kept - 1) & pattern) {
		int in = __builtin_popcount(kept);
		s->order[n_subsets] = kept;
		s->weights[n_subsets++] = pow(stay, in) * pow(1 - stay, __builtin_popcount(pattern) - in);
		if (kept == 0)
			break;
	}
	random_multinomial(random, n, s->weights, n_subsets, s->drawn);
	for (size_t i = 0; i < n_subsets; i++)
		if (s->drawn[i])
			settle(s, pattern, s->order[i], (double)s->drawn[i]);
}

/* Every record of a group stays in it with this probability, else stands alone. */
static void split(struct linkage_space *s, double stay, struct random_stream *random, double *counts)
{
	if (!(stay < 1))
		return;
	memset(s->made, 0, s->n_cells * sizeof *s->made);
	for (uint32_t w = 1; w < s->n_cells; w++) {
		if ((w & (w - 1)) == 0)
			s->made[w] += counts[w];
		else if (counts[w] <= ONE_BY_ONE)
			split_one_by_one(s, w, (uint64_t)counts[w], stay, random);
		else
			split_many(s, w, (uint64_t)counts[w], stay, random);
	}
	memcpy(counts, s->made, s->n_cells * sizeof *counts);
}

/* The probability that of a person on the lists whole exactly the group part is left. */
static double chance(double stay, uint32_t whole, uint32_t part)
{
	int in = __builtin_popcount(part);
	return pow(stay, in) * pow(1 - stay, __builtin_popcount(whole) - in);
}

/* Persons on several lists before links were missed, from the groups that are left: solved from the largest
 * pattern down, never below zero. */
static void expect(struct linkage_space *s, double stay, const double *counts)
{
	memset(s->expected, 0, s->n_cells * sizeof *s->expected);
	for (uint32_t i = 0; i < s->n_by_size; i++) {
		uint32_t part = s->by_size[i];
		double left = counts[part];
		if (!(left > 0))
			continue;
		for (uint32_t k = 0; k < i; k++) {
			uint32_t whole = s->by_size[k];
			if (s->expected[whole] > 0 && (whole & part) == part)
				left -= s->expected[whole] * chance(stay, whole, part);
		}
		s->expected[part] = fmax(left, 0) / chance(stay, part, part);
	}
}

/* Takes n single records from each of these lists, as far as there are; returns how many. */
static double take_singles(struct linkage_space *s, uint32_t lists, double n)
{
	for (uint32_t rest = lists; rest; rest &= rest - 1)
		n = fmin(n, s->made[rest & -rest]);
	for (uint32_t rest = lists; rest; rest &= rest - 1)
		s->made[rest & -rest] -= n;
	return n;
}

/* Where the groups of one pattern come from, and the single records that make them whole again. */
static void complete(
	struct linkage_space *s, double stay, uint32_t part, uint64_t n, struct random_stream *random)
{
	size_t n_sources = 0;
	double any = 0;
	for (uint32_t i = 0; i < s->n_by_size; i++) {
		uint32_t whole = s->by_size[i];
		if ((whole & part) != part || !(s->expected[whole] > 0))
			continue;
		s->order[n_sources] = whole;
		s->weights[n_sources] = s->expected[whole] * chance(stay, whole, part);
		any += s->weights[n_sources++];
	}
	if (!(any > 0))
		return;
	random_multinomial(random, n, s->weights, n_sources, s->drawn);
	for (size_t i = 0; i < n_sources; i++) {
		uint32_t whole = s->order[i];
		if (whole == part || s->drawn[i] == 0)
			continue;
		double made = take_singles(s, whole & ~part, (double)s->drawn[i]);
		s->made[part] -= made;
		s->made[whole] += made;
	}
}

/* Persons of whom no group is left at all. */
static void revive(struct linkage_space *s, double stay, uint32_t whole, struct random_stream *random)
{
	int k = __builtin_popcount(whole);
	double lost = pow(1 - stay, k) + k * stay * pow(1 - stay, k - 1);
	double n = take_singles(s, whole, (double)random_poisson(random, s->expected[whole] * lost));
	s->made[whole] += n;
}

static void rejoin(struct linkage_space *s, double stay, struct random_stream *random, double *counts)
{
	if (!(stay < 1))
		return;
	expect(s, stay, counts);
	memcpy(s->made, counts, s->n_cells * sizeof *s->made);
	for (uint32_t i = s->n_by_size; i-- > 0;)
		if (counts[s->by_size[i]] > 0)
			complete(s, stay, s->by_size[i], (uint64_t)counts[s->by_size[i]], random);
	for (uint32_t i = 0; i < s->n_by_size; i++)
		if (s->expected[s->by_size[i]] > 0)
			revive(s, stay, s->by_size[i], random);
	memcpy(counts, s->made, s->n_cells * sizeof *counts);
}

void linkage_impute(struct linkage_space *s, double recall, double precision, struct random_stream *random,
	double *counts)
{
	counts[0] = 0;
	split(s, sqrt(precision), random, counts);
	rejoin(s, sqrt(recall), random, counts);
}

/* Merges two persons without a common list into one. */
static bool merge_two(uint32_t a, uint32_t b, double *counts)
{
	if ((a & b) || !(counts[a] > 0) || !(counts[b] > 0))
		return false;
	counts[a] -= 1;
	counts[b] -= 1;
	counts[a | b] += 1;
	return true;
}

static uint32_t pick(
	const struct linkage_space *s, double total, struct random_stream *random, const double *counts)
{
	double at = random_uniform(random) * total;
	uint32_t w = 1;
	for (; w + 1 < s->n_cells && at >= counts[w]; w++)
		at -= counts[w];
	return w;
}

static double n_links(const struct linkage_space *s, const double *counts)
{
	double links = 0;
	for (uint32_t w = 3; w < s->n_cells; w++) {
		int k = __builtin_popcount(w);
		links += counts[w] * k * (k - 1) / 2;
	}
	return links;
}

void linkage_damage(struct linkage_space *s, double recall, double precision, struct random_stream *random,
	double *counts)
{
	enum { MAX_TRIES = 1000 };
	counts[0] = 0;
	split(s, sqrt(recall), random, counts);
	double wanted = n_links(s, counts) * (1 - precision) / precision;
	double persons = 0;
	for (uint32_t w = 1; w < s->n_cells; w++)
		persons += counts[w];
	int tries = 0;
	for (double made = 0; made < wanted && tries < MAX_TRIES;) {
		uint32_t a = pick(s, persons, random, counts);
		uint32_t b = pick(s, persons, random, counts);
		if (!merge_two(a, b, counts)) {
			tries++;
			continue;
		}
		made += (double)__builtin_popcount(a) * __builtin_popcount(b);
		persons -= 1;
		tries = 0;
	}
}
