/* What people are told of a port in the journal: that it is open, and why it is not. */
#ifndef SERIAL_TOLD_H
#define SERIAL_TOLD_H

#include "serial.h"

/* It has just been opened: one line, but not for one of many, nor for a server that goes on closing. */
void serial_tell_open(const struct serial *s);

/* It was lost, or could not be opened, and is tried again after s->delay_ms. err: a negative errno. is_gone: it was
 * there. news: it is not what was told last. */
void serial_tell_lost(const struct serial *s, int err, bool is_gone, bool news);

/* The connection is going to be made anew, as nothing comes; one line for all renewals until something does. */
void serial_tell_renewal(const struct serial *s);

#endif
