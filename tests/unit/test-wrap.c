/* Long messages in several frames: against frames that are known, and read again octet by octet without the
 * library, with checks of the test's own. */
#include "wrap.h"

#include <stdlib.h>

#include "check.h"
#include "encoded.h"
#include "unwrap.h"

#define APDU "0f00000001 00 02 01 06 000004d2"

static const struct encoder_frame iskra = { { { 0xCF }, 1 }, { { 0x02, 0x23 }, 2 }, 0x13, false };
static const struct encoder_frame landis = { { { 0xCE, 0xFF }, 2 }, { { 0x03 }, 1 }, 0x13, false };
static const struct wrap_mbus austria = { 0x53, 0xFF, 0x01, 0x67, 255 };

/* ---- known frames ---- */

static void test_known_segments(void **state)
{
	uint8_t buf[128], apdu[16];
	size_t len = unhex(APDU, apdu, sizeof(apdu));
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_segments(&e, &iskra, 0x03, apdu, len, 8), 40);
	check_octets(&e, "7e a812 cf 0223 03 85f3 e6e700 0f00000001 dff8 7e"
	                 "7e a012 cf 0223 13 5cc2 00020106000004d2 8ff9 7e");
}

static void test_known_blocks(void **state)
{
	uint8_t buf[128], apdu[16];
	size_t len = unhex(APDU, apdu, sizeof(apdu));
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_blocks(&e, &landis, apdu, len, 6), 28 + 25 + 20);
	check_octets(&e, "7e a01a ceff 03 13 bfd4 e6e700 e0400001000006 0f0000000100 49e1 7e"
	                 "7e a017 ceff 03 13 cba8        e0400002000006 020106000004 9175 7e"
	                 "7e a012 ceff 03 13 9f8e        e0c00003000001 d2           0bcb 7e");
}

static void test_known_mbus(void **state)
{
	struct wrap_mbus link = austria;
	uint8_t buf[128];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_mbus(&e, &link, (const uint8_t *)"\x0f\x01\x02", 3), 14);
	check_octets(&e, "68 08 08 68 53 ff 10 01 67 0f 01 02 dc 16");
	link.most = 2;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_mbus(&e, &link, (const uint8_t *)"\x0f\x01\x02", 3), 13 + 12);
	check_octets(&e, "68 07 07 68 53 ff 00 01 67 0f 01 ca 16"
	                 "68 06 06 68 53 ff 11 01 67 02    cd 16");
}

/* ---- read again ---- */

static void fill(uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(i % 5 == 0 ? 0x7E : i % 7 == 0 ? 0x68 : i * 31);
}

/* Every length around a frame's limit, with every kind of frame. */
static void test_all_lengths(void **state)
{
	static const size_t limits[] = { 4, 16, 120, 127, 128, 154, 250, 252, 255 };
	static uint8_t buf[4096], apdu[600];
	static struct message message;
	struct wrap_mbus link = austria;
	struct encoder e;
	size_t done;

	(void)state;
	fill(apdu, sizeof(apdu));
	for (size_t i = 0; i < COUNT(limits); i++) {
		size_t most = limits[i], longest = 16 * most < 600 ? 16 * most : 600;

		link.most = most;
		for (size_t len = 1; len <= longest; len++) {
			encoder_init(&e, buf, sizeof(buf));
			done = wrap_segments(&e, &iskra, 0x03, apdu, len, most);
			assert_int_equal(done, e.len);
			unwrap_segments(&e, most, &message);
			assert_int_equal(message.len, 3 + len);
			assert_memory_equal(message.octets, "\xe6\xe7\x00", 3);
			assert_memory_equal(message.octets + 3, apdu, len);

			encoder_init(&e, buf, sizeof(buf));
			done = wrap_blocks(&e, &landis, apdu, len, most);
			assert_int_equal(done, e.len);
			unwrap_blocks(&e, most, &message);
			assert_int_equal(message.len, len);
			assert_memory_equal(message.octets, apdu, len);

			encoder_init(&e, buf, sizeof(buf));
			done = wrap_mbus(&e, &link, apdu, len);
			assert_int_equal(done, e.len);
			unwrap_mbus(&e, most, &message);
			assert_int_equal(message.len, len);
			assert_memory_equal(message.octets, apdu, len);
		}
	}
}

/* The length octet of an M-Bus frame above 255. */
static void test_mbus_length_wraps(void **state)
{
	static const struct {
		size_t len;
		uint8_t octet;
	} cases[] = { { 250, 0xFF }, { 251, 0x00 }, { 252, 0x01 }, { 255, 0x04 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t buf[512], apdu[256] = { 0 };
		struct encoder e;

		encoder_init(&e, buf, sizeof(buf));
		wrap_mbus(&e, &austria, apdu, cases[i].len);
		assert_int_equal(e.len, cases[i].len + 11);
		assert_int_equal(buf[1], cases[i].octet);
		assert_int_equal(buf[2], cases[i].octet);
	}
}

/* ---- limits ---- */

static size_t wrap_as(unsigned how, struct encoder *e, const uint8_t *apdu, size_t len)
{
	struct wrap_mbus link = austria;

	link.most = 10;
	return how == 0   ? wrap_segments(e, &iskra, 0x03, apdu, len, 10)
	       : how == 1 ? wrap_blocks(e, &landis, apdu, len, 10)
	                  : wrap_mbus(e, &link, apdu, len);
}

static void test_small_buffers(void **state)
{
	uint8_t whole[256], apdu[25];

	(void)state;
	fill(apdu, sizeof(apdu));
	for (unsigned how = 0; how < 3; how++) {
		struct encoder e;
		size_t len;

		encoder_init(&e, whole, sizeof(whole));
		len = wrap_as(how, &e, apdu, sizeof(apdu));
		for (size_t size = 0; size <= len; size++) {
			uint8_t *buf = malloc(size + 1);

			assert_non_null(buf);
			buf[size] = 0x55;
			encoder_init(&e, buf, size);
			assert_int_equal(wrap_as(how, &e, apdu, sizeof(apdu)),
			                 size < len ? 0 : len);
			assert_int_equal(buf[size], 0x55);
			free(buf);
		}
	}
}

/* CI has four bits for the number. */
static void test_mbus_segments(void **state)
{
	uint8_t buf[1024], apdu[161] = { 0 };
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_as(2, &e, apdu, 160), 16 * 21);
	assert_int_equal(buf[15 * 21 + 6], 0x1F);
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(wrap_as(2, &e, apdu, 161), 0);
	assert_true(e.overflow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_segments),    cmocka_unit_test(test_known_blocks),
		cmocka_unit_test(test_known_mbus),        cmocka_unit_test(test_all_lengths),
		cmocka_unit_test(test_mbus_length_wraps), cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_mbus_segments),
	};

	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
