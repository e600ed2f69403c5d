#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Temporary files are ".NAME.16 hex digits" + this: hidden from file_list, found by file_remove_leftovers. */
static const char leftover_suffix[] = ".cf-part";

static int code_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return CF_E_NOT_FOUND;
	case EISDIR:
		return CF_E_INPUT;
	case ENOMEM:
		return CF_E_MEMORY;
	default:
		return CF_E_IO;
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_dir(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

int file_join(struct buffer *out, const char *folder, const char *name)
{
	if (name[0] != '/' && folder[0]) {
		TRY(buffer_append_text(out, folder));
		if (folder[strlen(folder) - 1] != '/')
			TRY(buffer_append_char(out, '/'));
	}
	return buffer_append_text(out, name);
}

char *file_path(const char *folder, const char *name)
{
	CF_CLEANUP(buffer_done) struct buffer path = BUFFER_INIT;
	if (file_join(&path, folder, name) < 0)
		return NULL;
	return buffer_take(&path);
}

/* The folder a path lies in: "." for a bare name. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Makes a rename or removal in the folder of path durable. */
static int sync_folder_of(const char *path, struct cf_error *err)
{
	CF_CLEANUP_FREE char *folder = folder_of(path);
	if (!folder)
		return error_memory(err);
	CF_CLEANUP(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, code_of_errno(), "cannot open folder %s", folder);
	/* some file systems cannot sync a folder and say EINVAL: nothing more can be done there */
	if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		return error_set_errno(err, CF_E_IO, "cannot sync folder %s", folder);
	return CF_OK;
}

static int open_for_reading(const char *path, int *ret_fd, struct stat *ret_st, struct cf_error *err)
{
	CF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, code_of_errno(), "cannot open %s", path);
	if (fstat(fd, ret_st) != 0)
		return error_set_errno(err, CF_E_IO, "cannot read %s", path);
	if (S_ISDIR(ret_st->st_mode))
		return error_set(err, CF_E_INPUT, "%s is a folder, not a file", path);
	*ret_fd = fd;
	fd = -1;
	return CF_OK;
}

static int too_large(const char *path, size_t max_bytes, struct cf_error *err)
{
	return error_set(err, CF_E_LIMIT, "%s is larger than the %zu bytes allowed", path, max_bytes);
}

static ssize_t read_some(int fd, void *to, size_t n)
{
	ssize_t got;
	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int file_read(const char *path, size_t max_bytes, struct buffer *out, struct cf_error *err)
{
	enum { STEP = 65536 };
	CF_CLEANUP(close_fd) int fd = -1;
	struct stat st;
	TRY(open_for_reading(path, &fd, &st, err));
	/* st_size is a hint only: pipes and /proc say 0, and a file may grow while it is read */
	size_t expected = st.st_size > 0 ? (size_t)st.st_size : 0;
	if (S_ISREG(st.st_mode) && expected > max_bytes)
		return too_large(path, max_bytes, err);
	TRY_MEMORY(buffer_reserve(out, expected + 1), err);
	size_t n_before = out->n;
	for (;;) {
		size_t room = out->capacity - out->n - 1;
		if (room == 0) {
			TRY_MEMORY(buffer_reserve(out, STEP), err);
			continue;
		}
		ssize_t got = read_some(fd, out->data + out->n, room);
		if (got <= 0) {
			out->data[out->n] = '\0';
			return got ? error_set_errno(err, CF_E_IO, "cannot read %s", path) : CF_OK;
		}
		out->n += (size_t)got;
		out->data[out->n] = '\0';
		if (out->n - n_before > max_bytes)
			return too_large(path, max_bytes, err);
	}
}

static int temporary_name(const char *path, char **ret)
{
	const char *slash = strrchr(path, '/');
	size_t n_folder = slash ? (size_t)(slash - path) + 1 : 0;
	uint64_t number;
	if (getrandom(&number, sizeof number, 0) != sizeof number)
		return CF_E_IO;
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	TRY(buffer_append(&name, path, n_folder));
	/* a long name is shortened, so that the temporary one still fits into NAME_MAX */
	TRY(buffer_printf(
		&name, ".%.200s.%016llx%s", path + n_folder, (unsigned long long)number, leftover_suffix));
	*ret = buffer_take(&name);
	return CF_OK;
}

static int create_temporary(const char *path, int mode, char **ret_name, int *ret_fd, struct cf_error *err)
{
	for (int attempt = 0;; attempt++) {
		CF_CLEANUP_FREE char *name = NULL;
		int status = temporary_name(path, &name);
		if (status == CF_E_MEMORY)
			return error_memory(err);
		if (status < 0)
			return error_set_errno(err, status, "cannot name a temporary file beside %s", path);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
		if (fd >= 0) {
			*ret_name = TAKE(name);
			*ret_fd = fd;
			return CF_OK;
		}
		if (errno != EEXIST || attempt == 100)
			return error_set_errno(err, code_of_errno(), "cannot create %s", path);
	}
}

const char *file_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");
	return folder && *folder ? folder : "/tmp";
}

