/*
 * Multiple systems estimation: from the overlap table to how many persons there are in all, with every reason
 * to doubt it. Poisson log-linear models over the observed cells with the sparse-table theory of Chan,
 * Silverman and Vincent (2021): a two-list term whose overlap is empty is a parameter at minus infinity;
 * existence of the maximum-likelihood estimate is decided by linear programming and identifiability by exact
 * rank. Chapman (1951) for two lists. BCa intervals (DiCiccio and Efron 1996) repeat the whole model choice
 * in each replicate. A pure function of its inputs; results depend on neither thread count nor time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "model/overlap.h"

enum estimate_method {
	ESTIMATE_MAIN = 0, /* main effects: independent lists */
	ESTIMATE_STEPWISE, /* forward, threshold p */
	ESTIMATE_BIC,      /* least BIC over hierarchical models to an order */
	ESTIMATE_CHAPMAN,  /* two lists only */
	ESTIMATE_MODEL,    /* a model the user names */
	ESTIMATE_AICC,     /* least AICc over hierarchical models to an order (Hurvich and Tsai 1989) */
	ESTIMATE_DOWNHILL, /* from main effects to the neighbour of least BIC, all orders */
	ESTIMATE_AVERAGE,  /* over hierarchical models to an order, weighed by exp(-BIC / 2) (Raftery 1995) */
	ESTIMATE_GRAPHS,   /* over all decomposable graphs (Madigan and York 1997); median of the posterior */
	ESTIMATE_COVERAGE, /* sample coverage (Chao and Tsay 1998) */
	ESTIMATE_CHAO,     /* lower bounds: Chao (1987) */
	ESTIMATE_ZELTERMAN, /* and Zelterman (1988) */
	ESTIMATE_CLASSES,   /* latent classes (Manrique-Vallier 2016); median of the posterior */
	ESTIMATE_N_METHODS
};

enum estimate_status {
	ESTIMATE_IDENTIFIED = 0,
	ESTIMATE_NO_FINITE = 1,        /* the likelihood has no maximum: no finite estimate */
	ESTIMATE_NOT_IDENTIFIABLE = 2, /* more parameters than the data can tell apart */
};

/* Which of a result's intervals goes to its lower and upper. */
enum estimate_interval {
	ESTIMATE_INTERVAL_BCA = 0,    /* needs a bootstrap */
	ESTIMATE_INTERVAL_PERCENTILE, /* needs a bootstrap */
	ESTIMATE_INTERVAL_PROFILE,    /* of the chosen model as if it were known; BCa where there is none */
};

/* A share that is known, or known to lie between two values (read as a 95 % interval). */
struct estimate_share {
	double low, high;
};

/* What is known about the total beforehand, for methods that need that. */
enum estimate_prior_kind {
	ESTIMATE_PRIOR_RECIPROCAL = 0, /* 1 / N: no scale is preferred */
	ESTIMATE_PRIOR_FLAT,
	ESTIMATE_PRIOR_NEGATIVE_BINOMIAL, /* Poisson with a gamma mean: shape a, scale b, so that the mean is
					   * a b
					   */
	ESTIMATE_PRIOR_GIVEN, /* points of a density, straight lines between them, nothing outside */
};

struct estimate_prior {
	enum estimate_prior_kind kind;
	double a, b;           /* ESTIMATE_PRIOR_NEGATIVE_BINOMIAL */
	size_t n;              /* ESTIMATE_PRIOR_GIVEN: at least two points */
	const double *totals;  /* rising */
	const double *weights; /* on any scale, none below 0 */
};

/* How ESTIMATE_CLASSES samples (classes.h); 0 for any of them: the default. */
struct estimate_sampling {
	uint32_t n_classes;             /* at most, 10 */
	uint32_t n_chains;              /* 4 */
	uint32_t n_draws;               /* kept of each chain, 2,500 */
	uint32_t n_burn_in;             /* rounds before the first draw, 10,000 */
	uint32_t n_thin;                /* rounds for each draw, 5 */
	double alpha_shape, alpha_rate; /* gamma prior of alpha, 0.25 and 0.25 */
};

