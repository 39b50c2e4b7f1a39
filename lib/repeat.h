/* Frames like those that came before. A meter sends the same few lists again and again, and only their
 * numbers differ: such a frame is compared with the earlier one, and its numbers are read from their known
 * places.
 *
 * A form is remembered whole: all octets of a frame but its check, the message's number and time, the clocks
 * but for their year, and the integers that are values. Whether its header is sound, which list it is of and
 * what its values mean follows from those octets; from an integer nothing follows but the scale of some, and
 * from a clock with the code of a clock nothing. So a reading made here is the one that all rooms together
 * would make. A frame that differs in anything else, or whose check does not agree, is not read here.
 */
#ifndef REPEAT_H
#define REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/reading.h>

#define REPEAT_FORMS  3
#define REPEAT_OCTETS 384 /* of a frame; longer ones are not remembered, */
#define REPEAT_VALUES 24  /* nor are those with more values */

/* Where in the frame a value stands. */
struct repeat_place {
	uint16_t at;
	uint8_t len;    /* of an integer, 0: it is a text or a clock; */
	bool is_signed; /* in two's complement; */
	bool by_size;   /* its size tells its scale, or the size of another voltage; */
	bool is_plain;  /* none of these, and of four octets: nothing but its magnitude differs */
};

struct repeat_form {
	size_t len;                    /* of the frame, flags included; 0: there is none */
	size_t message, body;          /* where in the frame they begin */
	bool has_time;                 /* right in front of the body */
	bool markable;                 /* there are values that may have to be marked; */
	bool has_voltages;             /* and voltages whose scale the largest tells */
	uint8_t octets[REPEAT_OCTETS]; /* of one that was sound */
	uint8_t mask[REPEAT_OCTETS];   /* 0 where others may differ, else FF */
	struct han_hdlc_header hdlc;
	uint8_t llc[3];
	const struct han_list *list;
	size_t count;
	struct repeat_place places[REPEAT_VALUES];
	struct han_value values[REPEAT_VALUES]; /* but the numbers, and where the texts are */
};

struct repeat {
	struct repeat_form forms[REPEAT_FORMS];
	unsigned next; /* the one to be forgotten first */
	/* The form of which the reading has all but what differs, and no marks; NULL: of none. */
	const struct repeat_form *shown;
};

void repeat_init(struct repeat *r);

/* Reads what looks like an HDLC frame, and puts it to where what the reading points to is kept (where it may be
 * already). False, and nothing else is changed, when it is of no known form or its check does not agree. */
bool repeat_read(struct repeat *r, const uint8_t *frame, size_t len, uint8_t *kept,
                 struct han_reading *reading);

/* Whether the values just read may have to be marked (profile_mark()), once the frame is where it is kept. */
static inline bool repeat_is_markable(const struct repeat *r)
{
	return !r->shown;
}

/* The reading has changed since. */
static inline void repeat_forget_shown(struct repeat *r)
{
	r->shown = NULL;
}

/* Remembers the form of a frame that gave this reading. A message of another kind than a data-notification in
 * clear, whole in this frame, and one whose values are not told by its form, is not remembered. */
void repeat_learn(struct repeat *r, const uint8_t *frame, size_t len,
                  const struct han_reading *reading);

#endif
