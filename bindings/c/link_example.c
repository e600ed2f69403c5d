/*
 * Who stands on both lists? Two small tables as text, linked; then what joined the first pair, field by
 * field. Build with: cc link_example.c $(pkg-config --cflags --libs counterfoil)
 */
#include <counterfoil/link.h>
#include <stdio.h>
#include <string.h>

static const char shelter[] = "case,given_name,family_name,date_of_birth,phone\n"
			      "S1,Fatima,Al Haddad,1994-03-07,0610179836\n"
			      "S2,Linh,Nguyen,2001-11-30,\n"
			      "S3,Ivan,Petrov,1988-01-19,0612220417\n"
			      "S4,Ana,Silva,1999-08-02,0699123450\n"
			      "S5,Chidi,Okafor,1992-05-23,0655510203\n";
static const char police[] = "file,surname,first_name,dob,telephone\n"
			     "P1,Haddad,Fatma,07.03.1994,061 017 9836\n"
			     "P2,Okafor,Chidi,23.05.1992,\n"
			     "P3,Diallo,Kofi,14.09.1985,0677718290\n"
			     "P4,Petrova,Olena,02.12.1997,0612220499\n"
			     "P5,Nguyen,Linh,30.11.2001,0688804172\n";

/* So few rows teach nothing: a model trained on more would be given in options.model. */
static const char settings[] = "[pairs]\nall = yes\n[link]\nthreshold = 0.5\n";

static void explain(const struct cf_link_report *report, uint32_t a, uint32_t b)
{
	for (int32_t f = 0; f < cf_link_n_fields(report); f++) {
		const char *level = NULL;
		double weight = cf_link_field_weight(report, f, a, b, &level);
		printf("  %-14s %+6.2f  %s\n", cf_link_field_name(report, f), weight, level);
	}
}

int main(void)
{
	const struct cf_link_table tables[] = {
		{"shelter", shelter, sizeof shelter - 1}, {"police", police, sizeof police - 1}};
	struct cf_link_options options;
	struct cf_link_report *report = NULL;
	struct cf_link_summary s = {.struct_size = sizeof s};
	char message[256];
	if (cf_link_defaults(&options, sizeof options) < 0)
		return 2;
	options.ignore = "case,file";
	options.settings = settings;
	if (cf_link_run(tables, 2, &options, &report, message, sizeof message) < 0) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	if (cf_link_get(report, &s) < 0)
		return 2;
	uint64_t n;
	const uint32_t *cluster = cf_link_clusters(report, &n);
	uint64_t second = cf_link_first_row(report, 1);
	printf("%llu rows are %llu persons\n", (unsigned long long)s.n_rows, (unsigned long long)s.n_persons);
	for (uint64_t a = 0; a < second; a++)
		for (uint64_t b = second; b < n; b++)
			if (cluster[a] == cluster[b]) {
				printf("S%llu is P%llu, weight %.2f\n", (unsigned long long)a + 1,
					(unsigned long long)(b - second) + 1,
					cf_link_weight(report, (uint32_t)a, (uint32_t)b));
				explain(report, (uint32_t)a, (uint32_t)b);
			}
	cf_link_free(report);
	return 0;
}
