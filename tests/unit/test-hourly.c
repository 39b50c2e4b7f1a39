/* Hourly registers through the spool and its thread: what is sent when, what the disk has to do for it, and what a
 * disk that fails or hangs does to it. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scratch.h"
#include "speaker.h"
#include "trial.h"

#include "hourly-source.h"
#include "hourly.h"

/* The C library's, as SQLite calls it: counted, failing or hanging as a test wants. */
static atomic_uint syncs, slow_ms;
static atomic_int failure;
int fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	usleep(slow_ms * 1000);
	if (failure) {
		errno = failure;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

#define SENT_MAX 1024

struct house {
	struct scratch scratch;
	struct trial trial;
	struct hourly hourly;
	uint64_t tickets[SENT_MAX];
	char topics[SENT_MAX][40];
	char texts[SENT_MAX][40];
	size_t sent, wanted;
	int refuses;
	unsigned refused; /* so often */
	const char *base; /* NULL: the meter is not there */
};

static int take(void *user, const struct message *message)
{
	struct house *h = user;

	h->refused += h->refuses != 0;
	if (h->refuses)
		return h->refuses;
	assert_int_equal(message->qos, 1);
	assert_false(message->retain);
	assert_int_equal(message->kind, MESSAGE_EVENT);
	assert_true(h->sent < SENT_MAX);
	snprintf(h->topics[h->sent], sizeof(h->topics[0]), "%s", message->topic);
	snprintf(h->texts[h->sent], sizeof(h->texts[0]), "%.*s", (int)message->len,
	         message->payload);
	h->tickets[h->sent++] = message->ticket;
	return 0;
}

static bool base_of(void *user, const char *meter, char *buf, size_t size)
{
	struct house *h = user;

	assert_string_equal(meter, "m");
	if (h->base)
		snprintf(buf, size, "%s", h->base);
	return h->base != NULL;
}

static void open_hourly(struct house *h, const char *directory)
{
	const struct outlet outlet = { h, take };
	const struct hourly_hooks hooks = { h, base_of };

	assert_int_equal(hourly_open(&h->hourly, &h->trial.loop, directory, &outlet, &hooks), 0);
}

static int house_setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	if (!h || scratch_init(&h->scratch) < 0)
		return -1;
	slow_ms = 0;
	failure = 0;
	trial_init(&h->trial);
	open_hourly(h, h->scratch.dir);
	*state = h;
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	slow_ms = 0;
	failure = 0;
	assert_true(hourly_close(&h->hourly, 5000));
	trial_fini(&h->trial);
	assert_int_equal(scratch_fini(&h->scratch), 0);
	free(h);
	return 0;
}

static void reopen(struct house *h)
{
	assert_true(hourly_close(&h->hourly, 5000));
	open_hourly(h, h->scratch.dir);
}

static void add(struct house *h, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	hourly_add(&h->hourly,
	           &(struct spool_entry){ 0, number * 3600, "m", "old/m/hourly", text, false });
}

static bool enough(void *user)
{
	const struct house *h = user;

	return h->sent >= h->wanted;
}

static void wait_sent(struct house *h, size_t wanted)
{
	h->wanted = wanted;
	assert_true(trial_run(&h->trial, enough, h, 5000));
}

static bool never(void *user)
{
	(void)user;
	return false;
}

static void wait_ms(struct house *h, uint64_t ms)
{
	trial_run(&h->trial, never, h, ms);
}

static bool is_empty(void *user)
{
	const struct house *h = user;

	return spooler_count(&h->hourly.spooler) == 0;
}

/* The thread wakes the loop when it has written. */
static void wait_empty(struct house *h)
{
	assert_true(trial_run(&h->trial, is_empty, h, 5000));
}

