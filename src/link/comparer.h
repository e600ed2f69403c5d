/*
 * What a comparer is made of, for compare_rows.c and compare_many.c alone.
 */
#pragma once

#include "link/compare_rows.h"
#include "link/memo.h"
#include "link/values.h"

/* How two values are looked at before they are compared whole. */
enum link_look {
	LINK_LOOK_NONE = 0,
	LINK_LOOK_TABLE, /* few values: the level stands there, or is not known yet */
	LINK_LOOK_NAME,
	LINK_LOOK_DATE,
	LINK_LOOK_PHONE,
	LINK_LOOK_CODE,
};

/* What a worker needs for a batch of pairs. */
struct link_scratch {
	uint16_t open[LINK_BATCH]; /* pairs still to be compared whole */
	uint8_t levels[LINK_BATCH];
	uint8_t others[LINK_BATCH];
};

struct link_comparer {
	size_t n_fields;
	struct link_field fields[LINK_MAX_FIELDS];
	enum link_kind kinds[LINK_MAX_FIELDS];
	enum link_look looks[LINK_MAX_FIELDS];
	int8_t given_of[LINK_MAX_FIELDS]; /* of a family name: the field compared crosswise with it, or -1 */
	uint32_t *codes;                  /* of row i in field f: codes[i * n_fields + f] */
	struct link_values values[LINK_MAX_FIELDS];
	struct link_memo memos[LINK_MAX_FIELDS];
	struct glance_bounds bounds;
	size_t n_workers;
	struct link_scratch *scratches; /* by worker */
};

/* The swapped level stands behind equal, so that levels fall from like to unlike. */
enum { LINK_LEVEL_SWAPPED = LINK_LEVEL_EQUAL + 1 };

static inline bool link_is_crosswise(const struct link_comparer *c, size_t field)
{
	return c->fields[field].crosswise >= 0;
}

static inline const uint32_t *link_codes_of(const struct link_comparer *c, uint32_t row)
{
	return c->codes + row * c->n_fields;
}
