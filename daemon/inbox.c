#include "inbox.h"

#include <stdlib.h>
#include <string.h>

/* In front of each arrival; its topic with its NUL and its payload follow. */
struct record {
	size_t topic_size;
	size_t len;
	bool retained;
};

#define ARRIVAL_ROOM (sizeof(struct record) + 1024 + INBOX_PAYLOAD) /* with any usual topic */

bool inbox_init(struct inbox *box)
{
	*box = (struct inbox){ .octets = malloc(INBOX_SIZE) };
	return box->octets;
}

void inbox_fini(struct inbox *box)
{
	free(box->octets);
	*box = (struct inbox){ 0 };
}

static void append(struct inbox *box, const void *octets, size_t len)
{
	if (len > 0)
		memcpy(box->octets + box->used, octets, len);
	box->used += len;
}

bool inbox_put(struct inbox *box, const struct arrival *arrival)
{
	const struct record record = { strlen(arrival->topic) + 1, arrival->len,
		                       arrival->retained };
	size_t room = INBOX_SIZE - box->used;

	if (record.len > INBOX_PAYLOAD || box->count == INBOX_COUNT ||
	    room < sizeof(record) + record.topic_size ||
	    room - sizeof(record) - record.topic_size < record.len)
		return false;
	append(box, &record, sizeof(record));
	append(box, arrival->topic, record.topic_size);
	append(box, arrival->payload, record.len);
	box->count++;
	return true;
}

bool inbox_is_crowded(const struct inbox *box)
{
	return box->count > INBOX_COUNT / 2 || INBOX_SIZE - box->used < 2 * ARRIVAL_ROOM;
}

void inbox_take(struct inbox *box, struct inbox *empty)
{
	struct inbox full = *box;

	*box = (struct inbox){ .octets = empty->octets };
	*empty = full;
}

static const void *take(struct inbox *box, size_t len)
{
	box->read += len;
	return box->octets + box->read - len;
}

bool inbox_next(struct inbox *box, struct arrival *arrival)
{
	struct record record;

	if (box->count == 0)
		return false;
	box->count--;
	memcpy(&record, take(box, sizeof(record)), sizeof(record));
	arrival->topic = take(box, record.topic_size);
	arrival->payload = take(box, record.len);
	arrival->len = record.len;
	arrival->retained = record.retained;
	return true;
}
