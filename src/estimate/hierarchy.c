#include "estimate/hierarchy.h"

#include <string.h>

#include "base/mem.h"

int hierarchy_compare_terms(uint32_t a, uint32_t b)
{
	int size = __builtin_popcount(a) - __builtin_popcount(b);
	if (size || a == b)
		return size;
	uint32_t differing = a ^ b;
	return a & differing & -differing ? -1 : 1;
}

void hierarchy_main_effects(uint32_t n_lists, struct hierarchy *ret)
{
	ret->n_lists = n_lists;
	ret->n_terms = n_lists + 1;
	ret->terms[0] = 0;
	for (uint32_t j = 0; j < n_lists; j++)
		ret->terms[j + 1] = UINT32_C(1) << j;
}

bool hierarchy_has(const struct hierarchy *m, uint32_t term)
{
	for (uint32_t i = 0; i < m->n_terms; i++)
		if (m->terms[i] == term)
			return true;
	return false;
}

static void insert(struct hierarchy *m, uint32_t term)
{
	uint32_t at = m->n_terms++;
	for (; at > 0 && hierarchy_compare_terms(m->terms[at - 1], term) > 0; at--)
		m->terms[at] = m->terms[at - 1];
	m->terms[at] = term;
}

bool hierarchy_add(struct hierarchy *m, uint32_t term)
{
	uint32_t missing = 0;
	for (uint32_t part = term; part; part = (part - 1) & term)
		missing += !hierarchy_has(m, part);
	if (m->n_terms + missing > HIERARCHY_MAX_TERMS)
		return false;
	for (uint32_t part = term; part; part = (part - 1) & term)
		if (!hierarchy_has(m, part))
			insert(m, part);
	return true;
}

void hierarchy_remove(struct hierarchy *m, uint32_t term)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < m->n_terms; i++)
		if (i <= m->n_lists || (m->terms[i] & term) != term)
			m->terms[kept++] = m->terms[i];
	m->n_terms = kept;
}

int hierarchy_compare(const struct hierarchy *a, const struct hierarchy *b)
{
	if (a->n_terms != b->n_terms)
		return a->n_terms < b->n_terms ? -1 : 1;
	for (uint32_t i = 0; i < a->n_terms; i++) {
		int c = hierarchy_compare_terms(a->terms[i], b->terms[i]);
		if (c)
			return c;
	}
	return 0;
}

uint32_t hierarchy_generators(const struct hierarchy *m, uint32_t ret[HIERARCHY_MAX_TERMS])
{
	uint32_t n = 0;
	uint32_t end = m->n_terms;
	while (end > 1) {
		int size = __builtin_popcount(m->terms[end - 1]);
		uint32_t begin = end;
		while (begin > 1 && __builtin_popcount(m->terms[begin - 1]) == size)
			begin--;
		for (uint32_t i = begin; i < end; i++) {
			bool inside = false;
			for (uint32_t k = end; k < m->n_terms && !inside; k++)
				inside = (m->terms[k] & m->terms[i]) == m->terms[i];
			if (!inside)
				ret[n++] = m->terms[i];
		}
		end = begin;
	}
	return n;
}

static int format_term_digits(uint32_t term, bool dotted, struct buffer *out)
{
	const char *between = "";
	for (uint32_t rest = term; rest; rest &= rest - 1) {
		TRY(buffer_printf(out, "%s%d", between, __builtin_ctz(rest) + 1));
		between = dotted ? "." : "";
	}
	return CF_OK;
}

int hierarchy_format_digits(const struct hierarchy *m, struct buffer *out)
{
	uint32_t generators[HIERARCHY_MAX_TERMS];
	uint32_t n = hierarchy_generators(m, generators);
	TRY(buffer_append_char(out, '['));
	for (uint32_t i = 0; i < n; i++) {
		TRY(buffer_append_text(out, i ? "," : ""));
		TRY(format_term_digits(generators[i], m->n_lists > 9, out));
	}
	return buffer_append_char(out, ']');
}

