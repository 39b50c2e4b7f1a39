/* When to look at a slow line again: naps between octets that cannot bring news. Pure.
 *
 * At 2400 baud an octet takes 4 ms, and whoever waits for octets wakes for each. What a frame still lacks says its
 * header; a frame that has only begun is no shorter than the shortest so far. So the first octet of a frame is waited
 * for, and then a nap lasts until the frame's last one is due, and a third of an octet longer (1.4 ms), as clocks and
 * machines are not exact. When that octet is not there even so, it is waited for. A frame that is shorter than any
 * before costs its own delay, once.
 *
 * Nothing is assumed of a line whose octets do not come at the pace of its baud rate, a pipe or a pseudo terminal
 * that is filled at once: there are no naps on it. Times are nanoseconds of the monotonic clock.
 */
#ifndef NAP_H
#define NAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAP_OCTETS_MAX 3072 /* that a line can bring meanwhile; the kernel keeps 4096 */

struct nap {
	uint64_t nominal_ns; /* how long an octet takes by the line's setting, */
	uint64_t octet_ns;   /* and by what was seen */
	unsigned paced;      /* frames in a row that came at the line's pace */
	unsigned frames;
	size_t shortest;    /* octets of the shortest frame */
	uint64_t newest_ns; /* when the newest octet came */
	size_t pending;     /* octets since the last frame, */
	uint64_t first_ns;  /* the first of them that was waited for; 0: none was, */
	size_t first;       /* and how many there were then */
	bool hasty;         /* they came faster than the line can bring them */
	/* Of the octets being taken: */
	uint64_t now_ns;
	size_t len, wanted;
	bool awaited;
};

/* octet_ns: how long an octet takes, start, parity and stop bits included. */
void nap_init(struct nap *nap, uint64_t octet_ns);

/* len > 0 octets came: waited for, or found at the end of a nap. Before they are decoded. */
void nap_octets(struct nap *nap, size_t len, bool awaited, uint64_t now_ns);

/* A sound frame of len octets was among them, the newest perhaps its last. */
void nap_frame(struct nap *nap, size_t len);

/* Whether there are naps on this line: it keeps its pace, and enough of it was seen. */
bool nap_works(const struct nap *nap);

/* When to look again, given how many octets at least are still to come before there is news
 * (han_decoder_wanted()); 0: wait for the next octet. Nothing is left to read now. */
uint64_t nap_until(struct nap *nap, size_t wanted, uint64_t now_ns);

#endif
