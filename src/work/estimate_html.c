#include "work/estimate_html.h"

#include <time.h>

#include "base/file.h"
#include "config.h"
#include "work/report/report.h"

enum { DATE_BYTES = 16 };

static int today(char ret[DATE_BYTES], struct cf_error *err)
{
	time_t now = time(NULL);
	struct tm parts;
	if (now == (time_t)-1 || !gmtime_r(&now, &parts) ||
		strftime(ret, DATE_BYTES, "%Y-%m-%d", &parts) == 0)
		return error_set(err, CF_E_INTERNAL, "the system's clock cannot be read");
	return CF_OK;
}

/* The report rounds an estimate until nobody can solve it for a small count; it can do so for these. */
static bool is_shown(enum estimate_method m)
{
	return m <= ESTIMATE_DOWNHILL;
}

/* A copy of the results that are shown, sharing what they own. */
static struct estimate_report shown_part(const struct estimate_report *r, struct estimate_result *results)
{
	struct estimate_report part = *r;
	part.results = results;
	part.n_results = 0;
	part.headline = SIZE_MAX;
	for (size_t i = 0; i < r->n_results; i++) {
		if (!is_shown(r->results[i].method))
			continue;
		if (i == r->headline)
			part.headline = part.n_results;
		results[part.n_results++] = r->results[i];
	}
	return part;
}

int work_estimate_write_html(const struct work_estimate_answer *answer,
	const struct estimate_options *options, const struct work_estimate_html *page,
	const struct progress *progress, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer html = BUFFER_INIT;
	CF_CLEANUP_REPORT_VIEW struct report_view *view = NULL;
	CF_CLEANUP_FREE struct estimate_result *results =
		NEW_ARRAY_ZERO(struct estimate_result, answer->report->n_results);
	char date[DATE_BYTES];
	if (!results)
		return error_memory(err);
	TRY(today(date, err));
	const struct estimate_report part = shown_part(answer->report, results);
	bool lost = part.headline == SIZE_MAX && answer->report->headline != SIZE_MAX;
	if (part.n_results == 0 || lost)
		return error_set(err, CF_E_USAGE,
			"the HTML page shows log-linear and two-list estimates: ask for one of them, too");
	const struct report_input input = {.title = page->title,
		.date = date,
		.version = CF_VERSION,
		.k = page->k,
		.overlap = answer->table,
		.estimate = &part,
		.options = options};
	TRY(report_view_new(&input, progress, &view, err));
	TRY(report_html(view, &html, err));
	return file_write_atomic(page->path, buffer_text(&html), html.n, 0644, err);
}
