#include "claim.h"

#include <stdlib.h>
#include <string.h>

/* A telegram inside an APDU has a check of its own. */
static bool is_weak(const struct han_reading *reading)
{
	if (reading->has_encryption && reading->encryption.authenticated)
		return false;
	return reading->framing != HAN_FRAMING_HDLC && !reading->p1.has_crc;
}

/* What pointed into the message points into its copy; NULL for what did not. */
static const uint8_t *moved(const uint8_t *octets, const struct han_reading *reading,
                            const uint8_t *copy)
{
	if (!octets || octets < reading->message ||
	    octets > reading->message + reading->message_len)
		return NULL;
	return copy + (octets - reading->message);
}

/* With its message, in one piece of memory. */
static struct han_reading *copy_of(const struct han_reading *reading)
{
	struct han_reading *held = malloc(sizeof(*held) + reading->message_len);
	uint8_t *message = (uint8_t *)(held + 1);

	if (!held)
		return NULL;
	*held = *reading;
	memcpy(message, reading->message, reading->message_len);
	held->message = message;
	held->body = moved(reading->body, reading, message);
	for (size_t i = 0; i < held->count; i++) {
		struct han_value *v = &held->values[i];

		v->octets = moved(v->octets, reading, message);
		if (!v->octets)
			v->len = 0;
	}
	return held;
}

bool claim_believe(struct claim *claim, const struct identity *known, const struct identity *said,
                   const struct han_reading *reading)
{
	const bool news = identity_is_news(known, said);

	if (!news && said->by != known->by) /* it says nothing of who is known by something else */
		return true;
	if (news && said->by == claim->identity.by && strcmp(said->text, claim->identity.text) == 0)
		return true;
	claim_end(claim);
	if (!news || known->by == HAN_IDENTITY_NONE || !is_weak(reading))
		return true;
	claim->identity = *said;
	claim->held = copy_of(reading);
	return false;
}

void claim_end(struct claim *claim)
{
	free(claim->held);
	*claim = (struct claim){ 0 };
}
