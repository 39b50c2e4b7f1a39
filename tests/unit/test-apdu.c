/* The headers in front of a body: LLC, data-notification, and the spellings of its date-time. */
#include "unhex.h"

#include "apdu.h"
#include "cursor.h"

#define TIME "07e8 01 17 02 11 3a 3a ff 8000 00"
#define ID   "40000000"

/* clang-format off */
static const struct {
	const char *name, *hex;
	enum han_err err;
} llcs[] = {
	{ "of a push",          "e6e700",   HAN_OK },
	{ "of a command",       "e6e600",   HAN_OK },
	{ "octets behind",      "e6e7000f", HAN_OK },
	{ "first octet",        "e7e700",   HAN_ERR_LLC },
	{ "second octet",       "e6e500",   HAN_ERR_LLC },
	{ "second octet above", "e6e800",   HAN_ERR_LLC },
	{ "third octet",        "e6e701",   HAN_ERR_LLC },
	{ "no LLC at all",      "0f4000",   HAN_ERR_LLC },
	{ "cut short",          "e6e7",     HAN_ERR_TRUNCATED },
	{ "nothing",            "",         HAN_ERR_TRUNCATED },
};

static const struct {
	const char *name, *hex;
	bool has_time;
	uint32_t invoke_id;
} notifications[] = {
	{ "no date-time",               "0f" ID "00",              false, 0x40000000 },
	{ "the standard's date-time",   "0f" ID "0c" TIME,         true,  0x40000000 },
	{ "with a type in front",       "0f" ID "09 0c" TIME,      true,  0x40000000 },
	{ "a date-time with its type",  "0f" ID "19" TIME,         true,  0x40000000 },
	{ "invoke id, all octets",      "0f 89abcdef 00",          false, 0x89ABCDEF },
};

/* Event-notifications: time, class, code, attribute. */
static const struct {
	const char *name, *hex;
	bool has_time;
} events[] = {
	{ "no time",                    "c2 00 0003 0100010700ff 02",              false },
	{ "a time",                     "c2 01 0c" TIME "0003 0100010700ff 02",    true },
	{ "a time with a type in front", "c2 01 09 0c" TIME "0003 0100010700ff 02", true },
	{ "a date-time with its type",  "c2 01 19" TIME "0003 0100010700ff 02",    true },
};

static const struct {
	const char *name, *hex;
	enum han_err err;
} refused_events[] = {
	{ "a data-notification",        "0f 00 0003 0100010700ff 02",              HAN_ERR_APDU },
	{ "neither time nor none",      "c2 02 0c" TIME "0003 0100010700ff 02",    HAN_ERR_DATETIME },
	{ "a time without its mark",    "c2 0c" TIME "0003 0100010700ff 02",       HAN_ERR_DATETIME },
	{ "eleven octets",              "c2 01 0b" TIME "0003 0100010700ff 02",    HAN_ERR_DATETIME },
	{ "nothing",                    "",                                        HAN_ERR_TRUNCATED },
};

