/* What is wrong when a frame arrived whole and its message is refused: how that is counted, and what to do
 * about it. Pure.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

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

/* The troubles of one meter, as they come and go. Zeroed: none. */
struct troubles {
	enum han_err err; /* the one to speak of; HAN_OK: none, or it is over */
	bool told;        /* the journal was */
	unsigned
		fragments; /* refused since the last message that was read because parts were missing */
	uint64_t last_ms[HAN_ERR_KINDS]; /* when it was so for the last time; 0: never */
};

struct trouble_news {
	bool tell;   /* this kind begins: one line for people, not one per message */
	bool begins; /* it is the one to speak of now */
};

/* A message was refused. Incomplete ones are nothing to speak of when they are few. */
struct trouble_news troubles_note(struct troubles *t, enum han_err err, uint64_t now_ms);

/* A message was read. Whether the trouble is over with that, as it was not seen for a minute; *told: whether
 * people were told that it began. */
bool troubles_end(struct troubles *t, uint64_t now_ms, bool *told);

#endif
