/* What a person can do about a message that was not decoded. */
#ifndef ADVICE_H
#define ADVICE_H

#include <stdbool.h>

#include <han/error.h>

/* Half a sentence, without its full stop; NULL: nothing. list_given: a list was asked for. Static storage. */
const char *advice_of(enum han_err err, bool list_given);

/* Of a file that holds hex digits and blanks alone, in place of octets; FILE and the command follow. */
#define ADVICE_HEX "hex as text: xxd -r -p FILE | hantool "

#endif
