#include "base/date.h"

#include <stdio.h>
#include <string.h>

bool date_is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (month < 1 || month > 12)
		return 0;
	return days[month - 1] + (month == 2 && date_is_leap_year(year));
}

bool date_is_valid(struct date d)
{
	if (d.year < 1 || d.year > 9999)
		return false;
	if (d.month == 0)
		return d.day == 0;
	return d.month <= 12 && d.day <= date_days_in_month(d.year, d.month);
}

/* Days from the civil calendar in eras of 400 years that begin in March (Hinnant 2013). */
int64_t date_to_days(struct date d)
{
	int64_t month = d.month ? d.month : 1;
	int64_t day = d.day ? d.day : 1;
	int64_t year = d.year - (month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

struct date date_from_days(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	int64_t month = shifted + (shifted < 10 ? 3 : -9);
	int64_t year = year_of_era + era * 400 + (month <= 2);
	return (struct date){.year = (int16_t)year,
		.month = (uint8_t)month,
		.day = (uint8_t)(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

int date_compare(struct date a, struct date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	return (a.day > b.day) - (a.day < b.day);
}

int date_format(struct date d, struct buffer *out)
{
	if (d.year == 0)
		return CF_OK;
	if (d.month == 0)
		return buffer_printf(out, "%04d", d.year);
	if (d.day == 0)
		return buffer_printf(out, "%04d-%02d", d.year, d.month);
	return buffer_printf(out, "%04d-%02d-%02d", d.year, d.month, d.day);
}

int date_format_fuzzy(const struct fuzzy_date *d, struct buffer *out)
{
	static const char *const prefixes[] = {[DATE_ABOUT] = "about ",
		[DATE_BEFORE] = "before ",
		[DATE_AFTER] = "after ",
		[DATE_BETWEEN] = ""};
	if (d->kind == DATE_UNKNOWN)
		return CF_OK;
	if (d->kind != DATE_EXACT)
		TRY(buffer_append_text(out, prefixes[d->kind]));
	TRY(date_format(d->first, out));
	if (d->kind != DATE_BETWEEN)
		return CF_OK;
	TRY(buffer_append_text(out, ".."));
	return date_format(d->last, out);
}

void date_evidence_add(struct date_evidence *e, const char *s, size_t n)
{
	struct date d;
	bool any = false;
	for (int order = DATE_YMD; order <= DATE_MDY; order++) {
		if (!date_parse(s, n, (enum date_order)order, &d))
			continue;
		e->fits[order]++;
		any = true;
	}
	if (any)
		e->n_values++;
	else
		e->n_not_date++;
}

enum date_order date_evidence_order(const struct date_evidence *e)
{
	enum date_order best = DATE_ORDER_UNKNOWN;
	uint64_t most = 0;
	bool tied = false;
	for (int order = DATE_YMD; order <= DATE_MDY; order++) {
		if (e->fits[order] > most) {
			best = (enum date_order)order;
			most = e->fits[order];
			tied = false;
		} else if (e->fits[order] == most) {
			tied = true;
		}
	}
	if (tied || most == 0 || most < e->n_values - e->n_values / 20)
		return DATE_ORDER_UNKNOWN;
	return best;
}
