/*
 * The population's lists as files, and the truth about them.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "model.h"
#include "names.h"

/* Everything that can be known about who stands where: counts of persons by capture pattern and sex. */
struct sim_truth {
	uint64_t seed;
	uint64_t n_persons;
	uint64_t persons[SIM_N_SEXES][1u << MODEL_N_LISTS];
	uint64_t forms[SIM_N_FORMS];
	uint64_t forms_seen[SIM_N_FORMS];
	uint64_t rows[MODEL_N_LISTS];
};

/* One row to write: the person, and whether it is the second about them. */
struct sim_entry {
	uint64_t person;
	uint8_t repeat;
};

/* The rows of each list in the order in which they are written, which says nothing about the persons. Memory
 * is in proportion to the rows, 16 bytes each, however many persons there are. */
struct sim_lists {
	struct sim_entry *entries[MODEL_N_LISTS];
	size_t n[MODEL_N_LISTS];
	size_t capacity[MODEL_N_LISTS];
	struct sim_truth truth;
};

int sim_lists_new(uint64_t seed, uint64_t n_persons, struct sim_lists **ret, struct cf_error *err)
	CF_MUST_USE;
struct sim_lists *sim_lists_free(struct sim_lists *lists);
CF_DEFINE_CLEANUP(struct sim_lists, sim_lists_free);
#define CF_CLEANUP_SIM_LISTS CF_CLEANUP(sim_lists_free_ptr)

/* FOLDER/NAME.csv */
int sim_list_write(const struct sim_lists *lists, const struct names *names, int list, const char *folder,
	struct cf_error *err) CF_MUST_USE;

/* FOLDER/truth.csv (counts by name) and FOLDER/truth_overlap.csv, for the lists of the bit set. */
int sim_truth_write(const struct sim_truth *truth, unsigned lists, const char *folder, struct cf_error *err)
	CF_MUST_USE;
