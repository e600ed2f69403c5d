/* The small foundations: errors, memory, buffers, arenas, progress. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/random.h"

static void test_errors_say_where(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(error_set(&err, CF_E_INPUT, "%d bad", 3), CF_E_INPUT);
	assert_string_equal(err.message, "3 bad");
	assert_int_equal(error_set_at(&err, CF_E_INPUT, "f", 2, 3, "bad"), CF_E_INPUT);
	assert_string_equal(err.message, "f:2:3: bad");
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 3);
	(void)error_set_at(&err, CF_E_INPUT, "f", 2, 0, "bad");
	assert_string_equal(err.message, "f:2: bad");
	(void)error_set_at(&err, CF_E_INPUT, "f", 0, 3, "bad");
	assert_string_equal(err.message, "f: bad");
	(void)error_set_at(&err, CF_E_INPUT, NULL, 2, 3, "bad");
	assert_string_equal(err.message, "line 2:3: bad");
	(void)error_set_at(&err, CF_E_INPUT, NULL, 2, 0, "bad");
	assert_string_equal(err.message, "line 2: bad");
	(void)error_set_at(&err, CF_E_INPUT, NULL, 0, 0, "bad");
	assert_string_equal(err.message, "bad");
	assert_int_equal(error_prefix(&err, CF_E_IO, "study %s", "x"), CF_E_IO);
	assert_string_equal(err.message, "study x: bad");
	assert_int_equal(err.code, CF_E_INPUT);
	errno = ENOSPC;
	assert_int_equal(error_set_errno(&err, CF_E_IO, "cannot write %s", "f"), CF_E_IO);
	assert_string_equal(err.message, "cannot write f: No space left on device");
	assert_int_equal(err.line, 0);
	assert_int_equal(error_memory(&err), CF_E_MEMORY);
}

static void test_errors_without_a_listener(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, CF_E_INPUT, "x"), CF_E_INPUT);
	assert_int_equal(error_set_at(NULL, CF_E_INPUT, "f", 1, 1, "x"), CF_E_INPUT);
	assert_int_equal(error_set_errno(NULL, CF_E_IO, "x"), CF_E_IO);
	assert_int_equal(error_prefix(NULL, CF_E_IO, "x"), CF_E_IO);
	assert_int_equal(error_memory(NULL), CF_E_MEMORY);
}

/* However long the parts, the message ends in a NUL inside its array, and the place is not lost. */
static void test_long_messages_are_cut(void **state)
{
	(void)state;
	char large[2000];
	memset(large, 'x', sizeof large);
	large[sizeof large - 1] = '\0';
	struct cf_error err;
	for (int round = 0; round < 4; round++) {
		memset(&err, 'y', sizeof err);
		if (round == 0)
			(void)error_set(&err, CF_E_INPUT, "%s", large);
		else if (round == 1)
			(void)error_set_at(&err, CF_E_INPUT, large, UINT64_MAX, UINT64_MAX, "%s", large);
		else if (round == 2)
			(void)error_set_errno(&err, CF_E_IO, "%s", large);
		else
			(void)(error_set(&err, CF_E_IO, "%s", large),
				error_prefix(&err, CF_E_IO, "%s", large));
		size_t n = strnlen(err.message, sizeof err.message);
		assert_true(n > 300 && n < sizeof err.message);
	}
}

static void test_codes_have_exits_and_names(void **state)
{
	(void)state;
	static const struct {
		int code;
		int exit_code;
		const char *name;
	} codes[] = {{CF_OK, 0, "ok"}, {CF_E_USAGE, 2, "usage"}, {CF_E_INPUT, 2, "input"},
		{CF_E_NOT_FOUND, 2, "not_found"}, {CF_E_LIMIT, 2, "limit"}, {CF_E_REFUSED, 2, "refused"},
		{CF_E_STATE, 2, "state"}, {CF_E_NO_ANSWER, 1, "no_answer"},
		{CF_E_INTERRUPTED, 3, "interrupted"}, {CF_E_MEMORY, 3, "memory"}, {CF_E_IO, 3, "io"},
		{CF_E_INTERNAL, 3, "internal"}, {-99, 3, "internal"}};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		assert_int_equal(error_exit_code(codes[i].code), codes[i].exit_code);
		assert_string_equal(error_name(codes[i].code), codes[i].name);
	}
	assert_int_equal(error_exit_code(7), 0);
}

