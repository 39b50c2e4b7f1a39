/* A broker that says what a test wants: one client, on the test's own loop; what comes is written down. */
#ifndef BROKER_H
#define BROKER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#include "loop.h"

struct broker {
	struct loop *loop;
	struct source door, client;
	unsigned port;
	/* as it answers */
	unsigned refuses_levels_above; /* 4: only MQTT 3.1.1 is known; 0: all are */
	unsigned login_code;           /* not 0: the login is refused */
	unsigned window;         /* not 0: so many messages with QoS 1 at once, and none with 2 */
	unsigned keepalive;      /* not 0: MQTT 5: the client has to ping that often, in s */
	bool plain;              /* MQTT 5: only QoS 0 is taken, of a will too */
	bool silent;             /* messages are not acknowledged */
	unsigned publish_code;   /* MQTT 5: the reason in acknowledgements */
	unsigned subscribe_code; /* likewise */
	/* what it saw */
	unsigned level;
	unsigned sessions;
	unsigned limit; /* the largest packet that the client takes, 0: any */
	unsigned ids[256];
	size_t id_count; /* of messages with QoS 1 */
	unsigned pings;
	char said[8192]; /* "PUBLISH TOPIC q1 r e60 PAYLOAD", a line each */
	unsigned char buf[262144];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static inline void broker_note(struct broker *b,
                                                                     const char *format, ...)
{
	size_t used = strlen(b->said);
	va_list args;

	va_start(args, format);
	vsnprintf(b->said + used, sizeof(b->said) - used, format, args);
	va_end(args);
}

static inline void broker_send(struct broker *b, const void *octets, size_t len)
{
	assert_int_equal(send(b->client.fd, octets, len, MSG_NOSIGNAL), (ssize_t)len);
}

static inline void broker_hang_up(struct broker *b)
{
	if (b->client.fd < 0)
		return;
	loop_remove(b->loop, &b->client);
	close(b->client.fd);
	b->client.fd = -1;
	b->used = 0;
}

/* A kept message (or a new one) of at most 64 KiB. */
static inline void broker_publish(struct broker *b, const char *topic, const void *payload,
                                  size_t len, bool retained)
{
	static unsigned char packet[70000];
	size_t topic_len = strlen(topic), n = 0;
	size_t rest = 2 + topic_len + (b->level == 5) + len;

	packet[n++] = retained ? 0x31 : 0x30;
	do {
		packet[n++] = (unsigned char)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
		rest >>= 7;
	} while (rest > 0);
	packet[n++] = (unsigned char)(topic_len >> 8);
	packet[n++] = (unsigned char)topic_len;
	memcpy(packet + n, topic, topic_len);
	n += topic_len;
	if (b->level == 5)
		packet[n++] = 0;
	memcpy(packet + n, payload, len);
	broker_send(b, packet, n + len);
}

static inline void broker_acknowledge(struct broker *b, unsigned id)
{
	const unsigned char packet[] = { 0x40, b->level == 5 ? 3 : 2, (unsigned char)(id >> 8),
		                         (unsigned char)id, (unsigned char)b->publish_code };

	broker_send(b, packet, b->level == 5 ? 5 : 4);
}

static inline void broker_connect(struct broker *b, const unsigned char *p)
{
	unsigned refused = 0;
	size_t i = 10;

	b->level = p[6];
	if (b->refuses_levels_above && b->level > b->refuses_levels_above)
		refused = 1;
	else if (b->login_code)
		refused = b->login_code;
	else if (b->plain && p[7] & 0x18)
		refused = 0x9B;
	b->limit = 0;
	for (size_t end = i + 1 + p[i], at = i + 1; b->level == 5 && at < end;
	     at += p[at] == 0x27 ? 5 : 3) {
		if (p[at] == 0x27)
			b->limit = (unsigned)p[at + 1] << 24 | (unsigned)p[at + 2] << 16 |
			           (unsigned)p[at + 3] << 8 | p[at + 4];
	}
	if (refused == 1 || b->level < 5) {
		broker_send(b, (unsigned char[]){ 0x20, 2, 0, (unsigned char)refused }, 4);
	} else if (b->plain) {
		broker_send(b, (unsigned char[]){ 0x20, 5, 0, (unsigned char)refused, 2, 0x24, 0 },
		            7);
	} else if (b->window) {
		broker_send(b,
		            (unsigned char[]){ 0x20, 8, 0, (unsigned char)refused, 5, 0x21, 0,
		                               (unsigned char)b->window, 0x24, 1 },
		            10);
	} else if (b->keepalive) {
		broker_send(b,
		            (unsigned char[]){ 0x20, 6, 0, (unsigned char)refused, 3, 0x13, 0,
		                               (unsigned char)b->keepalive },
		            8);
	} else {
		broker_send(b, (unsigned char[]){ 0x20, 3, 0, (unsigned char)refused, 0 }, 5);
	}
	b->sessions += refused == 0;
	broker_note(b, "CONNECT %u\n", b->level);
}

static inline void broker_take_message(struct broker *b, unsigned flags, const unsigned char *p,
                                       size_t len)
{
	size_t topic_len = (size_t)(p[0] << 8 | p[1]), i = 2 + topic_len;
	unsigned qos = flags >> 1 & 3, expiry = 0;

	if (qos > 0) {
		unsigned id = (unsigned)(p[i] << 8 | p[i + 1]);

		b->ids[b->id_count++ % 256] = id;
		i += 2;
	}
	if (b->level == 5) {
		if (p[i] == 5 && p[i + 1] == 2)
			expiry = (unsigned)p[i + 2] << 24 | (unsigned)p[i + 3] << 16 |
			         (unsigned)p[i + 4] << 8 | p[i + 5];
		i += 1 + p[i];
	}
	broker_note(b, "PUBLISH %.*s q%u%s", (int)topic_len, p + 2, qos, flags & 1 ? " r" : "");
	if (expiry)
		broker_note(b, " e%u", expiry);
	broker_note(b, " %.*s\n", len - i > 40 ? 40 : (int)(len - i), p + i);
	if (qos == 1 && !b->silent)
		broker_acknowledge(b, b->ids[(b->id_count - 1) % 256]);
}

static inline void broker_packet(struct broker *b, unsigned type, const unsigned char *p,
                                 size_t len)
{
	size_t skip = b->level == 5 ? 1 : 0;

	switch (type >> 4) {
	case 1:
		broker_connect(b, p);
		break;
	case 3:
		broker_take_message(b, type & 15, p, len);
		break;
	case 8:
		broker_note(b, "SUBSCRIBE %.*s q%u\n", (int)(len - 5 - skip), p + 4 + skip,
		            p[len - 1]);
		broker_send(b,
		            (unsigned char[]){ 0x90, (unsigned char)(3 + skip), p[0], p[1],
		                               skip ? 0 : (unsigned char)b->subscribe_code,
		                               (unsigned char)b->subscribe_code },
		            5 + skip);
		break;
	case 10:
		broker_note(b, "UNSUBSCRIBE %.*s\n", (int)(len - 4 - skip), p + 4 + skip);
		break;
	case 12:
		b->pings++;
		broker_send(b, (unsigned char[]){ 0xD0, 0 }, 2);
		break;
	case 14:
		broker_note(b, "DISCONNECT\n");
		break;
	default:
		break;
	}
}

static inline void broker_read(struct source *src, uint32_t events)
{
	struct broker *b = container_of(src, struct broker, client);
	ssize_t n = read(src->fd, b->buf + b->used, sizeof(b->buf) - b->used);

	(void)events;
	if (n <= 0) {
		broker_hang_up(b);
		return;
	}
	b->used += (size_t)n;
	for (;;) {
		size_t head = 1, rest = 0;
		unsigned shift = 0;

		do {
			if (head >= b->used)
				return;
			rest |= (size_t)(b->buf[head] & 0x7F) << shift;
			shift += 7;
		} while (b->buf[head++] & 0x80);
		if (b->used < head + rest)
			return;
		broker_packet(b, b->buf[0], b->buf + head, rest);
		if (b->client.fd < 0)
			return;
		b->used -= head + rest;
		memmove(b->buf, b->buf + head + rest, b->used);
	}
}

static inline void broker_accept(struct source *src, uint32_t events)
{
	struct broker *b = container_of(src, struct broker, door);

	(void)events;
	broker_hang_up(b);
	b->client = (struct source){ accept(src->fd, NULL, NULL), broker_read };
	assert_true(b->client.fd >= 0);
	assert_int_equal(loop_add(b->loop, &b->client, EPOLLIN), 0);
}

static inline void broker_init(struct broker *b, struct loop *loop)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*b = (struct broker){ .loop = loop, .client.fd = -1 };
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	b->port = ntohs(address.sin_port);
	b->door = (struct source){ fd, broker_accept };
	assert_int_equal(loop_add(loop, &b->door, EPOLLIN), 0);
}

static inline void broker_fini(struct broker *b)
{
	broker_hang_up(b);
	loop_remove(b->loop, &b->door);
	close(b->door.fd);
}

#endif
