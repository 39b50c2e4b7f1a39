/* Which message makes another meter of a known one, and what is held until it does. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "claim.h"

#define KNOWN   "6970631400000077"
#define OTHER   "6970631400000094"
#define DAMAGED "6970631400800077"

/* clang-format off */
static const struct {
	const char *name;
	struct han_reading reading;
	bool weak;
} strengths[] = {
	{ "HDLC",          { .framing = HAN_FRAMING_HDLC }, false },
	{ "M-Bus",         { .framing = HAN_FRAMING_MBUS }, true },
	{ "P1 with a CRC", { .framing = HAN_FRAMING_P1, .p1 = { .has_crc = true } }, false },
	{ "P1 without",    { .framing = HAN_FRAMING_P1 }, true },
	{ "M-Bus, a tag",  { .framing = HAN_FRAMING_MBUS, .has_encryption = true,
	                     .encryption = { .control = 0x30, .authenticated = true } }, false },
	{ "M-Bus, ciphered, no tag", { .framing = HAN_FRAMING_MBUS, .has_encryption = true,
	                               .encryption = { .control = 0x20 } }, true },
	{ "M-Bus, a telegram with a CRC", { .framing = HAN_FRAMING_MBUS, .is_telegram = true,
	                                    .p1 = { .has_crc = true } }, false },
	{ "P1, ciphered, a tag", { .framing = HAN_FRAMING_P1, .has_encryption = true,
	                           .encryption = { .control = 0x30, .authenticated = true } }, false },
};

/* What weak messages say in turn, of a meter known as KNOWN by its id: which are believed. */
static const struct {
	const char *name;
	struct {
		enum han_identity by;
		const char *text;
		bool believed;
	} says[4];
} turns[] = {
	{ "twice the same",    { { HAN_IDENTITY_METER_ID, OTHER, false }, { HAN_IDENTITY_METER_ID, OTHER, true } } },
	{ "once",              { { HAN_IDENTITY_METER_ID, OTHER, false }, { HAN_IDENTITY_METER_ID, KNOWN, true },
	                         { HAN_IDENTITY_METER_ID, OTHER, false } } },
	{ "two others",        { { HAN_IDENTITY_METER_ID, OTHER, false }, { HAN_IDENTITY_METER_ID, DAMAGED, false },
	                         { HAN_IDENTITY_METER_ID, OTHER, false }, { HAN_IDENTITY_METER_ID, OTHER, true } } },
	{ "something else between", { { HAN_IDENTITY_METER_ID, OTHER, false }, { HAN_IDENTITY_NUMBER, "K8EG", true },
	                              { HAN_IDENTITY_METER_ID, OTHER, true } } },
	{ "the known one",     { { HAN_IDENTITY_METER_ID, KNOWN, true } } },
};
/* clang-format on */

static struct identity identity_made(enum han_identity by, const char *text)
{
	struct identity identity = { .by = by };

	memcpy(identity.text, text, strlen(text));
	return identity;
}

/* The message may be gone when it is wanted. */
static bool believe(struct claim *claim, enum han_identity by, const char *known,
                    enum han_identity said_by, const char *said, const struct han_reading *shape)
{
	const struct identity before = identity_made(by, known), now = identity_made(said_by, said);
	const size_t len = strlen(said);
	uint8_t *message = malloc(len);
	struct han_reading reading = *shape;
	bool believed;

	assert_non_null(message);
	for (size_t i = 0; i < len; i++)
		message[i] = (uint8_t)said[i];
	reading.message = message;
	reading.message_len = len;
	reading.count = 2;
	reading.values[0] =
		(struct han_value){ .type = HAN_VALUE_TEXT, .octets = message, .len = len };
	reading.values[1] =
		(struct han_value){ .type = HAN_VALUE_NUMBER, .number = { .magnitude = 7 } };
	believed = claim_believe(claim, &before, &now, &reading);
	free(message);
	return believed;
}

static void check_held(const struct claim *claim, const char *said)
{
	char text[HAN_TEXT_MAX];

	assert_non_null(claim->held);
	assert_int_equal(claim->held->count, 2);
	assert_string_equal(han_value_text(&claim->held->values[0], text), said);
	assert_int_equal(claim->held->values[1].number.magnitude, 7);
}

static void test_strengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strengths); i++) {
		struct claim claim = { 0 };

		say_case(strengths[i].name);
		assert_int_equal(believe(&claim, HAN_IDENTITY_METER_ID, KNOWN,
		                         HAN_IDENTITY_METER_ID, OTHER, &strengths[i].reading),
		                 !strengths[i].weak);
		if (strengths[i].weak)
			check_held(&claim, OTHER);
		else
			assert_null(claim.held);
		claim_end(&claim);
		assert_null(claim.held);
	}
}

static void test_turns(void **state)
{
	const struct han_reading weak = { .framing = HAN_FRAMING_MBUS };

	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++) {
		struct claim claim = { 0 };

		for (size_t n = 0; n < COUNT(turns[i].says) && turns[i].says[n].text; n++) {
			say_case(turns[i].name);
			assert_int_equal(believe(&claim, HAN_IDENTITY_METER_ID, KNOWN,
			                         turns[i].says[n].by, turns[i].says[n].text, &weak),
			                 turns[i].says[n].believed);
			if (!turns[i].says[n].believed)
				check_held(&claim, turns[i].says[n].text);
		}
		claim_end(&claim);
	}
}

/* There is nobody it could be taken for. */
static void test_first(void **state)
{
	const struct han_reading weak = { .framing = HAN_FRAMING_P1 };
	struct claim claim = { 0 };

	(void)state;
	assert_true(believe(&claim, HAN_IDENTITY_NONE, "", HAN_IDENTITY_NUMBER, OTHER, &weak));
	assert_true(
		believe(&claim, HAN_IDENTITY_NONE, "port-1", HAN_IDENTITY_NUMBER, OTHER, &weak));
	assert_null(claim.held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strengths),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
