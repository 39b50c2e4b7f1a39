#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define NONE UINT32_MAX

struct outbox_entry {
	uint64_t serial; /* its place in the order */
	uint64_t ticket;
	uint32_t previous, next;  /* in its list; `next` of a spare one too */
	uint32_t chain;           /* the next in its bucket */
	uint32_t bucket;          /* NONE: it is not replaced */
	uint32_t topic_size, len; /* OUTBOX_MESSAGE at most */
	unsigned expiry_s;
	enum outbox_class class;
	enum message_kind kind;
	int qos;
	bool retain;
};

/* What is being put. */
struct incoming {
	const struct message *message;
	enum outbox_class class;
	size_t topic_size; /* with its NUL */
	uint32_t bucket;   /* NONE: it replaces nothing, and is not replaced */
};

/* The classes before this one, and as many of its own, make room for it. */
static const enum outbox_class gives_way[OUTBOX_CLASSES] = {
	[OUTBOX_DIAGNOSTIC] = OUTBOX_DIAGNOSTIC,
	[OUTBOX_EVENT] = OUTBOX_EVENT,
	[OUTBOX_STATE] = OUTBOX_EVENT,
	[OUTBOX_TICKET] = OUTBOX_STATE,
};

bool outbox_init(struct outbox *box, size_t count, size_t octets)
{
	uint32_t buckets = 64;

	/* few of so many wait at a time: a table for all of them would not stay in the cache */
	while (buckets < count / 8)
		buckets *= 2;
	*box = (struct outbox){ .max = (uint32_t)count, .spare = NONE, .bucket_mask = buckets - 1 };
	box->entries = malloc(count * sizeof(*box->entries)); /* only what is used is touched */
	box->buckets = malloc(buckets * sizeof(*box->buckets));
	box->taken = malloc(OUTBOX_MESSAGE);
	if (!arena_init(&box->arena, octets, count) || !box->entries || !box->buckets ||
	    !box->taken) {
		outbox_fini(box);
		return false;
	}
	memset(box->buckets, 0xFF, buckets * sizeof(*box->buckets));
	for (size_t i = 0; i < OUTBOX_CLASSES; i++)
		box->lists[i] = (struct outbox_list){ NONE, NONE, 0 };
	return true;
}

void outbox_fini(struct outbox *box)
{
	arena_fini(&box->arena);
	free(box->entries);
	free(box->buckets);
	free(box->taken);
	*box = (struct outbox){ 0 };
}

static enum outbox_class class_of(const struct message *m)
{
	if (m->ticket)
		return OUTBOX_TICKET;
	switch (m->kind) {
	case MESSAGE_STATE:
		return OUTBOX_STATE;
	case MESSAGE_EVENT:
		return OUTBOX_EVENT;
	case MESSAGE_DIAGNOSTIC:
		break;
	}
	return OUTBOX_DIAGNOSTIC;
}

/* ---- entries ---- */

static size_t octets_of(const struct outbox_entry *e)
{
	return (size_t)e->topic_size + e->len;
}

static void link_entry(struct outbox *box, uint32_t i)
{
	struct outbox_entry *e = &box->entries[i];
	struct outbox_list *list = &box->lists[e->class];

	e->previous = list->last;
	e->next = NONE;
	if (list->last == NONE)
		list->first = i;
	else
		box->entries[list->last].next = i;
	list->last = i;
	if (e->bucket != NONE) {
		e->chain = box->buckets[e->bucket];
		box->buckets[e->bucket] = i;
	}
	box->count++;
}

static void unlink_entry(struct outbox *box, uint32_t i)
{
	struct outbox_entry *e = &box->entries[i];
	struct outbox_list *list = &box->lists[e->class];

	*(e->previous == NONE ? &list->first : &box->entries[e->previous].next) = e->next;
	*(e->next == NONE ? &list->last : &box->entries[e->next].previous) = e->previous;
	if (e->bucket != NONE) {
		uint32_t *link = &box->buckets[e->bucket];

		while (*link != i)
			link = &box->entries[*link].chain;
		*link = e->chain;
	}
	box->count--;
}

