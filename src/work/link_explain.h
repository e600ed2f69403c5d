/*
 * Why two rows are, or are not, one person: the weight that each field adds, from the prior to the sum.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "work/link.h"
#include "work/report/markup.h"

/* A row by the value of the --id column, by "FILE:ROW", or by its number where there is one file. */
int link_find_row(const struct link_source *s, const char *name, uint32_t *ret, struct cf_error *err)
	CF_MUST_USE;

struct link_step {
	const char *field; /* NULL: the prior, or a dependence of two fields */
	const char *other; /* of a dependence */
	const char *level;
	double weight;
	double by_frequency; /* part of weight that comes from how rare the value is */
	double sum;          /* so far */
};

struct link_explanation {
	uint32_t left;
	uint32_t right;
	struct link_step steps[1 + 2 * LINK_MAX_FIELDS];
	size_t n;
	double weight;
	double probability;
};

/* left < right. */
void link_explain(const struct link_source *source, const struct link_suggestion *suggestion,
	const struct link_result *r, uint32_t left, uint32_t right, struct link_explanation *ret);

void link_explanation_json(struct json *j, const struct link_source *s, const struct link_explanation *e);
int link_explanation_text(const struct link_source *s, const struct link_explanation *e, struct buffer *out)
	CF_MUST_USE;
/* A waterfall. */
void link_explanation_svg(struct markup *m, const struct link_explanation *e);
