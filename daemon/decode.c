#include "decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "advice.h"
#include "feed.h"
#include "hex.h"
#include "options.h"
#include "plural.h"
#include "seed.h"
#include "usage.h"

struct decode {
	bool compact;
	size_t discarded; /* octets of no frame that are not told yet */
	unsigned long messages;
	bool failed; /* a message cannot be printed */
	bool list_given;
	unsigned long long octets, hex; /* of the input; of them, such as hex is written with */
};

static void print_reading(struct decode *d, const struct han_reading *reading, bool decoded)
{
	char *text = seed_print(reading, decoded, d->compact);

	if (!text)
		errno = ENOMEM;
	if (!text || printf("%s\n", text) < 0 || fflush(stdout) == EOF) {
		usage_tell_errno("a message cannot be printed");
		d->failed = true;
	}
	free(text);
}

static void tell_refused(const struct decode *d, const struct han_event *event, const char *what)
{
	const char *advice = advice_of(event->err, d->list_given);

	fprintf(stderr, "hantool: %s at octet %llu: %s%s%s\n", what,
	        (unsigned long long)event->offset, han_err_name(event->err), advice ? "; " : "",
	        advice ? advice : "");
}

/* Encrypted for somebody else: who sent it can be told all the same. */
static bool is_sealed(const struct han_event *event)
{
	return (event->err == HAN_ERR_NO_KEY || event->err == HAN_ERR_KEY) && event->reading &&
	       event->reading->has_encryption;
}

static void tell_discarded(struct decode *d, const struct han_event *event)
{
	d->discarded += event->discarded;
	if (d->discarded == 0 || event->type == HAN_BAD_FRAME)
		return;
	if (event->frame)
		fprintf(stderr, "hantool: %zu octet%s before octet %llu in no frame\n",
		        d->discarded, plural(d->discarded), (unsigned long long)event->offset);
	else
		fprintf(stderr, "hantool: %zu octet%s in no frame\n", d->discarded,
		        plural(d->discarded));
	d->discarded = 0;
}

static void count_octets(void *user, const uint8_t *octets, size_t len)
{
	struct decode *d = user;

	d->octets += len;
	d->hex += hex_count(octets, len);
}

static bool handle(void *user, const struct han_event *event)
{
	struct decode *d = user;

	if (event->type != HAN_MORE)
		tell_discarded(d, event);
	else
		d->discarded += event->discarded;
	switch (event->type) {
	case HAN_MORE:
	case HAN_PART:
		break;
	case HAN_READING:
		print_reading(d, event->reading, true);
		d->messages++;
		break;
	case HAN_BAD_FRAME:
		tell_refused(d, event, "frame refused");
		break;
	case HAN_BAD_MESSAGE:
		if (is_sealed(event))
			print_reading(d, event->reading, false);
		tell_refused(d, event, "message not decoded");
		break;
	}
	return !d->failed;
}

/* What the input's end leaves untold. */
static void tell_end(struct decode *d, const char *source)
{
	static const struct han_event end = { .type = HAN_MORE };

	tell_discarded(d, &end);
	if (d->messages == 0)
		fprintf(stderr, "hantool: %s: no message could be decoded%s\n", source,
		        hex_is_text(d->octets, d->hex) ? "; this is " ADVICE_HEX "decode" : "");
}

int decode_main(int argc, char **argv)
{
	static struct han_decoder decoder;
	static struct source source;
	struct decode d = { 0 };
	const struct feed feed = { .octets = count_octets, .event = handle, .user = &d };
	struct options options;
	int rc;

	options_read(&options, argc, argv, "decode");
	d.compact = options.compact;
	d.list_given = options.settings.list != NULL;
	han_decoder_init(&decoder, &options.settings);
	options_wipe(&options);
	rc = source_open(&source, options.source, &options.line);
	if (rc == 0) {
		source_announce(&source);
		rc = feed_run(&feed, &source, &decoder, options.bare);
		tell_end(&d, options.source);
		source_close(&source);
	}
	han_decoder_fini(&decoder);
	return rc == 0 && !d.failed && d.messages > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
