/* The shapes of bodies: which value stands with which code and unit. */
#include "note.h"
#include "reason.h"
#include "unhex.h"

#include "shape.h"

#define VOLTAGE                        "0906 0100200700ff "
#define POWER                          "0906 0100010700ff "
#define METER                          "0906 0000600100ff "
#define TEXT                           "0a03 414243 "
#define WATTS                          "06 000004d2 "
#define UNIT                           "0202 0fff 1623 "
#define OBJECT(class, code, attribute) "0204 12" class "0906" code "0f" attribute "12 0000 "
#define ITSELF                         OBJECT("0028", "0008190900ff", "02")
#define OF_NAME                        OBJECT("0028", "0008190900ff", "01")
#define OF_METER                       OBJECT("0001", "0000600100ff", "02")
#define OF_POWER                       OBJECT("0003", "0100010700ff", "02")
#define OF_SCALER                      OBJECT("0003", "0100010700ff", "03")
#define OF_CLOCK                       OBJECT("0008", "0000010000ff", "02")

/* clang-format off */

/* The kind, "+" when flat; then values as code=value*scaler/unit, "-" without a code. */
static const struct {
	const char *name, *body, *says;
} shapes[] = {
	/* positional */
	{ "one number",              "02 01" WATTS,                       "positional+ -=1234" },
	{ "nothing",                 "02 00",                             "positional+" },
	{ "values of all kinds",     "02 04" TEXT WATTS "00 0f fe",       "positional+ -='414243' -=1234 -=null -=-2" },
	{ "an array of numbers",     "01 02" WATTS WATTS,                 "positional -=1234 -=1234" },
	{ "one value alone",         "06 000004d2",                       "positional -=1234" },
	{ "a code alone",            POWER,                               "positional -='0100010700ff'" },
	{ "a code and nothing behind", "02 02" WATTS POWER,               "positional+ -=1234 -='0100010700ff'" },
	{ "a structure inside",      "02 02" WATTS "02 01" TEXT,          "positional -=1234 -='414243'" },
	{ "a text of six characters", "02 02 0906 313233343536" WATTS,    "positional+ -='313233343536' -=1234" },
	{ "group A of 16",           "02 02 0906 1000010700ff" WATTS,     "positional+ -='1000010700ff' -=1234" },
	{ "five octets",             "02 02 0905 0100010700" WATTS,       "positional+ -='0100010700' -=1234" },
	{ "seven octets",            "02 02 0907 0100010700ffff" WATTS,   "positional+ -='0100010700ffff' -=1234" },
	{ "a visible-string of six", "02 02 0a06 0100010700ff" WATTS,     "positional+ -='0100010700ff' -=1234" },

	/* tagged */
	{ "a code and a value, flat", "02 02" POWER WATTS,                "tagged 1-0:1.7.0.255=1234" },
	{ "group A of 15",           "02 02 0906 0f00010700ff" WATTS,     "tagged 15-0:1.7.0.255=1234" },
	{ "in structures",           "01 02 02 02" METER TEXT "02 02" POWER WATTS, "tagged 0-0:96.1.0.255='414243' 1-0:1.7.0.255=1234" },
	{ "with a unit",             "01 01 02 03" VOLTAGE "12 08fd" UNIT, "tagged 1-0:32.7.0.255=2301*-1/35" },
	{ "a positive scaler",       "01 01 02 03" POWER WATTS "0202 0f01 161e", "tagged 1-0:1.7.0.255=1234*1/30" },
	{ "the smallest scaler",     "01 01 02 03" POWER WATTS "0202 0f80 16ff", "tagged 1-0:1.7.0.255=1234*-128/255" },
	{ "flat, with units",        "02 06" VOLTAGE "12 08fd" UNIT POWER WATTS "0202 0f00 161b",
	  "tagged 1-0:32.7.0.255=2301*-1/35 1-0:1.7.0.255=1234*0/27" },
	{ "flat, a unit here and there", "02 05" VOLTAGE "12 08fd" UNIT POWER WATTS,
	  "tagged 1-0:32.7.0.255=2301*-1/35 1-0:1.7.0.255=1234" },
	{ "a value in front",        "02 03" TEXT POWER WATTS,            "tagged -='414243' 1-0:1.7.0.255=1234" },
	{ "a value behind",          "02 03" POWER WATTS TEXT,            "tagged 1-0:1.7.0.255=1234 -='414243'" },
	{ "flat and in structures",  "02 04" METER TEXT "02 02" POWER WATTS "02 03" VOLTAGE "12 08fd" UNIT,
	  "tagged 0-0:96.1.0.255='414243' 1-0:1.7.0.255=1234 1-0:32.7.0.255=2301*-1/35" },
	{ "a code as value",         "02 04" METER POWER VOLTAGE "12 08fd", "tagged 0-0:96.1.0.255='0100010700ff' 1-0:32.7.0.255=2301" },
	{ "a null as value",         "02 04" METER "00" POWER WATTS,      "tagged 0-0:96.1.0.255=null 1-0:1.7.0.255=1234" },
	{ "nulls between",           "02 06" POWER WATTS "00 00" VOLTAGE "12 08fd", "tagged 1-0:1.7.0.255=1234 -=null -=null 1-0:32.7.0.255=2301" },
	{ "a code at the end",       "02 03" POWER WATTS VOLTAGE,         "tagged 1-0:1.7.0.255=1234 -='0100200700ff'" },
	{ "a code at a structure's end", "01 02 02 01" POWER "02 02" VOLTAGE "12 08fd", "tagged -='0100010700ff' 1-0:32.7.0.255=2301" },
	{ "a container as value",    "02 04" METER "01 02" WATTS WATTS POWER WATTS, "tagged 1-0:1.7.0.255=1234" },
	{ "a container as value, with a unit", "01 02 02 03" METER "01 02" WATTS WATTS UNIT "02 02" POWER WATTS, "tagged 1-0:1.7.0.255=1234" },
	{ "an empty container as value", "02 04" METER "01 00" POWER WATTS, "tagged 1-0:1.7.0.255=1234" },
	{ "a container at the end",  "02 04" POWER WATTS METER "02 01 02 01" WATTS, "tagged 1-0:1.7.0.255=1234" },
	{ "no unit: three elements", "02 03" POWER WATTS "0203 0fff 1623 1623", "tagged 1-0:1.7.0.255=1234 -=-1 -=35 -=35" },
	{ "no unit: another type",   "02 03" POWER WATTS "0202 11ff 1623", "tagged 1-0:1.7.0.255=1234 -=255 -=35" },
	{ "no unit: no enum",        "02 03" POWER WATTS "0202 0fff 1123", "tagged 1-0:1.7.0.255=1234 -=-1 -=35" },
	{ "no unit: an array",       "02 03" POWER WATTS "0102 0fff 1623", "tagged 1-0:1.7.0.255=1234 -=-1 -=35" },
	{ "a unit in the next structure is another's", "01 02 02 02" POWER WATTS UNIT, "tagged 1-0:1.7.0.255=1234 -=-1 -=35" },

	/* push lists */
	{ "its own list first",      "02 03 0103" ITSELF OF_METER OF_POWER TEXT WATTS, "push 0-0:96.1.0.255='414243' 1-0:1.7.0.255=1234" },
	{ "without itself",          "02 03 0102" OF_METER OF_POWER TEXT WATTS, "push 0-0:96.1.0.255='414243' 1-0:1.7.0.255=1234" },
	{ "its name, too",           "02 04 0104" ITSELF OF_NAME OF_METER OF_POWER "0906 0008190900ff" TEXT WATTS,
	  "push 0-0:96.1.0.255='414243' 1-0:1.7.0.255=1234" },
	{ "another attribute",       "02 03 0103" ITSELF OF_SCALER OF_POWER UNIT WATTS, "push 1-0:1.7.0.255=1234" },
	{ "another attribute, no container", "02 03 0103" ITSELF OF_SCALER OF_POWER "0fff" WATTS, "push 1-0:1.7.0.255=1234" },
	{ "a container as value of one", "02 03 0103" ITSELF OF_METER OF_POWER "02 02 02 01" TEXT "00" WATTS, "push 1-0:1.7.0.255=1234" },
	{ "a null",                  "02 03 0103" ITSELF OF_METER OF_POWER "00" WATTS, "push 0-0:96.1.0.255=null 1-0:1.7.0.255=1234" },
	{ "only itself",             "02 01 0101" ITSELF,                 "push" },
	{ "an attribute below 0",    "02 02 0102" ITSELF OBJECT("0003", "0100010700ff", "fe") WATTS, "push" },
	{ "its own list again, as a text", "02 03 0103" ITSELF OF_POWER ITSELF WATTS TEXT, "push 1-0:1.7.0.255=1234" },
	{ "its own list again",      "02 03 0103" ITSELF OF_POWER ITSELF WATTS "0101" ITSELF, "push 1-0:1.7.0.255=1234" },
};

