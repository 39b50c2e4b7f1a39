/* Naps on a line that is played octet by octet: how often the reader wakes, and how long a frame's last octet
 * waits for it. */
#include "dice.h"

#include "nap.h"

#define MS         UINT64_C(1000000)
#define HEADER     10 /* octets after which a frame's length is known */
#define OCTETS_MAX 200000
#define START_NS   (1000 * MS)

/* A meter, and the machine that reads it. */
struct play {
	uint64_t octet_ns;   /* by the setting */
	int off_ppm;         /* the meter's clock is slower by that */
	uint64_t period_ns;  /* from frame to frame */
	uint64_t jitter_ns;  /* of the frames' beginnings */
	uint64_t latency_ns; /* until who is woken runs, at most */
	size_t lens[10];     /* of the frames, in turn */
	bool sized;          /* a frame says how long it is */
	size_t chunk;        /* octets that the port hands over at once */
	unsigned frames,
		skipped; /* frames to play, and those of them that are left out of what is counted */
};

struct outcome {
	double wakes;      /* of a frame, on average */
	uint64_t worst_ns; /* that a last octet waited, of those late */
	unsigned late;     /* frames whose last octet waited half an octet and more */
};

struct line {
	uint64_t *arrival; /* of each octet */
	size_t *left;      /* octets of its frame from it on */
	size_t *len;       /* of its frame */
	size_t count;
};

static void line_play(struct line *line, const struct play *p, struct dice *dice)
{
	double octet = (double)p->octet_ns * (1 + p->off_ppm / 1e6);
	size_t kinds = 1, chunk = p->chunk ? p->chunk : 1;

	while (kinds < 10 && p->lens[kinds])
		kinds++;
	line->count = 0;
	for (unsigned f = 0; f < p->frames; f++) {
		uint64_t start = START_NS + f * p->period_ns + dice_below(dice, p->jitter_ns + 1);
		size_t len = p->lens[f % kinds];

		for (size_t i = 0; i < len; i++, line->count++) {
			size_t at = i / chunk * chunk + chunk - 1;

			assert_true(line->count < OCTETS_MAX);
			line->arrival[line->count] =
				start + (uint64_t)(octet * (double)(at < len ? at : len - 1));
			line->left[line->count] = len - i;
			line->len[line->count] = len;
		}
	}
}

/* What the decoder would say before octet i. */
static size_t wanted_at(const struct line *line, const struct play *p, size_t i)
{
	size_t have = line->len[i] - line->left[i];

	if (have == 0)
		return 2;
	if (!p->sized)
		return 1;
	if (have < HEADER)
		return have < 3 ? 1 : HEADER - have;
	return line->left[i];
}

static struct outcome play_with(struct nap *nap, const struct play *p)
{
	struct dice dice = dice_new();
	struct line line = { calloc(OCTETS_MAX, sizeof(uint64_t)),
		             calloc(OCTETS_MAX, sizeof(size_t)), calloc(OCTETS_MAX, sizeof(size_t)),
		             0 };
	struct outcome outcome = { 0 };
	uint64_t now = START_NS, until = 0;
	unsigned frames = 0, wakes = 0;

	line_play(&line, p, &dice);
	nap_init(nap, p->octet_ns);
	for (size_t i = 0; i < line.count;) {
		size_t from = i;
		bool awaited = until == 0;
		uint64_t due = awaited ? line.arrival[i] : until;

		now = (due > now ? due : now) + dice_below(&dice, p->latency_ns + 1);
		wakes += frames >= p->skipped;
		while (i < line.count && line.arrival[i] <= now)
			i++;
		if (i > from)
			nap_octets(nap, i - from, awaited, now);
		for (size_t k = from; k < i; k++) {
			uint64_t waited = now - line.arrival[k];

			if (line.left[k] > 1)
				continue;
			nap_frame(nap, line.len[k]);
			if (frames++ < p->skipped || waited <= p->latency_ns + p->octet_ns / 2)
				continue;
			outcome.late++;
			if (waited > outcome.worst_ns)
				outcome.worst_ns = waited;
		}
		if (i == line.count)
			break;
		until = nap_until(nap, wanted_at(&line, p, i), now);
		assert_true(until == 0 || until > now);
	}
	outcome.wakes = (double)wakes / (p->frames - p->skipped);
	free(line.arrival);
	free(line.left);
	free(line.len);
	return outcome;
}

#define SLOW 4166667
#define FAST 86806

