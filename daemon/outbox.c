#include "outbox.h"

#include <stdlib.h>
#include <string.h>

/* In front of each message; its topic and payload follow, the topic with its NUL. */
struct record {
	size_t topic_size;
	size_t len;
	int qos;
	bool retain;
};

bool outbox_init(struct outbox *box)
{
	*box = (struct outbox){ { malloc(OUTBOX_SIZE), 0, 0, 0 },
		                { malloc(OUTBOX_SIZE), 0, 0, 0 } };
	if (box->filling.octets && box->sending.octets)
		return true;
	outbox_fini(box);
	return false;
}

void outbox_fini(struct outbox *box)
{
	free(box->filling.octets);
	free(box->sending.octets);
	*box = (struct outbox){ 0 };
}

static void append(struct outbox_buffer *buffer, const void *octets, size_t len)
{
	if (len > 0)
		memcpy(buffer->octets + buffer->used, octets, len);
	buffer->used += len;
}

bool outbox_put(struct outbox *box, const struct message *message)
{
	struct outbox_buffer *b = &box->filling;
	struct record record = { strlen(message->topic) + 1, message->len, message->qos,
		                 message->retain };
	size_t room = OUTBOX_SIZE - b->used;

	if (room < sizeof(record) + record.topic_size ||
	    room - sizeof(record) - record.topic_size < record.len)
		return false;
	append(b, &record, sizeof(record));
	append(b, message->topic, record.topic_size);
	append(b, message->payload, record.len);
	b->count++;
	return true;
}

void outbox_turn(struct outbox *box)
{
	struct outbox_buffer empty = box->sending;

	if (box->sending.count > 0)
		return;
	box->sending = box->filling;
	empty.used = empty.sent = 0;
	box->filling = empty;
}

static const void *take(struct outbox_buffer *b, size_t len)
{
	b->sent += len;
	return b->octets + b->sent - len;
}

bool outbox_next(struct outbox *box, struct message *message)
{
	struct outbox_buffer *b = &box->sending;
	struct record record;

	if (b->count == 0)
		return false;
	b->count--;
	memcpy(&record, take(b, sizeof(record)), sizeof(record));
	message->topic = take(b, record.topic_size);
	message->payload = take(b, record.len);
	message->len = record.len;
	message->qos = record.qos;
	message->retain = record.retain;
	return true;
}

size_t outbox_clear(struct outbox *box)
{
	size_t lost = box->filling.count + box->sending.count;

	box->filling.used = box->filling.count = 0;
	box->sending.used = box->sending.sent = box->sending.count = 0;
	return lost;
}

bool outbox_is_empty(const struct outbox *box)
{
	return box->filling.count == 0 && box->sending.count == 0;
}
