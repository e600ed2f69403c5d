/* Between the files of counterfoil clk. */
#pragma once

#include "cli/cli.h"
#include "work/clk.h"

int cmd_clk_keygen(int argc, char **argv);
int cmd_clk_schema(int argc, char **argv);
int cmd_clk_encode(int argc, char **argv);
int cmd_clk_join(int argc, char **argv);

enum { CLK_MAX_THREADS = 1024 };
