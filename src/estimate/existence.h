/*
 * Does a log-linear model have a finite, unique maximum-likelihood estimate on a table? Decided exactly from
 * the pattern of zeros (Fienberg and Rinaldo 2012; Chan, Silverman and Vincent 2021), never from a fit.
 *
 * Let A have a row for each observed cell that is not ruled out by a term nobody shares, and a column for
 * each term somebody shares. The estimate is identifiable when A has full column rank. It exists when some x
 * > 0 has A'x = A'n, that is (Gordan, Stiemke) when no direction a has A a <= 0 on empty cells and = 0 on the
 * others without being 0 everywhere. Such an a lies in the null space of the rows of the cells with persons,
 * mostly of dimension 0 or 1, so the linear program is solved there, in integers.
 */
#pragma once

#include "base/error.h"
#include "base/mem.h"
#include "estimate/estimate.h"
#include "estimate/hierarchy.h"
#include "estimate/loglinear.h"

struct existence {
	enum estimate_status status;
	/* for ESTIMATE_NO_FINITE: can the likelihood run away with the hidden number growing without end, or
	 * with it going to zero */
	bool hidden_grows;
	bool hidden_vanishes;
};

struct existence_space;

int existence_space_new(uint32_t n_lists, struct existence_space **ret, struct cf_error *err) CF_MUST_USE;
struct existence_space *existence_space_free(struct existence_space *s);
CF_DEFINE_CLEANUP(struct existence_space, existence_space_free);
#define CF_CLEANUP_EXISTENCE CF_CLEANUP(existence_space_free_ptr)

/* What fails for a model fails for every model that contains it, though perhaps in the other way. A model
 * that is neither is called not identifiable. Fails only when numbers outgrow exact arithmetic, or when
 * memory does. */
int existence_check(struct existence_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	struct existence *ret, struct cf_error *err) CF_MUST_USE;