int file_temporary(const char *folder, int *ret_fd, struct cf_error *err)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* some file systems have no nameless files; there the name goes at once */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		CF_CLEANUP_FREE char *name = file_path(folder, ".counterfoil.XXXXXX");
		if (!name)
			return error_memory(err);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(name);
	}
	if (fd < 0)
		return error_set_errno(err, code_of_errno(), "cannot make a temporary file in %s", folder);
	*ret_fd = fd;
	return CF_OK;
}

int file_begin(struct file_writer *f, const char *path, int mode, struct cf_error *err)
{
	struct file_writer made = FILE_WRITER_INIT;
	made.path = mem_strdup(path);
	if (!made.path)
		return error_memory(err);
	int fd = -1;
	int status = create_temporary(path, mode, &made.temporary, &fd, err);
	if (status == CF_OK) {
		made.stream = fdopen(fd, "wb");
		if (!made.stream) {
			status = error_memory(err);
			close_fd(&fd);
		}
	}
	if (status < 0) {
		file_abandon(&made);
		return status;
	}
	*f = made;
	return CF_OK;
}

static int finish_stream(struct file_writer *f, struct cf_error *err)
{
	/* a full disk may show only here: each step is asked */
	bool failed = ferror(f->stream) != 0 || fflush(f->stream) != 0 || fsync(fileno(f->stream)) != 0;
	int reason = errno;
	if (fclose(f->stream) != 0 && !failed) {
		failed = true;
		reason = errno;
	}
	f->stream = NULL;
	errno = reason;
	if (failed)
		return error_set_errno(err, CF_E_IO, "cannot write %s", f->path);
	return CF_OK;
}

int file_commit(struct file_writer *f, struct cf_error *err)
{
	int status = finish_stream(f, err);
	if (status == CF_OK && rename(f->temporary, f->path) != 0)
		status = error_set_errno(err, code_of_errno(), "cannot replace %s", f->path);
	if (status == CF_OK) {
		f->temporary = mem_free(f->temporary);
		status = sync_folder_of(f->path, err);
	}
	file_abandon(f);
	return status;
}

void file_abandon(struct file_writer *f)
{
	if (f->stream)
		(void)fclose(f->stream);
	if (f->temporary)
		(void)unlink(f->temporary);
	mem_free(f->temporary);
	mem_free(f->path);
	*f = (struct file_writer)FILE_WRITER_INIT;
}

int file_write_atomic(const char *path, const void *data, size_t n, int mode, struct cf_error *err)
{
	CF_CLEANUP(file_abandon) struct file_writer f = FILE_WRITER_INIT;
	TRY(file_begin(&f, path, mode, err));
	/* unbuffered: the data may be secret, and is one block anyway */
	(void)setvbuf(f.stream, NULL, _IONBF, 0);
	if (n && fwrite(data, 1, n, f.stream) != n)
		return error_set_errno(err, CF_E_IO, "cannot write %s", path);
	return file_commit(&f, err);
}

int file_copy(const char *from, const char *to, int mode, struct cf_error *err)
{
	enum { BLOCK = 65536 };
	CF_CLEANUP(close_fd) int fd = -1;
	struct stat st;
	TRY(open_for_reading(from, &fd, &st, err));
	CF_CLEANUP_FREE char *block = mem_alloc(BLOCK, 1);
	if (!block)
		return error_memory(err);
	CF_CLEANUP(file_abandon) struct file_writer f = FILE_WRITER_INIT;
	TRY(file_begin(&f, to, mode, err));
	ssize_t got;
	while ((got = read_some(fd, block, BLOCK)) > 0) {
		if (fwrite(block, 1, (size_t)got, f.stream) != (size_t)got)
			return error_set_errno(err, CF_E_IO, "cannot write %s", to);
	}
	if (got < 0)
		return error_set_errno(err, CF_E_IO, "cannot read %s", from);
	return file_commit(&f, err);
}

bool file_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int file_make_folder(const char *path, int mode, struct cf_error *err)
{
	CF_CLEANUP_FREE char *part = mem_strdup(path);
	if (!part)
		return error_memory(err);
	/* every prefix that ends before a slash, then the whole */
	for (char *at = part; *at;) {
		char *slash = strchr(at + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, (mode_t)mode) != 0 && !file_is_folder(part))
			return error_set_errno(err, errno == EEXIST ? CF_E_INPUT : code_of_errno(),
				"cannot make the folder %s", part);
		if (!slash)
			break;
		*slash = '/';
		at = slash;
	}
	return CF_OK;
}

