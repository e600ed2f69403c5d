/*
 * What a participant seals to itself and finds again: the first byte chooses what the rest is.
 *   even  the file as it lies there
 *   odd   three bytes, then the payload of a file of this study that is correctly sealed: the second byte
 * says where, the third how the sealed bytes are changed (0: not at all) Only 32 bytes, whole and unchanged,
 * are a secret; everything else says that the file is damaged.
 */
#include "scratch.h"
#include "study_support.h"
#include "work/study_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SECRET_BYTES = 32, MOST_BYTES = 4096 };

static struct fuzz_study f;
static struct study_folder folder;
static const char *path;

static void start(void)
{
	static char state[sizeof scratch_folder + 8];
	fuzz_study_start(&f);
	scratch_start();
	path = scratch_file("kept");
	(void)snprintf(state, sizeof state, "%s", scratch_folder);
	folder = (struct study_folder){
		.root = state, .lock = -1, .study = f.study, .identity = f.identities[0]};
}

static void seal(const uint8_t *payload, size_t n)
{
	CF_CLEANUP(study_sealing_done) struct study_sealing s = STUDY_SEALING_INIT;
	need(study_keep_begin(&folder, &s, "kept", STUDY_KIND_SECRETS, NULL) == 0, "begin");
	need(sealed_write(s.writer, payload, n, NULL) == 0, "write");
	need(study_seal_commit(&s, NULL) == 0, "commit");
}

static void change(uint8_t where, uint8_t how)
{
	CF_CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT;
	need(file_read(path, SIZE_MAX, &bytes, NULL) == 0 && bytes.n > 0, "read");
	const size_t at = where * bytes.n / 256;
	bytes.data[at] = (char)((uint8_t)bytes.data[at] ^ how);
	scratch_write(path, bytes.data, bytes.n);
}

static int open_kept(const char kind[8], struct secret **ret)
{
	struct cf_error err = CF_ERROR_INIT;
	int status = study_kept_secret(&folder, "kept", kind, ret, &err);
	need(status == 0 || (status == CF_E_STATE && err.code == status && err.message[0]), "says why");
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	if (!f.study)
		start();
	if (n < 3 || n > MOST_BYTES)
		return 0;
	if (!(data[0] & 1)) {
		scratch_write(path, data + 1, n - 1);
		need(open_kept(STUDY_KIND_SECRETS, &s) < 0, "nobody can seal without the key");
		return 0;
	}
	seal(data + 3, n - 3);
	if (data[2])
		change(data[1], data[2]);
	const int status = open_kept(STUDY_KIND_SECRETS, &s);
	need((status == 0) == (!data[2] && n - 3 == SECRET_BYTES), "only a whole secret opens");
	if (status == 0) {
		need(memcmp(secret_bytes(s), data + 3, SECRET_BYTES) == 0, "it is the same");
		struct secret *other = NULL;
		need(open_kept(STUDY_KIND_AUDIT, &other) < 0, "another kind is another file");
	}
	return 0;
}
