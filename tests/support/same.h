/* Whether two decoders tell the same: events and readings, member by member; what they point to, octet by octet. */
#ifndef SAME_H
#define SAME_H

#include <string.h>

#include <han/decoder.h>

static inline bool same_octets(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || (a && b && memcmp(a, b, a_len) == 0));
}

static inline bool same_time(const struct han_datetime *a, const struct han_datetime *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day &&
	       a->weekday == b->weekday && a->hour == b->hour && a->minute == b->minute &&
	       a->second == b->second && a->hundredths == b->hundredths &&
	       a->deviation == b->deviation && a->status == b->status;
}

static inline bool same_number(struct han_decimal a, struct han_decimal b)
{
	return a.magnitude == b.magnitude && a.exp10 == b.exp10 && a.negative == b.negative;
}

static inline bool same_value(const struct han_value *a, const struct han_value *b)
{
	return a->measurement == b->measurement && a->has_obis == b->has_obis &&
	       a->short_obis == b->short_obis && han_obis_equal(a->obis, b->obis) &&
	       a->item == b->item && a->structural == b->structural &&
	       a->suspicion == b->suspicion && a->type == b->type && a->unit == b->unit &&
	       same_number(a->number, b->number) && same_time(&a->time, &b->time) &&
	       !a->octets == !b->octets && same_octets(a->octets, a->len, b->octets, b->len);
}

static inline bool same_address(const struct han_address *a, const struct han_address *b)
{
	return same_octets(a->octets, a->len, b->octets, b->len);
}

static inline bool same_hdlc(const struct han_hdlc_header *a, const struct han_hdlc_header *b)
{
	return a->format == b->format && same_address(&a->destination, &b->destination) &&
	       same_address(&a->source, &b->source) && a->control == b->control &&
	       memcmp(a->hcs, b->hcs, sizeof(a->hcs)) == 0 &&
	       memcmp(a->fcs, b->fcs, sizeof(a->fcs)) == 0;
}

static inline bool same_apdu(const struct han_apdu_header *a, const struct han_apdu_header *b)
{
	return a->tag == b->tag && a->invoke_id == b->invoke_id && a->has_time == b->has_time &&
	       memcmp(a->time_octets, b->time_octets, HAN_DATETIME_OCTETS) == 0 &&
	       same_time(&a->time, &b->time) && han_obis_equal(a->obis, b->obis);
}

static inline bool same_encryption(const struct han_encryption *a, const struct han_encryption *b)
{
	return memcmp(a->title, b->title, HAN_TITLE_OCTETS) == 0 && a->control == b->control &&
	       a->counter == b->counter && a->authenticated == b->authenticated;
}

static inline bool same_reading(const struct han_reading *a, const struct han_reading *b)
{
	bool same = a->framing == b->framing && same_hdlc(&a->hdlc, &b->hdlc) &&
	            memcmp(&a->mbus, &b->mbus, sizeof(a->mbus)) == 0 &&
	            same_octets(a->p1.ident, a->p1.ident_len, b->p1.ident, b->p1.ident_len) &&
	            a->p1.has_crc == b->p1.has_crc && a->p1.crc == b->p1.crc &&
	            a->has_llc == b->has_llc && memcmp(a->llc, b->llc, sizeof(a->llc)) == 0 &&
	            a->has_encryption == b->has_encryption && a->is_telegram == b->is_telegram &&
	            same_octets(a->message, a->message_len, b->message, b->message_len) &&
	            same_octets(a->body, a->body_len, b->body, b->body_len) &&
	            same_apdu(&a->apdu, &b->apdu) && a->list == b->list && a->count == b->count;

	if (same && a->has_encryption)
		same = same_encryption(&a->encryption, &b->encryption);
	for (size_t i = 0; same && i < a->count; i++)
		same = same_value(&a->values[i], &b->values[i]);
	return same;
}

/* base: octets that the first decoder had before all that both had. */
static inline bool same_event(const struct han_event *a, const struct han_event *b, uint64_t base)
{
	return a->type == b->type && a->err == b->err && a->framing == b->framing &&
	       a->discarded == b->discarded && !a->frame == !b->frame &&
	       same_octets(a->frame, a->frame_len, b->frame, b->frame_len) &&
	       (!a->frame || a->offset == b->offset + base) && !a->reading == !b->reading &&
	       (!a->reading || same_reading(a->reading, b->reading));
}

#endif
