/* Kamstrup's lists, against frames put together from its interface description. */
#include "kamstrup.h"

#include <stdlib.h>

#include "check.h"
#include "encoded.h"
#include "made.h"

/* clang-format off */
static const struct {
	const char *name;
	enum kamstrup_list list;
	const char *hex;
} cases[] = {
	{ "25 elements", KAMSTRUP_LIST_1,
	  "7ea0e22b2113239ae6e7000f000000000c07ea0301070c000aff80000002190a0e4b616d73747275"
	  "705f563030303109060101000005ff0a103537303635363732303030303030303009060101600101"
	  "ff0a1236383431313231424e32343331303130343009060101010700ff06000004d2090601010207"
	  "00ff060000162e09060101030700ff060000005b09060101040700ff0600000038090601011f0700"
	  "ff06000000a609060101330700ff06000000d209060101470700ff060000008609060101200700ff"
	  "1200e509060101340700ff1200e509060101480700ff1200e4f4b47e" },
	{ "35 elements, registers of the full hour", KAMSTRUP_LIST_2,
	  "7ea12c2b2113fc04e6e7000f000000000c07ea0301070c000aff80000002230a0e4b616d73747275"
	  "705f563030303109060101000005ff0a103537303635363732303030303030303009060101600101"
	  "ff0a1236383431313231424e32343331303130343009060101010700ff06000004d2090601010207"
	  "00ff060000162e09060101030700ff060000005b09060101040700ff0600000038090601011f0700"
	  "ff06000000a609060101330700ff06000000d209060101470700ff060000008609060101200700ff"
	  "1200e509060101340700ff1200e509060101480700ff1200e409060001010000ff090c07ea030107"
	  "0c000aff80000009060101010800ff060011aef409060101020800ff0600045a7409060101030800"
	  "ff0600002f1209060101040800ff0600068a06c27a7e" },
};
/* clang-format on */

static void test_lists(void **state)
{
	const struct sample sample = made_sample();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t buf[ENCODER_FRAME_MAX];
		struct encoder e;
		size_t len;

		say_case(cases[i].name);
		encoder_init(&e, buf, sizeof(buf));
		len = kamstrup_encode(&e, &sample, cases[i].list);
		assert_int_equal(len, e.len);
		check_octets(&e, cases[i].hex);
	}
}

static void test_small_buffers(void **state)
{
	const struct sample sample = made_sample();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t whole = strlen(cases[i].hex) / 2;

		for (size_t size = 0; size <= whole; size++) {
			uint8_t *buf = malloc(size + 1);
			struct encoder e;

			assert_non_null(buf);
			buf[size] = 0x55;
			encoder_init(&e, buf, size);
			assert_int_equal(kamstrup_encode(&e, &sample, cases[i].list),
			                 size < whole ? 0 : whole);
			assert_int_equal(buf[size], 0x55);
			free(buf);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_small_buffers),
	};

	return cmocka_run_group_tests_name("kamstrup", tests, NULL, NULL);
}
