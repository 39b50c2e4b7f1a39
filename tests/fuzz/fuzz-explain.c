/* hantool explain: whatever the input is, and however it comes, every octet of it is shown. */
#include "fuzz.h"

#include "explain.h"

static void push(struct explain *x, struct han_decoder *decoder, const uint8_t *octets, size_t len)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(decoder, octets, len, 0, &event);

		if (used > 0)
			explain_octets(x, octets, used);
		octets += used;
		len -= used;
		explain_event(x, &event);
	} while (event.type != HAN_MORE);
}

static void end(struct explain *x, struct han_decoder *decoder)
{
	struct han_event event;

	do {
		han_decoder_end(decoder, &event);
		explain_event(x, &event);
	} while (event.type != HAN_MORE);
	explain_end(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct han_decoder decoder;
	static struct explain x;
	static FILE *nowhere;
	struct han_settings settings;
	uint64_t dice;
	size_t most;

	if (size < FUZZ_CONTROLS)
		return 0;
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	must(nowhere != NULL);
	settings = fuzz_settings(data, HAN_PROTOCOL_AUTO);
	dice = data[1];
	most = 1 + fuzz_dice(&dice, 300);
	data += FUZZ_CONTROLS;
	size -= FUZZ_CONTROLS;
	han_decoder_init(&decoder, &settings);
	explain_init(&x, nowhere, settings.allow_replay);
	for (size_t at = 0, n; at < size; at += n) {
		n = 1 + fuzz_dice(&dice, most);
		if (n > size - at)
			n = size - at;
		push(&x, &decoder, data + at, n);
	}
	end(&x, &decoder);
	must(x.page.offset == size);
	explain_fini(&x);
	return 0;
}