static const struct {
	const char *name, *body;
	enum han_err err;
} refused[] = {
	{ "a value too few",         "02 02 0102" OF_METER OF_POWER TEXT, HAN_ERR_LIST },
	{ "a value too few, with itself", "02 02 0103" ITSELF OF_METER OF_POWER TEXT, HAN_ERR_LIST },
	{ "a value too many",        "02 04 0102" OF_METER OF_POWER TEXT WATTS WATTS, HAN_ERR_LIST },
	{ "no values",               "02 01 0102" ITSELF OF_POWER,        HAN_ERR_LIST },
	{ "the second object is none", "02 03 0102" OF_METER "0203 12 0003 0906 0100010700ff 0f02" TEXT WATTS, HAN_ERR_LIST },
	{ "an object of five",       "02 03 0102" OF_METER "0205 12 0003 0906 0100010700ff 0f02 12 0000 00" TEXT WATTS, HAN_ERR_LIST },
	{ "an object's class",       "02 03 0102" OF_METER "0204 11 03 0906 0100010700ff 0f02 12 0000" TEXT WATTS, HAN_ERR_LIST },
	{ "an object's code",        "02 03 0102" OF_METER "0204 12 0003 0905 0100010700 0f02 12 0000" TEXT WATTS, HAN_ERR_LIST },
	{ "an object's attribute",   "02 03 0102" OF_METER "0204 12 0003 0906 0100010700ff 1102 12 0000" TEXT WATTS, HAN_ERR_LIST },
	{ "an object's index",       "02 03 0102" OF_METER "0204 12 0003 0906 0100010700ff 0f02 06 00000000" TEXT WATTS, HAN_ERR_LIST },
	{ "nothing at all",          "",                                  HAN_ERR_TRUNCATED },
	{ "octets behind",           "02 01" WATTS "00",                  HAN_ERR_TRAILING },
	{ "an unknown type",         "02 01 0e",                          HAN_ERR_TYPE },
};
/* clang-format on */

