/* SIGKILL at every durable step, and at random moments of real processes: started again, the study ends with
 * the same table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "ring.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * At each numbered step, by a hook in a forked child
 */

struct fuse {
	long left; /* checkpoints until the kill */
};

static void burn(void *context, const char *step)
{
	struct fuse *fuse = context;
	(void)step;
	if (--fuse->left <= 0)
		(void)raise(SIGKILL);
}

enum doing { JOINING, STEPPING, FINISHING };

static int act(const struct ring *r, size_t who, enum doing what, const struct study_control *control)
{
	struct study_status s;
	struct cf_error err = CF_ERROR_INIT;
	if (what == JOINING)
		return ring_join(r, who, control, &err);
	if (what == STEPPING)
		return ring_step(r, who, control, &s, &err) < 0 || s.n_refused ? -1 : 0;
	struct buffer notes = BUFFER_INIT;
	struct study_finish_result result;
	char out[PATH_MAX];
	(void)snprintf(out, sizeof out, "%s/result", r->root);
	const struct study_finish_request request = {.access = ring_access(r, who), .out = out, .seed = 1};
	int status = study_finish(&request, control, &result, &notes, NULL, &err);
	buffer_done(&notes);
	return status;
}

/* Runs the command in a child that is killed at its left-th checkpoint. What is left when it ended by itself;
 * 0 when it was killed. */
static long act_with_fuse(const struct ring *r, size_t who, enum doing what, long left)
{
	int back[2];
	REQUIRE(pipe(back) == 0);
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		struct fuse fuse = {.left = left};
		const struct study_control control = {.n_threads = 1, .checkpoint = burn, .context = &fuse};
		int status = act(r, who, what, &control);
		_exit(status == 0 && write(back[1], &fuse.left, sizeof fuse.left) == sizeof fuse.left ? 0
												      : 1);
	}
	int status = 0;
	long ret = 0;
	REQUIRE(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status)) {
		REQUIRE(WEXITSTATUS(status) == 0);
		REQUIRE(read(back[0], &ret, sizeof ret) == sizeof ret);
		REQUIRE(ret > 0);
	} else {
		REQUIRE(WTERMSIG(status) == SIGKILL);
	}
	(void)close(back[0]);
	(void)close(back[1]);
	return ret;
}

/* One command, killed when the study's fuse runs out during it, then started again without. */
static void act_or_die(const struct ring *r, size_t who, enum doing what, long *left)
{
	if (*left > 0) {
		*left = act_with_fuse(r, who, what, *left);
		if (*left > 0)
			return;
	}
	static const struct study_control alone = {.n_threads = 1};
	/* killed after its journal was written, a participant has joined; the next step sends what is missing
	 */
	if (what == JOINING && file_exists(ring_path(r->folder[who], STUDY_JOURNAL)))
		REQUIRE(act(r, who, JOINING, &alone) == CF_E_STATE);
	else
		REQUIRE(act(r, who, what, &alone) == 0);
}

/* A whole study with one kill at the given checkpoint, counted over all participants. False when the study
 * has fewer. */
static bool study_with_kill(struct ring *r, long at)
{
	long left = at;
	ring_make(r, &(struct ring_options){.n = 2, .n_rows = 4});
	for (size_t i = 0; i <= r->n; i++)
		act_or_die(r, i, JOINING, &left);
	for (bool complete = false; !complete;) {
		(void)ring_carry(r);
		complete = true;
		for (size_t i = 0; i <= r->n; i++) {
			struct study_status s;
			act_or_die(r, i, STEPPING, &left);
			REQUIRE_OK(study_status(r->folder[i], &s, NULL, NULL, &why));
			complete = complete && s.complete && !s.has_work;
		}
	}
	return left <= 0;
}

static void expect_table(const struct ring *r, const char *path)
{
	struct buffer expected = BUFFER_INIT;
	struct buffer got = BUFFER_INIT;
	ring_table_in_the_clear(r, &expected);
	ring_read(path, &got);
	assert_string_equal(buffer_text(&got), buffer_text(&expected));
	buffer_done(&expected);
	buffer_done(&got);
}

