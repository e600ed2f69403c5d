/*
 * Settings from the data alone: which columns can tell persons apart, and which blocking rules find most
 * pairs of one person for the pairs they cost. Costs are counted on the data; what a rule finds is reckoned
 * from the columns' completeness and from how often values of their kind are miswritten.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/jobs.h"
#include "link/model.h"
#include "link/settings.h"
#include "link/table.h"

enum link_use {
	LINK_USED = 0,
	LINK_LEFT_EMPTY,      /* no row, or no two rows that could be compared, have a value */
	LINK_LEFT_CONSTANT,   /* all rows have the same value */
	LINK_LEFT_UNIQUE,     /* no two rows share a value: it numbers rows */
	LINK_LEFT_COMPOSED,   /* made of the words of other columns */
	LINK_LEFT_NOT_STATED, /* the settings do not name it */
	LINK_LEFT_TOO_MANY,   /* others tell persons apart better */
};

struct link_column_profile {
	double completeness; /* share of rows with a value */
	uint32_t n_distinct;
	double equal_by_chance; /* share of random pairs with values that are equal */
	enum link_use use;
};

struct link_suggestion {
	struct link_settings settings;
	struct link_column_profile *columns; /* of all columns of the table */
	double coverage;                     /* share of simulated true pairs that some rule finds */
};
void link_suggestion_done(struct link_suggestion *s);

struct link_suggest_options {
	bool across;
	bool within;
	bool one_a_file;
	const bool *stated;  /* by column: its kind was stated or known from its header; may be NULL */
	double max_pairs;    /* 0: chosen from the number of rows */
	size_t memory_bytes; /* fewer rules where their keys would take more than a quarter of it; 0: no bound
			      */
	bool only_stated;    /* compare stated columns only */
	bool no_rules;       /* the caller brings rules of its own */
};

/* CF_E_NO_ANSWER when no column tells rows apart. */
int link_suggest(const struct link_table *t, const struct link_suggest_options *o,
	struct link_suggestion *ret, struct cf_error *err) CF_MUST_USE;

struct link_rule_limits {
	double max_pairs; /* over all rules */
	size_t max_rules;
};
/* Chooses the rules of s (fields and the rest being set) within limits. */
int link_choose_rules(const struct link_table *t, struct link_settings *s,
	const struct link_rule_limits *limits, double *ret_coverage, struct cf_error *err) CF_MUST_USE;
/* Counts every rule's pairs and largest block exactly into s. CF_E_LIMIT, with the rule named, when all or
 * one have more than max_pairs. */
int link_predict(const struct link_table *t, struct link_settings *s, double max_pairs, struct cf_error *err)
	CF_MUST_USE;
/* How often a key of this transform is the same for two values of a person that differ: a guess. */
double link_transform_survival(enum link_transform transform);
