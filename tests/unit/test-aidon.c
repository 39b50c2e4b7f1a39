/* Aidon's lists, against frames put together from its interface description. */
#include "aidon.h"

#include <stdlib.h>

#include "check.h"
#include "encoded.h"
#include "made.h"

/* clang-format off */
static const struct {
	const char *name;
	enum aidon_list list;
	const char *hex;
} cases[] = {
	{ "list 1", AIDON_LIST_1,
	  "7ea02a410883130413e6e7000f40000000000101020309060100010700ff06000004d202020f0016"
	  "1b19f27e" },
	{ "list 2, three wires", AIDON_LIST_2,
	  "7ea10b41088313fa7ce6e7000f4000000000010c020209060101000281ff0a0b4149444f4e5f5630"
	  "303031020209060000600100ff0a1037333539393932383930303030303030020209060000600107"
	  "ff0a0436353235020309060100010700ff06000004d202020f00161b020309060100020700ff0600"
	  "00162e02020f00161b020309060100030700ff060000005b02020f00161d020309060100040700ff"
	  "060000003802020f00161d0203090601001f0700ff10001102020fff1621020309060100470700ff"
	  "10000d02020fff1621020309060100200700ff1208f102020fff1623020309060100340700ff1208"
	  "f002020fff1623020309060100480700ff1208e502020fff16233c957e" },
	{ "list 3, registers of the full hour", AIDON_LIST_3,
	  "7ea17741088313391ee6e7000f40000000000111020209060101000281ff0a0b4149444f4e5f5630"
	  "303031020209060000600100ff0a1037333539393932383930303030303030020209060000600107"
	  "ff0a0436353235020309060100010700ff06000004d202020f00161b020309060100020700ff0600"
	  "00162e02020f00161b020309060100030700ff060000005b02020f00161d020309060100040700ff"
	  "060000003802020f00161d0203090601001f0700ff10001102020fff1621020309060100470700ff"
	  "10000d02020fff1621020309060100200700ff1208f102020fff1623020309060100340700ff1208"
	  "f002020fff1623020309060100480700ff1208e502020fff1623020209060000010000ff090c07ea"
	  "0301070c0000ff800000020309060100010800ff060011aef402020f01161e020309060100020800"
	  "ff0600045a7402020f01161e020309060100030800ff0600002f1202020f01162002030906010004"
	  "0800ff0600068a0602020f0116204a257e" },
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
		len = aidon_encode(&e, &sample, cases[i].list);
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
			assert_int_equal(aidon_encode(&e, &sample, cases[i].list),
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

	return cmocka_run_group_tests_name("aidon", tests, NULL, NULL);
}
