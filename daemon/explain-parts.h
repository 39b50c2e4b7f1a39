/* What explain says of frames, messages and data. Each part shows the octets of its span from the first to
 * the last, whatever they are: nothing is left out, and what is damaged is shown as far as it goes. Reads on
 * its own, not by the library's eyes; of the library's verdict it knows the reading alone.
 */
#ifndef EXPLAIN_PARTS_H
#define EXPLAIN_PARTS_H

#include <han/axdr.h>
#include <han/decoder.h>

#include "page.h"

/* Octets that are still to be shown. */
struct span {
	const uint8_t *at;
	size_t left;
};

/* Up to n octets of the span, with their text; "cut short" where there are fewer, which is false. */
__attribute__((format(printf, 5, 6))) bool span_show(struct page *page, struct span *span, size_t n,
                                                     enum page_tone tone, const char *format, ...);

/* All that is left, when something is. */
__attribute__((format(printf, 4, 5))) void span_show_rest(struct page *page, struct span *span,
                                                          enum page_tone tone, const char *format,
                                                          ...);

/* ---- values: which item of the message became which value ---- */

struct match {
	const struct han_reading *reading; /* NULL: no values */
	const uint8_t *body;               /* where the items begin */
	bool used[HAN_VALUES_MAX];
	struct han_obis object[HAN_VALUES_MAX]; /* what a push list says of its values */
	size_t objects;
	bool apart;     /* the first value is that of the first object, not the push list itself */
	unsigned codes; /* codes that came by, */
	struct han_obis obis; /* the last of them, or of the push list's object, */
	bool fresh;           /* and nothing came by since */
	unsigned element;     /* of the outermost container, from 1 */
};

void match_begin(struct match *match, const struct han_reading *reading, const uint8_t *body,
                 size_t len);

/* To be asked of every item in turn. NULL: it is no value. */
const struct han_value *match_item(struct match *match, const struct han_item *item);

/* The value of an object line of a telegram, by its code. */
const struct han_value *match_code(struct match *match, const char *code);

/* "power_active_import 1234 W" and so on; returns buf. */
#define MATCH_TEXT 384
char *match_print(const struct han_value *value, char buf[MATCH_TEXT]);

/* ---- data ---- */

/* One A-XDR element. */
void explain_data(struct page *page, struct span *span, const struct han_reading *reading);

/* Twelve octets, without anything around them, as text; returns buf. */
#define CLOCK_TEXT 96
char *explain_clock(const uint8_t octets[HAN_DATETIME_OCTETS], char buf[CLOCK_TEXT]);

/* ---- messages ---- */

/* Segments or blocks that are being put together to a message. */
struct explain_train {
	enum han_framing framing; /* of segments */
	uint8_t octets[HAN_MESSAGE_MAX];
	size_t len;
	unsigned parts;
	bool whole; /* its last part came */
};

void train_begin(struct explain_train *train);
void train_add(struct explain_train *train, const uint8_t *octets, size_t len);

struct explain_message {
	const struct han_reading *reading; /* of the message; NULL: without values */
	struct explain_train *blocks;      /* of general block transfer */
	bool clear; /* it is what was deciphered: something sealed in it stays so */
};

/* The three octets in front of an APDU, where they are. */
void explain_llc(struct page *page, struct span *span);

/* An APDU or a telegram; the whole span is shown. */
void explain_apdu(struct page *page, struct span *span, const struct explain_message *message);

/* The same of octets that are no part of the input: put together, or in clear. */
void explain_inner(struct page *page, const uint8_t *octets, size_t len,
                   const struct explain_message *message);

/* A P1 telegram, with or without what follows its '!'. */
void explain_telegram(struct page *page, struct span *span, const struct han_reading *reading);
bool explain_is_telegram(const struct span *span);

/* ---- frames ---- */

/* Where in a message the part in a frame stands; PLACE_STRAY: in none that was begun. */
enum explain_place { PLACE_NONE, PLACE_WHOLE, PLACE_FIRST, PLACE_NEXT, PLACE_LAST, PLACE_STRAY };

struct explain_frame {
	/* From outside: */
	enum han_framing framing;
	bool shared; /* HDLC: the opening flag was shown as the closing one of the frame before */
	unsigned parts; /* segments that came before, of a message that is not whole yet */
	/* From explain_frame_begin(): the message in it, or its part, as far as it is there. */
	enum explain_place place;
	struct span message;
	const uint8_t *checked; /* from where the frame's check counts */
};

/* Shows a frame up to its message, and tells where that is. Then the message is to be shown, and the span to
 * be moved behind it; explain_frame_end() shows what follows, to the frame's end. False: what is there is no
 * frame; the span, at least one octet of it shown, is left where another one could begin. */
bool explain_frame_begin(struct page *page, struct span *span, struct explain_frame *frame);
void explain_frame_end(struct page *page, struct span *span, const struct explain_frame *frame);

/* HDLC, from the format field on: octets up to the closing flag, and with it, or as many as are there, although
 * the header check is wrong; 0: nothing else bears the length out. */
size_t explain_frame_reach(const uint8_t *at, size_t left);

#endif