/* In order, one window at a time; the topic is that of now, or of then. */
static void test_window(void **state)
{
	struct house *h = *state;

	h->base = "han/m";
	for (unsigned i = 1; i <= 50; i++)
		add(h, i);
	wait_ms(h, 100);
	assert_int_equal(h->sent, 0);
	hourly_connected(&h->hourly);
	wait_sent(h, HOURLY_WINDOW);
	wait_ms(h, 50);
	assert_int_equal(h->sent, HOURLY_WINDOW);
	assert_string_equal(h->topics[0], "han/m/hourly");
	h->base = NULL;
	for (size_t i = 0; i < 50; i++) {
		wait_sent(h, i + 1);
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	}
	wait_empty(h);
	assert_int_equal(h->sent, 50);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(atoi(h->texts[i]), i + 1);
	assert_string_equal(h->topics[49], "old/m/hourly");
	assert_int_equal(hourly_newest(&h->hourly, "m")->hour, 50 * 3600);
	assert_null(hourly_newest(&h->hourly, "other"));
}

/* Another session begins with the oldest that is not acknowledged; acknowledgements come in any order. */
static void test_sessions(void **state)
{
	struct house *h = *state;

	for (unsigned i = 1; i <= 5; i++)
		add(h, i);
	hourly_connected(&h->hourly);
	wait_sent(h, 5);
	hourly_acknowledged(&h->hourly, h->tickets[1]);
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	hourly_acknowledged(&h->hourly, 0);
	hourly_disconnected(&h->hourly);
	hourly_acknowledged(&h->hourly, h->tickets[3]);
	add(h, 6);
	wait_ms(h, 50);
	assert_int_equal(h->sent, 5);
	hourly_connected(&h->hourly);
	wait_sent(h, 8);
	assert_string_equal(h->texts[5], "3");
	assert_string_equal(h->texts[6], "5");
	assert_string_equal(h->texts[7], "6");
}

/* A new session while the spool is still answering the old one. */
static void test_hasty_session(void **state)
{
	struct house *h = *state;

	for (unsigned i = 1; i <= 60; i++)
		add(h, i);
	hourly_connected(&h->hourly);
	wait_sent(h, 20);
	for (size_t i = 10; i < 20; i++)
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	hourly_disconnected(&h->hourly);
	hourly_connected(&h->hourly);
	wait_sent(h, 40);
	for (int i = 0; i < 20; i++)
		assert_int_equal(atoi(h->texts[20 + i]), i < 10 ? i + 1 : i + 11);
}

static bool was_refused(void *user)
{
	const struct house *h = user;

	return h->refused > 0;
}

static void test_no_room(void **state)
{
	struct house *h = *state;

	h->refuses = -ENOBUFS;
	hourly_connected(&h->hourly);
	add(h, 1);
	add(h, 2);
	assert_true(trial_run(&h->trial, was_refused, h, 5000));
	h->refuses = 0;
	add(h, 3);
	wait_ms(h, 50);
	assert_int_equal(h->sent, 0);
	hourly_caught_up(&h->hourly);
	wait_sent(h, 3);
	assert_string_equal(h->texts[0], "1");
}

/* Room again, and nothing new since. */
static void test_room_again(void **state)
{
	struct house *h = *state;

	h->refuses = -ENOBUFS;
	add(h, 1);
	wait_ms(h, 100); /* it is on disk */
	hourly_connected(&h->hourly);
	wait_ms(h, 50);
	h->refuses = 0;
	hourly_caught_up(&h->hourly);
	wait_sent(h, 1);
}

/* What the broker does not take is sent again within a long session too, before what has come since; not at once. */
static void test_refused(void **state)
{
	struct house *h = *state;

	hourly_connected(&h->hourly);
	for (unsigned i = 1; i <= HOURLY_WINDOW + 5; i++)
		add(h, i);
	wait_sent(h, HOURLY_WINDOW);
	add(h, HOURLY_WINDOW + 6);
	wait_ms(h, 50);
	assert_int_equal(h->sent, HOURLY_WINDOW);
	h->hourly.moved_ms -= HOURLY_PATIENCE_MS;
	add(h, HOURLY_WINDOW + 7);
	wait_sent(h, 2 * HOURLY_WINDOW);
	for (size_t i = 0; i < HOURLY_WINDOW; i++)
		assert_int_equal(atoi(h->texts[HOURLY_WINDOW + i]), i + 1);
	for (size_t i = 0; i < HOURLY_WINDOW; i++)
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	wait_sent(h, 2 * HOURLY_WINDOW + 7);
	h->hourly.moved_ms -= HOURLY_PATIENCE_MS;
	hourly_acknowledged(&h->hourly, h->tickets[2 * HOURLY_WINDOW]);
	add(h, HOURLY_WINDOW + 8);
	wait_sent(h, 2 * HOURLY_WINDOW + 8);
	wait_ms(h, 50);
	assert_string_equal(h->texts[2 * HOURLY_WINDOW + 7], "28");
}

