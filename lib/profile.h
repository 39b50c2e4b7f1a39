/* Which element of whose list is which measurement.
 *
 * A list is chosen by its shape: how many elements, of which types, and the text that names the list;
 * never by the frame's length. A maker's quirk is a row in a table here, not a branch in a parser.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <han/error.h>
#include <han/reading.h>

/* Names the values of reading->body: fills list, count and values. HAN_ERR_LIST: sound data in no
 * known shape; other errors are those of the data. */
enum han_err profile_read(struct han_reading *reading);

#endif
