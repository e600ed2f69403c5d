#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/file_digest.h"
#include "crypto/secret.h"

static void write_file(const char *path, const char *text, size_t times)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	for (size_t i = 0; i < times; i++)
		(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* FIPS 180-2 appendix B and RFC 7693 appendix A */
static void equals_the_standards_examples(void **state)
{
	(void)state;
	char path[] = "/tmp/file-digest-XXXXXX";
	struct cf_error err = CF_ERROR_INIT;
	struct file_digest d;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	write_file(path, "abc", 1);
	assert_int_equal(file_digest(path, &d, &err), CF_OK);
	assert_string_equal(d.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(d.blake2b, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
				       "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
	assert_int_equal(d.size, 3);
	write_file(path, "aaaaaaaaaa", 100000);
	assert_int_equal(file_digest(path, &d, &err), CF_OK);
	assert_string_equal(d.sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_int_equal(d.size, 1000000);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_digest(path, &d, &err), CF_E_NOT_FOUND);
	assert_int_equal(file_digest("/tmp", &d, &err), CF_E_USAGE);
}

static int setup(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	return crypto_start(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(equals_the_standards_examples)};
	return cmocka_run_group_tests(tests, setup, NULL);
}
