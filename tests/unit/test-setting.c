/* One value of the configuration: every type's spellings, what is refused and how that is said. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "bus.h"
#include "setting.h"

struct store {
	unsigned before; /* fences: a setting writes its own field only */
	char *text;
	bool yes;
	unsigned number;
	struct bus_line line;
	struct han_decimal scale;
	unsigned after;
};

#define FENCE 0x5AC39669

static bool is_short(const char *text)
{
	return strlen(text) <= 5;
}

static bool is_any(const char *text)
{
	return text;
}

static const char *near_six(const char *written)
{
	return strcmp(written, "sixsix") == 0 ? "six" : NULL;
}

/* clang-format off */
#define AT(field) .section = "s", .key = "k", .offset = offsetof(struct store, field)

static const struct setting_form at_most_5    = { .accepted = "at most 5 characters", .fits = is_short };
static const struct setting_form near_short   = { .accepted = "at most 5 characters", .fits = is_short, .nearest = near_six };
static const struct setting_form secret_short = { .accepted = "at most 5 characters", .fits = is_short, .secret = true };
static const struct setting_form anything     = { .accepted = "anything", .fits = is_any };

static const char *const automatic[]   = { "auto", NULL };
static const char *const two_words[]   = { "5", "3.1.1", NULL };
static const char *const three_words[] = { "device", "components", "off", NULL };
static const char *const six_words[]   = { "a", "b", "c", "d", "e", "f", NULL };

static const struct setting yes_no  = { AT(yes), .type = SETTING_YES_NO, .preset = "no" };
static const struct setting number  = { AT(number), .type = SETTING_NUMBER, .preset = "30", .min = 5, .max = 65535, .unit = "s" };
static const struct setting bare    = { AT(number), .type = SETTING_NUMBER, .preset = "0", .min = 0, .max = 2 };
static const struct setting scaled  = { AT(number), .type = SETTING_NUMBER, .preset = "1", .min = 0, .max = 60, .scale = 1000, .unit = "s" };
static const struct setting per_day = { AT(number), .type = SETTING_NUMBER, .preset = "6", .min = 0, .max = 1000, .unit = "per day" };
static const struct setting autonum = { AT(number), .type = SETTING_NUMBER, .preset = "auto", .min = 300, .max = 115200, .words = automatic };
static const struct setting huge    = { AT(number), .type = SETTING_NUMBER, .preset = "0", .min = 0, .max = 999999999 };
static const struct setting word    = { AT(number), .type = SETTING_WORD, .preset = "device", .words = three_words };
static const struct setting two     = { AT(number), .type = SETTING_WORD, .preset = "5", .words = two_words };
static const struct setting six     = { AT(number), .type = SETTING_WORD, .preset = "a", .words = six_words };
static const struct setting text    = { AT(text), .type = SETTING_TEXT, .preset = "han", .form = &at_most_5 };
static const struct setting unset   = { AT(text), .type = SETTING_TEXT, .preset = "", .form = &anything };
static const struct setting named   = { AT(text), .type = SETTING_TEXT, .preset = "", .form = &near_short };
static const struct setting hidden  = { AT(text), .type = SETTING_TEXT, .preset = "", .form = &secret_short };
static const struct setting scale   = { AT(scale), .type = SETTING_SCALE, .preset = "auto", .words = automatic };
static const struct setting factor  = { AT(scale), .type = SETTING_SCALE, .preset = "1" };
static const struct setting line    = { AT(line), .type = SETTING_LINE, .preset = "auto" };

static const struct {
	const struct setting *setting;
	const char *written;
	unsigned value;
} accepted[] = {
	{ &yes_no, "yes",   1 }, { &yes_no, "no",    0 }, { &yes_no, "true", 1 }, { &yes_no, "false", 0 },
	{ &yes_no, "on",    1 }, { &yes_no, "off",   0 }, { &yes_no, "1",    1 }, { &yes_no, "0",     0 },
	{ &yes_no, "YES",   1 }, { &yes_no, "No",    0 }, { &yes_no, "",     0 },
	{ &number, "5",     5 }, { &number, "65535", 65535 }, { &number, "30 s", 30 }, { &number, "30s",  30 },
	{ &number, "30\ts", 30 }, { &number, "007",  7 }, { &number, "000000030", 30 }, { &number, "", 30 },
	{ &number, "30 ",   30 },
	{ &bare,   "0",     0 }, { &bare,   "2",     2 },
	{ &scaled, "0",     0 }, { &scaled, "1",     1000 }, { &scaled, "60 s", 60000 }, { &scaled, "", 1000 },
	{ &per_day, "6 per day", 6 }, { &per_day, "7", 7 },
	{ &autonum, "auto", 0 }, { &autonum, "AUTO", 0 }, { &autonum, "", 0 }, { &autonum, "300", 300 },
	{ &autonum, "115200", 115200 },
	{ &huge,   "999999999", 999999999 },
	{ &word,   "device", 0 }, { &word,  "components", 1 }, { &word,  "off",   2 }, { &word,   "OFF",  2 }, { &word,   "",     0 },
	{ &two,    "5",     0 }, { &two,    "3.1.1", 1 },
	{ &six,    "f",     5 },
};

