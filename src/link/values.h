/*
 * The distinct values of a compared column, made ready: what is seen of each at a glance, and beside it what
 * the whole comparison reads, short texts themselves included, so that both stand in a cache line. By code.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "link/glance.h"
#include "link/nicknames.h"
#include "link/table.h"

enum { LINK_SHORT_TEXT = 16 };

struct link_value {
	uint32_t letters;
	uint16_t sounds[SOUND_N_READINGS];
	uint16_t n; /* 0: longer than short texts, see the dictionary */
	uint16_t nicknames[NICKNAME_MAX_GROUPS];
	char text[LINK_SHORT_TEXT];
};

struct link_values {
	const struct link_dictionary *dictionary;
	struct link_value *values;
	struct glance_name *names; /* of names; otherwise NULL */
	uint64_t *signs;           /* of dates, phones and codes; otherwise NULL */
};

/* Tables of nicknames by enum nickname_table. The column must outlive the values. */
int link_values_make(const struct link_column *column, const struct nicknames *const *nicknames,
	struct link_values *ret, struct cf_error *err) CF_MUST_USE;
void link_values_done(struct link_values *v);

/* Valid as long as the values. Code 0 is a text of length 0. */
static inline void link_values_text(const struct link_values *values, uint32_t code, struct similar_text *ret)
{
	const struct link_value *v = &values->values[code];
	bool is_short = v->n || !code;
	ret->text = is_short ? v->text : link_dictionary_text(values->dictionary, code);
	ret->n = is_short ? v->n : link_dictionary_length(values->dictionary, code);
	ret->padded = is_short;
	ret->letters = v->letters;
	memcpy(ret->sounds, v->sounds, sizeof ret->sounds);
	ret->nicknames = v->nicknames;
}
