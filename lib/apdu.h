/* From an HDLC information field to the notification body: LLC and data-notification headers.
 *
 *	E6 E7 00 | 0F | long-invoke-id-and-priority 4 | date-time | body: one A-XDR element
 *
 * (DLMS Green Book 8.3.2, 9.4.) Knows nothing of what the body means.
 */
#ifndef APDU_H
#define APDU_H

#include <stddef.h>
#include <stdint.h>

#include <han/axdr.h>
#include <han/reading.h>

#define APDU_DATA_NOTIFICATION 0x0F

/* The LLC header in front of an APDU; HAN_ERR_LLC when it is none. */
void apdu_read_llc(struct han_cursor *c, uint8_t llc[3]);

/* A data-notification up to its body, where the cursor is left. HAN_ERR_APDU: another APDU.
 *
 * The date-time comes in three spellings: 00 (absent), 0C and 12 octets (the standard's), and 09 0C
 * and 12 octets (with a type in front: Kaifa, older Kamstrup); else HAN_ERR_DATETIME. */
void apdu_read_notification(struct han_cursor *c, struct han_apdu_header *header);

#endif
