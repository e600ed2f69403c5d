#include "link/levels.h"

#include <string.h>

#define JW_LEN 64
static double jw(const char *a, size_t n, const char *b, size_t m)
{
	if (n > JW_LEN)
		n = JW_LEN;
	if (m > JW_LEN)
		m = JW_LEN;
	unsigned char ua[JW_LEN] = {0}, ub[JW_LEN] = {0};
	size_t w = (n > m ? n : m) / 2;
	w = w ? w - 1 : 0;
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i > w ? i - w : 0; j < m && j <= i + w; j++)
			if (!ub[j] && a[i] == b[j]) {
				ua[i] = ub[j] = 1;
				k++;
				break;
			}
	if (!k)
		return 0;
	size_t t = 0, j = 0;
	for (size_t i = 0; i < n; i++)
		if (ua[i]) {
			while (!ub[j])
				j++;
			t += a[i] != b[j];
			j++;
		}
	double d = (double)k;
	double s = (d / (double)n + d / (double)m + (d - (double)t / 2) / d) / 3;
	size_t l = 0;
	while (l < 4 && l < n && l < m && a[l] == b[l])
		l++;
	return s + (double)l * 0.1 * (1 - s);
}
static unsigned dl(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[3][JW_LEN + 1];
	if (n > JW_LEN)
		n = JW_LEN;
	if (m > JW_LEN)
		m = JW_LEN;
	for (unsigned j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *cur = d[i % 3], *prev = d[(i - 1) % 3], *pp = d[(i + 1) % 3];
		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned v = prev[j - 1] + (a[i - 1] != b[j - 1]);
			if (prev[j] + 1 < v)
				v = prev[j] + 1;
			if (cur[j - 1] + 1 < v)
				v = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				pp[j - 2] + 1 < v)
				v = pp[j - 2] + 1;
			cur[j] = v;
		}
	}
	return d[n % 3][m];
}
unsigned link_n_levels(enum link_kind kind)
{
	switch (kind) {
	case LINK_DATE:
		return 5;
	default:
		return 5;
	}
}
const char *link_level_name(enum link_kind kind, unsigned level)
{
	(void)kind;
	static const char *const n[] = {"missing", "equal", "close", "near", "weak", "else"};
	return n[level];
}
unsigned link_level_of(enum link_kind kind, const char *a, size_t n, const char *b, size_t m)
{
	if (kind == LINK_DATE || kind == LINK_PHONE || kind == LINK_CODE) {
		unsigned d = dl(a, n, b, m);
		return d <= 1 ? 2 : d == 2 ? 3 : d == 3 ? 4 : 5;
	}
	double s = jw(a, n, b, m);
	return s >= 0.92 ? 2 : s >= 0.85 ? 3 : s >= 0.7 ? 4 : 5;
}
