/*
 * For tests: runs a function again and again, each time letting one allocation more succeed, until none
 * fails. Each failure must end in CF_E_MEMORY, said in err too, and leave nothing behind. The function does
 * all its work inside, from opening to closing, so that every block it takes it also gives back.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"

typedef int (*sweep_function)(void *context, struct cf_error *err);

/* Returns how many allocations the function makes when none fails. */
static inline long sweep_run(const char *what, sweep_function function, void *context)
{
	for (long n = 0;; n++) {
		struct cf_error err = CF_ERROR_INIT;
		mem_fail_after(n);
		int status = function(context, &err);
		bool failed = mem_failed();
		long balance = mem_balance();
		mem_fail_after(-1);
		if (balance)
			fail_msg("%s: %ld blocks left over when %ld allocations succeed", what, balance, n);
		if (!failed) {
			if (status < 0)
				fail_msg("%s: without failing allocations: %s", what, err.message);
			return n;
		}
		/* a function may also have made do without */
		if (status < 0 && (status != CF_E_MEMORY || err.code != CF_E_MEMORY))
			fail_msg("%s: allocation %ld failed, but the error was %d, said as %d (%s)", what, n,
				status, err.code, err.message);
	}
}