struct estimate_options {
	uint32_t methods;     /* bit set: 1u << enum estimate_method */
	double p;             /* stepwise threshold, 0.02 */
	int order;            /* largest interaction for BIC, AICc and the average, 2 */
	uint32_t n_bootstrap; /* 0: no interval */
	uint64_t seed;
	double level;      /* 0.95 */
	const char *model; /* for ESTIMATE_MODEL: "[12,13,23]" or "A:B, C" */
	enum estimate_interval interval;
	/* Of the record linkage behind the table: the share of pairs of records of one person that were
	 * linked, and of linked pairs that are of one person. Where one is below 1, results get a corrected
	 * estimate beside the plain one (linkage.h). */
	struct estimate_share recall, precision;
	double delta;                /* ESTIMATE_GRAPHS: weight of the prior in each cell; 0: 2^-K */
	struct estimate_prior prior; /* ESTIMATE_GRAPHS */
	/* ESTIMATE_GRAPHS: consider hidden numbers from 1 to grid_end, grid_points of them, equally spaced
	 * and rounded; 0: as far as the posterior reaches */
	uint64_t grid_end;
	uint32_t grid_points;
	struct estimate_sampling sampling;
};
#define ESTIMATE_OPTIONS_INIT                                                                                \
	{                                                                                                    \
		.methods = 1u << ESTIMATE_MAIN | 1u << ESTIMATE_STEPWISE | 1u << ESTIMATE_BIC, .p = 0.02,    \
		.order = 2, .n_bootstrap = 0, .seed = 1, .level = 0.95, .model = NULL,                       \
		.interval = ESTIMATE_INTERVAL_BCA, .recall = {1, 1}, .precision = {                          \
			1,                                                                                   \
			1                                                                                    \
		}                                                                                            \
	}

enum { ESTIMATE_MAX_RIVALS = 10 };

/* A model whose score (BIC, for ESTIMATE_AICC AICc) is within ESTIMATE_RIVAL_BIC of the least. */
#define ESTIMATE_RIVAL_BIC 6.0
struct estimate_rival {
	char *model;
	char *model_digits;
	double bic; /* the score that was compared */
	double estimate;
	double weight; /* its share of the average, its posterior probability; NAN where there is none */
};

/* A number a method gives beside its estimate, under a stable name: "posterior_mean", "effective_models". */
enum { ESTIMATE_MAX_FACTS = 32, ESTIMATE_FACT_NAME = 32 };
struct estimate_fact {
	char name[ESTIMATE_FACT_NAME];
	double value;
};

/* The estimate had another setting been chosen: a threshold, a prior. */
enum { ESTIMATE_MAX_SETTINGS = 12, ESTIMATE_SETTING_LABEL = 64 };
struct estimate_setting {
	char label[ESTIMATE_SETTING_LABEL];
	double estimate; /* NAN where there is none */
	double lower, upper;
};

/* How well the fitted model agrees with the observed cells. */
struct estimate_fit {
	double pearson;       /* sum of (n - m)^2 / m; NAN unless a log-linear model was fitted */
	double freeman_tukey; /* sum of (sqrt n + sqrt(n + 1) - sqrt(4 m + 1))^2 */
	int32_t degrees;      /* cells not ruled out less parameters not at minus infinity */
	double p_deviance;    /* chi-square tails; NAN without degrees of freedom */
	double p_pearson;
	uint32_t n_cells;  /* cells not ruled out */
	uint32_t n_sparse; /* those with fewer than one person expected: where many, the tails are rough */
};