static void drop_octets(struct outbox *box, uint32_t i)
{
	struct outbox_entry *e = &box->entries[i];

	box->lists[e->class].cost -= arena_cost(octets_of(e));
	arena_drop(&box->arena, i);
}

static void remove_entry(struct outbox *box, uint32_t i)
{
	drop_octets(box, i);
	unlink_entry(box, i);
	box->entries[i].next = box->spare;
	box->spare = i;
}

static uint32_t take_spare(struct outbox *box)
{
	uint32_t i = box->spare;

	if (i == NONE)
		return box->fresh++;
	box->spare = box->entries[i].next;
	return i;
}

static struct incoming incoming_of(const struct outbox *box, const struct message *m)
{
	struct incoming in = { m, class_of(m), message_topic_len(m) + 1, NONE };

	if (in.class == OUTBOX_STATE || in.class == OUTBOX_DIAGNOSTIC)
		in.bucket = (uint32_t)hash_swiftly(m->topic, in.topic_size - 1) & box->bucket_mask;
	return in;
}

static size_t octets_of_incoming(const struct incoming *in)
{
	return in->topic_size + in->message->len;
}

/* The one that it replaces, NONE when there is none. */
static uint32_t find(const struct outbox *box, const struct incoming *in)
{
	uint32_t i = in->bucket == NONE ? NONE : box->buckets[in->bucket];

	while (i != NONE &&
	       (box->entries[i].topic_size != in->topic_size ||
	        memcmp(arena_at(&box->arena, i), in->message->topic, in->topic_size) != 0))
		i = box->entries[i].chain;
	return i;
}

static void fill(struct outbox *box, uint32_t i, const struct incoming *in)
{
	struct outbox_entry *e = &box->entries[i];
	const struct message *m = in->message;
	unsigned char *octets = arena_at(&box->arena, i);

	e->topic_size = (uint32_t)in->topic_size;
	e->len = (uint32_t)m->len;
	e->ticket = m->ticket;
	e->expiry_s = m->expiry_s;
	e->kind = m->kind;
	e->qos = m->qos;
	e->retain = m->retain;
	memcpy(octets, m->topic, e->topic_size);
	if (m->len > 0)
		memcpy(octets + e->topic_size, m->payload, m->len);
}

static struct message message_of(const struct outbox_entry *e, const void *octets)
{
	return (struct message){
		.topic = octets,
		.payload = (const char *)octets + e->topic_size,
		.len = e->len,
		.qos = e->qos,
		.retain = e->retain,
		.kind = e->kind,
		.expiry_s = e->expiry_s,
		.ticket = e->ticket,
	};
}

/* ---- room ---- */

/* Whether there would be room, were all gone that may go. */
static bool can_fit(const struct outbox *box, enum outbox_class class, size_t cost)
{
	size_t kept = box->arena.live;
	bool some = box->count < box->max;

	for (size_t c = 0; c <= gives_way[class]; c++) {
		kept -= box->lists[c].cost;
		some |= box->lists[c].first != NONE;
	}
	return some && cost <= box->arena.limit && kept <= box->arena.limit - cost;
}

static bool is_full(const struct outbox *box, size_t cost)
{
	return box->count == box->max || cost > box->arena.limit - box->arena.live;
}

/* Whether somebody who comes later would miss it: an announcement is an event, too. */
static bool is_missed(enum outbox_class class, bool retain)
{
	return class == OUTBOX_STATE || (class == OUTBOX_EVENT && retain);
}

static bool make_room(struct outbox *box, enum outbox_class class, size_t cost)
{
	if (is_full(box, cost) && !can_fit(box, class, cost))
		return false;
	while (is_full(box, cost)) {
		enum outbox_class c = OUTBOX_DIAGNOSTIC;

		while (box->lists[c].first == NONE)
			c++;
		box->state_lost |= is_missed(c, box->entries[box->lists[c].first].retain);
		remove_entry(box, box->lists[c].first);
		box->dropped++;
	}
	return true;
}

