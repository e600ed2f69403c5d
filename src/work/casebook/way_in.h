/*
 * From what a person types to an opened casebook: passphrases come from a file's first line, from standard
 * input or from a question, go into guarded memory at once, and nowhere else.
 */
#pragma once

#include "work/casebook/casebook.h"

/* Asks a person for a passphrase: writes at most room bytes and a NUL to `to`, echoing nothing. CF_E_USAGE
 * when there is nobody to ask. */
typedef int (*way_in_ask)(void *context, const char *question, char *to, size_t room, struct cf_error *err);

struct way_in {
	const char *location; /* path or PostgreSQL connection string */
	const char *user;     /* NULL: the store's own passphrase or key file, which makes an administrator */
	const char *
		passphrase_file; /* "-": standard input; NULL: ask, unless a key file opens the store alone */
	const char *key_file;    /* NULL: none */
	const char *code;        /* one-time code, NULL: none */
	const char *erasure_list; /* NULL: beside the store */
	uint64_t stretch_mib;     /* memory that each guess at a new passphrase or password costs; 0: 256 */
	way_in_ask ask;           /* NULL: nobody can be asked */
	void *ask_context;
};

/* The store of that location: the one given, or the environment's COUNTERFOIL_STORE, or "casebook.store". */
const char *way_in_location(const char *given);

/* The same for people: what opens a database server is left out. */
const char *way_in_shown(const char *location);

int way_in_open(const struct way_in *w, struct casebook **ret, struct cf_error *err) CF_MUST_USE;
/* Makes the store; a new passphrase is asked for twice. With w->user, the first user is made too: first_role
 * is their role, and their password is asked for (or read from password_file). */
struct way_in_first {
	const char *role;
	const char *password_file;
	bool new_key_file; /* make the key file, which must not be there */
};
int way_in_create(const struct way_in *w, const struct way_in_first *first, struct casebook **ret,
	struct cf_error *err) CF_MUST_USE;
int way_in_restore(const struct way_in *w, const char *backup, struct cf_error *err) CF_MUST_USE;

/* A new passphrase or password: from the file, or asked for twice. CF_E_USAGE when it is shorter than least
 * bytes. */
struct way_in_secret {
	const char *what; /* "password of amina" */
	const char *file; /* NULL: ask; "-": standard input */
	size_t least;
	way_in_ask ask;
	void *ask_context;
};
int way_in_new_secret(const struct way_in_secret *q, struct secret **ret, struct cf_error *err) CF_MUST_USE;

/* Changes what opens the store. */
struct way_in_change {
	const char *passphrase_file; /* NULL: ask for the new one, twice */
	const char *key_file;        /* NULL: none from now on */
	bool key_file_alone;
	way_in_ask ask;
	void *ask_context;
};
int way_in_change(struct casebook *c, const struct way_in_change *change, struct cf_error *err) CF_MUST_USE;
