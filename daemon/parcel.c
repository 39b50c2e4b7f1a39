#include "parcel.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In front of each message's octets: its topic with the NUL, and its payload. */
struct label {
	uint32_t topic_size, len;
	unsigned expiry_s;
	uint8_t kind, qos;
	bool retain;
};

bool parcel_init(struct parcel *p)
{
	*p = (struct parcel){ .octets = malloc(PARCEL_OCTETS) };
	return p->octets;
}

void parcel_fini(struct parcel *p)
{
	free(p->octets);
	*p = (struct parcel){ .octets = NULL };
}

static size_t cost_of(size_t topic_size, size_t len)
{
	const size_t align = alignof(struct label);

	return (sizeof(struct label) + topic_size + len + align - 1) / align * align;
}

bool parcel_put(struct parcel *p, const struct message *m)
{
	const size_t topic_size = message_topic_len(m) + 1;
	struct label *label = (void *)(p->octets + p->end);
	unsigned char *octets = (unsigned char *)(label + 1);

	if (topic_size > PARCEL_OCTETS || m->len > PARCEL_OCTETS ||
	    cost_of(topic_size, m->len) > PARCEL_OCTETS - p->end)
		return false;
	label->topic_size = (uint32_t)topic_size;
	label->len = (uint32_t)m->len;
	label->expiry_s = m->expiry_s;
	label->kind = (uint8_t)m->kind;
	label->qos = (uint8_t)m->qos;
	label->retain = m->retain;
	memcpy(octets, m->topic, topic_size);
	if (m->len > 0)
		memcpy(octets + topic_size, m->payload, m->len);
	p->end += cost_of(topic_size, m->len);
	p->count++;
	return true;
}

bool parcel_put_all(struct parcel *p, struct parcel *other)
{
	const size_t len = other->end - other->begin;

	if (p->count == 0) {
		const struct parcel empty = { .octets = p->octets };

		*p = *other;
		*other = empty;
		return true;
	}
	if (len > PARCEL_OCTETS - p->end)
		return false;
	memcpy(p->octets + p->end, other->octets + other->begin, len);
	p->end += len;
	p->count += other->count;
	parcel_clear(other);
	return true;
}

bool parcel_take(struct parcel *p, struct message *m)
{
	const struct label *label = (const void *)(p->octets + p->begin);
	const char *topic = (const char *)(label + 1);

	if (p->count == 0)
		return false;
	*m = (struct message){
		.topic = topic,
		.topic_len = label->topic_size - 1,
		.payload = topic + label->topic_size,
		.len = label->len,
		.qos = label->qos,
		.retain = label->retain,
		.kind = (enum message_kind)label->kind,
		.expiry_s = label->expiry_s,
	};
	p->begin += cost_of(label->topic_size, label->len);
	if (--p->count == 0)
		parcel_clear(p);
	return true;
}

void parcel_keep(struct parcel *p, bool (*is_wanted)(const struct message *message))
{
	struct parcel all = *p;
	const unsigned char *octets = all.octets + all.begin;
	struct message m;

	parcel_clear(p);
	for (size_t cost; parcel_take(&all, &m); octets += cost) {
		cost = cost_of(m.topic_len + 1, m.len);
		if (!is_wanted(&m))
			continue;
		memmove(p->octets + p->end, octets, cost);
		p->end += cost;
		p->count++;
	}
}

void parcel_clear(struct parcel *p)
{
	p->begin = p->end = p->count = 0;
}
