#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t requested;

static void catch (int signal_number)
{
	(void)signal_number;
	requested = 1;
}

void interrupt_install(void)
{
	/* SA_RESETHAND: a second Ctrl-C ends the process at once */
	struct sigaction action = {.sa_handler = catch, .sa_flags = (int)SA_RESETHAND};
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

void interrupt_set(bool yes)
{
	requested = yes;
}

bool interrupt_requested(void)
{
	return requested != 0;
}
