/*
 * One invented person. Everything follows from the seed and the person's number alone, so that a population
 * of any size needs no memory: a person is made again whenever a row about them is written.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/random.h"
#include "model.h"
#include "names.h"

enum { SIM_PHONE_BYTES = 16, SIM_DOCUMENT_BYTES = 16, SIM_MAX_PHONES = 2 };

/* What decides who sees the person. */
struct sim_core {
	uint64_t number; /* from 1 */
	enum sim_sex sex;
	enum sim_form form;
	unsigned lists; /* bit set of those that the person stands on */
};

struct sim_person {
	struct sim_core core;
	const struct origin *origin;
	struct name name;
	uint8_t spelling[NAME_MAX_TOKENS]; /* the person's own, an index into the Latin spellings */
	struct date birth;
	bool day_known;
	size_t city;
	size_t n_phones; /* the newest last; national digits without the leading zero */
	char phones[SIM_MAX_PHONES][SIM_PHONE_BYTES];
	char document[SIM_DOCUMENT_BYTES]; /* "": none */
};

/* Streams of one seed: each purpose has its own, numbered by what it is about. */
enum sim_purpose {
	STREAM_CORE = 1,
	STREAM_GROUP,
	STREAM_DETAILS,
	STREAM_ROW,
	STREAM_ORDER,
	STREAM_DUPLICATE
};
void sim_stream(struct random_stream *r, uint64_t seed, enum sim_purpose purpose, uint64_t number);

void sim_core_make(uint64_t seed, uint64_t number, struct sim_core *ret);
void sim_person_make(uint64_t seed, const struct names *names, uint64_t number, struct sim_person *ret);
