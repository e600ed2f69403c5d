#include "work/study_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"

/* Only calls that are safe between fork and exec. */
static void child(char **arguments, bool silent, pid_t parent)
{
	enum { CANNOT_RUN = 127 };
	/* a participant survives this at any point, and must not hold its lock when the run is taken up again
	 */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CANNOT_RUN);
	if (silent) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
			_exit(CANNOT_RUN);
	}
	(void)execv(arguments[0], arguments);
	_exit(CANNOT_RUN);
}

static int wait_for(pid_t pid, int *ret_exit, struct cf_error *err)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_set_errno(err, CF_E_IO, "cannot wait for a participant's process");
		if (interrupt_requested())
			(void)kill(pid, SIGTERM);
	}
	*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int process_run(const char *const *arguments, bool silent, int *ret_exit, struct cf_error *err)
{
	size_t n = 0;
	while (arguments[n])
		n++;
	/* execv takes pointers to char that it does not write to */
	CF_CLEANUP_FREE char **copy = NEW_ARRAY_ZERO(char *, n + 1);
	if (!copy)
		return error_memory(err);
	memcpy(copy, arguments, n * sizeof *copy);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return error_set_errno(err, CF_E_IO, "cannot start a participant's process");
	if (pid == 0)
		child(copy, silent, parent);
	return wait_for(pid, ret_exit, err);
}
