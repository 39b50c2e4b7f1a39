/* JSON into a buffer: what cJSON makes of the same, and nothing beyond the buffer's end. */
#include <cjson/cJSON.h>
#include <string.h>

#include "check.h"

#include "writer.h"

static const char *const texts[] = {
	"", "a", "\"", "\\", "a\"b\\c", "\b\f\n\r\t", "\x01\x1f\x7f", "/", "\xC3\xA5\xFF", "}{,:",
};

static char *write_all(char *buf, size_t size)
{
	struct writer w;

	writer_init(&w, buf, size);
	for (size_t i = 0; i < COUNT(texts); i++)
		writer_text(&w, "name", texts[i]);
	writer_open(&w, "none");
	writer_close(&w);
	writer_open(&w, "inside");
	writer_raw(&w, "number", "-0.700", 6);
	writer_plain(&w, "plain", "kaifa");
	writer_text(&w, "text", "{");
	writer_close(&w);
	writer_raw(&w, "behind", "1", 1);
	return writer_end(&w);
}

static void test_as_cjson(void **state)
{
	cJSON *object = cJSON_CreateObject(), *inside;
	char buf[1024], *expected;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		cJSON_AddStringToObject(object, "name", texts[i]);
	cJSON_AddObjectToObject(object, "none");
	inside = cJSON_AddObjectToObject(object, "inside");
	cJSON_AddRawToObject(inside, "number", "-0.700");
	cJSON_AddStringToObject(inside, "plain", "kaifa");
	cJSON_AddStringToObject(inside, "text", "{");
	cJSON_AddNumberToObject(object, "behind", 1);
	expected = cJSON_PrintUnformatted(object);
	assert_ptr_equal(write_all(buf, sizeof(buf)), buf);
	assert_string_equal(buf, expected);
	cJSON_free(expected);
	cJSON_Delete(object);
}

static void test_empty(void **state)
{
	struct writer w;
	char buf[3];

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	assert_string_equal(writer_end(&w), "{}");
}

/* Of any size: all of it or nothing. */
static void test_overflow(void **state)
{
	char whole[1024], buf[1024];
	size_t len = strlen(write_all(whole, sizeof(whole)));

	(void)state;
	for (size_t size = 1; size <= len + 1; size++) {
		memset(buf, '#', sizeof(buf));
		if (size <= len)
			assert_null(write_all(buf, size));
		else
			assert_string_equal(write_all(buf, size), whole);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_cjson),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
