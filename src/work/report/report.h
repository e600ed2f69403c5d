/*
 * The report of a study: one self-contained HTML file and the same content as JSON, both safe to hand on. Two
 * steps keep it so: report_view_new turns the exact input into a view that holds only what may be shown
 * (counts through release/suppress.h, estimates rounded until an attacker cannot solve them for a small
 * count), and report_html and report_json see nothing but the view. Pure functions; the caller writes the
 * files.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "estimate/estimate.h"
#include "model/overlap.h"

/* Numbers of parties in struct report_disclosure are indices into parties, or one of these. */
enum { REPORT_ANALYST = -1, REPORT_EVERY_PARTY = -2 };

/* What can pass from one to another; the report says each in words. */
enum report_disclosed {
	REPORT_DISCLOSED_BLINDED_RECORDS =
		0,                     /* tokens raised by some but not all parties, on their way round */
	REPORT_DISCLOSED_FINAL_TOKENS, /* tokens raised by every party: equality can be seen */
	REPORT_DISCLOSED_LIST_SIZE,    /* how many records the list has */
	REPORT_DISCLOSED_STRATA,       /* coarse strata, in clear, with each record */
	REPORT_DISCLOSED_COMMITMENT,   /* a signed hash that binds the party to its input */
	REPORT_DISCLOSED_CARD,         /* public keys and the name */
	REPORT_N_DISCLOSED
};

struct report_disclosure {
	int from; /* whose data it is: a party */
	int to;   /* who learns it: a party, REPORT_ANALYST or REPORT_EVERY_PARTY */
	enum report_disclosed what;
};

/* For counts that the analyst was not told. */
#define REPORT_UNKNOWN UINT64_MAX

struct report_party {
	const char *name;
	uint64_t n_rows;           /* of its file, or REPORT_UNKNOWN */
	uint64_t n_records;        /* after deduplication: the list's size in the overlap table */
	uint64_t n_dropped_values; /* left out because too many records share them, or REPORT_UNKNOWN */
	uint64_t n_coarsened;      /* records whose stratum was made coarser, or REPORT_UNKNOWN */
	uint32_t n_slots;
};

struct report_key {
	const char *name; /* "family_phonetic+birth_date" */
	double weight;    /* as the plan gives it */
	uint32_t n_slots;
};

struct report_matching {
	double threshold;
	uint64_t n_tied;      /* links left out because equal ones compete */
	uint64_t n_conflicts; /* links left out because a list would stand twice */
	size_t n_keys;
	const struct report_key *keys;
};

/* A column of the strata and the values it may take, as agreed in the study. */
struct report_stratum {
	const char *column;
	size_t n_values;
	const char *const *values;
};

/* Nothing is owned. Texts are UTF-8 and are escaped by the report; parties stand in the order of the table's
 * lists. */
struct report_input {
	const char *title; /* of the study; NULL: "Study" and the id */
	const char *study_id;
	const char *epoch;   /* NULL: none was agreed */
	const char *date;    /* of the run, YYYY-MM-DD */
	const char *suite;   /* cryptographic suite; NULL: the lists were compared in the clear */
	const char *analyst; /* NULL: not named */
	const char *version; /* of the program */
	uint32_t k;          /* least count that may be shown, at least 2 */
	size_t n_parties;    /* 0, or the number of lists */
	const struct report_party *parties;
	const struct report_matching *matching; /* NULL: not known */
	size_t n_strata;
	const struct report_stratum *strata;
	size_t n_disclosures;
	const struct report_disclosure *disclosures;
	const struct overlap_table *overlap;
	const struct estimate_report *estimate;
	const struct estimate_options *options; /* those the estimate was made with */
};

struct report_view;

/* Decides what may be shown. CF_E_USAGE when parts of the input do not fit together (the number of parties, a
 * record count that is not the list's size, k below 2). Takes some seconds for eight lists; progress may be
 * NULL. */
int report_view_new(const struct report_input *input, const struct progress *progress,
	struct report_view **ret, struct cf_error *err) CF_MUST_USE;
struct report_view *report_view_free(struct report_view *view);
CF_DEFINE_CLEANUP(struct report_view, report_view_free);
#define CF_CLEANUP_REPORT_VIEW CF_CLEANUP(report_view_free_ptr)

/* Appends the whole document: well-formed XHTML-style HTML, no script, nothing fetched from elsewhere. */
int report_html(const struct report_view *view, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Appends report.json; its fields are described in docs/report.md. */
int report_json(const struct report_view *view, struct buffer *out, struct cf_error *err) CF_MUST_USE;
