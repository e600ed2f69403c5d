#include "work/report/chart.h"

#include <math.h>

/* Numbers from here on are so long that a telephone has no room for those between the ends. */
#define CROWDED 1e6

struct chart_axis chart_axis_for(double highest)
{
	if (!(highest > 0) || !isfinite(highest))
		highest = 1;
	double power = pow(10, floor(log10(highest)));
	double lead = highest / power;
	/* three to five steps */
	double step = lead <= 1 ? 0.25 : lead <= 2 ? 0.5 : lead <= 4 ? 1 : lead <= 8 ? 2 : 2.5;
	step *= power;
	if (highest >= 4)
		step = ceil(step);
	return (struct chart_axis){.high = ceil(highest / step - 1e-9) * step, .step = step};
}

double chart_at(const struct chart_axis *axis, double value)
{
	double percent = 100 * value / axis->high;
	return fmin(fmax(percent, 0), 100);
}

void chart_begin(
	struct markup *m, const char *class_name, int height, const char *title, const char *description)
{
	markup_format(m, "<svg class=\"%s\" role=\"img\" width=\"100%%\" height=\"%d\"><title>", class_name,
		height);
	markup_text(m, title);
	markup_raw(m, "</title>");
	if (description) {
		markup_raw(m, "<desc>");
		markup_text(m, description);
		markup_raw(m, "</desc>");
	}
}

void chart_end(struct markup *m)
{
	markup_raw(m, "</svg>\n");
}

void chart_stroke(struct markup *m, const char *class_name, const struct chart_axis *axis, double from,
	double to, int y)
{
	markup_format(m, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", class_name,
		chart_at(axis, from), chart_at(axis, to), y, y);
}

void chart_box(
	struct markup *m, const char *class_name, const struct chart_axis *axis, const struct chart_box *box)
{
	double from = chart_at(axis, box->from);
	markup_format(m, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%d\" height=\"%d\"/>",
		class_name, from, chart_at(axis, box->to) - from, box->y, box->height);
}

void chart_line(
	struct markup *m, const char *class_name, const struct chart_axis *axis, double at, int y1, int y2)
{
	double x = chart_at(axis, at);
	markup_format(m, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", class_name,
		x, x, y1, y2);
}

void chart_dot(struct markup *m, const char *class_name, const struct chart_axis *axis, double at, int y)
{
	markup_format(m, "<circle class=\"%s\" cx=\"%.2f%%\" cy=\"%d\" r=\"5\"/>", class_name,
		chart_at(axis, at), y);
}

void chart_ticks(struct markup *m, const struct chart_axis *axis, int y)
{
	markup_format(m, "<line class=\"axis\" x1=\"0%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y, y);
	int n = (int)(axis->high / axis->step + 0.5);
	for (int i = 0; i <= n; i++) {
		double value = i * axis->step;
		const char *anchor = i == 0 ? "start" : i == n ? "end" : "middle";
		bool crowded = i > 0 && i < n && axis->high >= CROWDED;
		chart_line(m, "axis", axis, value, y, y + 4);
		markup_format(m, "<text class=\"tick%s\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">",
			crowded ? " spare" : "", chart_at(axis, value), y + 18, anchor);
		markup_number(m, value);
		markup_raw(m, "</text>");
	}
}

void chart_axis_row(struct markup *m, const struct chart_axis *axis)
{
	markup_raw(m, "<svg class=\"track\" aria-hidden=\"true\" width=\"100%\" height=\"24\">");
	chart_ticks(m, axis, 1);
	chart_end(m);
}

void chart_define_hatching(struct markup *m)
{
	markup_raw(m,
		"<svg class=\"defs\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs>"
		"<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" height=\"6\"/>"
		"<line class=\"hatch-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs></svg>\n");
}

static void reach(double *highest, const struct view_number *n)
{
	if (n->state == VIEW_SHOWN)
		*highest = fmax(*highest, n->value);
}

/* Ends far beyond the estimates do not stretch the axis; they are drawn running off it. */
struct chart_axis chart_estimates_axis(const struct report_view *v)
{
	double estimates = (double)v->table->persons.high;
	double ends = 0;
	for (size_t i = 0; i < v->n_results; i++) {
		reach(&estimates, &v->results[i].estimate);
		reach(&ends, &v->results[i].upper);
	}
	return chart_axis_for(fmax(estimates, fmin(ends, 4 * estimates)));
}
