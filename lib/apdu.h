/* From an HDLC information field to the notification body: LLC and data-notification headers.
 *
 *	E6 E7 00 | 0F | long-invoke-id-and-priority 4 | date-time | body: one A-XDR element
 *
 * (DLMS Green Book 8.3.2, 9.4.) Knows nothing of what the body means.
 */
#ifndef APDU_H
#define APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/axdr.h>
#include <han/reading.h>

#define APDU_DATA_NOTIFICATION  0x0F
#define APDU_TELEGRAM           0x2F /* '/': a P1 telegram where an APDU is expected */
#define APDU_EVENT_NOTIFICATION 0xC2
#define APDU_GENERAL_GLO        0xDB
#define APDU_GENERAL_DED        0xDC
#define APDU_GENERAL            0xDD
#define APDU_BLOCK              0xE0 /* general-block-transfer */

/* Whether an APDU with this tag is ciphered: general-glo DB, -ded DC and -ciphering DD, and the
 * service-specific glo- C8 … CD and CF, and ded- D0 … D7. */
bool apdu_is_ciphered(uint8_t tag);

/* Whether an APDU with this tag is one that meters push: in clear, ciphered, or a block. */
bool apdu_is_push(uint8_t tag);

/* The LLC header in front of an APDU; HAN_ERR_LLC when it is none. */
void apdu_read_llc(struct han_cursor *c, uint8_t llc[3]);

/* A data-notification up to its body, where the cursor is left. HAN_ERR_APDU: another APDU.
 *
 * The date-time comes in four spellings: 00 (absent), 0C and 12 octets (the standard's), 09 0C and 12
 * octets (with a type in front: Kaifa, older Kamstrup), 19 and 12 octets; else HAN_ERR_DATETIME. */
void apdu_read_notification(struct han_cursor *c, struct han_apdu_header *header);

/* An event-notification-request (Green Book 9.3) up to its value, where the cursor is left: time (00, or 01
 * and a date-time), class, code, attribute. */
void apdu_read_event(struct han_cursor *c, struct han_apdu_header *header);

/* E0 | control 1 | number 2 | number acknowledged 2 | length | octets (Green Book 9.4.6.13). */
struct apdu_block {
	bool last;
	uint16_t number; /* 1 … */
	const uint8_t *octets;
	size_t len;
};

/* The number of a block, of which perhaps only the first octets are there; 0: it is none. */
uint16_t apdu_block_number(struct han_cursor c);

/* A whole block. HAN_ERR_TRAILING: octets behind it. */
void apdu_read_block(struct han_cursor *c, struct apdu_block *block);

#endif
