/*
 * Reading dates. A text is cut into tokens, whose kinds, written one letter each, decide the form; what could
 * be read in two ways needs the order of the column.
 */
#include <string.h>

#include "base/date.h"
#include "base/text.h"

/* A longer text is no date, whatever it holds. */
enum { MAX_TEXT = 128, MAX_TOKENS = 12, MAX_WORD = 12 };

/* A run of bytes that is eaten from the front. */
struct text {
	const char *s;
	size_t n;
};

static void skip(struct text *t, size_t n)
{
	t->s += n;
	t->n -= n;
}

static bool starts_with(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);
	return t.n >= n && memcmp(t.s, prefix, n) == 0;
}

/* Bytes of the white space at the front: ASCII, no-break and wide spaces, and the marks of writing direction
 * that spreadsheets put around dates in Arabic and Hebrew. */
static size_t space_length(struct text t)
{
	static const char *const wide[] = {
		"\xc2\xa0", "\xe2\x80\xaf", "\xe3\x80\x80", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c"};
	if (t.n && (t.s[0] == ' ' || (t.s[0] >= '\t' && t.s[0] <= '\r')))
		return 1;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (starts_with(t, wide[i]))
			return strlen(wide[i]);
	return 0;
}

static void skip_spaces(struct text *t)
{
	for (size_t n; (n = space_length(*t));)
		skip(t, n);
}

static struct text trimmed(const char *s, size_t n)
{
	struct text t = {s, n};
	skip_spaces(&t);
	for (size_t i = 0; i < t.n;) {
		struct text rest = {t.s + i, t.n - i};
		skip_spaces(&rest);
		if (rest.n == 0)
			t.n = i;
		else
			i = (size_t)(rest.s - t.s) + 1;
	}
	return t;
}

/* The letter at the front as small ASCII, without the accents that month names bear in French; 0 when there
 * is none. */
static char letter(struct text t, size_t *ret_length)
{
	static const struct {
		const char *text;
		char plain;
	} accented[] = {{"\xc3\xa9", 'e'}, {"\xc3\x89", 'e'}, {"\xc3\xa8", 'e'}, {"\xc3\x88", 'e'},
		{"\xc3\xbb", 'u'}, {"\xc3\x9b", 'u'}, {"e\xcc\x81", 'e'}, {"E\xcc\x81", 'e'},
		{"e\xcc\x80", 'e'}, {"E\xcc\x80", 'e'}, {"u\xcc\x82", 'u'}, {"U\xcc\x82", 'u'}};
	for (size_t i = 0; i < sizeof accented / sizeof *accented; i++) {
		if (starts_with(t, accented[i].text)) {
			*ret_length = strlen(accented[i].text);
			return accented[i].plain;
		}
	}
	char c = t.n ? t.s[0] : '\0';
	*ret_length = 1;
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c >= 'a' && c <= 'z' ? c : '\0';
}

/* Eats this word when it stands at the front, whole and in any case. */
static bool eat_word(struct text *t, const char *word)
{
	struct text rest = *t;
	size_t n;
	for (; *word; word++) {
		if (letter(rest, &n) != *word)
			return false;
		skip(&rest, n);
	}
	if (letter(rest, &n))
		return false;
	*t = rest;
	return true;
}

enum token_kind {
	TOKEN_YEAR,    /* a number of four digits */
	TOKEN_PART,    /* of one or two: day or month */
	TOKEN_COMPACT, /* of eight */
	TOKEN_MONTH,   /* a month's name */
	TOKEN_FILLER,  /* "of", "de", "th", ... */
};

/* before: the separator in front, ' ' for mere space, '\0' for none. */
struct token {
	enum token_kind kind;
	int value;
	char before;
};

struct tokens {
	struct token at[MAX_TOKENS];
	size_t n;
};

static bool read_number(struct text *t, struct token *token)
{
	int n_digits = 0;
	size_t length;
	for (int digit; (digit = text_digit(t->s, t->n, &length)) >= 0; n_digits++) {
		if (n_digits == 8)
			return false;
		token->value = token->value * 10 + digit;
		skip(t, length);
	}
	switch (n_digits) {
	case 1:
	case 2:
		token->kind = TOKEN_PART;
		return true;
	case 4:
		token->kind = TOKEN_YEAR;
		return true;
	case 8:
		token->kind = TOKEN_COMPACT;
		return true;
	default:
		return false;
	}
}

static bool is_one_of(const char *word, const char *list)
{
	size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)); p++)
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* Months by their names in English, French and Spanish, and the usual short forms. */
static int month_of(const char *word)
{
	static const char *const names[] = {
		" january jan janvier janv enero ene ",
		" february feb fevrier fevr fev febrero ",
		" march mar mars marzo ",
		" april apr avril avr abril abr ",
		" may mai mayo ",
		" june jun juin junio ",
		" july jul juillet juil julio ",
		" august aug aout agosto ago ",
		" september sep sept septembre septiembre setiembre ",
		" october oct octobre octubre ",
		" november nov novembre noviembre ",
		" december dec decembre diciembre dic ",
	};
	for (int i = 0; i < 12; i++)
		if (is_one_of(word, names[i]))
			return i + 1;
	return 0;
}

