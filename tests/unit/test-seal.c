/* Ciphered messages: the worked example of the DLMS Green Book (9.2.7: a GET request for the clock's time), and
 * what must not depend on it. */
#include "seal.h"

#include <stdlib.h>

#include "check.h"
#include "encoded.h"

#define TITLE  "4d4d4d0000bc614e"
#define PLAIN  "c0010000080000010000ff0200"
#define CIPHER "411312ff935a47566827c467bc"

static struct seal seal_with(unsigned control)
{
	struct seal seal = { .control = (uint8_t)control };

	unhex(TITLE, seal.title, sizeof(seal.title));
	unhex("000102030405060708090a0b0c0d0e0f", seal.key, sizeof(seal.key));
	unhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf", seal.auth_key, sizeof(seal.auth_key));
	return seal;
}

static const struct {
	const char *name;
	unsigned control;
	const char *hex;
} cases[] = {
	{ "encrypted and authenticated", 0x30,
	  "db 08" TITLE "1e 30 01234567" CIPHER "7d825c3be4a77c3fcc056b6b" },
	{ "authenticated", 0x10, "db 08" TITLE "1e 10 01234567" PLAIN "06725d910f9221d263877516" },
	{ "encrypted", 0x20, "db 08" TITLE "12 20 01234567" CIPHER },
	{ "encrypted, suite 1", 0x21, "db 08" TITLE "12 21 01234567" CIPHER },
	{ "neither", 0x00, "db 08" TITLE "12 00 01234567" PLAIN },
};

static void test_worked_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seal seal = seal_with(cases[i].control);
		uint8_t buf[128], plain[16];
		size_t len = unhex(PLAIN, plain, sizeof(plain));
		struct encoder e;

		say_case(cases[i].name);
		encoder_init(&e, buf, sizeof(buf));
		encode_sealed(&e, &seal, 0x01234567, plain, len);
		check_octets(&e, cases[i].hex);
	}
}

/* What a receiver that knows only the stream of the mode does: the same key stream over the ciphertext again
 * gives the plaintext, block after block; and every octet of keys, title and counter matters. */
static void test_long_messages(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 31, 32, 100, 111, 112, 238, 239, 300 };
	uint8_t plain[300], sealed[400], again[400];
	struct seal seal = seal_with(SEAL_ENCRYPTED);
	struct encoder e;

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t len = lengths[i], header;

		encoder_init(&e, sealed, sizeof(sealed));
		encode_sealed(&e, &seal, 7, plain, len);
		assert_false(e.overflow);
		header = 10 + (len + 5 < 128 ? 1 : len + 5 < 256 ? 2 : 3) + 5;
		assert_int_equal(e.len, header + len);
		encoder_init(&e, again, sizeof(again));
		encode_sealed(&e, &seal, 7, sealed + header, len);
		assert_memory_equal(again + header, plain, len);
		if (len >= 16)
			assert_memory_not_equal(sealed + header, plain, len);
	}
}

/* The last octets, the tag when there is one. */
static void ending_of(const struct seal *seal, uint32_t counter, uint8_t ending[12])
{
	uint8_t buf[128], plain[40] = { 1, 2, 3 };
	struct encoder e;

	encoder_init(&e, buf, sizeof(buf));
	encode_sealed(&e, seal, counter, plain, sizeof(plain));
	assert_false(e.overflow);
	memcpy(ending, buf + e.len - 12, 12);
}

static void test_everything_matters(void **state)
{
	uint8_t first[12], other[12];
	struct seal seal = seal_with(0x30);

	(void)state;
	ending_of(&seal, 7, first);
	ending_of(&seal, 8, other);
	assert_memory_not_equal(first, other, 12);
	ending_of(&seal, 7 | 1u << 31, other);
	assert_memory_not_equal(first, other, 12);
	for (size_t i = 0; i < SEAL_KEY_OCTETS; i++) {
		seal = seal_with(0x30);
		seal.key[i] ^= 1;
		ending_of(&seal, 7, other);
		assert_memory_not_equal(first, other, 12);
		seal = seal_with(0x30);
		seal.auth_key[i] ^= 0x80;
		ending_of(&seal, 7, other);
		assert_memory_not_equal(first, other, 12);
	}
	for (size_t i = 0; i < SEAL_TITLE_OCTETS; i++) {
		seal = seal_with(0x30);
		seal.title[i] ^= 1;
		ending_of(&seal, 7, other);
		assert_memory_not_equal(first, other, 12);
	}
}

static void test_small_buffers(void **state)
{
	const struct seal seal = seal_with(0x30);
	const size_t whole = 10 + 1 + 5 + 20 + 12;
	uint8_t plain[20] = { 0 };

	(void)state;
	for (size_t size = 0; size <= whole; size++) {
		uint8_t *buf = malloc(size + 1);
		struct encoder e;

		assert_non_null(buf);
		buf[size] = 0x55;
		encoder_init(&e, buf, size);
		encode_sealed(&e, &seal, 1, plain, sizeof(plain));
		assert_int_equal(e.overflow, size < whole);
		assert_int_equal(buf[size], 0x55);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worked_example),
		cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_everything_matters),
		cmocka_unit_test(test_small_buffers),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
