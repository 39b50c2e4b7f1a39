/* How many octets a decoder still wants, at every octet of valid messages and of damaged ones: no event comes
 * before so many, and behind a frame's header it is what the frame lacks. */
#include "dice.h"
#include "loaded.h"
#include "unhex.h"

#include "../support/invariants.h"

#define FRAMES_MAX 64 /* of one message */

/* Where a message's frames end, and their headers. */
struct frames {
	size_t count;
	size_t begin[FRAMES_MAX], end[FRAMES_MAX];
	bool sized[FRAMES_MAX]; /* its header says how long it is */
};

/* One octet and what comes of it; events told are counted. */
static size_t push_octet(struct han_decoder *decoder, uint8_t octet, struct frames *frames)
{
	struct han_event event;
	size_t events = 0, len = 1;

	do {
		len -= han_decoder_push(decoder, &octet, len, 0, &event);
		events += event.type != HAN_MORE;
		if (frames && event.frame && event.type != HAN_BAD_FRAME) {
			assert_true(frames->count < FRAMES_MAX);
			frames->begin[frames->count] = (size_t)event.offset;
			frames->end[frames->count] = (size_t)event.offset + event.frame_len;
			frames->sized[frames->count++] = event.frame[0] != '/';
		}
	} while (event.type != HAN_MORE);
	return events;
}

/* Fails when an event comes before the octets that were wanted. wanted[i]: before octet i. */
static void follow(const struct han_settings *settings, const uint8_t *octets, size_t len,
                   struct frames *frames, size_t *wanted)
{
	struct han_decoder decoder;
	size_t quiet_until = 0;

	han_decoder_init(&decoder, settings);
	for (size_t i = 0; i < len; i++) {
		size_t more = han_decoder_wanted(&decoder);

		assert_true(more >= 1);
		if (wanted)
			wanted[i] = more;
		if (i + more > quiet_until)
			quiet_until = i + more;
		if (push_octet(&decoder, octets[i], frames) == 0)
			continue;
		if (i + 1 < quiet_until)
			fail_msg("an event after %zu octets, none was to come before %zu", i + 1,
			         quiet_until);
		quiet_until = 0;
	}
	han_decoder_fini(&decoder);
}

/* Octets of a frame after which its length is known to be right, at most. */
static size_t header_len(const uint8_t *frame)
{
	size_t len = 3;

	if (frame[0] == 0x68)
		return 5;
	if (frame[0] == 0xDB)
		return 2 + HAN_TITLE_OCTETS + 4;
	for (int addresses = 2; addresses > 0; len++)
		addresses -= frame[len] & 1;
	return len + 3;
}

static void test_messages(void **state)
{
	size_t sized = 0;

	(void)state;
	for (size_t m = 0; m < messages.count; m++) {
		const struct message *message = &messages.list[m];
		struct han_settings settings = message_settings(message);
		size_t *wanted = calloc(message->len, sizeof(*wanted));
		struct frames frames = { 0 };

		assert_non_null(wanted);
		follow(&settings, message->octets, message->len, &frames, wanted);
		for (size_t f = 0; f < frames.count; f++) {
			size_t i = frames.begin[f] + header_len(message->octets + frames.begin[f]);

			sized += frames.sized[f];
			for (; frames.sized[f] && i < frames.end[f]; i++)
				assert_int_equal(wanted[i], frames.end[f] - i);
		}
		free(wanted);
	}
	assert_true(sized > 0);
}

/* Noise, damage and everything else: it is still a promise. */
static void test_damaged(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (size_t m = 0; m < messages.count; m++) {
		const struct message *message = &messages.list[m];
		struct han_settings settings = message_settings(message);
		uint8_t *octets = malloc(message->len);

		assert_non_null(octets);
		for (unsigned round = 0; round < 20; round++) {
			memcpy(octets, message->octets, message->len);
			for (unsigned n = 0; n < 1 + round / 4; n++)
				octets[dice_below(&dice, message->len)] =
					(uint8_t)dice_below(&dice, 256);
			settings.protocol = round % 2 ? HAN_PROTOCOL_AUTO : settings.protocol;
			follow(&settings, octets + round % 3, message->len - round % 3, NULL, NULL);
		}
		free(octets);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	enum han_protocol protocol;
	const char *octets; /* hex */
	size_t wanted;      /* behind them */
} places[] = {
	{ "nothing yet",              HAN_PROTOCOL_AUTO, "",                     2 },
	{ "noise",                    HAN_PROTOCOL_AUTO, "00010203",             2 },
	{ "a flag",                   HAN_PROTOCOL_AUTO, "7e",                   1 },
	{ "flags",                    HAN_PROTOCOL_AUTO, "7e7e7e",               1 },
	{ "a flag and the type",      HAN_PROTOCOL_AUTO, "7ea0",                 1 },
	{ "the format",               HAN_PROTOCOL_AUTO, "7ea027",               5 },
	{ "short addresses",          HAN_PROTOCOL_AUTO, "7ea02701020110",       1 },
	{ "the header",               HAN_PROTOCOL_AUTO, "7ea027010201105a87",   32 },
	{ "behind the header",        HAN_PROTOCOL_AUTO, "7ea027010201105a87e6", 31 },
	{ "both lengths",             HAN_PROTOCOL_AUTO, "681f1f",               1 },
	{ "an M-Bus head",            HAN_PROTOCOL_AUTO, "681f1f68",             1 },
	{ "an M-Bus frame",           HAN_PROTOCOL_AUTO, "681f1f6853",           32 },
	{ "M-Bus, which is not read", HAN_PROTOCOL_HDLC, "681f1f6853",           2 },
	{ "a telegram",               HAN_PROTOCOL_AUTO, "2f49534b350d0a",       1 },
};
/* clang-format on */

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct han_settings settings = { .protocol = places[i].protocol };
		struct han_decoder decoder;
		uint8_t octets[16];
		size_t len = unhex(places[i].octets, octets, sizeof(octets));

		han_decoder_init(&decoder, &settings);
		for (size_t n = 0; n < len; n++)
			assert_int_equal(push_octet(&decoder, octets[n], NULL), 0);
		if (han_decoder_wanted(&decoder) != places[i].wanted)
			fail_msg("%s: %zu wanted, not %zu", places[i].name,
			         han_decoder_wanted(&decoder), places[i].wanted);
	}
}

/* While an event may hide another one, and right behind a frame. */
static void test_events(void **state)
{
	/* a frame whose length is wrong, and behind it one whose header is */
	static const uint8_t octets[] = { 0x7E, 0xA0, 0x01 };
	struct han_decoder decoder;
	struct han_event event;

	(void)state;
	han_decoder_init(&decoder, NULL);
	assert_int_equal(han_decoder_push(&decoder, octets, sizeof(octets), 0, &event), 3);
	assert_int_equal(event.type, HAN_BAD_FRAME);
	assert_int_equal(han_decoder_wanted(&decoder), 1);
	assert_int_equal(han_decoder_push(&decoder, NULL, 0, 0, &event), 0);
	assert_int_equal(event.type, HAN_MORE);
	assert_int_equal(han_decoder_wanted(&decoder), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
