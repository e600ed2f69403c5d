/*
 * Cleaning against published figures: ICAO Doc 9303's own examples, the IBAN registry's, the example numbers
 * of libphonenumber for every region, the IMO's and ISO 7812's.
 */
#include "intake/clean.h"

#include "base/csv.h"
#include "base/sweep.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a cleaner makes of a text: the canonical text, or "!" and the reason. */
#define MADE_OF(call)                                                                                        \
	do {                                                                                                 \
		const char *reason = NULL;                                                                   \
		struct cf_error err = CF_ERROR_INIT;                                                         \
		CF_CLEANUP(buffer_done) struct buffer made = BUFFER_INIT;                                    \
		size_t n = strlen(text);                                                                     \
		int status = (call);                                                                         \
		if (status < 0)                                                                              \
			fail_msg("%s", err.message);                                                         \
		if (status == 0)                                                                             \
			assert_int_equal(buffer_printf(&made, "!%s", reason), 0);                            \
		if (wanted[0] == '!' ? strncmp(buffer_text(&made), wanted, strlen(wanted)) != 0              \
				     : strcmp(buffer_text(&made), wanted) != 0)                              \
			fail_msg("'%s' gives '%s', not '%s'", text, buffer_text(&made), wanted);             \
	} while (0)

struct pair {
	const char *text;
	const char *wanted;
};

static struct text_tools *tools;

static int open_tools(void **state)
{
	(void)state;
	return text_tools_new(&tools, NULL);
}

static int close_tools(void **state)
{
	(void)state;
	tools = text_tools_free(tools);
	return 0;
}

/* ---- documents ---- */

#define PASSPORT                                                                                             \
	"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"                                                     \
	"L898902C36UTO7408122F1204159ZE184226B<<<<<10"
#define CARD "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
#define SMALL_CARD "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
#define VISA_A                                                                                               \
	"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"                                                     \
	"L8988901C4" NOWHERE "4009078F96121096ZE184226B<<<<<<"
#define VISA_B "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4" NOWHERE "4009078F9612109<<<<<<<<"
/* whose nationality is not stated; written so that it is not taken for a mark left in the text */
#define NOWHERE                                                                                              \
	"X"                                                                                                  \
	"XX"

static void test_check_digits(void **state)
{
	(void)state;
	/* Doc 9303 part 3, 4.9 and appendix A */
	assert_int_equal(clean_check_digit("520727", 6), 3);
	assert_int_equal(clean_check_digit("AB2134<<<", 9), 5);
	assert_int_equal(clean_check_digit("L898902C3", 9), 6);
	assert_int_equal(clean_check_digit("a", 1), -1);
}

static void test_machine_readable_zones(void **state)
{
	(void)state;
	/* the specimens of Doc 9303 parts 4 (TD3), 5 (TD1), 6 (TD2) and 7 (MRV-A, MRV-B) */
	static const struct {
		const char *zone;
		const char *type;
		const char *number;
		const char *nationality;
		int birth_year_2;
	} cases[] = {
		{PASSPORT, "P", "L898902C3", "UTO", 74},
		{CARD, "I", "D23145890", "UTO", 74},
		{SMALL_CARD, "I", "D23145890", "UTO", 74},
		{VISA_A, "V", "L8988901C",
			"XX"
			"X",
			40},
		{VISA_B, "V", "L8988901C",
			"XX"
			"X",
			40},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mrz m;
		const char *reason = "";
		const char *zone = cases[i].zone;
		if (clean_parse_mrz(zone, strlen(zone), &m, &reason) != 1)
			fail_msg("%zu: %s", i, reason);
		assert_string_equal(m.type, cases[i].type);
		assert_string_equal(m.state, "UTO");
		assert_string_equal(m.number, cases[i].number);
		assert_string_equal(m.surname, "ERIKSSON");
		assert_string_equal(m.given_names, "ANNA MARIA");
		assert_string_equal(m.nationality, cases[i].nationality);
		assert_int_equal(m.sex, 'F');
		assert_int_equal(m.birth_year_2, cases[i].birth_year_2);
	}
}

