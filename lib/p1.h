/* P1 telegrams (DSMR 5.0.2 P1, 6.2; DSMR 2.2 to 5, e-MUCS, Swedish and Danish variants).
 *
 *	/XXX5ident CR LF CR LF object lines … ! crc CR LF
 *
 * and ciphered ones, which are a general-glo-ciphering APDU with nothing around it:
 *
 *	DB | 08 | system title 8 | 82 | length 2 | security control | …
 */
#ifndef P1_H
#define P1_H

#include "candidate.h"

static inline bool p1_starts(uint8_t octet)
{
	return octet == '/' || octet == 0xDB;
}

/* Looks at the candidate: fills f->p1, and f->payload and payload_len with the whole telegram ('/' up to
 * and with '!') or the whole APDU.
 *
 * The check sequence is CRC-16/ARC over '/' … '!'. A telegram without one is taken when every line of it
 * is well-formed and it does not say that its version has one (1-3:0.2.8 of 40 and above: HAN_ERR_CRC). An
 * octet that no telegram has, a line too long, or a '/' where a line begins ends the candidate at once
 * (HAN_ERR_LINE), so that a damaged telegram does not hold up the one behind it. HAN_ERR_SIZE,
 * HAN_ERR_LENGTH: longer than FRAMER_MAX.
 *
 * A ciphered one is looked for only where f->fresh says that frames begin, unless the line is known to
 * carry P1: nothing checks its octets before it is deciphered, and other framings carry the same APDU inside. Only
 * a second head of the same meter inside one tells that octets were lost (HAN_ERR_LENGTH). */
enum look p1_look(struct framer *f);

/* Whether the candidate is a telegram that lacks no more than the CR LF behind its check; then f->need is its
 * length. For where no more octets come: a copy of a telegram often ends so. */
bool p1_ends(struct framer *f);

#endif