static void note_item(struct note *note, const struct han_item *item)
{
	char hex[2 * 64 + 1];

	switch (item->kind) {
	case HAN_ITEM_NULL:
		note_add(note, "null");
		break;
	case HAN_ITEM_NUMBER:
		note_add(note, "%s%llu", item->negative ? "-" : "",
		         (unsigned long long)item->magnitude);
		break;
	case HAN_ITEM_OCTETS:
		note_add(note, "'%s'", hex_of(item->octets, item->len, hex));
		break;
	case HAN_ITEM_CONTAINER:
		note_add(note, "container");
		break;
	}
}

static void note_shape(struct note *note, const struct shape *shape)
{
	static const char *const kinds[] = {
		[SHAPE_POSITIONAL] = "positional", [SHAPE_TAGGED] = "tagged", [SHAPE_PUSH] = "push"
	};

	note_clear(note);
	note_add(note, "%s%s", kinds[shape->kind],
	         shape->kind == SHAPE_POSITIONAL && shape->flat ? "+" : "");
	for (size_t i = 0; i < shape->count; i++) {
		const struct entry *entry = &shape->entries[i];
		char code[HAN_OBIS_TEXT];

		note_add(note, " %s=", entry->has_obis ? han_obis_print(entry->obis, code) : "-");
		note_item(note, &entry->item);
		if (entry->has_unit)
			note_add(note, "*%d/%u", entry->scaler, entry->unit);
	}
}

