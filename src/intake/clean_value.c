#include "intake/clean.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "intake/xlsx_value.h"

enum { MAX_KEY = 48 };

/* ---- words ---- */

/* ASCII letters and digits in lower case, single blanks between words, accents of Latin-1 taken off: enough
 * to compare with a list of words, without ICU. Empty for text in another script, or too long. */
static void simple_key(const char *s, size_t n, char key[MAX_KEY + 1])
{
	/* from U+00C0 to U+00FF, small and capital alike */
	static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuy saaaaaaaceeeeiiiidnooooo ouuuuy y";
	size_t m = 0;
	key[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char to = ' ';
		if (c == 0xc3 && i + 1 < n) {
			to = latin[(unsigned char)s[++i] & 0x3f];
		} else if (c == 0xe2 && i + 2 < n && (unsigned char)s[i + 1] == 0x80) {
			i += 2; /* typographic marks */
		} else if (c >= 0x80) {
			if (c != 0xc2) {
				key[0] = '\0';
				return;
			}
			i++;
		} else if (isalnum(c)) {
			to = (char)tolower(c);
		}
		if (to == ' ' && (m == 0 || key[m - 1] == ' '))
			continue;
		if (m == MAX_KEY) {
			key[0] = '\0';
			return;
		}
		key[m++] = to;
	}
	while (m && key[m - 1] == ' ')
		m--;
	key[m] = '\0';
}

static bool among(const char *key, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(key, *words) == 0)
			return true;
	return false;
}

enum clean_absence clean_absence(const char *s, size_t n)
{
	static const char *const unknown[] = {"unknown", "not known", "unk", "n a", "not available",
		"not stated", "not specified", "not recorded", "not provided", "no data", "no information",
		"missing", "nonspecifiedunknown", "not specified unknown", "don t know", "does not know",
		"inconnu", "inconnue", "non connu", "non connue", "non precise", "non precisee",
		"non renseigne", "non renseignee", "ne sait pas", "non disponible", "desconocido",
		"desconocida", "se desconoce", "no consta", "sin datos", "sin informacion", "no sabe",
		"no disponible", "no especificado", "no especificada", "no se sabe", NULL};
	static const char *const refused[] = {"refused", "refused to answer", "refused to say", "declined",
		"declined to answer", "prefer not to say", "prefers not to say", "does not want to say",
		"withheld", "refus", "refuse", "refuse de repondre", "a refuse de repondre",
		"ne souhaite pas repondre", "prefere ne pas repondre", "rechazado", "se niega a responder",
		"se nego a responder", "prefiere no responder", "prefiere no decir", "no quiere responder",
		NULL};
	static const char *const not_asked[] = {"not asked", "not yet asked", "notasked", "non demande",
		"non demandee", "pas demande", "question non posee", "no preguntado", "no preguntada",
		"no se pregunto", NULL};
	static const char *const not_applicable[] = {"not applicable", "notapplicable", "does not apply",
		"sans objet", "non applicable", "ne s applique pas", "no aplica", "no aplicable",
		"no procede", NULL};
	char key[MAX_KEY + 1];
	bool blank = true;
	for (size_t i = 0; i < n && blank; i++)
		blank = s[i] && strchr(" \t\r\n", s[i]);
	if (blank)
		return CLEAN_BLANK;
	if (n == 3 && memcmp(s, "-99", 3) == 0)
		return CLEAN_UNKNOWN;
	simple_key(s, n, key);
	if (!key[0])
		return (n == 1 && (*s == '-' || *s == '?')) ? CLEAN_UNKNOWN : CLEAN_PRESENT;
	/* most cells are none of these, and most differ in the first letter */
	if (!strchr("unmidsrwpaq", key[0]))
		return CLEAN_PRESENT;
	if (among(key, unknown))
		return CLEAN_UNKNOWN;
	if (among(key, refused))
		return CLEAN_REFUSED;
	if (among(key, not_asked) || strcmp(key, "not_asked") == 0)
		return CLEAN_NOT_ASKED;
	return among(key, not_applicable) ? CLEAN_NOT_APPLICABLE : CLEAN_PRESENT;
}

