/* Random numbers that are the same in every run, unless HANMQTTD_TEST_SEED says otherwise. */
#ifndef DICE_H
#define DICE_H

#include <stdlib.h>

#include "check.h"

struct dice {
	uint64_t state;
};

static inline struct dice dice_new(void)
{
	const char *seed = getenv("HANMQTTD_TEST_SEED");
	struct dice dice = { seed ? strtoull(seed, NULL, 10) : 1 };

	print_message("# seed %llu\n", (unsigned long long)dice.state);
	return dice;
}

/* 0 … below - 1; 0 when there is no choice (splitmix64: Steele, Lea, Flood 2014). */
static inline size_t dice_below(struct dice *dice, size_t below)
{
	uint64_t z = dice->state += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return below > 0 ? (size_t)((z ^ z >> 31) % below) : 0;
}

static inline void dice_fill(struct dice *dice, uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)dice_below(dice, 256);
}

#endif