/* General blocks. */
static const struct {
	const char *name, *hex;
	enum han_err err;
	bool last;
	uint16_t number;
	const char *octets;
} blocks[] = {
	{ "the first",                  "e0 40 0001 0000 02 aabb",    HAN_OK, false, 1,      "aabb" },
	{ "the last",                   "e0 c0 0002 0000 01 aa",      HAN_OK, true,  2,      "aa" },
	{ "not streamed, a window",     "e0 bf ffff 1234 01 aa",      HAN_OK, true,  0xFFFF, "aa" },
	{ "a high number",              "e0 3f 0100 0000 01 aa",      HAN_OK, false, 0x0100, "aa" },
	{ "empty",                      "e0 80 0001 0000 00",         HAN_OK, true,  1,      "" },
	{ "a length of one more octet", "e0 80 0001 0000 81 01 aa",   HAN_OK, true,  1,      "aa" },
	{ "a length of four",           "e0 80 0001 0000 84 00000001 aa", HAN_OK, true, 1,   "aa" },
	{ "another APDU",               "0f 80 0001 0000 01 aa",      HAN_ERR_APDU,      false, 0, "" },
	{ "a malformed length",         "e0 80 0001 0000 80 aa",      HAN_ERR_COUNT,     false, 1, "" },
	{ "a length beyond all",        "e0 80 0001 0000 84 ffffffff aa", HAN_ERR_TRUNCATED, false, 1, "" },
	{ "cut short",                  "e0 80 0001 0000 02 aa",      HAN_ERR_TRUNCATED, false, 1, "" },
	{ "cut in the number",          "e0 80 00",                   HAN_ERR_TRUNCATED, false, 0, "" },
	{ "nothing",                    "",                           HAN_ERR_TRUNCATED, false, 0, "" },
	{ "octets behind",              "e0 80 0001 0000 01 aa bb",   HAN_ERR_TRAILING,  false, 1, "" },
};

/* What meters push. */
static const char pushes[] = "0f 2f c2 c8 c9 ca cb cc cd cf d0 d1 d2 d3 d4 d5 d6 d7 db dc dd e0";

static const struct {
	const char *name, *hex;
	enum han_err err;
} refused[] = {
	{ "get-response",               "c4" ID "00",              HAN_ERR_APDU },
	{ "general block transfer",     "e0" ID "00",              HAN_ERR_APDU },
	{ "ciphered",                   "db" ID "00",              HAN_ERR_APDU },
	{ "tag 0",                      "00" ID "00",              HAN_ERR_APDU },
	{ "tag 8F",                     "8f" ID "00",              HAN_ERR_APDU },
	{ "eleven octets",              "0f" ID "0b" TIME,         HAN_ERR_DATETIME },
	{ "thirteen octets",            "0f" ID "0d" TIME "00",    HAN_ERR_DATETIME },
	{ "type and eleven octets",     "0f" ID "09 0b" TIME,      HAN_ERR_DATETIME },
	{ "type and no octets",         "0f" ID "09 00" TIME,      HAN_ERR_DATETIME },
	{ "type twice",                 "0f" ID "09 09 0c" TIME,   HAN_ERR_DATETIME },
	{ "another string type",        "0f" ID "0a 0c" TIME,      HAN_ERR_DATETIME },
	{ "a body at once",             "0f" ID "02 01 06 000004d2", HAN_ERR_DATETIME },
	{ "FF",                         "0f" ID "ff" TIME,         HAN_ERR_DATETIME },
};
/* clang-format on */

