/* One topic's value as it hangs on the broker: the newest payload, the one that left last, and its pace.
 *
 * Zeros are one that was never written on. The two texts lie in one block, which is kept for the next ones: what is
 * looked at together comes from memory together.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include <stddef.h>

#include "pace.h"

struct notice {
	char *text; /* the newest; NULL: none yet */
	uint32_t len;
	uint32_t left_len; /* of what the broker has, which is at text + size */
	uint32_t size;     /* the room of each */
	bool left;         /* false: it has nothing, or nobody will ask what */
	struct pace pace;
};

/* The text of len octets becomes the newest. 0, or -ENOMEM, and it is as before. */
int notice_write(struct notice *notice, const char *text, size_t len);

/* What becomes of the newest text, which has just come. */
enum pace_verdict notice_came(struct notice *notice, const struct pace_rules *rules,
                              uint64_t now_ms);

/* The newest text left, with that expiry. It is kept where a change counts by these rules. */
void notice_left(struct notice *notice, const struct pace_rules *rules, unsigned expiry_s,
                 uint64_t now_ms);

void notice_clear(struct notice *notice);

#endif
