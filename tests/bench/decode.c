/* What it costs to decode a frame: time against a check of the same octets, and heap. tests/bench/decode.py runs
 * it, also under callgrind, and judges.
 *
 *	decode time METER FRAMES ROUNDS   the median over ROUNDS of (decoding all frames / one slicing-by-8 CRC
 *	                                  over the same octets, in turn), and the medians of both in ns a frame
 *	decode count METER FRAMES         decodes them once, and once more with every message formatted, for
 *	                                  callgrind to count decode_all() and format_all()
 *
 * METER is a name of `hantool simulate --meter`: its lists come in the meter's own proportions from the project's
 * encoder, and a frame comes in one read, as a gateway or a daemon that slept over it has it. Prints figures as
 * "name value", one a line. Exit status 1 when a frame was not decoded, or when decoding took memory of the heap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <han/crc16.h>
#include <han/decoder.h>

#include "meters.h"
#include "payload.h"

#define START      1735711200 /* 2025-01-01, 06:00 by the meter's clock, which is an hour ahead of UTC */
#define ZONE_S     3600
#define ROUNDS_MAX 101
#define READ       4096 /* octets, what the kernel keeps of a serial port */
#define BASE       "han/6970631400000000"

/* ---- heap: what anybody in this program takes ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);

static unsigned long allocations, frees;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	frees += old != NULL;
	return __libc_realloc(old, size);
}

void free(void *old)
{
	frees += old != NULL;
	__libc_free(old);
}

/* ---- frames ---- */

struct frames {
	uint8_t *octets;
	size_t len;
	size_t *ends;  /* of each frame */
	time_t *times; /* when it came */
	size_t count;
};

static void *must(void *memory)
{
	if (!memory) {
		fputs("decode: no memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* Every list of these meters is one frame. */
static void make_frames(struct frames *f, const struct meters_row *meter, size_t count)
{
	static const struct seal seal;
	size_t size = count * 400 + METERS_MESSAGE_MAX; /* the longest list has less */
	struct sampler sampler;

	*f = (struct frames){ .octets = must(malloc(size)),
		              .ends = must(calloc(count, sizeof(*f->ends))),
		              .times = must(calloc(count, sizeof(*f->times))) };
	sampler_init(&sampler, START, meter->phases);
	while (f->count < count) {
		struct sample sample;
		struct encoder e;
		unsigned delay_ms, list = meters_next(meter, &sampler, &sample, &delay_ms);

		sample.number = (uint32_t)f->count;
		encoder_init(&e, f->octets + f->len, size - f->len);
		f->len += meter->encode(&e, &sample, list, &seal);
		f->times[f->count] = sampler.second - 1 - ZONE_S;
		f->ends[f->count++] = f->len;
	}
}

/* ---- the reference: CRC-16/X-25, slicing by 8 ---- */

static uint16_t slices[8][256];

static void make_slices(void)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned crc = i;

		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1;
		slices[0][i] = (uint16_t)crc;
	}
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned k = 1; k < 8; k++)
			slices[k][i] = (uint16_t)(slices[k - 1][i] >> 8 ^
			                          slices[0][slices[k - 1][i] & 0xFF]);
	}
}

static uint16_t __attribute__((noinline)) check_all(const uint8_t *b, size_t len)
{
	uint16_t crc = HAN_CRC16_START;

	for (; len >= 8; b += 8, len -= 8)
		crc = (uint16_t)(slices[7][b[0] ^ (crc & 0xFF)] ^ slices[6][b[1] ^ crc >> 8] ^
		                 slices[5][b[2]] ^ slices[4][b[3]] ^ slices[3][b[4]] ^
		                 slices[2][b[5]] ^ slices[1][b[6]] ^ slices[0][b[7]]);
	for (; len > 0; b++, len--)
		crc = (uint16_t)(crc >> 8 ^ slices[0][(crc ^ *b) & 0xFF]);
	return crc;
}

/* ---- what is measured ---- */

struct tally {
	const time_t *times;
	size_t readings, values, octets; /* octets: of messages formatted */
};

/* All of a read, with what is to be done with each reading; inlined into the two that callgrind counts. */
static inline void __attribute__((always_inline))
push(struct han_decoder *decoder, const uint8_t *octets, size_t len, struct tally *tally,
     void (*use)(const struct han_reading *reading, struct tally *tally))
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(decoder, octets, len, 0, &event);

		octets += used;
		len -= used;
		if (event.type == HAN_READING) {
			tally->values += event.reading->count;
			if (use)
				use(event.reading, tally);
			tally->readings++;
		}
	} while (event.type != HAN_MORE);
}

