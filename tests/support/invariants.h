/* What holds of every event and reading of the decoder, whatever octets it was given; and a reading's digest.
 *
 * A broken promise ends the program with the place and the words of it. For fuzzers, and for tests that
 * push more than they can tell of.
 */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/decoder.h>

static inline _Noreturn void broken(const char *promise, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
	abort();
}

#define must(promise) ((promise) ? (void)0 : broken(#promise, __FILE__, __LINE__))

#define DIGEST_START 0xCBF29CE484222325

/* FNV-1a, 64 bits. */
static inline uint64_t digest(uint64_t sum, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ at[i]) * 0x100000001B3;
	return sum;
}

static inline uint64_t digest_number(uint64_t sum, uint64_t number)
{
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(number >> 8 * i);
	return digest(sum, octets, sizeof(octets));
}

/* A text as the library prints it: no longer than its buffer, and of printable characters. */
static inline uint64_t digest_text(uint64_t sum, const char *text, size_t size)
{
	const char *end;
	size_t len;

	must(text != NULL);
	end = memchr(text, '\0', size);
	must(end != NULL);
	len = (size_t)(end - text);
	for (size_t i = 0; i < len; i++)
		must(text[i] >= ' ' && text[i] <= '~');
	return digest(sum, text, len + 1);
}

/* [-]digits[.digits], and as many of these behind the point as exp10 says. */
static inline uint64_t digest_decimal(uint64_t sum, struct han_decimal number)
{
	char text[HAN_DECIMAL_TEXT];
	const char *digits, *point;

	must(number.exp10 >= -40 && number.exp10 <= 40);
	must(!number.negative || number.magnitude != 0);
	must(han_decimal_print(number, text) == text);
	sum = digest_text(sum, text, sizeof(text));
	must((text[0] == '-') == number.negative);
	digits = text + number.negative;
	point = strchr(digits, '.');
	must(strspn(digits, "0123456789.") == strlen(digits) && *digits != '\0' && *digits != '.');
	must((point ? strlen(point + 1) : 0) == (number.exp10 < 0 ? (size_t)-number.exp10 : 0));
	must(!point || !strchr(point + 1, '.'));
	number = han_decimal_trim(number);
	must(number.exp10 >= -40 && number.exp10 <= 40);
	must(han_decimal_print(number, text) == text);
	return digest_text(sum, text, sizeof(text));
}

static inline uint64_t digest_datetime(uint64_t sum, const struct han_datetime *time)
{
	char text[HAN_DATETIME_TEXT];

	(void)han_datetime_exists(time);
	(void)han_datetime_has_deviation(time);
	must(han_datetime_print(time, text) == text);
	return digest_text(sum, text, sizeof(text));
}

/* Whether len octets at inner lie inside len_outer octets at outer. */
static inline bool lies_inside(const uint8_t *inner, size_t len, const uint8_t *outer,
                               size_t len_outer)
{
	uintptr_t from = (uintptr_t)inner, base = (uintptr_t)outer;

	return from >= base && from - base <= len_outer && len <= len_outer - (from - base);
}

static inline uint64_t digest_octets(uint64_t sum, const struct han_value *value,
                                     const struct han_reading *reading)
{
	if (value->octets || value->len > 0) {
		must(value->octets != NULL);
		must(lies_inside(value->octets, value->len, reading->message,
		                 reading->message_len));
		sum = digest(sum, value->octets, value->len);
	}
	return sum;
}

static inline uint64_t digest_value(uint64_t sum, const struct han_value *value,
                                    const struct han_reading *reading)
{
	char code[HAN_OBIS_TEXT], text[HAN_TEXT_MAX];
	const char *name = han_value_name(value, code);

	sum = digest_text(sum, name, 64);
	must(name[0] != '\0');
	must(han_value_code(value, code) == code && code[0] != '\0');
	sum = digest_text(sum, code, sizeof(code));
	sum = digest_text(sum, han_suspicion_name(value->suspicion), 128);
	sum = digest_number(sum, value->structural);
	sum = digest_number(sum, value->item);
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		must(memchr(han_unit_name(value->unit), '\0', 16) != NULL); /* some are UTF-8 */
		sum = digest_number(sum, value->unit);
		return digest_decimal(sum, value->number);
	case HAN_VALUE_CLOCK:
		sum = digest_datetime(sum, &value->time);
		return digest_octets(sum, value, reading);
	case HAN_VALUE_TEXT:
		must(han_value_text(value, text) == text);
		sum = digest_text(sum, text, sizeof(text));
		return digest_octets(sum, value, reading);
	}
	broken("a type that exists", __FILE__, __LINE__);
}

/* Names, codes, numbers, texts, times; and that all of them can be printed and lie where they may. */
static inline uint64_t digest_reading(uint64_t sum, const struct han_reading *reading)
{
	char identity[HAN_IDENTITY_TEXT];
	const struct han_datetime *time = han_reading_time(reading);

	must(reading->count <= HAN_VALUES_MAX);
	must(reading->message != NULL && reading->message_len <= HAN_MESSAGE_MAX);
	if (!reading->is_telegram)
		must(lies_inside(reading->body, reading->body_len, reading->message,
		                 reading->message_len));
	must(reading->framing != HAN_FRAMING_P1 || reading->p1.ident_len <= HAN_IDENT_MAX);
	if (reading->framing == HAN_FRAMING_HDLC) {
		must(reading->hdlc.source.len <= HAN_ADDRESS_MAX);
		must(reading->hdlc.destination.len <= HAN_ADDRESS_MAX);
	}
	sum = digest_text(sum, han_framing_name(reading->framing), 16);
	sum = digest_text(sum, reading->list ? han_list_name(reading->list) : "", 64);
	sum = digest_number(sum, reading->count);
	for (size_t i = 0; i < reading->count; i++)
		sum = digest_value(sum, &reading->values[i], reading);
	sum = digest_number(sum, han_reading_identity(reading, identity));
	sum = digest_text(sum, identity, sizeof(identity));
	if (time)
		sum = digest_datetime(sum, time);
	if (reading->has_encryption)
		sum = digest_number(sum, reading->encryption.authenticated);
	return sum;
}

/* What an event carries, and what it must not. */
static inline void check_event(const struct han_event *event)
{
	bool refused = event->type == HAN_BAD_FRAME || event->type == HAN_BAD_MESSAGE;
	bool framed = event->type != HAN_MORE && event->type != HAN_BAD_MESSAGE;

	must((event->err != HAN_OK) == refused);
	must(event->err < HAN_ERR_KINDS && han_err_name(event->err)[0] != '\0');
	must((event->frame != NULL) == (event->frame_len > 0));
	if (framed)
		must(event->frame != NULL);
	if (event->type == HAN_MORE)
		must(event->frame == NULL);
	if (event->type != HAN_BAD_MESSAGE)
		must((event->reading != NULL) == (event->type == HAN_READING));
	else if (event->reading)
		must(event->reading->count == 0);
}

#endif
