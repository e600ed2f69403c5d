#include "person.h"

#include <stdio.h>
#include <string.h>

/* Fields of a stream number: purpose in the top byte, then what it is about. */
void sim_stream(struct random_stream *r, uint64_t seed, enum sim_purpose purpose, uint64_t number)
{
	random_init(r, seed, (uint64_t)purpose << 56 | number);
}

/* The index of a weight drawn in proportion. */
static size_t draw_weighted(struct random_stream *r, const unsigned *weights, size_t n)
{
	uint64_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += weights[i];
	uint64_t left = random_below(r, total);
	size_t i = 0;
	while (left >= weights[i])
		left -= weights[i++];
	return i;
}

static enum sim_form draw_form(struct random_stream *r)
{
	unsigned weights[SIM_N_FORMS];
	for (size_t i = 0; i < SIM_N_FORMS; i++)
		weights[i] = model_forms[i].weight;
	return (enum sim_form)draw_weighted(r, weights, SIM_N_FORMS);
}

static size_t draw_city(struct random_stream *r)
{
	unsigned weights[32];
	for (size_t i = 0; i < model_n_cities; i++)
		weights[i] = model_cities[i].weight;
	return draw_weighted(r, weights, model_n_cities);
}

/* ---- groups: persons with neighbouring numbers are held by one exploiter ---- */

struct group {
	enum sim_form form;
	size_t origin;
	size_t city;
	bool has_phone;
	char phone[SIM_PHONE_BYTES];
};

static void draw_phone(struct random_stream *r, char ret[SIM_PHONE_BYTES])
{
	(void)snprintf(ret, SIM_PHONE_BYTES, "6%08u", (unsigned)random_below(r, 100000000));
}

static enum sim_form group_form(uint64_t seed, uint64_t number)
{
	struct random_stream r;
	sim_stream(&r, seed, STREAM_GROUP, (number - 1) / model_life.group_size);
	return draw_form(&r);
}

static void group_make(uint64_t seed, const struct names *names, uint64_t number, struct group *ret)
{
	struct random_stream r;
	sim_stream(&r, seed, STREAM_GROUP, (number - 1) / model_life.group_size);
	ret->form = draw_form(&r);
	ret->origin = names_draw_origin(names, &r);
	ret->city = draw_city(&r);
	ret->has_phone = model_happens(&r, model_life.group_has_phone);
	draw_phone(&r, ret->phone);
}

/* ---- persons ---- */

void sim_core_make(uint64_t seed, uint64_t number, struct sim_core *ret)
{
	struct random_stream r;
	sim_stream(&r, seed, STREAM_CORE, number);
	ret->number = number;
	ret->form = model_happens(&r, model_life.same_place) ? group_form(seed, number) : draw_form(&r);
	ret->sex = (enum sim_sex)draw_weighted(&r, model_forms[ret->form].sex, SIM_N_SEXES);
	ret->lists = 0;
	for (size_t i = 0; i < MODEL_N_LISTS; i++) {
		int list = model_order[i];
		if (random_uniform(&r) < model_capture(list, ret->form, ret->sex, ret->lists))
			ret->lists |= 1u << list;
	}
}

static void draw_birth(struct random_stream *r, struct sim_person *p)
{
	size_t band = draw_weighted(r, model_forms[p->core.form].age, 4);
	const struct age_band *ages = &model_ages[band];
	int age = ages->first + (int)random_below(r, (uint64_t)(ages->last - ages->first) + 1);
	int year = MODEL_REFERENCE_YEAR - 1 - age;
	struct date first = {(int16_t)year, 1, 1};
	int64_t days = date_is_leap_year(year) ? 366 : 365;
	p->birth = date_from_days(date_to_days(first) + (int64_t)random_below(r, (uint64_t)days));
	p->day_known = !model_happens(r, p->origin->unknown_day);
	if (!p->day_known)
		p->birth = first;
}

static void draw_phones(struct random_stream *r, const struct group *g, struct sim_person *p)
{
	p->n_phones = 0;
	if (g->has_phone && model_happens(r, model_life.uses_group_phone)) {
		memcpy(p->phones[p->n_phones++], g->phone, sizeof g->phone);
		return;
	}
	if (!model_happens(r, model_life.has_phone))
		return;
	draw_phone(r, p->phones[p->n_phones++]);
	if (model_happens(r, model_life.changed_phone))
		draw_phone(r, p->phones[p->n_phones++]);
}

/* A letter for A, a digit for 0, as the passports of different states are numbered. */
static void draw_document(struct random_stream *r, const struct origin *origin, char ret[SIM_DOCUMENT_BYTES])
{
	static const char *const patterns[] = {"AA0000000", "000000000", "A00000000", "AAA000000"};
	const char *pattern = patterns[(unsigned char)(origin->country[0] + origin->country[1]) % 4];
	size_t i = 0;
	for (; pattern[i]; i++)
		ret[i] = (char)(pattern[i] == 'A' ? 'A' + (int)random_below(r, 26)
						  : '0' + (int)random_below(r, 10));
	ret[i] = '\0';
}

static void draw_spellings(struct random_stream *r, struct sim_person *p)
{
	for (size_t i = 0; i < p->name.n; i++) {
		size_t n = p->name.tokens[i].n_latin;
		bool own = n > 1 && model_happens(r, model_life.own_spelling);
		p->spelling[i] = own ? (uint8_t)(1 + random_below(r, n - 1)) : 0;
	}
}

void sim_person_make(uint64_t seed, const struct names *names, uint64_t number, struct sim_person *ret)
{
	struct random_stream r;
	struct group g;
	sim_core_make(seed, number, &ret->core);
	group_make(seed, names, number, &g);
	sim_stream(&r, seed, STREAM_DETAILS, number);
	size_t origin = model_happens(&r, model_life.same_origin) ? g.origin : names_draw_origin(names, &r);
	ret->origin = names_origin(names, origin);
	ret->city = model_happens(&r, model_life.same_place) ? g.city : draw_city(&r);
	bool female = ret->core.sex == SIM_FEMALE || (ret->core.sex == SIM_OTHER && random_below(&r, 2));
	name_draw(names, origin, female, &r, &ret->name);
	draw_spellings(&r, ret);
	draw_birth(&r, ret);
	draw_phones(&r, &g, ret);
	ret->document[0] = '\0';
	if (model_happens(&r, model_life.has_document))
		draw_document(&r, ret->origin, ret->document);
}