int clean_yes_no(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	static const char *const yes[] = {"yes", "y", "true", "1", "x", "checked", "ticked", "oui", "o",
		"vrai", "si", "s", "verdadero", "cierto", NULL};
	static const char *const no[] = {
		"no", "n", "false", "0", "unchecked", "unticked", "non", "faux", "falso", NULL};
	static const char *const marks[] = {
		"\xe2\x9c\x93", "\xe2\x9c\x94", "\xe2\x98\x91", "\xe2\x98\x92", NULL};
	char key[MAX_KEY + 1];
	char raw[8];
	simple_key(s, n, key);
	(void)snprintf(raw, sizeof raw, "%.*s", (int)(n < 7 ? n : 7), s);
	*ret_reason = "neither yes nor no; write yes, no, or unknown";
	bool is_yes = among(key, yes) || among(raw, marks);
	if (!is_yes && !among(key, no))
		return 0;
	TRY_MEMORY(buffer_append_text(out, is_yes ? "yes" : "no"), err);
	return 1;
}

/* ---- text ---- */

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] & 0x80)
			return false;
	return true;
}

/* Blanks and line ends folded to single blanks, or (keep_lines) left as they are with LF for every line end;
 * both trimmed, control characters dropped. */
static int fold_white(bool keep_lines, const char *s, size_t n, struct buffer *out)
{
	size_t begin = out->n;
	TRY(buffer_reserve(out, n + 1));
	char *first = out->data + begin;
	char *to = first;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool no_break = c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] == 0xa0;
		bool line_end = c == '\r' || c == '\n';
		i += no_break || (c == '\r' && i + 1 < n && s[i + 1] == '\n');
		if (keep_lines && (line_end || c == '\t'))
			*to++ = line_end ? '\n' : '\t';
		else if (keep_lines && no_break)
			*to++ = ' ';
		else if (!keep_lines &&
			 (line_end || no_break || c == ' ' || c == '\t' || c == '\v' || c == '\f')) {
			if (to > first && to[-1] != ' ')
				*to++ = ' ';
		} else if (c >= 0x20 && c != 0x7f)
			*to++ = (char)c;
	}
	while (to > first && strchr(" \n\t", to[-1]))
		to--;
	size_t skipped = 0;
	while (first + skipped < to && strchr(" \n\t", first[skipped]))
		skipped++;
	memmove(first, first + skipped, (size_t)(to - first) - skipped);
	to -= skipped;
	*to = '\0';
	out->n = begin + (size_t)(to - first);
	return CF_OK;
}

int clean_text(struct text_tools *tools, bool keep_lines, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	size_t before = out->n;
	if (is_ascii(s, n)) {
		TRY_MEMORY(fold_white(keep_lines, s, n, out), err);
	} else {
		CF_CLEANUP(buffer_done) struct buffer normal = BUFFER_INIT;
		TRY(text_normalise(tools, s, n, &normal, err));
		TRY_MEMORY(fold_white(keep_lines, normal.data, normal.n, out), err);
	}
	*ret_reason = "nothing but blanks and control characters";
	return out->n > before;
}

/* ---- dates and times ---- */

int clean_date(enum date_order order, const char *s, size_t n, struct buffer *out, const char **ret_reason,
	struct cf_error *err)
{
	struct fuzzy_date d;
	if (date_parse_fuzzy(s, n, order, &d)) {
		bool canonical = d.kind == DATE_EXACT && n == 10 && s[4] == '-' && s[7] == '-' && d.first.day;
		TRY_MEMORY(canonical ? buffer_append(out, s, n) : date_format_fuzzy(&d, out), err);
		return 1;
	}
	bool day_first = date_parse_fuzzy(s, n, DATE_DMY, &d);
	bool month_first = date_parse_fuzzy(s, n, DATE_MDY, &d);
	if (order == DATE_ORDER_UNKNOWN && (day_first || month_first))
		*ret_reason =
			"a date that can be read with the day or the month first; say which in the mapping "
			"(dates = dmy, mdy or ymd) or write 1990-05-17";
	else if (day_first || month_first || date_parse_fuzzy(s, n, DATE_YMD, &d))
		*ret_reason = "no date in the order of its column; write 1990-05-17, or say the order in the "
			      "mapping (dates = dmy, mdy or ymd)";
	else
		*ret_reason =
			"no date; write 1990-05-17, 1990-05, 1990, before 1990, after 1990 or 1990..1995, "
			"with four digits of the year";
	return 0;
}