static bool read_word(struct text *t, struct token *token)
{
	char word[MAX_WORD + 1];
	size_t n = 0;
	size_t length;
	for (char c; (c = letter(*t, &length)); n++) {
		if (n == MAX_WORD)
			return false;
		word[n] = c;
		skip(t, length);
	}
	word[n] = '\0';
	if (n == 0)
		return false;
	token->value = month_of(word);
	token->kind = token->value ? TOKEN_MONTH : TOKEN_FILLER;
	/* the full stop of a short form */
	if (token->kind == TOKEN_MONTH && starts_with(*t, "."))
		skip(t, 1);
	return token->value || is_one_of(word, " of the st nd rd th de del el le er ");
}

/* One of - / . , with spaces around it, or spaces alone; false for two in a row. */
static bool read_separator(struct text *t, char *ret)
{
	static const struct {
		const char *text;
		char meaning;
	} marks[] = {{"-", '-'}, {"/", '/'}, {".", '.'}, {",", ','}, {"\xe2\x80\x90", '-'},
		{"\xe2\x80\x91", '-'}, {"\xe2\x80\x93", '-'}, {"\xe2\x88\x92", '-'}, {"\xef\xbc\x8f", '/'},
		{"\xd8\x8c", ','}};
	*ret = '\0';
	for (;;) {
		size_t n = space_length(*t);
		if (n) {
			skip(t, n);
			*ret = *ret ? *ret : ' ';
			continue;
		}
		size_t i = 0;
		while (i < sizeof marks / sizeof *marks && !starts_with(*t, marks[i].text))
			i++;
		if (i == sizeof marks / sizeof *marks)
			return true;
		if (*ret && *ret != ' ')
			return false;
		*ret = marks[i].meaning;
		skip(t, strlen(marks[i].text));
	}
}

static bool tokenise(struct text t, struct tokens *ret)
{
	ret->n = 0;
	while (t.n) {
		struct token token = {0};
		if (ret->n == MAX_TOKENS)
			return false;
		if (!read_separator(&t, &token.before) || (ret->n == 0 && token.before))
			return false;
		size_t length;
		bool number = text_digit(t.s, t.n, &length) >= 0;
		if (!(number ? read_number(&t, &token) : read_word(&t, &token)))
			return false;
		ret->at[ret->n++] = token;
	}
	return true;
}

/* The kinds of the tokens as letters, to be compared with the forms that are known. */
static void shape_of(const struct tokens *tokens, char shape[MAX_TOKENS + 1])
{
	static const char letters[] = {[TOKEN_YEAR] = 'y',
		[TOKEN_PART] = 'p',
		[TOKEN_COMPACT] = 'c',
		[TOKEN_MONTH] = 'm',
		[TOKEN_FILLER] = 'f'};
	for (size_t i = 0; i < tokens->n; i++)
		shape[i] = letters[tokens->at[i].kind];
	shape[tokens->n] = '\0';
}

static bool make(int year, int month, int day, struct date *ret)
{
	/* a part that is stated may not be zero */
	if (year < 1 || year > 9999 || month < 0 || month > 12 || day < 0 || day > 31)
		return false;
	struct date d = {.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
	if (!date_is_valid(d))
		return false;
	*ret = d;
	return true;
}

static bool make_day(int year, int month, int day, struct date *ret)
{
	return month && day && make(year, month, day, ret);
}

/* "17 May 1990", "May 17, 1990", "1990 May 17", "May 1990", "17 de mayo de 1990". */
static bool read_named(const struct tokens *all, struct date *ret)
{
	struct tokens tokens = {.n = 0};
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].kind != TOKEN_FILLER)
			tokens.at[tokens.n++] = all->at[i];
	char shape[MAX_TOKENS + 1];
	shape_of(&tokens, shape);
	const struct token *t = tokens.at;
	if (strcmp(shape, "my") == 0)
		return make(t[1].value, t[0].value, 0, ret);
	if (strcmp(shape, "ym") == 0)
		return make(t[0].value, t[1].value, 0, ret);
	if (strcmp(shape, "pmy") == 0)
		return make_day(t[2].value, t[1].value, t[0].value, ret);
	if (strcmp(shape, "mpy") == 0)
		return make_day(t[2].value, t[0].value, t[1].value, ret);
	if (strcmp(shape, "ymp") == 0)
		return make_day(t[0].value, t[1].value, t[2].value, ret);
	return false;
}

