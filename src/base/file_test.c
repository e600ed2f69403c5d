#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/cf_file_XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	char command[64];
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* A name below the test's folder, in a ring of a few buffers. */
static const char *at(const char *name)
{
	static char paths[8][256];
	static int next;
	char *path = paths[next++ % 8];
	(void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void write_text(const char *path, const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	if (file_write_atomic(path, text, strlen(text), 0644, &err) != 0)
		fail_msg("%s", err.message);
}

static void assert_content(const char *path, const char *expected)
{
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (file_read(path, 1 << 20, &b, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(buffer_text(&b), expected);
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_reading(void **state)
{
	(void)state;
	write_text(at("read"), "hello");
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(buffer_append_text(&b, "> "), 0);
	assert_int_equal(file_read(at("read"), 5, &b, &err), 0);
	assert_string_equal(buffer_text(&b), "> hello");
	assert_int_equal(file_read(at("read"), 4, &b, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "/read"));
	assert_int_equal(file_read(at("none"), 4, &b, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_read(at("read/below"), 4, &b, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_read(folder, 4, &b, &err), CF_E_INPUT);
	/* files whose size is not known beforehand */
	buffer_clear(&b);
	assert_int_equal(file_read("/proc/self/stat", 100000, &b, &err), 0);
	assert_true(b.n > 10);
	assert_int_equal(file_read("/proc/self/stat", 5, &b, &err), CF_E_LIMIT);
	assert_int_equal(file_read("/dev/zero", 1000000, &b, &err), CF_E_LIMIT);
	buffer_clear(&b);
	assert_int_equal(file_read("/dev/null", 0, &b, &err), 0);
	assert_int_equal(b.n, 0);
}

static void test_large_files_are_whole(void **state)
{
	(void)state;
	enum { N = 3000001 };
	CF_CLEANUP_FREE unsigned char *data = mem_alloc(N, 1);
	assert_non_null(data);
	for (size_t i = 0; i < N; i++)
		data[i] = (unsigned char)(i * 31 + i / 255);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_write_atomic(at("large"), data, N, 0600, &err), 0);
	assert_int_equal(file_copy(at("large"), at("copy"), 0600, &err), 0);
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	assert_int_equal(file_read(at("copy"), N, &b, &err), 0);
	assert_int_equal(b.n, N);
	assert_memory_equal(b.data, data, N);
	assert_int_equal(file_copy(at("none"), at("copy"), 0600, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_copy(folder, at("copy"), 0600, &err), CF_E_INPUT);
	assert_int_equal(file_copy(at("large"), at("no/where"), 0600, &err), CF_E_NOT_FOUND);
}

static size_t count_entries(void)
{
	char command[80];
	(void)snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	unsigned n = 0;
	assert_int_equal(fscanf(f, "%u", &n), 1);
	assert_int_equal(pclose(f), 0);
	return n;
}

static void test_writing_and_modes(void **state)
{
	(void)state;
	size_t n_before = count_entries();
	struct cf_error err = CF_ERROR_INIT;
	mode_t umask_before = umask(022);
	assert_int_equal(file_write_atomic(at("secret"), "x", 1, 0600, &err), 0);
	assert_int_equal(mode_of(at("secret")), 0600);
	assert_int_equal(file_write_atomic(at("open"), NULL, 0, 0666, &err), 0);
	assert_int_equal(mode_of(at("open")), 0644);
	assert_content(at("open"), "");
	/* the mode asked for holds, not that of the file it replaces */
	assert_int_equal(file_write_atomic(at("open"), "new", 3, 0600, &err), 0);
	assert_int_equal(mode_of(at("open")), 0600);
	(void)umask(077);
	assert_int_equal(file_write_atomic(at("open"), "newer", 5, 0644, &err), 0);
	assert_int_equal(mode_of(at("open")), 0600);
	assert_content(at("open"), "newer");
	(void)umask(umask_before);
	assert_int_equal(count_entries(), n_before + 2);
	assert_int_equal(file_write_atomic(at("no/where"), "x", 1, 0600, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "no/where"));
}

static void test_a_dropped_write_leaves_the_old_file(void **state)
{
	(void)state;
	write_text(at("kept"), "old");
	size_t n_before = count_entries();
	struct cf_error err = CF_ERROR_INIT;
	struct file_writer f = FILE_WRITER_INIT;
	assert_int_equal(file_begin(&f, at("kept"), 0600, &err), 0);
	assert_true(fputs("new, but", f.stream) >= 0);
	assert_int_equal(fflush(f.stream), 0);
	assert_content(at("kept"), "old");
	file_abandon(&f);
	assert_content(at("kept"), "old");
	assert_int_equal(count_entries(), n_before);
	file_abandon(&f);
	/* committed in pieces */
	assert_int_equal(file_begin(&f, at("kept"), 0600, &err), 0);
	assert_true(fputs("new", f.stream) >= 0);
	assert_true(fputs("er", f.stream) >= 0);
	assert_int_equal(file_commit(&f, &err), 0);
	assert_null(f.stream);
	assert_content(at("kept"), "newer");
	assert_int_equal(count_entries(), n_before);
	/* a folder cannot be replaced: the writer is dropped */
	assert_int_equal(file_make_folder(at("in the way"), 0700, &err), 0);
	assert_int_equal(file_begin(&f, at("in the way"), 0600, &err), 0);
	assert_true(file_commit(&f, &err) < 0);
	assert_null(f.path);
	assert_int_equal(count_entries(), n_before + 1);
}

/* A disk that is full: the size of files is limited, in a child. */
static void test_a_full_disk_leaves_the_old_file(void **state)
{
	(void)state;
	write_text(at("precious"), "old");
	size_t n_before = count_entries();
	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
		(void)signal(SIGXFSZ, SIG_IGN);
		static char big[10000];
		struct cf_error err = CF_ERROR_INIT;
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(9);
		int status = file_write_atomic(at("precious"), big, sizeof big, 0600, &err);
		_exit(status == CF_E_IO && strstr(err.message, "precious") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_content(at("precious"), "old");
	assert_int_equal(count_entries(), n_before);
}

/* Killed at any moment, the file is the old one or the new one; what is left over can be swept away. */
static void test_a_killed_writer(void **state)
{
	(void)state;
	enum { N = 300000, ROUNDS = 40 };
	static char data[N];
	memset(data, 'a', N);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_make_folder(at("killed"), 0700, &err), 0);
	assert_int_equal(file_write_atomic(at("killed/f"), data, N, 0600, &err), 0);
	(void)fflush(NULL);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			for (char letter = 'b';; letter = (char)(letter == 'z' ? 'b' : letter + 1)) {
				memset(data, letter, N);
				if (file_write_atomic(at("killed/f"), data, N, 0600, NULL) != 0)
					_exit(1);
			}
		}
		(void)usleep((useconds_t)(500 + round * 331));
		assert_int_equal(kill(child, SIGKILL), 0);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
		assert_int_equal(file_read(at("killed/f"), N, &b, &err), 0);
		assert_int_equal(b.n, N);
		for (size_t i = 1; i < N; i++)
			assert_true(b.data[i] == b.data[0]);
	}
	CF_CLEANUP(file_list_done) struct file_list list = FILE_LIST_INIT;
	assert_int_equal(file_list(at("killed"), &list, &err), 0);
	assert_int_equal(list.n, 1);
	write_text(at("killed/.hidden"), "x");
	/* as a writer killed for certain would leave it */
	struct file_writer f = FILE_WRITER_INIT;
	assert_int_equal(file_begin(&f, at("killed/g"), 0600, &err), 0);
	assert_true(file_exists(f.temporary));
	assert_int_equal(file_remove_leftovers(at("killed"), &err), 0);
	assert_false(file_exists(f.temporary));
	file_abandon(&f);
	assert_true(file_exists(at("killed/f")));
	assert_true(file_exists(at("killed/.hidden")));
	assert_int_equal(file_remove_leftovers(at("nowhere"), &err), CF_E_NOT_FOUND);
}

static void test_folders(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_make_folder(at("a/b//c/"), 0700, &err), 0);
	assert_true(file_is_folder(at("a/b/c")));
	assert_int_equal(mode_of(at("a/b")), 0700);
	assert_int_equal(file_make_folder(at("a/b/c"), 0700, &err), 0);
	assert_int_equal(file_make_folder("/", 0700, &err), 0);
	write_text(at("a/file"), "x");
	assert_int_equal(file_make_folder(at("a/file"), 0700, &err), CF_E_INPUT);
	assert_int_equal(file_make_folder(at("a/file/below"), 0700, &err), CF_E_INPUT);
	assert_false(file_is_folder(at("a/file")));
	assert_true(file_exists(at("a/file")));
	assert_false(file_exists(at("a/none")));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(file_make_folder("relative/one", 0700, &err), 0);
	write_text("bare", "x");
	assert_content(at("bare"), "x");
	assert_true(file_is_folder(at("relative/one")));
}

static void test_lists_are_sorted(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_make_folder(at("list/folder"), 0700, &err), 0);
	static const char *const names[] = {"b", "a", "\xc3\xa9", "B", "10", "9", ".hidden"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "list/%s", names[i]);
		write_text(at(name), "x");
	}
	assert_int_equal(symlink("a", at("list/link")), 0);
	assert_int_equal(symlink("nowhere", at("list/broken")), 0);
	assert_int_equal(symlink("folder", at("list/to folder")), 0);
	assert_int_equal(mkfifo(at("list/pipe"), 0600), 0);
	CF_CLEANUP(file_list_done) struct file_list list = FILE_LIST_INIT;
	assert_int_equal(file_list(at("list"), &list, &err), 0);
	static const char *const expected[] = {"10", "9", "B", "a", "b", "link", "\xc3\xa9"};
	assert_int_equal(list.n, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < list.n; i++)
		assert_string_equal(list.names[i], expected[i]);
	struct file_list none = FILE_LIST_INIT;
	assert_int_equal(file_list(at("nowhere"), &none, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_list(at("list/a"), &none, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_list(at("list/folder"), &none, &err), 0);
	assert_int_equal(none.n, 0);
	file_list_done(&none);
}

static void test_removing_and_renaming(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	write_text(at("gone"), "secret that is overwritten");
	/* a second name for the same bytes shows that they were overwritten */
	assert_int_equal(link(at("gone"), at("second")), 0);
	assert_int_equal(file_remove(at("gone"), true, &err), 0);
	assert_false(file_exists(at("gone")));
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	assert_int_equal(file_read(at("second"), 100, &b, &err), 0);
	assert_int_equal(b.n, 26);
	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(b.data[i], 0);
	assert_int_equal(file_remove(at("gone"), true, &err), 0);
	assert_int_equal(file_remove(at("gone"), false, &err), 0);
	/* a link is removed, and what it points to is not touched */
	write_text(at("target"), "kept");
	assert_int_equal(symlink(at("target"), at("pointer")), 0);
	assert_true(file_remove(at("pointer"), true, &err) < 0);
	assert_int_equal(file_remove(at("pointer"), false, &err), 0);
	assert_content(at("target"), "kept");
	assert_int_equal(file_rename(at("target"), at("moved"), &err), 0);
	assert_content(at("moved"), "kept");
	assert_int_equal(file_rename(at("target"), at("moved"), &err), CF_E_NOT_FOUND);
	assert_true(file_remove(folder, false, &err) < 0);
}

static void test_joining(void **state)
{
	(void)state;
	static const char *const examples[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"},
		{"", "b", "b"}, {"a", "/b", "/b"}, {"a/b", "c/d", "a/b/c/d"}};
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		CF_CLEANUP_FREE char *path = file_path(examples[i][0], examples[i][1]);
		assert_string_equal(path, examples[i][2]);
	}
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	assert_int_equal(buffer_append_text(&b, "file:"), 0);
	assert_int_equal(file_join(&b, "x", "y"), 0);
	assert_string_equal(buffer_text(&b), "file:x/y");
}

static int lock_in_child(void)
{
	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd = -1;
		struct cf_error err = CF_ERROR_INIT;
		int status = file_lock(at("lock"), &fd, &err);
		/* held to the end of the process */
		_exit(status == 0 ? 0 : -status);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/* What the system refuses is said with the name, and told from what is not there. */
static void test_what_the_system_refuses(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	char name[400];
	int fd = -1;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(file_read(name, 100, &b, &err), CF_E_IO);
	assert_non_null(strstr(err.message, "cannot open nnn"));
	assert_int_equal(file_lock(folder, &fd, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "cannot open the lock"));
	assert_int_equal(fd, -1);
	/* nothing is mapped at the start of memory: reading there fails after opening went well */
	size_t n_before = count_entries();
	assert_int_equal(file_copy("/proc/self/mem", at("refused-copy"), 0600, &err), CF_E_IO);
	assert_non_null(strstr(err.message, "cannot read /proc/self/mem"));
	assert_false(file_exists(at("refused-copy")));
	assert_int_equal(count_entries(), n_before);
}

static void test_locks_between_processes(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(lock_in_child(), 0);
	int fd = -1;
	assert_int_equal(file_lock(at("lock"), &fd, &err), 0);
	assert_int_equal(mode_of(at("lock")), 0600);
	assert_int_equal(lock_in_child(), CF_E_STATE);
	int second = -1;
	assert_int_equal(file_lock(at("lock"), &second, &err), CF_E_STATE);
	assert_int_equal(second, -1);
	assert_non_null(strstr(err.message, "another run"));
	file_unlock(&fd);
	assert_int_equal(fd, -1);
	file_unlock(&fd);
	assert_int_equal(lock_in_child(), 0);
	assert_int_equal(file_lock(at("lock"), &fd, &err), 0);
	file_unlock(&fd);
	assert_int_equal(file_lock(at("no/where"), &fd, &err), CF_E_NOT_FOUND);
}

/* Nobody else finds it, and it is gone with its descriptor. */
static void temporary_files_have_no_name(void **state)
{
	(void)state;
	char own[] = "/tmp/counterfoil-temporary-XXXXXX";
	struct cf_error err = CF_ERROR_INIT;
	struct stat st;
	int fd = -1;
	char back[4] = {0};
	assert_non_null(mkdtemp(own));
	assert_int_equal(file_temporary(own, &fd, &err), 0);
	assert_int_equal(rmdir(own), 0); /* only an empty folder goes */
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pwrite(fd, "abc", 3, 0), 3);
	assert_int_equal(pread(fd, back, 3, 0), 3);
	assert_string_equal(back, "abc");
	assert_int_equal(close(fd), 0);
	assert_int_equal(file_temporary(own, &fd, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, own));
	assert_non_null(file_temporary_folder());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(temporary_files_have_no_name),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_large_files_are_whole),
		cmocka_unit_test(test_writing_and_modes),
		cmocka_unit_test(test_a_dropped_write_leaves_the_old_file),
		cmocka_unit_test(test_a_full_disk_leaves_the_old_file),
		cmocka_unit_test(test_a_killed_writer),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_lists_are_sorted),
		cmocka_unit_test(test_removing_and_renaming),
		cmocka_unit_test(test_joining),
		cmocka_unit_test(test_what_the_system_refuses),
		cmocka_unit_test(test_locks_between_processes),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
