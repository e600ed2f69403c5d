/*
 * How well clusters hold together: density is the share of a cluster's pairs of rows that weigh enough on
 * their own; a bridge is a pair without which the cluster would fall apart (Tarjan 1974). A large cluster
 * that hangs on a bridge is often two persons.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "link/cluster.h"

struct link_cluster_quality {
	uint32_t cluster;
	uint32_t size;
	uint64_t n_pairs; /* that weigh enough */
	uint32_t n_bridges;
	double density;
};

struct link_qualities {
	struct link_cluster_quality *worst; /* clusters of three rows or more, the least dense first */
	size_t n;
	double mean_density;
	size_t n_bridged; /* clusters of four rows or more with a bridge between parts of two or more */
};
void link_qualities_done(struct link_qualities *q);

int link_cluster_qualities(const struct link_clusters *c, const struct link_scored *scored, double weight,
	struct link_qualities *ret, struct cf_error *err) CF_MUST_USE;
