/* Where messages go in a test: kept one by one, to be compared and looked up. */
#ifndef POST_H
#define POST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "message.h"

#define POST_MAX 256

struct letter {
	char *topic;
	char *payload;
	int qos;
	bool retain;
	enum message_kind kind;
	unsigned expiry_s;
};

struct post {
	struct letter letters[POST_MAX];
	size_t count;
	int refuses_with; /* what send() returns instead of keeping: 0 or a negative errno */
	size_t refused;
};

static inline int post_send(void *user, const struct message *message)
{
	struct post *post = user;
	struct letter *letter = &post->letters[post->count];

	assert_true(message->qos >= 0 && message->qos <= 2);
	if (post->refuses_with) {
		post->refused++;
		return post->refuses_with;
	}
	assert_true(post->count < POST_MAX);
	*letter = (struct letter){ strdup(message->topic), strndup(message->payload, message->len),
		                   message->qos,           message->retain,
		                   message->kind,          message->expiry_s };
	assert_non_null(letter->topic);
	assert_non_null(letter->payload);
	assert_int_equal(strlen(letter->payload), message->len);
	post->count++;
	return 0;
}

static inline struct outlet post_outlet(struct post *post)
{
	return (struct outlet){ post, post_send };
}

static inline void post_clear(struct post *post)
{
	for (size_t i = 0; i < post->count; i++) {
		free(post->letters[i].topic);
		free(post->letters[i].payload);
	}
	*post = (struct post){ .refuses_with = post->refuses_with };
}

static inline size_t post_count(const struct post *post, const char *topic)
{
	size_t count = 0;

	for (size_t i = 0; i < post->count; i++)
		count += strcmp(post->letters[i].topic, topic) == 0;
	return count;
}

/* The newest of that topic, which there must be. */
static inline const struct letter *post_find(const struct post *post, const char *topic)
{
	const struct letter *found = NULL;

	for (size_t i = 0; i < post->count; i++) {
		if (strcmp(post->letters[i].topic, topic) == 0)
			found = &post->letters[i];
	}
	if (!found)
		print_message("# nothing on %s\n", topic);
	assert_non_null(found);
	return found;
}

/* The newest payload of that topic. */
static inline const char *post_text(const struct post *post, const char *topic)
{
	return post_find(post, topic)->payload;
}

static inline void post_print(const struct post *post)
{
	for (size_t i = 0; i < post->count; i++)
		print_message("# %zu: %s %s\n", i, post->letters[i].topic,
		              post->letters[i].payload);
}

#endif
