/* Whether a message that says another identity than the meter's is believed.
 *
 * A check of eight bits, and no check at all, let damage through now and then, and a damaged id would be a meter of
 * its own, on the broker and in Home Assistant, for ever. So what came in such a framing and has no tag of its
 * ciphering is believed when the next message that says who the meter is says the same, and held until then.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdbool.h>

#include <han/reading.h>

#include "identity.h"

/* Zeros are none. */
struct claim {
	struct identity identity; /* said once so far; text "": none is */
	struct han_reading *held; /* the message that said it; NULL: none, or there was no memory */
};

/* Whether reading, which says said, is to be taken: as the known meter's, or as another one's
 * (identity_is_news()). What claim holds then belongs before it. */
bool claim_believe(struct claim *claim, const struct identity *known, const struct identity *said,
                   const struct han_reading *reading);

/* Nothing is claimed, and held, any more. */
void claim_end(struct claim *claim);

#endif
