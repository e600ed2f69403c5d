/*
 * Counterfoil: multiple systems estimation as a library.
 *
 * From the counts of an overlap table to estimates of how many persons there are in all, with intervals, the
 * reason where the data cannot say, and a verdict by written rules (docs/methods.md). Made for C and for
 * foreign function interfaces: fixed-width integers, doubles, pointers and structs of those.
 *
 * Threads: a report is immutable once made; different threads may make and read different reports at once.
 * Ownership: a report belongs to the caller until cf_estimate_free; texts and arrays that functions return
 * belong to their report. Nothing is printed, and no file is opened.
 */
#ifndef COUNTERFOIL_ESTIMATE_H
#define COUNTERFOIL_ESTIMATE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CF_ESTIMATE_API __attribute__((visibility("default")))
#else
#define CF_ESTIMATE_API
#endif

/* What functions return when they fail; 0 is success. */
#define CF_ESTIMATE_E_USAGE (-1)     /* wrong arguments */
#define CF_ESTIMATE_E_INPUT (-2)     /* counts that are no table */
#define CF_ESTIMATE_E_LIMIT (-4)     /* larger than what can be handled */
#define CF_ESTIMATE_E_NO_ANSWER (-7) /* only from cf_estimate_flat: the data do not say */
#define CF_ESTIMATE_E_MEMORY (-9)
#define CF_ESTIMATE_E_INTERNAL (-11)

/* Methods, as bits of cf_estimate_options.methods and as numbers of a result: bit m is 1 << m. */
#define CF_ESTIMATE_MAIN 0     /* independent lists */
#define CF_ESTIMATE_STEPWISE 1 /* Chan, Silverman and Vincent 2021 */
#define CF_ESTIMATE_BIC 2      /* Silverman, Chan and Vincent 2024 */
#define CF_ESTIMATE_CHAPMAN 3  /* two lists only; joins by itself there */
#define CF_ESTIMATE_MODEL 4    /* the one named in options */
#define CF_ESTIMATE_AICC 5     /* Hurvich and Tsai 1989 */
#define CF_ESTIMATE_DOWNHILL 6
#define CF_ESTIMATE_AVERAGE 7    /* Raftery 1995 */
#define CF_ESTIMATE_GRAPHS 8     /* Madigan and York 1997 */
#define CF_ESTIMATE_COVERAGE 9   /* Chao and Tsay 1998 */
#define CF_ESTIMATE_CHAO 10      /* lower bounds: Chao 1987 */
#define CF_ESTIMATE_ZELTERMAN 11 /* and Zelterman 1988 */
#define CF_ESTIMATE_CLASSES 12   /* latent classes: Manrique-Vallier 2016 */

/* Status of a result. */
#define CF_ESTIMATE_IDENTIFIED 0
#define CF_ESTIMATE_NO_FINITE_ESTIMATE 1
#define CF_ESTIMATE_NOT_IDENTIFIABLE 2

/* Verdict of a report. */
#define CF_ESTIMATE_PUBLISHABLE 0
#define CF_ESTIMATE_FRAGILE 1
#define CF_ESTIMATE_NOT_ESTIMABLE 2

/* Which interval goes to lower and upper. */
#define CF_ESTIMATE_INTERVAL_BCA 0
#define CF_ESTIMATE_INTERVAL_PERCENTILE 1
#define CF_ESTIMATE_INTERVAL_PROFILE 2

/* What is known about the total beforehand (graphs). */
#define CF_ESTIMATE_PRIOR_RECIPROCAL 0 /* 1 / N */
#define CF_ESTIMATE_PRIOR_FLAT 1       /* every total alike */
#define CF_ESTIMATE_PRIOR_NEGATIVE_BINOMIAL                                                                  \
	2                         /* Poisson with a gamma mean of shape prior_a and scale prior_b */
#define CF_ESTIMATE_PRIOR_GIVEN 3 /* prior_n points of a density, straight lines between them */

