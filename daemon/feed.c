#include "feed.h"

#include <errno.h>
#include <string.h>

#include "usage.h"

static void show_octets(const struct feed *feed, const uint8_t *octets, size_t len)
{
	if (feed->octets && len > 0)
		feed->octets(feed->user, octets, len);
}

static bool push(const struct feed *feed, struct han_decoder *decoder,
                 const struct source_chunk *chunk)
{
	const uint8_t *octets = chunk->octets;
	size_t len = chunk->len;
	struct han_event event;

	do {
		size_t used = han_decoder_push(decoder, octets, len, chunk->now_ms, &event);

		show_octets(feed, octets, used);
		octets += used;
		len -= used;
		if (!feed->event(feed->user, &event))
			return false;
	} while (event.type != HAN_MORE);
	return true;
}

static void push_end(const struct feed *feed, struct han_decoder *decoder)
{
	struct han_event event;

	do {
		han_decoder_end(decoder, &event);
	} while (feed->event(feed->user, &event) && event.type != HAN_MORE);
}

static int run_stream(const struct feed *feed, struct source *source, struct han_decoder *decoder)
{
	struct source_chunk chunk;
	bool wanted = true;
	int n = 0;

	while (wanted && (n = source_read(source, &chunk)) > 0) {
		wanted = push(feed, decoder, &chunk);
		if (chunk.len == 0 && feed->silence)
			feed->silence(feed->user);
	}
	if (wanted)
		push_end(feed, decoder);
	return n < 0 ? n : 0;
}

static int run_bare(const struct feed *feed, struct source *source, struct han_decoder *decoder)
{
	static uint8_t apdu[2 * HAN_MESSAGE_MAX];
	struct source_chunk chunk;
	struct han_event event;
	size_t len = 0;
	int n;

	while ((n = source_read(source, &chunk)) > 0) {
		if (chunk.len > sizeof(apdu) - len) {
			show_octets(feed, apdu, len);
			show_octets(feed, chunk.octets, chunk.len);
			errno = EFBIG;
			return usage_tell_errno(source->name);
		}
		memcpy(apdu + len, chunk.octets, chunk.len);
		len += chunk.len;
	}
	show_octets(feed, apdu, len);
	if (n < 0 || len == 0)
		return n;
	han_decoder_apdu(decoder, apdu, len, &event);
	feed->event(feed->user, &event);
	return 0;
}

int feed_run(const struct feed *feed, struct source *source, struct han_decoder *decoder, bool bare)
{
	return bare ? run_bare(feed, source, decoder) : run_stream(feed, source, decoder);
}
