/* LLC, DLMS APDUs (Green Book 9.4 and 9.2.7), blocks and ciphering. */
#include "explain-parts.h"

#include <stdio.h>
#include <string.h>

#include "plural.h"

#define GENERAL_BLOCK 0xE0 /* general-block-transfer */

#define SC_AUTHENTICATED 0x10
#define SC_ENCRYPTED     0x20
#define COUNTER_OCTETS   4
#define TAG_OCTETS       12

void train_begin(struct explain_train *t)
{
	t->len = 0;
	t->parts = 0;
	t->whole = false;
}

void train_add(struct explain_train *t, const uint8_t *octets, size_t len)
{
	size_t n = len < sizeof(t->octets) - t->len ? len : sizeof(t->octets) - t->len;

	memcpy(t->octets + t->len, octets, n);
	t->len += n;
	t->parts++;
}

void explain_inner(struct page *page, const uint8_t *octets, size_t len,
                   const struct explain_message *message)
{
	struct page outer = *page;
	struct span span = { octets, len };

	page->inner = true;
	page->offset = 0;
	page->depth++;
	explain_apdu(page, &span, message);
	*page = outer;
}

void explain_llc(struct page *page, struct span *span)
{
	const uint8_t *o = span->at;

	if (span->left >= 3 && o[0] == 0xE6 && (o[1] == 0xE6 || o[1] == 0xE7) && o[2] == 0)
		span_show(page, span, 3, PAGE_PLAIN, "LLC header");
}

/* ---- fields ---- */

static uint64_t peek(const struct span *span, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n && i < span->left; i++)
		value = value << 8 | span->at[i];
	return value;
}

/* A length field: below 80 itself, 81 … 84 that many octets of it. False: malformed, or cut short. */
static bool show_length(struct page *page, struct span *span, const char *name, size_t *len)
{
	uint8_t first = span->left > 0 ? span->at[0] : 0;
	size_t more = first > 0x80 && first <= 0x84 ? first & 0x7FU : 0;
	struct span rest = *span;

	if (rest.left > 0) {
		rest.at++;
		rest.left--;
	}
	if (first == 0x80 || first > 0x84) {
		page_note(page, PAGE_BAD, "length of %s malformed", name);
		return false;
	}
	*len = more > 0 ? (size_t)peek(&rest, more) : first;
	return span_show(page, span, 1 + more, PAGE_PLAIN, "length of %s: %zu octet%s", name, *len,
	                 plural(*len));
}

/* A length and so many octets, in one row. */
static bool show_string(struct page *page, struct span *span, const char *name)
{
	size_t len = span->left > 0 ? span->at[0] : 0;
	char text[64];

	if (len > 0x7F) {
		page_note(page, PAGE_BAD, "length of %s malformed", name);
		return false;
	}
	if (len == 0)
		return span_show(page, span, 1, PAGE_PLAIN, "%s: none", name);
	return span_show(page, span, 1 + len, PAGE_PLAIN, "%s \"%s\"", name,
	                 page_text(span->at + 1, span->left - 1 < len ? span->left - 1 : len, text,
	                           sizeof(text)));
}

/* ---- data-notification ---- */

static bool show_time(struct page *page, struct span *span)
{
	const uint8_t *o = span->at;
	size_t before = 1;
	char text[CLOCK_TEXT];

	if (span->left > 0 && o[0] == 0)
		return span_show(page, span, 1, PAGE_PLAIN, "date-time: none");
	if (span->left > 1 && o[0] == 0x09 && o[1] == HAN_DATETIME_OCTETS)
		before = 2;
	else if (span->left > 0 && o[0] != HAN_DATETIME_OCTETS && o[0] != HAN_TAG_DATE_TIME) {
		page_note(page, PAGE_BAD, "%s", han_err_name(HAN_ERR_DATETIME));
		return false;
	}
	if (span->left < before + HAN_DATETIME_OCTETS)
		return span_show(page, span, before + HAN_DATETIME_OCTETS, PAGE_BAD, "date-time");
	return span_show(page, span, before + HAN_DATETIME_OCTETS, PAGE_PLAIN, "date-time %s",
	                 explain_clock(o + before, text));
}

