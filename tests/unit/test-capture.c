/* The capture format: what is written is read again, what people and mail programs do to it is borne. */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "unhex.h"

static const struct {
	const char *name, *line;
	bool good;
	uint64_t ms;
	const char *hex;
} lines[] = {
	{ "an arrival", "1998 7ea027", true, 1998, "7ea027" },
	{ "upper case, blanks between octets", "5 7E A0  27 ", true, 5, "7ea027" },
	{ "a carriage return behind", "5 7e\r", true, 5, "7e" },
	{ "blanks and a tab before", "  \t7 00ff", true, 7, "00ff" },
	{ "the largest of times", "922337203685477580 00", true, 922337203685477580, "00" },
	{ "quoted", "> > 7 00ff", true, 7, "00ff" },
	{ "a byte order mark before", "\xEF\xBB\xBF# hantool capture 1", true, 0, "" },
	{ "a comment", "# the meter was opened here", true, 0, "" },
	{ "nothing", "", true, 0, "" },
	{ "blanks", " \r", true, 0, "" },
	{ "a time without octets", "12 ", true, 12, "" },
	{ "a time alone", "12", false, 0, "" },
	{ "no time", "7ea027", false, 0, "" },
	{ "half an octet", "12 7ea", false, 0, "" },
	{ "a blank inside an octet", "12 7 e", false, 0, "" },
	{ "no hex digit", "12 7g", false, 0, "" },
	{ "a time that no number holds", "99999999999999999999 00", false, 0, "" },
	{ "a negative time", "-1 00", false, 0, "" },
	{ "hex with its mark", "12 0x7e", false, 0, "" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct capture_arrival arrival;
		uint8_t octets[64];
		size_t len = unhex(lines[i].hex, octets, sizeof(octets));

		say_case(lines[i].name);
		assert_int_equal(capture_read(lines[i].line, &arrival), lines[i].good);
		if (!lines[i].good)
			continue;
		assert_int_equal(arrival.len, len);
		assert_memory_equal(arrival.octets, octets, len);
		if (len > 0)
			assert_int_equal(arrival.ms, lines[i].ms);
	}
}

static void test_mark(void **state)
{
	static const struct {
		const char *octets;
		enum capture_is is;
	} cases[] = {
		{ "# hantool capture 1, 2026-01-31T22:59:50Z", CAPTURE_YES },
		{ "# hantool capture 1", CAPTURE_YES },
		{ "\xEF\xBB\xBF# hantool capture 1", CAPTURE_YES },
		{ "\r\n\n> # hantool capture 1\n", CAPTURE_YES },
		{ "\xEF\xBB\xBF\n>> # hantool capture 1\n", CAPTURE_YES },
		{ "# hantool", CAPTURE_PERHAPS },
		{ "", CAPTURE_PERHAPS },
		{ "\xEF\xBB", CAPTURE_PERHAPS },
		{ "\n> ", CAPTURE_PERHAPS },
		{ "# hantool capture 2", CAPTURE_NO },
		{ "\xEF\xBB#", CAPTURE_NO },
		{ "a # hantool capture 1", CAPTURE_NO },
		{ "~\xa0'", CAPTURE_NO },
		{ "/ISK5", CAPTURE_NO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* the last line: TAP has one line for a remark */
		const char *last = strrchr(cases[i].octets, '\n');

		say_case(last ? last + 1 : cases[i].octets);
		assert_int_equal(
			capture_detect((const uint8_t *)cases[i].octets, strlen(cases[i].octets)),
			cases[i].is);
	}
}

/* Writes arrivals of these lengths, all octets different from their neighbours, and reads them again. */
static void check_round(const size_t *lens, size_t count)
{
	uint8_t sent[3000], got[3000];
	size_t sent_len = 0, got_len = 0, size;
	char *text, *save = NULL;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(capture_write_mark(file, 1769900390, "/dev/ttyAMA0", "2400 8N1"), 0);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lens[i]; j++)
			sent[sent_len + j] = (uint8_t)(7 * (sent_len + j) + 3);
		assert_int_equal(capture_write(file, 1000 * i, sent + sent_len, lens[i]), 0);
		sent_len += lens[i];
	}
	fclose(file);
	assert_int_equal(capture_detect((const uint8_t *)text, size), CAPTURE_YES);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct capture_arrival arrival;

		assert_true(strlen(line) < 80);
		assert_true(capture_read(line, &arrival));
		memcpy(got + got_len, arrival.octets, arrival.len);
		got_len += arrival.len;
	}
	assert_int_equal(got_len, sent_len);
	assert_memory_equal(got, sent, sent_len);
	free(text);
}

static void test_round(void **state)
{
	static const size_t lens[] = { 1, 31, 32, 33, 64, 2047, 2 };

	(void)state;
	check_round(lens, COUNT(lens));
	check_round(lens, 1);
	check_round(lens, 0);
}

static void test_mark_line(void **state)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(capture_write_mark(file, 1769900390, "/dev/ttyAMA0", "2400 8N1"), 0);
	assert_int_equal(capture_write(file, 5, (const uint8_t *)"\x7e\xa0", 2), 0);
	fclose(file);
	assert_string_equal(text, "# hantool capture 1, 2026-01-31T22:59:50Z, /dev/ttyAMA0, "
	                          "2400 8N1\n5 7ea0\n");
	free(text);
	file = open_memstream(&text, &size);
	assert_int_equal(capture_write_mark(file, 1769900390, "tcp://meter:2000", NULL), 0);
	fclose(file);
	assert_string_equal(text, "# hantool capture 1, 2026-01-31T22:59:50Z, tcp://meter:2000\n");
	free(text);
}

/* A full disk is told. */
static void test_full(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_true(capture_write_mark(full, 0, "x", "y") < 0);
	assert_true(capture_write(full, 0, (const uint8_t *)"a", 1) < 0);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_mark),
		cmocka_unit_test(test_round), cmocka_unit_test(test_mark_line),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