/* Nothing is left lying about: no secrets of parties that are done, no half-written file, nothing refused. */
static void expect_clean(const struct ring *r)
{
	for (size_t i = 0; i <= r->n; i++) {
		char command[PATH_MAX + 100];
		assert_int_equal(ring_count(ring_path(r->folder[i], "refused")), 0);
		assert_int_equal(ring_count(ring_path(r->folder[i], "in")), 0);
		(void)snprintf(command, sizeof command,
			"find %s -name '.?*' -o -name secrets.sealed -o -name own.sealed | grep -q .",
			r->folder[i]);
		assert_int_not_equal(system(command), 0);
	}
}

static void test_each_checkpoint(void **state)
{
	(void)state;
	long at = 1;
	for (bool killed = true; killed; at++) {
		struct ring r;
		char table[PATH_MAX];
		long left = 0;
		killed = study_with_kill(&r, at);
		expect_clean(&r);
		act_or_die(&r, 2, FINISHING, &left);
		(void)snprintf(table, sizeof table, "%s/result/overlap.csv", r.root);
		expect_table(&r, table);
		ring_remove(&r);
	}
	/* joining, sending, passing on and ending have more than these */
	assert_true(at > 40);
}

/* The analyst's last step, killed at each of its checkpoints. */
static void test_finish_checkpoints(void **state)
{
	(void)state;
	struct ring r;
	char table[PATH_MAX];
	ring_make(&r, &(struct ring_options){.n = 2, .n_rows = 4});
	ring_run(&r);
	(void)snprintf(table, sizeof table, "%s/result/overlap.csv", r.root);
	for (long at = 1; at < 6; at++)
		(void)act_with_fuse(&r, 2, FINISHING, at);
	long left = 0;
	act_or_die(&r, 2, FINISHING, &left);
	expect_table(&r, table);
	assert_int_equal(ring_count(ring_path(r.folder[2], STUDY_LISTS)), 0);
	ring_remove(&r);
}

/*
 * At random moments, by a real kill of real processes
 */

static pid_t start(const char *const *arguments)
{
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY);
		char *copy[16] = {NULL};
		for (size_t i = 0; arguments[i]; i++)
			copy[i] = strdup(arguments[i]);
		(void)dup2(nowhere, STDOUT_FILENO);
		(void)execv(copy[0], copy);
		_exit(127);
	}
	return pid;
}

static void command_of(const struct ring *r, size_t who, enum doing what, const char **arguments)
{
	size_t n = 0;
	arguments[n++] = getenv("COUNTERFOIL");
	arguments[n++] = "study";
	arguments[n++] = what == JOINING ? "join" : "step";
	arguments[n++] = "--dir";
	arguments[n++] = r->folder[who];
	arguments[n++] = "--threads=1";
	if (what == JOINING) {
		arguments[n++] = "--study";
		arguments[n++] = r->study;
		if (who < r->n) {
			arguments[n++] = "--list";
			arguments[n++] = r->list[who];
		}
	}
	arguments[n] = NULL;
}

struct killer {
	struct random_stream random;
	size_t n_kills, n_wanted;
	long longest_us; /* of a command that was let be */
};

static long elapsed_us(const struct timespec *since)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000;
}

/* Runs the command to its end, and kills it first, at a random moment, three times out of four. */
static void run_command(const struct ring *r, size_t who, enum doing what, struct killer *k)
{
	const char *arguments[16];
	command_of(r, who, what, arguments);
	for (;;) {
		int status = 0;
		struct timespec started;
		(void)clock_gettime(CLOCK_MONOTONIC, &started);
		bool deadly = k->n_kills < k->n_wanted && random_below(&k->random, 4) != 0;
		pid_t pid = start(arguments);
		if (deadly) {
			/* as often in the first millisecond as in the last ten: every stage gets its share */
			uint64_t most = (uint64_t)k->longest_us >> random_below(&k->random, 6);
			(void)usleep((useconds_t)random_below(&k->random, most + 1));
			(void)kill(pid, SIGKILL);
		}
		REQUIRE(waitpid(pid, &status, 0) == pid);
		if (WIFEXITED(status)) {
			/* a join that was killed when all was done says that it has joined already */
			REQUIRE(WEXITSTATUS(status) == 0 || (what == JOINING && WEXITSTATUS(status) == 2));
			if (elapsed_us(&started) > k->longest_us)
				k->longest_us = elapsed_us(&started);
			return;
		}
		k->n_kills++;
	}
}

