#include "cipher.h"

#include <string.h>

#include <nettle/gcm.h>
#include <nettle/memops.h>

#include "apdu.h"
#include "cursor.h"
#include "wipe.h"

#define TAG_OCTETS 12 /* of GCM's 16 (Green Book 9.2.7.2.4.2) */

/* A ciphered APDU taken apart; pointers into it. */
struct sealed {
	const uint8_t *title; /* NULL: it has none */
	const uint8_t *bound; /* what the tag covers besides: the fields of general-ciphering */
	size_t bound_len;
	const uint8_t *content;
	size_t len;
	const uint8_t *tag; /* NULL: it has none */
};

/* What must not stay on the stack. */
struct work {
	struct gcm_aes128_ctx gcm;
	uint8_t iv[GCM_IV_SIZE];
	uint8_t block[GCM_BLOCK_SIZE]; /* of the additional data, still to be hashed */
	size_t fill;
	uint8_t tag[TAG_OCTETS];
};

void cipher_init(struct cipher *c, const struct han_settings *settings)
{
	memset(c, 0, sizeof(*c));
	if (!settings)
		return;
	c->has_key = settings->has_key;
	if (c->has_key)
		memcpy(c->key, settings->key, HAN_KEY_OCTETS);
	c->has_auth_key = settings->has_auth_key;
	if (c->has_auth_key)
		memcpy(c->auth_key, settings->auth_key, HAN_KEY_OCTETS);
	c->has_title = settings->has_title;
	if (c->has_title)
		memcpy(c->title, settings->title, HAN_TITLE_OCTETS);
	c->allow_replay = settings->allow_replay;
}

void cipher_wipe(struct cipher *c)
{
	wipe(c, sizeof(*c));
}

/* NULL: nothing of that title was accepted. */
static const struct cipher_peer *find_peer(const struct cipher *c,
                                           const uint8_t title[HAN_TITLE_OCTETS])
{
	for (size_t i = 0; i < c->peer_count; i++) {
		if (memcmp(c->peers[i].title, title, HAN_TITLE_OCTETS) == 0)
			return &c->peers[i];
	}
	return NULL;
}

static void skip_octet_string(struct han_cursor *in)
{
	cursor_take(in, cursor_length(in));
}

static const uint8_t *read_title(struct han_cursor *in)
{
	size_t len = cursor_length(in);

	if (len != 0 && len != HAN_TITLE_OCTETS)
		cursor_fail(in, HAN_ERR_TITLE);
	return len > 0 ? cursor_take(in, len) : NULL;
}

/* general-ciphering up to its content (Green Book 9.5, figure 32). */
static void read_general(struct han_cursor *in, struct sealed *s)
{
	s->bound = in->pos;
	skip_octet_string(in); /* transaction-id */
	s->title = read_title(in);
	skip_octet_string(in); /* recipient-system-title */
	skip_octet_string(in); /* date-time */
	skip_octet_string(in); /* other-information */
	s->bound_len = (size_t)(in->pos - s->bound);
	if (cursor_u8(in) != 0)
		cursor_fail(in, HAN_ERR_SECURITY);
}

/* Security header and content. What is too much or too little behind them is told last: the header says
 * something even then. */
static enum han_err read_content(struct han_cursor *in, bool general, struct sealed *s,
                                 struct han_encryption *read)
{
	size_t len = cursor_length(in);
	size_t left = cursor_left(in);
	struct han_cursor content = cursor_over(in->pos, len < left ? len : left);

	read->control = cursor_u8(&content);
	/* general-ciphering without protection has no counter. */
	if (!general || (read->control & (CIPHER_AUTHENTICATED | CIPHER_ENCRYPTED)) != 0)
		read->counter = (uint32_t)cursor_be(&content, 4);
	if (in->err != HAN_OK || content.err != HAN_OK)
		return in->err != HAN_OK ? in->err : content.err;
	s->content = content.pos;
	s->len = cursor_left(&content);
	return len > left ? HAN_ERR_TRUNCATED : len < left ? HAN_ERR_TRAILING : HAN_OK;
}

