/* Ciphered APDUs: AES-128-GCM as DLMS uses it (Green Book 9.2.7.2.4, 9.2.7.3; NIST SP 800-38D).
 *
 *	DB or DC | length, system title | length | security header | content [ | tag 12 ]
 *	C8 … D7  |                        length | security header | content [ | tag 12 ]
 *	DD | transaction-id | originator's system title | recipient's | date-time | other-information |
 *	     key-info 00    |             length | security header | content [ | tag 12 ]
 *
 *	security header:  security control 1 | invocation counter 4
 *
 * The initialisation vector is system title and counter; the tag covers the content, the security control
 * and the authentication key, with DD also its first five fields. Owns the keys and the memory of the
 * counters; knows nothing of what is inside a message but how one begins, which is how a wrong key shows.
 */
#ifndef CIPHER_H
#define CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>
#include <han/error.h>
#include <han/reading.h>

#define CIPHER_PEERS 4

/* Bits of the security control; the low four are the security suite. */
#define CIPHER_SUITE         0x0F
#define CIPHER_AUTHENTICATED 0x10
#define CIPHER_ENCRYPTED     0x20
#define CIPHER_COMPRESSED    0x80

/* A meter whose messages were accepted. */
struct cipher_peer {
	uint8_t title[HAN_TITLE_OCTETS];
	uint32_t counter; /* of its last message */
	bool verified;    /* its tag was verified */
};

struct cipher {
	bool has_key;
	bool has_auth_key;
	bool has_title;
	bool allow_replay;
	uint8_t key[HAN_KEY_OCTETS];
	uint8_t auth_key[HAN_KEY_OCTETS];
	uint8_t title[HAN_TITLE_OCTETS];
	struct cipher_peer peers[CIPHER_PEERS]; /* the one heard last comes first */
	size_t peer_count;
};

/* Copies the keys, the title and allow_replay; NULL: no keys. Nothing was accepted yet. */
void cipher_init(struct cipher *c, const struct han_settings *settings);

/* Zeros over everything, which the compiler may not leave out. */
void cipher_wipe(struct cipher *c);

/* Opens a whole ciphered APDU into plain, of size octets, which are not those of apdu; HAN_MESSAGE_MAX is
 * always enough. On an error plain is all zeros, and plain_len is not written.
 *
 * *encryption is filled as soon as the security header could be read, also when an error follows; until
 * then it is zeros: cipher_has_header(). Its title is that of the APDU, else that of the settings, else that
 * of the message accepted last.
 *
 * Only where encryption->authenticated says so was the message verified: an authentication key is given,
 * and the control has 10. Without that key, or without a tag (20, 21), what is deciphered is delivered when
 * it begins like a push message, and the caller takes it only if it parses completely. What is not
 * encrypted (00, or 10 without the authentication key) is delivered as it is, whatever it is.
 *
 * HAN_ERR_APDU: not ciphered. HAN_ERR_TRUNCATED, HAN_ERR_COUNT, HAN_ERR_TRAILING: fields and lengths do not
 * fill the APDU. HAN_ERR_SECURITY: compressed, a suite but 0 and 1, or an APDU with a key of its own
 * (key-info). HAN_ERR_TITLE: no system title, or one that is not 8 octets. HAN_ERR_NO_KEY: encrypted, or to
 * be verified, and no encryption key is given. HAN_ERR_SIZE: the content does not fit. HAN_ERR_REPLAY: the
 * counter is not above that of the last message of this title; it is looked at when the key can bear it
 * out. HAN_ERR_TAG: the tag does not agree, or there is none though this title's messages were verified
 * before. HAN_ERR_KEY: what the key makes of it does not even begin like a message.
 */
enum han_err cipher_open(const struct cipher *c, const uint8_t *apdu, size_t len,
                         struct han_encryption *encryption, uint8_t *plain, size_t size,
                         size_t *plain_len);

/* Whether cipher_open() came as far as the security header. */
bool cipher_has_header(const struct han_encryption *encryption);

/* The plaintext was a complete message: remembers its title and counter, in place of the title not heard
 * for longest. A message that was neither encrypted nor verified is not remembered: anyone can write its
 * counter. */
void cipher_accept(struct cipher *c, const struct han_encryption *encryption);

#endif