/* a and b before or behind the year: which is the month? */
static bool read_year_last(int a, int b, int year, enum date_order order, struct date *ret)
{
	struct date day_first;
	struct date month_first;
	bool can_dmy = make_day(year, b, a, &day_first);
	bool can_mdy = make_day(year, a, b, &month_first);
	switch (order) {
	case DATE_DMY:
		*ret = can_dmy ? day_first : *ret;
		return can_dmy;
	case DATE_MDY:
		*ret = can_mdy ? month_first : *ret;
		return can_mdy;
	case DATE_ORDER_UNKNOWN:
		if (can_dmy == can_mdy && (!can_dmy || a != b))
			return false;
		*ret = can_dmy ? day_first : month_first;
		return true;
	default:
		return false;
	}
}

static bool is_numeric_separator(char c)
{
	return c == '-' || c == '/' || c == '.' || c == ' ';
}

static bool read_numeric(const struct tokens *tokens, enum date_order order, struct date *ret)
{
	char shape[MAX_TOKENS + 1];
	shape_of(tokens, shape);
	const struct token *t = tokens->at;
	for (size_t i = 1; i < tokens->n; i++)
		if (!is_numeric_separator(t[i].before) || t[i].before != t[1].before)
			return false;
	if (strcmp(shape, "y") == 0)
		return make(t[0].value, 0, 0, ret);
	if (strcmp(shape, "c") == 0)
		return make_day(t[0].value / 10000, t[0].value / 100 % 100, t[0].value % 100, ret);
	if (strcmp(shape, "yp") == 0)
		return t[1].value && make(t[0].value, t[1].value, 0, ret);
	if (strcmp(shape, "py") == 0)
		return t[0].value && make(t[1].value, t[0].value, 0, ret);
	if (strcmp(shape, "ypp") == 0)
		return make_day(t[0].value, t[1].value, t[2].value, ret);
	if (strcmp(shape, "ppy") == 0)
		return read_year_last(t[0].value, t[1].value, t[2].value, order, ret);
	return false;
}

/* Takes a time of day off the end: "T10:20:30.5Z", " 10:20 pm", " 00:00:00+02:00". */
static bool strip_time(struct text *t)
{
	const char *colon = memchr(t->s, ':', t->n);
	if (!colon)
		return true;
	size_t at = (size_t)(colon - t->s);
	size_t n_digits = 0;
	while (n_digits < at && t->s[at - n_digits - 1] >= '0' && t->s[at - n_digits - 1] <= '9')
		n_digits++;
	if (n_digits < 1 || n_digits > 2 || at == n_digits)
		return false;
	for (size_t i = at; i < t->n; i++)
		if (!t->s[i] || !strchr("0123456789:.+-Zz apmAPM", t->s[i]))
			return false;
	at -= n_digits + 1;
	if (t->s[at] != 'T' && t->s[at] != 't' && t->s[at] != ' ')
		return false;
	*t = trimmed(t->s, at);
	return true;
}

static bool parse(struct text t, enum date_order order, struct date *ret)
{
	size_t n_before = t.n;
	if (t.n > MAX_TEXT || !strip_time(&t))
		return false;
	bool had_time = t.n < n_before;
	struct tokens tokens;
	if (t.n == 0 || !tokenise(t, &tokens))
		return false;
	bool named = false;
	for (size_t i = 0; i < tokens.n; i++)
		named |= tokens.at[i].kind == TOKEN_MONTH;
	struct date d = {0};
	if (!(named ? read_named(&tokens, &d) : read_numeric(&tokens, order, &d)))
		return false;
	if (had_time && !d.day)
		return false;
	*ret = d;
	return true;
}

bool date_parse(const char *s, size_t n, enum date_order order, struct date *ret)
{
	return parse(trimmed(s, n), order, ret);
}

/* The last day a date may mean. */
static int64_t last_day(struct date d)
{
	if (!d.month)
		d.month = 12;
	if (!d.day)
		d.day = (uint8_t)date_days_in_month(d.year, d.month);
	return date_to_days(d);
}

static bool parse_between(struct text first, struct text last, enum date_order order, struct fuzzy_date *ret)
{
	struct fuzzy_date made = {.kind = DATE_BETWEEN};
	if (!parse(trimmed(first.s, first.n), order, &made.first) ||
		!parse(trimmed(last.s, last.n), order, &made.last))
		return false;
	if (date_to_days(made.first) > last_day(made.last))
		return false;
	*ret = made;
	return true;
}

