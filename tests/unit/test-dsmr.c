/* The telegram of a DSMR 5 meter, against the text that the standard's tables give, and its check. */
#include "dsmr.h"

#include <stdio.h>
#include <string.h>

#include "arc.h"
#include "check.h"
#include "made.h"

#define CRLF "\r\n"

static const char telegram[] =
	"/ISK5\\2M550T-1011" CRLF CRLF "1-3:0.2.8(50)" CRLF "0-0:1.0.0(260301120010W)" CRLF
	"0-0:96.1.1(4530303433303030303030303030303236)" CRLF "1-0:1.8.1(004635.805*kWh)" CRLF
	"1-0:1.8.2(006953.709*kWh)" CRLF "1-0:2.8.1(001141.258*kWh)" CRLF
	"1-0:2.8.2(001711.887*kWh)" CRLF "0-0:96.14.0(0002)" CRLF "1-0:1.7.0(01.234*kW)" CRLF
	"1-0:2.7.0(05.678*kW)" CRLF "0-0:96.7.21(00004)" CRLF "0-0:96.7.9(00002)" CRLF
	"1-0:99.97.0(2)(0-0:96.7.19)(211208152415W)(0000000240*s)(240706040322S)(0000000301*s)" CRLF
	"1-0:32.32.0(00002)" CRLF "1-0:52.32.0(00001)" CRLF "1-0:72.32.0(00000)" CRLF
	"1-0:32.36.0(00000)" CRLF "1-0:52.36.0(00003)" CRLF "1-0:72.36.0(00000)" CRLF
	"0-0:96.13.0()" CRLF "1-0:32.7.0(228.9*V)" CRLF "1-0:52.7.0(228.8*V)" CRLF
	"1-0:72.7.0(227.7*V)" CRLF "1-0:31.7.0(002*A)" CRLF "1-0:51.7.0(002*A)" CRLF
	"1-0:71.7.0(001*A)" CRLF "1-0:21.7.0(01.500*kW)" CRLF "1-0:41.7.0(00.000*kW)" CRLF
	"1-0:61.7.0(00.434*kW)" CRLF "1-0:22.7.0(00.000*kW)" CRLF "1-0:42.7.0(00.700*kW)" CRLF
	"1-0:62.7.0(00.000*kW)" CRLF "0-1:24.1.0(003)" CRLF
	"0-1:96.1.0(4730303339303030303030303030303139)" CRLF
	"0-1:24.2.1(260301115500W)(04711.123*m3)" CRLF "!";

static void test_telegram(void **state)
{
	const struct sample sample = made_sample();
	char buf[2048], check[8];
	struct encoder e;
	size_t len;

	(void)state;
	encoder_init(&e, (uint8_t *)buf, sizeof(buf) - 1);
	len = dsmr_encode(&e, &sample, 1, NULL);
	assert_int_equal(len, e.len);
	assert_int_equal(len, sizeof(telegram) - 1 + 6);
	buf[len] = '\0';
	snprintf(check, sizeof(check), "%04X" CRLF,
	         arc_by_bits((const uint8_t *)telegram, sizeof(telegram) - 1));
	assert_string_equal(buf + len - 6, check);
	buf[len - 6] = '\0';
	assert_string_equal(buf, telegram);
}

/* In summer, in the low tariff. */
static void test_summer_night(void **state)
{
	struct sample sample = made_sample();
	char buf[2048];
	struct encoder e;

	(void)state;
	sample.now = (struct han_datetime){ 2026, 7, 1, 3, 1, 2, 3, 0, -120, 0x80 };
	sample.gas_time = (struct han_datetime){ 2026, 7, 1, 3, 1, 0, 0, 0, -120, 0x80 };
	sample.state.tariff = 0;
	encoder_init(&e, (uint8_t *)buf, sizeof(buf) - 1);
	buf[dsmr_encode(&e, &sample, 1, NULL)] = '\0';
	assert_non_null(strstr(buf, "0-0:1.0.0(260701010203S)"));
	assert_non_null(strstr(buf, "0-0:96.14.0(0001)"));
	assert_non_null(strstr(buf, "0-1:24.2.1(260701010000S)(04711.123*m3)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_telegram),
		cmocka_unit_test(test_summer_night),
	};

	return cmocka_run_group_tests_name("dsmr", tests, NULL, NULL);
}
