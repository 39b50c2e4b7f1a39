#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
	*loop = (struct loop){ .fd = epoll_create1(EPOLL_CLOEXEC) };
	return loop->fd < 0 ? -errno : 0;
}

void loop_fini(struct loop *loop)
{
	if (loop->fd >= 0)
		close(loop->fd);
	loop->fd = -1;
}

int loop_add(struct loop *loop, struct source *src, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = src };

	return epoll_ctl(loop->fd, EPOLL_CTL_ADD, src->fd, &event) < 0 ? -errno : 0;
}

void loop_watch(struct loop *loop, struct source *src, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = src };
	int rc = epoll_ctl(loop->fd, EPOLL_CTL_MOD, src->fd, &event);

	assert(rc == 0);
	(void)rc;
}

void loop_remove(struct loop *loop, struct source *src)
{
	int rc = epoll_ctl(loop->fd, EPOLL_CTL_DEL, src->fd, NULL);

	assert(rc == 0);
	(void)rc;
}

int loop_run(struct loop *loop)
{
	loop->running = true;
	while (loop->running) {
		struct epoll_event event;
		struct source *src;
		int n = epoll_wait(loop->fd, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 1)
			continue;
		src = event.data.ptr;
		src->ready(src, event.events);
		if (loop->settled)
			loop->settled(loop->user);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->running = false;
}

uint64_t loop_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t loop_now_ms(void)
{
	return loop_now_ns() / 1000000 + 1;
}

static void timer_ready(struct source *src, uint32_t events)
{
	struct timer *timer = container_of(src, struct timer, source);
	uint64_t expirations;

	(void)events;
	if (read(src->fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return; /* stopped or restarted meanwhile */
	timer->fired(timer);
}

int timer_init(struct timer *timer, struct loop *loop, void (*fired)(struct timer *timer))
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	*timer = (struct timer){ { fd, timer_ready }, loop, fired };
	rc = loop_add(loop, &timer->source, EPOLLIN);
	if (rc < 0) {
		close(fd);
		timer->loop = NULL;
	}
	return rc;
}

void timer_fini(struct timer *timer)
{
	if (!timer->loop)
		return;
	loop_remove(timer->loop, &timer->source);
	close(timer->source.fd);
	timer->loop = NULL;
}

static struct timespec timespec_of(uint64_t ms)
{
	return (struct timespec){ .tv_sec = (time_t)(ms / 1000),
		                  .tv_nsec = (long)(ms % 1000) * 1000000 };
}

static void timer_set(struct timer *timer, const struct itimerspec *spec, int flags)
{
	int rc = timerfd_settime(timer->source.fd, flags, spec, NULL);

	assert(rc == 0);
	(void)rc;
}

void timer_start(struct timer *timer, uint64_t delay_ms, uint64_t period_ms)
{
	struct itimerspec spec = { timespec_of(period_ms), timespec_of(delay_ms) };

	if (delay_ms == 0)
		spec.it_value.tv_nsec = 1; /* 0 would stop it */
	timer_set(timer, &spec, 0);
}

void timer_start_at(struct timer *timer, uint64_t ns)
{
	struct itimerspec spec = { .it_value = { .tv_sec = (time_t)(ns / 1000000000),
		                                 .tv_nsec = (long)(ns % 1000000000) } };

	if (ns == 0)
		spec.it_value.tv_nsec = 1; /* 0 would stop it */
	timer_set(timer, &spec, TFD_TIMER_ABSTIME);
}

void timer_stop(struct timer *timer)
{
	if (timer->loop)
		timer_set(timer, &(struct itimerspec){ 0 }, 0);
}

static void signals_ready(struct source *src, uint32_t events)
{
	struct signals *signals = container_of(src, struct signals, source);
	struct signalfd_siginfo info;

	(void)events;
	if (read(src->fd, &info, sizeof(info)) == sizeof(info))
		signals->received(signals, (int)info.ssi_signo);
}

int signals_init(struct signals *signals, struct loop *loop, const sigset_t *set,
                 void (*received)(struct signals *signals, int signo))
{
	int fd, rc;

	if (sigprocmask(SIG_BLOCK, set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	*signals = (struct signals){ { fd, signals_ready }, loop, received };
	rc = loop_add(loop, &signals->source, EPOLLIN);
	if (rc < 0) {
		close(fd);
		signals->loop = NULL;
	}
	return rc;
}

void signals_fini(struct signals *signals)
{
	if (!signals->loop)
		return;
	loop_remove(signals->loop, &signals->source);
	close(signals->source.fd);
	signals->loop = NULL;
}
