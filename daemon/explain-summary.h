/* What all the octets came to, and what a person can do about it. */
#ifndef EXPLAIN_SUMMARY_H
#define EXPLAIN_SUMMARY_H

#include <stdbool.h>

#include <han/decoder.h>

#include "page.h"

struct explain_summary {
	unsigned long long octets;
	unsigned long long noise;   /* of them, in no frame */
	unsigned long long letters; /* that are printable once the eighth bit is dropped, */
	unsigned long long high;    /* and those that have it */
	unsigned long long hex;     /* such as hex is written with */
	unsigned long frames;       /* whose checks agree */
	unsigned long messages;     /* that became values */
	bool live;                  /* a line, where more may come */
	bool list_given;            /* a list was asked for */
	int ended;                  /* a negative errno: reading ended early */
	unsigned long frame_errors[HAN_ERR_KINDS];
	unsigned long message_errors[HAN_ERR_KINDS];
};

void summary_octets(struct explain_summary *summary, const uint8_t *octets, size_t len);
void summary_event(struct explain_summary *summary, const struct han_event *event);
void summary_print(const struct explain_summary *summary, struct page *page);

#endif