static bool is_asking(void *user)
{
	const struct house *h = user;

	return h->hourly.asking;
}

static bool is_dry(void *user)
{
	const struct house *h = user;

	return h->hourly.dry && !h->hourly.asking;
}

/* What is acknowledged while the spool answers is in its answer, and is not sent once more. */
static void test_late_acknowledgement(void **state)
{
	struct house *h = *state;

	hourly_connected(&h->hourly);
	add(h, 1);
	wait_sent(h, 1);
	assert_true(trial_run(&h->trial, is_dry, h, 5000));
	h->hourly.moved_ms -= HOURLY_PATIENCE_MS;
	add(h, 2);
	assert_true(trial_run(&h->trial, is_asking, h, 5000));
	usleep(50000); /* it has answered */
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	wait_sent(h, 2);
	assert_string_equal(h->texts[1], "2");
}

/* Across a restart: what was not acknowledged, and the newest also when it was. */
static void test_restart(void **state)
{
	struct house *h = *state;

	add(h, 1);
	add(h, 2);
	hourly_connected(&h->hourly);
	wait_sent(h, 2);
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	reopen(h);
	assert_int_equal(spooler_count(&h->hourly.spooler), 1);
	hourly_connected(&h->hourly);
	wait_sent(h, 3);
	assert_string_equal(h->texts[2], "2");
	assert_int_equal(h->tickets[2], h->tickets[1]);
	hourly_acknowledged(&h->hourly, h->tickets[2]);
	reopen(h);
	assert_int_equal(spooler_count(&h->hourly.spooler), 0);
	assert_string_equal(hourly_newest(&h->hourly, "m")->text, "2");
	add(h, 3);
	hourly_connected(&h->hourly);
	wait_sent(h, 4);
	assert_true(h->tickets[3] > h->tickets[2]);
}

/* Two transactions per register; besides, the log begins anew and is written back every 64 pages; nothing else. */
static void test_cost(void **state)
{
	struct house *h = *state;
	unsigned before;

	hourly_connected(&h->hourly);
	add(h, 1);
	wait_sent(h, 1);
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	wait_empty(h);
	before = syncs;
	for (unsigned i = 2; i <= 101; i++) {
		add(h, i);
		wait_sent(h, i);
		hourly_acknowledged(&h->hourly, h->tickets[i - 1]);
		wait_empty(h);
	}
	print_message("# 100 registers: %u syncs\n", syncs - before);
	assert_in_range(syncs - before, 200, 220);
	before = syncs;
	wait_ms(h, 1500);
	assert_int_equal(syncs, before);
}

/* What comes together is one transaction. */
static void test_together(void **state)
{
	struct house *h = *state;
	unsigned before;

	for (unsigned i = 1; i <= 20; i++)
		add(h, i);
	hourly_connected(&h->hourly);
	wait_sent(h, 20);
	before = syncs;
	slow_ms = 50;
	for (size_t i = 0; i < 20; i++)
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	wait_empty(h);
	assert_in_range(syncs - before, 1, 4);
}

