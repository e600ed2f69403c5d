#include "work/casebook/evidence.h"

#include <string.h>
#include <time.h>

#include "crypto/file_digest.h"
#include "work/casebook/answer.h"
#include "work/casebook/casebook_parts.h"

/* By the ending of the name: what it is filed as, not a finding about what is in it. */
static const char *media_type(const char *path)
{
	static const struct {
		const char *ending;
		const char *type;
	} types[] = {{".pdf", "application/pdf"}, {".png", "image/png"}, {".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"}, {".heic", "image/heic"}, {".mp4", "video/mp4"},
		{".mov", "video/quicktime"}, {".mp3", "audio/mpeg"}, {".wav", "audio/wav"},
		{".opus", "audio/opus"}, {".txt", "text/plain"}, {".html", "text/html"}, {".csv", "text/csv"},
		{".json", "application/json"},
		{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{".eml", "message/rfc822"}, {".zip", "application/zip"}};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (strcasecmp(dot, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static int set(struct record *r, const char *field, const char *text, struct cf_error *err)
{
	return record_add(r, schema_field(record_entity(r), field), text, err);
}

static int describe(const struct casebook *c, const char *path, const struct file_digest *d, struct record *r,
	struct cf_error *err)
{
	const char *slash = strrchr(path, '/');
	char size[24];
	char now[ANSWER_TIME];
	(void)snprintf(size, sizeof size, "%llu", (unsigned long long)d->size);
	answer_time((uint64_t)time(NULL) * 1000, now);
	TRY(set(r, "title", slash ? slash + 1 : path, err));
	TRY(set(r, "sha256", d->sha256, err));
	TRY(set(r, "blake2b", d->blake2b, err));
	TRY(set(r, "size", size, err));
	TRY(set(r, "media_type", media_type(path), err));
	TRY(set(r, "custody_event", "received", err));
	TRY(set(r, "custody_time", now, err));
	return set(r, "custody_by", c->user, err);
}

static bool has_hash(const struct casebook_line *line, const struct file_digest *d)
{
	for (size_t i = 0; i < line->n_columns; i++)
		if (strcmp(line->columns[i].field, "sha256") == 0 &&
			strcmp(line->columns[i].value, d->sha256) == 0)
			return true;
	return false;
}

/* The evidence of this case with this hash; CF_E_NOT_FOUND. */
static int find_same(struct casebook *c, const struct record_id *case_id, const struct file_digest *d,
	struct store_result *ret, struct cf_error *err)
{
	struct casebook_query q = {
		.entity = schema_entity("evidence"), .case_id = case_id, .limit = STORE_PAGE_MAX};
	bool more = true;
	while (more) {
		CF_CLEANUP(casebook_list_done) struct casebook_list l = CASEBOOK_LIST_INIT;
		TRY(casebook_list(c, &q, &l, err));
		for (size_t i = 0; i < l.n; i++) {
			if (!has_hash(&l.at[i], d))
				continue;
			*ret = (struct store_result){.id = item_store_id(&l.at[i].id),
				.revision = l.at[i].revision,
				.outcome = STORE_UNCHANGED};
			return CF_OK;
		}
		q.before = l.before;
		more = l.more;
	}
	return CF_E_NOT_FOUND;
}

int evidence_add_file(struct casebook *c, const struct record_id *case_id, const char *path,
	const struct store_reason *why, struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	enum permission_scope scope;
	struct file_digest d;
	struct record_id id;
	char text[RECORD_ID_TEXT + 1];
	TRY(open_for(c, ACTION_EDIT, case_id, 0, &stored, &scope, err));
	if (strcmp(stored.entity, "case") != 0)
		return error_set(err, CF_E_USAGE, "files are linked to a case; this id is of another record");
	TRY(file_digest(path, &d, err));
	int status = find_same(c, case_id, &d, ret, err);
	if (status != CF_E_NOT_FOUND)
		return status;
	record_id_new(&id);
	TRY(record_new(schema_entity("evidence"), &id, &r, err));
	record_id_format(case_id, text);
	TRY(set(r, "case", text, err));
	TRY(describe(c, path, &d, r, err));
	return casebook_add(c, r, why, NULL, ret, err);
}
