/*
 * Dependence between fields among pairs that are not the same person: two persons with one given name often
 * have one citizenship too, so that agreement in both says less than the sum of the two weights. Measured on
 * pairs drawn from those that agree in each field, less the true pairs among them, and kept as a tree of
 * field pairs, the strongest first (Chow and Liu 1968): for an edge, log2 of how much more often two levels
 * come together than they would by chance.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "link/model.h"

struct link_dependence;

/* Draws the pairs. */
int link_dependence_new(const struct link_table *t, const struct link_settings *s, struct link_comparer *c,
	struct job_pool *pool, struct link_dependence **ret, struct cf_error *err) CF_MUST_USE;
struct link_dependence *link_dependence_free(struct link_dependence *d);
CF_DEFINE_CLEANUP(struct link_dependence, link_dependence_free);
#define CF_CLEANUP_LINK_DEPENDENCE CF_CLEANUP(link_dependence_free_ptr)

/* Sets the model's edges, from the drawn pairs weighed by how probably they are different persons under the
 * model as it is. */
void link_dependence_measure(const struct link_dependence *d, struct link_model *model);