/* How the choice of the model was repeated in the bootstrap. */
enum estimate_reselection {
	ESTIMATE_RESELECTION_NONE = 0, /* no bootstrap, or nothing to choose */
	ESTIMATE_RESELECTION_FULL,     /* the whole choice in each replicate */
	ESTIMATE_RESELECTION_RANKED,   /* among the best models of the data (Silverman, Chan and Vincent 2024)
					*/
};

/* With the errors of the linkage undone, many times at random. */
struct estimate_corrected {
	bool made;       /* false: not asked for, or nothing to correct */
	double estimate; /* median over imputations of the table; NAN when most of them have no estimate */
	double lower, upper; /* bias-corrected percentiles over imputations of resampled tables; NAN without a
			      * bootstrap */
	bool upper_is_unbounded;
	double persons; /* who were seen, once wrong links are undone: mean over imputations */
	uint32_t n_imputations, n_failed;
};

/* Draws from the posterior of the total: of ESTIMATE_CLASSES as its chains made them, of ESTIMATE_GRAPHS one
 * row at evenly spaced shares, rising. */
struct estimate_posterior {
	size_t n_chains; /* 0: none */
	size_t n_draws;  /* of each chain */
	double *draws;   /* n_chains rows of n_draws; owned by the result */
};

struct estimate_result {
	enum estimate_method method;
	enum estimate_status status;
	char *model;         /* generators with list names, e.g. "A:E, B, C, D"; owned */
	char *model_digits;  /* "[15,2,3,4]", with ten lists or more "[1.5,2,...]" */
	char *reason;        /* plain words when not identified, else NULL */
	double estimate;     /* of the total; NAN unless identified */
	double lower, upper; /* NAN without a bootstrap or estimate */
	double level;
	double deviance, aic, bic; /* NAN for Chapman and unless identified */
	double aicc;               /* also NAN where there are too few persons for it */
	/* of the logarithm of the hidden number, under the chosen model as if it were known and for a
	 * population of fixed size; NAN unless a log-linear model was fitted */
	double log_hidden_variance;
	struct estimate_fit fit;
	/* the interval of the chosen model as if it were known, from its profile likelihood (Cormack 1992) */
	double profile_lower, profile_upper; /* NAN where there is none */
	bool profile_is_unbounded;           /* no upper end */
	uint32_t n_parameters;               /* those at minus infinity included */
	uint32_t n_infinite;
	size_t n_facts;
	struct estimate_fact facts[ESTIMATE_MAX_FACTS];
	size_t n_settings;
	struct estimate_setting settings[ESTIMATE_MAX_SETTINGS];
	/* searches: rivals by rising score, the chosen model first; ties for the least score (1: none);
	 * whether it is proved that no model has a smaller one, or a downhill search stopped at the best it
	 * met
	 */
	size_t n_rivals;
	struct estimate_rival rivals[ESTIMATE_MAX_RIVALS];
	uint32_t n_tied;
	bool search_complete;
	uint64_t n_fits;
	/* bootstrap: NULL and 0 without one. Sorted estimates of the replicates that had one. */
	double *replicates;
	uint32_t n_replicates;
	uint32_t n_failed; /* replicates without a finite identified estimate; they count as larger than any
			    * number, or as no hidden person where the likelihood runs that way */
	double percentile_lower,
		percentile_upper;                /* the plain quantiles of the replicates; NAN as the ends */
	bool lower_is_extreme, upper_is_extreme; /* the end point is the most extreme replicate */
	double monte_carlo_lower, monte_carlo_upper; /* standard error of the end points */
	double bias_correction, acceleration;
	bool upper_is_unbounded; /* so many replicates have no estimate that the interval has no upper end */
	enum estimate_reselection reselection;
	struct estimate_corrected corrected;
	struct estimate_posterior posterior; /* also where chains disagree, so that one can look at them */
	uint32_t n_unproved; /* replicates whose search for the least BIC stopped before the proof */
};

/* One line of the stability figure: a list left out, or two merged. */
struct estimate_variant {
	char *label; /* "without police", "police + hotline merged" */
	struct estimate_result result;
};

