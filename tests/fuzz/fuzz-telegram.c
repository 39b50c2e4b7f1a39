/* A telegram alone, as it comes out of a ciphered APDU; and scanned in parts as it comes from the line. */
#include "fuzz.h"

#include "telegram.h"

static enum look scan_parts(const uint8_t *data, size_t size, size_t part,
                            struct telegram_scan *scan, struct han_p1_header *header)
{
	enum look look = LOOK_MORE;

	memset(scan, 0, sizeof(*scan));
	memset(header, 0, sizeof(*header));
	for (size_t have = 0; look == LOOK_MORE && have < size;) {
		have = size - have < part ? size : have + part;
		look = telegram_scan(scan, data, have, header);
		must(scan->at <= have && scan->line <= have && scan->len <= have);
		must(look != LOOK_FILL);
		must(header->ident_len <= HAN_IDENT_MAX);
	}
	return look;
}

static void check_parts(const uint8_t *data, size_t size)
{
	struct telegram_scan whole, parts;
	struct han_p1_header header, other;
	enum look look = scan_parts(data, size, size, &whole, &header);

	must(scan_parts(data, size, 1 + size / 7, &parts, &other) == look);
	must(parts.at == whole.at && parts.len == whole.len);
	must(look != LOOK_BAD || parts.reason == whole.reason);
	if (look == LOOK_FRAME) {
		must(whole.len > 0 && whole.len <= whole.at && whole.at <= size);
		must(data[whole.len - 1] == '!' && data[0] == '/');
		must(header.has_crc == other.has_crc && header.crc == other.crc);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct han_reading reading;
	size_t len = 0;
	enum han_err err;

	if (size > HAN_MESSAGE_MAX)
		return 0;
	check_parts(data, size);
	fuzz_forget(&reading, sizeof(reading));
	err = telegram_check(data, size, &reading.p1, &len);
	must(err < HAN_ERR_KINDS);
	if (err != HAN_OK)
		return 0;
	must(len > 0 && len <= size);
	reading.has_encryption = false;
	reading.list = NULL;
	reading.framing = HAN_FRAMING_P1;
	reading.is_telegram = true;
	reading.message = data;
	reading.message_len = len;
	if (telegram_read(&reading) != HAN_OK)
		return 0;
	must(reading.count > 0);
	(void)digest_reading(DIGEST_START, &reading);
	return 0;
}