struct cf_estimate_options {
	uint64_t struct_size;           /* sizeof(struct cf_estimate_options) */
	uint64_t methods;               /* bits */
	uint64_t n_bootstrap;           /* replicates; 0: no bootstrap intervals */
	uint64_t seed;                  /* the same seed gives the same result with any number of threads */
	double p;                       /* threshold of stepwise */
	double level;                   /* of the intervals */
	double recall_low, recall_high; /* of the record linkage; 1 and 1: perfect */
	double precision_low, precision_high;
	double delta;      /* graphs: weight of the prior in each cell; 0: 2^-K */
	uint64_t grid_end; /* graphs: hidden numbers to consider, grid_points of them from 1 to grid_end; */
	uint64_t grid_points;    /* 0 and 0: as far as the posterior reaches */
	double prior_a, prior_b; /* graphs, CF_ESTIMATE_PRIOR_NEGATIVE_BINOMIAL: the mean is their product */
	uint64_t prior_n;        /* graphs, CF_ESTIMATE_PRIOR_GIVEN: two or more points */
	const double *prior_totals;  /* rising */
	const double *prior_weights; /* on any scale, none below 0 */
	int32_t prior;               /* graphs: CF_ESTIMATE_PRIOR_... */
	int32_t reserved;            /* 0 */
	int32_t order;               /* largest interaction for bic, aicc and average */
	int32_t interval;            /* CF_ESTIMATE_INTERVAL_... */
	int32_t n_threads;           /* 0: all cores */
	int32_t stability; /* not 0: also leave lists out and merge them, and weigh it in the verdict */
	const char *model; /* "[12,3]" by list numbers, "[1.10,2]" from ten lists on; NULL: none */
	/* latent classes; 0 for any of these: the default that is named */
	double alpha_shape, alpha_rate; /* gamma prior of the concentration, 0.25 and 0.25 */
	int32_t n_classes;              /* at most, 2 to 32: 10 */
	int32_t n_chains;               /* 2 to 16: 4 */
	int32_t n_draws;                /* kept of each chain, 16 to 10,000,000: 2,500 */
	int32_t n_burn_in;              /* rounds before the first draw: 10,000 */
	int32_t n_thin;                 /* rounds for each draw: 5 */
	int32_t reserved_2;             /* 0 */
};

/* Numbers that do not exist are NaN. Totals count the persons seen and those not seen. */
struct cf_estimate_result {
	uint64_t struct_size;            /* set before the call */
	uint64_t n_replicates, n_failed; /* with and without an estimate */
	double estimate, lower, upper, level;
	double deviance, aic, aicc, bic;
	double profile_lower, profile_upper;
	double percentile_lower, percentile_upper;
	double corrected_estimate, corrected_lower, corrected_upper; /* for linkage errors */
	int32_t method, status;
	int32_t n_parameters, n_infinite; /* those at minus infinity are among the parameters */
	int32_t upper_is_unbounded;       /* 1: upper is NaN because there is no upper end */
	int32_t reserved;
};

struct cf_estimate_report;

/* The interface's number: 1. It rises when something is added; struct_size tells old callers from new ones.
 */
CF_ESTIMATE_API int32_t cf_estimate_version(void);
/* The defaults: main, stepwise and bic, p 0.02, level 0.95, order 2, seed 1, all cores, no bootstrap.
 * struct_size is that of the caller's struct, which is filled as far as it goes; CF_ESTIMATE_E_USAGE when it
 * is too small. */
CF_ESTIMATE_API int32_t cf_estimate_defaults(struct cf_estimate_options *options, uint64_t struct_size);

/* Estimates. counts: 2^n_lists of them, entry w for the persons on exactly the lists whose bits are set in w
 * (bit 0: the first list); entry 0 must be 0. n_lists 1 to 12. options NULL: the defaults. *ret_report is the
 * caller's on success and untouched on failure. message (may be NULL): message_size bytes for what was wrong.
 * A table that identifies nothing is a success: the status of each result says so.
 * Time: a fit takes O(K 2^K + terms^3); a replicate a few dozen fits. */
