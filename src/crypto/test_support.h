/*
 * For the tests of this room: vectors from data/vectors, hexadecimal, an allocation-failure sweep, and a look
 * at what a function left behind on its stack. Include cmocka.h first.
 */
#pragma once

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"

#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

static inline json_t *test_load_vectors(const char *name)
{
	char path[4096];
	const char *root = getenv("CF_SOURCE_ROOT");
	REQUIRE(root);
	(void)snprintf(path, sizeof path, "%s/data/vectors/%s", root, name);
	json_error_t why;
	json_t *loaded = json_load_file(path, 0, &why);
	if (!loaded)
		(void)fprintf(stderr, "%s: %s\n", path, why.text);
	REQUIRE(loaded);
	return loaded;
}

static inline const char *test_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	REQUIRE(text);
	return text;
}

struct test_bytes {
	size_t n;
	uint8_t data[20000];
};

/* n_text digits. */
static inline void test_from_hex(const char *text, size_t n_text, struct test_bytes *ret)
{
	REQUIRE(n_text % 2 == 0 && n_text / 2 <= sizeof ret->data);
	ret->n = n_text / 2;
	for (size_t i = 0; i < ret->n; i++) {
		unsigned value = 0;
		REQUIRE(sscanf(text + 2 * i, "%2x", &value) == 1);
		ret->data[i] = (uint8_t)value;
	}
}

static inline void test_hex_field(const json_t *object, const char *key, struct test_bytes *ret)
{
	const char *text = test_text(object, key);
	test_from_hex(text, strlen(text), ret);
}

static inline struct secret *test_secret(const void *data, size_t n)
{
	struct secret *s = NULL;
	REQUIRE(secret_new(n, &s, NULL) == 0);
	if (n)
		memcpy(secret_data(s), data, n);
	return s;
}

/* Runs function with the n-th allocation failing, for n = 0, 1, 2, ... until none failed; each failing run
 * must give CF_E_MEMORY, the last one 0. Returns how many ran. */
static inline long test_sweep(int (*function)(void *context, struct cf_error *err), void *context)
{
	for (long n = 0; n < 10000; n++) {
		struct cf_error err = CF_ERROR_INIT;
		mem_fail_after(n);
		int status = function(context, &err);
		bool failed = mem_failed();
		mem_fail_after(-1);
		if (!failed) {
			REQUIRE(status == 0);
			return n;
		}
		REQUIRE(status == CF_E_MEMORY && err.code == CF_E_MEMORY);
	}
	(void)fprintf(stderr, "the sweep does not end\n");
	abort();
}

enum { TEST_STACK_BYTES = 1 << 20, TEST_DEPTH_BYTES = 1 << 14 };

struct test_below {
	void *(*function)(void *);
	void *context;
};

/* So far down that the end of the thread does not write over what the function left. */
static inline void *test_run_below(void *context)
{
	const struct test_below *below = context;
	uint8_t depth[TEST_DEPTH_BYTES];
	__asm__ volatile("" : : "r"(depth) : "memory");
	(void)below->function(below->context);
	__asm__ volatile("" : : "r"(depth) : "memory");
	return NULL;
}

/* Runs function in a thread on a stack of ours, and tells whether the n bytes of needle stand in that stack
 * when the thread has ended. */
static inline bool test_left_on_stack(void *(*function)(void *), void *context, const void *needle, size_t n)
{
	void *stack =
		mmap(NULL, TEST_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(stack != MAP_FAILED);
	struct test_below below = {function, context};
	pthread_attr_t attributes;
	pthread_t thread;
	REQUIRE(pthread_attr_init(&attributes) == 0);
	REQUIRE(pthread_attr_setstack(&attributes, stack, TEST_STACK_BYTES) == 0);
	REQUIRE(pthread_create(&thread, &attributes, test_run_below, &below) == 0);
	REQUIRE(pthread_join(thread, NULL) == 0);
	REQUIRE(pthread_attr_destroy(&attributes) == 0);
	bool found = memmem(stack, TEST_STACK_BYTES, needle, n) != NULL;
	REQUIRE(munmap(stack, TEST_STACK_BYTES) == 0);
	return found;
}
