/* What was heard between two pauses of a line, and what that says about the setting it was heard with. Pure. */
#ifndef BURST_H
#define BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serial-line.h"

#define BURST_HEAD 16

struct burst {
	uint64_t first_ms, last_ms; /* of its octets */
	uint32_t octets;            /* 0: there is none */
	bool joined;                /* perhaps in its middle */
	bool endless;               /* taken for one, as it has no end */
	bool framed;                /* it had a valid frame */
	bool header;                /* it had an HDLC frame's header whose check agrees */
	bool start;                 /* it had the start of an M-Bus frame */
	uint8_t first;              /* octet */
	uint32_t changes;           /* of the level inside of octets, all together */
	uint32_t text;              /* octets that are printable ASCII, CR or LF */
	uint32_t even_text;         /* the same with an even parity in the top bit */
	uint8_t head[BURST_HEAD];   /* what may be a header, from its flag on */
	uint8_t head_len;
};

/* How the line's speed is compared with the one that was listened with. */
enum burst_speed { BURST_SPEED_UNKNOWN, BURST_SPEED_SAME, BURST_SPEED_SLOWER, BURST_SPEED_FASTER };

/* Octets that came at that time. */
void burst_add(struct burst *b, const uint8_t *buf, size_t len, uint64_t now_ms);

/* Errors that the UART counted; breaks are errors of framing. */
struct burst_errors {
	unsigned parity;
	unsigned framing;
};

/* Of too few octets nothing can be said. */
bool burst_is_tiny(const struct burst *b);

enum burst_speed burst_speed(const struct burst *b);

/* Of a line that is slower or faster than was listened with: which of the two speeds is more likely its. */
bool burst_prefers_baud(const struct burst *b, unsigned baud, unsigned other);

/* Whether octets look like those of a right setting, even though no frame was valid. */
bool burst_looks_right(const struct burst *b, struct burst_errors errors);

/* Of a line of that speed, heard with that format, which is wrong: the format that it probably has. */
enum serial_format burst_format(const struct burst *b, struct burst_errors errors,
                                enum serial_format heard);

#endif