/* A disk that takes two seconds for a sync delays nobody but itself. */
static void test_slow_disk(void **state)
{
	struct house *h = *state;
	uint64_t begun = loop_now_ms(), longest = 0;

	hourly_connected(&h->hourly);
	slow_ms = 2000;
	for (unsigned i = 1; i <= 50; i++) {
		uint64_t before = loop_now_ms();

		add(h, i);
		hourly_caught_up(&h->hourly);
		spooler_count(&h->hourly.spooler);
		wait_ms(h, 5);
		if (loop_now_ms() - before > longest)
			longest = loop_now_ms() - before;
	}
	assert_true(longest < 500);
	assert_true(loop_now_ms() - begun < 2000);
	assert_false(hourly_close(&h->hourly, 100));
	slow_ms = 0;
	for (int i = 0; i < 100; i++) { /* the thread that was left behind closes the file */
		usleep(50000);
		open_hourly(h, h->scratch.dir);
		if (spooler_count(&h->hourly.spooler) == 50)
			break;
		hourly_close(&h->hourly, 5000);
	}
	assert_int_equal(spooler_count(&h->hourly.spooler), 50);
}

/* A disk that fails: what it does not take is sent from memory, and is on disk when it works again. */
static void test_failing_disk(void **state)
{
	struct house *h = *state;

	add(h, 1);
	hourly_connected(&h->hourly);
	wait_sent(h, 1);
	failure = EIO;
	add(h, 2);
	wait_sent(h, 2);
	add(h, 3);
	wait_sent(h, 3);
	hourly_acknowledged(&h->hourly, h->tickets[1]);
	failure = 0;
	add(h, 4);
	wait_sent(h, 4);
	assert_string_equal(h->texts[3], "4");
	reopen(h);
	hourly_connected(&h->hourly);
	wait_sent(h, 7);
	wait_ms(h, 50);
	assert_int_equal(h->sent, 7);
	assert_string_equal(h->texts[4], "1");
	assert_string_equal(h->texts[5], "3");
	assert_string_equal(h->texts[6], "4");
}

