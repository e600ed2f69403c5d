#include "base/progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

void progress_report(const struct progress *p, const char *stage, uint64_t done, uint64_t total)
{
	if (p && p->report)
		p->report(p->context, stage, done, total);
}

static double now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The columns of the terminal; 80 where it does not say. */
static int width_of(FILE *to)
{
	struct winsize size;
	if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
		return 80;
	return size.ws_col;
}

static void format_left(char *to, size_t size, double seconds)
{
	uint64_t s = (uint64_t)(seconds + 0.5);
	if (s >= 3600)
		(void)snprintf(to, size, ", %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left", s / 3600,
			s / 60 % 60, s % 60);
	else
		(void)snprintf(to, size, ", %" PRIu64 ":%02" PRIu64 " left", s / 60, s % 60);
}

static void draw(struct progress_terminal *t, uint64_t done, uint64_t total, double now)
{
	char line[256];
	char left[64] = "";
	const char *label = t->label ? t->label : "";
	const char *colon = t->label ? ": " : "";
	double elapsed = now - t->started_s;
	if (total && done <= total) {
		double part = (double)done / (double)total;
		/* before two seconds and two hundredths the guess would jump about */
		if (elapsed > 2 && part > 0.02 && elapsed / part < 1e7)
			format_left(left, sizeof left, elapsed / part * (1 - part));
		(void)snprintf(line, sizeof line, "%s%s%s %3d %%%s", label, colon, t->stage,
			(int)(part * 100), left);
	} else {
		(void)snprintf(line, sizeof line, "%s%s%s %" PRIu64, label, colon, t->stage, done);
	}
	/* a line that wrapped could not be drawn over */
	(void)fprintf(t->to, "\r%.*s\x1b[K", width_of(t->to) - 1, line);
	(void)fflush(t->to);
	t->shown = true;
}

static void report_to_terminal(void *context, const char *stage, uint64_t done, uint64_t total)
{
	struct progress_terminal *t = context;
	double now = now_s();
	bool new_stage = !t->stage || strcmp(t->stage, stage) != 0;
	if (new_stage) {
		t->stage = stage;
		t->started_s = now;
	}
	if (!new_stage && now - t->last_s < 0.1)
		return;
	t->last_s = now;
	draw(t, done, total, now);
}

void progress_terminal_init(struct progress_terminal *t, FILE *to, const char *label, bool force)
{
	*t = (struct progress_terminal){.to = to, .label = label};
	t->progress.context = t;
	if (force || isatty(fileno(to)))
		t->progress.report = report_to_terminal;
}

void progress_terminal_done(struct progress_terminal *t)
{
	if (!t->shown)
		return;
	(void)fputs("\r\x1b[K", t->to);
	(void)fflush(t->to);
	t->shown = false;
}