static bool has_tag(const struct han_encryption *encryption)
{
	return (encryption->control & CIPHER_AUTHENTICATED) != 0;
}

static bool is_encrypted(const struct han_encryption *encryption)
{
	return (encryption->control & CIPHER_ENCRYPTED) != 0;
}

static bool is_verified(const struct cipher *c, const struct han_encryption *encryption)
{
	return has_tag(encryption) && c->has_auth_key;
}

static enum han_err read_sealed(const struct cipher *c, const uint8_t *apdu, size_t len,
                                struct sealed *s, struct han_encryption *encryption)
{
	struct han_cursor in = cursor_over(apdu, len);
	struct han_encryption read = { .control = 0 };
	uint8_t tag = cursor_u8(&in);
	enum han_err err;

	*encryption = read;
	*s = (struct sealed){ .title = NULL };
	if (in.err == HAN_OK && !apdu_is_ciphered(tag))
		return HAN_ERR_APDU;
	if (tag == APDU_GENERAL_GLO || tag == APDU_GENERAL_DED)
		s->title = read_title(&in);
	else if (tag == APDU_GENERAL)
		read_general(&in, s);
	err = read_content(&in, tag == APDU_GENERAL, s, &read);
	if (!s->content)
		return err;

	if (!s->title && c->has_title)
		s->title = c->title;
	else if (!s->title && c->peer_count > 0)
		s->title = c->peers[0].title;
	if (s->title)
		memcpy(read.title, s->title, HAN_TITLE_OCTETS);
	*encryption = read;
	return err;
}

/* Finds the tag, and says what can be said before anything is deciphered. */
static enum han_err check(const struct cipher *c, struct sealed *s,
                          const struct han_encryption *encryption, size_t size)
{
	bool borne_out = is_encrypted(encryption) || is_verified(c, encryption);
	const struct cipher_peer *peer;

	if ((encryption->control & CIPHER_COMPRESSED) != 0 ||
	    (encryption->control & CIPHER_SUITE) > 1)
		return HAN_ERR_SECURITY;
	if (has_tag(encryption)) {
		if (s->len < TAG_OCTETS)
			return HAN_ERR_TRUNCATED;
		s->len -= TAG_OCTETS;
		s->tag = s->content + s->len;
	}
	if (!s->title)
		return HAN_ERR_TITLE;
	if (borne_out && !c->has_key)
		return HAN_ERR_NO_KEY;
	if (s->len > size || s->len > HAN_MESSAGE_MAX)
		return HAN_ERR_SIZE;

	peer = find_peer(c, s->title);
	if (!peer)
		return HAN_OK;
	if (borne_out && !c->allow_replay && encryption->counter <= peer->counter)
		return HAN_ERR_REPLAY;
	return peer->verified && !is_verified(c, encryption) ? HAN_ERR_TAG : HAN_OK;
}

/* Additional data in any pieces; nettle wants all but the last one in whole blocks. */
static void associate(struct work *w, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t n = sizeof(w->block) - w->fill;

		n = len < n ? len : n;
		memcpy(w->block + w->fill, data, n);
		w->fill += n;
		data += n;
		len -= n;
		if (w->fill == sizeof(w->block)) {
			gcm_aes128_update(&w->gcm, sizeof(w->block), w->block);
			w->fill = 0;
		}
	}
}

static void begin(struct work *w, const struct cipher *c, const struct han_encryption *encryption)
{
	memcpy(w->iv, encryption->title, HAN_TITLE_OCTETS);
	for (unsigned i = 0; i < 4; i++)
		w->iv[HAN_TITLE_OCTETS + i] = (uint8_t)(encryption->counter >> (24 - 8 * i));
	w->fill = 0;
	gcm_aes128_set_key(&w->gcm, c->key);
	gcm_aes128_set_iv(&w->gcm, sizeof(w->iv), w->iv);
}