static void show_notification(struct page *page, struct span *span,
                              const struct explain_message *message)
{
	uint32_t id;

	span_show(page, span, 1, PAGE_PLAIN, "data-notification");
	id = (uint32_t)peek(span, 4);
	if (!span_show(page, span, 4, PAGE_PLAIN, "invoke id %u%s%s", id & 0x00FFFFFF,
	               id & 0x40000000 ? ", confirmed" : "", id >> 31 ? ", high priority" : "") ||
	    !show_time(page, span))
		return;
	explain_data(page, span, message->reading);
}

static void show_notice(struct page *page, struct span *span, const struct explain_message *message)
{
	char code[HAN_OBIS_TEXT] = "";

	span_show(page, span, 1, PAGE_PLAIN, "event-notification");
	if (peek(span, 1) == 0 || span->left == 0)
		span_show(page, span, 1, PAGE_PLAIN, "date-time: none");
	else if (!span_show(page, span, 1, PAGE_PLAIN, "a date-time follows") ||
	         !show_time(page, span))
		return;
	if (!span_show(page, span, 2, PAGE_PLAIN, "class %u", (unsigned)peek(span, 2)))
		return;
	if (span->left >= 6)
		han_obis_print((struct han_obis){ span->at[0], span->at[1], span->at[2],
		                                  span->at[3], span->at[4], span->at[5] },
		               code);
	if (span_show(page, span, 6, PAGE_PLAIN, "code %s", code) &&
	    span_show(page, span, 1, PAGE_PLAIN, "attribute %u", (unsigned)peek(span, 1)))
		explain_data(page, span, message->reading);
}

/* ---- general block transfer ---- */

static void show_blocks(struct page *page, const struct explain_message *message)
{
	const struct explain_train *t = message->blocks;
	const struct explain_message inner = { .reading = message->reading };

	page_note(page, PAGE_PLAIN, "the message, put together from %u block%s: %zu octet%s",
	          t->parts, plural(t->parts), t->len, plural(t->len));
	explain_inner(page, t->octets, t->len, &inner);
}

/* The train that the block of that number goes on with; NULL: none, and what was begun has no end. */
static struct explain_train *train_of(const struct explain_message *message, unsigned number)
{
	struct explain_train *t = message->blocks;

	if (t && number != t->parts + 1)
		train_begin(t);
	return t && number == t->parts + 1 ? t : NULL;
}

static void show_block(struct page *page, struct span *span, const struct explain_message *message)
{
	struct explain_train *train;
	uint8_t control;
	unsigned number;
	size_t len;

	span_show(page, span, 1, PAGE_PLAIN, "general-block-transfer");
	control = (uint8_t)peek(span, 1);
	if (!span_show(page, span, 1, PAGE_PLAIN, "block control: %s%s, window %u",
	               control & 0x80 ? "the last block" : "more blocks follow",
	               control & 0x40 ? ", streaming" : "", control & 0x3F))
		return;
	number = (unsigned)peek(span, 2);
	if (!span_show(page, span, 2, PAGE_PLAIN, "block number %u", number) ||
	    !span_show(page, span, 2, PAGE_PLAIN, "block number acknowledged: %u",
	               (unsigned)peek(span, 2)) ||
	    !show_length(page, span, "the block", &len))
		return;
	train = train_of(message, number);
	if (train)
		train_add(train, span->at, len < span->left ? len : span->left);
	span_show(page, span, len, PAGE_PLAIN, "block %u of the message", number);
	if (train && control & 0x80) {
		show_blocks(page, message);
		train_begin(train);
	}
}

/* ---- ciphering ---- */

static bool show_security(struct page *page, struct span *span, uint8_t *control)
{
	*control = (uint8_t)peek(span, 1);
	return span_show(page, span, 1, PAGE_PLAIN, "security control: suite %u%s%s, %s key%s",
	                 *control & 0x0F, *control & SC_AUTHENTICATED ? ", authenticated" : "",
	                 *control & SC_ENCRYPTED ? ", encrypted" : "",
	                 *control & 0x40 ? "broadcast" : "unicast",
	                 *control & 0x80 ? ", compressed" : "");
}