/* "08:30", "08:30:00", "08:30:00.5", then "Z", "+02:00" or nothing. */
static bool parse_clock(const char *s, int *ret_second, int *ret_offset_minutes)
{
	int hour = 0;
	int minute = 0;
	int second = 0;
	int used = 0;
	if (sscanf(s, "%2d:%2d%n", &hour, &minute, &used) != 2 || used < 3)
		return false;
	s += used;
	if (*s == ':') {
		if (sscanf(s, ":%2d%n", &second, &used) != 1)
			return false;
		s += used;
	}
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789");
	*ret_offset_minutes = 0;
	if (*s == 'Z' || *s == 'z') {
		s++;
	} else if (*s == '+' || *s == '-') {
		int hours = 0;
		int minutes = 0;
		bool behind = *s++ == '-';
		if (sscanf(s, "%2d%n", &hours, &used) != 1)
			return false;
		s += used;
		s += *s == ':';
		if (*s) {
			if (sscanf(s, "%2d%n", &minutes, &used) != 1)
				return false;
			s += used;
		}
		if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
			return false;
		*ret_offset_minutes = (hours * 60 + minutes) * (behind ? -1 : 1);
	}
	*ret_second = (hour * 60 + minute) * 60 + second;
	return !*s && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

int clean_time(enum date_order order, const char *s, size_t n, struct buffer *out, const char **ret_reason,
	struct cf_error *err)
{
	enum { DAY = 86400 };
	char text[64];
	while (n && s[0] == ' ') {
		s++;
		n--;
	}
	while (n && s[n - 1] == ' ')
		n--;
	(void)snprintf(text, sizeof text, "%.*s", (int)(n < 63 ? n : 63), s);
	char *colon = strchr(text, ':');
	char *gap = colon;
	while (gap && gap > text && *gap != 'T' && *gap != ' ')
		gap--;
	struct date d;
	int second = 0;
	int offset = 0;
	*ret_reason = "no moment; write the date and the time of day, such as 2026-02-01 08:30";
	if (n > 63 || !gap || gap == text)
		return 0;
	*gap = '\0';
	if (!parse_clock(gap + 1, &second, &offset) || !date_parse(text, strlen(text), order, &d) || !d.day)
		return 0;
	int64_t moment = date_to_days(d) * DAY + second - (int64_t)offset * 60;
	int64_t days = moment / DAY - (moment % DAY < 0);
	int left = (int)(moment - days * DAY);
	d = date_from_days(days);
	if (!d.year)
		return 0;
	TRY_MEMORY(buffer_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, left / 3600,
			   left / 60 % 60, left % 60),
		err);
	return 1;
}

/* ---- figures ---- */

enum { MAX_FIGURE = 40 };

/* Without blanks (also no-break and thin ones) and apostrophes between digits; 0 when too long or odd. */
static size_t figure_of(const char *s, size_t n, char to[MAX_FIGURE + 1])
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		size_t length = 1;
		int digit = text_digit(s + i, n - i, &length);
		if (digit >= 0) {
			c = (unsigned char)('0' + digit);
			i += length - 1;
		} else if (c == ' ' || c == '\'') {
			continue;
		} else if ((c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] == 0xa0)) {
			i++;
			continue;
		} else if (c == 0xe2 && i + 2 < n && (unsigned char)s[i + 1] == 0x80 &&
			   ((unsigned char)s[i + 2] == 0xaf || (unsigned char)s[i + 2] == 0x89)) {
			i += 2;
			continue;
		} else if (!strchr("+-.,eE", (char)c) || !c) {
			return 0;
		}
		if (m == MAX_FIGURE)
			return 0;
		to[m++] = (char)c;
	}
	to[m] = '\0';
	return m;
}

/* Whether digits[0..) is grouped in threes by the mark, up to another byte than digits and marks. */
static bool is_grouped(const char *digits, char mark)
{
	size_t first = strspn(digits, "0123456789");
	if (!first || first > 3)
		return false;
	for (digits += first; *digits == mark; digits += 4)
		if (strspn(digits + 1, "0123456789") != 3)
			return false;
	return !isdigit((unsigned char)*digits);
}