/* A pair of lists with no person in common. */
struct estimate_empty_pair {
	uint32_t j, k;
};

/* What to look at before any number. */
struct estimate_list {
	uint64_t persons;
	uint64_t alone; /* on no other list */
};

struct estimate_pair {
	uint32_t j, k;
	uint64_t persons; /* on both */
	double expected;  /* on both, were all lists independent; NAN where that has no estimate */
	/* The odds ratio of j and k among the persons on some other list, where all four cells can be seen,
	 * with a half added to each (Haldane 1956) and a 95 % interval (Woolf 1955): above 1 the two lists
	 * attract, below they avoid each other. NAN with fewer than three lists, or when
	 * nobody there is on (or off) one of the two. */
	double odds_ratio, odds_lower, odds_upper;
	uint64_t n_elsewhere; /* persons on some other list */
};

/* The headline's total with the model chosen anew. NAN where there is none. */
struct estimate_influence {
	uint32_t pattern;
	uint64_t count;
	double without_one; /* person of this pattern */
	double without_all;
};

enum estimate_verdict {
	ESTIMATE_PUBLISHABLE = 0,
	ESTIMATE_FRAGILE,
	ESTIMATE_NOT_ESTIMABLE,
};

struct estimate_report {
	size_t n_results;
	struct estimate_result *results;
	/* point estimates by main effects, stepwise and bic where they were not asked for, so that the
	 * verdict does not hang on what was; only by estimate_run_full */
	size_t n_compared;
	struct estimate_result *compared;
	size_t n_variants;
	struct estimate_variant *variants;
	size_t n_empty_pairs;
	struct estimate_empty_pair *empty_pairs;
	size_t n_lists;
	struct estimate_list *lists;
	size_t n_pairs;
	struct estimate_pair *pairs;
	size_t n_influences; /* 0 unless asked for by estimate_run_full */
	struct estimate_influence *influences;
	enum estimate_verdict verdict;
	size_t n_reasons;
	char **reasons;            /* plain words; the first is the weightiest; never empty */
	const char **reason_rules; /* the rule of docs/methods.md each comes from: "N1", "F7"; static texts */
	size_t headline; /* index into results of the one to lead with; SIZE_MAX when none is identified */
	uint64_t n_persons;
	uint64_t seed;
	uint32_t n_bootstrap;  /* replicates asked for */
	bool with_linkage;     /* its errors were to be undone: results that can be have a corrected one */
	bool strata_collapsed; /* the table had strata; they were added up */
};

/* The estimates alone (n_variants 0, verdict from them). A table that identifies nothing is not a failure:
 * the status of each result says so. Two lists: ESTIMATE_CHAPMAN is added, and log-linear models stand with
 * it. */
int estimate_run(const struct overlap_table *t, const struct estimate_options *options, struct job_pool *pool,
	const struct progress *progress, struct estimate_report **ret, struct cf_error *err) CF_MUST_USE;
/* As estimate_run, and the stability variants (each list left out, each two merged; point estimates by the
 * headline's method), the influence of single cells on the headline, and a verdict that weighs them. */
int estimate_run_full(const struct overlap_table *t, const struct estimate_options *options,
	struct job_pool *pool, const struct progress *progress, struct estimate_report **ret,
	struct cf_error *err) CF_MUST_USE;
struct estimate_report *estimate_report_free(struct estimate_report *r);
CF_DEFINE_CLEANUP(struct estimate_report, estimate_report_free);
#define CF_CLEANUP_ESTIMATE CF_CLEANUP(estimate_report_free_ptr)

/* Stable words: "main", "stepwise", "bic", "chapman", "model" and so on; "identified", "no_finite_estimate",
 * "not_identifiable"; "publishable", "fragile", "not_estimable". */
const char *estimate_method_name(enum estimate_method m);
const char *estimate_status_name(enum estimate_status s);
const char *estimate_verdict_name(enum estimate_verdict v);
