/* The secret that the parties of a study share, as a file. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "crypto/secret.h"

enum { CLK_SECRET_LEAST_BYTES = 32 };

/* The file's bytes without line ends behind them. CF_E_REFUSED when others may read the file, or when it has
 * less than 32 bytes and weak is false. */
int clk_secret_read(const char *path, bool weak, struct secret **ret, struct cf_error *err) CF_MUST_USE;
