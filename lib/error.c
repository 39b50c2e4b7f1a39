#include <han/error.h>

static const char names[HAN_ERR_KINDS][48] = {
	[HAN_OK] = "no error",
	[HAN_ERR_LENGTH] = "frame length impossible",
	[HAN_ERR_ADDRESS] = "address field malformed",
	[HAN_ERR_HCS] = "header check sequence wrong",
	[HAN_ERR_FCS] = "frame check sequence wrong",
	[HAN_ERR_FLAG] = "closing flag missing",
	[HAN_ERR_CHECKSUM] = "checksum wrong",
	[HAN_ERR_STOP] = "stop octet missing",
	[HAN_ERR_CRC] = "telegram check sequence wrong or missing",
	[HAN_ERR_LINE] = "line of a telegram malformed",
	[HAN_ERR_TIMEOUT] = "line silent inside a frame or message",
	[HAN_ERR_END] = "input ended inside a frame or message",
	[HAN_ERR_SEGMENT] = "segment without those before it",
	[HAN_ERR_BLOCK] = "general block out of order",
	[HAN_ERR_INCOMPLETE] = "rest of the message missing",
	[HAN_ERR_SIZE] = "message too long",
	[HAN_ERR_LLC] = "LLC header missing",
	[HAN_ERR_APDU] = "not a push message",
	[HAN_ERR_DATETIME] = "date-time malformed",
	[HAN_ERR_TRUNCATED] = "message cut short",
	[HAN_ERR_TYPE] = "data type unknown",
	[HAN_ERR_COUNT] = "length field malformed",
	[HAN_ERR_LIMIT] = "too many or too deeply nested items",
	[HAN_ERR_NUMBER] = "number out of range",
	[HAN_ERR_TRAILING] = "octets after the end of the message",
	[HAN_ERR_LIST] = "list unknown",
	[HAN_ERR_SECURITY] = "security control not supported",
	[HAN_ERR_TITLE] = "system title unknown",
	[HAN_ERR_NO_KEY] = "encrypted, and no key is given",
	[HAN_ERR_KEY] = "encrypted with another key",
	[HAN_ERR_TAG] = "authentication tag wrong",
	[HAN_ERR_REPLAY] = "invocation counter did not rise",
};

const char *han_err_name(enum han_err err)
{
	return (unsigned)err < HAN_ERR_KINDS ? names[err] : "unknown error";
}
