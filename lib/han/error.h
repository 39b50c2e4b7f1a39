/* Why octets, a frame or a message were refused. */
#ifndef HAN_ERROR_H
#define HAN_ERROR_H

#include <han/export.h>

enum han_err {
	HAN_OK,
	/* framing */
	HAN_ERR_LENGTH,  /* the frame's length field cannot be right */
	HAN_ERR_ADDRESS, /* an address field of 3 or of more than 4 octets */
	HAN_ERR_HCS,     /* header check sequence wrong */
	HAN_ERR_FCS,     /* frame check sequence wrong */
	HAN_ERR_FLAG,    /* no closing flag where the length says */
	HAN_ERR_TIMEOUT, /* the line fell silent inside a frame */
	HAN_ERR_END,     /* the octets ended inside a frame */
	/* message */
	HAN_ERR_SEGMENT,   /* one segment of a longer message: not reassembled */
	HAN_ERR_LLC,       /* no LLC header E6 E6 00 or E6 E7 00 */
	HAN_ERR_APDU,      /* an APDU that is no data-notification */
	HAN_ERR_DATETIME,  /* a date-time in none of the known spellings */
	HAN_ERR_TRUNCATED, /* a field ends before its announced length */
	HAN_ERR_TYPE,      /* a data type that is unassigned or not read */
	HAN_ERR_COUNT,     /* a length field that is malformed */
	HAN_ERR_LIMIT,     /* nested too deep or too many items */
	HAN_ERR_TRAILING,  /* octets after the end of the message */
	HAN_ERR_LIST,      /* sound data, but of no known list */
	HAN_ERR_KINDS      /* how many there are; no error */
};

/* A short phrase, "frame check sequence wrong"; static storage, never NULL. */
HAN_EXPORT const char *han_err_name(enum han_err err);

#endif
