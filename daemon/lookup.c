#include "lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "thread.h"

/* The thread's and the loop's; whoever lets go of it last frees it. */
struct lookup_job {
	struct lookup_job *next; /* that waits for a thread */
	pthread_mutex_t lock;
	struct address address;
	int wake;
	int rc;
	struct addrinfo *found; /* NULL once it was handed over */
	bool done;              /* the thread has let go of it */
	bool given_up;          /* the loop has */
};

/* What belongs to the process: its threads, and what waits for one. */
static atomic_uint given_up_count;
static struct {
	pthread_mutex_t lock;
	struct lookup_job *first;
	unsigned threads;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void job_free(struct lookup_job *job)
{
	if (job->found)
		freeaddrinfo(job->found);
	if (job->wake >= 0)
		close(job->wake);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static void wake(const struct lookup_job *job)
{
	const uint64_t one = 1;

	if (write(job->wake, &one, sizeof(one)) < 0) {
		/* a counter of one takes one more */
	}
}

static void look_up(struct lookup_job *job)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(job->address.host, job->address.port, &hints, &found);
	bool last;

	pthread_mutex_lock(&job->lock);
	job->rc = rc;
	job->found = rc == 0 ? found : NULL;
	job->done = true;
	last = job->given_up;
	wake(job);
	pthread_mutex_unlock(&job->lock);
	if (last) {
		job_free(job);
		atomic_fetch_sub(&given_up_count, 1);
	}
}

/* ---- what waits for a thread ---- */

static void put_in(struct lookup_job *job)
{
	struct lookup_job **end = &pool.first;

	while (*end)
		end = &(*end)->next;
	*end = job;
}

/* Whether it waited. */
static bool take_out(const struct lookup_job *job)
{
	struct lookup_job **link = &pool.first;

	while (*link && *link != job)
		link = &(*link)->next;
	if (!*link)
		return false;
	*link = job->next;
	return true;
}

static bool no_longer_waits(const struct lookup_job *job)
{
	bool waited;

	pthread_mutex_lock(&pool.lock);
	waited = take_out(job);
	pthread_mutex_unlock(&pool.lock);
	return waited;
}

/* NULL: there is none, and the thread ends. */
static struct lookup_job *next_job(void)
{
	struct lookup_job *job;

	pthread_mutex_lock(&pool.lock);
	job = pool.first;
	if (job)
		pool.first = job->next;
	else
		pool.threads--;
	pthread_mutex_unlock(&pool.lock);
	return job;
}

static void *work(void *unused)
{
	struct lookup_job *job;

	(void)unused;
	while ((job = next_job()) != NULL)
		look_up(job);
	return NULL;
}

/* An address in numbers needs neither a name server nor a thread. */
static bool is_numeric(struct lookup_job *job)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                        .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST };

	return getaddrinfo(job->address.host, job->address.port, &hints, &job->found) == 0;
}

/* Those that look up already will do where there can be no more of them. */
static int ask(struct lookup_job *job)
{
	pthread_t thread;
	int rc = 0;

	pthread_mutex_lock(&pool.lock);
	put_in(job);
	if (pool.threads < LOOKUP_THREADS) {
		rc = thread_start(&thread, work, NULL);
		if (rc == 0) {
			pthread_detach(thread);
			pool.threads++;
		} else if (pool.threads > 0) {
			rc = 0;
		} else {
			take_out(job);
		}
	}
	pthread_mutex_unlock(&pool.lock);
	return rc;
}

static void let_go(struct lookup *lookup)
{
	struct lookup_job *job = lookup->job;
	bool unasked = no_longer_waits(job), last;

	loop_remove(lookup->loop, &lookup->wake);
	lookup->loop = NULL;
	lookup->job = NULL;
	pthread_mutex_lock(&job->lock);
	job->given_up = true;
	last = job->done || unasked;
	if (!last)
		atomic_fetch_add(&given_up_count, 1);
	pthread_mutex_unlock(&job->lock);
	if (last)
		job_free(job);
}

static void woken(struct source *src, uint32_t events)
{
	struct lookup *lookup = container_of(src, struct lookup, wake);
	struct lookup_job *job = lookup->job;
	struct addrinfo *found;
	int rc;

	(void)events;
	pthread_mutex_lock(&job->lock);
	rc = job->rc;
	found = job->found;
	job->found = NULL;
	pthread_mutex_unlock(&job->lock);
	let_go(lookup);
	lookup->answered(lookup, rc, found);
}

int lookup_start(struct lookup *lookup, struct loop *loop, const struct address *address,
                 void (*answered)(struct lookup *lookup, int rc, struct addrinfo *found))
{
	struct lookup_job *job = calloc(1, sizeof(*job));
	int rc;

	*lookup = (struct lookup){ .answered = answered };
	if (!job)
		return -ENOMEM;
	pthread_mutex_init(&job->lock, NULL);
	job->address = *address;
	job->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	lookup->wake = (struct source){ job->wake, woken };
	rc = job->wake < 0 ? -errno : loop_add(loop, &lookup->wake, EPOLLIN);
	if (rc < 0) {
		job_free(job);
		return rc;
	}
	lookup->loop = loop;
	lookup->job = job;
	job->done = is_numeric(job);
	if (job->done) {
		wake(job);
		return 0;
	}
	rc = ask(job);
	if (rc < 0) {
		job->done = true;
		let_go(lookup);
	}
	return rc;
}

void lookup_stop(struct lookup *lookup)
{
	if (lookup->loop)
		let_go(lookup);
}

bool lookup_hangs(void)
{
	return atomic_load(&given_up_count) > 0;
}