/* clang-format off */
#define KAIFA { 41, 41, 41, 41, 122 }
static const struct {
	const char *name;
	struct play play;
	double wakes;    /* of a frame, at most */
	unsigned late;   /* frames, at most, */
	uint64_t by_ns;  /* and by how much */
} plays[] = {
	/*                               off  period ms   jitter  latency              chunk */
	{ "as it should be",   { SLOW,     0,  2000 * MS, 0,        0,      KAIFA,   true, 1, 400, 40 }, 2.4, 0, 0 },
	{ "a busy machine",    { SLOW,     0,  2000 * MS, 2 * MS,   1 * MS, KAIFA,   true, 1, 400, 40 }, 2.5, 40, 4 * MS },
	{ "2 % slow",          { SLOW, 20000,  2000 * MS, 1 * MS,   MS / 2, KAIFA,   true, 1, 400, 40 }, 2.4, 0, 0 },
	{ "2 % fast",          { SLOW, -20000, 2000 * MS, 1 * MS,   MS / 2, KAIFA,   true, 1, 400, 40 }, 2.4, 5, 3 * MS },
	{ "an irregular one",  { SLOW,     0,  2000 * MS, 900 * MS, MS / 2, KAIFA,   true, 1, 400, 40 }, 2.4, 0, 0 },
	{ "every ten seconds", { SLOW,     0, 10000 * MS, 5 * MS,   MS / 2, { 228 }, true, 1, 400, 40 }, 2.4, 0, 0 },
	{ "every minute",      { SLOW,     0, 60000 * MS, 0,        MS / 2, { 500 }, true, 1, 100, 40 }, 2.4, 0, 0 },
	{ "an adapter",        { SLOW,     0,  2000 * MS, 5 * MS,   MS / 2, KAIFA,   true, 4, 400, 40 }, 3.3, 0, 0 },
	{ "one behind another", { SLOW,    0,   505 * MS, 0,        MS / 4, { 121 }, true, 1, 400, 40 }, 3.9, 0, 0 },
	{ "a shorter one, once", { SLOW,   0,  2000 * MS, 0,        0, { 122, 122, 122, 122, 122, 122, 122, 122, 122, 41 },
	                                                                             true, 1, 400, 5 },  4.2, 1, 400 * MS },
	{ "telegrams",         { FAST,     0,  1000 * MS, 5 * MS,   MS / 2, { 843, 844 }, false, 1, 100, 40 }, 5.0, 60, 5 * MS / 2 },
	{ "at once",           { SLOW, -999000, 100 * MS, 0,        0,      KAIFA,   true, 1, 400, 0 },  99, 0, 0 },
};
/* clang-format on */

static void test_plays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plays); i++) {
		struct nap nap;
		struct outcome o = play_with(&nap, &plays[i].play);

		print_message("# %s: %.2f wake-ups per frame, %u frames late, by %llu us\n",
		              plays[i].name, o.wakes, o.late,
		              (unsigned long long)o.worst_ns / 1000);
		assert_true(o.wakes <= plays[i].wakes);
		assert_in_range(o.late, 0, plays[i].late);
		assert_in_range(o.worst_ns, 0, plays[i].by_ns);
	}
}

static const struct play usual = { SLOW, 0, 2000 * MS, 0, 0, KAIFA, true, 1, 60, 40 };

/* The time of the newest octet. */
static uint64_t learn(struct nap *nap)
{
	play_with(nap, &usual);
	return nap->now_ns;
}

/* Between frames it is waited for the first octet of the next, however regular they are. */
static void test_pause(void **state)
{
	struct nap nap;
	uint64_t now = learn(&nap);

	(void)state;
	assert_int_equal(nap_until(&nap, 2, now), 0);
	assert_int_equal(nap_until(&nap, 2, now + 1500 * MS), 0);
}

/* What breaks off is waited for without naps, too, once a nap brought nothing. */
static void test_breaks_off(void **state)
{
	struct nap nap;
	uint64_t now = learn(&nap) + 700 * MS, until;

	(void)state;
	nap_octets(&nap, 12, true, now);
	until = nap_until(&nap, 110, now);
	assert_in_range(until, now + 440 * MS, now + 111 * SLOW);
	assert_int_equal(nap_until(&nap, 110, until), 0);
}

/* However much is wanted, the kernel's buffer does not overflow: it takes 4096 octets. */
static void test_bound(void **state)
{
	struct nap nap;
	uint64_t now = learn(&nap) + 700 * MS;

	(void)state;
	nap_octets(&nap, 12, true, now);
	assert_in_range(nap_until(&nap, 8000, now), now + 1, now + 3500 * (uint64_t)SLOW);
}

/* More than the line can bring: once it may be the machine that was late, twice it is no line. */
static void test_flood(void **state)
{
	struct nap nap;
	uint64_t now = learn(&nap);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		now += 700 * MS;
		nap_octets(&nap, 400, true, now);
		nap_frame(&nap, 400);
		assert_int_equal(nap_until(&nap, 2, now), 0);
	}
	nap_octets(&nap, 12, true, now + MS);
	assert_int_equal(nap_until(&nap, 40, now + MS), 0);

	now = learn(&nap) + 700 * MS;
	for (unsigned i = 0; i < 2; i++) { /* found at the end of a nap */
		nap_octets(&nap, 12, true, now);
		now = nap_until(&nap, 50, now);
		assert_int_equal(now > 0, true);
		nap_octets(&nap, 400, false, now);
		nap_frame(&nap, 400);
		now += 700 * MS;
	}
	nap_octets(&nap, 12, true, now);
	assert_int_equal(nap_until(&nap, 50, now), 0);
}

/* The first frames show what the meter does. */
static void test_learns_first(void **state)
{
	struct nap nap;

	(void)state;
	nap_init(&nap, SLOW);
	for (unsigned i = 1; i <= 7; i++) {
		nap_octets(&nap, 41, true, i * 2000 * MS);
		nap_frame(&nap, 41);
		assert_int_equal(nap_until(&nap, 2, i * 2000 * MS), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plays),      cmocka_unit_test(test_pause),
		cmocka_unit_test(test_breaks_off), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_flood),      cmocka_unit_test(test_learns_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
