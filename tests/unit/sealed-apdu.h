/* Ciphered APDUs made without the library: nettle's encryption, and the standard's fields around it. */
#ifndef SEALED_APDU_H
#define SEALED_APDU_H

#include <nettle/gcm.h>

#include "unhex.h"

#define SEAL_MAX (8192 + 256)

struct seal {
	uint8_t tag;
	uint8_t control;
	uint8_t length_octets; /* of the content's length, behind 8x; 0: the short form, or 82 */
	uint32_t counter;
	const char *title;  /* hex; NULL: the APDU has none, or an empty one */
	const char *hidden; /* hex; the title that the APDU does not say */
	const char *key;
	const char *auth_key;
	const char
		*others[4]; /* DD: hex of transaction-id, recipient, date-time, other information */
};

struct sealed_apdu {
	uint8_t octets[SEAL_MAX];
	size_t len;
};

static inline void seal_put(struct sealed_apdu *apdu, const void *from, size_t len)
{
	assert_true(len <= sizeof(apdu->octets) - apdu->len);
	memcpy(apdu->octets + apdu->len, from, len);
	apdu->len += len;
}

/* An octet string with its length in front. */
static inline void seal_put_hex(struct sealed_apdu *apdu, const char *hex)
{
	uint8_t buf[1 + 127];

	buf[0] = (uint8_t)unhex(hex ? hex : "", buf + 1, 127);
	seal_put(apdu, buf, 1 + (size_t)buf[0]);
}

static inline void seal_put_length(struct sealed_apdu *apdu, size_t len, unsigned octets)
{
	uint8_t first = (uint8_t)len;

	if (octets == 0 && len >= 0x80)
		octets = 2;
	if (octets > 0)
		first = (uint8_t)(0x80 | octets);
	seal_put(apdu, &first, 1);
	for (; octets > 0; octets--) {
		uint8_t octet = (uint8_t)(len >> (8 * (octets - 1)));

		seal_put(apdu, &octet, 1);
	}
}

/* The fields in front of the content; what the tag covers of them is written to bound. */
static inline size_t seal_put_front(struct sealed_apdu *apdu, const struct seal *seal,
                                    uint8_t bound[128])
{
	size_t from;

	seal_put(apdu, &seal->tag, 1);
	if (seal->tag == 0xDB || seal->tag == 0xDC)
		seal_put_hex(apdu, seal->title);
	if (seal->tag != 0xDD)
		return 0;
	from = apdu->len;
	seal_put_hex(apdu, seal->others[0]);
	seal_put_hex(apdu, seal->title);
	for (int i = 1; i < 4; i++)
		seal_put_hex(apdu, seal->others[i]);
	assert_true(apdu->len - from <= 128);
	memcpy(bound, apdu->octets + from, apdu->len - from);
	seal_put(apdu, "", 1); /* no key-info */
	return apdu->len - 1 - from;
}

/* A message in clear, sealed as the control says, into apdu. */
static inline void seal_message(struct sealed_apdu *apdu, const struct seal *seal,
                                const uint8_t *text, size_t len)
{
	static uint8_t data[SEAL_MAX + 256]; /* the additional data */
	static uint8_t content[SEAL_MAX];
	const char *title = seal->title ? seal->title : seal->hidden;
	struct gcm_aes128_ctx gcm;
	uint8_t key[16], iv[12], bound[128], tag[12];
	size_t tag_len = seal->control & 0x10 ? sizeof(tag) : 0;
	size_t data_len = 0, bound_len, header_len = 5;

	apdu->len = 0;
	bound_len = seal_put_front(apdu, seal, bound);
	if (seal->tag == 0xDD && (seal->control & 0x30) == 0)
		header_len = 1;
	seal_put_length(apdu, header_len + len + tag_len, seal->length_octets);

	assert_int_equal(unhex(title, iv, sizeof(iv)), 8);
	for (int i = 0; i < 4; i++)
		iv[8 + i] = (uint8_t)(seal->counter >> (24 - 8 * i));
	seal_put(apdu, &seal->control, 1);
	seal_put(apdu, iv + 8, header_len - 1);

	assert_int_equal(unhex(seal->key, key, sizeof(key)), sizeof(key));
	gcm_aes128_set_key(&gcm, key);
	gcm_aes128_set_iv(&gcm, sizeof(iv), iv);
	memcpy(content, text, len);
	if (tag_len > 0) {
		data[data_len++] = seal->control;
		data_len += unhex(seal->auth_key, data + data_len, 16);
		memcpy(data + data_len, bound, bound_len);
		data_len += bound_len;
		if (!(seal->control & 0x20)) {
			memcpy(data + data_len, text, len);
			data_len += len;
		}
		gcm_aes128_update(&gcm, data_len, data);
	}
	if (seal->control & 0x20)
		gcm_aes128_encrypt(&gcm, len, content, text);
	gcm_aes128_digest(&gcm, sizeof(tag), tag);
	seal_put(apdu, content, len);
	seal_put(apdu, tag, tag_len);
}

#endif
