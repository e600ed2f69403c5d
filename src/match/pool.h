/*
 * Merged rows pool their values: a record of several rows has every value that any of them has, the most
 * frequent first. And what looks like an identifier but stands on many persons (a trafficker's phone on the
 * rows of all victims, a document of an office) is taken away, since it identifies none of them.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "match/plan.h"
#include "model/person.h"

/* The pooled person of n rows, in arena. Values by falling frequency, equal ones by their bytes. */
int match_pool(const struct person *const *rows, size_t n, struct arena *arena, struct person *ret)
	CF_MUST_USE;

/* A digest of the texts of some fields (a bit set) of a person; of what makes two rows look like one person.
 */
uint64_t match_person_digest(const struct person *p, uint32_t fields);

/* Takes from persons every phone, document and e-mail that more than max_sharing of them have; persons whose
 * who[i] is equal count once. Value arrays are replaced by shorter ones in arena. */
int match_drop_shared(struct person *persons, const uint64_t *who, size_t n, uint32_t max_sharing,
	struct arena *arena, struct cf_error *err) CF_MUST_USE;
