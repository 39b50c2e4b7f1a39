/* A search that cannot begin, as all memory is taken: the keys go with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"

#include "search.h"

struct block {
	struct block *next;
};

static struct block *blocks;

/* False where there is no limit: emulators ignore it. */
static bool limit_memory(void)
{
	struct rlimit limit;
	void *large;

	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	large = malloc((size_t)64 << 20);
	free(large);
	return !large;
}

/* All that is left. */
static void take_memory(void)
{
	for (size_t size = 1 << 20; size >= sizeof(*blocks); size /= 2) {
		struct block *block;

		while ((block = malloc(size))) {
			block->next = blocks;
			blocks = block;
		}
	}
}

static void give_back(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

static void check_no_memory(const char *device)
{
	static const uint8_t key[16] = "0123456789abcdef";
	const struct search_settings settings = { .device = device, .format = -1 };
	const struct search_hooks hooks = { 0 };
	struct han_settings decoder = { .has_key = true };
	static struct search search;
	struct loop loop;
	int rc;

	memcpy(decoder.key, key, sizeof(key));
	assert_int_equal(loop_init(&loop), 0);
	if (!limit_memory())
		skip();
	take_memory();
	rc = search_open(&search, &loop, "", &settings, &decoder, false, &hooks);
	give_back();
	assert_int_equal(rc, -ENOMEM);
	assert_null(memmem(&search, sizeof(search), key, sizeof(key)));
	search_close(&search);
	loop_fini(&loop);
}

static void test_no_memory(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* they want more than there is */
#endif
	check_no_memory("/dev/ttyUSB0");
	check_no_memory(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
