/* A bare APDU's reading as JSON, also that of one which could not be deciphered: it can be read back, and its
 * object has the members that it must have. */
#include "fuzz.h"

#include <cjson/cJSON.h>

#include "seed.h"

static char *print(const struct han_reading *reading, bool decoded, bool compact)
{
	char *text = seed_print(reading, decoded, compact);
	cJSON *object;

	must(text != NULL);
	must(!compact || !strchr(text, '\n'));
	object = cJSON_Parse(text);
	must(cJSON_IsObject(object));
	must(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(object, "data")) == decoded);
	must(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(object, "header")));
	cJSON_Delete(object);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct han_decoder decoder;
	struct han_settings settings;
	struct han_event event;
	bool decoded;

	if (size < FUZZ_CONTROLS)
		return 0;
	settings = fuzz_settings(data, HAN_PROTOCOL_AUTO);
	han_decoder_init(&decoder, &settings);
	han_decoder_apdu(&decoder, data + FUZZ_CONTROLS, size - FUZZ_CONTROLS, &event);
	decoded = event.type == HAN_READING;
	if (!decoded && !(event.reading && event.reading->has_encryption))
		return 0;
	free(print(event.reading, decoded, true));
	free(print(event.reading, decoded, false));
	return 0;
}
