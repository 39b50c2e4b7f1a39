#include "fuzz.h"

#include "../support/messages.h"

const uint8_t fuzz_key[HAN_KEY_OCTETS] = MESSAGES_KEY;
const uint8_t fuzz_auth_key[HAN_KEY_OCTETS] = MESSAGES_AUTH_KEY;

struct han_settings fuzz_settings(const uint8_t controls[FUZZ_CONTROLS], enum han_protocol protocol)
{
	struct han_settings settings = {
		.protocol = controls[0] & FUZZ_AUTO ? HAN_PROTOCOL_AUTO : protocol,
		.has_key = controls[0] & FUZZ_KEY,
		.has_auth_key = controls[0] & FUZZ_AUTH_KEY,
		.has_title = controls[0] & FUZZ_TITLE,
		.allow_replay = controls[0] & FUZZ_REPLAY,
		.title = "KFM\x10\x20\x03\x04\x05",
	};

	memcpy(settings.key, fuzz_key, sizeof(fuzz_key));
	memcpy(settings.auth_key, fuzz_auth_key, sizeof(fuzz_auth_key));
	if (controls[0] & FUZZ_SCALES) {
		settings.voltage_scale = (struct han_decimal){ 1, -1, false };
		settings.current_scale = (struct han_decimal){ 25, -4, false };
		settings.energy_scale = (struct han_decimal){ 10, 0, false };
	}
	if (controls[2] > 0)
		settings.list = han_list_at((controls[2] - 1U) % han_list_count());
	return settings;
}

size_t fuzz_dice(uint64_t *state, size_t below)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return below > 0 ? (size_t)((z ^ z >> 31) % below) : 0;
}
