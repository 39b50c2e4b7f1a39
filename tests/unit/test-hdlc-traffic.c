/* HDLC traffic: frames of every length, damaged ones and noise between. What was sent whole comes out
 * whole, in order, and nothing else does. */
#include "dice.h"
#include "frame.h"

#include "framer.h"
#include "hdlc.h"

#define LONGEST "7e a7ff010201109c3e" /* a header that announces 2047 octets, its check right */

/* Pushes a stream in parts and expects just these frames, in this order, flags included. */
struct expected {
	const uint8_t *octets;
	size_t len;
};

struct watch {
	struct framer hdlc;
	const struct expected *expected;
	size_t count;
	size_t seen;
};

static void watch_init(struct watch *watch, const struct expected *expected, size_t count)
{
	memset(&watch->hdlc, 0xA5, sizeof(watch->hdlc));
	framer_init(&watch->hdlc, HAN_PROTOCOL_HDLC);
	watch->expected = expected;
	watch->count = count;
	watch->seen = 0;
}

static void watch_event(struct watch *watch, enum framer_event event)
{
	const struct expected *next = watch->expected + watch->seen;
	const uint8_t *octets;
	size_t len;

	if (event != FRAMER_FRAME)
		return;
	octets = framer_frame(&watch->hdlc, &len);
	if (watch->seen == watch->count || len != next->len ||
	    memcmp(octets, next->octets, len) != 0)
		fail_msg("frame %zu of %zu octets was never sent, or frames before it are missing",
		         watch->seen, len);
	watch->seen++;
}

static void watch_push(struct watch *watch, const uint8_t *buf, size_t len)
{
	enum framer_event event;

	do {
		size_t used = framer_push(&watch->hdlc, buf, len, 0, &event);

		assert_true(used <= len);
		buf += used;
		len -= used;
		watch_event(watch, event);
	} while (event != FRAMER_MORE);
	assert_int_equal(len, 0);
}

static void watch_end(struct watch *watch)
{
	enum framer_event event;

	do {
		framer_end(&watch->hdlc, &event);
		watch_event(watch, event);
	} while (event != FRAMER_MORE);
	assert_int_equal(watch->seen, watch->count);
}

/* Three frames with two flags between; what is done to the second leaves the others alone. */
struct three {
	struct frame frames[3];
	uint8_t octets[3 * sizeof(struct frame) + 1];
	size_t len;
	size_t second; /* where its opening flag is */
};

static void three_make(struct three *three, const char *information)
{
	uint8_t buf[256];
	size_t len = unhex(information, buf, sizeof(buf));

	frame_make(&three->frames[0], 0xA000, "01", "0201", (const uint8_t *)"first", 5);
	frame_make(&three->frames[1], 0xA000, "01", "0201", buf, len);
	frame_make(&three->frames[2], 0xA000, "01", "0201", (const uint8_t *)"third", 5);
	three->len = 0;
	three->second = three->frames[0].len;
	for (size_t i = 0; i < 3; i++) {
		memcpy(three->octets + three->len, three->frames[i].octets, three->frames[i].len);
		three->len += three->frames[i].len;
	}
}

/* Writes the digit of the frame that was delivered, if one was. */
static char *three_event(const struct three *three, const struct framer *f, enum framer_event event,
                         char *out)
{
	unsigned i = 0;
	const uint8_t *octets;
	size_t len;

	if (event != FRAMER_FRAME)
		return out;
	octets = framer_frame(f, &len);
	while (i < 3 &&
	       (len != three->frames[i].len || memcmp(octets, three->frames[i].octets, len) != 0))
		i++;
	*out++ = (char)('1' + i);
	return out;
}

/* The digits of those delivered, in the order they come; 4 for a frame that was never sent. */
static const char *three_push(const struct three *three)
{
	static struct framer f;
	static char seen[sizeof(three->octets)];
	const uint8_t *rest = three->octets;
	size_t left = three->len;
	char *out = seen;
	enum framer_event event;

	framer_init(&f, HAN_PROTOCOL_HDLC);
	do {
		size_t used = framer_push(&f, rest, left, 0, &event);

		rest += used;
		left -= used;
		out = three_event(three, &f, event, out);
	} while (event != FRAMER_MORE);
	do {
		framer_end(&f, &event);
		out = three_event(three, &f, event, out);
	} while (event != FRAMER_MORE);
	*out = '\0';
	return seen;
}

/* The second frame: short; a Kaifa list with 7E 7E as value; octets that look like frames. */
static const char *const damaged[] = {
	"55",
	"e6e7000f40000000090c07e8011702113b02ff80000002010600007e7e",
	"7ea00b0102 7ea7ff 7e7e a0a0 7e7d 7ea00b01020110fb90aa00007e",
};

static void test_every_bit_flipped(void **state)
{
	static struct three three;

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++) {
		say_case(damaged[i]);
		three_make(&three, damaged[i]);
		assert_string_equal(three_push(&three), "123");
		for (size_t bit = 0; bit < 8 * three.frames[1].len; bit++) {
			uint8_t *octet = three.octets + three.second + bit / 8;

			*octet ^= (uint8_t)(1U << bit % 8);
			assert_string_equal(three_push(&three), "13");
			*octet ^= (uint8_t)(1U << bit % 8);
		}
	}
}

