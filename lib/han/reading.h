/* What leaves the library: the values of one message of a meter. */
#ifndef HAN_READING_H
#define HAN_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/datetime.h>
#include <han/decimal.h>
#include <han/export.h>
#include <han/measurement.h>
#include <han/obis.h>

#define HAN_VALUES_MAX   96
#define HAN_ADDRESS_MAX  4
#define HAN_TITLE_OCTETS 8
#define HAN_IDENT_MAX    64 /* octets of a P1 identification */
#define HAN_TEXT_MAX \
	2304 /* octets of the longest text that han_value_text() prints, NUL included */
#define HAN_IDENTITY_TEXT 80

enum han_framing {
	HAN_FRAMING_NONE, /* a bare APDU */
	HAN_FRAMING_HDLC,
	HAN_FRAMING_MBUS,
	HAN_FRAMING_P1,
};

/* "hdlc", "mbus", "p1", "dlms" for a bare APDU. Static storage. */
HAN_EXPORT const char *han_framing_name(enum han_framing framing);

struct han_address {
	uint8_t octets[HAN_ADDRESS_MAX]; /* as on the wire */
	uint8_t len;
};

/* HDLC frame format type 3 (IEC 62056-46), with the check sequences in the order of the wire. */
struct han_hdlc_header {
	uint16_t format; /* type (4 bits), segmentation, length (11 bits) */
	struct han_address destination;
	struct han_address source;
	uint8_t control;
	uint8_t hcs[2];
	uint8_t fcs[2];
};

/* M-Bus long frame (EN 13757-2) with the transport of DLMS (EN 13757-1, DLMS Green Book 10.5). */
struct han_mbus_header {
	uint8_t control; /* C: 53 or 73, SND_UD */
	uint8_t address; /* A: FF, broadcast */
	uint8_t ci;      /* number of the segment (4 bits), 10: the last one */
	uint8_t stsap;
	uint8_t dtsap;
};

/* P1 telegram (DSMR 5.0.2, 6.2). */
struct han_p1_header {
	uint8_t ident[HAN_IDENT_MAX]; /* behind the slash, to the end of its line */
	uint8_t ident_len;
	bool has_crc;
	uint16_t crc;
};

/* Ciphered APDU (DLMS Green Book 9.2.7.2.4). */
struct han_encryption {
	uint8_t title[HAN_TITLE_OCTETS]; /* system title */
	uint8_t control;    /* security control: 10 authenticated, 20 encrypted, 30 both */
	uint32_t counter;   /* invocation counter */
	bool authenticated; /* the tag was verified */
};

struct han_apdu_header {
	uint8_t tag;
	uint32_t invoke_id; /* long-invoke-id-and-priority */
	bool has_time;
	uint8_t time_octets[HAN_DATETIME_OCTETS];
	struct han_datetime time;
	struct han_obis obis; /* of an event-notification: whose value the body is */
};

enum han_value_type { HAN_VALUE_NUMBER, HAN_VALUE_TEXT, HAN_VALUE_CLOCK };

/* What one message alone shows to be wrong. */
enum han_suspicion {
	HAN_SUSPECT_NOT,
	HAN_SUSPECT_DATE, /* a date that does not exist in the calendar */
	HAN_SUSPECT_SUM,  /* a total that is not the sum of its tariffs */
};

struct han_value {
	const struct han_measurement *measurement; /* NULL: a code without a name */
	bool has_obis;   /* else a positional element of unknown meaning */
	bool short_obis; /* P1: the code was sent without its group F */
	struct han_obis obis;
	uint8_t item;    /* its place in the list, from 0 */
	bool structural; /* a zero that the meter's wiring makes, not a measured one */
	enum han_suspicion suspicion;
	enum han_value_type type;
	enum han_unit unit;        /* of number */
	struct han_decimal number; /* with HAN_VALUE_NUMBER */
	struct han_datetime time;  /* with HAN_VALUE_CLOCK */
	const uint8_t
		*octets; /* a text, as sent, a P1 text or clock; lives as long as the reading */
	size_t len;
};

/* A list of a meter: which element is which measurement. Static storage. */
struct han_list;

