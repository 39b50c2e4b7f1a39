/* Connections to real sockets: made, refused, taken up by the second address, given up. */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcp.h"
#include "trial.h"

#define DEADLINE_MS 8000

/* Lookups of the name "slow": on their way, and ever begun; and whether they are answered. */
static atomic_uint slow_now, slow_all;
static atomic_bool slow_answers;

/* The C library's, for which "slow" is this machine, once there are answers. */
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(node, "slow") == 0 && !(hints->ai_flags & AI_NUMERICHOST)) {
		atomic_fetch_add(&slow_all, 1);
		atomic_fetch_add(&slow_now, 1);
		while (!atomic_load(&slow_answers))
			usleep(1000);
		atomic_fetch_sub(&slow_now, 1);
		node = "127.0.0.1";
	}
	return real(node, service, hints, found);
}

/* A connection on its way, and what came of it. */
struct caller {
	struct tcp tcp;
	bool told;
	int fd_or_err;
};

static void connected(struct tcp *tcp, int fd_or_err)
{
	struct caller *caller = container_of(tcp, struct caller, tcp);

	assert_false(caller->told);
	caller->told = true;
	caller->fd_or_err = fd_or_err;
}

static bool is_told(void *user)
{
	const struct caller *caller = user;

	return caller->told;
}

/* A port of the loopback that listens; its number in text. */
static int listen_on(int family, char port[6])
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = { .v6 = { 0 } };
	socklen_t size = sizeof(address);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	address.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.v6.sin6_addr = in6addr_loopback;
	if (bind(fd, &address.any, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, &address.any, &size), 0);
	snprintf(port, 6, "%u",
	         ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port));
	return fd;
}

static void call(struct caller *caller, struct trial *trial, const char *host, const char *port)
{
	struct address address;

	snprintf(address.host, sizeof(address.host), "%s", host);
	snprintf(address.port, sizeof(address.port), "%s", port);
	*caller = (struct caller){ 0 };
	assert_int_equal(tcp_open(&caller->tcp, &trial->loop, &address, connected), 0);
	assert_false(caller->told);
}

