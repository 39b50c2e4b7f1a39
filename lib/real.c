#include "real.h"

#define EXP10_MIN (-40) /* of a han_decimal */
#define EXP10_MAX 40
#define FIRST     59     /* exp10 of the first digit: no han_decimal has one before it */
#define EXP2_MIN  (-186) /* with 53 bits below that it is less than 10^-40 … */
#define EXP2_MAX  147    /* … and above that, more than 10^60 */

/* The largest is eleven times 4 x 10^60 x 2^186: 392 bits. */
#define WORDS 13

/* A natural number; the least significant word is the first. */
struct big {
	uint32_t word[WORDS];
};

static void multiply(struct big *a, uint32_t factor)
{
	uint64_t carry = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		carry += (uint64_t)a->word[i] * factor;
		a->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static struct big sum(const struct big *a, const struct big *b)
{
	struct big result;
	uint64_t carry = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		carry += (uint64_t)a->word[i] + b->word[i];
		result.word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return result;
}

/* b is not larger than a. */
static void subtract(struct big *a, const struct big *b)
{
	uint32_t borrow = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t word = (uint64_t)a->word[i] - b->word[i] - borrow;

		a->word[i] = (uint32_t)word;
		borrow = word >> 32 != 0; /* it wrapped */
	}
}

/* Below, equal to or above 0, as a is to b. */
static int compare(const struct big *a, const struct big *b)
{
	unsigned i = WORDS - 1;

	while (i > 0 && a->word[i] == b->word[i])
		i--;
	return (a->word[i] > b->word[i]) - (a->word[i] < b->word[i]);
}

static struct big scaled(uint64_t number, unsigned exp2)
{
	struct big result = { { (uint32_t)number, (uint32_t)(number >> 32) } };

	for (; exp2 >= 16; exp2 -= 16)
		multiply(&result, 1U << 16);
	multiply(&result, 1U << exp2);
	return result;
}

/* A number mantissa x 2^exp2, not zero, and where its neighbours are. */
struct real {
	uint64_t mantissa;
	int exp2;
	bool lowest; /* of its power of two: the neighbour below is only half as far */
};

/* What is left of the number behind the digits so far, and how far a decimal may be off and still read
 * back; all in the same unit, in which the last digit counts `one`. */
struct search {
	struct big rest, below, above, one;
	bool inclusive; /* halfway to a neighbour reads back as well: the even one wins */
};

static struct search search_for(const struct real *real)
{
	unsigned up = real->exp2 > 0 ? (unsigned)real->exp2 : 0;
	unsigned down = real->exp2 < 0 ? (unsigned)-real->exp2 : 0;
	struct search s = {
		.rest = scaled(real->mantissa * 4, up), /* by 4 for the quarter below */
		.below = scaled(real->lowest ? 1 : 2, up),
		.above = scaled(2, up),
		.one = scaled(4, down),
		.inclusive = real->mantissa % 2 == 0,
	};

	for (int i = 0; i <= FIRST; i++)
		multiply(&s.one, 10);
	return s;
}

static unsigned next_digit(struct search *s)
{
	unsigned digit = 0;

	multiply(&s->rest, 10);
	multiply(&s->below, 10);
	multiply(&s->above, 10);
	for (; compare(&s->rest, &s->one) >= 0; digit++)
		subtract(&s->rest, &s->one);
	return digit;
}

/* The digits so far, or one more in the last place: whichever reads back, the closer one if both do.
 * False when neither does. */
static bool reads_back(const struct search *s, uint64_t *digits)
{
	struct big reach = sum(&s->rest, &s->above);
	struct big twice = sum(&s->rest, &s->rest);
	int half = compare(&twice, &s->one);
	bool down = compare(&s->rest, &s->below) < (s->inclusive ? 1 : 0);
	bool up = compare(&reach, &s->one) > (s->inclusive ? -1 : 0);

	if (up && (!down || half > 0 || (half == 0 && *digits % 2 != 0)))
		++*digits;
	return up || down;
}

/* Digit after digit from the front (Steele and White 1990), zeros first: the digits so far that read back for
 * the first time are the fewest. At the 17th at the latest, they do: no other number is as near. (What begins
 * in front of FIRST has its first digits in one, 16 at most, and is too large in the end.) */
static enum han_err read_digits(const struct real *real, struct han_decimal *out)
{
	struct search s = search_for(real);
	uint64_t digits = 0;
	int exp10 = FIRST + 1;

	do {
		if (exp10 == EXP10_MIN)
			return HAN_ERR_NUMBER;
		digits = digits * 10 + next_digit(&s);
		exp10--;
	} while (!reads_back(&s, &digits));

	for (; exp10 > EXP10_MAX; exp10--) {
		if (digits > UINT64_MAX / 10)
			return HAN_ERR_NUMBER;
		digits *= 10;
	}
	out->magnitude = digits;
	out->exp10 = (int16_t)exp10;
	return HAN_OK;
}

static enum han_err read_bits(uint64_t bits, unsigned exponent_bits, unsigned fraction_bits,
                              struct han_decimal *out)
{
	uint64_t hidden = (uint64_t)1 << fraction_bits;
	unsigned top = (1U << exponent_bits) - 1; /* says infinite, or not a number */
	unsigned exponent = (unsigned)(bits >> fraction_bits) & top;
	struct real real = { .mantissa = bits % hidden };
	struct han_decimal number = { 0 };
	enum han_err err = HAN_OK;

	if (exponent > 0) {
		real.lowest = real.mantissa == 0 && exponent > 1;
		real.mantissa += hidden;
		exponent--;
	}
	/* The exponent 1, as well as 0, is that of the smallest numbers. */
	real.exp2 = (int)exponent + 1 - (int)(top / 2 + fraction_bits);
	if (exponent + 1 == top || real.exp2 > EXP2_MAX)
		return HAN_ERR_NUMBER;
	if (real.mantissa > 0) {
		if (real.exp2 < EXP2_MIN)
			return HAN_ERR_NUMBER;
		number.negative = bits >> exponent_bits >> fraction_bits != 0;
		err = read_digits(&real, &number);
	}
	if (err == HAN_OK)
		*out = number;
	return err;
}

enum han_err real_read32(uint32_t bits, struct han_decimal *out)
{
	return read_bits(bits, 8, 23, out);
}

enum han_err real_read64(uint64_t bits, struct han_decimal *out)
{
	return read_bits(bits, 11, 52, out);
}
