/* What the threads of the house have in common. */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>
#include <time.h>

/* Starts one that takes no signal of the process: those are the loop's. 0 or a negative errno. */
int thread_start(pthread_t *thread, void *(*run)(void *user), void *user);

/* A condition whose waiting goes by the monotonic clock: the other one may be put back meanwhile. */
void thread_cond_init(pthread_cond_t *cond);

/* So long from now, by that clock. */
struct timespec thread_in_ms(unsigned ms);

#endif
