/* Sagemcom's sealed list, against messages that another implementation of AES-GCM has sealed. */
#include "sagemcom.h"

#include "check.h"
#include "made.h"
#include "unwrap.h"

/* clang-format off */
static const struct {
	const char *name;
	uint8_t control;
	const char *hex;
} cases[] = {
	{ "encrypted", SEAL_ENCRYPTED,
	  "db08534147590000000181f8200123456757644dc7a9cc13a1db0ecf012baf502a69d031ffb8c0c1"
	  "b6f57c2916027e5f373f00be65462f8a2b1d4ead0d5740e46094a4b37a4303b859dc9de5bc3195d7"
	  "bac5282349cdb18ee88e33337d5398d77d5f44867bea9a92a24397eb3196dde2f333705334dbf8a6"
	  "b807f56d613a1334fcb349024ac5ca0f9661d8ea6dcabf4e3426e3d6f513d53f0f55439159f04108"
	  "6ce8ec955f3b4873c5c730ad62971ac751877f313f4d87cb974acf8758d5c011aae5134686eb7086"
	  "948d2d57894da277dec020e64ede7ae8cd3cf4121a7ceea7aa64b2c02ddb2daa2e619cab48fd4116"
	  "c54a9f1c11c7afb4052f1b27310f02b960e824d3" },
	{ "encrypted and authenticated", SEAL_ENCRYPTED | SEAL_AUTHENTICATED,
	  "db085341475900000001820104300123456757644dc7a9cc13a1db0ecf012baf502a69d031ffb8c0"
	  "c1b6f57c2916027e5f373f00be65462f8a2b1d4ead0d5740e46094a4b37a4303b859dc9de5bc3195"
	  "d7bac5282349cdb18ee88e33337d5398d77d5f44867bea9a92a24397eb3196dde2f333705334dbf8"
	  "a6b807f56d613a1334fcb349024ac5ca0f9661d8ea6dcabf4e3426e3d6f513d53f0f55439159f041"
	  "086ce8ec955f3b4873c5c730ad62971ac751877f313f4d87cb974acf8758d5c011aae5134686eb70"
	  "86948d2d57894da277dec020e64ede7ae8cd3cf4121a7ceea7aa64b2c02ddb2daa2e619cab48fd41"
	  "16c54a9f1c11c7afb4052f1b27310f02b960e824d3ab7b34061ae477cfdc0994db" },
};
/* clang-format on */

static void test_messages(void **state)
{
	const struct sample sample = made_sample();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seal seal = { .control = cases[i].control };
		struct message message;
		uint8_t buf[512];
		struct encoder e;
		size_t len;

		say_case(cases[i].name);
		memcpy(seal.title, sagemcom_title, sizeof(seal.title));
		unhex("000102030405060708090a0b0c0d0e0f", seal.key, sizeof(seal.key));
		unhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf", seal.auth_key, sizeof(seal.auth_key));
		encoder_init(&e, buf, sizeof(buf));
		len = sagemcom_encode(&e, &sample, 1, &seal);
		assert_int_equal(len, e.len);
		unwrap_mbus(&e, 252, &message);
		check_message(&message, cases[i].hex);
		assert_int_equal(buf[1], 0x01); /* of 257 */
		assert_int_equal(buf[6], 0x00);
		assert_int_equal(buf[257 + 6 + 6], 0x11);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests_name("sagemcom", tests, NULL, NULL);
}