#define FORM(written, form) "\"" written "\" is not accepted; accepted: " form
#define SECONDS             "a whole number from 5 to 65535 s"
#define SPEEDS              "auto or a whole number from 300 to 115200"
#define A_SCALE             "a number above 0 like 0.1 or 10, at most 9 digits before and behind the point"
#define FORTY               "0123456789012345678901234567890123456789"

static const struct {
	const struct setting *setting;
	const char *written, *says;
} refused[] = {
	{ &yes_no, "maybe",      FORM("maybe", "yes or no") },
	{ &yes_no, "yes ",       FORM("yes ", "yes or no") },
	{ &yes_no, "2",          FORM("2", "yes or no") },
	{ &number, "4",          FORM("4", SECONDS) },
	{ &number, "65536",      FORM("65536", SECONDS) },
	{ &number, "-5",         FORM("-5", SECONDS) },
	{ &number, "+5",         FORM("+5", SECONDS) },
	{ &number, " 5",         FORM(" 5", SECONDS) },
	{ &number, "5.0",        FORM("5.0", SECONDS) },
	{ &number, "0x10",       FORM("0x10", SECONDS) },
	{ &number, "1e1",        FORM("1e1", SECONDS) },
	{ &number, "s",          FORM("s", SECONDS) },
	{ &number, "30 min",     FORM("30 min", SECONDS) },
	{ &number, "30 s s",     FORM("30 s s", SECONDS) },
	{ &number, "3 0",        FORM("3 0", SECONDS) },
	{ &number, "auto",       FORM("auto", SECONDS) },
	{ &number, "4294967301", FORM("4294967301", SECONDS) }, /* 5 in 32 bits */
	{ &number, "18446744073709551621", FORM("18446744073709551621", SECONDS) }, /* 5 in 64 bits */
	{ &bare,   "3",          FORM("3", "a whole number from 0 to 2") },
	{ &bare,   "1 s",        FORM("1 s", "a whole number from 0 to 2") },
	{ &scaled, "61",         FORM("61", "a whole number from 0 to 60 s") },
	{ &per_day, "6 a day",   FORM("6 a day", "a whole number from 0 to 1000 per day") },
	{ &autonum, "0",         FORM("0", SPEEDS) },
	{ &autonum, "299",       FORM("299", SPEEDS) },
	{ &autonum, "automatic", FORM("automatic", SPEEDS) },
	{ &huge,   "1000000000", FORM("1000000000", "a whole number from 0 to 999999999") },
	{ &word,   "devices",    FORM("devices", "device, components or off") },
	{ &two,    "4",          FORM("4", "5 or 3.1.1") },
	{ &six,    "g",          FORM("g", "a, b, c, d, e or f") },
	{ &text,   "sixsix",     FORM("sixsix", "at most 5 characters") },
	{ &text,   FORTY FORTY,  FORM(FORTY "01234567890123456789", "at most 5 characters") },
	{ &named,  "sixsix",     "\"sixsix\" is not accepted (is six meant?); accepted: at most 5 characters" },
	{ &hidden, "sixsix",     "what stands here is not accepted; accepted: at most 5 characters" },
	{ &named,  "sevens",     FORM("sevens", "at most 5 characters") },
	{ &scale,  "0",          FORM("0", "auto or " A_SCALE) },
	{ &scale,  "0.000",      FORM("0.000", "auto or " A_SCALE) },
	{ &scale,  "-0.1",       FORM("-0.1", "auto or " A_SCALE) },
	{ &scale,  "+1",         FORM("+1", "auto or " A_SCALE) },
	{ &scale,  ".1",         FORM(".1", "auto or " A_SCALE) },
	{ &scale,  "1.",         FORM("1.", "auto or " A_SCALE) },
	{ &scale,  "1e-1",       FORM("1e-1", "auto or " A_SCALE) },
	{ &scale,  "0,1",        FORM("0,1", "auto or " A_SCALE) },
	{ &scale,  "0.1 V",      FORM("0.1 V", "auto or " A_SCALE) },
	{ &scale,  "1.2.3",      FORM("1.2.3", "auto or " A_SCALE) },
	{ &scale,  "1000000000", FORM("1000000000", "auto or " A_SCALE) },
	{ &scale,  "0.0000000001", FORM("0.0000000001", "auto or " A_SCALE) },
	{ &scale,  "nan",        FORM("nan", "auto or " A_SCALE) },
	{ &factor, "auto",       FORM("auto", A_SCALE) },
	{ &line,   "GPIO99",     FORM("GPIO99", BUS_LINE_FORMS) },
};