static bool begins_like_telegram(const uint8_t *text, size_t len)
{
	for (size_t i = 1; i <= 3 && i < len; i++) {
		unsigned letter = text[i] | 0x20U;

		if (letter < 'a' || letter > 'z')
			return false;
	}
	return len > 3;
}

/* Whether the text begins like a message that a meter pushes: a data-notification with a list, an
 * event-notification, a P1 telegram. */
static bool begins_like_message(const uint8_t *text, size_t len)
{
	struct han_cursor in = cursor_over(text, len);
	struct han_apdu_header header;
	uint8_t first;

	if (len > 0 && text[0] == APDU_TELEGRAM)
		return begins_like_telegram(text, len);
	if (len > 0 && text[0] == APDU_EVENT_NOTIFICATION) {
		apdu_read_event(&in, &header);
		return in.err == HAN_OK;
	}
	apdu_read_notification(&in, &header);
	first = cursor_u8(&in);
	return in.err == HAN_OK && (first == HAN_TAG_ARRAY || first == HAN_TAG_STRUCTURE ||
	                            first == HAN_TAG_COMPACT_ARRAY);
}

static enum han_err unseal(const struct cipher *c, const struct sealed *s,
                           struct han_encryption *encryption, uint8_t *plain)
{
	bool encrypted = is_encrypted(encryption);
	bool verified = is_verified(c, encryption);
	bool agrees = false;
	struct work w;

	if (!encrypted)
		memcpy(plain, s->content, s->len);
	if (!encrypted && !verified)
		return HAN_OK;
	begin(&w, c, encryption);
	if (verified) {
		associate(&w, &encryption->control, 1);
		associate(&w, c->auth_key, HAN_KEY_OCTETS);
		associate(&w, s->bound, s->bound_len);
		associate(&w, s->content, encrypted ? 0 : s->len);
		gcm_aes128_update(&w.gcm, w.fill, w.block);
	}
	if (encrypted)
		gcm_aes128_decrypt(&w.gcm, s->len, plain, s->content);
	if (verified) {
		gcm_aes128_digest(&w.gcm, sizeof(w.tag), w.tag);
		agrees = memeql_sec(w.tag, s->tag, sizeof(w.tag)) != 0;
	}
	wipe(&w, sizeof(w));

	encryption->authenticated = agrees;
	if (agrees)
		return HAN_OK;
	if (encrypted && !begins_like_message(plain, s->len))
		return HAN_ERR_KEY;
	return verified ? HAN_ERR_TAG : HAN_OK;
}

enum han_err cipher_open(const struct cipher *c, const uint8_t *apdu, size_t len,
                         struct han_encryption *encryption, uint8_t *plain, size_t size,
                         size_t *plain_len)
{
	struct sealed s;
	enum han_err err = read_sealed(c, apdu, len, &s, encryption);

	if (err == HAN_OK)
		err = check(c, &s, encryption, size);
	if (err == HAN_OK)
		err = unseal(c, &s, encryption, plain);
	if (err == HAN_OK)
		*plain_len = s.len;
	else
		wipe(plain, size);
	return err;
}

bool cipher_has_header(const struct han_encryption *encryption)
{
	uint8_t any = encryption->control;

	for (size_t i = 0; i < HAN_TITLE_OCTETS; i++)
		any |= encryption->title[i];
	return any != 0 || encryption->counter != 0;
}

void cipher_accept(struct cipher *c, const struct han_encryption *encryption)
{
	const struct cipher_peer *known = find_peer(c, encryption->title);
	struct cipher_peer peer = { .counter = encryption->counter,
		                    .verified = encryption->authenticated };
	size_t before; /* peers heard later than this one, which step back */

	if (!is_encrypted(encryption) && !encryption->authenticated)
		return;
	memcpy(peer.title, encryption->title, HAN_TITLE_OCTETS);
	if (!known && c->peer_count < CIPHER_PEERS)
		c->peer_count++;
	before = known ? (size_t)(known - c->peers) : c->peer_count - 1;
	memmove(c->peers + 1, c->peers, before * sizeof(c->peers[0]));
	c->peers[0] = peer;
}