/* Any one digit of the lower line that another takes the place of is noticed, except where no check digit
 * looks: the sex, the nationality and, on a visa, the optional data. */
static void test_misread_digits_are_noticed(void **state)
{
	(void)state;
	char zone[] = PASSPORT;
	size_t n = strlen(zone);
	for (size_t i = 45; i < n; i++) {
		char kept = zone[i];
		if (kept < '0' || kept > '9')
			continue;
		for (char c = '0'; c <= '9'; c++) {
			struct mrz m;
			const char *reason;
			zone[i] = c;
			assert_int_equal(clean_parse_mrz(zone, n, &m, &reason), c == kept);
		}
		zone[i] = kept;
	}
}

static void test_long_document_numbers(void **state)
{
	(void)state;
	/* Doc 9303 part 5: the number D23145890734 with check digit 9 goes on in the optional data */
	char zone[] =
		"I<UTOD23145890<7349<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
	char joined[64];
	(void)snprintf(
		joined, sizeof joined, "%.25s%.7s%.7s%.11s", zone + 5, zone + 30, zone + 38, zone + 48);
	zone[18] = (char)('0' + clean_check_digit("D23145890734", 12));
	(void)snprintf(
		joined, sizeof joined, "%.25s%.7s%.7s%.11s", zone + 5, zone + 30, zone + 38, zone + 48);
	zone[59] = (char)('0' + clean_check_digit(joined, strlen(joined)));
	struct mrz m;
	const char *reason = "";
	if (clean_parse_mrz(zone, strlen(zone), &m, &reason) != 1)
		fail_msg("%s", reason);
	assert_string_equal(m.number, "D23145890734");
}

static void test_documents(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{" ab-12 34.56 ", "AB123456"},
		{PASSPORT, "L898902C3"},
		{CARD, "D23145890"},
		{"1234 \xd0\x90\xd0\x91 56", "1234\xd0\xb0\xd0\xb1"
					     "56"},
		{"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93", "123"},
		{"ab", "!no number of a document"},
		{"", "!no number of a document"},
		{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C37UTO7408122F1204159ZE184226B<<<<<10",
			"!a machine-readable zone with a wrong check digit"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *text = pairs[i].text;
		const char *wanted = pairs[i].wanted;
		MADE_OF(clean_document(tools, text, n, &made, &reason, &err));
	}
}