static const struct {
	const struct setting *setting;
	const char *written, *stored;
} texts[] = {
	{ &text,    "",       "han" },
	{ &text,    "abc",    "abc" },
	{ &text,    "12345",  "12345" },
	{ &unset,   "",       NULL },
	{ &unset,   "a = b",  "a = b" },
};

static const struct {
	const char *written;
	uint64_t magnitude;
	int16_t exp10;
} scales[] = {
	{ "0.1",       1,   -1 }, { "10",    1,  1 }, { "0.001",       1,         -3 }, { "1",      1,  0 },
	{ "0.10",      1,   -1 }, { "10.00", 1,  1 }, { "007",         7,          0 }, { "2.5",   25, -1 },
	{ "1000",      1,    3 }, { "1.0",   1,  0 }, { "0.000000001", 1,         -9 }, { "120",   12,  1 },
	{ "999999999.999999999", 999999999999999999, -9 }, { "100000000", 1, 8 },
	{ "auto",      0,    0 }, { "AUTO",  0,  0 }, { "",            0,          0 },
};

static const struct {
	const char *word, *nearest;
} likenesses[] = {
	{ "mqtt",        "mqtt" },
	{ "mqt",         "mqtt" },
	{ "mqtts",       "mqtt" },
	{ "mwtt",        "mqtt" },
	{ "homeasistant", "homeassistant" },
	{ "home-assistant", "homeassistant" },
	{ "publsh",      "publish" },
	{ "pwoer",       "power" },
	{ "lgo",         NULL },    /* two letters of three are others */
	{ "logs",        "log" },
	{ "zzzzzz",      NULL },
	{ "home",        "homeassistant" },
	{ "ho",          NULL },    /* too short to be meant for a beginning */
	{ "",            NULL },
	{ "q",           NULL },
};
/* clang-format on */

static struct store store_new(void)
{
	return (struct store){ FENCE, NULL, false, 77, { BUS_CHIP, 9, 9 }, { 9, 9, true }, FENCE };
}

static void check_fences(const struct store *store)
{
	assert_int_equal(store->before, FENCE);
	assert_int_equal(store->after, FENCE);
}

/* As store_new() made it, but for yes, which is true. */
static void check_untouched(const struct store *store)
{
	assert_null(store->text);
	assert_true(store->yes);
	assert_int_equal(store->number, 77);
	assert_int_equal(store->line.kind, BUS_CHIP);
	assert_int_equal(store->line.offset, 9);
	assert_int_equal(store->scale.magnitude, 9);
	check_fences(store);
}

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++) {
		struct store store = store_new();
		const struct setting *s = accepted[i].setting;
		char error[SETTING_ERROR] = "untouched";

		say_case(accepted[i].written);
		store.yes = !accepted[i].value;
		assert_true(setting_read(s, accepted[i].written, &store, error));
		assert_int_equal(s->type == SETTING_YES_NO ? store.yes : store.number,
		                 accepted[i].value);
		check_fences(&store);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct store store = store_new();
		char error[SETTING_ERROR + 1];

		say_case(refused[i].written);
		memset(error, '#', sizeof(error));
		store.yes = true;
		assert_false(setting_read(refused[i].setting, refused[i].written, &store, error));
		assert_string_equal(error, refused[i].says);
		assert_int_equal(error[SETTING_ERROR], '#');
		check_untouched(&store);
	}
}

/* The longest form that a row may have does not fit, and is cut. */
static void test_long_form(void **state)
{
	const struct setting_form form = { .accepted = FORTY FORTY FORTY FORTY FORTY FORTY,
		                           .fits = is_short };
	const struct setting wordy = { AT(text), .type = SETTING_TEXT, .preset = "",
		                       .form = &form };
	struct store store = store_new();
	char error[SETTING_ERROR + 1];

	(void)state;
	memset(error, '#', sizeof(error));
	assert_false(setting_read(&wordy, "sixsix", &store, error));
	assert_int_equal(strlen(error), SETTING_ERROR - 1);
	assert_int_equal(error[SETTING_ERROR], '#');
}

static void check_text(const struct store *store, const char *stored)
{
	if (stored)
		assert_string_equal(store->text, stored);
	else
		assert_null(store->text);
}

/* A text takes the place of the one before, which is freed. */
static void test_texts(void **state)
{
	struct store store = store_new();

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char error[SETTING_ERROR];

		say_case(texts[i].written);
		assert_true(setting_read(texts[i].setting, texts[i].written, &store, error));
		check_text(&store, texts[i].stored);
		check_fences(&store);
	}
	setting_free(&text, &store);
	assert_null(store.text);
	setting_free(&text, &store);
}

