#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NEVER        UINT64_MAX
#define MS_NS        1000000
#define S_NS         1000000000
#define OVERSLEPT_NS S_NS
#define SOON_NS      1000 /* that it is due: 0 would stop the clock */

/* Octets: a line of the cache, and what is fetched before and behind a source. */
#define FETCHED        64
#define FETCHED_BEFORE 128
#define FETCHED_BEHIND 320

int loop_init(struct loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET }; /* without a source */

	*loop = (struct loop){ epoll_create1(EPOLL_CLOEXEC), -1, .expires_ns = NEVER };
	if (loop->fd < 0)
		return -errno;
	loop->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (loop->clock < 0 || epoll_ctl(loop->fd, EPOLL_CTL_ADD, loop->clock, &event) < 0) {
		int rc = -errno;

		loop_fini(loop);
		return rc;
	}
	return 0;
}

void loop_fini(struct loop *loop)
{
	if (loop->fd < 0)
		return;
	if (loop->clock >= 0)
		close(loop->clock);
	close(loop->fd);
	loop->fd = -1;
}

int loop_add(struct loop *loop, struct source *src, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = src };

	return epoll_ctl(loop->fd, EPOLL_CTL_ADD, src->fd, &event) < 0 ? -errno : 0;
}

/* The kernel tells anew what is still so. */
static void forget_events(struct loop *loop, const struct source *src)
{
	for (int i = loop->next; i < loop->count; i++) {
		if (loop->events[i].data.ptr == src)
			loop->events[i].events = 0;
	}
}

void loop_watch(struct loop *loop, struct source *src, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = src };
	int rc = epoll_ctl(loop->fd, EPOLL_CTL_MOD, src->fd, &event);

	assert(rc == 0);
	(void)rc;
	forget_events(loop, src);
}

void loop_remove(struct loop *loop, struct source *src)
{
	int rc = epoll_ctl(loop->fd, EPOLL_CTL_DEL, src->fd, NULL);

	assert(rc == 0);
	(void)rc;
	forget_events(loop, src);
}

uint64_t loop_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t loop_ms(uint64_t ns)
{
	return ns / MS_NS + 1;
}

uint64_t loop_now_ms(void)
{
	return loop_ms(loop_now_ns());
}

/* ---- the timers that are pending ---- */

/* They are a pairing heap: none has its place before its parent's. A parent knows its first child, a child its next
 * brother and what is before it, brother or parent. To put one in costs a comparison, to take the first one out
 * O(log n) on the whole. Whatever is due at the same time comes in any order.
 *
 * Most timers are put off again and again, and would touch their neighbours in the heap each time, which are other
 * meters': one that is put off keeps its place until it is the first. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *parent, *child;

	if (!a || !b)
		return a ? a : b;
	parent = a->place_ns <= b->place_ns ? a : b;
	child = parent == a ? b : a;
	child->before = parent;
	child->next = parent->child;
	if (child->next)
		child->next->before = child;
	parent->child = child;
	return parent;
}

/* Brothers become one heap: two and two, and these from the last to the first. */
static struct timer *meld_brothers(struct timer *list)
{
	struct timer *pairs = NULL, *all = NULL;

	while (list) {
		struct timer *a = list, *b = a->next;

		list = b ? b->next : NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *pair = pairs;

		pairs = pair->next;
		all = meld(all, pair);
	}
	return all;
}

static void put_in(struct timer *timer, uint64_t due_ns)
{
	timer->due_ns = timer->place_ns = due_ns;
	timer->loop->first = meld(timer->loop->first, timer);
}

static void take_out(struct timer *timer)
{
	struct loop *loop = timer->loop;
	struct timer *below = meld_brothers(timer->child);

	if (timer == loop->first) {
		loop->first = below;
	} else {
		if (timer->before->child == timer)
			timer->before->child = timer->next;
		else
			timer->before->next = timer->next;
		if (timer->next)
			timer->next->before = timer->before;
		loop->first = meld(loop->first, below);
	}
	timer->due_ns = 0;
	timer->child = timer->next = timer->before = NULL;
}

/* The timer that is due first, if that is before `ns`. */
static struct timer *first_before(struct loop *loop, uint64_t ns)
{
	while (loop->first && loop->first->place_ns < ns) {
		struct timer *first = loop->first;
		uint64_t due_ns = first->due_ns;

		if (due_ns == first->place_ns)
			return first;
		take_out(first);
		put_in(first, due_ns);
	}
	return NULL;
}

/* ---- when they fire ---- */

static void settle(struct loop *loop)
{
	if (loop->settled)
		loop->settled(loop->user);
}