static void test_every_octet_replaced(void **state)
{
	static struct three three;

	(void)state;
	three_make(&three, damaged[1]);
	for (size_t at = 0; at < three.frames[1].len; at++) {
		uint8_t *octet = three.octets + three.second + at;
		uint8_t before = *octet;

		for (unsigned other = 0; other < 256; other++) {
			*octet = (uint8_t)other;
			assert_string_equal(three_push(&three), other == before ? "123" : "13");
		}
		*octet = before;
	}
}

/* Without one of two flags a frame is whole; with any other octet less it is not. */
static void test_every_octet_dropped(void **state)
{
	static struct three three, less;

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++) {
		say_case(damaged[i]);
		three_make(&three, damaged[i]);
		for (size_t at = 0; at < three.frames[1].len; at++) {
			bool flag = at == 0 || at == three.frames[1].len - 1;
			size_t gap = three.second + at;

			less = three;
			less.len--;
			memmove(less.octets + gap, less.octets + gap + 1, less.len - gap);
			assert_string_equal(three_push(&less), flag ? "123" : "13");
		}
	}
}

static void test_every_octet_doubled(void **state)
{
	static struct three three, more;

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++) {
		say_case(damaged[i]);
		three_make(&three, damaged[i]);
		for (size_t at = 0; at < three.frames[1].len; at++) {
			bool flag = at == 0 || at == three.frames[1].len - 1;
			size_t twice = three.second + at;

			more = three;
			memmove(more.octets + twice + 1, more.octets + twice, more.len - twice);
			more.len++;
			assert_string_equal(three_push(&more), flag ? "123" : "13");
		}
	}
}

/* Frames of every length, one flag between two. */
static void test_every_length(void **state)
{
	const size_t longest = FRAME_MAX - 8 - 2;
	static struct frame frames[2];
	static uint8_t information[FRAME_MAX], stream[2 * sizeof(struct frame)];
	struct dice dice = dice_new();

	(void)state;
	dice_fill(&dice, information, sizeof(information));
	frame_make(&frames[1], 0xA000, "01", "0201", information, longest);
	assert_int_equal(frames[1].len, HDLC_MAX + 2);
	for (size_t n = 0; n <= longest; n++) {
		const struct expected expected[3] = { { frames[0].octets, n > 0 ? 12 + n : 10 },
			                              { frames[1].octets, frames[1].len },
			                              { frames[0].octets, n > 0 ? 12 + n : 10 } };
		static struct watch watch;

		frame_make(&frames[0], 0xA000, "01", "0201", information, n);
		assert_int_equal(frames[0].len, expected[0].len);
		memcpy(stream, frames[0].octets, frames[0].len);
		memcpy(stream + frames[0].len - 1, frames[1].octets, frames[1].len);
		watch_init(&watch, expected, 3);
		watch_push(&watch, stream, frames[0].len + frames[1].len - 1);
		watch_push(&watch, frames[0].octets, frames[0].len);
		watch_end(&watch);
	}
}

/* The longest frames, one behind the other, in parts that do not fit them. */
static void test_longest_back_to_back(void **state)
{
	static const size_t parts[] = { 1, 2, 3, 7, 64, 1000, 2047, 2048, 2049, 2050, 5000, 20000 };
	static uint8_t information[FRAME_MAX], stream[8 * sizeof(struct frame)];
	static struct frame frame;
	struct expected expected[8];
	struct dice dice = dice_new();
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		dice_fill(&dice, information, sizeof(information));
		frame_make(&frame, 0xA000, "01", "0201", information, FRAME_MAX - 8 - 2);
		if (i % 4 > 1) /* one flag for two */
			len--;
		expected[i] = (struct expected){ stream + len, frame.len };
		memcpy(stream + len, frame.octets, frame.len);
		len += frame.len;
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		static struct watch watch;

		watch_init(&watch, expected, COUNT(expected));
		for (size_t at = 0; at < len; at += parts[i])
			watch_push(&watch, stream + at, len - at < parts[i] ? len - at : parts[i]);
		watch_end(&watch);
	}
}

/* What a pretended length can hide: frames inside frames inside frames, each to be found. */
static void test_frames_inside_frames(void **state)
{
	static uint8_t stream[3 * FRAME_MAX];
	static struct frame frame;
	static struct watch watch;
	struct expected expected[20];
	size_t len = 0;

	(void)state;
	frame_make(&frame, 0xA000, "01", "0201", (const uint8_t *)"7e", 2);
	for (size_t i = 0; i < COUNT(expected); i++) {
		for (size_t k = 0; k <= i % 5; k++)
			len += unhex(LONGEST, stream + len, 9);
		expected[i] = (struct expected){ frame.octets, frame.len };
		memcpy(stream + len, frame.octets, frame.len);
		len += frame.len;
	}
	for (size_t parts = 1; parts <= 50; parts++) {
		watch_init(&watch, expected, COUNT(expected));
		for (size_t at = 0; at < len; at += len / parts)
			watch_push(&watch, stream + at,
			           len - at < len / parts ? len - at : len / parts);
		watch_end(&watch);
	}
}

