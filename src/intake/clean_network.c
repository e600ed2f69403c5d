#include "intake/clean.h"

#include <string.h>

enum { MAX_EMAIL = 254, MAX_LOCAL = 64, MAX_HANDLE = 100, MAX_WEBSITE = 2000 };

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Labels of 1 to 63 bytes parted by single dots, two at least; letters of other scripts may stand in them. */
static bool is_domain(const char *s, size_t n)
{
	size_t label = 0;
	size_t n_labels = 1;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '.') {
			if (!label)
				return false;
			label = 0;
			n_labels++;
		} else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c >= 0x80) {
			if (++label > 63)
				return false;
		} else {
			return false;
		}
	}
	return label && n_labels > 1 && s[0] != '-' && s[n - 1] != '-';
}

/* RFC 5321 without quoted parts and comments, which nobody's address has. */
static bool is_email(const char *s, size_t n)
{
	const char *at = memchr(s, '@', n);
	if (!at || at == s || at - s > MAX_LOCAL || n > MAX_EMAIL)
		return false;
	for (const char *p = s; p < at; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ||
			     strchr("!#$%&'*+-/=?^_`{|}~.", c);
		if (!plain || (c == '.' && (p == s || p + 1 == at || p[1] == '.')))
			return false;
	}
	return is_domain(at + 1, n - (size_t)(at + 1 - s));
}

int clean_email(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT;
	TRY(text_fold(tools, s, n, &folded, err));
	const char *text = buffer_text(&folded);
	text += starts(text, "mailto:") ? 7 : 0;
	size_t length = strlen(text);
	*ret_reason = "no e-mail address: it has a name, @ and a domain, without blanks";
	if (!length || !is_email(text, length))
		return 0;
	TRY_MEMORY(buffer_append(out, text, length), err);
	return 1;
}

/* Behind scheme and "www.", or s itself. */
static const char *behind_scheme(const char *s)
{
	s += starts(s, "https://") ? 8 : starts(s, "http://") ? 7 : 0;
	return s + (starts(s, "www.") ? 4 : 0);
}

/* The path's part that names the profile, in the addresses of platforms that have it first. */
static const char *profile_of(const char *s)
{
	static const char *const hosts[] = {"facebook.com/", "m.facebook.com/", "fb.com/", "instagram.com/",
		"twitter.com/", "x.com/", "tiktok.com/", "t.me/", "telegram.me/", "vk.com/", "ok.ru/",
		"snapchat.com/add/", "youtube.com/", "linkedin.com/in/", "wa.me/", "threads.net/",
		"pinterest.com/", "line.me/ti/p/", "weibo.com/"};
	const char *address = behind_scheme(s);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (starts(address, hosts[i]))
			return address + strlen(hosts[i]);
	return address == s ? s : NULL; /* another site's address is no handle */
}

int clean_handle(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT;
	TRY(text_fold(tools, s, n, &folded, err));
	const char *name = profile_of(buffer_text(&folded));
	*ret_reason = "no name on a platform: write the name alone, or the address of its profile";
	if (!name)
		return 0;
	name += *name == '@';
	size_t length = strcspn(name, "/?#");
	const char *rest = name + length;
	/* a second step of the path names something within the profile, such as a single post */
	if (!length || length > MAX_HANDLE || memchr(name, ' ', length) || memchr(name, '@', length) ||
		(*rest == '/' && rest[1] && rest[1] != '?'))
		return 0;
	TRY_MEMORY(buffer_append(out, name, length), err);
	return 1;
}

int clean_website(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT;
	*ret_reason = "no address of a website";
	TRY(text_normalise(tools, s, n, &text, err));
	const char *address = buffer_text(&text) + strspn(buffer_text(&text), " \t\r\n");
	size_t length = strlen(address);
	while (length && strchr(" \t\r\n/", address[length - 1]))
		length--;
	const char *colon = strstr(address, "://");
	const char *host = colon ? colon + 3 : address;
	size_t n_scheme = colon ? (size_t)(colon - address) : 0;
	if (host >= address + length || length > MAX_WEBSITE || memchr(address, ' ', length))
		return 0;
	size_t n_host = strcspn(host, "/?#:");
	size_t left = length - (size_t)(host - address);
	n_host = n_host < left ? n_host : left;
	TRY(text_fold(tools, address, n_scheme, &folded, err));
	if (n_scheme && strcmp(folded.data, "http") != 0 && strcmp(folded.data, "https") != 0)
		return 0;
	if (!n_scheme)
		TRY_MEMORY(buffer_append_text(&folded, "https"), err);
	TRY_MEMORY(buffer_append_text(&folded, "://"), err);
	size_t before = folded.n;
	TRY(text_fold(tools, host, n_host, &folded, err));
	if (!is_domain(folded.data + before, folded.n - before))
		return 0;
	TRY_MEMORY(buffer_append(out, folded.data, folded.n), err);
	TRY_MEMORY(buffer_append(out, host + n_host, left - n_host), err);
	return 1;
}
