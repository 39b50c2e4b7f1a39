/* Frames that somebody knows by heart: what the framer lets him see of them. */
#include "frame.h"

#include "framer.h"

/* A pause is what comes in front of most frames; only in one it makes a difference. */
static void test_behind_a_pause(void **state)
{
	static struct framer f;
	const uint64_t later = 1001 + HAN_IDLE_MS;
	enum framer_event event;
	struct frame frame;

	(void)state;
	frame_make(&frame, 0xA000, "2b", "21", (const uint8_t *)"\x0f", 1);
	framer_init(&f, HAN_PROTOCOL_AUTO);
	framer_push(&f, frame.octets, frame.len, 1000, &event);
	assert_int_equal(event, FRAMER_FRAME);
	assert_int_equal(framer_join(&f, frame.octets + 1, frame.len - 1, later), frame.len - 1);
	assert_memory_equal(framer_candidate(&f), frame.octets, frame.len);
	framer_part(&f, frame.len - 1);
	framer_push(&f, frame.octets, 5, 1000, &event);
	assert_int_equal(framer_join(&f, frame.octets + 5, frame.len - 5, later), 0);
	assert_int_equal(framer_join(&f, frame.octets + 5, frame.len - 5, 1000), frame.len - 5);
}

/* A whole one is seen where nothing has begun but perhaps a flag, and nothing is changed by that. */
static void test_next(void **state)
{
	static struct framer f;
	enum framer_event event;
	struct frame frame;

	(void)state;
	frame_make(&frame, 0xA000, "2b", "21", (const uint8_t *)"\x0f", 1);
	framer_init(&f, HAN_PROTOCOL_AUTO);
	assert_int_equal(framer_next(&f, frame.octets, frame.len), frame.len);
	assert_int_equal(framer_next(&f, frame.octets, frame.len - 1), 0);
	assert_int_equal(framer_next(&f, frame.octets, 2), 0);
	assert_int_equal(framer_next(&f, frame.octets, 0), 0);
	assert_int_equal(framer_next(&f, frame.octets + 1, frame.len - 1), 0);

	framer_push(&f, frame.octets, frame.len, 0, &event);
	assert_int_equal(event, FRAMER_FRAME);
	assert_int_equal(framer_next(&f, frame.octets, frame.len), frame.len);
	framer_push(&f, frame.octets, 0, 0, &event);
	assert_int_equal(event, FRAMER_MORE);
	assert_int_equal(framer_next(&f, frame.octets, frame.len), frame.len);

	framer_push(&f, frame.octets, 4, 0, &event);
	assert_int_equal(framer_next(&f, frame.octets, frame.len), 0);
	framer_init(&f, HAN_PROTOCOL_MBUS);
	assert_int_equal(framer_next(&f, frame.octets, frame.len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_a_pause),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests_name("framer-join", tests, NULL, NULL);
}
