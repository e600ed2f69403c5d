/*
 * Stand-alone driver: gives every file of the folders and files named on the command line to the fuzz target,
 * so that a corpus or a crash replays under any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t n_run;

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	uint8_t *data = NULL;
	size_t n = 0;
	size_t capacity = 0;
	size_t got;
	do {
		capacity = capacity ? capacity * 2 : 4096;
		uint8_t *grown = realloc(data, capacity);
		if (!grown)
			abort();
		data = grown;
		got = fread(data + n, 1, capacity - n, f);
		n += got;
	} while (got);
	(void)fclose(f);
	/* an exact block, so that the address sanitizer sees a read past the end */
	uint8_t *exact = malloc(n ? n : 1);
	if (!exact)
		abort();
	memcpy(exact, data, n);
	free(data);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	n_run++;
	return 0;
}

static int replay(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	DIR *d = opendir(path);
	if (!d) {
		perror(path);
		return 1;
	}
	int failed = 0;
	for (struct dirent *e; (e = readdir(d));) {
		char child[4096];
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(child, sizeof child, "%s/%s", path, e->d_name);
		failed |= replay(child);
	}
	(void)closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	(void)printf("%zu inputs replayed\n", n_run);
	return failed || n_run == 0;
}
