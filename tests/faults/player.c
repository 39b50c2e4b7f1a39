/* A meter in a hurry: years of its frames into a pseudo terminal, as fast as somebody reads them.
 *
 *	player LINK SEED HOUR
 *
 * LINK becomes a symbolic link to the terminal. HOUR frames make an hour of the meter's clock, the first of them has
 * the registers; hour N of 2026 and after has N kWh. Some frames are damaged and some noise lies between them, by
 * random numbers from SEED: never so that both checks miss it, as one damage in 65,536 would be.
 *
 * Commands come on standard input, one a line, and end with it; answers go to standard output. OFFSET counts the
 * octets that were written since the start.
 *
 *	play N           "played OFFSET FRAMES DAMAGED MISSED WAITED" after N frames more: how many there were, were
 *	                 damaged, found no port; and the longest wait in ms for the port to take octets
 *	unplug, plug     "unplugged OFFSET" or the terminal's path and "plugged OFFSET", at once: also while it plays.
 *	                 Unplugged, it says an hour to nobody, then waits
 *	where            "at OFFSET"
 *	ended OFFSET     "count N OCTETS FRAMES": so many whole frames ended there or before, with so many octets, of so
 *	                 many frames;
 *	begun OFFSET     so many began before: of offsets that are not long ago
 *
 * and "hour N BEGIN END" by itself for each hour: where the frame with its registers lies; END 0 when it was damaged or
 * said to nobody.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <han/crc16.h>

#include "kaifa.h"
#include "monotonic.h"
#include "sample.h"
#include "terminal.h"

#define FRAMES    (1 << 18)  /* that are remembered */
#define EPOCH     1767225600 /* 2026-01-01 */
#define HOUR_S    3600
#define HASTE_S   10 /* past the hour, as Kaifa's registers are */
#define NOISE_MAX 60
#define MESSAGE   512
#define PER_MILLE 1000
#define FLIPPED   10 /* frames of a thousand, */
#define CUT       5
#define NOISY     5 /* and so many with noise before them */
#define NS_PER_MS 1000000

struct told {
	uint64_t begin, end; /* offsets */
	uint64_t whole;      /* how many were, with this one, */
	uint64_t octets;     /* and how many octets these had */
	bool is_whole;
};

struct player {
	struct terminal terminal;
	const char *link;
	bool plugged;
	uint64_t random;
	unsigned hour; /* frames of one */
	uint64_t left; /* frames to play */
	uint64_t offset;
	uint64_t frames, damaged, missed, whole, octets;
	uint64_t missed_in_a_row;
	uint64_t waited_ms;
	char command[64];
	size_t command_len;
	struct told told[FRAMES];
};

static uint32_t draw(struct player *p, uint32_t below)
{
	p->random ^= p->random << 13; /* xorshift64 */
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (uint32_t)(p->random >> 32) % below;
}

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- frames ---- */

static size_t encode(struct player *p, uint8_t *buf, size_t size)
{
	uint64_t hour = p->frames / p->hour, place = p->frames % p->hour;
	struct kaifa meter = {
		.meter_id = "6970631400000101",
		.meter_type = "MA304H4",
		.source = { 0x02, 0x01 },
		.now = sample_date((time_t)(EPOCH + hour * HOUR_S + HASTE_S +
		                            place * (HOUR_S - HASTE_S) / p->hour)),
		.power_import = draw(p, 12000),
		.reactive_export = draw(p, 600),
		.current = { draw(p, 20000), draw(p, 20000), draw(p, 20000) },
		.voltage = { 2250 + draw(p, 100), 2250 + draw(p, 100), 2250 + draw(p, 100) },
		.energy = { hour * 1000, 0, hour, hour * 2 },
	};
	struct encoder e;

	meter.clock = meter.now;
	encoder_init(&e, buf, size);
	return kaifa_encode(&e, &meter,
	                    place == 0       ? KAIFA_LIST_3
	                    : place % 5 == 0 ? KAIFA_LIST_2
	                                     : KAIFA_LIST_1);
}

/* ---- damage ---- */

/* Two octets that lie together: no check misses that. */
static void flip(struct player *p, uint8_t *octets, size_t len)
{
	size_t at = draw(p, (uint32_t)len - 1);

	octets[at] ^= (uint8_t)(1 + draw(p, 255));
	octets[at + 1] ^= (uint8_t)draw(p, 256);
}

/* Some of the octets between the flags are missing. With one of them the next frame's flag may stand where this one's
 * was: then its check must not agree by chance. */
static size_t cut(struct player *p, uint8_t *octets, size_t len)
{
	size_t count = 1 + draw(p, 20), at = 1 + draw(p, (uint32_t)(len - 2 - count));

	memmove(octets + at, octets + at + count, len - at - count);
	len -= count;
	if (han_crc16(HAN_CRC16_START, octets + 1, len - 1) == HAN_CRC16_GOOD)
		octets[at] ^= 1;
	return len;
}

/* Returns how many octets are left of the frame. */
static size_t damage(struct player *p, uint8_t *octets, size_t len, bool *whole)
{
	uint32_t number = draw(p, PER_MILLE);

	*whole = number >= FLIPPED + CUT;
	p->damaged += !*whole;
	if (number < FLIPPED)
		flip(p, octets, len);
	else if (number < FLIPPED + CUT)
		len = cut(p, octets, len);
	return len;
}

/* ---- commands ---- */

static const struct told *told(const struct player *p, uint64_t frame)
{
	return &p->told[frame % FRAMES];
}

