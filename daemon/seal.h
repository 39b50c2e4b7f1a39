/* Ciphered messages (DLMS Green Book 9.2.7.2.4): general-glo-ciphering with AES-128 in Galois/Counter
 * mode. Pure, on the encoder and on nettle.
 *
 *	DB | 08 | system title 8 | length | security control | invocation counter 4 | content [ | tag 12 ]
 */
#ifndef SEAL_H
#define SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "encoder.h"

#define SEAL_KEY_OCTETS   16
#define SEAL_TITLE_OCTETS 8

/* Bits of the security control; the lowest four are the suite, 0 or 1. */
#define SEAL_AUTHENTICATED 0x10
#define SEAL_ENCRYPTED     0x20

struct seal {
	uint8_t control;
	uint8_t title[SEAL_TITLE_OCTETS];
	uint8_t key[SEAL_KEY_OCTETS];      /* encryption key, GUEK */
	uint8_t auth_key[SEAL_KEY_OCTETS]; /* authentication key, GAK; when authenticated */
};

/* The ciphered APDU of an APDU. A counter must not come twice under the same key. */
void encode_sealed(struct encoder *e, const struct seal *seal, uint32_t counter,
                   const uint8_t *apdu, size_t len);

#endif
