/*
 * Charts in SVG without a view box: places along the line are percentages, so that a chart fills a telephone,
 * a desk or a sheet while its text and strokes keep their size. Colours come from the style sheet's classes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "work/report/markup.h"
#include "work/report/view.h"

/* From 0 to a round number. */
struct chart_axis {
	double high;
	double step; /* between ticks */
};

/* An axis that holds highest. */
struct chart_axis chart_axis_for(double highest);
/* Percent along the line, kept inside it. */
double chart_at(const struct chart_axis *axis, double value);

/* <svg> of a height in pixels with its title; description may be NULL. */
void chart_begin(
	struct markup *m, const char *class_name, int height, const char *title, const char *description);
void chart_end(struct markup *m);

/* From one value to another at height y, a stroke of the class. */
void chart_stroke(struct markup *m, const char *class_name, const struct chart_axis *axis, double from,
	double to, int y);
/* A filled box from one value to another. */
struct chart_box {
	double from, to;
	int y, height;
};
void chart_box(
	struct markup *m, const char *class_name, const struct chart_axis *axis, const struct chart_box *box);
/* An upright line. */
void chart_line(
	struct markup *m, const char *class_name, const struct chart_axis *axis, double at, int y1, int y2);
void chart_dot(struct markup *m, const char *class_name, const struct chart_axis *axis, double at, int y);
/* Ticks and their numbers, hung below y. */
void chart_ticks(struct markup *m, const struct chart_axis *axis, int y);
/* A row of its own with nothing but the ticks. */
void chart_axis_row(struct markup *m, const struct chart_axis *axis);
/* The hatching that stands for hidden counts; once in a document. */
void chart_define_hatching(struct markup *m);

/* The axis all estimates of a view share. */
struct chart_axis chart_estimates_axis(const struct report_view *v);