/* Whole frames up to the newest one that is not behind the offset. */
static void count(const struct player *p, uint64_t offset, bool ended)
{
	uint64_t frame = p->frames, oldest = frame > FRAMES ? frame - FRAMES : 0;

	while (frame > oldest) {
		const struct told *t = told(p, --frame);

		if (ended ? t->end <= offset : t->begin < offset) {
			printf("count %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t->whole, t->octets,
			       frame + 1);
			return;
		}
	}
	puts(oldest == 0 ? "count 0 0 0" : "count -1 -1 -1");
}

static void plug(struct player *p)
{
	if (terminal_open(&p->terminal, p->link, 1) < 0)
		exit(1);
	p->plugged = true;
	p->missed_in_a_row = 0;
	printf("plugged %" PRIu64 "\n", p->offset);
}

static void unplug(struct player *p)
{
	terminal_close(&p->terminal);
	p->plugged = false;
	printf("unplugged %" PRIu64 "\n", p->offset);
}

static void obey(struct player *p, const char *command)
{
	uint64_t number;

	if (sscanf(command, "play %" SCNu64, &number) == 1) {
		p->left = number;
	} else if (sscanf(command, "ended %" SCNu64, &number) == 1) {
		count(p, number, true);
	} else if (sscanf(command, "begun %" SCNu64, &number) == 1) {
		count(p, number, false);
	} else if (strcmp(command, "where") == 0) {
		printf("at %" PRIu64 "\n", p->offset);
	} else if (strcmp(command, "unplug") == 0) {
		unplug(p);
	} else if (strcmp(command, "plug") == 0) {
		plug(p);
	} else {
		fprintf(stderr, "player: no such command: %s\n", command);
		exit(2);
	}
	fflush(stdout);
}

static void read_commands(struct player *p)
{
	char octet;
	ssize_t n = read(STDIN_FILENO, &octet, 1);

	if (n <= 0)
		exit(0);
	if (octet != '\n' && p->command_len < sizeof(p->command) - 1) {
		p->command[p->command_len++] = octet;
		return;
	}
	p->command[p->command_len] = '\0';
	p->command_len = 0;
	obey(p, p->command);
}

/* Obeys what is said meanwhile; waits for room on the port, for a command, or for nothing. */
static void wait_for(struct player *p, bool room, bool command)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		                { .fd = p->terminal.master, .events = POLLOUT } };
	uint64_t before = monotonic_ns();

	if (poll(fds, room ? 2 : 1, room || command ? -1 : 0) < 0 && errno != EINTR)
		fail("poll");
	if (room && (monotonic_ns() - before) / NS_PER_MS > p->waited_ms)
		p->waited_ms = (monotonic_ns() - before) / NS_PER_MS;
	if (fds[0].revents)
		read_commands(p);
}

/* ---- play ---- */

/* False when the port was pulled on the way. */
static bool say(struct player *p, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		ssize_t n;

		if (!p->plugged)
			return false;
		n = write(p->terminal.master, octets, len);
		if (n < 0 && errno != EAGAIN)
			fail("write");
		if (n < 0) {
			wait_for(p, true, false);
			continue;
		}
		octets += n;
		len -= (size_t)n;
		p->offset += (uint64_t)n;
	}
	return true;
}

static void say_noise(struct player *p)
{
	uint8_t noise[NOISE_MAX];
	size_t len = 1 + draw(p, NOISE_MAX);

	if (draw(p, PER_MILLE) >= NOISY)
		return;
	for (size_t i = 0; i < len; i++)
		noise[i] = (uint8_t)draw(p, 256);
	say(p, noise, len);
}

static void note(struct player *p, struct told frame)
{
	p->whole += frame.is_whole;
	p->octets += frame.is_whole ? frame.end - frame.begin : 0;
	frame.whole = p->whole;
	frame.octets = p->octets;
	p->told[p->frames % FRAMES] = frame;
	if (p->frames % p->hour == 0) {
		printf("hour %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", p->frames / p->hour,
		       frame.begin, frame.is_whole ? frame.end : 0);
		fflush(stdout);
	}
	p->frames++;
}

static void play_frame(struct player *p)
{
	uint8_t buf[MESSAGE];
	size_t len = encode(p, buf, sizeof(buf));
	struct told frame = { 0 };

	if (!p->plugged) {
		p->missed++;
		p->missed_in_a_row++;
		note(p, (struct told){ .begin = p->offset, .end = p->offset });
		return;
	}
	len = damage(p, buf, len, &frame.is_whole);
	say_noise(p);
	frame.begin = p->offset;
	if (!say(p, buf, len))
		frame.is_whole = false;
	frame.end = p->offset;
	note(p, frame);
}

int main(int argc, char **argv)
{
	static struct player p;

	if (argc != 4) {
		fprintf(stderr, "usage: player LINK SEED HOUR\n");
		return 2;
	}
	p.link = argv[1];
	p.random = 0x9E3779B97F4A7C15u ^ strtoull(argv[2], NULL, 10);
	p.hour = (unsigned)strtoul(argv[3], NULL, 10);
	if (p.hour == 0)
		return 2;
	plug(&p);
	fflush(stdout);
	for (;;) {
		bool waits = p.left == 0 || (!p.plugged && p.missed_in_a_row >= p.hour);

		wait_for(&p, false, waits);
		if (waits)
			continue;
		play_frame(&p);
		if (--p.left > 0)
			continue;
		printf("played %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		       p.offset, p.frames, p.damaged, p.missed, p.waited_ms);
		fflush(stdout);
		p.waited_ms = 0;
	}
}
