/*
 * Build tool: writes a text file as a C array, so that the shipped defaults are one readable file and
 * compiled in. embed IN OUT NAME
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 4) {
		(void)fprintf(stderr, "usage: embed IN OUT NAME\n");
		return 2;
	}
	FILE *in = fopen(argv[1], "rb");
	FILE *out = in ? fopen(argv[2], "wb") : NULL;
	if (!in || !out) {
		perror(in ? argv[2] : argv[1]);
		return 1;
	}
	int failed = fprintf(out, "extern const char %s[];\nconst char %s[] = {", argv[3], argv[3]) < 0;
	for (int c, n = 0; (c = getc(in)) != EOF; n++)
		failed |= fprintf(out, "%s%d,", n % 24 ? "" : "\n\t", c) < 0;
	failed |= fprintf(out, "\n\t0};\n") < 0;
	failed |= ferror(in) != 0;
	failed |= fclose(in) != 0;
	failed |= fclose(out) != 0;
	if (failed)
		perror("embed");
	return failed;
}
