/* Which serial ports a meter may be searched on, with `device = auto`.
 *
 * The UARTs of the header, and a USB adapter when it is the only one. Never one that somebody else needs: a
 * console, a login prompt, Bluetooth. Looks only at names: opens no port. What it reads can be read in the
 * service's sandbox, where /proc/consoles, /proc/cmdline and other programs are hidden.
 */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#define CANDIDATES_MAX 9 /* ttyAMA0 to 5, ttyS0 and 1, one adapter */
#define CANDIDATE_PATH 256
#define CANDIDATE_NAME 32

enum refusal {
	REFUSAL_NONE,
	REFUSAL_CONSOLE,   /* the kernel writes its messages there */
	REFUSAL_GETTY,     /* people can log in there */
	REFUSAL_BLUETOOTH, /* the radio's */
	REFUSAL_LOCKED,    /* a program says so in /run/lock */
	REFUSAL_DEBUG,     /* the Raspberry Pi 5's connector for debugging */
	REFUSAL_SEVERAL,   /* one of several adapters */
};

struct candidate {
	char path
		[CANDIDATE_PATH]; /* below root; an adapter's is the one in /dev/serial/by-id, if it has one */
	char name[CANDIDATE_NAME]; /* the kernel's, as in "ttyAMA0" */
	enum refusal refusal;      /* REFUSAL_NONE: may be listened on */
};

/* All ports that there are, those to be listened on first; a port never twice. */
struct candidates {
	struct candidate at[2 * CANDIDATES_MAX];
	size_t count;  /* of both */
	size_t usable; /* the first of them, at most CANDIDATES_MAX */
};

/* Looks below root ("" for this machine). taken: devices that are left out, as other meters have them; NULLs
 * in it are skipped. */
void candidates_find(const char *root, const char *const *taken, size_t taken_count,
                     struct candidates *found);

#define REFUSAL_TEXT 512

/* "ttyAMA0 is a serial console: …" and what to do about it. Returns buf. */
char *candidate_refusal(const struct candidate *candidate, char buf[REFUSAL_TEXT]);

/* Why all those are refused, without what to do: "ttyAMA0 is a serial console, ttyUSB0 is …"; "" when none is;
 * cut to size. Returns buf. */
char *candidates_refusals(const struct candidates *found, char *buf, size_t size);

/* Whether the device is a UART of the header below root; NULL (auto) may become one, and so may serial0 when it is
 * not there yet. */
bool candidates_is_header(const char *root, const char *device);

#endif
