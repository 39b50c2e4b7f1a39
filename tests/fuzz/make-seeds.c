/* Writes what the fuzzers start from: make-seeds DIRECTORY. One directory per target below it, one file per
 * valid message in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../support/messages.h"

#include "fuzz.h"

static const char *top;

static void fail(const char *path)
{
	fprintf(stderr, "make-seeds: %s: %s\n", path, strerror(errno));
	exit(1);
}

/* The controls, when the target has them, and octets behind. */
static void write_seed(const char *target, const char *name, const uint8_t *controls,
                       const uint8_t *octets, size_t len)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, target);
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		fail(path);
	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	file = fopen(path, "w");
	if (!file)
		fail(path);
	if (controls)
		fwrite(controls, 1, FUZZ_CONTROLS, file);
	fwrite(octets, 1, len, file);
	if (fclose(file) != 0)
		fail(path);
}

/* The messages in clear that a decoder makes of the frames, for the targets behind the framing. */
static void write_inside(const struct message *message, const struct han_reading *reading)
{
	static const uint8_t controls[FUZZ_CONTROLS] = { FUZZ_REPLAY };

	if (reading->is_telegram) {
		write_seed("telegram", message->name, NULL, reading->message, reading->message_len);
		return;
	}
	write_seed("apdu", message->name, controls, reading->message, reading->message_len);
	write_seed("seed", message->name, controls, reading->message, reading->message_len);
	write_seed("axdr", message->name, NULL, reading->body, reading->body_len);
}

static void decode(const struct message *message)
{
	static struct han_decoder decoder;
	struct han_settings settings = message_settings(message);
	const uint8_t *next = message->octets;
	size_t left = message->len;
	struct han_event event;

	han_decoder_init(&decoder, &settings);
	if (message->framing == HAN_FRAMING_NONE) {
		han_decoder_apdu(&decoder, next, left, &event);
		if (event.type == HAN_READING)
			write_inside(message, event.reading);
		return;
	}
	do {
		size_t used = han_decoder_push(&decoder, next, left, 0, &event);

		next += used;
		left -= used;
		if (event.type == HAN_READING)
			write_inside(message, event.reading);
	} while (event.type != HAN_MORE);
}

/* The sealed APDU in a frame of the encoder's with three octets of addresses, behind the LLC. */
static void write_sealed(const struct message *message, const uint8_t *controls)
{
	if (strncmp(message->name, "frame-", 6) != 0 || !message->has_key)
		return;
	write_seed("cipher", message->name, controls, message->octets + 12, message->len - 12 - 3);
	write_seed("apdu", message->name, controls, message->octets + 12, message->len - 12 - 3);
}

static void write_message(const struct message *message)
{
	uint8_t controls[FUZZ_CONTROLS] = { FUZZ_REPLAY, 7 };
	const char *target = han_framing_name(message->framing);

	if (message->has_key)
		controls[0] |= FUZZ_KEY;
	if (message->has_auth_key)
		controls[0] |= FUZZ_AUTH_KEY;
	write_sealed(message, controls);
	if (message->octets[0] == 0xDB)
		write_seed("cipher", message->name, controls, message->octets, message->len);
	if (message->framing == HAN_FRAMING_NONE) {
		write_seed("apdu", message->name, controls, message->octets, message->len);
		write_seed("seed", message->name, controls, message->octets, message->len);
		return;
	}
	write_seed("decoder", message->name, controls, message->octets, message->len);
	if (message->framing == HAN_FRAMING_HDLC)
		write_seed("repeat", message->name, controls, message->octets, message->len);
	write_seed("explain", message->name, controls, message->octets, message->len);
	write_seed(target, message->name, controls, message->octets, message->len);
}

int main(int argc, char **argv)
{
	struct messages messages;

	if (argc != 2) {
		fputs("usage: make-seeds DIRECTORY\n", stderr);
		return 2;
	}
	top = argv[1];
	if (mkdir(top, 0777) < 0 && errno != EEXIST)
		fail(top);
	messages_load(&messages);
	for (size_t i = 0; i < messages.count; i++) {
		write_message(&messages.list[i]);
		decode(&messages.list[i]);
	}
	printf("%zu messages, %s\n", messages.count,
	       messages.has_corpus ? "with the corpus" : "without a corpus");
	messages_free(&messages);
	return 0;
}
