/*
 * Records in rows a CPU-second, where a row is what one line of an HTCDS file becomes: a person, a role, an
 * episode and a phone, about 30 values. Building, validating, encoding and decoding are taken apart, in Latin
 * script and in Arabic, whose normal form has to be looked at; beside them, copying the encoded bytes. An
 * import is to do 15,000 rows a CPU-second with sealing and indexes, so these steps must be a small part of
 * it.
 */
#include "base/buffer.h"
#include "bench.h"
#include "model/record.h"

enum { N_ROWS = 20000, N_KINDS = 4, MAX_VALUES = 16 };

struct pair {
	const char *field;
	const char *text;
};

#define ID_A "0123456789abcdefghjkmnpqrs"
#define ID_B "1zzzzzzzzzzzzzzzzzzzzzzzzz"

/* In the place of NULL stands the name. */
static const struct {
	const char *entity;
	struct pair values[MAX_VALUES];
} kinds[N_KINDS] = {
	{"person", {{"name", NULL}, {"name_given", NULL}, {"name_family", NULL}, {"name_kind", "legal"},
			   {"gender", "Feminine"}, {"birth_date", "1990-05-17"}, {"citizenship", "MMR"},
			   {"language", "rhg"}, {"address_city", NULL}, {"address_country", "THA"}}},
	{"role", {{"person", ID_A}, {"case", ID_B}, {"role", "victim"},
			 {"trafficking_status", "ActualVictimOfTrafficking"}, {"age_when_trafficked", "17"},
			 {"relationship_to_trafficker", "Acquainted"}}},
	{"episode", {{"case", ID_B}, {"victim", ID_A}, {"from", "2024-03"}, {"exploitation", "ForcedLabour"},
			    {"industry", "A_AgricultureForestryAndFishing"}, {"control", "DebtBondage"},
			    {"control", "WithholdsDocuments"},
			    {"recruitment_method", "ThroughFriendsOrSocialEvents"},
			    {"recruitment_platform", "Facebook"}, {"account", NULL}}},
	{"identifier",
		{{"value", "phone:+66812345678"}, {"use", "mobile"}, {"used_by", ID_A}, {"case", ID_B}}},
};

struct bench {
	const char *name;
	const struct schema_entity *entities[N_KINDS];
	const struct schema_field *fields[N_KINDS][MAX_VALUES];
	struct record *records[N_KINDS];
	struct buffer bytes[N_KINDS];
	struct buffer copy;
	size_t n_faults;
};

static void build_row(struct bench *b)
{
	static const struct record_id id = {{1, 2, 3}};
	for (size_t k = 0; k < N_KINDS; k++) {
		record_reset(b->records[k], b->entities[k], &id);
		for (size_t i = 0; b->fields[k][i]; i++) {
			const char *text = kinds[k].values[i].text;
			need(record_add(b->records[k], b->fields[k][i], text ? text : b->name, NULL) == 0,
				"add");
		}
	}
}

static void building(void *context)
{
	for (size_t i = 0; i < N_ROWS; i++)
		build_row(context);
}

static void validating(void *context)
{
	struct bench *b = context;
	struct record_faults faults = RECORD_FAULTS_INIT;
	for (size_t i = 0; i < N_ROWS; i++)
		for (size_t k = 0; k < N_KINDS; k++)
			need(record_validate(b->records[k], &faults, NULL) == 0, "validate");
	b->n_faults += faults.n;
	record_faults_done(&faults);
}

static void encoding(void *context)
{
	struct bench *b = context;
	for (size_t i = 0; i < N_ROWS; i++) {
		for (size_t k = 0; k < N_KINDS; k++) {
			buffer_clear(&b->bytes[k]);
			need(record_encode(b->records[k], &b->bytes[k], NULL) == 0, "encode");
		}
	}
}

static void decoding(void *context)
{
	struct bench *b = context;
	for (size_t i = 0; i < N_ROWS; i++) {
		for (size_t k = 0; k < N_KINDS; k++) {
			struct record *r = NULL;
			need(record_decode(b->bytes[k].data, b->bytes[k].n, &r, NULL) == 0, "decode");
			record_free(r);
		}
	}
}

static void copying(void *context)
{
	struct bench *b = context;
	for (size_t i = 0; i < N_ROWS; i++) {
		buffer_clear(&b->copy);
		for (size_t k = 0; k < N_KINDS; k++)
			need(buffer_append(&b->copy, b->bytes[k].data, b->bytes[k].n) == 0, "copy");
	}
}

static void measure(const char *script, const char *name)
{
	static const struct {
		const char *what;
		void (*run)(void *);
	} steps[] = {{"building", building}, {"validating", validating}, {"encoding", encoding},
		{"decoding", decoding}, {"copying bytes", copying}};
	static const struct record_id id = {{0}};
	struct bench b = {.name = name};
	for (size_t k = 0; k < N_KINDS; k++) {
		b.entities[k] = schema_entity(kinds[k].entity);
		for (size_t i = 0; kinds[k].values[i].field; i++) {
			b.fields[k][i] = schema_field(b.entities[k], kinds[k].values[i].field);
			need(b.fields[k][i] != NULL, "field");
		}
		need(record_new(b.entities[k], &id, &b.records[k], NULL) == 0, "record");
	}
	build_row(&b);
	encoding(&b);
	size_t n_bytes = 0;
	for (size_t k = 0; k < N_KINDS; k++)
		n_bytes += b.bytes[k].n;
	for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
		double took = best_cpu(steps[s].run, &b);
		(void)printf("%-8s %-14s %10.0f rows a CPU-second, %5.2f %% of an import of 15,000\n", script,
			steps[s].what, N_ROWS / took, 100 * 15000 * took / N_ROWS);
	}
	(void)printf("%-8s %zu bytes a row, %zu faults\n", script, n_bytes, b.n_faults);
	for (size_t k = 0; k < N_KINDS; k++) {
		record_free(b.records[k]);
		buffer_done(&b.bytes[k]);
	}
	buffer_done(&b.copy);
}

int main(void)
{
	print_machine();
	measure("Latin", "Nguyễn Thị Ánh");
	measure("Arabic", "فاطمة الزهراء");
	return 0;
}
