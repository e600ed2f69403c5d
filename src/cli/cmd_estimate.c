#include "cli/cli.h"

int cmd_estimate(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 2;
}
