/*
 * Dates: what is read exists and is read again from its own text; where the order of the column is unknown,
 * no order gives another date; and a date is a fuzzy date too.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const struct fuzzy_date *a, const struct fuzzy_date *b)
{
	return a->kind == b->kind && date_compare(a->first, b->first) == 0 &&
	       date_compare(a->last, b->last) == 0;
}

static void check_fuzzy(const char *s, size_t n, enum date_order order)
{
	struct fuzzy_date d;
	struct fuzzy_date back;
	if (!date_parse_fuzzy(s, n, order, &d))
		return;
	must(date_is_valid(d.first) && date_is_valid(d.last) && d.kind != DATE_UNKNOWN);
	must(d.kind == DATE_BETWEEN || date_compare(d.first, d.last) == 0);
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	must(date_format_fuzzy(&d, &out) == 0);
	must(date_parse_fuzzy(out.data, out.n, order, &back) && same(&d, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	struct date plain;
	bool unknown = date_parse(s, n, DATE_ORDER_UNKNOWN, &plain);
	for (int order = DATE_ORDER_UNKNOWN; order <= DATE_MDY; order++) {
		struct date d;
		bool found = date_parse(s, n, (enum date_order)order, &d);
		if (found) {
			must(date_is_valid(d));
			must(!unknown || date_compare(d, plain) == 0);
			struct fuzzy_date fuzzy;
			must(date_parse_fuzzy(s, n, (enum date_order)order, &fuzzy));
			must(fuzzy.kind == DATE_EXACT && date_compare(fuzzy.first, d) == 0);
		}
		check_fuzzy(s, n, (enum date_order)order);
	}
	struct date_evidence e = {0};
	date_evidence_add(&e, s, n);
	must(e.n_values + e.n_not_date <= 1 && date_evidence_order(&e) <= DATE_MDY);
	return 0;
}