int hierarchy_format_names(const struct hierarchy *m, char *const *list_names, struct buffer *out)
{
	uint32_t generators[HIERARCHY_MAX_TERMS];
	uint32_t n = hierarchy_generators(m, generators);
	for (uint32_t i = 0; i < n; i++) {
		const char *before = i ? ", " : "";
		for (uint32_t rest = generators[i]; rest; rest &= rest - 1) {
			TRY(buffer_printf(out, "%s%s", before, list_names[__builtin_ctz(rest)]));
			before = ":";
		}
	}
	return CF_OK;
}

/* A cursor over the text of a model. */
struct reader {
	const char *at;
	uint32_t n_lists;
	char *const *names;
	bool digits;
};

static void skip_space(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static bool read_number(struct reader *r, uint32_t *ret_list)
{
	bool dotted = r->n_lists > 9;
	uint32_t value = 0;
	size_t n = 0;
	while (r->at[n] >= '0' && r->at[n] <= '9' && n < (dotted ? 2 : 1))
		value = value * 10 + (uint32_t)(r->at[n++] - '0');
	if (n == 0 || value == 0 || value > r->n_lists)
		return false;
	r->at += n;
	*ret_list = value - 1;
	return true;
}

/* The longest list name that stands here and ends where a name may end. */
static bool read_name(struct reader *r, uint32_t *ret_list)
{
	size_t longest = 0;
	for (uint32_t j = 0; j < r->n_lists; j++) {
		size_t n = strlen(r->names[j]);
		if (n <= longest || strncmp(r->at, r->names[j], n) != 0)
			continue;
		const char *after = r->at + n;
		while (*after == ' ' || *after == '\t')
			after++;
		if (*after == '\0' || *after == ',' || *after == ':') {
			longest = n;
			*ret_list = j;
		}
	}
	r->at += longest;
	return longest > 0;
}

static int read_term(struct reader *r, uint32_t *ret_term, struct cf_error *err)
{
	char between = r->digits ? '.' : ':';
	uint32_t term = 0;
	for (;;) {
		uint32_t list = 0;
		skip_space(r);
		if (!(r->digits ? read_number(r, &list) : read_name(r, &list)))
			return error_set(err, CF_E_USAGE,
				r->digits
					? "the model must name lists by their numbers, 1 to %u, as in [12,3]"
					: "the model names something that is not one of the %u lists: write "
					  "names as in the header, as in A:B, C",
				r->n_lists);
		term |= UINT32_C(1) << list;
		skip_space(r);
		if (*r->at == between)
			r->at++;
		else if (!r->digits || r->n_lists > 9 || *r->at < '0' || *r->at > '9')
			break;
	}
	*ret_term = term;
	return CF_OK;
}

int hierarchy_parse(const char *text, uint32_t n_lists, char *const *list_names, struct hierarchy *ret,
	struct cf_error *err)
{
	struct reader r = {.at = text, .n_lists = n_lists, .names = list_names};
	struct hierarchy m;
	hierarchy_main_effects(n_lists, &m);
	skip_space(&r);
	r.digits = *r.at == '[';
	r.at += r.digits;
	for (;;) {
		uint32_t term;
		TRY(read_term(&r, &term, err));
		if (!hierarchy_add(&m, term))
			return error_set(err, CF_E_LIMIT,
				"the model has more than %d parameters: name fewer or smaller terms",
				HIERARCHY_MAX_TERMS);
		if (*r.at != ',')
			break;
		r.at++;
	}
	if (r.digits && *r.at == ']')
		r.at++;
	else if (r.digits)
		return error_set(err, CF_E_USAGE, "the model must end with ']', as in [12,3]");
	skip_space(&r);
	if (*r.at)
		return error_set(err, CF_E_USAGE, "there is something after the end of the model");
	*ret = m;
	return CF_OK;
}