/* What the disk refused goes there at the end, if it takes it by then. */
static void test_last_attempt(void **state)
{
	struct house *h = *state;
	char path[SCRATCH_PATH];

	scratch_path(&h->scratch, "later", path);
	assert_true(hourly_close(&h->hourly, 5000));
	open_hourly(h, path);
	add(h, 1);
	hourly_connected(&h->hourly);
	wait_sent(h, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(hourly_close(&h->hourly, 5000));
	open_hourly(h, path);
	assert_int_equal(spooler_count(&h->hourly.spooler), 1);
}

/* Without a directory, and with one that comes later: those of then, and those of an earlier run, all go. */
static void test_memory(void **state)
{
	struct house *h = *state;
	char path[SCRATCH_PATH], away[SCRATCH_PATH];

	add(h, 1);
	assert_true(hourly_close(&h->hourly, 5000));
	open_hourly(h, NULL);
	add(h, 2);
	hourly_connected(&h->hourly);
	wait_sent(h, 1);
	hourly_acknowledged(&h->hourly, h->tickets[0]);
	wait_empty(h);
	assert_true(hourly_close(&h->hourly, 5000));

	scratch_path(&h->scratch, "later", path);
	scratch_path(&h->scratch, "away", away);
	assert_int_equal(mkdir(path, 0700), 0);
	open_hourly(h, path);
	add(h, 3);
	assert_true(hourly_close(&h->hourly, 5000));
	assert_int_equal(rename(path, away), 0);
	open_hourly(h, path);
	add(h, 4);
	hourly_connected(&h->hourly);
	wait_sent(h, 2);
	assert_string_equal(h->texts[1], "4");
	assert_int_equal(rename(away, path), 0);
	add(h, 5);
	wait_sent(h, 4);
	assert_string_equal(h->texts[2], "3");
	assert_string_equal(h->texts[3], "5");
	for (size_t i = 1; i < 4; i++)
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	wait_empty(h);
	assert_int_equal(h->sent, 4);
}

/* As many as fit into memory when no disk takes them. */
static void test_full_memory(void **state)
{
	struct house *h = *state;

	assert_true(hourly_close(&h->hourly, 5000));
	open_hourly(h, NULL);
	for (unsigned i = 1; i <= SPOOLER_ENTRIES + 100; i++)
		add(h, i);
	wait_ms(h, 50);
	add(h, 9999);
	wait_ms(h, 50);
	assert_in_range(spooler_count(&h->hourly.spooler), SPOOLER_ENTRIES - 1, SPOOLER_ENTRIES);
}

/* Whoever pretends to be ever new meters gets no memory for it; those of late are known. */
static void test_many_meters(void **state)
{
	struct house *h = *state;
	char meter[16];

	for (int i = 0; i < SPOOL_METERS + 10; i++) {
		snprintf(meter, sizeof(meter), "m%d", i);
		hourly_add(&h->hourly, &(struct spool_entry){ 0, 3600, meter, "t", "x", false });
		if (i == SPOOL_METERS - 5)
			hourly_add(&h->hourly,
			           &(struct spool_entry){ 0, 7200, "m0", "t", "x", false });
	}
	for (int run = 0; run < 2; run++) {
		assert_non_null(hourly_newest(&h->hourly, "m0"));
		assert_null(hourly_newest(&h->hourly, "m1"));
		assert_null(hourly_newest(&h->hourly, "m10"));
		assert_non_null(hourly_newest(&h->hourly, "m11"));
		assert_string_equal(hourly_newest(&h->hourly, meter)->meter, meter);
		reopen(h);
	}
}

static void say(struct hourly_source *source, struct speaker *s, unsigned hour, unsigned minute)
{
	s->meter.now.hour = (uint8_t)hour;
	s->meter.now.minute = (uint8_t)minute;
	hourly_source_reading(source, speaker_reading(s, KAIFA_LIST_3), false);
	hourly_source_reading(source, speaker_reading(s, KAIFA_LIST_2), false);
}

/* The first list of each hour, from the one that came before the id was known; and not twice across a restart. */
static void test_source(void **state)
{
	struct house *h = *state;
	struct hourly_source source;
	struct speaker s;

	speaker_init(&s);
	hourly_source_init(&source, &h->hourly);
	hourly_connected(&h->hourly);
	say(&source, &s, 13, 0);
	say(&source, &s, 13, 1);
	wait_ms(h, 50);
	assert_int_equal(h->sent, 0);
	hourly_source_identify(&source, "m", "han/x");
	wait_sent(h, 1);
	assert_string_equal(h->topics[0], "han/x/hourly");
	say(&source, &s, 13, 59);
	say(&source, &s, 14, 0);
	say(&source, &s, 14, 0);
	say(&source, &s, 17, 30);
	say(&source, &s, 16, 30);
	wait_sent(h, 3);
	for (size_t i = 0; i < 3; i++)
		hourly_acknowledged(&h->hourly, h->tickets[i]);
	wait_empty(h);
	hourly_source_fini(&source);

	reopen(h);
	hourly_source_init(&source, &h->hourly);
	hourly_source_identify(&source, "m", "han/x");
	hourly_connected(&h->hourly);
	say(&source, &s, 17, 31);
	say(&source, &s, 18, 0);
	wait_sent(h, 4);
	hourly_source_identify(&source, "m", "han/y");
	say(&source, &s, 18, 1);
	say(&source, &s, 19, 0);
	wait_sent(h, 5);
	assert_string_equal(h->topics[3], "han/x/hourly");
	assert_string_equal(h->topics[4], "han/y/hourly");
	hourly_source_fini(&source);
}

#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOUSE(test_window),        WITH_HOUSE(test_sessions),
		WITH_HOUSE(test_hasty_session), WITH_HOUSE(test_no_room),
		WITH_HOUSE(test_restart),       WITH_HOUSE(test_cost),
		WITH_HOUSE(test_together),      WITH_HOUSE(test_slow_disk),
		WITH_HOUSE(test_failing_disk),  WITH_HOUSE(test_memory),
		WITH_HOUSE(test_full_memory),   WITH_HOUSE(test_source),
		WITH_HOUSE(test_refused),       WITH_HOUSE(test_late_acknowledgement),
		WITH_HOUSE(test_last_attempt),  WITH_HOUSE(test_room_again),
		WITH_HOUSE(test_many_meters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
