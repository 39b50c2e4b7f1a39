#include "cycle.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_the_day(int64_t at_ms, uint64_t now_ms)
{
	return (int64_t)now_ms - at_ms < CYCLE_DAY_MS;
}

static void forget_old(struct cycle *c, uint64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (is_of_the_day(c->at_ms[i], now_ms))
			c->at_ms[kept++] = c->at_ms[i];
	}
	c->count = kept;
}

static size_t oldest(const struct cycle *c)
{
	size_t found = 0;

	for (size_t i = 1; i < c->count; i++) {
		if (c->at_ms[i] < c->at_ms[found])
			found = i;
	}
	return found;
}

static void add(struct cycle *c, int64_t at_ms)
{
	if (c->count == CYCLE_KEPT)
		c->at_ms[oldest(c)] = at_ms;
	else
		c->at_ms[c->count++] = at_ms;
}

/* Before the next attempt. */
static uint64_t pause_ms(const struct cycle_settings *settings, const struct cycle_view *view,
                         unsigned attempts)
{
	uint64_t pause = settings->after_ms > view->pause_ms ? settings->after_ms : view->pause_ms;
	uint64_t longest = pause > CYCLE_PAUSE_MS ? pause : CYCLE_PAUSE_MS;

	for (unsigned i = 0; i < attempts && pause < longest; i++)
		pause *= 2;
	return pause < longest ? pause : longest;
}

struct cycle_verdict cycle_decide(struct cycle *c, const struct cycle_settings *settings,
                                  const struct cycle_view *view, uint64_t now_ms)
{
	struct cycle_verdict verdict = { .step = CYCLE_IDLE };
	uint64_t since = view->since_ms > c->on_ms ? view->since_ms : c->on_ms;
	uint64_t pause;

	if (view->frame_ms > c->heard_ms) {
		c->heard_ms = view->frame_ms;
		c->attempts = 0;
		c->limit_told = false;
	}
	if (settings->after_ms == 0 || settings->max == 0 || view->open == 0)
		return verdict;
	pause = pause_ms(settings, view, c->attempts);
	if (now_ms < since + pause) {
		verdict.step = CYCLE_WAIT;
		verdict.wait_ms = since + pause - now_ms;
		return verdict;
	}
	verdict.silent_ms = now_ms - view->since_ms;
	verdict.step = CYCLE_NOW;
	if (cycle_today(c, now_ms) >= settings->max) {
		verdict.step = CYCLE_LIMIT;
		verdict.wait_ms = (uint64_t)(c->at_ms[oldest(c)] + CYCLE_DAY_MS - (int64_t)now_ms);
	}
	return verdict;
}

void cycle_begin(struct cycle *c, bool attempt, uint64_t now_ms)
{
	forget_old(c, now_ms);
	add(c, (int64_t)now_ms);
	c->attempts += attempt;
	c->limit_told = false;
}

void cycle_end(struct cycle *c, uint64_t now_ms)
{
	c->on_ms = now_ms;
}

unsigned cycle_today(struct cycle *c, uint64_t now_ms)
{
	forget_old(c, now_ms);
	return (unsigned)c->count;
}

uint64_t cycle_age_ms(const struct cycle_stamp *stamp, const struct cycle_stamp *now)
{
	long long seconds = now->wall_s - stamp->wall_s;

	if (stamp->uptime_s >= 0 && stamp->uptime_s <= now->uptime_s)
		seconds = now->uptime_s - stamp->uptime_s;
	return seconds > 0 ? (uint64_t)seconds * 1000 : 0;
}

size_t cycle_print(struct cycle *c, uint64_t now_ms, long long wall_s, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	forget_old(c, now_ms);
	for (size_t i = 0; i < c->count && used < size; i++) {
		long long age_s = ((int64_t)now_ms - c->at_ms[i]) / 1000;
		long long uptime_s = c->at_ms[i] < 0 ? -1 : c->at_ms[i] / 1000;

		used += (size_t)snprintf(buf + used, size - used, "%lld %lld\n", uptime_s,
		                         wall_s - age_s);
	}
	return used;
}

/* strtoll() itself looks for one across blanks and ends of lines. */
static bool begins_number(const char *text)
{
	return isdigit((unsigned char)text[0]) ||
	       (text[0] == '-' && isdigit((unsigned char)text[1]));
}

/* "UPTIME WALL"; false for anything else, and for numbers that no clock shows. */
static bool read_stamp(const char *line, struct cycle_stamp *stamp)
{
	const long long limit = 1LL << 40;
	struct cycle_stamp read;
	char *end;

	if (!begins_number(line))
		return false;
	read.uptime_s = strtoll(line, &end, 10);
	if (*end != ' ' || !begins_number(end + 1))
		return false;
	read.wall_s = strtoll(end + 1, &end, 10);
	if (*end != '\n' && *end != '\0')
		return false;
	if (llabs(read.uptime_s) > limit || llabs(read.wall_s) > limit)
		return false;
	*stamp = read;
	return true;
}

bool cycle_parse(struct cycle *c, const char *text, uint64_t now_ms, long long wall_s)
{
	const struct cycle_stamp now = { (long long)(now_ms / 1000), wall_s };
	bool outdated = false;

	while (*text) {
		struct cycle_stamp stamp;

		if (read_stamp(text, &stamp)) {
			uint64_t age_ms = cycle_age_ms(&stamp, &now);

			if (age_ms < CYCLE_DAY_MS)
				add(c, (int64_t)now_ms - (int64_t)age_ms);
			outdated |= stamp.uptime_s > now.uptime_s;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return outdated;
}
