#include "cli/cli_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

void cli_store_init(struct cli_store *s)
{
	const char *user = getenv("COUNTERFOIL_USER");
	*s = (struct cli_store){.way = {.location = way_in_location(NULL),
					.user = user && *user ? user : NULL,
					.ask = cli_ask_secret}};
}

bool cli_store_option(struct cli_store *s, const char *name, const char *value, bool *ret_good)
{
	*ret_good = true;
	struct {
		const char *name;
		const char **to;
	} texts[] = {
		{"store", &s->way.location},
		{"passphrase-file", &s->way.passphrase_file},
		{"key-file", &s->way.key_file},
		{"code", &s->way.code},
		{"erasures", &s->way.erasure_list},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(name, texts[i].name) == 0) {
			*texts[i].to = value;
			return true;
		}
	if (strcmp(name, "stretch") == 0) {
		*ret_good = cli_count("init", name, value, 8, 4096, &s->way.stretch_mib);
		return true;
	}
	if (strcmp(name, "user") == 0)
		s->way.user = *value ? value : NULL;
	else if (strcmp(name, "json") == 0)
		s->json = true;
	else
		return false;
	return true;
}

int cli_store_walk(
	struct cli_store *s, const struct cli_store_walk *walk, int argc, char **argv, int *ret_exit)
{
	struct cli_walk w;
	const char *name;
	const char *value;
	int n = 0;
	bool good;
	int got;
	*ret_exit = error_exit_code(CF_E_USAGE);
	cli_walk_init(&w, walk->command, argc, argv);
	while ((got = cli_walk_next(&w, &name, &value)) > 0) {
		if (got == 3) {
			*ret_exit = 0;
			return -1;
		}
		if (got == 2 && n < walk->max)
			walk->operands[n++] = value;
		else if (got == 2) {
			*ret_exit = cli_usage(walk->command->name, "unexpected '%s'", value);
			return -1;
		} else if (!cli_store_option(s, name, value, &good)) {
			if (!walk->own || !walk->own(walk->context, name, value))
				return -1;
		} else if (!good) {
			return -1;
		}
	}
	if (got >= 0 && n < walk->min) {
		*ret_exit = cli_usage(walk->command->name, "%s", walk->missing);
		return -1;
	}
	return got < 0 ? -1 : n;
}

int cli_store_begin(struct cli_store *s, const struct cli_store_walk *walk, int argc, char **argv,
	struct casebook **ret, int *ret_exit)
{
	cli_store_init(s);
	int n = cli_store_walk(s, walk, argc, argv, ret_exit);
	if (n < 0)
		return n;
	*ret_exit = cli_store_open(s, ret);
	return *ret_exit ? -1 : n;
}

int cli_print_json(struct json *j, const struct buffer *out)
{
	if (json_finish(j) >= 0)
		return cli_print(out);
	struct cf_error err = CF_ERROR_INIT;
	(void)error_memory(&err);
	return cli_fail(&err);
}

int cli_store_open(const struct cli_store *s, struct casebook **ret)
{
	struct cf_error err = CF_ERROR_INIT;
	return way_in_open(&s->way, ret, &err) < 0 ? cli_fail(&err) : 0;
}

/* One line from the terminal into `to`; what does not fit is read and refused. */
static int read_line(int fd, char *to, size_t room, struct cf_error *err)
{
	size_t n = 0;
	bool too_long = false;
	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			return error_set(err, CF_E_INTERRUPTED, "interrupted");
		if (got <= 0 || c == '\n')
			break;
		if (n < room)
			to[n++] = c;
		else
			too_long = true;
	}
	to[n] = '\0';
	return too_long ? error_set(err, CF_E_LIMIT, "longer than %zu bytes", room) : CF_OK;
}

int cli_ask_secret(void *context, const char *question, char *to, size_t room, struct cf_error *err)
{
	(void)context;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios old;
	if (fd < 0)
		return error_set(err, CF_E_USAGE,
			"%s: there is no terminal to ask at; name a file that holds it, as with "
			"--passphrase-file",
			question);
	if (tcgetattr(fd, &old) < 0) {
		(void)close(fd);
		return error_set_errno(err, CF_E_IO, "cannot use the terminal");
	}
	struct termios quiet = old;
	quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
	(void)dprintf(fd, "%s: ", question);
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	int status = read_line(fd, to, room, err);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	(void)dprintf(fd, "\n");
	(void)close(fd);
	return status;
}

size_t cli_width(void)
{
	enum { USUAL = 100, LEAST = 40 };
	struct winsize size;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return USUAL;
	return size.ws_col < LEAST ? LEAST : size.ws_col;
}

bool cli_record_id(const char *verb, const char *text, struct record_id *ret)
{
	if (record_id_parse(text, ret))
		return true;
	(void)cli_usage(verb, "an id has 26 characters, as 'counterfoil list' shows it");
	return false;
}