/* From the length in front of the security control to the tag. general-ciphering without protection has no counter. */
static void show_sealed(struct page *page, struct span *span, const struct explain_message *message,
                        bool general)
{
	const struct han_reading *reading = message->reading;
	const struct explain_message inner = { .reading = reading, .clear = true };
	size_t len, tag, header = 1 + COUNTER_OCTETS;
	uint8_t control;

	if (!show_length(page, span, "the ciphered part", &len) ||
	    !show_security(page, span, &control))
		return;
	if (general && !(control & (SC_AUTHENTICATED | SC_ENCRYPTED)))
		header = 1;
	else if (!span_show(page, span, COUNTER_OCTETS, PAGE_PLAIN, "invocation counter %u",
	                    (unsigned)peek(span, COUNTER_OCTETS)))
		return;
	tag = control & SC_AUTHENTICATED ? TAG_OCTETS : 0;
	if (len < header + tag) {
		page_note(page, PAGE_BAD, "the length is less than the header's");
		return;
	}
	span_show(page, span, len - header - tag, PAGE_PLAIN,
	          control & SC_ENCRYPTED ? "ciphertext" : "message in clear");
	if (tag > 0)
		span_show(page, span, tag, PAGE_PLAIN, "authentication tag");
	if (!reading || reading->message_len == 0 || message->clear)
		return;
	page_note(page, PAGE_GOOD, "in clear: %zu octet%s, %s", reading->message_len,
	          plural(reading->message_len),
	          reading->encryption.authenticated ? "the tag agrees" : "no tag was verified");
	explain_inner(page, reading->message, reading->message_len, &inner);
}

static void show_general_ciphering(struct page *page, struct span *span,
                                   const struct explain_message *message)
{
	span_show(page, span, 1, PAGE_PLAIN, "general-ciphering");
	if (show_string(page, span, "transaction id") && show_string(page, span, "system title") &&
	    show_string(page, span, "recipient's system title") &&
	    show_string(page, span, "date-time") && show_string(page, span, "other information") &&
	    span_show(page, span, 1, PAGE_PLAIN, "key information: %s",
	              peek(span, 1) ? "given, which is not read" : "none"))
		show_sealed(page, span, message, true);
}

/* ---- any ---- */

static const char *apdu_name(uint8_t tag)
{
	static const struct {
		uint8_t tag;
		const char *name;
	} names[] = {
		{ 0x0E, "confirmed-service-error" },
		{ 0x18, "information-report" },
		{ 0x60, "association request" },
		{ 0x61, "association response" },
		{ 0xC0, "get-request" },
		{ 0xC1, "set-request" },

		{ 0xC4, "get-response" },
		{ 0xC5, "set-response" },
		{ 0xD8, "exception-response" },
		{ 0xDF, "general-signing" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].tag == tag)
			return names[i].name;
	}
	return "unknown APDU";
}

static void show_by_tag(struct page *page, struct span *span, const struct explain_message *message)
{
	uint8_t tag = span->at[0];

	switch (tag) {
	case 0x0F:
		show_notification(page, span, message);
		break;
	case 0xC2:
		show_notice(page, span, message);
		break;
	case GENERAL_BLOCK:
		show_block(page, span, message);
		break;
	case 0xDB:
	case 0xDC:
		span_show(page, span, 1, PAGE_PLAIN, "general-%s-ciphering",
		          tag == 0xDB ? "glo" : "ded");
		if (show_string(page, span, "system title"))
			show_sealed(page, span, message, false);
		break;
	case 0xDD:
		show_general_ciphering(page, span, message);
		break;
	case 0xC8:
	case 0xC9:
	case 0xCA:
	case 0xCB:
	case 0xCC:
	case 0xCD:
	case 0xCF:
	case 0xD0:
	case 0xD1:
	case 0xD2:
	case 0xD3:
	case 0xD4:
	case 0xD5:
	case 0xD6:
	case 0xD7:
		span_show(page, span, 1, PAGE_PLAIN, "ciphered service (%s key)",
		          tag < 0xD0 ? "global" : "dedicated");
		show_sealed(page, span, message, false);
		break;
	default:
		span_show(page, span, 1, PAGE_BAD, "%s: no push message that is read",
		          apdu_name(tag));
	}
}

void explain_apdu(struct page *page, struct span *span, const struct explain_message *message)
{
	if (span->left == 0)
		return;
	if (message->blocks && span->at[0] != GENERAL_BLOCK)
		train_begin(message->blocks); /* of the message before the rest is lost */
	if (explain_is_telegram(span))
		explain_telegram(page, span, message->reading);
	else
		show_by_tag(page, span, message);
	span_show_rest(page, span, PAGE_BAD, "not read");
}
