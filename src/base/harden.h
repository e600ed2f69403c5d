/* What a program that holds secrets and records does before anything else. */
#pragma once

#include "base/error.h"

/* Forbids core dumps and being traced by others of the same user, for the whole process. In a build with a
 * sanitizer, whose leak check traces, only the core dump is forbidden. */
int harden_process(struct cf_error *err) CF_MUST_USE;