static void test_random_kills(void **state)
{
	(void)state;
	struct killer k = {.n_wanted = 50, .longest_us = 20000};
	random_init(&k.random, 9, 9);
	assert_non_null(getenv("COUNTERFOIL"));
	for (int study = 0; study < 100 && (k.n_kills < k.n_wanted || study == 0); study++) {
		struct ring r;
		ring_make(&r, &(struct ring_options){.n = 3, .n_rows = 12});
		for (size_t i = 0; i <= r.n; i++)
			run_command(&r, i, JOINING, &k);
		for (bool complete = false; !complete;) {
			(void)ring_carry(&r);
			complete = true;
			for (size_t i = 0; i <= r.n; i++) {
				struct study_status s;
				run_command(&r, i, STEPPING, &k);
				REQUIRE_OK(study_status(r.folder[i], &s, NULL, NULL, &why));
				complete = complete && s.complete && !s.has_work;
			}
		}
		struct buffer expected = BUFFER_INIT;
		struct buffer got = BUFFER_INIT;
		ring_table_in_the_clear(&r, &expected);
		ring_table(&r, &got);
		assert_string_equal(buffer_text(&got), buffer_text(&expected));
		buffer_done(&expected);
		buffer_done(&got);
		expect_clean(&r);
		ring_remove(&r);
	}
	assert_int_equal(k.n_kills, k.n_wanted);
}

/* "study run" killed half-way with whatever it had started, then given again: the same command ends it. */
static void test_run_is_resumed(void **state)
{
	(void)state;
	struct ring r;
	struct random_stream random;
	char out[300];
	char table[PATH_MAX];
	random_init(&random, 5, 5);
	ring_make(&r, &(struct ring_options){.n = 3, .n_rows = 12});
	(void)snprintf(out, sizeof out, "%s/run", r.root);
	(void)snprintf(table, sizeof table, "%s/overlap.csv", out);
	const char *const arguments[] = {getenv("COUNTERFOIL"), "study", "run", "--lists", r.list[0],
		r.list[1], r.list[2], "--out", out, "--keys", r.keys, "--bootstrap=0", "--threads=1", "--k=3",
		NULL};
	int status = 0;
	for (int i = 0; i < 12; i++) {
		pid_t pid = start(arguments);
		(void)usleep((useconds_t)(20000 + random_below(&random, 150000)));
		(void)kill(pid, SIGKILL);
		REQUIRE(waitpid(pid, &status, 0) == pid);
		/* its child ends by itself, at the death of its parent */
		(void)usleep(20000);
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = start(arguments);
		REQUIRE(waitpid(pid, &status, 0) == pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	}
	struct buffer expected = BUFFER_INIT;
	struct buffer got = BUFFER_INIT;
	ring_table_in_the_clear(&r, &expected);
	ring_read(table, &got);
	/* the lists bear other names there */
	assert_string_equal(strchr(buffer_text(&got), '\n'), strchr(buffer_text(&expected), '\n'));
	buffer_done(&expected);
	buffer_done(&got);
	/* other options are another run */
	const char *const other[] = {getenv("COUNTERFOIL"), "study", "run", "--lists", r.list[0], r.list[1],
		"--out", out, "--keys", r.keys, NULL};
	pid_t pid = start(other);
	REQUIRE(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	ring_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_checkpoint),
		cmocka_unit_test(test_finish_checkpoints),
		cmocka_unit_test(test_random_kills),
		cmocka_unit_test(test_run_is_resumed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
