/* From the model to the reading: each simulated meter lives for two hours, what it sends goes through the
 * library, and every value that comes out must be the model's, to the last digit. */
#include "meters.h"

#include <string.h>

#include <han/decoder.h>

#include "check.h"
#include "expected.h"
#include "unhex.h"

#define HOURS    2
#define KEY      "000102030405060708090a0b0c0d0e0f"
#define AUTH_KEY "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"

static const struct {
	const char *meter;
	void (*expect)(struct expected *x, unsigned list);
	unsigned messages; /* in two hours */
} meters[] = {
	{ "kaifa-ma304", expect_ma304, 3600 },       { "kaifa-ma105", expect_ma105, 3600 },
	{ "aidon-6525", expect_aidon, 2880 },        { "kamstrup-omnipower", expect_kamstrup, 722 },
	{ "lg-e450", expect_landisgyr, 1440 },       { "iskra-am550", expect_iskra, 1440 },
	{ "sagemcom-t210d", expect_sagemcom, 1440 }, { "dsmr5", expect_dsmr, 7200 },
};

/* ---- what comes out ---- */

static void note_value(struct note *note, const struct han_value *value)
{
	char name[HAN_OBIS_TEXT], text[HAN_TEXT_MAX];

	assert_int_equal(value->suspicion, HAN_SUSPECT_NOT);
	note_add(note, "%s%s=", note_gap(note), han_value_name(value, name));
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		note_add(note, "%s%s", han_decimal_print(value->number, text),
		         han_unit_name(value->unit));
		break;
	case HAN_VALUE_TEXT:
		note_add(note, "%s", han_value_text(value, text));
		break;
	case HAN_VALUE_CLOCK:
		note_add(note, "%s", han_datetime_print(&value->time, text));
		break;
	}
}

/* What an event has to say; returns whether there may be another one. */
static bool take_event(const struct han_event *event, unsigned *readings, struct note *note)
{
	assert_int_equal(event->discarded, 0);
	assert_int_not_equal(event->type, HAN_BAD_FRAME);
	assert_int_not_equal(event->type, HAN_BAD_MESSAGE);
	if (event->type == HAN_READING) {
		++*readings;
		for (size_t i = 0; i < event->reading->count; i++)
			note_value(note, &event->reading->values[i]);
	}
	return event->type != HAN_MORE;
}

/* The one reading of a message, and nothing refused. */
static void decode(struct han_decoder *decoder, const uint8_t *octets, size_t len,
                   struct note *note)
{
	unsigned readings = 0;
	struct han_event event;

	note_clear(note);
	do {
		size_t used = han_decoder_push(decoder, octets, len, 0, &event);

		octets += used;
		len -= used;
	} while (take_event(&event, &readings, note));
	assert_int_equal(len, 0);
	assert_int_equal(readings, 1);
}

static void play(const struct meters_row *meter, time_t start, const struct seal *seal,
                 void (*expected_of)(struct expected *x, unsigned list), unsigned messages)
{
	static struct han_decoder decoder;
	static struct expected x;
	static struct note note;
	struct han_settings settings = { .has_key = true };
	struct sampler sampler;
	struct sample sample;

	memcpy(settings.key, seal->key, sizeof(settings.key));
	memcpy(settings.auth_key, seal->auth_key, sizeof(settings.auth_key));
	settings.has_auth_key = seal->control & SEAL_AUTHENTICATED;
	han_decoder_init(&decoder, &settings);
	sampler_init(&sampler, start, meter->phases);
	for (uint32_t second = 0, number = 0; second < HOURS * 3600; second++) {
		uint8_t buf[METERS_MESSAGE_MAX];
		unsigned list, delay_ms;
		struct encoder e;

		sampler_next(&sampler, &sample);
		list = meters_due(meter, &sample.now, &delay_ms);
		if (list == 0)
			continue;
		sample.number = ++number;
		encoder_init(&e, buf, sizeof(buf));
		assert_true(meter->encode(&e, &sample, list, seal) > 0);
		decode(&decoder, buf, e.len, &note);
		note_clear(&x.note);
		x.sample = &sample;
		expected_of(&x, list);
		assert_string_equal(note.text, x.note.text);
		messages -= 1;
	}
	assert_int_equal(messages, 0);
	print_message("# the last one: %s\n", note.text);
	han_decoder_fini(&decoder);
}

static void test_meters(void **state)
{
	static const time_t starts[] = {
		1769898600, /* 2026-01-31T22:30:00: the low tariff begins, and a month */
		1781522999, /* 2026-06-15T11:29:59: summer, the sun shines */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(meters); i++) {
		const struct meters_row *meter = meters_find(meters[i].meter);
		struct seal seal = { .control = SEAL_ENCRYPTED };

		unhex(KEY, seal.key, sizeof(seal.key));
		unhex(AUTH_KEY, seal.auth_key, sizeof(seal.auth_key));
		if (meter->title)
			memcpy(seal.title, meter->title, sizeof(seal.title));
		for (size_t k = 0; k < COUNT(starts); k++) {
			say_case(meters[i].meter);
			play(meter, starts[k], &seal, meters[i].expect, meters[i].messages);
			seal.control |= SEAL_AUTHENTICATED; /* the second time */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meters),
	};

	return cmocka_run_group_tests_name("meters", tests, NULL, NULL);
}