/* A message as far as it was read. Pointers are valid as long as the event that brought it. */
struct han_reading {
	enum han_framing framing;
	/* Of the first frame of the message; zeros but for the one of its framing. A telegram inside an
	 * APDU has its own p1. */
	struct han_hdlc_header hdlc;
	struct han_mbus_header mbus;
	struct han_p1_header p1;
	bool has_llc;
	uint8_t llc[3];
	bool has_encryption;
	struct han_encryption encryption;
	const uint8_t *
		message; /* the whole message, reassembled and in clear: an APDU or a P1 telegram */
	size_t message_len;
	bool is_telegram;            /* the message is a P1 telegram, plain or inside an APDU */
	struct han_apdu_header apdu; /* unless is_telegram */
	const uint8_t *body; /* the notification body, one A-XDR element; unless is_telegram */
	size_t body_len;
	const struct han_list *list;
	size_t count;
	struct han_value values[HAN_VALUES_MAX];
};

/* The value of that name, NULL when the reading has none. */
HAN_EXPORT const struct han_value *han_reading_find(const struct han_reading *reading,
                                                    const char *name);

/* How a meter tells who it is, the best first; a meter's messages may differ in what they carry. */
enum han_identity {
	HAN_IDENTITY_NONE,
	HAN_IDENTITY_DEVICE_NAME,  /* COSEM logical device name, 0-0:42.0.0 */
	HAN_IDENTITY_METER_ID,     /* 0-0:96.1.0; 1-1:0.0.5 of Kamstrup */
	HAN_IDENTITY_NUMBER,       /* 0-0:96.1.1, where the list uses it as the meter's number */
	HAN_IDENTITY_SYSTEM_TITLE, /* of the ciphering, in hex */
};

/* The best of these that this message carries, as printable text into buf; HAN_IDENTITY_NONE and an empty
 * text when it carries none. */
HAN_EXPORT enum han_identity han_reading_identity(const struct han_reading *reading,
                                                  char buf[HAN_IDENTITY_TEXT]);

/* Who made the meter, as list, logical device name, system title or P1 identification tell: "Kaifa"; ""
 * when none does. Static storage. */
HAN_EXPORT const char *han_reading_maker(const struct han_reading *reading);

/* The meter's clock: of the message's header, else of its clock item; NULL when it has neither. */
HAN_EXPORT const struct han_datetime *han_reading_time(const struct han_reading *reading);

/* A value's key: its measurement's name, else its code ("1-0:15.8.0.255"; of a P1 telegram as sent,
 * "0-1:24.2.1"), else "item07". Into buf or static storage. */
HAN_EXPORT const char *han_value_name(const struct han_value *value, char buf[HAN_OBIS_TEXT]);

/* A value's code as sent, or "item07". Returns buf. */
HAN_EXPORT char *han_value_code(const struct han_value *value, char buf[HAN_OBIS_TEXT]);

/* Why a value is suspect, "total is not the sum of its tariffs"; "" for HAN_SUSPECT_NOT. */
HAN_EXPORT const char *han_suspicion_name(enum han_suspicion suspicion);

/* A text value as printable ASCII into buf: as sent when every octet is, else in hex; cut where buf
 * ends. Returns buf. */
HAN_EXPORT char *han_value_text(const struct han_value *value, char buf[HAN_TEXT_MAX]);

/* The lists known: 0 … han_list_count() - 1. */
HAN_EXPORT size_t han_list_count(void);
HAN_EXPORT const struct han_list *han_list_at(size_t index);

/* The list of that name, NULL when there is none. */
HAN_EXPORT const struct han_list *han_list_find(const char *name);

HAN_EXPORT const char *han_list_name(const struct han_list *list);  /* "kaifa-list3-3ph" */
HAN_EXPORT const char *han_list_maker(const struct han_list *list); /* "Kaifa" */
HAN_EXPORT const char *han_list_about(const struct han_list *list); /* one line for people */

/* All that the meter of this list sends, in whichever of its lists: the measurement at index, NULL
 * behind the last. Empty when the list alone does not tell. */
HAN_EXPORT const struct han_measurement *han_list_sends(const struct han_list *list, size_t index);

#endif
