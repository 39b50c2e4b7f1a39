/* From a body's entries to values: names, scales, and what one message shows to be wrong. */
#ifndef PROFILE_H
#define PROFILE_H

#include <han/decoder.h>
#include <han/error.h>
#include <han/reading.h>

/* Names the values of reading->body: fills list, count and values. HAN_ERR_LIST: sound data in no known
 * shape, or not of the list that settings ask for; other errors are those of the data. */
enum han_err profile_read(struct han_reading *reading, const struct han_settings *settings);

/* Of reading->apdu.obis, whose value the body is (an event-notification). */
enum han_err profile_read_event(struct han_reading *reading, const struct han_settings *settings);

/* Whether the meter is one that does not measure between the second and the third line. */
bool profile_three_wire(const struct han_reading *reading);

/* Marks structural zeros, and values that one message shows to be wrong. */
void profile_mark(struct han_reading *reading);

#endif
