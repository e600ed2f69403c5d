/*
 * The view of a study that may be handed on. Everything here may be printed: counts are those of a suppressed
 * table, estimates are rounded as release/figures.h found safe, texts about small overlaps name no pair. The
 * renderings (html, svg, json) include this header and never the exact tables, so that no line of them can
 * leak.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "release/suppress.h"
#include "work/report/report.h"

enum view_state {
	VIEW_NONE = 0, /* there is no such number */
	VIEW_WITHHELD, /* there may be one; it would give a small count away */
	VIEW_SHOWN,
};

struct view_number {
	enum view_state state;
	double value; /* rounded to step */
	double step;
};

struct view_party {
	char *name;
	struct suppress_range records;
	/* known for every party or for none */
	bool rows_known, dropped_known, coarsened_known;
	struct suppress_range rows;
	struct suppress_range dropped;
	struct suppress_range coarsened;
	uint32_t n_slots;
};

/* How large a part of the bootstrap replicates: told in classes. */
enum view_share { VIEW_SHARE_NONE = 0, VIEW_SHARE_FEW, VIEW_SHARE_SOME, VIEW_SHARE_MOST };

struct view_result {
	enum estimate_method method;
	enum estimate_status status;
	/* The dependences that may be named, as sets of lists; others exist perhaps between lists whose
	 * overlap is hidden. */
	size_t n_terms;
	uint32_t *terms;
	bool more_terms_possible;
	char *reason; /* why there is no estimate; NULL when there is one */
	struct view_number estimate, lower, upper;
	double level;
	bool has_interval; /* a bootstrap was run for it */
	bool upper_is_unbounded, end_is_extreme;
	enum view_share failed; /* replicates without an estimate */
	bool search_complete;
	enum estimate_reselection reselection;
	bool close_rivals; /* other models fit about as well */
};

/* Against the headline, where a variant's own number may not be shown. */
enum { VIEW_N_BORDERS = 4 };
extern const double view_borders[VIEW_N_BORDERS];

/* A list left out (j), or two merged (j and k). Either a number, or the class it is placed in: below the
 * first border (0) to beyond the last (VIEW_N_BORDERS). */
struct view_variant {
	bool merged;
	size_t j, k;
	struct view_number estimate; /* VIEW_WITHHELD also while placed */
	bool placed;
	unsigned place;
};

/* Share of the replicates, in percent, a multiple of VIEW_BIN_PERCENT. */
enum { VIEW_MAX_BINS = 16, VIEW_BIN_PERCENT = 5 };
struct view_bin {
	double low, high; /* high INFINITY: the open last bin */
	unsigned percent;
};

struct view_key {
	char *name;
	double weight;
	uint32_t n_slots;
};

struct view_disclosure {
	int from, to; /* as in struct report_disclosure */
	enum report_disclosed what;
};

struct view_stratum {
	char *column;
	size_t n_values;
	char **values;
};

struct report_view {
	char *title, *study_id, *epoch, *date, *suite, *analyst, *version; /* NULL where not given */
	uint32_t k;
	size_t n_lists;
	char **names;
	struct suppressed_table *table;
	size_t n_parties; /* 0 or n_lists */
	struct view_party *parties;
	bool has_matching;
	double threshold;
	struct suppress_range tied, conflicts;
	size_t n_keys;
	struct view_key *keys;
	size_t n_strata;
	struct view_stratum *strata;
	size_t n_disclosures;
	struct view_disclosure *disclosures;

	enum estimate_verdict verdict;
	/* which rules spoke whose reasons quote exact counts; told without them */
	bool bad_fit, few_decide, setting_decides, linkage_decides, methods_decide;
	bool chains_disagree, classes_are_few, posterior_excludes;
	size_t n_reasons;
	char **reasons; /* written from what the view shows */
	size_t n_results;
	struct view_result *results;
	size_t headline; /* SIZE_MAX when nothing is identified */
	size_t n_variants;
	struct view_variant *variants;
	size_t n_empty_pairs;
	struct estimate_empty_pair *empty_pairs;
	size_t n_bins; /* of the headline's replicates */
	struct view_bin bins[VIEW_MAX_BINS];
	bool figures_rounded; /* some number has fewer digits than three, or none, because of small counts */
	bool strata_collapsed;

	/* parameters */
	uint32_t methods;
	double p, level;
	int order;
	uint32_t n_bootstrap;
	uint64_t seed;
	char *model; /* asked for by name; NULL */
};

/* The headline result, NULL when nothing is identified. */
const struct view_result *view_headline(const struct report_view *v);
/* Smallest and largest shown estimate among the results; false when none is shown. */
bool view_spread(const struct report_view *v, double *ret_low, double *ret_high);

/* Fills v->reasons (explain.c). */
int view_explain(struct report_view *v, struct cf_error *err) CF_MUST_USE;
