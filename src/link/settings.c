#include "link/settings.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	bool numbered;
	uint32_t kinds; /* bit set */
} transforms[LINK_N_TRANSFORMS] = {
#define WORDS (1u << LINK_NAME | 1u << LINK_TEXT | 1u << LINK_CHOICE)
#define SIGNS (1u << LINK_PHONE | 1u << LINK_CODE | 1u << LINK_EMAIL | 1u << LINK_NUMBER)
	[LINK_WHOLE] = {"whole", false, WORDS | SIGNS | 1u << LINK_DATE},
	[LINK_SOUND] = {"sound", false, WORDS},
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
