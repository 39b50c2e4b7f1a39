/* Names as they may stand in topics and discovery ids: pure. */
#ifndef TOPIC_H
#define TOPIC_H

#include <stdbool.h>
#include <stddef.h>

/* A name as one topic level into buf (cut where it ends): '/', '+', '#' and control characters become
 * '_'. Returns buf. */
char *topic_level(const char *name, char *buf, size_t size);

/* A name as a Home Assistant id: all but letters, digits, '_' and '-' becomes '_'. Returns buf. */
char *topic_id(const char *name, char *buf, size_t size);

/* A name as part of an entity id: lower case, runs of anything but letters and digits become one '_'.
 * Returns buf. */
char *topic_slug(const char *name, char *buf, size_t size);

/* Whether a subscription to this filter, with its '+' and '#', brings the topic. */
bool topic_matches(const char *filter, const char *topic);

#endif