static void test_sizes_that_overflow(void **state)
{
	(void)state;
	assert_null(mem_alloc(SIZE_MAX, 2));
	assert_null(mem_alloc(SIZE_MAX / 2 + 2, 1));
	assert_null(mem_alloc_zero(SIZE_MAX / 8, 16));
	assert_null(mem_alloc_aligned(SIZE_MAX / 8, 16));
	assert_null(mem_alloc_aligned(PTRDIFF_MAX, 1));
	assert_null(mem_resize(NULL, SIZE_MAX / 8, 16));
	assert_null(mem_strndup("x", SIZE_MAX));
	size_t capacity = SIZE_MAX / 3 * 2;
	assert_null(mem_grow(NULL, capacity, &capacity, 1));
	struct buffer b = {.n = SIZE_MAX - 1};
	assert_int_equal(buffer_reserve(&b, 1), CF_E_MEMORY);
	assert_int_equal(buffer_reserve(&b, 5), CF_E_MEMORY);
	b.n = 0;
	assert_int_equal(buffer_reserve(&b, (size_t)PTRDIFF_MAX), CF_E_MEMORY);
	assert_null(b.data);
}

static void test_blocks(void **state)
{
	(void)state;
	CF_CLEANUP_FREE char *none = mem_alloc(0, 8);
	assert_non_null(none);
	CF_CLEANUP_FREE unsigned char *zeros = mem_alloc_zero(1000, 3);
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(zeros[i], 0);
	for (size_t n = 0; n < 300; n += 37) {
		CF_CLEANUP_FREE void *aligned = mem_alloc_aligned(n, 1);
		assert_int_equal((uintptr_t)aligned % 64, 0);
	}
	CF_CLEANUP_FREE char *copy = mem_strndup("abc\0def", 7);
	assert_memory_equal(copy, "abc\0def", 8);
	CF_CLEANUP_FREE char *text = mem_strdup("abc");
	assert_string_equal(text, "abc");
	char *taken = TAKE(text);
	assert_null(text);
	assert_null(mem_free(taken));
	assert_null(mem_free(NULL));
}

static void test_growing(void **state)
{
	(void)state;
	int *p = NULL;
	size_t capacity = 0;
	size_t n_moves = 0;
	for (size_t n = 0; n < 100000; n++) {
		size_t before = capacity;
		int *grown = mem_grow(p, n, &capacity, sizeof *p);
		assert_non_null(grown);
		p = grown;
		n_moves += capacity != before;
		assert_true(capacity > n);
		p[n] = (int)n;
	}
	for (size_t n = 0; n < 100000; n++)
		assert_int_equal(p[n], n);
	assert_true(n_moves < 30);
	mem_fail_after(0);
	size_t full = capacity;
	assert_null(mem_grow(p, full, &capacity, sizeof *p));
	mem_fail_after(-1);
	assert_int_equal(capacity, full);
	mem_free(p);
}

static void test_failing_on_demand(void **state)
{
	(void)state;
	mem_fail_after(2);
	void *a = mem_alloc(1, 1);
	void *b = mem_alloc_zero(1, 1);
	assert_non_null(a);
	assert_non_null(b);
	assert_false(mem_failed());
	assert_int_equal(mem_balance(), 2);
	assert_null(mem_alloc(1, 1));
	assert_true(mem_failed());
	assert_null(mem_alloc_aligned(1, 1));
	assert_null(mem_resize(a, 10, 1));
	assert_null(mem_strdup("x"));
	mem_free(a);
	assert_int_equal(mem_balance(), 1);
	mem_free(b);
	assert_int_equal(mem_balance(), 0);
	mem_fail_after(-1);
	void *c = mem_alloc(1, 1);
	assert_non_null(c);
	mem_free(c);
	assert_false(mem_failed());
}

