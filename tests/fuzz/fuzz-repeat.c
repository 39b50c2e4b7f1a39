/* A decoder that knows frames by heart and one without a memory are given the same: the input, and again and again
 * what is like it but for a few octets, in parts of any size. Each event of the one is that of the other.
 */
#include "fuzz.h"

#include "../support/same.h"

#include "mend.h"
#include "plain.h"

#define ROUNDS    8
#define WRONG_MAX 3
#define RUN_MAX   8 /* octets of the longest integer */
#define LEN_MAX   4096

struct pair {
	struct han_decoder practised, plain;
	uint64_t dice;
	uint64_t now_ms;
};

size_t plain_join(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	(void)f;
	(void)buf;
	(void)len;
	(void)now_ms;
	return 0;
}

bool plain_read(struct repeat *r, const uint8_t *frame, size_t len, uint8_t *kept,
                struct han_reading *reading)
{
	(void)r;
	(void)frame;
	(void)len;
	(void)kept;
	(void)reading;
	return false;
}

/* Each input has random numbers of its own. */
static void begin(struct pair *pair, const uint8_t *controls, size_t size)
{
	struct han_settings settings = fuzz_settings(controls, HAN_PROTOCOL_HDLC);

	fuzz_forget(pair, sizeof(*pair));
	han_decoder_init(&pair->practised, &settings);
	plain_init(&pair->plain, &settings);
	pair->dice = digest(DIGEST_START, controls, size);
	pair->now_ms = fuzz_dice(&pair->dice, 2); /* every other has a clock */
}

/* From a block of its own, which is gone as soon as all of it is taken. */
static void push(struct pair *pair, const uint8_t *octets, size_t len)
{
	struct han_event a, b;
	uint8_t *block = memcpy(malloc(len), octets, len);
	size_t used = 0;

	do {
		const uint8_t *rest = block ? block + used : NULL;
		size_t n = han_decoder_push(&pair->practised, rest, len - used, pair->now_ms, &a);

		must(plain_push(&pair->plain, rest, len - used, pair->now_ms, &b) == n);
		used += n;
		if (used == len) {
			free(block);
			block = NULL;
		}
		must(same_event(&a, &b, 0));
		must(han_decoder_wanted(&pair->practised) == plain_wanted(&pair->plain));
	} while (a.type != HAN_MORE);
	must(used == len);
}

/* As a whole, or in parts, with pauses between some of them where there is a clock. */
static void feed(struct pair *pair, const uint8_t *octets, size_t len)
{
	size_t most = fuzz_dice(&pair->dice, 2) ? len : 1 + fuzz_dice(&pair->dice, 300);

	for (size_t at = 0, n; at < len; at += n) {
		n = most < len - at ? 1 + fuzz_dice(&pair->dice, most) : len - at;
		push(pair, octets + at, n);
		if (pair->now_ms > 0)
			pair->now_ms += fuzz_dice(&pair->dice, 8) ? 1 : 2000;
	}
}

/* A run of octets becomes another, of any values or of one that means something. */
static void vary(struct pair *pair, uint8_t *octets, size_t len)
{
	static const uint8_t marked[] = { 0x00, 0x01, 0x02, 0x06, 0x09, 0x0F,
		                          0x10, 0x12, 0x7E, 0x80, 0xFF };

	for (size_t wrong = fuzz_dice(&pair->dice, WRONG_MAX + 1); wrong > 0; wrong--) {
		size_t at = fuzz_dice(&pair->dice, len), run = 1 + fuzz_dice(&pair->dice, RUN_MAX);
		uint8_t octet = marked[fuzz_dice(&pair->dice, sizeof(marked))];
		bool any = fuzz_dice(&pair->dice, 2);

		for (; run > 0 && at < len; run--)
			octets[at++] = any ? (uint8_t)fuzz_dice(&pair->dice, 256) : octet;
	}
	if (fuzz_dice(&pair->dice, 8) > 0)
		mend(octets, len);
}

static void finish(struct pair *pair)
{
	struct han_event a, b;

	do {
		han_decoder_end(&pair->practised, &a);
		plain_end(&pair->plain, &b);
		must(same_event(&a, &b, 0));
	} while (a.type != HAN_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pair pair;
	static uint8_t octets[LEN_MAX];
	size_t len = size - FUZZ_CONTROLS;

	if (size <= FUZZ_CONTROLS || len > LEN_MAX)
		return 0;
	begin(&pair, data, size);
	feed(&pair, data + FUZZ_CONTROLS, len);
	for (unsigned i = 0; i < ROUNDS; i++) {
		memcpy(octets, data + FUZZ_CONTROLS, len);
		if (fuzz_dice(&pair.dice, 4) > 0) /* what was varied may have been learnt instead */
			push(&pair, octets, len);
		vary(&pair, octets, len);
		feed(&pair, octets, fuzz_dice(&pair.dice, 8) ? len : fuzz_dice(&pair.dice, len));
		if (fuzz_dice(&pair.dice, 16) == 0)
			finish(&pair);
	}
	finish(&pair);
	return 0;
}