#define PIECES 400

/* A line with good and damaged frames and noise on it, and which frames must come out of it. */
struct traffic {
	uint8_t stream[PIECES * (sizeof(struct frame) + 4)];
	size_t len;
	struct expected good[PIECES];
	size_t count;
	bool flag; /* the last octet is a frame's closing flag */
};

static void traffic_add(struct traffic *t, const uint8_t *buf, size_t len)
{
	memcpy(t->stream + t->len, buf, len);
	t->len += len;
}

static void traffic_frame(struct dice *dice, struct frame *frame)
{
	static const char *const ends[] = { "01", "0201", "00020001", "ceff", "41" };
	uint8_t information[FRAME_MAX];
	size_t most = dice_below(dice, 4) ? 150 : FRAME_MAX - 15;
	size_t len = dice_below(dice, most + 1);

	dice_fill(dice, information, len);
	for (size_t i = 0; i < len; i++) {
		if (dice_below(dice, 30) == 0)
			information[i] = 0x7E;
		if (dice_below(dice, 30) == 0)
			information[i] = 0xA0;
	}
	frame_make(frame, dice_below(dice, 9) ? 0xA000 : 0xA800,
	           ends[dice_below(dice, COUNT(ends))], ends[dice_below(dice, COUNT(ends))],
	           information, len);
}

static void traffic_good(struct traffic *t, struct dice *dice)
{
	static const uint8_t fill[3] = { 0x7E, 0x7E, 0x7E };
	static struct frame frame;

	traffic_frame(dice, &frame);
	traffic_add(t, fill, dice_below(dice, COUNT(fill) + 1));
	if (t->flag && dice_below(dice, 2)) /* one flag for two */
		t->len--;
	t->good[t->count++] = (struct expected){ t->stream + t->len, frame.len };
	traffic_add(t, frame.octets, frame.len);
	t->flag = true;
}

static void traffic_noise(struct traffic *t, struct dice *dice)
{
	uint8_t noise[300];
	size_t len = 1 + dice_below(dice, sizeof(noise));

	dice_fill(dice, noise, len);
	for (size_t i = 0; i < len; i++) {
		if (dice_below(dice, 10) == 0)
			noise[i] = 0x7E;
	}
	traffic_add(t, noise, len);
	t->flag = false;
}

static void traffic_bad(struct traffic *t, struct dice *dice)
{
	static struct frame frame;
	size_t at;

	traffic_frame(dice, &frame);
	/* Neither flag, nor the end, which the next frame's flag could complete. */
	at = 1 + dice_below(dice, frame.len - 6);
	switch (dice_below(dice, 4)) {
	case 0: /* a burst of at most 16 bits, which the check is sure to see */
		frame.octets[at] ^= (uint8_t)(1 + dice_below(dice, 255));
		frame.octets[at + 1] ^= (uint8_t)dice_below(dice, 256);
		break;
	case 1:
		frame.len--;
		memmove(frame.octets + at, frame.octets + at + 1, frame.len - at);
		break;
	case 2:
		frame.len = at;
		break;
	case 3:
		memmove(frame.octets + at + 1, frame.octets + at, frame.len - at - 1);
		break;
	}
	traffic_add(t, frame.octets, frame.len);
	t->flag = false;
}

static void traffic_make(struct traffic *t, struct dice *dice)
{
	t->len = t->count = 0;
	t->flag = false;
	for (int i = 0; i < PIECES; i++) {
		size_t kind = dice_below(dice, 10);

		if (kind < 6)
			traffic_good(t, dice);
		else if (kind < 8)
			traffic_bad(t, dice);
		else
			traffic_noise(t, dice);
	}
}

static void test_random_traffic(void **state)
{
	static const size_t parts[] = { 1, 9, 64, 700, 5000, 100000 };
	static struct traffic traffic;
	static struct watch watch;
	struct dice dice = dice_new();

	(void)state;
	for (size_t round = 0; round < 3 * COUNT(parts); round++) {
		traffic_make(&traffic, &dice);
		watch_init(&watch, traffic.good, traffic.count);
		for (size_t at = 0, n; at < traffic.len; at += n) {
			n = 1 + dice_below(&dice, parts[round % COUNT(parts)]);
			if (n > traffic.len - at)
				n = traffic.len - at;
			watch_push(&watch, traffic.stream + at, n);
		}
		watch_end(&watch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit_flipped),
		cmocka_unit_test(test_every_octet_replaced),
		cmocka_unit_test(test_every_octet_dropped),
		cmocka_unit_test(test_every_octet_doubled),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_longest_back_to_back),
		cmocka_unit_test(test_frames_inside_frames),
		cmocka_unit_test(test_random_traffic),
	};

	return cmocka_run_group_tests_name("hdlc-traffic", tests, NULL, NULL);
}
