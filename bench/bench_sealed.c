/*
 * Sealed messages in MB a CPU-second, written and read through a stream in memory, beside plain libsodium
 * secretstream over the same frames and the same kind of stream in the same run.
 */
#include <sodium.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "crypto/sealed.h"

enum { N_BYTES = 64 << 20, PIECE = 1 << 16, FRAME = SEALED_FRAME_BYTES, HEADER = 16 };

struct bench {
	uint8_t *payload;
	uint8_t *back;
	uint8_t *frame;
	FILE *stream;
	struct identity *sender;
	struct identity *receiver;
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
};

enum { SEALED_SIZE = FRAME + crypto_secretstream_xchacha20poly1305_ABYTES };

static void plain_write(void *context)
{
	struct bench *b = context;
	crypto_secretstream_xchacha20poly1305_state s;
	uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
	rewind(b->stream);
	need(crypto_secretstream_xchacha20poly1305_init_push(&s, header, b->key) == 0, "init");
	need(fwrite(header, sizeof header, 1, b->stream) == 1, "write");
	for (size_t at = 0; at < N_BYTES; at += FRAME) {
		(void)crypto_secretstream_xchacha20poly1305_push(&s, b->frame, NULL, b->payload + at, FRAME,
			NULL, 0, at + FRAME < N_BYTES ? 0 : crypto_secretstream_xchacha20poly1305_TAG_FINAL);
		need(fwrite(b->frame, SEALED_SIZE, 1, b->stream) == 1, "write");
	}
	need(fflush(b->stream) == 0, "flush");
}

static void plain_read(void *context)
{
	struct bench *b = context;
	crypto_secretstream_xchacha20poly1305_state s;
	uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
	unsigned char frame_tag;
	rewind(b->stream);
	need(fread(header, sizeof header, 1, b->stream) == 1, "read");
	need(crypto_secretstream_xchacha20poly1305_init_pull(&s, header, b->key) == 0, "init");
	for (size_t at = 0; at < N_BYTES; at += FRAME) {
		need(fread(b->frame, SEALED_SIZE, 1, b->stream) == 1, "read");
		need(crypto_secretstream_xchacha20poly1305_pull(
			     &s, b->back + at, NULL, &frame_tag, b->frame, SEALED_SIZE, NULL, 0) == 0,
			"pull");
	}
}

static void sealed_writing(void *context)
{
	struct bench *b = context;
	static const char header[HEADER + 1] = "header of 16 byt";
	struct sealed_writer *w = NULL;
	rewind(b->stream);
	need(sealed_writer_new(b->stream, header, HEADER, b->sender, identity_public(b->receiver)->box_key,
		     &w, NULL) == 0,
		"new");
	for (size_t at = 0; at < N_BYTES; at += PIECE)
		need(sealed_write(w, b->payload + at, PIECE, NULL) == 0, "write");
	need(sealed_writer_finish(w, NULL, NULL) == 0 && fflush(b->stream) == 0, "finish");
	sealed_writer_free(w);
}

static void sealed_reading(void *context)
{
	struct bench *b = context;
	char header[HEADER];
	struct sealed_reader *r = NULL;
	rewind(b->stream);
	need(sealed_reader_new(b->stream, HEADER, header, &r, NULL) == 0, "new");
	need(sealed_reader_start(r, b->receiver, identity_public(b->sender)->sign_key, NULL) == 0, "start");
	for (size_t at = 0; at < N_BYTES; at += PIECE)
		need(sealed_read(r, b->back + at, PIECE, NULL) == 0, "read");
	need(sealed_reader_finish(r, NULL, NULL) == 0, "finish");
	sealed_reader_free(r);
}

static FILE *memory_stream(void)
{
	const int fd = memfd_create("bench", MFD_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "w+b") : NULL;
	need(f != NULL, "stream");
	return f;
}

static double measure(const char *name, void (*run)(void *), struct bench *b, double base)
{
	const double took = best_cpu(run, b);
	(void)printf("%-24s %6.0f MB per CPU-s", name, N_BYTES / took / 1e6);
	if (base > 0)
		(void)printf("   %.2f times the plain one's time", took / base);
	(void)printf("\n");
	return took;
}

int main(void)
{
	struct bench b = {.payload = malloc(N_BYTES), .back = malloc(N_BYTES), .frame = malloc(SEALED_SIZE)};
	need(b.payload && b.back && b.frame && crypto_start(NULL) == 0, "start");
	need(identity_new("sender", &b.sender, NULL) == 0, "identity");
	need(identity_new("receiver", &b.receiver, NULL) == 0, "identity");
	crypto_random(b.payload, N_BYTES);
	crypto_random(b.key, sizeof b.key);
	print_machine();
	b.stream = memory_stream();
	const double writing = measure("plain secretstream write", plain_write, &b, 0);
	const double reading = measure("plain secretstream read", plain_read, &b, 0);
	need(memcmp(b.payload, b.back, N_BYTES) == 0, "comparison");
	memset(b.back, 0, N_BYTES);
	(void)fclose(b.stream);
	b.stream = memory_stream();
	(void)measure("sealed write", sealed_writing, &b, writing);
	(void)measure("sealed read", sealed_reading, &b, reading);
	need(memcmp(b.payload, b.back, N_BYTES) == 0, "comparison");
	(void)fclose(b.stream);
	identity_free(b.sender);
	identity_free(b.receiver);
	free(b.payload);
	free(b.back);
	free(b.frame);
	return 0;
}