static void drop(char *s, char mark)
{
	char *to = s;
	for (; *s; s++)
		if (*s != mark)
			*to++ = *s;
	*to = '\0';
}

/* Makes the decimal mark a point and takes the thousands' marks out; false when it can be read in two ways.
 */
static bool settle_marks(char *s)
{
	char *sign_behind = s + (*s == '-' || *s == '+');
	char *comma = strrchr(s, ',');
	char *point = strrchr(s, '.');
	if (comma && point) {
		char mark = comma > point ? '.' : ',';
		if (!is_grouped(sign_behind, mark))
			return false;
		drop(s, mark);
		comma = strchr(s, ',');
		if (comma)
			*comma = '.';
	} else if (comma) {
		bool several = strchr(s, ',') != comma;
		if (is_grouped(sign_behind, ',')) {
			if (!several && *sign_behind != '0')
				return false; /* 1,234 */
			if (several)
				drop(s, ',');
		}
		comma = strchr(s, ',');
		if (comma)
			*comma = '.';
	} else if (point && strchr(s, '.') != point) {
		if (!is_grouped(sign_behind, '.'))
			return false;
		drop(s, '.');
	}
	return true;
}

/* Canonical text of "-012.50"; false when it is no figure. */
static bool settle_figure(const char *s, char to[MAX_FIGURE + 2])
{
	bool negative = *s == '-';
	s += *s == '-' || *s == '+';
	size_t whole = strspn(s, "0123456789");
	const char *part = s + whole;
	size_t n_part = *part == '.' ? strspn(part + 1, "0123456789") : 0;
	if (!whole || part[n_part + (*part == '.')] || (*part == '.' && !n_part))
		return false;
	while (whole > 1 && *s == '0') {
		s++;
		whole--;
	}
	while (n_part && part[n_part] == '0')
		n_part--;
	bool zero = whole == 1 && *s == '0' && !n_part;
	(void)snprintf(to, MAX_FIGURE + 2, "%s%.*s%s%.*s", negative && !zero ? "-" : "", (int)whole, s,
		n_part ? "." : "", (int)n_part, n_part ? part + 1 : "");
	return true;
}

int clean_number(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	char raw[MAX_FIGURE + 1];
	char settled[MAX_FIGURE + 2];
	*ret_reason = "no number; write it in digits with a decimal point";
	if (!figure_of(s, n, raw))
		return 0;
	if (strpbrk(raw, "eE")) {
		double value;
		char plain[XLSX_VALUE_BYTES];
		const char *lost;
		if (!xlsx_parse_number(raw, &value) || !xlsx_number_text(value, plain, &lost))
			return 0;
		(void)snprintf(raw, sizeof raw, "%.*s", MAX_FIGURE, plain);
	}
	if (!settle_marks(raw)) {
		*ret_reason =
			"a number whose comma or point may be a decimal mark or part thousands; write it "
			"without marks between thousands and with a decimal point";
		return 0;
	}
	if (!settle_figure(raw, settled))
		return 0;
	size_t significant = 0;
	for (const char *p = settled + strspn(settled, "-0."); *p; p++)
		significant += *p != '.';
	*ret_reason = "a number of more than 15 digits";
	if (significant > 15)
		return 0;
	TRY_MEMORY(buffer_append_text(out, settled), err);
	return 1;
}

int clean_integer(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	char raw[MAX_FIGURE + 1];
	char settled[MAX_FIGURE + 2];
	*ret_reason = "no whole number; write it in digits";
	if (!figure_of(s, n, raw))
		return 0;
	/* in a whole number a mark before three digits parts thousands */
	char *digits = raw + (raw[0] == '-' || raw[0] == '+');
	if (strchr(raw, ',') && is_grouped(digits, ','))
		drop(raw, ',');
	else if (strchr(raw, '.') && is_grouped(digits, '.'))
		drop(raw, '.');
	if (!settle_figure(raw, settled) || strchr(settled, '.') || strlen(settled) > 18)
		return 0;
	TRY_MEMORY(buffer_append_text(out, settled), err);
	return 1;
}
