/* The meters that can be simulated: a table of who sends what when. Pure. */
#ifndef METERS_H
#define METERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder.h"
#include "kaifa.h"
#include "sample.h"
#include "seal.h"

#define METERS_MESSAGE_MAX 4096 /* octets of the longest message, all its frames */

/* A list that is due `offset_ms` after every `period_ms` of the hour. */
struct meters_schedule {
	unsigned list; /* 0: none */
	uint32_t period_ms, offset_ms;
};

struct meters_row {
	const char *name;  /* "kaifa-ma304" */
	const char *about; /* one line for people */
	unsigned phases;
	unsigned baud, bits;  /* of its port; of an octet, with start, parity and stop */
	const uint8_t *title; /* system title of a meter that seals its messages, else NULL */
	/* The first one that is due in a second is sent. */
	struct meters_schedule lists[3];
	/* seal: with the keys, of a meter that has a title. */
	size_t (*encode)(struct encoder *e, const struct sample *sample, unsigned list,
	                 const struct seal *seal);
};

/* 0 … meters_count() - 1; static storage. */
size_t meters_count(void);
const struct meters_row *meters_at(size_t index);

/* The meter of that name, NULL when there is none. */
const struct meters_row *meters_find(const char *name);

/* The list that is due in that second, and after how many ms of it; 0: none, and delay_ms is not written. */
unsigned meters_due(const struct meters_row *row, const struct han_datetime *now,
                    unsigned *delay_ms);

/* Lives on until a second in which a list is due: that one, and after how many ms of it. */
unsigned meters_next(const struct meters_row *row, struct sampler *sampler, struct sample *sample,
                     unsigned *delay_ms);

/* Kaifa's encoder plays a meter that is written down: kaifa-ma304 with what it knows in that second. */
struct kaifa meters_kaifa(const struct sample *sample);

#endif
