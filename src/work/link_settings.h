/*
 * Settings files: which columns are compared as what, which pairs are looked at, when two rows are linked.
 * What a file does not say is chosen from the data. 'counterfoil link --suggest' writes one.
 *
 *	[compare]
 *	given_name = first_name     ; given_name, family_name, full_name, name, text, date, phone, email,
 *code, ; number, choice: what the column holds not_by_frequency = gender   ; agreement on a rare value weighs
 *no more than on a common one [pairs] rule = surname.sound + dob.year rule = surname window 5     ; rows
 *within five places of each other when sorted all = yes                   ; every pair instead of rules limit
 *= 500000000 [link] threshold = 0.9             ; or auto clusters = consistent       ; or components, best
 *	one_a_file = no
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "link/cluster.h"
#include "link/suggest.h"
#include "work/link_read.h"

struct link_settings_file {
	struct ini *ini;
	struct link_stated_column *columns; /* names belong to ini */
	size_t n_columns;
	size_t n_rules;
	bool all_pairs;
	double limit;
	double threshold; /* 0: auto */
	enum link_cluster_method method;
	bool only_labels;
	int one_a_file; /* -1: not said */
};

int link_settings_parse(const char *name, const char *data, size_t n, struct link_settings_file **ret,
	struct cf_error *err) CF_MUST_USE;
int link_settings_open(const char *path, struct link_settings_file **ret, struct cf_error *err) CF_MUST_USE;
struct link_settings_file *link_settings_free(struct link_settings_file *f);
CF_DEFINE_CLEANUP(struct link_settings_file, link_settings_free);
#define CF_CLEANUP_LINK_SETTINGS CF_CLEANUP(link_settings_free_ptr)

/* Every column named in [compare] must be in the table: an unknown one is an error with its line. */
int link_settings_check(const struct link_settings_file *f, const struct link_table *t, struct cf_error *err)
	CF_MUST_USE;
/* Brings the file's rules and the rest into s, which has its fields, and counts the rules' pairs. */
int link_settings_apply(const struct link_settings_file *f, const struct link_table *t,
	struct link_settings *s, struct cf_error *err) CF_MUST_USE;

/* A commented file that says what was chosen. */
int link_settings_write(const struct link_source *source, const struct link_suggestion *suggestion,
	struct buffer *out) CF_MUST_USE;