static void test_llc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(llcs); i++) {
		uint8_t buf[8], llc[3] = { 1, 2, 3 };
		size_t len = unhex(llcs[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(llcs[i].name);
		apdu_read_llc(&c, llc);
		assert_int_equal(c.err, llcs[i].err);
		if (llcs[i].err != HAN_OK)
			continue;
		assert_memory_equal(llc, buf, 3);
		assert_int_equal(cursor_left(&c), len - 3);
	}
}

static void check_time(const struct han_apdu_header *header)
{
	uint8_t octets[HAN_DATETIME_OCTETS];
	char text[HAN_DATETIME_TEXT];

	unhex(TIME, octets, sizeof(octets));
	assert_memory_equal(header->time_octets, octets, sizeof(octets));
	assert_string_equal(han_datetime_print(&header->time, text), "2024-01-23T17:58:58");
	assert_int_equal(header->time.status, 0);
	assert_int_equal(header->time.deviation, HAN_NO_DEVIATION);
}

/* A body of one octet stands behind the header; in fewer octets there is no header. */
static void check_notification(const uint8_t *buf, size_t len, bool has_time, uint32_t invoke_id)
{
	struct han_apdu_header header;
	struct han_cursor c = cursor_over(buf, len + 1);

	memset(&header, 0xA5, sizeof(header));
	apdu_read_notification(&c, &header);
	assert_int_equal(c.err, HAN_OK);
	assert_ptr_equal(c.pos, buf + len);
	assert_int_equal(header.tag, 0x0F);
	assert_int_equal(header.invoke_id, invoke_id);
	assert_int_equal(header.has_time, has_time);
	if (has_time)
		check_time(&header);

	for (size_t cut = 0; cut < len; cut++) {
		c = cursor_over(buf, cut);
		apdu_read_notification(&c, &header);
		assert_int_not_equal(c.err, HAN_OK);
		if (cut > 0)
			assert_int_equal(c.err, HAN_ERR_TRUNCATED);
	}
}

static void test_notification(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(notifications); i++) {
		uint8_t buf[32];
		size_t len = unhex(notifications[i].hex, buf, sizeof(buf) - 1);

		say_case(notifications[i].name);
		buf[len] = 0x02;
		check_notification(buf, len, notifications[i].has_time, notifications[i].invoke_id);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct han_apdu_header header;
		uint8_t buf[32];
		size_t len = unhex(refused[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(refused[i].name);
		apdu_read_notification(&c, &header);
		assert_int_equal(c.err, refused[i].err);
	}
}

/* A value of one octet stands behind the header. */
static void check_event(const uint8_t *buf, size_t len, bool has_time)
{
	static const struct han_obis power = { 1, 0, 1, 7, 0, 255 };
	struct han_apdu_header header;
	struct han_cursor c = cursor_over(buf, len + 1);

	memset(&header, 0xA5, sizeof(header));
	apdu_read_event(&c, &header);
	assert_int_equal(c.err, HAN_OK);
	assert_ptr_equal(c.pos, buf + len);
	assert_int_equal(header.tag, 0xC2);
	assert_int_equal(header.invoke_id, 0);
	assert_true(han_obis_equal(header.obis, power));
	assert_int_equal(header.has_time, has_time);
	if (has_time)
		check_time(&header);
	for (size_t cut = 1; cut < len; cut++) {
		c = cursor_over(buf, cut);
		apdu_read_event(&c, &header);
		assert_int_equal(c.err, HAN_ERR_TRUNCATED);
	}
}

static void test_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		uint8_t buf[32];
		size_t len = unhex(events[i].hex, buf, sizeof(buf) - 1);

		say_case(events[i].name);
		buf[len] = 0x00;
		check_event(buf, len, events[i].has_time);
	}
	for (size_t i = 0; i < COUNT(refused_events); i++) {
		struct han_apdu_header header;
		uint8_t buf[32];
		size_t len = unhex(refused_events[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(refused_events[i].name);
		apdu_read_event(&c, &header);
		assert_int_equal(c.err, refused_events[i].err);
	}
}

static void test_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct apdu_block block = { .number = 4711 };
		uint8_t buf[32], octets[8];
		size_t len = unhex(blocks[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(blocks[i].name);
		assert_int_equal(apdu_block_number(c), blocks[i].number);
		apdu_read_block(&c, &block);
		assert_int_equal(c.err, blocks[i].err);
		assert_int_equal(block.number, c.err == HAN_OK ? blocks[i].number : 4711);
		if (c.err != HAN_OK)
			continue;
		assert_int_equal(block.last, blocks[i].last);
		assert_int_equal(block.len, unhex(blocks[i].octets, octets, sizeof(octets)));
		assert_memory_equal(block.octets, octets, block.len);
	}
}

static void test_pushes(void **state)
{
	uint8_t buf[32];
	size_t count = unhex(pushes, buf, sizeof(buf));

	(void)state;
	for (unsigned tag = 0; tag < 256; tag++)
		assert_int_equal(apdu_is_push((uint8_t)tag), memchr(buf, (int)tag, count) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_llc),     cmocka_unit_test(test_notification),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_event),
		cmocka_unit_test(test_blocks),  cmocka_unit_test(test_pushes),
	};

	return cmocka_run_group_tests_name("apdu", tests, NULL, NULL);
}
