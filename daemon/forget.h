/* hanmqttd --forget METER: removes all that a broker and the state directory keep of one meter.
 *
 * A short session of its own beside any daemon's, with a client id of its own. Looks for the meter by its id and
 * by its name in topics, empties every retained topic below its names and every discovery topic of ours, of both
 * kinds, and looks again whether they are gone.
 */
#ifndef FORGET_H
#define FORGET_H

#include "config.h"

/* Tells people on stdout what was removed, and on stderr what was not. 0: nothing of the meter is left;
 * -ENOENT: nothing is known of it; -ETIMEDOUT: the broker cannot be reached, or does not do it; other errno
 * values for want of memory and the like. */
int forget_meter(const struct config *config, const char *meter);

#endif
