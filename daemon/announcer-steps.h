/* The steps of an announcement: what is sent, of what is known. See announcer.h, which decides when. */
#ifndef ANNOUNCER_STEPS_H
#define ANNOUNCER_STEPS_H

#include "announcer.h"

/* Sends the discovery messages as things are now; of what goes away the device message has to be followed by
 * another one. What was told is another then; removed says how much of it went away. 0 or a negative errno. */
int announcer_send(struct announcer *a, size_t *removed);

/* Sorts out what the broker keeps: what is in use is known as told; the traces that remain are those to move
 * from. Entities that are no more do not move: their topics are emptied at once. 0 or a negative errno. */
int announcer_sort_traces(struct announcer *a);

/* Removes entities that are no more from a device message that is to move: what Home Assistant lets go of it would
 * keep for ever. 1: it was told, and what it was told is another now; 0: there was nothing to tell; or a negative
 * errno. */
int announcer_prune_old(struct announcer *a);

/* Tells the topics that remain that their entities move. 0 or a negative errno. */
int announcer_tell_move(struct announcer *a);

/* Empties them; after a move, but for what expires. 0 or a negative errno. */
int announcer_empty_old(struct announcer *a, bool all);

/* How many traces there are; and none any more. */
size_t announcer_trace_count(const struct announcer *a);
void announcer_forget_traces(struct announcer *a);

/* Whether the broker keeps anything that it is not to keep. */
bool announcer_is_out_of_step(const struct announcer *a);

#endif
