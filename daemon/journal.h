/* The words of the journal: the names of its fields, and the ids of what happens. hanmqttd(8) promises them
 * to scripts, whatever becomes of the sentences.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stddef.h>

#include "log.h"

/* MESSAGE_ID= of what people let themselves be told of. */
#define JOURNAL_METER_READ       "91d4b6ea69b642fc93cc5783b81a28c9" /* its values arrive */
#define JOURNAL_METER_SILENT     "389e871b75d1487dacf668d703d721ca" /* no valid frame for long */
#define JOURNAL_METER_TROUBLE    "2e7e57aa1caa417f8c9105d527b5987d" /* its messages are refused */
#define JOURNAL_METER_DAMAGED    "b4e31626415d028a59ccdab046286b66" /* many of its frames */
#define JOURNAL_METER_REGISTERS  "dca564d926b1b22c4d44894eeb69e8ad" /* are not believed */
#define JOURNAL_PORT_LOST        "0525519eeb5b4b2fa71cec8bce74f07d"
#define JOURNAL_PORT_OPEN        "b5501dea46654b5081337e5a581e628f"
#define JOURNAL_BROKER_LOST      "82fbd64fd01244b78c43e9281dd52d1a" /* or refuses, or is not found */
#define JOURNAL_BROKER_CONNECTED "5bf2f0180f0b445ba390a441a4e167b0"
#define JOURNAL_BUS_CYCLED       "be8d593f1f234b2daa9196a3a88faf13" /* off and on */
#define JOURNAL_CONFIG_REFUSED   "1490e74b2dd34c34a0f30bac4b3a58f7"

#define JOURNAL_FIELDS 12

/* Zeroed is empty. */
struct journal {
	struct log_field fields[JOURNAL_FIELDS + 1]; /* for log_write() */
	char numbers[JOURNAL_FIELDS][24];
	size_t count;
};

/* Adds a field; name and value are not copied, and what is more than JOURNAL_FIELDS is left out. */
void journal_text(struct journal *j, const char *name, const char *value);
void journal_number(struct journal *j, const char *name, unsigned long long value);

/* ERROR_CAUSE=ENODEV for a negative errno; nothing for 0. */
void journal_errno(struct journal *j, int err);

#endif
