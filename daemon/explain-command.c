/* hantool explain: from the options to the page. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "feed.h"
#include "options.h"
#include "usage.h"

static void take_octets(void *user, const uint8_t *octets, size_t len)
{
	explain_octets(user, octets, len);
}

static bool take_event(void *user, const struct han_event *event)
{
	struct explain *x = user;
	uint64_t shown = x->page.offset;

	explain_event(x, event);
	return (event->type == HAN_MORE && shown == x->page.offset) || fflush(x->page.out) != EOF;
}

static void take_silence(void *user)
{
	struct explain *x = user;

	explain_silence(x);
	fflush(x->page.out);
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && no[0]) && term && term[0] &&
	       strcmp(term, "dumb") != 0;
}

static int run(struct explain *x, struct source *source, struct han_decoder *decoder, bool bare)
{
	const struct feed feed = {
		.octets = take_octets, .silence = take_silence, .event = take_event, .user = x
	};

	source_announce(source);
	x->summary.live = source->live;
	x->summary.ended = feed_run(&feed, source, decoder, bare);
	explain_end(x);
	return x->summary.ended;
}

int explain_main(int argc, char **argv)
{
	static struct han_decoder decoder;
	static struct source source;
	static struct explain x;
	struct options options;
	int rc;

	options_read(&options, argc, argv, "explain");
	explain_init(&x, stdout, wants_colour());
	x.summary.list_given = options.settings.list != NULL;
	han_decoder_init(&decoder, &options.settings);
	options_wipe(&options);
	rc = source_open(&source, options.source, &options.line);
	if (rc == 0) {
		rc = run(&x, &source, &decoder, options.bare);
		source_close(&source);
	}
	explain_fini(&x);
	han_decoder_fini(&decoder);
	return usage_finish(rc == 0 && x.summary.messages > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
