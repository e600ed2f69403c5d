/*
 * Lists of erasures, which lie outside the store. A "!" at the beginning of a line stands for a genuine one
 * (so that inputs can hold some); nobody is erased but by those, and a list is read to its end or the line
 * that is at fault is named.
 */
#include "base/file.h"
#include "scratch.h"
#include "store/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct store s = {.generation = 1};
static const char *list;
static const struct store_id person = {{7}};
static struct buffer genuine;

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void start(void)
{
	need(crypto_start(NULL) == 0);
	scratch_start();
	list = scratch_file("erasures");
	s.erasure_list = mem_strdup(list);
	need(s.erasure_list && secret_new_random(VAULT_KEY_BYTES, &s.commit, NULL) == 0);
	need(erasure_list_add(&s, &person, NULL) == 0);
	need(file_read(list, 4096, &genuine, NULL) == 0);
}

static int count(struct store *store, const struct store_id *erased, void *context, struct cf_error *err)
{
	(void)store;
	(void)err;
	need(store_id_equal(erased, &person));
	++*(size_t *)context;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	size_t n_lines = 0;
	size_t n_erased = 0;
	if (!list)
		start();
	for (size_t i = 0; i < n; i++) {
		bool begins = i == 0 || data[i - 1] == '\n' || data[i - 1] == '!';
		bool stands_for = data[i] == '!' && begins;
		n_lines += stands_for;
		need((stands_for ? buffer_append(&text, genuine.data, genuine.n)
				 : buffer_append(&text, &data[i], 1)) == 0);
	}
	scratch_write(list, text.data, text.n);
	int status = erasure_list_each(&s, count, &n_erased, &err);
	need(n_erased <= n_lines);
	need(status < 0 || n_erased == n_lines);
	need(status >= 0 || (err.code == status && err.message[0]));
	/* whatever it ends with, the next line stands alone */
	need(erasure_list_add(&s, &person, NULL) == 0);
	n_erased = 0;
	if (status >= 0)
		need(erasure_list_each(&s, count, &n_erased, NULL) == 0 && n_erased == n_lines + 1);
	return 0;
}
