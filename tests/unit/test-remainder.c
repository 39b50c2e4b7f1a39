/* What divides what: sums of two sound frames, by the check sequence bit by bit. */
#include "dice.h"
#include "frame.h"

#include "remainder.h"

#define WORD 8
#define LONG (40 * WORD)

static bool is_none(const uint8_t *octets, size_t len)
{
	struct remainder r = { 0, 0 };

	for (size_t at = 0; at < len; at += WORD)
		remainder_add(&r, remainder_word(octets + at));
	return remainder_is_none(&r);
}

static void make_sound(struct dice *dice, uint8_t *octets, size_t len)
{
	uint16_t check;

	dice_fill(dice, octets, len - 2);
	check = check_by_bits(octets, len - 2);
	octets[len - 2] = (uint8_t)check;
	octets[len - 1] = (uint8_t)(check >> 8);
}

/* The sum of two frames of that length, of which the check covers all; in front and behind is room for words. */
static void make_sum(struct dice *dice, uint8_t *sum, size_t len)
{
	uint8_t other[LONG];

	make_sound(dice, sum, len);
	make_sound(dice, other, len);
	for (size_t i = 0; i < len; i++)
		sum[i] ^= other[i];
}

static void test_sums_of_frames(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (size_t len = 3; len <= LONG; len++) {
		uint8_t words[LONG + WORD] = { 0 };
		size_t whole = (len + WORD - 1) / WORD * WORD;
		size_t front = dice_below(&dice, whole - len + 1);

		make_sum(&dice, words + front, len);
		assert_true(is_none(words, whole));
		for (size_t bit = 0; bit < 8 * whole; bit++) {
			words[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(is_none(words, whole));
			words[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* Of all that 16 bits may be, one fits; wherever they are. */
static void test_every_check(void **state)
{
	struct dice dice = dice_new();
	uint8_t words[5 * WORD];

	(void)state;
	for (size_t at = 0; at + 2 <= sizeof(words); at++) {
		unsigned found = 0;

		dice_fill(&dice, words, sizeof(words));
		for (unsigned check = 0; check < 0x10000; check++) {
			words[at] = (uint8_t)check;
			words[at + 1] = (uint8_t)(check >> 8);
			found += is_none(words, sizeof(words));
		}
		assert_int_equal(found, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_of_frames),
		cmocka_unit_test(test_every_check),
	};

	return cmocka_run_group_tests_name("remainder", tests, NULL, NULL);
}
