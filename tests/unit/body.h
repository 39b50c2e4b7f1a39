/* A notification body in hex, read as a list. */
#ifndef BODY_H
#define BODY_H

#include <han/decoder.h>

#include "kaifa.h"
#include "reason.h"

#include "profile.h"

#define BODY_MAX 2048

struct body {
	uint8_t octets[BODY_MAX];
	size_t len;
	struct han_reading reading;
};

/* title: of the ciphering, in hex; NULL: it came in clear. settings NULL: the defaults. */
static inline enum han_err body_read(struct body *body, const char *hex, const char *title,
                                     const struct han_settings *settings)
{
	static const struct han_settings defaults;
	struct han_reading *r = &body->reading;

	body->len = unhex(hex, body->octets, sizeof(body->octets));
	memset(r, 0xA5, sizeof(*r)); /* a reading that has seen much */
	r->body = body->octets;
	r->body_len = body->len;
	r->has_encryption = title != NULL;
	if (title)
		assert_int_equal(unhex(title, r->encryption.title, HAN_TITLE_OCTETS),
		                 HAN_TITLE_OCTETS);
	return profile_read(r, settings ? settings : &defaults);
}

struct body_case {
	const char *name, *hex;
	const char *list, *values;
	const char *title;
};

/* The list and all its values; of fewer octets there is no reading. */
static inline void body_check(const struct body_case *c, const struct han_settings *settings)
{
	static struct body body;
	static struct note note;

	say_case(c->name);
	assert_string_equal(reason_word(body_read(&body, c->hex, c->title, settings)), "OK");
	assert_string_equal(han_list_name(body.reading.list), c->list);
	note_reading(&note, &body.reading);
	assert_string_equal(note.text, c->values);
	for (size_t cut = body.len; cut-- > 0;) {
		body.reading.body_len = cut;
		assert_int_equal(profile_read(&body.reading, &(struct han_settings){ 0 }),
		                 HAN_ERR_TRUNCATED);
	}
}

/* Elements that many lists have. */
#define CODE(hex)                      "0906" hex "ff "
#define SCALE(exp10, unit)             "0202 0f" exp10 "16" unit " "
#define OBJECT(class, code, attribute) "0204 12" class "0906" code "ff 0f" attribute "12 0000 "

#endif
