/* Ciphered APDUs, opened as they are: nothing is written beyond what was offered, nothing is left in clear
 * after an error, and a counter that was accepted is not accepted again. */
#include "fuzz.h"

#include "apdu.h"
#include "cipher.h"

#define ROOM 512

struct opened {
	enum han_err err;
	struct han_encryption encryption;
	uint8_t plain[ROOM + 1];
	size_t len;
};

static void open_apdu(const struct cipher *cipher, const uint8_t *apdu, size_t len, size_t room,
                      struct opened *opened)
{
	memset(opened, 0xA5, sizeof(*opened));
	opened->len = 0;
	opened->err = cipher_open(cipher, apdu, len, &opened->encryption, opened->plain, room,
	                          &opened->len);
	must(opened->err < HAN_ERR_KINDS);
	must(opened->plain[room] == 0xA5);
	must(opened->len <= room && opened->len <= len);
	for (size_t i = 0; opened->err != HAN_OK && i < room; i++)
		must(opened->plain[i] == 0);
	must(opened->err == HAN_OK || opened->len == 0);
}

static void check_opened(const struct opened *opened, const struct han_settings *settings)
{
	if (opened->err != HAN_OK)
		return;
	must(cipher_has_header(&opened->encryption) || opened->encryption.control == 0);
	must(!opened->encryption.authenticated || settings->has_auth_key);
	if (opened->encryption.control & CIPHER_ENCRYPTED)
		must(settings->has_key);
	(void)digest(DIGEST_START, opened->plain, opened->len);
}

/* Accepted once, the same message again is a replay, unless it was neither encrypted nor verified. */
static void check_replay(struct cipher *cipher, const uint8_t *apdu, size_t len,
                         const struct opened *first)
{
	struct opened again;

	cipher_accept(cipher, &first->encryption);
	open_apdu(cipher, apdu, len, ROOM, &again);
	must(memcmp(&again.encryption.title, &first->encryption.title, HAN_TITLE_OCTETS) == 0);
	must(again.encryption.counter == first->encryption.counter);
	if (first->encryption.authenticated || first->encryption.control & CIPHER_ENCRYPTED)
		must(again.err == (cipher->allow_replay ? HAN_OK : HAN_ERR_REPLAY));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cipher cipher;
	struct han_settings settings;
	struct opened first, tight;
	const uint8_t *apdu = data + FUZZ_CONTROLS;

	if (size < FUZZ_CONTROLS || size - FUZZ_CONTROLS > ROOM)
		return 0;
	settings = fuzz_settings(data, HAN_PROTOCOL_AUTO);
	size -= FUZZ_CONTROLS;
	fuzz_forget(&cipher, sizeof(cipher));
	cipher_init(&cipher, &settings);
	open_apdu(&cipher, apdu, size, ROOM, &first);
	check_opened(&first, &settings);
	open_apdu(&cipher, apdu, size, data[1], &tight);
	must(tight.err == first.err || tight.err == HAN_ERR_SIZE);
	if (size > 0)
		must((first.err == HAN_ERR_APDU) == !apdu_is_ciphered(apdu[0]));
	if (first.err == HAN_OK)
		check_replay(&cipher, apdu, size, &first);
	return 0;
}