static void check_connected(struct caller *caller, int door)
{
	int on = 0, peer = accept(door, NULL, NULL);
	socklen_t size = sizeof(on);
	char c = 0;

	assert_true(caller->fd_or_err >= 0);
	assert_int_equal(read(caller->fd_or_err, &c, 1), -1); /* does not block */
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(getsockopt(caller->fd_or_err, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
	assert_true(on);
	assert_int_equal(getsockopt(caller->fd_or_err, IPPROTO_TCP, TCP_KEEPIDLE, &on, &size), 0);
	assert_in_range(on, 1, 60);
	assert_true(peer >= 0);
	assert_int_equal(write(peer, "x", 1), 1);
	while (read(caller->fd_or_err, &c, 1) < 0)
		assert_int_equal(errno, EAGAIN);
	assert_int_equal(c, 'x');
	close(peer);
	close(caller->fd_or_err);
}

/* Threads of this program. */
static size_t count_tasks(void)
{
	DIR *tasks = opendir("/proc/self/task");
	size_t count = 0;

	assert_non_null(tasks);
	for (const struct dirent *entry; (entry = readdir(tasks));)
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count;
}

static void connect_over(int family, const char *host)
{
	struct trial trial;
	struct caller caller;
	size_t tasks = count_tasks(); /* an emulator has some of its own */
	char port[6];
	int door = listen_on(family, port);

	if (door < 0)
		skip(); /* a machine without IPv6 */
	trial_init(&trial);
	call(&caller, &trial, host, port);
	if (strcmp(host, "localhost") != 0) /* an address needs nobody who looks it up */
		assert_int_equal(count_tasks(), tasks);
	assert_true(trial_run(&trial, is_told, &caller, DEADLINE_MS));
	assert_null(caller.tcp.loop);
	check_connected(&caller, door);
	tcp_close(&caller.tcp); /* nothing is left of it */
	close(door);
	trial_fini(&trial);
}

static void test_numbers(void **state)
{
	(void)state;
	connect_over(AF_INET, "127.0.0.1");
}

static void test_numbers_of_ipv6(void **state)
{
	(void)state;
	connect_over(AF_INET6, "::1");
}

/* localhost is ::1 and 127.0.0.1 on most machines: whichever listens is found. */
static void test_name(void **state)
{
	(void)state;
	connect_over(AF_INET, "localhost");
}

static void test_refused(void **state)
{
	struct trial trial;
	struct caller caller;
	char port[6];
	int door = listen_on(AF_INET, port);

	(void)state;
	close(door);
	trial_init(&trial);
	call(&caller, &trial, "127.0.0.1", port);
	assert_true(trial_run(&trial, is_told, &caller, DEADLINE_MS));
	assert_int_equal(caller.fd_or_err, -ECONNREFUSED);
	trial_fini(&trial);
}

static void test_unknown(void **state)
{
	struct trial trial;
	struct caller caller;

	(void)state;
	trial_init(&trial);
	call(&caller, &trial, "a..b", "2000");
	assert_true(trial_run(&trial, is_told, &caller, DEADLINE_MS));
	assert_true(caller.fd_or_err == -ENXIO || caller.fd_or_err == -ENONET);
	trial_fini(&trial);
}

/* Given up at every moment: nobody is told, nothing is left. */
static void test_given_up(void **state)
{
	struct trial trial;
	struct caller caller = { 0 };
	char port[6];
	int door = listen_on(AF_INET, port);

	(void)state;
	tcp_close(&caller.tcp); /* one that never was */
	trial_init(&trial);
	for (unsigned ms = 0; ms < 8; ms++) {
		call(&caller, &trial, "127.0.0.1", port);
		trial_run(&trial, is_told, &caller, ms / 4);
		tcp_close(&caller.tcp);
		if (caller.told)
			close(caller.fd_or_err);
		else
			assert_false(trial_run(&trial, is_told, &caller, 20));
		tcp_close(&caller.tcp);
	}
	for (unsigned ms = 0; lookup_hangs() && ms < DEADLINE_MS; ms++)
		usleep(1000);
	assert_false(lookup_hangs());
	close(door);
	trial_fini(&trial);
}

#define CROWD (5 * LOOKUP_THREADS)

/* Many names are asked for while there is no answer, and every thread there is waits for one. */
static void call_crowd(struct caller callers[CROWD], struct trial *trial, const char *port)
{
	atomic_store(&slow_answers, false);
	atomic_store(&slow_all, 0);
	for (size_t i = 0; i < CROWD; i++)
		call(&callers[i], trial, "slow", port);
	for (unsigned ms = 0; atomic_load(&slow_now) < LOOKUP_THREADS && ms < DEADLINE_MS; ms++)
		usleep(1000);
	usleep(100000); /* for one too many */
	assert_int_equal(atomic_load(&slow_now), LOOKUP_THREADS);
}

/* However many names are looked up at the same time, it takes some threads only, and each is answered; one that is
 * given up before its turn costs nothing. */
static void test_crowd(void **state)
{
	static struct caller callers[CROWD];
	struct trial trial;
	char port[6];

	(void)state;
	close(listen_on(AF_INET, port));
	trial_init(&trial);
	call_crowd(callers, &trial, port);
	atomic_store(&slow_answers, true);
	for (size_t i = 0; i < CROWD; i++) {
		assert_true(trial_run(&trial, is_told, &callers[i], DEADLINE_MS));
		assert_int_equal(callers[i].fd_or_err, -ECONNREFUSED);
	}
	assert_int_equal(atomic_load(&slow_all), CROWD);

	call_crowd(callers, &trial, port);
	for (size_t i = 0; i < CROWD; i++)
		tcp_close(&callers[i].tcp);
	assert_true(lookup_hangs());
	atomic_store(&slow_answers, true);
	for (unsigned ms = 0; lookup_hangs() && ms < DEADLINE_MS; ms++)
		usleep(1000);
	assert_false(lookup_hangs());
	assert_int_equal(atomic_load(&slow_all), LOOKUP_THREADS);
	trial_fini(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_numbers_of_ipv6),
		cmocka_unit_test(test_name),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
