#include "base/date.h"

bool date_is_leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int date_days_in_month(int year, int month)
{
	static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
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

/* Years are counted from March in eras of 400 years, so that the leap day comes last (Hinnant 2013). */
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
	enum { FIRST = -719162, LAST = 2932896 }; /* 0001-01-01, 9999-12-31 */
	if (days < FIRST || days > LAST)
		return (struct date){0};
	int64_t z = days + 719468;
	int64_t era = z / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	return (struct date){
		.year = (int16_t)(year_of_era + era * 400 + (month <= 2)),
		.month = (uint8_t)month,
		.day = (uint8_t)(day_of_year - (153 * shifted + 2) / 5 + 1),
	};
}

int date_compare(struct date a, struct date b)
{
	int x = a.year * 512 + a.month * 32 + a.day;
	int y = b.year * 512 + b.month * 32 + b.day;
	return (x > y) - (x < y);
}

enum date_order date_evidence_order(const struct date_evidence *e)
{
	if (e->n_values == 0)
		return DATE_ORDER_UNKNOWN;
	if (e->fits[DATE_YMD] == e->n_values)
		return DATE_YMD;
	/* every value fits one of the two, so those that do not fit the other speak for this one */
	uint64_t only_dmy = e->n_values - e->fits[DATE_MDY];
	uint64_t only_mdy = e->n_values - e->fits[DATE_DMY];
	bool dmy = only_dmy > only_mdy;
	uint64_t most = dmy ? only_dmy : only_mdy;
	uint64_t least = dmy ? only_mdy : only_dmy;
	/* at least 19 in 20 of all, and of the telling ones */
	if (most == least || least > e->n_values / 20 || least > (most + least) / 20)
		return DATE_ORDER_UNKNOWN;
	return dmy ? DATE_DMY : DATE_MDY;
}

int date_format(struct date d, struct buffer *out)
{
	if (!d.year)
		return CF_OK;
	if (!d.month)
		return buffer_printf(out, "%04d", d.year);
	if (!d.day)
		return buffer_printf(out, "%04d-%02d", d.year, d.month);
	return buffer_printf(out, "%04d-%02d-%02d", d.year, d.month, d.day);
}

int date_format_fuzzy(const struct fuzzy_date *d, struct buffer *out)
{
	static const char *const words[] = {
		[DATE_ABOUT] = "about ", [DATE_BEFORE] = "before ", [DATE_AFTER] = "after "};
	if (d->kind == DATE_UNKNOWN)
		return CF_OK;
	if (d->kind != DATE_EXACT && d->kind != DATE_BETWEEN)
		TRY(buffer_append_text(out, words[d->kind]));
	TRY(date_format(d->first, out));
	if (d->kind != DATE_BETWEEN)
		return CF_OK;
	TRY(buffer_append_text(out, ".."));
	return date_format(d->last, out);
}
