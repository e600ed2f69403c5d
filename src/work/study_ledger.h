/*
 * Which studies a key has joined, kept beside the key file (KEY.ledger). Differences between two runs over
 * nearly the same lists tell who was added or left out, so a key joins one study for each epoch with the same
 * partners; another run must be meant and said.
 */
#pragma once

#include "crypto/identity.h"
#include "match/study.h"
#include "work/study.h"

/* CF_E_REFUSED when this key joined another study of the epoch with one of these participants, or this study
 * in another folder, unless r->another_run. */
int study_ledger_check(const struct study_join_request *r, const struct match_study *study,
	const struct identity *id, struct cf_error *err) CF_MUST_USE;
/* Adds the study; fine when it is there. */
int study_ledger_add(const struct study_join_request *r, const struct match_study *study,
	const struct identity *id, struct cf_error *err) CF_MUST_USE;