CF_ESTIMATE_API int32_t cf_estimate_run(int32_t n_lists, const uint64_t *counts,
	const struct cf_estimate_options *options, struct cf_estimate_report **ret_report, char *message,
	uint64_t message_size);
/* NULL is fine. */
CF_ESTIMATE_API void cf_estimate_free(struct cf_estimate_report *report);

CF_ESTIMATE_API int32_t cf_estimate_n_results(const struct cf_estimate_report *report);
/* Fills *result, whose struct_size must be set. */
CF_ESTIMATE_API int32_t cf_estimate_get(
	const struct cf_estimate_report *report, int32_t at, struct cf_estimate_result *result);
/* "[12,3]"; NULL beyond the last. */
CF_ESTIMATE_API const char *cf_estimate_model(const struct cf_estimate_report *report, int32_t at);
/* Why there is no estimate, in words; NULL when there is one. */
CF_ESTIMATE_API const char *cf_estimate_reason(const struct cf_estimate_report *report, int32_t at);
/* Numbers of the method's own beside its estimate, by name: "posterior_mean", "r_hat", "sample_coverage". */
CF_ESTIMATE_API int32_t cf_estimate_n_facts(const struct cf_estimate_report *report, int32_t at);
CF_ESTIMATE_API const char *cf_estimate_fact_name(
	const struct cf_estimate_report *report, int32_t at, int32_t fact);
CF_ESTIMATE_API double cf_estimate_fact(const struct cf_estimate_report *report, int32_t at, int32_t fact);
/* The replicates' estimates, rising; *ret_n of them. */
CF_ESTIMATE_API const double *cf_estimate_replicates(
	const struct cf_estimate_report *report, int32_t at, uint64_t *ret_n);
/* Draws from the posterior of the total, for the methods that have one: *ret_n_chains rows of *ret_n_draws
 * each. Of latent classes as the chains made them, also where they disagree and there is no estimate; of
 * graphs one row at evenly spaced shares of the posterior, rising. NULL and 0 without any. */
CF_ESTIMATE_API const double *cf_estimate_draws(
	const struct cf_estimate_report *report, int32_t at, uint64_t *ret_n_chains, uint64_t *ret_n_draws);
/* The result to lead with; -1 when none is identified. */
CF_ESTIMATE_API int32_t cf_estimate_headline(const struct cf_estimate_report *report);
CF_ESTIMATE_API int32_t cf_estimate_verdict(const struct cf_estimate_report *report);
CF_ESTIMATE_API int32_t cf_estimate_n_verdict_reasons(const struct cf_estimate_report *report);
/* In words, and the rule of docs/methods.md ("F7"; "P..." for remarks that are no rule). */
CF_ESTIMATE_API const char *cf_estimate_verdict_reason(const struct cf_estimate_report *report, int32_t at);
CF_ESTIMATE_API const char *cf_estimate_verdict_rule(const struct cf_estimate_report *report, int32_t at);
/* "stepwise"; NULL when there is no such method. */
CF_ESTIMATE_API const char *cf_estimate_method_name(int32_t method);

/* For R's .C and the like: one method, everything by pointer to plain arrays. counts: 2^n_lists whole numbers
 * as doubles. result: 6 doubles (estimate, lower, upper, profile lower, profile upper, deviance). status: 0,
 * 1 or 2 as above when *code is 0, and the verdict follows it; code: 0, CF_ESTIMATE_E_NO_ANSWER when there is
 * no estimate, or another failure. Runs in one thread. */
CF_ESTIMATE_API void cf_estimate_flat(const int32_t *n_lists, const double *counts, const int32_t *method,
	const double *p, const int32_t *order, const int32_t *n_bootstrap, const int32_t *seed,
	const double *level, double *result, int32_t *status, int32_t *verdict, int32_t *code);

#ifdef __cplusplus
}
#endif

#endif
