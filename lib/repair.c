#include "repair.h"

#include <string.h>

#define PATTERN_MAX 16

/* Octets that stand where others belong, in messages that hold the maker's text. */
static const struct {
	char text[8];
	uint8_t len;
	uint8_t wrong[PATTERN_MAX];
	uint8_t right[PATTERN_MAX];
} faults[] = {
	/* Landis+Gyr ZMF100: tag and length of the code swapped before each current, {06 09 …} for
	 * {09 06 …} (corpus: hdlc-lg-zmf100-no-01). */
	{ "EMBRIQ_",
	  10,
	  { 0x02, 0x03, 0x06, 0x09, 1, 0, 31, 7, 0, 255 },
	  { 0x02, 0x03, 0x09, 0x06, 1, 0, 31, 7, 0, 255 } },
	{ "EMBRIQ_",
	  10,
	  { 0x02, 0x03, 0x06, 0x09, 1, 0, 51, 7, 0, 255 },
	  { 0x02, 0x03, 0x09, 0x06, 1, 0, 51, 7, 0, 255 } },
	{ "EMBRIQ_",
	  10,
	  { 0x02, 0x03, 0x06, 0x09, 1, 0, 71, 7, 0, 255 },
	  { 0x02, 0x03, 0x09, 0x06, 1, 0, 71, 7, 0, 255 } },
};

static uint8_t *find(uint8_t *octets, size_t len, const void *pattern, size_t n)
{
	for (size_t i = 0; n <= len && i <= len - n; i++) {
		if (memcmp(octets + i, pattern, n) == 0)
			return octets + i;
	}
	return NULL;
}

bool repair_message(uint8_t *octets, size_t len)
{
	bool mended = false;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint8_t *at = find(octets, len, faults[i].wrong, faults[i].len);

		if (!at || !find(octets, len, faults[i].text, strlen(faults[i].text)))
			continue;
		memcpy(at, faults[i].right, faults[i].len);
		mended = true;
	}
	return mended;
}
