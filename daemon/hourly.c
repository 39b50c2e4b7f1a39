#include "hourly.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "plural.h"

static void fetch(struct hourly *h)
{
	if (!h->connected || h->asking || h->dry || h->stuck ||
	    h->underway_count > HOURLY_WINDOW / 2)
		return;
	h->asking = true;
	h->asked_after = h->passed;
	h->asked = HOURLY_WINDOW - h->underway_count;
	spooler_fetch(&h->spooler, h->passed, h->asked);
}

static bool is_underway(const struct hourly *h, uint64_t number)
{
	for (size_t i = 0; i < h->underway_count; i++) {
		if (h->underway[i] == number)
			return true;
	}
	return false;
}

static int send_entry(struct hourly *h, const struct spool_entry *entry)
{
	char base[HOURLY_TOPIC - sizeof("/hourly")], topic[HOURLY_TOPIC];
	struct message message = {
		.topic = entry->topic,
		.payload = entry->text,
		.len = strlen(entry->text),
		.qos = 1,
		.kind = MESSAGE_EVENT,
		.ticket = entry->number,
	};

	if (h->hooks.base(h->hooks.user, entry->meter, base, sizeof(base))) {
		snprintf(topic, sizeof(topic), "%s/hourly", base);
		message.topic = topic;
	}
	return h->outlet.send(h->outlet.user, &message);
}

static void fetched(void *user, const struct spool_entry *entries, size_t count)
{
	struct hourly *h = user;

	h->asking = false;
	if (h->outdated) {
		h->outdated = false;
		fetch(h);
		return;
	}
	for (size_t i = 0; i < count && h->connected && h->underway_count < HOURLY_WINDOW; i++) {
		if (!is_underway(h, entries[i].number)) {
			h->stuck = send_entry(h, &entries[i]) < 0;
			if (h->stuck)
				return;
			h->underway[h->underway_count++] = entries[i].number;
			h->moved_ms = loop_now_ms();
		}
		h->passed = entries[i].number;
	}
	h->dry = count < h->asked;
	fetch(h);
}

/* From the oldest on. */
static void begin_anew(struct hourly *h)
{
	h->passed = 0;
	h->outdated = h->asking;
	h->dry = false;
}

/* What the broker has refused, or never answered: it may think otherwise now. */
static void try_again(struct hourly *h)
{
	if (h->underway_count == 0 || loop_now_ms() - h->moved_ms < HOURLY_PATIENCE_MS)
		return;
	h->underway_count = 0;
	h->moved_ms = loop_now_ms();
	begin_anew(h);
}

static void grown(void *user, bool anew)
{
	struct hourly *h = user;

	if (anew)
		begin_anew(h);
	try_again(h);
	h->dry = false;
	fetch(h);
}

int hourly_open(struct hourly *h, struct loop *loop, const char *directory,
                const struct outlet *outlet, const struct hourly_hooks *hooks)
{
	const struct spooler_hooks spooler = { h, fetched, grown };
	size_t waiting;
	int rc;

	*h = (struct hourly){ .outlet = *outlet, .hooks = *hooks };
	rc = spooler_open(&h->spooler, loop, directory, &spooler);
	if (rc < 0)
		return rc;
	waiting = spooler_count(&h->spooler);
	if (waiting > 0)
		log_info("hourly: %zu register%s of an earlier run wait%s for the broker", waiting,
		         plural(waiting), waiting == 1 ? "s" : "");
	return 0;
}

bool hourly_close(struct hourly *h, unsigned wait_ms)
{
	return spooler_close(&h->spooler, wait_ms);
}

void hourly_add(struct hourly *h, const struct spool_entry *entry)
{
	int rc = spooler_append(&h->spooler, entry);

	if (rc < 0 && rc != -ENOBUFS)
		log_error("hourly: a register of %s is lost: %s", entry->meter, strerror(-rc));
}

const struct spool_entry *hourly_newest(const struct hourly *h, const char *meter)
{
	return spooler_newest(&h->spooler, meter);
}

void hourly_connected(struct hourly *h)
{
	size_t waiting = spooler_count(&h->spooler);

	if (waiting > 0)
		log_info("hourly: %zu register%s that waited for the broker %s sent now", waiting,
		         plural(waiting), waiting == 1 ? "is" : "are");
	h->connected = true;
	h->underway_count = 0;
	h->stuck = false;
	begin_anew(h);
	fetch(h);
}

void hourly_caught_up(struct hourly *h)
{
	h->stuck = false;
	fetch(h);
}

void hourly_disconnected(struct hourly *h)
{
	h->connected = false;
	h->underway_count = 0;
}

void hourly_acknowledged(struct hourly *h, uint64_t ticket)
{
	if (ticket == 0)
		return;
	for (size_t i = 0; i < h->underway_count; i++) {
		if (h->underway[i] == ticket)
			h->underway[i--] = h->underway[--h->underway_count];
	}
	h->moved_ms = loop_now_ms();
	h->outdated |= h->asking && ticket > h->asked_after; /* it may be in the answer */
	spooler_remove(&h->spooler, ticket);
	fetch(h);
}