static int wipe(const char *path, struct cf_error *err)
{
	static const char zeros[4096];
	CF_CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT ? CF_OK
				       : error_set_errno(err, code_of_errno(), "cannot overwrite %s", path);
	for (off_t left = S_ISREG(st.st_mode) ? st.st_size : 0; left > 0;) {
		size_t piece = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
		ssize_t done = write(fd, zeros, piece);
		if (done < 0 && errno != EINTR)
			return error_set_errno(err, CF_E_IO, "cannot overwrite %s", path);
		left -= done > 0 ? done : 0;
	}
	if (fsync(fd) != 0 && errno != EINVAL)
		return error_set_errno(err, CF_E_IO, "cannot overwrite %s", path);
	return CF_OK;
}

int file_remove(const char *path, bool overwrite, struct cf_error *err)
{
	if (overwrite)
		TRY(wipe(path, err));
	if (unlink(path) != 0)
		return errno == ENOENT ? CF_OK
				       : error_set_errno(err, code_of_errno(), "cannot remove %s", path);
	return sync_folder_of(path, err);
}

int file_rename(const char *from, const char *to, struct cf_error *err)
{
	if (rename(from, to) != 0)
		return error_set_errno(err, code_of_errno(), "cannot rename %s to %s", from, to);
	TRY(sync_folder_of(from, err));
	return sync_folder_of(to, err);
}

static bool is_plain_file(DIR *d, const struct dirent *e)
{
	struct stat st;
	if (e->d_type == DT_REG)
		return true;
	if (e->d_type != DT_UNKNOWN && e->d_type != DT_LNK)
		return false;
	return fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode);
}

static bool is_leftover(const char *name)
{
	size_t n = strlen(name);
	size_t n_suffix = sizeof leftover_suffix - 1;
	return name[0] == '.' && n > n_suffix && strcmp(name + n - n_suffix, leftover_suffix) == 0;
}

static bool is_visible(const char *name)
{
	return name[0] != '.';
}

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;
	return strcmp(*x, *y);
}

static int list(const char *folder, bool (*wanted)(const char *), struct file_list *ret, struct cf_error *err)
{
	CF_CLEANUP(close_dir) DIR *d = opendir(folder);
	if (!d)
		return error_set_errno(err, code_of_errno(), "cannot list the folder %s", folder);
	CF_CLEANUP(file_list_done) struct file_list found = FILE_LIST_INIT;
	size_t capacity = 0;
	const struct dirent *e;
	for (errno = 0; (e = readdir(d)); errno = 0) {
		if (!wanted(e->d_name) || !is_plain_file(d, e))
			continue;
		char **grown = mem_grow(found.names, found.n, &capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		found.names = grown;
		grown[found.n] = mem_strdup(e->d_name);
		if (!grown[found.n])
			return error_memory(err);
		found.n++;
	}
	if (errno)
		return error_set_errno(err, CF_E_IO, "cannot list the folder %s", folder);
	if (found.n)
		qsort(found.names, found.n, sizeof *found.names, compare_names);
	*ret = found;
	found = (struct file_list)FILE_LIST_INIT;
	return CF_OK;
}

int file_list(const char *folder, struct file_list *ret, struct cf_error *err)
{
	return list(folder, is_visible, ret, err);
}

void file_list_done(struct file_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		mem_free(names->names[i]);
	mem_free(names->names);
	*names = (struct file_list)FILE_LIST_INIT;
}

int file_remove_leftovers(const char *folder, struct cf_error *err)
{
	CF_CLEANUP(file_list_done) struct file_list found = FILE_LIST_INIT;
	TRY(list(folder, is_leftover, &found, err));
	for (size_t i = 0; i < found.n; i++) {
		CF_CLEANUP_FREE char *path = file_path(folder, found.names[i]);
		if (!path)
			return error_memory(err);
		TRY(file_remove(path, true, err));
	}
	return CF_OK;
}

int file_lock(const char *path, int *ret_fd, struct cf_error *err)
{
	CF_CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, code_of_errno(), "cannot open the lock %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return error_set(
				err, CF_E_STATE, "%s is held by another run; wait until it has ended", path);
		return error_set_errno(err, CF_E_IO, "cannot lock %s", path);
	}
	*ret_fd = fd;
	fd = -1;
	return CF_OK;
}

void file_unlock(int *fd)
{
	close_fd(fd);
}
