/* Valid messages to test with: those of the project's own encoder, and the corpus's where there is one
 * ($HANMQTTD_CORPUS, else beside the source tree). Heap; a failure to read ends the program. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

/* The keys of the encoder's own. */
#define MESSAGES_KEY                                                 \
	{                                                            \
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 \
	}
#define MESSAGES_AUTH_KEY                                                                     \
	{                                                                                     \
		0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, \
			0xDD, 0xDE, 0xDF                                                      \
	}

struct message {
	char name[64];
	enum han_framing framing;
	bool own;     /* the encoder's, not the corpus's */
	bool checked; /* no single wrong octet goes unseen */
	bool has_key, has_auth_key;
	uint8_t key[HAN_KEY_OCTETS];
	uint8_t auth_key[HAN_KEY_OCTETS];
	uint8_t *octets;
	size_t len;
};

struct messages {
	struct message *list;
	size_t count;
	bool has_corpus;
};

/* All of them; of the corpus only what is valid. messages_free() gives them back. */
void messages_load(struct messages *messages);
void messages_free(struct messages *messages);

/* The settings to decode this one; replay allowed. */
struct han_settings message_settings(const struct message *message);

#endif
