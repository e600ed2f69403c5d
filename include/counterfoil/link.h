/*
 * Counterfoil: record linkage as a library.
 *
 * Who is the same person within a table, or across several that may lawfully be pooled: columns recognised,
 * blocking rules and threshold chosen from the data, a Fellegi-Sunter model trained without labels, clusters,
 * and the weight that each field adds for any two rows (docs/linking.md has the method and its sources). Made
 * for C and for foreign function interfaces: fixed-width integers, doubles, pointers and structs of those.
 *
 * Rows are numbered from 0 through all tables, one table behind another.
 * Threads: different reports may be made and read by different threads; one report is one thread's at a time.
 * Ownership: a report belongs to the caller until cf_link_free; texts and arrays that functions return belong
 * to their report. Nothing is printed. Only named files are read; pairs that do not fit into the memory given
 * go to a nameless temporary file (row numbers and weights). Messages never show the contents of a cell.
 */
#ifndef COUNTERFOIL_LINK_H
#define COUNTERFOIL_LINK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CF_LINK_API __attribute__((visibility("default")))
#else
#define CF_LINK_API
#endif

/* What functions return when they fail; 0 is success. */
#define CF_LINK_E_USAGE (-1)     /* wrong arguments */
#define CF_LINK_E_INPUT (-2)     /* a table, settings or a model that cannot be read */
#define CF_LINK_E_NOT_FOUND (-3) /* a file or a column that is not there */
#define CF_LINK_E_LIMIT (-4)     /* larger than the memory given, or a blocking rule that explodes */
#define CF_LINK_E_NO_ANSWER (-7) /* no column tells the rows apart */
#define CF_LINK_E_MEMORY (-9)
#define CF_LINK_E_IO (-10)
#define CF_LINK_E_INTERNAL (-11)

/* A table as CSV text with a header (comma, semicolon, tab or bar; UTF-8), or the path of a file. */
struct cf_link_table {
	const char *name; /* for messages; the path when data is NULL */
	const char *data; /* n_bytes of CSV; NULL: the file is read */
	uint64_t n_bytes;
};

struct cf_link_options {
	uint64_t struct_size;  /* sizeof(struct cf_link_options) */
	uint64_t memory_bytes; /* for values and pairs; 0: 2 GiB */
	double threshold;      /* probability from which rows are joined; 0: chosen */
	int32_t dedupe;        /* several tables: not 0 links rows within them as well */
	int32_t n_threads;     /* 0: all cores; results do not depend on it */
	const char *ignore;    /* columns to leave out, with commas between; NULL: none */
	const char *id;        /* column that names rows and is not compared; NULL: none */
	const char *settings;  /* text of a settings file; NULL: all is chosen from the data */
	const char *model;     /* JSON of a model trained before; NULL: trained from the data */
	const char *temporary; /* folder of temporary files; NULL: $TMPDIR, or /tmp */
};

/* Expected values suppose that the model is right; each has a lower and an upper end. */
struct cf_link_summary {
	uint64_t struct_size; /* set before the call */
	uint64_t n_rows, n_tables;
	uint64_t n_persons; /* clusters, with those of one row */
	uint64_t n_joined;  /* rows in clusters of two or more */
	uint64_t n_pairs;   /* pairs of rows in one cluster */
	uint64_t n_largest; /* rows of the largest cluster */
	uint64_t n_kept;    /* pairs that were kept, for cf_link_kept */
	double n_compared;
	double threshold, weight; /* probability, and the same as log2 odds */
	double precision_low, precision_high;
	double recall_low, recall_high;
};

struct cf_link_pair {
	uint32_t left, right; /* left < right */
	double weight;        /* log2 odds that both rows are one person */
};

struct cf_link_report;

/* The interface's number: 1. It rises when something is added; struct_size tells old callers from new ones.
 */
CF_LINK_API int32_t cf_link_version(void);
/* The defaults. struct_size is that of the caller's struct; CF_LINK_E_USAGE when it is too small. */
CF_LINK_API int32_t cf_link_defaults(struct cf_link_options *options, uint64_t struct_size);

/* Links. options NULL: the defaults. *ret_report is the caller's on success and untouched on failure. message
 * (may be NULL): message_size bytes for what was wrong. With several tables a person is taken to stand once
 * at most in each, unless options say dedupe. Time: O(n log n) in the rows for reading and blocking, and
 * linear in the pairs that the rules find. */
CF_LINK_API int32_t cf_link_run(const struct cf_link_table *tables, uint64_t n_tables,
	const struct cf_link_options *options, struct cf_link_report **ret_report, char *message,
	uint64_t message_size);
/* NULL is fine. */
CF_LINK_API void cf_link_free(struct cf_link_report *report);

/* Fills *summary, whose struct_size must be set. */
CF_LINK_API int32_t cf_link_get(const struct cf_link_report *report, struct cf_link_summary *summary);
/* The row where a table begins; the number of all rows for n_tables. */
CF_LINK_API uint64_t cf_link_first_row(const struct cf_link_report *report, uint64_t table);
/* By row, its cluster, numbered from 1 by first rows; *ret_n rows. */
CF_LINK_API const uint32_t *cf_link_clusters(const struct cf_link_report *report, uint64_t *ret_n);

/* Kept pairs (probability over 0.02), the heaviest first: up to n of them from number `from` on. Returns how
 * many, 0 at the end, or a failure. */
CF_LINK_API int64_t cf_link_kept(
	const struct cf_link_report *report, uint64_t from, struct cf_link_pair *pairs, uint64_t n);
/* The weight of any two different rows, also such as no rule found; NaN when there are no such rows. */
CF_LINK_API double cf_link_weight(const struct cf_link_report *report, uint32_t a, uint32_t b);
/* 1 / (1 + 2^-weight). */
CF_LINK_API double cf_link_probability(double weight);

/* The fields compared, by their columns' names; NULL beyond the last. */
CF_LINK_API int32_t cf_link_n_fields(const struct cf_link_report *report);
CF_LINK_API const char *cf_link_field_name(const struct cf_link_report *report, int32_t field);
/* What a field adds to the weight of two rows, in bits, with the adjustment for rare values; and the level of
 * agreement in words ("equal", "one typing error", "missing"; may be NULL). The prior and what dependent
 * fields take back are the rest of cf_link_weight. */
CF_LINK_API double cf_link_field_weight(
	const struct cf_link_report *report, int32_t field, uint32_t a, uint32_t b, const char **ret_level);

/* The model as JSON, for cf_link_options.model, and the settings that were used, for
 * cf_link_options.settings; NULL when out of memory. */
CF_LINK_API const char *cf_link_model(struct cf_link_report *report);
CF_LINK_API const char *cf_link_settings(struct cf_link_report *report);

#ifdef __cplusplus
}
#endif

#endif
