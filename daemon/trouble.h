/* What is wrong when a frame arrived whole and its message is refused: how that is counted, and what to do
 * about it. Pure.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <han/error.h>

enum trouble {
	TROUBLE_DECODE,   /* its content is not understood */
	TROUBLE_DECRYPT,  /* it cannot be deciphered, or is not believed */
	TROUBLE_REPLAY,   /* it has the counter of an old one */
	TROUBLE_FRAGMENT, /* its other parts are missing: common at the start, and after noise */
};

enum trouble trouble_of(enum han_err err);

#define TROUBLE_TEXT 200

/* "messages arrive but are refused: encrypted, and no key is given; set key-file in [meter]". section is the
 * NAME of [meter NAME], "" for none. Returns buf. */
char *trouble_describe(enum han_err err, const char *section, char buf[TROUBLE_TEXT]);

#endif
