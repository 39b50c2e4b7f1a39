#include "seal.h"

#include <string.h>

#include <nettle/gcm.h>

#define GENERAL_GLO 0xDB
#define TAG_LEN     12
#define HEADER_LEN  5 /* security control, invocation counter */

/* What the tag covers besides the ciphertext: security control, authentication key, and the APDU when it
 * is not encrypted. The mode takes whole blocks, and a shorter one at the end. */
static void authenticate(struct gcm_aes128_ctx *gcm, const struct seal *seal, const uint8_t *apdu,
                         size_t len)
{
	uint8_t block[GCM_BLOCK_SIZE];
	size_t have = 1;

	block[0] = seal->control;
	for (size_t i = 0; i < SEAL_KEY_OCTETS + len; i++) {
		block[have++] = i < SEAL_KEY_OCTETS ? seal->auth_key[i] : apdu[i - SEAL_KEY_OCTETS];
		if (have == sizeof(block)) {
			gcm_aes128_update(gcm, have, block);
			have = 0;
		}
	}
	if (have > 0)
		gcm_aes128_update(gcm, have, block);
}

static void start(struct gcm_aes128_ctx *gcm, const struct seal *seal, uint32_t counter)
{
	uint8_t iv[GCM_IV_SIZE];

	memcpy(iv, seal->title, SEAL_TITLE_OCTETS);
	for (unsigned i = 0; i < 4; i++)
		iv[SEAL_TITLE_OCTETS + i] = (uint8_t)(counter >> (24 - 8 * i));
	gcm_aes128_set_key(gcm, seal->key);
	gcm_aes128_set_iv(gcm, sizeof(iv), iv);
}

void encode_sealed(struct encoder *e, const struct seal *seal, uint32_t counter,
                   const uint8_t *apdu, size_t len)
{
	bool encrypted = seal->control & SEAL_ENCRYPTED;
	bool authenticated = seal->control & SEAL_AUTHENTICATED;
	struct gcm_aes128_ctx gcm;
	uint8_t tag[TAG_LEN];

	encode_u8(e, GENERAL_GLO);
	encode_u8(e, SEAL_TITLE_OCTETS);
	encode_octets(e, seal->title, SEAL_TITLE_OCTETS);
	encode_length(e, HEADER_LEN + len + (authenticated ? TAG_LEN : 0));
	encode_u8(e, seal->control);
	encode_be(e, counter, 4);
	encode_octets(e, apdu, len);
	if (e->overflow)
		return;

	start(&gcm, seal, counter);
	if (authenticated)
		authenticate(&gcm, seal, apdu, encrypted ? 0 : len);
	if (encrypted)
		gcm_aes128_encrypt(&gcm, len, e->octets + e->len - len, apdu);
	if (authenticated) {
		gcm_aes128_digest(&gcm, sizeof(tag), tag);
		encode_octets(e, tag, sizeof(tag));
	}
}
