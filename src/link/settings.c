#include "link/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	bool numbered;
	uint32_t kinds; /* bit set */
} transforms[LINK_N_TRANSFORMS] = {
#define WORDS (1u << LINK_NAME | 1u << LINK_TEXT | 1u << LINK_CHOICE)
#define SIGNS (1u << LINK_PHONE | 1u << LINK_CODE | 1u << LINK_EMAIL | 1u << LINK_NUMBER)
	[LINK_WHOLE] = {"whole", false, WORDS | SIGNS | 1u << LINK_DATE},
	[LINK_SOUND] = {"sound", false, WORDS},
	[LINK_METAPHONE] = {"metaphone", false, WORDS},
	[LINK_FIRST] = {"first", true, WORDS | SIGNS},
	[LINK_LAST] = {"last", true, WORDS | SIGNS},
	[LINK_WORD_FIRST] = {"word_first", false, WORDS},
	[LINK_WORD_LAST] = {"word_last", false, WORDS},
	[LINK_SORTED] = {"sorted", false, WORDS},
	[LINK_YEAR] = {"year", false, 1u << LINK_DATE},
	[LINK_YEAR_MONTH] = {"year_month", false, 1u << LINK_DATE},
	[LINK_MONTH_DAY] = {"month_day", false, 1u << LINK_DATE},
	[LINK_USER] = {"user", false, 1u << LINK_EMAIL},
	[LINK_BAND] = {"band", true, WORDS | SIGNS},
};

bool link_transform_fits(enum link_transform transform, enum link_kind kind)
{
	return transforms[transform].kinds >> kind & 1;
}

bool link_transform_parse(const char *text, struct link_part *ret)
{
	for (int t = 0; t < LINK_N_TRANSFORMS; t++) {
		size_t n = strlen(transforms[t].name);
		if (strncmp(text, transforms[t].name, n) != 0)
			continue;
		const char *rest = text + n;
		if (!transforms[t].numbered && *rest == '\0') {
			ret->transform = (uint8_t)t;
			ret->n = 0;
			return true;
		}
		if (!transforms[t].numbered || *rest < '0' || *rest > '9')
			continue;
		char *end;
		unsigned long number = strtoul(rest, &end, 10);
		if (*end || number > 20 || (number == 0 && t != LINK_BAND))
			return false;
		ret->transform = (uint8_t)t;
		ret->n = (uint8_t)number;
		return true;
	}
	return false;
}

int link_part_format(const struct link_table *t, const struct link_part *p, struct buffer *out)
{
	TRY(buffer_append_text(out, t->columns[p->column].name));
	if (p->transform == LINK_WHOLE)
		return CF_OK;
	TRY(buffer_printf(out, ".%s", transforms[p->transform].name));
	return transforms[p->transform].numbered ? buffer_printf(out, "%d", p->n) : CF_OK;
}

int link_rule_format(const struct link_table *t, const struct link_rule *r, struct buffer *out)
{
	for (size_t i = 0; i < r->n_parts; i++) {
		if (i)
			TRY(buffer_append_text(out, " + "));
		TRY(link_part_format(t, &r->parts[i], out));
	}
	return r->window ? buffer_printf(out, " window %u", r->window) : CF_OK;
}

/* ---- reading rules ---- */

int link_find_column(const struct link_table *t, const char *name, size_t n)
{
	for (size_t c = 0; c < t->n_columns; c++)
		if (strlen(t->columns[c].name) == n && strncasecmp(t->columns[c].name, name, n) == 0)
			return (int)c;
	return -1;
}

static void trim(const char **text, size_t *n)
{
	while (*n && **text == ' ') {
		(*text)++;
		(*n)--;
	}
	while (*n && (*text)[*n - 1] == ' ')
		(*n)--;
}

/* The transform behind the last full stop, unless the whole is a column's name. */
static int parse_part(
	const struct link_table *t, const char *text, size_t n, struct link_part *ret, struct buffer *problem)
{
	char name[32];
	*ret = (struct link_part){0};
	int column = link_find_column(t, text, n);
	const char *dot = memrchr(text, '.', n);
	if (column < 0 && dot) {
		size_t behind = n - (size_t)(dot - text) - 1;
		column = link_find_column(t, text, (size_t)(dot - text));
		if (column >= 0 && behind < sizeof name) {
			memcpy(name, dot + 1, behind);
			name[behind] = '\0';
		}
		if (column >= 0 && (behind >= sizeof name || !link_transform_parse(name, ret))) {
			TRY(buffer_printf(problem, "'%.30s' is no transform", dot + 1));
			return CF_E_INPUT;
		}
	}
	if (column < 0) {
		TRY(buffer_printf(problem, "there is no column for '%.*s'", (int)(n < 60 ? n : 60), text));
		return CF_E_INPUT;
	}
	ret->column = (uint16_t)column;
	if (!link_transform_fits((enum link_transform)ret->transform, t->columns[column].kind)) {
		TRY(buffer_printf(problem, "a column of kind %s has no '%s'",
			link_kind_name(t->columns[column].kind), transforms[ret->transform].name));
		return CF_E_INPUT;
	}
	return CF_OK;
}

static int parse_window(const char *text, size_t *n, struct link_rule *ret, struct buffer *problem)
{
	static const char word[] = " window ";
	const char *at = memmem(text, *n, word, sizeof word - 1);
	if (!at)
		return CF_OK;
	char *end;
	unsigned long window = strtoul(at + sizeof word - 1, &end, 10);
	if (end != text + *n || window < 1 || window > 1000) {
		TRY(buffer_append_text(problem, "a window is a number from 1 to 1000"));
		return CF_E_INPUT;
	}
	ret->window = (uint32_t)window;
	*n = (size_t)(at - text);
	return CF_OK;
}

int link_rule_parse(
	const struct link_table *t, const char *text, struct link_rule *ret, struct buffer *ret_problem)
{
	static const char between[] = " + ";
	struct link_rule rule = {0};
	size_t n = strlen(text);
	trim(&text, &n);
	TRY(parse_window(text, &n, &rule, ret_problem));
	while (n) {
		const char *plus = memmem(text, n, between, sizeof between - 1);
		const char *part = text;
		size_t length = plus ? (size_t)(plus - text) : n;
		trim(&part, &length);
		if (rule.n_parts == LINK_MAX_PARTS) {
			TRY(buffer_printf(ret_problem, "more than %d parts", LINK_MAX_PARTS));
			return CF_E_INPUT;
		}
		TRY(parse_part(t, part, length, &rule.parts[rule.n_parts++], ret_problem));
		size_t used = plus ? (size_t)(plus - text) + sizeof between - 1 : n;
		text += used;
		n -= used;
	}
	if (!rule.n_parts) {
		TRY(buffer_append_text(ret_problem, "it names no column"));
		return CF_E_INPUT;
	}
	*ret = rule;
	return CF_OK;
}
