/* Keeps what is in memory out of files. */
#include "base/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRACED_BY_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRACED_BY_SANITIZER 1
#endif
#ifndef TRACED_BY_SANITIZER
#define TRACED_BY_SANITIZER 0
#endif

int harden_process(struct cf_error *err)
{
	const struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return error_set_errno(err, CF_E_INTERNAL, "core dumps could not be forbidden");
	if (!TRACED_BY_SANITIZER && prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
		return error_set_errno(err, CF_E_INTERNAL, "core dumps could not be forbidden");
	return CF_OK;
}
