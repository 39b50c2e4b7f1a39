/* From frames to whole messages: HDLC segments, M-Bus segments, general blocks.
 *
 * HDLC (DLMS Green Book 8.4.3): all frames of a message but the last have the segmentation bit; the LLC
 * header stands in the first only; segments have no number, so that anything between them that is no
 * sound frame gives the message up. M-Bus: CI numbers the segments and marks the last one. General Block
 * Transfer (Green Book 9.4.6.13): blocks are numbered from 1, the last one is marked. A message may be
 * blocks whose frames are segments. Whatever is not the part that comes next gives the message up; a first
 * part begins the next one.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "assembly.h"
#include "framer.h"

enum message_state {
	MESSAGE_PART,  /* more parts follow */
	MESSAGE_WHOLE, /* octets, len */
	MESSAGE_BAD,   /* reason */
};

struct message {
	struct assembly segments;
	struct assembly blocks;
	uint8_t next_segment; /* M-Bus */
	uint16_t next_block;
	enum han_err
		lost; /* why a begun message was given up, since it was last asked; HAN_OK: none was */

	enum han_err reason;
	/* The message; valid until the next frame is taken or the framer is pushed. */
	const uint8_t *octets;
	size_t len;
	/* Of the first frame of the message. */
	enum han_framing framing;
	struct han_hdlc_header hdlc;
	struct han_mbus_header mbus;
	struct han_p1_header p1;
	bool has_llc;
	uint8_t llc[3];
};

void message_init(struct message *m);

/* Takes the frame that the framer has just reported. */
enum message_state message_take_frame(struct message *m, const struct framer *f, uint64_t now_ms);

/* Takes an APDU that no frame carried. apdu outlives the message. */
enum message_state message_take_apdu(struct message *m, const uint8_t *apdu, size_t len,
                                     uint64_t now_ms);

/* Whether parts of a message have come, and others are to come. */
static inline bool message_begun(const struct message *m)
{
	return m->segments.open || m->blocks.open;
}

/* Octets that belong to no frame, or a refused frame, may have been a segment; mbus: an M-Bus frame was refused. */
void message_disturb(struct message *m, bool mbus);

/* Gives up what is overdue. */
void message_expire(struct message *m, uint64_t now_ms);

/* Gives up whatever has begun: HAN_ERR_END. */
void message_end(struct message *m);

/* The reason of message->lost, once. */
static inline enum han_err message_lost(struct message *m)
{
	enum han_err lost = m->lost;

	m->lost = HAN_OK;
	return lost;
}

#endif