static void __attribute__((noinline))
decode_all(struct han_decoder *decoder, const struct frames *f, struct tally *tally)
{
	for (size_t at = 0; at < f->len; at += READ)
		push(decoder, f->octets + at, f->len - at < READ ? f->len - at : READ, tally, NULL);
}

/* Each frame in a read of its own. */
static void __attribute__((noinline))
decode_singly(struct han_decoder *decoder, const struct frames *f, struct tally *tally)
{
	for (size_t i = 0, at = 0; i < f->count; at = f->ends[i++])
		push(decoder, f->octets + at, f->ends[i] - at, tally, NULL);
}

/* Topic and payload of each value, and the reading's JSON, as the publisher has them. */
static void format(const struct han_reading *reading, struct tally *tally)
{
	const struct timespec now = { tally->times[tally->readings], 0 };
	char topic[200], text[HAN_TEXT_MAX], code[HAN_OBIS_TEXT], json[PAYLOAD_JSON];
	struct writer w;

	payload_begin(&w, reading, "6970631400000000", &now, NULL, json);
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (v->structural || !payload_value(v, now.tv_sec, text))
			continue;
		stpcpy(stpcpy(topic, BASE "/"), han_value_name(v, code));
		tally->octets += strlen(topic);
		tally->octets += strlen(text);
		payload_add(&w, v, text, strlen(text));
	}
	tally->octets += strlen(must(payload_end(&w)));
}

static void __attribute__((noinline))
format_all(struct han_decoder *decoder, const struct frames *f, struct tally *tally)
{
	for (size_t at = 0; at < f->len; at += READ)
		push(decoder, f->octets + at, f->len - at < READ ? f->len - at : READ, tally,
		     format);
}

/* ---- figures ---- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *list, size_t count)
{
	qsort(list, count, sizeof(*list), by_size);
	return list[count / 2];
}

static bool complete(const struct frames *f, const struct tally *tally)
{
	if (tally->readings == f->count)
		return true;
	fprintf(stderr, "decode: %zu readings of %zu frames\n", tally->readings, f->count);
	return false;
}

static bool measure(struct han_decoder *decoder, const struct frames *f, size_t rounds)
{
	static double ratios[ROUNDS_MAX], decoding[ROUNDS_MAX], checking[ROUNDS_MAX];
	volatile uint16_t crc;
	bool sound = true;

	for (size_t i = 0; i < rounds && sound; i++) {
		struct tally tally = { 0 };
		double begin = now_ns(), middle;

		crc = check_all(f->octets, f->len);
		middle = now_ns();
		decode_all(decoder, f, &tally);
		decoding[i] = (now_ns() - middle) / (double)f->count;
		checking[i] = (middle - begin) / (double)f->count;
		ratios[i] = decoding[i] / checking[i];
		sound = complete(f, &tally);
	}
	(void)crc;
	printf("ratio %.3f\ndecode_ns %.1f\ncheck_ns %.1f\n", median(ratios, rounds),
	       median(decoding, rounds), median(checking, rounds));
	return sound;
}

static bool count(struct han_decoder *decoder, const struct frames *f)
{
	struct tally decoded = { 0 }, singly = { 0 }, formatted = { .times = f->times };
	unsigned long before = allocations, during;

	decode_all(decoder, f, &decoded);
	decode_singly(decoder, f, &singly);
	during = allocations - before;
	printf("values %.2f\nallocations_decode %lu\n", (double)decoded.values / (double)f->count,
	       during);
	before = allocations;
	frees = 0;
	format_all(decoder, f, &formatted);
	printf("allocations_format %.2f\nkept_format %ld\nformatted_octets %.1f\n",
	       (double)(allocations - before) / (double)f->count,
	       (long)(allocations - before) - (long)frees,
	       (double)formatted.octets / (double)f->count);
	return complete(f, &decoded) && complete(f, &singly) && complete(f, &formatted) &&
	       during == 0;
}

int main(int argc, char **argv)
{
	static struct han_decoder decoder;
	const struct meters_row *meter = argc > 3 ? meters_find(argv[2]) : NULL;
	size_t frames = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	size_t rounds = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
	bool timed = argc > 1 && strcmp(argv[1], "time") == 0;
	struct frames f;
	bool sound;

	if (!meter || meter->title || frames == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		fputs("usage: decode time|count METER FRAMES [ROUNDS]\n", stderr);
		return 2;
	}
	setenv("TZ", "Europe/Oslo", 1);
	make_slices();
	make_frames(&f, meter, frames);
	printf("octets %.1f\n", (double)f.len / (double)f.count);
	han_decoder_init(&decoder, NULL);
	sound = timed ? measure(&decoder, &f, rounds) : count(&decoder, &f);
	han_decoder_fini(&decoder);
	free(f.octets);
	free(f.ends);
	free(f.times);
	return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