static void test_buffers(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	assert_string_equal(buffer_text(&b), "");
	assert_null(buffer_take(&b));
	assert_int_equal(buffer_append(&b, NULL, 0), 0);
	assert_string_equal(buffer_text(&b), "");
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(buffer_printf(&b, "%d,", i), 0);
		assert_int_equal(buffer_append_char(&b, '|'), 0);
		assert_int_equal(buffer_append_text(&b, "x"), 0);
		assert_int_equal(strlen(b.data), b.n);
		assert_true(b.n < b.capacity);
	}
	assert_memory_equal(b.data, "0,|x1,|x2,|x", 12);
	assert_string_equal(b.data + b.n - 7, "4999,|x");
	buffer_clear(&b);
	assert_string_equal(buffer_text(&b), "");
	assert_int_equal(buffer_append(&b, "a\0b", 3), 0);
	assert_int_equal(b.n, 3);
	CF_CLEANUP_FREE char *taken = buffer_take(&b);
	assert_memory_equal(taken, "a\0b", 4);
	assert_null(b.data);
	buffer_done(&b);
	buffer_clear(&b);
}

static void test_arena(void **state)
{
	(void)state;
	CF_CLEANUP_ARENA struct arena *a = arena_new(0);
	assert_non_null(a);
	assert_int_equal(arena_high_water(a), 0);
	struct random_stream r;
	random_init(&r, 16, 1);
	enum { N = 3000 };
	static unsigned char *blocks[N];
	static size_t sizes[N];
	for (int round = 0; round < 3; round++) {
		size_t sum = 0;
		for (int i = 0; i < N; i++) {
			sizes[i] =
				random_below(&r, 100) == 0 ? random_below(&r, 100000) : random_below(&r, 200);
			sum += sizes[i];
			blocks[i] = arena_alloc(a, sizes[i], 1);
			assert_non_null(blocks[i]);
			assert_int_equal((uintptr_t)blocks[i] % 16, 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(blocks[i][k], 0);
			memset(blocks[i], i & 0xff, sizes[i]);
		}
		/* no block ran into another */
		for (int i = 0; i < N; i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(blocks[i][k], i & 0xff);
		assert_true(arena_high_water(a) >= sum);
		arena_reset(a);
	}
	char *text = arena_strndup(a, "abcdef", 3);
	assert_string_equal(text, "abc");
	assert_null(arena_alloc(a, SIZE_MAX, 2));
	assert_null(arena_alloc(a, SIZE_MAX - 3, 1));
	assert_null(arena_strndup(a, "x", SIZE_MAX));
	assert_null(arena_free(NULL));
}

static void test_arena_limit(void **state)
{
	(void)state;
	CF_CLEANUP_ARENA struct arena *a = arena_new(1000);
	assert_non_null(a);
	assert_null(arena_alloc(a, 1001, 1));
	size_t n = 0;
	while (arena_alloc(a, 10, 1))
		n++;
	/* each takes 16 bytes */
	assert_int_equal(n, 62);
	assert_int_equal(arena_high_water(a), 992);
	assert_null(arena_alloc(a, 0, 1)); /* takes 16 bytes too */
	arena_reset(a);
	assert_non_null(arena_alloc(a, 1000 / 16 * 16, 1));
	assert_int_equal(arena_high_water(a), 992);
	/* resetting gives back all blocks but one */
	CF_CLEANUP_ARENA struct arena *b = arena_new(0);
	mem_fail_after(1000);
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(b, 100000, 1));
	assert_true(mem_balance() > 1);
	arena_reset(b);
	assert_int_equal(mem_balance(), 1);
	arena_reset(b);
	mem_fail_after(-1);
	assert_non_null(arena_alloc(b, 100000, 1));
}

struct listener {
	int n_calls;
	const char *stage;
	uint64_t done;
	uint64_t total;
};

static void listen_to(void *context, const char *stage, uint64_t done, uint64_t total)
{
	struct listener *l = context;
	*l = (struct listener){l->n_calls + 1, stage, done, total};
}

static void test_progress_reports(void **state)
{
	(void)state;
	struct listener l = {0};
	struct progress p = {.report = listen_to, .context = &l};
	progress_report(&p, "reading", 1, 2);
	assert_int_equal(l.n_calls, 1);
	assert_string_equal(l.stage, "reading");
	assert_int_equal(l.done, 1);
	assert_int_equal(l.total, 2);
	progress_report(NULL, "reading", 1, 2);
	progress_report(&(struct progress){0}, "reading", 1, 2);
	assert_int_equal(l.n_calls, 1);
}

static void read_drawn(FILE *f, char *to, size_t size)
{
	rewind(f);
	size_t n = fread(to, 1, size - 1, f);
	to[n] = '\0';
}

static void test_progress_line(void **state)
{
	(void)state;
	char drawn[4096];
	FILE *f = tmpfile();
	assert_non_null(f);
	struct progress_terminal t;
	/* a file is no terminal: nothing is drawn */
	progress_terminal_init(&t, f, "police", false);
	progress_report(&t.progress, "reading", 1, 2);
	progress_terminal_done(&t);
	read_drawn(f, drawn, sizeof drawn);
	assert_string_equal(drawn, "");
	progress_terminal_init(&t, f, "police", true);
	progress_report(&t.progress, "reading", 1, 2);
	/* too soon after the first to be drawn */
	for (int i = 0; i < 1000; i++)
		progress_report(&t.progress, "reading", 2, 2);
	progress_report(&t.progress, "counting", 7, 0);
	progress_terminal_done(&t);
	progress_terminal_done(&t);
	read_drawn(f, drawn, sizeof drawn);
	char *second = strstr(drawn, "\rpolice: counting 7\x1b[K\r\x1b[K");
	assert_non_null(second);
	/* of the thousand at most those that a slow machine spread over tenths of seconds */
	assert_memory_equal(drawn, "\rpolice: reading  50 %\x1b[K", 24);
	assert_true(second - drawn < 24 * 10);
	assert_int_equal(fclose(f), 0);
}

static void test_progress_lines_never_wrap(void **state)
{
	(void)state;
	char drawn[1024];
	char label[300];
	memset(label, 'x', sizeof label);
	label[sizeof label - 1] = '\0';
	FILE *f = tmpfile();
	assert_non_null(f);
	struct progress_terminal t;
	progress_terminal_init(&t, f, label, true);
	progress_report(&t.progress, "reading", 1, 3);
	read_drawn(f, drawn, sizeof drawn);
	assert_int_equal(strspn(drawn + 1, "x"), 79);
	assert_int_equal(fclose(f), 0);
}

static void assert_time_left(double elapsed_s, const char *expected)
{
	char drawn[256];
	FILE *f = tmpfile();
	assert_non_null(f);
	struct progress_terminal t;
	progress_terminal_init(&t, f, NULL, true);
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	t.stage = "reading";
	t.started_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9 - elapsed_s;
	progress_report(&t.progress, "reading", 1, 3);
	read_drawn(f, drawn, sizeof drawn);
	if (!strstr(drawn, expected))
		fail_msg("%s instead of %s", drawn, expected);
	assert_int_equal(fclose(f), 0);
}

static void test_progress_guesses_the_time_left(void **state)
{
	(void)state;
	/* two thirds are left; the seconds may pass while this runs */
	assert_time_left(100, "reading  33 %, 3:2");
	assert_time_left(7200, "reading  33 %, 4:00:0");
	assert_time_left(1, "reading  33 %\x1b[K");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_say_where),
		cmocka_unit_test(test_errors_without_a_listener),
		cmocka_unit_test(test_long_messages_are_cut),
		cmocka_unit_test(test_codes_have_exits_and_names),
		cmocka_unit_test(test_sizes_that_overflow),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_failing_on_demand),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_limit),
		cmocka_unit_test(test_progress_reports),
		cmocka_unit_test(test_progress_line),
		cmocka_unit_test(test_progress_lines_never_wrap),
		cmocka_unit_test(test_progress_guesses_the_time_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
