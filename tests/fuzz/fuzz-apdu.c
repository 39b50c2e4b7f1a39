/* Bare APDUs to readings; two in a row with one decoder, so that what the first leaves behind meets the
 * second. */
#include "fuzz.h"

static enum han_event_type take(struct han_decoder *decoder, const uint8_t *apdu, size_t len)
{
	struct han_event event;

	fuzz_forget(&event, sizeof(event));
	han_decoder_apdu(decoder, apdu, len, &event);
	must(event.type == HAN_READING || event.type == HAN_PART || event.type == HAN_BAD_MESSAGE);
	must((event.err != HAN_OK) == (event.type == HAN_BAD_MESSAGE));
	must(event.err < HAN_ERR_KINDS);
	must(event.discarded == 0);
	if (event.type == HAN_READING) {
		must(event.reading != NULL);
		(void)digest_reading(DIGEST_START, event.reading);
		must(event.reading->framing == HAN_FRAMING_NONE);
	}
	return event.type;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct han_decoder decoder;
	struct han_settings settings;
	struct han_event event;
	size_t first;

	if (size < FUZZ_CONTROLS)
		return 0;
	settings = fuzz_settings(data, HAN_PROTOCOL_AUTO);
	/* The third control tells where the second APDU begins; 0: there is one. */
	first = data[3] > 0 ? (size - FUZZ_CONTROLS) * data[3] / 256 : size - FUZZ_CONTROLS;
	data += FUZZ_CONTROLS;
	size -= FUZZ_CONTROLS;
	fuzz_forget(&decoder, sizeof(decoder));
	han_decoder_init(&decoder, &settings);
	(void)take(&decoder, data, first);
	if (first < size)
		(void)take(&decoder, data + first, size - first);
	for (int i = 0;; i++) {
		han_decoder_end(&decoder, &event);
		if (event.type == HAN_MORE)
			break;
		must(event.type == HAN_BAD_MESSAGE && i < 4);
	}
	return 0;
}
