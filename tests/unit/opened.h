/* Opening sealed messages in a test: keys, a message, and what must hold whatever comes of it. */
#ifndef OPENED_H
#define OPENED_H

#include <stdlib.h>

#include "sealed-apdu.h"

#include "cipher.h"

/* Keys and title of the Green Book's example (9.2.7.2.4). */
#define EK    "000102030405060708090a0b0c0d0e0f"
#define AK    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
#define TITLE "4d4d4d0000bc614e"

#define OTHER_KEY   "ffeeddccbbaa99887766554433221100"
#define OTHER_TITLE "4b464d2020202020"

/* A push with a time and a list, longer than a block of the cipher. */
static const char list[] = "0f 40000000 0c 07e80117021200 00ff800000 0203"
			   "09 07 4b464d5f303031 06 000004d2 09 04 7e7de0db";

struct opened {
	enum han_err err;
	struct han_encryption encryption;
	uint8_t plain[HAN_MESSAGE_MAX];
	size_t len;
};

#define NOT_WRITTEN 12345

static inline void keep_hex(const char *hex, bool *has, uint8_t *octets, size_t len)
{
	*has = hex != NULL;
	if (hex)
		assert_int_equal(unhex(hex, octets, len), len);
}

/* Keys and title in hex; NULL: not given. */
static inline struct cipher cipher_with(const char *key, const char *auth_key, const char *title)
{
	struct han_settings settings = { .list = NULL };
	struct cipher c;

	keep_hex(key, &settings.has_key, settings.key, HAN_KEY_OCTETS);
	keep_hex(auth_key, &settings.has_auth_key, settings.auth_key, HAN_KEY_OCTETS);
	keep_hex(title, &settings.has_title, settings.title, HAN_TITLE_OCTETS);
	memset(&c, 0xA5, sizeof(c));
	cipher_init(&c, &settings);
	return c;
}

static inline bool all_zero(const void *at, size_t len)
{
	const uint8_t *octets = at;
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= octets[i];
	return any == 0;
}

/* Opens a copy on the heap, where a sanitizer sees its end, into room for size octets. */
static inline void open_into(const struct cipher *c, const uint8_t *apdu, size_t len, size_t size,
                             struct opened *o)
{
	uint8_t *copy = malloc(len + 1);
	uint8_t *plain = malloc(size + 1);

	assert_non_null(copy);
	assert_non_null(plain);
	memcpy(copy + 1, apdu, len);
	memset(plain, 0xA5, size + 1);
	memset(o, 0xA5, sizeof(*o));
	o->len = NOT_WRITTEN;
	o->err = cipher_open(c, copy + 1, len, &o->encryption, plain + 1, size, &o->len);
	if (o->err != HAN_OK) {
		assert_true(all_zero(plain + 1, size));
		assert_int_equal(o->len, NOT_WRITTEN);
		assert_false(o->encryption.authenticated);
	} else {
		assert_true(o->len <= size && o->len <= len);
	}
	memcpy(o->plain, plain + 1, size < sizeof(o->plain) ? size : sizeof(o->plain));
	free(copy);
	free(plain);
}

static inline void open_apdu(const struct cipher *c, const uint8_t *apdu, size_t len,
                             struct opened *o)
{
	open_into(c, apdu, len, HAN_MESSAGE_MAX, o);
}

static inline void check_plain(const struct opened *o, const char *hex)
{
	uint8_t text[256];

	assert_int_equal(o->err, HAN_OK);
	assert_int_equal(o->len, unhex(hex, text, sizeof(text)));
	assert_memory_equal(o->plain, text, o->len);
}

static inline void check_title(const struct han_encryption *encryption, const char *hex)
{
	uint8_t title[HAN_TITLE_OCTETS] = { 0 };

	unhex(hex, title, sizeof(title));
	assert_memory_equal(encryption->title, title, sizeof(title));
}

static inline void seal_list(struct sealed_apdu *apdu, const struct seal *seal)
{
	uint8_t text[128];

	seal_message(apdu, seal, text, unhex(list, text, sizeof(text)));
}

static inline void check_opens(const struct cipher *c, const struct sealed_apdu *apdu,
                               const struct seal *seal, bool authenticated)
{
	struct opened o;

	open_apdu(c, apdu->octets, apdu->len, &o);
	check_plain(&o, list);
	check_title(&o.encryption, TITLE);
	assert_int_equal(o.encryption.control, seal->control);
	assert_int_equal(o.encryption.counter, seal->counter);
	assert_int_equal(o.encryption.authenticated, authenticated);
}

static inline void remember(struct cipher *c, const char *title, uint32_t counter,
                            bool authenticated)
{
	struct han_encryption encryption = { .control = authenticated ? 0x30 : 0x20,
		                             .counter = counter,
		                             .authenticated = authenticated };

	unhex(title, encryption.title, sizeof(encryption.title));
	cipher_accept(c, &encryption);
}

#endif
