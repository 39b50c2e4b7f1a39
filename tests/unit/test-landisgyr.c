/* Landis+Gyr's push list, against a message put together from the standard. */
#include "landisgyr.h"

#include "check.h"
#include "made.h"
#include "unwrap.h"

/* clang-format off */
#define MESSAGE \
	"0f002345670c07ea0301070c000aff800000020e010e020412002809060008190900ff0f02120000" \
	"020412002809060008190900ff0f01120000020412000109060000600100ff0f0212000002041200" \
	"0309060100010700ff0f02120000020412000309060100020700ff0f021200000204120003090601" \
	"01010800ff0f02120000020412000309060101020800ff0f02120000020412000309060101050800" \
	"ff0f02120000020412000309060101060800ff0f02120000020412000309060101070800ff0f0212" \
	"0000020412000309060101080800ff0f021200000204120003090601001f0700ff0f021200000204" \
	"12000309060100330700ff0f02120000020412000309060100470700ff0f02120000090600081909" \
	"00ff0908363330303030303006000004d2060000162e0600b0d78a06002b89190600018075060000" \
	"5697060010336e06003130d61200a61200d2120086"
/* clang-format on */

static void test_message(void **state)
{
	const struct sample sample = made_sample();
	static struct message message;
	uint8_t buf[2048];
	struct encoder e;
	size_t len;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	len = landisgyr_encode(&e, &sample);
	assert_int_equal(len, e.len);
	unwrap_blocks(&e, 120, &message);
	check_message(&message, MESSAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests_name("landisgyr", tests, NULL, NULL);
}