static bool refuse(struct outbox *box, const struct incoming *in)
{
	box->dropped++;
	box->state_lost |= is_missed(in->class, in->message->retain);
	return false;
}

static bool append(struct outbox *box, const struct incoming *in)
{
	size_t octets = octets_of_incoming(in);
	struct outbox_entry *e;
	uint32_t i;

	if (!make_room(box, in->class, arena_cost(octets)))
		return refuse(box, in);
	i = take_spare(box);
	e = &box->entries[i];
	arena_put(&box->arena, i, octets);
	box->lists[in->class].cost += arena_cost(octets);
	e->serial = ++box->serial;
	e->class = in->class;
	e->bucket = in->bucket;
	fill(box, i, in);
	link_entry(box, i);
	return true;
}

/* Whether the message could take that place; otherwise nobody has it any more. */
static bool replace(struct outbox *box, uint32_t i, const struct incoming *in)
{
	struct outbox_entry *e = &box->entries[i];
	size_t octets = octets_of_incoming(in);

	if (e->class == in->class && arena_cost(octets_of(e)) == arena_cost(octets)) {
		fill(box, i, in);
		return true;
	}
	if (e->class != in->class ||
	    arena_cost(octets) > box->arena.limit - box->arena.live + arena_cost(octets_of(e))) {
		remove_entry(box, i);
		return false;
	}
	drop_octets(box, i);
	arena_put(&box->arena, i, octets);
	box->lists[in->class].cost += arena_cost(octets);
	fill(box, i, in);
	return true;
}

bool outbox_put(struct outbox *box, const struct message *message)
{
	const struct incoming in = incoming_of(box, message);
	uint32_t i;

	if (in.topic_size > OUTBOX_MESSAGE || message->len > OUTBOX_MESSAGE - in.topic_size) {
		box->dropped++; /* and again, whenever it is asked for */
		return false;
	}
	i = find(box, &in);
	return (i != NONE && replace(box, i, &in)) || append(box, &in);
}

/* The oldest of all, NONE when there is none. */
static uint32_t oldest(const struct outbox *box)
{
	uint32_t i = NONE;

	for (size_t c = 0; c < OUTBOX_CLASSES; c++) {
		uint32_t first = box->lists[c].first;

		if (first != NONE &&
		    (i == NONE || box->entries[first].serial < box->entries[i].serial))
			i = first;
	}
	return i;
}

bool outbox_take(struct outbox *box, struct message *message)
{
	uint32_t i = oldest(box);

	if (i == NONE)
		return false;
	memcpy(box->taken, arena_at(&box->arena, i), octets_of(&box->entries[i]));
	*message = message_of(&box->entries[i], box->taken);
	remove_entry(box, i);
	return true;
}

bool outbox_resize(struct outbox *box, size_t count, size_t octets)
{
	struct outbox other;
	uint32_t i;

	if (count < box->count || octets < box->arena.live || !outbox_init(&other, count, octets))
		return false;
	free(other.taken);
	other.taken = box->taken; /* it may still be read */
	other.dropped = box->dropped;
	other.state_lost = box->state_lost;
	while ((i = oldest(box)) != NONE) {
		const struct message m = message_of(&box->entries[i], arena_at(&box->arena, i));

		outbox_put(&other, &m);
		remove_entry(box, i);
	}
	box->taken = NULL;
	outbox_fini(box);
	*box = other;
	return true;
}

size_t outbox_clear(struct outbox *box)
{
	size_t lost = box->count;

	for (uint32_t i = oldest(box); i != NONE; i = oldest(box))
		remove_entry(box, i);
	return lost;
}

bool outbox_is_empty(const struct outbox *box)
{
	return box->count == 0;
}