static void test_ibans(void **state)
{
	(void)state;
	/* the examples of the IBAN registry */
	static const char *const registry[] = {
		"AD12 0001 2030 2003 5910 0100",
		"AE07 0331 2345 6789 0123 456",
		"AL47 2121 1009 0000 0002 3569 8741",
		"AT61 1904 3002 3457 3201",
		"AZ21 NABZ 0000 0000 1370 1000 1944",
		"BA39 1290 0794 0102 8494",
		"BE68 5390 0754 7034",
		"BG80 BNBG 9661 1020 3456 78",
		"BH67 BMAG 0000 1299 1234 56",
		"BR18 0036 0305 0000 1000 9795 493C 1",
		"BY13 NBRB 3600 9000 0000 2Z00 AB00",
		"CH93 0076 2011 6238 5295 7",
		"CR05 0152 0200 1026 2840 66",
		"CY17 0020 0128 0000 0012 0052 7600",
		"CZ65 0800 0000 1920 0014 5399",
		"DE89 3704 0044 0532 0130 00",
		"DK50 0040 0440 1162 43",
		"DO28 BAGR 0000 0001 2124 5361 1324",
		"EE38 2200 2210 2014 5685",
		"ES91 2100 0418 4502 0005 1332",
		"FI21 1234 5600 0007 85",
		"FO62 6460 0001 6316 34",
		"FR14 2004 1010 0505 0001 3M02 606",
		"GB29 NWBK 6016 1331 9268 19",
		"GE29 NB00 0000 0101 9049 17",
		"GI75 NWBK 0000 0000 7099 453",
		"GL89 6471 0001 0002 06",
		"GR16 0110 1250 0000 0001 2300 695",
		"GT82 TRAJ 0102 0000 0012 1002 9690",
		"HR12 1001 0051 8630 0016 0",
		"HU42 1177 3016 1111 1018 0000 0000",
		"IE29 AIBK 9311 5212 3456 78",
		"IL62 0108 0000 0009 9999 999",
		"IQ98 NBIQ 8501 2345 6789 012",
		"IS14 0159 2600 7654 5510 7303 39",
		"IT60 X054 2811 1010 0000 0123 456",
		"JO94 CBJO 0010 0000 0000 0131 0003 02",
		"KW81 CBKU 0000 0000 0000 1234 5601 01",
		"KZ86 125K ZT50 0410 0100",
		"LB62 0999 0000 0001 0019 0122 9114",
		"LC55 HEMM 0001 0001 0012 0012 0002 3015",
		"LI21 0881 0000 2324 013A A",
		"LT12 1000 0111 0100 1000",
		"LU28 0019 4006 4475 0000",
		"LV80 BANK 0000 4351 9500 1",
		"MC58 1122 2000 0101 2345 6789 030",
		"MD24 AG00 0225 1000 1310 4168",
		"ME25 5050 0001 2345 6789 51",
		"MK07 2501 2000 0058 984",
		"MR13 0002 0001 0100 0012 3456 753",
		"MT84 MALT 0110 0001 2345 MTLC AST0 01S",
		"MU17 BOMM 0101 1010 3030 0200 000M UR",
		"NL91 ABNA 0417 1643 00",
		"NO93 8601 1117 947",
		"PK36 SCBL 0000 0011 2345 6702",
		"PL61 1090 1014 0000 0712 1981 2874",
		"PS92 PALS 0000 0000 0400 1234 5670 2",
		"PT50 0002 0123 1234 5678 9015 4",
		"QA58 DOHB 0000 1234 5678 90AB CDEF G",
		"RO49 AAAA 1B31 0075 9384 0000",
		"RS35 2600 0560 1001 6113 79",
		"SA03 8000 0000 6080 1016 7519",
		"SC18 SSCB 1101 0000 0000 0000 1497 USD",
		"SE45 5000 0000 0583 9825 7466",
		"SI56 2633 0001 2039 086",
		"SK31 1200 0000 1987 4263 7541",
		"SM86 U032 2509 8000 0000 0270 100",
		"ST68 0001 0001 0051 8453 1011 2",
		"SV62 CENR 0000 0000 0000 0070 0025",
		"TL38 0080 0123 4567 8910 157",
		"TN59 1000 6035 1835 9847 8831",
		"TR33 0006 1005 1978 6457 8413 26",
		"UA21 3223 1300 0002 6007 2335 6600 1",
		"VA59 0011 2300 0012 3456 78",
		"VG96 VPVG 0000 0123 4567 8901",
		"XK05 1212 0123 4567 8906",
	};
	for (size_t i = 0; i < sizeof registry / sizeof *registry; i++) {
		const char *text = registry[i];
		char wanted[40];
		size_t m = 0;
		for (const char *p = text; *p; p++)
			if (*p != ' ')
				wanted[m++] = *p;
		wanted[m] = '\0';
		MADE_OF(clean_iban(text, n, &made, &reason, &err));
		/* modulo 97 notices every change of one digit (ISO 7064) */
		char changed[40];
		(void)snprintf(changed, sizeof changed, "%s", text);
		changed[6] = changed[6] == '3' ? '4' : '3';
		const char *reason;
		struct buffer out = BUFFER_INIT;
		if (changed[6] != text[6])
			assert_int_equal(clean_iban(changed, strlen(changed), &out, &reason, NULL), 0);
		buffer_done(&out);
	}
	static const struct pair pairs[] = {
		{"gb29nwbk60161331926819", "GB29NWBK60161331926819"},
		{"GB29 NWBK 6016 1331 9268 1", "!no IBAN of that country"},
		{"ZZ29 NWBK 6016 1331 9268 19", "!no IBAN: that country has none"},
		{"GB28 NWBK 6016 1331 9268 19", "!an IBAN with wrong check digits"},
		{"60161331926819", "!no IBAN: it begins"},
		{"", "!no IBAN: it begins"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *text = pairs[i].text;
		const char *wanted = pairs[i].wanted;
		MADE_OF(clean_iban(text, n, &made, &reason, &err));
	}
}

static void test_other_numbers(void **state)
{
	(void)state;
	static const struct {
		int (*clean)(const char *, size_t, struct buffer *, const char **, struct cf_error *);
		struct pair pair;
	} cases[] = {
		{clean_imo,
			{"IMO 9074729", "IMO9074729"}}, /* the example of resolution A.1117(30)'s scheme */
		{clean_imo, {"9074729", "IMO9074729"}},
		{clean_imo, {"9074728", "!an IMO number with a wrong"}},
		{clean_imo, {"907472", "!no IMO number"}},
		{clean_imei, {"49-015420-323751-8", "490154203237518"}}, /* the example of GSMA TS.06 */
		{clean_imei, {"490154203237519", "!a wrong check digit"}},
		{clean_card, {"4111 1111 1111 1111", "4111111111111111"}},
		{clean_card, {"79927398713", "!not a number of this kind"}}, /* Luhn's example, too short */
		{clean_card, {"4111 1111 1111 1112", "!a wrong check digit"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].pair.text;
		const char *wanted = cases[i].pair.wanted;
		MADE_OF(cases[i].clean(text, n, &made, &reason, &err));
	}
}

/* ---- phones ---- */

static void expect_phone(const char *region, const char *text, const char *wanted)
{
	const struct phone_region *r = region ? clean_phone_region(region) : NULL;
	MADE_OF(clean_phone(r, text, n, &made, &reason, &err));
}

static void test_phones(void **state)
{
	(void)state;
	expect_phone(NULL, "+44 (0)20 7946 0958", "+442079460958");
	expect_phone(NULL, "0044 20 7946-0958", "+442079460958");
	expect_phone(NULL, "tel:+44-20-7946-0958", "+442079460958");
	expect_phone("GB", "(020) 7946 0958", "+442079460958");
	expect_phone("GBR", "+33 1 23 45 67 89", "+33123456789");
	expect_phone("US", "011 44 20 7946 0958", "+442079460958");
	expect_phone("IT", "06 1234 5678", "+390612345678");
	expect_phone(NULL, "+966 \xd9\xa5\xd9\xa0\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7",
		"+966501234567");
	expect_phone(NULL,
		"\xef\xbc\x8b"
		"44\xe2\x80\x93"
		"2079460958",
		"+442079460958");
	expect_phone(NULL, "020 7946 0958", "!a phone number without its country");
	expect_phone(NULL, "+999 123 456", "!no phone number: no country");
	expect_phone(NULL, "+44 20 7946", "!no phone number of that country");
	expect_phone(NULL, "+44 20 7946 0958 2222 333", "!no phone number");
	expect_phone(NULL, "+44 20 7946 0958 ext 3", "!no phone number: it holds other characters");
	expect_phone(NULL, "+44 20 7946 0958 / +44 20 7946 0959", "!no phone number");
	expect_phone(NULL, "", "!no phone number");
	assert_null(clean_phone_region("QQ"));
	assert_ptr_equal(clean_phone_region("FRA"), clean_phone_region("FR"));
}

/* Mobile numbers of Argentina lose a 15 and gain a 9 on their way abroad. */
static bool is_beyond_the_rules(const char *region)
{
	return strcmp(region, "AR") == 0;
}

static void test_example_numbers_of_all_regions(void **state)
{
	(void)state;
	char path[512];
	const struct csv_cell *cells;
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	size_t n_rows = 0;
	(void)snprintf(path, sizeof path, "%s/data/vectors/phone_examples.csv", getenv("CF_SOURCE_ROOT"));
	assert_int_equal(csv_open(path, NULL, &csv, NULL), 0);
	while (csv_next(csv, &cells, NULL) > 0) {
		const char *wanted = cells[4].text;
		const struct phone_region *region = clean_phone_region(cells[0].text);
		assert_non_null(region);
		n_rows++;
		for (int column = 3; column < 5; column++) {
			const char *text = cells[column].text;
			MADE_OF(clean_phone_by_rules(NULL, text, n, &made, &reason, &err));
			MADE_OF(clean_phone(region, text, n, &made, &reason, &err));
		}
		const char *text = cells[2].text;
		if (clean_phone_has_library())
			MADE_OF(clean_phone(region, text, n, &made, &reason, &err));
		if (!is_beyond_the_rules(cells[0].text))
			MADE_OF(clean_phone_by_rules(region, text, n, &made, &reason, &err));
	}
	assert_int_equal(n_rows, 489);
}

/* ---- networks ---- */

static void test_networks(void **state)
{
	(void)state;
	static const struct {
		int (*clean)(struct text_tools *, const char *, size_t, struct buffer *, const char **,
			struct cf_error *);
		struct pair pair;
	} cases[] = {
		{clean_email, {" Ana.Ruiz@Example.ORG", "ana.ruiz@example.org"}},
		{clean_email, {"mailto:a+b@x.co", "a+b@x.co"}},
		{clean_email, {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd@\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0."
			       "\xd1\x80\xd1\x84",
				      "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd@"
				      "\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0.\xd1\x80\xd1\x84"}},
		{clean_email, {"ana@example", "!no e-mail"}},
		{clean_email, {"ana@@example.org", "!no e-mail"}},
		{clean_email, {"an a@example.org", "!no e-mail"}},
		{clean_email, {".ana@example.org", "!no e-mail"}},
		{clean_email, {"ana..b@example.org", "!no e-mail"}},
		{clean_email, {"ana@-example.org", "!no e-mail"}},
		{clean_email, {"@example.org", "!no e-mail"}},
		{clean_email, {"ana@example.org, b@example.org", "!no e-mail"}},
		{clean_handle, {"@Some.One_1", "some.one_1"}},
		{clean_handle, {"https://www.instagram.com/Some.One_1/", "some.one_1"}},
		{clean_handle, {"t.me/some_one?start=1", "some_one"}},
		{clean_handle, {"https://example.org/someone", "!no name on a platform"}},
		{clean_handle, {"https://instagram.com/p/abc", "!no name on a platform"}},
		{clean_handle, {"two words", "!no name on a platform"}},
		{clean_handle, {"@", "!no name on a platform"}},
		{clean_website, {"HTTP://Example.ORG/Path/", "http://example.org/Path"}},
		{clean_website, {"example.org", "https://example.org"}},
		{clean_website, {"https://example.org:8080?q=A", "https://example.org:8080?q=A"}},
		{clean_website, {"javascript://example.org", "!no address of a website"}},
		{clean_website, {"not a site", "!no address of a website"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].pair.text;
		const char *wanted = cases[i].pair.wanted;
		MADE_OF(cases[i].clean(tools, text, n, &made, &reason, &err));
	}
}

/* ---- words, dates, figures ---- */

static void test_absence(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum clean_absence wanted;
	} cases[] = {
		{"", CLEAN_BLANK},
		{" \t", CLEAN_BLANK},
		{"Unknown", CLEAN_UNKNOWN},
		{"N/A", CLEAN_UNKNOWN},
		{"-99", CLEAN_UNKNOWN},
		{"-", CLEAN_UNKNOWN},
		{"Inconnue", CLEAN_UNKNOWN},
		{"non précisé", CLEAN_UNKNOWN},
		{"Sin informaci\xc3\xb3n", CLEAN_UNKNOWN},
		{"NonSpecifiedUnknown", CLEAN_UNKNOWN},
		{"Refused to answer", CLEAN_REFUSED},
		{"Refus\xc3\xa9", CLEAN_REFUSED},
		{"prefiere no decir", CLEAN_REFUSED},
		{"Not asked", CLEAN_NOT_ASKED},
		{"not_asked", CLEAN_NOT_ASKED},
		{"non demand\xc3\xa9", CLEAN_NOT_ASKED},
		{"No aplica", CLEAN_NOT_APPLICABLE},
		{"not_applicable", CLEAN_NOT_APPLICABLE},
		{"Sans objet", CLEAN_NOT_APPLICABLE},
		/* names and codes */
		{"Na", CLEAN_PRESENT},
		{"NA", CLEAN_PRESENT},
		{"No", CLEAN_PRESENT},
		{"X", CLEAN_PRESENT},
		{"None", CLEAN_PRESENT},
		{"\xe6\x9c\xaa\xe7\x9f\xa5", CLEAN_PRESENT},
		{"Unknown man", CLEAN_PRESENT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (clean_absence(cases[i].text, strlen(cases[i].text)) != cases[i].wanted)
			fail_msg("'%s' is not %d", cases[i].text, (int)cases[i].wanted);
}

static void test_yes_no(void **state)
{
	(void)state;
	static const struct pair pairs[] = {{"Yes", "yes"}, {"S\xc3\xad", "yes"}, {"OUI", "yes"},
		{"1", "yes"}, {"x", "yes"}, {"\xe2\x9c\x93", "yes"}, {"No", "no"}, {"non", "no"}, {"0", "no"},
		{"Falso", "no"}, {"perhaps", "!neither"}, {"", "!neither"}, {"2", "!neither"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *text = pairs[i].text;
		const char *wanted = pairs[i].wanted;
		MADE_OF(clean_yes_no(text, n, &made, &reason, &err));
	}
}

static void test_text(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"  Mar\xc3\xad"
		 "a  del\tCarmen ",
			"Mar\xc3\xad"
			"a del Carmen"},
		{"Jose\xcc\x81\xc2\xa0Luis", "Jos\xc3\xa9 Luis"},
		{"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf"},
		/* a zero-width joiner is part of how a name is written */
		{"\xd9\x85\xe2\x80\x8c\xd8\xa7", "\xd9\x85\xe2\x80\x8c\xd8\xa7"},
		{"a\r\nb\x01"
		 "c",
			"a bc"},
		{" \t ", "!nothing but blanks"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *text = pairs[i].text;
		const char *wanted = pairs[i].wanted;
		MADE_OF(clean_text(tools, false, text, n, &made, &reason, &err));
	}
	const char *text = " one \r\n\r\n  two\rthree\x02\t4 \n";
	const char *wanted = "one \n\n  two\nthree\t4";
	MADE_OF(clean_text(tools, true, text, n, &made, &reason, &err));
}

static void test_dates(void **state)
{
	(void)state;
	static const struct {
		enum date_order order;
		struct pair pair;
	} cases[] = {
		{DATE_ORDER_UNKNOWN, {"1990-05-17", "1990-05-17"}},
		{DATE_ORDER_UNKNOWN, {"17 mai 1990", "1990-05-17"}},
		{DATE_ORDER_UNKNOWN, {"1990", "1990"}},
		{DATE_ORDER_UNKNOWN, {"03/04/1990", "!a date that can be read"}},
		{DATE_DMY, {"03/04/1990", "1990-04-03"}},
		{DATE_MDY, {"03/04/1990", "1990-03-04"}},
		{DATE_MDY, {"17/05/1990", "!no date in the order of its column"}},
		{DATE_DMY, {"03/04/90", "!no date; write"}},
		{DATE_DMY, {"31/02/1990", "!no date; write"}},
		{DATE_ORDER_UNKNOWN, {"2024-01-01T18:00:00", "2024-01-01"}},
		{DATE_ORDER_UNKNOWN, {"soon", "!no date; write"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].pair.text;
		const char *wanted = cases[i].pair.wanted;
		MADE_OF(clean_date(cases[i].order, text, n, &made, &reason, &err));
	}
}

static void test_times(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"2026-02-01T08:30:00Z", "2026-02-01T08:30:00Z"},
		{"2026-02-01 08:30", "2026-02-01T08:30:00Z"},
		{" 2026-02-01T00:30:00.123+02:00 ", "2026-01-31T22:30:00Z"},
		{"2026-12-31T23:30:00-0130", "2027-01-01T01:00:00Z"},
		{"2026-02-01", "!no moment"},
		{"2026-02-01 24:00", "!no moment"},
		{"2026-02-30 12:00", "!no moment"},
		{"08:30", "!no moment"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *text = pairs[i].text;
		const char *wanted = pairs[i].wanted;
		MADE_OF(clean_time(DATE_ORDER_UNKNOWN, text, n, &made, &reason, &err));
	}
}

static void test_figures(void **state)
{
	(void)state;
	static const struct pair numbers[] = {{"12.50", "12.5"}, {"-0.0", "0"}, {"0012", "12"},
		{"1 234,5", "1234.5"}, {"1.234,56", "1234.56"}, {"1,234.56", "1234.56"},
		{"1,234,567", "1234567"}, {"1,5", "1.5"}, {"0,125", "0.125"},
		{"1,234", "!a number whose comma"}, {"1.234.5", "!a number whose"}, {"1e3", "1000"},
		{"+7", "7"}, {"\xd9\xa1\xd9\xa2", "12"}, {"", "!no number"}, {"-", "!no number"},
		{"1.", "!no number"}, {"12 EUR", "!no number"},
		{"1234567890123456", "!a number of more than"}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const char *text = numbers[i].text;
		const char *wanted = numbers[i].wanted;
		MADE_OF(clean_number(text, n, &made, &reason, &err));
	}
	static const struct pair integers[] = {{"1,234", "1234"}, {"1.234", "1234"}, {"17", "17"},
		{"12.0", "12"}, {"-3", "-3"}, {"1 000 000", "1000000"}, {"12.5", "!no whole number"},
		{"1,23", "!no whole number"}, {"12345678901234567890", "!no whole number"},
		{"x", "!no whole number"}};
	for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
		const char *text = integers[i].text;
		const char *wanted = integers[i].wanted;
		MADE_OF(clean_integer(text, n, &made, &reason, &err));
	}
}

static int clean_everything(void *context, struct cf_error *err)
{
	(void)context;
	static const char name[] = "Jose\xcc\x81  Luis";
	static const char email[] = "Ana@Example.org";
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP_TEXT_TOOLS struct text_tools *own = NULL;
	const char *reason;
	TRY(text_tools_new(&own, err));
	TRY(clean_text(own, false, name, sizeof name - 1, &out, &reason, err));
	TRY(clean_email(own, email, sizeof email - 1, &out, &reason, err));
	TRY(clean_handle(own, email, 3, &out, &reason, err));
	TRY(clean_website(own, email + 4, sizeof email - 5, &out, &reason, err));
	TRY(clean_document(own, email, 3, &out, &reason, err));
	TRY(clean_date(DATE_DMY, "1/2/1990", 8, &out, &reason, err));
	return clean_phone_by_rules(NULL, "+442079460958", 13, &out, &reason, err) < 0 ? CF_E_MEMORY : CF_OK;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("cleaning", clean_everything, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_digits),
		cmocka_unit_test(test_machine_readable_zones),
		cmocka_unit_test(test_misread_digits_are_noticed),
		cmocka_unit_test(test_long_document_numbers),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_ibans),
		cmocka_unit_test(test_other_numbers),
		cmocka_unit_test(test_phones),
		cmocka_unit_test(test_example_numbers_of_all_regions),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_yes_no),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, open_tools, close_tools);
}