static enum han_err read_hex(struct shape *shape, const char *hex)
{
	static uint8_t buf[1024];
	size_t len = unhex(hex, buf, sizeof(buf));

	memset(shape, 0xA5, sizeof(*shape));
	return shape_read(shape, buf, len);
}

static void test_shapes(void **state)
{
	static struct shape shape;
	struct note note;

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		say_case(shapes[i].name);
		assert_int_equal(read_hex(&shape, shapes[i].body), HAN_OK);
		note_shape(&note, &shape);
		assert_string_equal(note.text, shapes[i].says);
	}
}

static void test_refused(void **state)
{
	static struct shape shape;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		say_case(refused[i].name);
		assert_string_equal(reason_word(read_hex(&shape, refused[i].body)),
		                    reason_word(refused[i].err));
	}
}

/* count times the element; 02 82 and the count in front. */
static enum han_err read_many(struct shape *shape, const char *element, size_t elements,
                              size_t count)
{
	static uint8_t buf[4096];
	uint8_t one[64];
	size_t n = unhex(element, one, sizeof(one));
	size_t len = 4;

	buf[0] = 0x02;
	buf[1] = 0x82;
	buf[2] = (uint8_t)(count * elements >> 8);
	buf[3] = (uint8_t)(count * elements);
	for (size_t i = 0; i < count; i++, len += n) {
		assert_true(len + n <= sizeof(buf));
		memcpy(buf + len, one, n);
	}
	return shape_read(shape, buf, len);
}

static void test_most_values(void **state)
{
	static struct shape shape;

	(void)state;
	assert_int_equal(read_many(&shape, WATTS, 1, HAN_VALUES_MAX), HAN_OK);
	assert_int_equal(shape.count, HAN_VALUES_MAX);
	assert_int_equal(read_many(&shape, WATTS, 1, HAN_VALUES_MAX + 1), HAN_ERR_LIMIT);
	assert_int_equal(read_many(&shape, POWER WATTS UNIT, 3, HAN_VALUES_MAX), HAN_OK);
	assert_int_equal(shape.count, HAN_VALUES_MAX);
	assert_int_equal(read_many(&shape, POWER WATTS, 2, HAN_VALUES_MAX + 1), HAN_ERR_LIMIT);
	/* What is no value of ours takes no place. */
	assert_int_equal(read_many(&shape, POWER "01 01" WATTS, 2, HAN_VALUES_MAX + 1), HAN_OK);
	assert_int_equal(shape.count, 0);
}

/* A push list of that many registers. */
static enum han_err read_push(struct shape *shape, size_t count)
{
	static uint8_t buf[4096];
	uint8_t object[64], value[8];
	size_t n = unhex(OF_POWER, object, sizeof(object)), m = unhex(WATTS, value, sizeof(value));
	size_t len = 4;

	assert_true(count < 0x7F && 4 + count * (n + m) <= sizeof(buf));
	memcpy(buf, (const uint8_t[]){ 0x02, (uint8_t)(count + 1), 0x01, (uint8_t)count }, 4);
	for (size_t i = 0; i < count; i++, len += n)
		memcpy(buf + len, object, n);
	for (size_t i = 0; i < count; i++, len += m)
		memcpy(buf + len, value, m);
	return shape_read(shape, buf, len);
}

static void test_most_objects(void **state)
{
	static struct shape shape;

	(void)state;
	assert_int_equal(read_push(&shape, HAN_VALUES_MAX), HAN_OK);
	assert_int_equal(shape.count, HAN_VALUES_MAX);
	assert_int_equal(read_push(&shape, HAN_VALUES_MAX + 1), HAN_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_most_values),
		cmocka_unit_test(test_most_objects),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
