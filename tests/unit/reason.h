/* Refusals as words. */
#ifndef REASON_H
#define REASON_H

#include <han/error.h>

#include "check.h"

static inline const char *reason_word(enum han_err err)
{
	static const char *const words[HAN_ERR_KINDS] = {
		[HAN_OK] = "OK",
		[HAN_ERR_LENGTH] = "LENGTH",
		[HAN_ERR_ADDRESS] = "ADDRESS",
		[HAN_ERR_HCS] = "HCS",
		[HAN_ERR_FCS] = "FCS",
		[HAN_ERR_FLAG] = "FLAG",
		[HAN_ERR_CHECKSUM] = "CHECKSUM",
		[HAN_ERR_STOP] = "STOP",
		[HAN_ERR_CRC] = "CRC",
		[HAN_ERR_LINE] = "LINE",
		[HAN_ERR_TIMEOUT] = "TIMEOUT",
		[HAN_ERR_END] = "END",
		[HAN_ERR_SEGMENT] = "SEGMENT",
		[HAN_ERR_BLOCK] = "BLOCK",
		[HAN_ERR_INCOMPLETE] = "INCOMPLETE",
		[HAN_ERR_SIZE] = "SIZE",
		[HAN_ERR_LLC] = "LLC",
		[HAN_ERR_APDU] = "APDU",
		[HAN_ERR_DATETIME] = "DATETIME",
		[HAN_ERR_TRUNCATED] = "TRUNCATED",
		[HAN_ERR_TYPE] = "TYPE",
		[HAN_ERR_COUNT] = "COUNT",
		[HAN_ERR_LIMIT] = "LIMIT",
		[HAN_ERR_NUMBER] = "NUMBER",
		[HAN_ERR_TRAILING] = "TRAILING",
		[HAN_ERR_LIST] = "LIST",
		[HAN_ERR_SECURITY] = "SECURITY",
		[HAN_ERR_TITLE] = "TITLE",
		[HAN_ERR_NO_KEY] = "NO_KEY",
		[HAN_ERR_KEY] = "KEY",
		[HAN_ERR_TAG] = "TAG",
		[HAN_ERR_REPLAY] = "REPLAY",
	};

	assert_true((unsigned)err < HAN_ERR_KINDS && words[err]);
	return words[err];
}

#endif