static void fire(struct timer *timer, uint64_t now_ns)
{
	uint64_t due_ns = timer->due_ns, period_ns = timer->period_ns;

	take_out(timer);
	if (period_ns)
		put_in(timer, due_ns + ((now_ns - due_ns) / period_ns + 1) * period_ns);
	timer->fired(timer);
}

/* The clock is ready: timers are due, or those that were have been put off meanwhile.
 *
 * Who was stopped, or stuck, finds octets and timers at once, and what a timer has waited for in vain may be just
 * these octets: they come first. It takes no more than to set the clock again: the kernel queues it behind all that
 * is ready. */
static void fire_due(struct loop *loop)
{
	uint64_t now_ns = loop_now_ns();
	struct timer *first;

	loop->overslept = !loop->overslept && now_ns > loop->expires_ns &&
	                  now_ns - loop->expires_ns > OVERSLEPT_NS;
	loop->expires_ns = NEVER;
	if (loop->overslept)
		return;
	loop->fired_ns = now_ns;
	while (loop->running && (first = first_before(loop, now_ns + 1)) != NULL) {
		fire(first, now_ns);
		settle(loop);
	}
}

/* It is not set at every change, as most timers are put off again and again: once in a while it is ready too early,
 * and only then set for the one that is due first. What is left until then is the kernel's time also where the process
 * is given another (libfaketime). */
static void set_clock(struct loop *loop)
{
	const struct timer *first = first_before(loop, loop->expires_ns);
	struct itimerspec spec = { 0 };
	uint64_t now_ns, left_ns;
	int rc;

	if (!first)
		return;
	now_ns = loop_now_ns();
	left_ns = first->due_ns > now_ns + SOON_NS ? first->due_ns - now_ns : SOON_NS;
	spec.it_value.tv_sec = (time_t)(left_ns / S_NS);
	spec.it_value.tv_nsec = (long)(left_ns % S_NS);
	rc = timerfd_settime(loop->clock, 0, &spec, NULL);
	assert(rc == 0);
	(void)rc;
	loop->expires_ns = first->due_ns;
}

/* What stands around a source is its owner's, who needs it when its turn comes: by then it is here. */
static void fetch(const struct source *src)
{
	const uintptr_t place = (uintptr_t)src;

	for (uintptr_t at = place - FETCHED_BEFORE; src && at < place + FETCHED_BEHIND;
	     at += FETCHED)
		__builtin_prefetch((const void *)at);
}

static void handle_events(struct loop *loop)
{
	while (loop->running && loop->next < loop->count) {
		const struct epoll_event *event = &loop->events[loop->next++];
		struct source *src = event->data.ptr;

		if (loop->next < loop->count)
			fetch(loop->events[loop->next].data.ptr);
		if (event->events == 0)
			continue;
		if (src)
			src->ready(src, event->events);
		else
			fire_due(loop);
	}
}

int loop_run(struct loop *loop)
{
	loop->running = true;
	loop->expires_ns = NEVER; /* a run before may have left the clock's event behind */
	while (loop->running) {
		int n;

		set_clock(loop);
		n = epoll_wait(loop->fd, loop->events, LOOP_EVENTS, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		loop->next = 0;
		loop->count = n < 0 ? 0 : n;
		handle_events(loop);
		loop->next = loop->count = 0;
		settle(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->running = false;
}

void timer_init(struct timer *timer, struct loop *loop, void (*fired)(struct timer *timer))
{
	*timer = (struct timer){ .loop = loop, .fired = fired };
}

void timer_fini(struct timer *timer)
{
	timer_stop(timer);
	timer->loop = NULL;
}

/* What is started while timers fire waits for the next turn, so that they come to an end. */
static void start(struct timer *timer, uint64_t due_ns, uint64_t period_ns)
{
	const uint64_t fired_ns = timer->loop->fired_ns;
	const bool keeps_place = timer->due_ns && timer->place_ns <= due_ns;

	if (due_ns <= fired_ns)
		due_ns = fired_ns + 1;
	timer->period_ns = period_ns;
	if (keeps_place) {
		timer->due_ns = due_ns;
		return;
	}
	timer_stop(timer);
	put_in(timer, due_ns);
}

void timer_start(struct timer *timer, uint64_t delay_ms, uint64_t period_ms)
{
	start(timer, loop_now_ns() + delay_ms * MS_NS, period_ms * MS_NS);
}

void timer_start_at(struct timer *timer, uint64_t ns)
{
	start(timer, ns, 0);
}

void timer_stop(struct timer *timer)
{
	if (timer->due_ns)
		take_out(timer);
}

/* ---- signals ---- */

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
