/*
 * Which column of a file is which field of which record. A mapping is an ini file that people can read and
 * change; `import --suggest` writes one from a guess, and nothing is guessed that it does not show. One row
 * can make several records (a person, their case, their role in it, two phones): each is an instance,
 * "person", "identifier@mobile". docs/import.md has the syntax.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/text.h"
#include "intake/phone_table.h"
#include "intake/rows.h"
#include "model/record.h"
#include "model/schema.h"

enum {
	MAPPING_MAX_INSTANCES = 64,
	MAPPING_MAX_COLUMNS = 4096,
	MAPPING_MAX_LABEL = 40,
	MAPPING_NO_INSTANCE = UINT16_MAX,
};

struct mapping_instance {
	const struct schema_entity *entity;
	char label[MAPPING_MAX_LABEL]; /* "" for the first of its entity */
};

/* What a file calls a code: one section [codes NAME]. */
struct mapping_word {
	char *word;       /* as the file has it */
	const char *code; /* of the field's list; NULL: a state */
	enum record_state state;
};
struct mapping_words {
	char *name;
	struct mapping_word *words;
	size_t n;
	size_t capacity;
};

enum mapping_kind {
	MAPPING_FIELD,   /* the cell is a value of the field */
	MAPPING_STATE,   /* "person.gender?": the cell says why there is none */
	MAPPING_ID,      /* "person.id": the cell tells the record from others */
	MAPPING_IGNORED, /* known, and left out */
	MAPPING_UNUSED,  /* nobody knows what it is */
};

struct mapping_column {
	char *name;
	enum mapping_kind kind;
	uint16_t instance;
	uint16_t part;
	const struct schema_field *field;
	const struct schema_code *code;            /* yes in the cell means this code of the field */
	const struct schema_code *identifier_kind; /* of an identifier whose kind the cell does not say */
	int standard; /* enum schema_standard whose words are tried first, or -1 */
	enum date_order order;
	bool order_is_stated;
	char split; /* of several values in a cell: the mark that is stated, '\n' for none; 0: the usual */
	const struct mapping_words *words; /* may be NULL */
	const char *how;                   /* "stated", or what the guess went by; constant */
};

/* A value every such record gets that has another value, unless a column says otherwise. */
struct mapping_constant {
	uint16_t instance;
	uint16_t part;
	const struct schema_field *field;
	char *text;
};

/* The record the field of an instance refers to, when a row has both. */
struct mapping_link {
	uint16_t instance;
	uint16_t target;
	const struct schema_field *field;
};

struct mapping {
	char *source;      /* what source ids begin with */
	char **id_columns; /* that tell rows apart; none: the whole row does */
	size_t n_id_columns;
	size_t id_columns_capacity;
	enum date_order order;
	const struct phone_region *region; /* of phones without a calling code; may be NULL */
	struct mapping_instance instances[MAPPING_MAX_INSTANCES];
	size_t n_instances;
	struct mapping_column *columns;
	size_t n_columns;
	size_t columns_capacity;
	struct mapping_constant *constants;
	size_t n_constants;
	size_t constants_capacity;
	struct mapping_link *links;
	size_t n_links;
	size_t links_capacity;
	struct mapping_words **words;
	size_t n_words;
	size_t words_capacity;
};

struct mapping *mapping_free(struct mapping *m);
CF_DEFINE_CLEANUP(struct mapping, mapping_free);
#define CF_CLEANUP_MAPPING CF_CLEANUP(mapping_free_ptr)

/* A mapping without columns. source NULL: "import". */
int mapping_new(const char *source, struct mapping **ret, struct cf_error *err) CF_MUST_USE;
/* Every fault names the file and the line. */
int mapping_parse(const struct ini *ini, struct mapping **ret, struct cf_error *err) CF_MUST_USE;
/* What mapping_parse reads again as the same mapping, with comments that say how each column was guessed. */
int mapping_write(const struct mapping *m, struct buffer *out, struct cf_error *err) CF_MUST_USE;

/* The columns of all sheets that were read so far, guessed: the names of Counterfoil, HTCDS 2.0 and CTDC,
 * labels of fields, and common headers in English, French and Spanish. Compared whole, never by likeness. */
int mapping_guess(const struct row_source *rows, const char *source, struct mapping **ret,
	struct cf_error *err) CF_MUST_USE;

/* The column of this name, NULL when the mapping has none. O(n). */
const struct mapping_column *mapping_find(const struct mapping *m, const char *name);

/* For the files of this module. The number of the instance, which is made when it is new; CF_E_LIMIT when
 * there are too many. */
int mapping_instance_of(struct mapping *m, const struct schema_entity *entity, const char *label,
	uint16_t *ret, struct cf_error *err) CF_MUST_USE;
int mapping_add_column(struct mapping *m, const char *name, const struct mapping_column *column,
	struct cf_error *err) CF_MUST_USE;
/* Does nothing when the instance has a constant for the field already. */
int mapping_add_constant(struct mapping *m, uint16_t instance, const struct schema_field *field,
	uint16_t part, const char *text, struct cf_error *err) CF_MUST_USE;
int mapping_add_link(struct mapping *m, uint16_t instance, const struct schema_field *field, uint16_t target,
	struct cf_error *err) CF_MUST_USE;
int mapping_add_words(struct mapping *m, const char *name, struct mapping_words **ret, struct cf_error *err)
	CF_MUST_USE;
int mapping_add_word(struct mapping_words *w, const char *word, const char *code, enum record_state state,
	struct cf_error *err) CF_MUST_USE;

/* "person.name_given", "identifier@mobile.value", "person.name#1", "person.gender?", "person.id". False with
 * *ret_reason (constant) when it is none. */
struct mapping_target {
	const struct schema_entity *entity;
	char label[MAPPING_MAX_LABEL];
	const struct schema_field *field; /* NULL of an id */
	uint16_t part;
	enum mapping_kind kind;
};
bool mapping_parse_target(const char *text, size_t n, struct mapping_target *ret, const char **ret_reason);
