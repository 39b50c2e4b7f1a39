#include "tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKUP_MS    10000
#define CONNECT_MS   5000 /* for one address to answer */
#define KEEP_IDLE_S  30   /* of silence, after which the peer is asked whether it lives, */
#define KEEP_EVERY_S 10   /* and again, */
#define KEEP_COUNT   3    /* so often */

static void drop_socket(struct tcp *tcp)
{
	if (tcp->source.fd < 0)
		return;
	loop_remove(tcp->loop, &tcp->source);
	close(tcp->source.fd);
	tcp->source.fd = -1;
}

static void finish(struct tcp *tcp, int fd_or_err)
{
	tcp_close(tcp);
	tcp->connected(tcp, fd_or_err);
}

/* A meter may be silent for hours, and a peer that lost its power says nothing. */
static void keep_alive(int fd)
{
	const int on = 1, idle = KEEP_IDLE_S, every = KEEP_EVERY_S, count = KEEP_COUNT;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* 0 while it is under way, or a negative errno. */
static int begin(struct tcp *tcp, const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
		rc = -errno;
		close(fd);
		return rc;
	}
	tcp->source.fd = fd;
	rc = loop_add(tcp->loop, &tcp->source, EPOLLOUT);
	if (rc < 0) {
		close(fd);
		tcp->source.fd = -1;
		return rc;
	}
	timer_start(&tcp->deadline, CONNECT_MS, 0);
	return 0;
}

static void try_next(struct tcp *tcp, int err)
{
	while (err < 0 && tcp->next) {
		const struct addrinfo *address = tcp->next;

		tcp->next = address->ai_next;
		err = begin(tcp, address);
	}
	if (err < 0)
		finish(tcp, err);
}

static void socket_ready(struct source *src, uint32_t events)
{
	struct tcp *tcp = container_of(src, struct tcp, source);
	int err = 0, fd = src->fd;
	socklen_t size = sizeof(err);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
		err = errno;
	if (err != 0) {
		drop_socket(tcp);
		try_next(tcp, -err);
		return;
	}
	loop_remove(tcp->loop, src);
	src->fd = -1;
	keep_alive(fd);
	finish(tcp, fd);
}

/* In words that strerror() has. */
static int trouble(int rc)
{
	switch (rc) {
	case EAI_SYSTEM:
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_AGAIN:
		return -ENONET;
	default:
		return -ENXIO;
	}
}

static void answered(struct lookup *lookup, int rc, struct addrinfo *found)
{
	struct tcp *tcp = container_of(lookup, struct tcp, lookup);

	timer_stop(&tcp->deadline);
	tcp->found = found;
	tcp->next = found;
	try_next(tcp, rc == 0 ? -ENXIO : trouble(rc));
}

static void too_late(struct timer *timer)
{
	struct tcp *tcp = container_of(timer, struct tcp, deadline);

	if (tcp->source.fd < 0) {
		finish(tcp, -ETIMEDOUT);
		return;
	}
	drop_socket(tcp);
	try_next(tcp, -ETIMEDOUT);
}

int tcp_open(struct tcp *tcp, struct loop *loop, const struct address *address,
             void (*connected)(struct tcp *tcp, int fd_or_err))
{
	int rc;

	*tcp = (struct tcp){ .source = { -1, socket_ready }, .connected = connected };
	timer_init(&tcp->deadline, loop, too_late);
	tcp->loop = loop;
	rc = lookup_start(&tcp->lookup, loop, address, answered);
	if (rc < 0)
		tcp_close(tcp);
	else
		timer_start(&tcp->deadline, LOOKUP_MS, 0);
	return rc;
}

void tcp_close(struct tcp *tcp)
{
	if (!tcp->loop)
		return;
	lookup_stop(&tcp->lookup);
	drop_socket(tcp);
	timer_fini(&tcp->deadline);
	if (tcp->found)
		freeaddrinfo(tcp->found);
	tcp->found = NULL;
	tcp->next = NULL;
	tcp->loop = NULL;
}
