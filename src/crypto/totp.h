/* One-time codes that a telephone shows: TOTP (RFC 6238) over HMAC-SHA-1, steps of 30 seconds. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "crypto/secret.h"

enum { TOTP_STEP_SECONDS = 30, TOTP_DIGITS = 6, TOTP_DIGITS_MAX = 8 };

/* The code of a step as text; ret holds digits + 1 (digits 6 to TOTP_DIGITS_MAX). RFC 4226, section 5.3. */
void totp_code(const struct secret *secret, uint64_t step, unsigned digits, char *ret);
/* Checks a code of six digits at a time, one step early or late allowed, of steps later than last_step alone,
 * so that a code works once. CF_E_REFUSED; ret_step is the step it was of. */
int totp_check(const struct secret *secret, const char *code, uint64_t seconds, uint64_t last_step,
	uint64_t *ret_step) CF_MUST_USE;
