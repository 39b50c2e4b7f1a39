/* Why octets, a frame or a message were refused. */
#ifndef HAN_ERROR_H
#define HAN_ERROR_H

#include <han/export.h>

enum han_err {
	HAN_OK,
	/* framing */
	HAN_ERR_LENGTH,   /* the frame's length field cannot be right */
	HAN_ERR_ADDRESS,  /* an address field of 3 or of more than 4 octets */
	HAN_ERR_HCS,      /* header check sequence wrong */
	HAN_ERR_FCS,      /* frame check sequence wrong */
	HAN_ERR_FLAG,     /* no closing flag where the length says */
	HAN_ERR_CHECKSUM, /* M-Bus: checksum wrong */
	HAN_ERR_STOP,     /* M-Bus: no stop octet where the length says */
	HAN_ERR_CRC,      /* P1: check sequence wrong, or missing where the version has one */
	HAN_ERR_LINE,     /* P1: a line that is none of a telegram's */
	HAN_ERR_TIMEOUT,  /* the line fell silent inside a frame or a message */
	HAN_ERR_END,      /* the octets ended inside a frame or a message */
	/* message */
	HAN_ERR_SEGMENT,    /* a segment without those before it */
	HAN_ERR_BLOCK,      /* a general block out of order */
	HAN_ERR_INCOMPLETE, /* a message whose rest never came: another one began */
	HAN_ERR_SIZE,       /* a message longer than HAN_MESSAGE_MAX */
	HAN_ERR_LLC, /* no LLC header E6 E6 00 or E6 E7 00; also a last segment without the others */
	HAN_ERR_APDU,      /* an APDU that is no push message */
	HAN_ERR_DATETIME,  /* a date-time in none of the known spellings */
	HAN_ERR_TRUNCATED, /* a field ends before its announced length */
	HAN_ERR_TYPE,      /* a data type that is unassigned */
	HAN_ERR_COUNT,     /* a length field that is malformed */
	HAN_ERR_LIMIT,     /* nested too deep or too many items */
	HAN_ERR_NUMBER, /* a number that no han_decimal can hold: infinite, not a number, too far out */
	HAN_ERR_TRAILING, /* octets after the end of the message */
	HAN_ERR_LIST, /* sound data, but of no known list, or not of the one that was asked for */
	/* ciphering */
	HAN_ERR_SECURITY, /* a security control that is not read: compressed, signed, another suite */
	HAN_ERR_TITLE,    /* neither the message nor the settings say the system title */
	HAN_ERR_NO_KEY,   /* encrypted, and no key is given */
	HAN_ERR_KEY,      /* what the key makes of it is no message: the key is wrong */
	HAN_ERR_TAG,      /* the authentication tag does not agree */
	HAN_ERR_REPLAY, /* the invocation counter is not above the last one of this system title */
	HAN_ERR_KINDS   /* how many there are; no error */
};

/* A short phrase, "frame check sequence wrong"; static storage, never NULL. */
HAN_EXPORT const char *han_err_name(enum han_err err);

#endif
