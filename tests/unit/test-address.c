/* Addresses of serial servers. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "check.h"

/* clang-format off */
static const struct {
	const char *text, *host, *port; /* host NULL: refused */
} rows[] = {
	{ "tcp://localhost:2000",            "localhost",            "2000" },
	{ "tcp://meter.lan:1",               "meter.lan",            "1" },
	{ "TCP://192.0.2.7:65535",           "192.0.2.7",            "65535" },
	{ "tcp://[::1]:2000",                "::1",                  "2000" },
	{ "tcp://[fe80::1%eth0]:2000",       "fe80::1%eth0",         "2000" },
	{ "tcp://a_b-c.d:02000",             "a_b-c.d",              "2000" },

	{ "tcp://localhost",                 NULL, NULL },
	{ "tcp://localhost:",                NULL, NULL },
	{ "tcp://localhost:0",               NULL, NULL },
	{ "tcp://localhost:65536",           NULL, NULL },
	{ "tcp://localhost:100000",          NULL, NULL },
	{ "tcp://localhost:99999999999999999999", NULL, NULL },
	{ "tcp://localhost:-1",              NULL, NULL },
	{ "tcp://localhost:+1",              NULL, NULL },
	{ "tcp://localhost:20x",             NULL, NULL },
	{ "tcp://localhost: 20",             NULL, NULL },
	{ "tcp://localhost:telnet",          NULL, NULL },
	{ "tcp://localhost:2000/",           NULL, NULL },
	{ "tcp://local host:2000",           NULL, NULL },
	{ "tcp://user@host:2000",            NULL, NULL },
	{ "tcp://:2000",                     NULL, NULL },
	{ "tcp://[]:2000",                   NULL, NULL },
	{ "tcp://[localhost]:2000",          NULL, NULL },
	{ "tcp://[::1:2000",                 NULL, NULL },
	{ "tcp://::1]:2000",                 NULL, NULL },
	{ "tcp://::1:2000",                  NULL, NULL },
	{ "tcp://[::1]",                     NULL, NULL },
	{ "tcp://[[::1]]:2000",              NULL, NULL },
	{ "tcp://]:2000",                    NULL, NULL },
	{ "tcp://[:2000",                    NULL, NULL },
	{ "tcp://",                          NULL, NULL },
	{ "tcp:/localhost:2000",             NULL, NULL },
	{ "udp://localhost:2000",            NULL, NULL },
	{ "localhost:2000",                  NULL, NULL },
	{ "",                                NULL, NULL },
};
/* clang-format on */

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct address address = { "before", "1" };

		say_case(rows[i].text);
		assert_int_equal(address_read(rows[i].text, &address), rows[i].host != NULL);
		assert_string_equal(address.host, rows[i].host ? rows[i].host : "before");
		assert_string_equal(address.port, rows[i].host ? rows[i].port : "1");
	}
}

/* The longest name that fits, and one octet more. */
static void test_long(void **state)
{
	struct address address;
	char text[300];

	(void)state;
	for (int len = 254; len <= 257; len++) {
		snprintf(
			text, sizeof(text), "tcp://%.*s:2000", len,
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		assert_int_equal(address_read(text, &address), len <= 255);
		if (len <= 255)
			assert_int_equal(strlen(address.host), len);
	}
}

static void test_is(void **state)
{
	(void)state;
	assert_true(address_is("tcp://"));
	assert_true(address_is("Tcp://nonsense"));
	assert_false(address_is("/dev/tcp://"));
	assert_false(address_is("tcp:/"));
	assert_false(address_is(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
