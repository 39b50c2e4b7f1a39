#include <han/error.h>

static const char *const names[HAN_ERR_KINDS] = {
	[HAN_OK] = "no error",
	[HAN_ERR_LENGTH] = "frame length impossible",
	[HAN_ERR_ADDRESS] = "address field malformed",
	[HAN_ERR_HCS] = "header check sequence wrong",
	[HAN_ERR_FCS] = "frame check sequence wrong",
	[HAN_ERR_FLAG] = "closing flag missing",
	[HAN_ERR_TIMEOUT] = "line silent inside a frame",
	[HAN_ERR_END] = "input ended inside a frame",
	[HAN_ERR_SEGMENT] = "segmented message, not reassembled",
	[HAN_ERR_LLC] = "LLC header missing",
	[HAN_ERR_APDU] = "not a data-notification",
	[HAN_ERR_DATETIME] = "date-time malformed",
	[HAN_ERR_TRUNCATED] = "message cut short",
	[HAN_ERR_TYPE] = "data type unknown",
	[HAN_ERR_COUNT] = "length field malformed",
	[HAN_ERR_LIMIT] = "too many or too deeply nested items",
	[HAN_ERR_TRAILING] = "octets after the end of the message",
	[HAN_ERR_LIST] = "list unknown",
};

const char *han_err_name(enum han_err err)
{
	return (unsigned)err < HAN_ERR_KINDS ? names[err] : "unknown error";
}
