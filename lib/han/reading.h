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

#define HAN_VALUES_MAX  80
#define HAN_ADDRESS_MAX 4
#define HAN_TEXT_MAX    256 /* octets of the longest text that han_value_text() prints, NUL included */

enum han_framing {
	HAN_FRAMING_NONE, /* a bare APDU */
	HAN_FRAMING_HDLC,
};

/* "hdlc", "dlms" for a bare APDU. Static storage. */
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

struct han_apdu_header {
	uint8_t tag;
	uint32_t invoke_id; /* long-invoke-id-and-priority */
	bool has_time;
	uint8_t time_octets[HAN_DATETIME_OCTETS];
	struct han_datetime time;
};

enum han_value_type { HAN_VALUE_NUMBER, HAN_VALUE_TEXT, HAN_VALUE_CLOCK };

struct han_value {
	const struct han_measurement *measurement; /* NULL: a code without a name */
	struct han_obis obis;
	uint8_t item;    /* its place in the list, from 0 */
	bool structural; /* a zero that the meter's wiring makes, not a measured one */
	enum han_value_type type;
	struct han_decimal number; /* in the measurement's unit */
	struct han_datetime time;
	const uint8_t *octets; /* a text, as sent; lives as long as the reading */
	size_t len;
};

/* A list of a meter: which element is which measurement. Static storage. */
struct han_list;

struct han_reading {
	enum han_framing framing;
	struct han_hdlc_header hdlc; /* with HAN_FRAMING_HDLC */
	bool has_llc;
	uint8_t llc[3];
	struct han_apdu_header apdu;
	const uint8_t *body; /* the notification body, one A-XDR element */
	size_t body_len;
	const struct han_list *list;
	size_t count;
	struct han_value values[HAN_VALUES_MAX];
};

/* The value of that name, NULL when the reading has none. */
HAN_EXPORT const struct han_value *han_reading_find(const struct han_reading *reading,
                                                    const char *name);

/* The value that tells meters apart (their number), NULL when this message does not carry it. */
HAN_EXPORT const struct han_value *han_reading_identity(const struct han_reading *reading);

/* The meter's clock: of the message's header, else of its clock item; NULL when it has neither. */
HAN_EXPORT const struct han_datetime *han_reading_time(const struct han_reading *reading);

/* A text value as printable ASCII into buf: as sent when every octet is, else in hex; cut where buf
 * ends. Returns buf. */
HAN_EXPORT char *han_value_text(const struct han_value *value, char buf[HAN_TEXT_MAX]);

/* The lists known: 0 … han_list_count() - 1. */
HAN_EXPORT size_t han_list_count(void);
HAN_EXPORT const struct han_list *han_list_at(size_t index);

HAN_EXPORT const char *han_list_name(const struct han_list *list);  /* "kaifa-list3-3ph" */
HAN_EXPORT const char *han_list_maker(const struct han_list *list); /* "Kaifa" */
HAN_EXPORT const char *han_list_about(const struct han_list *list); /* one line for people */

/* All that the meter of this list sends, in whichever of its lists: the measurement at index, NULL
 * behind the last. Empty when the list alone does not tell. */
HAN_EXPORT const struct han_measurement *han_list_sends(const struct han_list *list, size_t index);

#endif