/* "between A and B", the first word being eaten already. */
static bool parse_and(struct text t, enum date_order order, struct fuzzy_date *ret)
{
	static const char *const ands[] = {"and", "et", "y"};
	for (size_t i = 1; i < t.n; i++) {
		struct text rest = {t.s + i, t.n - i};
		if (!space_length((struct text){t.s + i - 1, 1}))
			continue;
		for (size_t j = 0; j < sizeof ands / sizeof *ands; j++) {
			struct text last = rest;
			if (eat_word(&last, ands[j]) && space_length(last))
				return parse_between((struct text){t.s, i}, last, order, ret);
		}
	}
	return false;
}

static bool eat_any(struct text *t, const char *const *words)
{
	for (; *words; words++)
		if (eat_word(t, *words))
			return true;
	return false;
}

static enum date_kind eat_kind(struct text *t)
{
	static const char *const before[] = {"before", "avant", "antes", NULL};
	static const char *const after[] = {"after", "apres", "despues", NULL};
	static const char *const about[] = {"about", "circa", "ca", "c", "approximately", "approx", "vers",
		"environ", "hacia", "aproximadamente", NULL};
	static const char *const between[] = {"between", "entre", NULL};
	enum date_kind kind = DATE_EXACT;
	const char *sign = t->n ? strchr("~<>", t->s[0]) : NULL;
	if (sign && *sign) {
		skip(t, 1);
		kind = *sign == '~' ? DATE_ABOUT : *sign == '<' ? DATE_BEFORE : DATE_AFTER;
	} else if (eat_any(t, before)) {
		kind = DATE_BEFORE;
	} else if (eat_any(t, after)) {
		kind = DATE_AFTER;
	} else if (eat_any(t, between)) {
		kind = DATE_BETWEEN;
	} else if (eat_any(t, about)) {
		kind = DATE_ABOUT;
		if (starts_with(*t, "."))
			skip(t, 1);
	}
	skip_spaces(t);
	if (kind == DATE_BEFORE || kind == DATE_AFTER) {
		(void)(eat_word(t, "de") || eat_word(t, "del") || eat_word(t, "le"));
		skip_spaces(t);
	}
	return kind;
}

/* "1990", "1990-05", "1990-05-17", which most columns of dates hold and every order reads alike. */
static bool parse_plain(const char *s, size_t n, struct date *ret)
{
	int parts[3] = {0, 0, 0};
	if (n != 4 && n != 7 && n != 10)
		return false;
	for (size_t i = 0, part = 0; i < n; i++) {
		bool mark = i == 4 || i == 7;
		if (mark ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
		part += mark;
		parts[part] = mark ? 0 : parts[part] * 10 + (s[i] - '0');
	}
	struct date d = {(int16_t)parts[0], (uint8_t)parts[1], (uint8_t)parts[2]};
	/* a part of zeros is for the slower way to judge */
	if (!date_is_valid(d) || (n > 4 && !d.month) || (n > 7 && !d.day))
		return false;
	*ret = d;
	return true;
}

bool date_parse_fuzzy(const char *s, size_t n, enum date_order order, struct fuzzy_date *ret)
{
	struct date plain;
	if (parse_plain(s, n, &plain)) {
		*ret = (struct fuzzy_date){.kind = DATE_EXACT, .first = plain, .last = plain};
		return true;
	}
	struct text t = trimmed(s, n);
	if (t.n > MAX_TEXT)
		return false;
	enum date_kind kind = eat_kind(&t);
	if (kind == DATE_BETWEEN)
		return parse_and(t, order, ret);
	const char *dots = kind == DATE_EXACT && t.n ? memmem(t.s, t.n, "..", 2) : NULL;
	if (dots) {
		size_t n_first = (size_t)(dots - t.s);
		return parse_between(
			(struct text){t.s, n_first}, (struct text){dots + 2, t.n - n_first - 2}, order, ret);
	}
	struct fuzzy_date made = {.kind = kind};
	if (!parse(t, order, &made.first))
		return false;
	made.last = made.first;
	*ret = made;
	return true;
}

void date_evidence_add(struct date_evidence *e, const char *s, size_t n)
{
	static const enum date_order orders[] = {DATE_YMD, DATE_DMY, DATE_MDY};
	struct date plain;
	if (parse_plain(s, n, &plain)) {
		for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
			e->fits[orders[i]]++;
		e->n_values++;
		return;
	}
	if (trimmed(s, n).n == 0)
		return;
	bool any = false;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct fuzzy_date ignored;
		bool fits = date_parse_fuzzy(s, n, orders[i], &ignored);
		e->fits[orders[i]] += fits;
		any |= fits;
	}
	e->n_values += any;
	e->n_not_date += !any;
}