/* What is refused leaves the text before in its place. */
static void test_text_stays(void **state)
{
	struct store store = store_new();
	char error[SETTING_ERROR];

	(void)state;
	assert_true(setting_read(&text, "abc", &store, error));
	assert_false(setting_read(&text, "sixsix", &store, error));
	assert_string_equal(store.text, "abc");
	setting_free(&text, &store);
}

static void test_line(void **state)
{
	struct store store = store_new();
	char error[SETTING_ERROR];

	(void)state;
	assert_true(setting_read(&line, "wiringpi:25", &store, error));
	assert_int_equal(store.line.kind, BUS_BROADCOM);
	assert_int_equal(store.line.offset, 26);
	assert_true(setting_read(&line, "", &store, error));
	assert_int_equal(store.line.kind, BUS_AUTO);
	check_fences(&store);
}

/* Exactly what was written: no rounding, and no zeros that would become decimals of what is published. */
static void test_scales(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scales); i++) {
		struct store store = store_new();
		char error[SETTING_ERROR];

		say_case(scales[i].written);
		assert_true(setting_read(&scale, scales[i].written, &store, error));
		assert_int_equal(store.scale.magnitude, scales[i].magnitude);
		assert_int_equal(store.scale.exp10, scales[i].exp10);
		assert_false(store.scale.negative);
		check_fences(&store);
	}
}

/* Two stores read from these say the same, or not. */
static void check_same(const struct setting *s, const char *a, const char *b, bool same)
{
	struct store store_a = store_new(), store_b = store_new();
	char error[SETTING_ERROR];

	assert_true(setting_read(s, a, &store_a, error));
	assert_true(setting_read(s, b, &store_b, error));
	assert_int_equal(setting_same(s, &store_a, &store_b), same);
	assert_int_equal(setting_same(s, &store_b, &store_a), same);
	setting_free(s, &store_a);
	setting_free(s, &store_b);
}

static void test_same(void **state)
{
	static const struct {
		const struct setting *setting;
		const char *a, *b;
		bool same;
	} rows[] = {
		{ &yes_no, "yes", "on", true },
		{ &yes_no, "yes", "no", false },
		{ &number, "30", "30 s", true },
		{ &number, "30", "31", false },
		{ &word, "device", "DEVICE", true },
		{ &word, "device", "off", false },
		{ &text, "", "han", true },
		{ &text, "han", "hans", false },
		{ &unset, "", "", true },
		{ &unset, "", "x", false },
		{ &line, "GPIO26", "pin:37", true },
		{ &line, "GPIO26", "GPIO25", false },
		{ &line, "gpiochip0:1", "gpiochip1:1", false },
		{ &line, "gpiochip0:1", "GPIO1", false },
		{ &scale, "0.1", "0.10", true },
		{ &scale, "0.1", "0.01", false },
		{ &scale, "1", "2", false },
		{ &scale, "1", "auto", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		say_case(rows[i].a);
		check_same(rows[i].setting, rows[i].a, rows[i].b, rows[i].same);
	}
}

static void test_nearest(void **state)
{
	static const char *const sections[] = { "mqtt", "homeassistant", "publish", "power",
		                                "log" };

	(void)state;
	for (size_t i = 0; i < COUNT(likenesses); i++) {
		const char *nearest =
			setting_nearest(likenesses[i].word, sections, COUNT(sections));

		say_case(likenesses[i].word);
		if (likenesses[i].nearest)
			assert_string_equal(nearest, likenesses[i].nearest);
		else
			assert_null(nearest);
	}
	assert_null(setting_nearest("mqtt", sections, 0));
	assert_string_equal(setting_nearest("moqtt", (const char *const[]){ "mott", "mqtt" }, 2),
	                    "mott"); /* of two that are as near, the first */
}

/* Longer than any key: neither a crash nor a match by its first letters. */
static void test_nearest_long(void **state)
{
	static const char *const candidates[] = { "host", FORTY FORTY FORTY };
	char wrong[1000];

	(void)state;
	memset(wrong, 'h', sizeof(wrong) - 1);
	wrong[sizeof(wrong) - 1] = '\0';
	assert_null(setting_nearest(wrong, candidates, 1));
	assert_null(setting_nearest(FORTY FORTY FORTY, candidates, 1));
	assert_string_equal(setting_nearest("hosts", candidates, COUNT(candidates)), "host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_form),    cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_stays),   cmocka_unit_test(test_line),
		cmocka_unit_test(test_same),         cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nearest_long), cmocka_unit_test(test_scales),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
