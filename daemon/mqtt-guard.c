#include "mqtt-guard.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local jmp_buf *way_out;

/* This takes the place of the C library's, for all libraries. */
__attribute__((visibility("default"))) _Noreturn void assertion_failed(
	const char *assertion, const char *file, unsigned line,
	const char *function) __asm__("__assert_fail");

/* Nothing is locked there. What libmosquitto had read of the packet is lost: some hundred octets, of a packet that is made
 * for it up to a megabyte; the pauses between such sessions grow to a minute. */
void assertion_failed(const char *assertion, const char *file, unsigned line, const char *function)
{
	if (way_out && function && strcmp(function, "log__printf") == 0)
		longjmp(*way_out, 1);
	fprintf(stderr, "%s:%u: %s: Assertion `%s' failed.\n", file, line,
	        function ? function : "?", assertion);
	abort();
}

int mqtt_guard_read(struct mosquitto *mosq)
{
	jmp_buf here;
	int rc = MOSQ_ERR_MALFORMED_PACKET;

	way_out = &here;
	if (setjmp(here) == 0)
		rc = mosquitto_loop_read(mosq, 1);
	way_out = NULL;
	return rc;
}
