/* The signals that end what runs until somebody stops it. */
#ifndef STOP_H
#define STOP_H

#include <signal.h>

/* SIGINT, SIGTERM and SIGHUP, this one unless it is ignored (nohup), into set; blocked from here on: who waits
 * looks for them. */
void stop_block(sigset_t *set);

#endif
