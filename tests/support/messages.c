#include "messages.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/encoder.h"
#include "../../daemon/meters.h"
#include "../../daemon/seal.h"
#include "../../daemon/wrap.h"

#ifndef CORPUS_PLACE
#define CORPUS_PLACE "../shared/corpus"
#endif

#define LONGEST 65536

static void *need(void *p, const char *what)
{
	if (p)
		return p;
	fprintf(stderr, "messages: %s\n", what);
	exit(1);
}

static struct message *append(struct messages *messages)
{
	size_t count = messages->count + 1;

	messages->list = need(realloc(messages->list, count * sizeof(*messages->list)), "memory");
	messages->list[messages->count] = (struct message){ 0 };
	return &messages->list[messages->count++];
}

static void keep(struct message *message, const uint8_t *octets, size_t len)
{
	message->octets = need(malloc(len + 1), "memory");
	memcpy(message->octets, octets, len);
	message->len = len;
}

/* "!1234" near the end */
static bool has_p1_crc(const uint8_t *octets, size_t len)
{
	while (len > 0 && octets[len - 1] != '!')
		len--;
	return len > 0 && octets[len] >= '0';
}

static bool is_checked(const struct message *message)
{
	switch (message->framing) {
	case HAN_FRAMING_NONE:
		return false;
	case HAN_FRAMING_HDLC:
	case HAN_FRAMING_MBUS:
		return true;
	case HAN_FRAMING_P1:
		return message->octets[0] == '/' ? has_p1_crc(message->octets, message->len)
		                                 : message->has_auth_key;
	}
	return false;
}

static const uint8_t key[HAN_KEY_OCTETS] = MESSAGES_KEY;
static const uint8_t auth_key[HAN_KEY_OCTETS] = MESSAGES_AUTH_KEY;

/* What the project's own encoder wrote; control: how it was sealed, 0: not at all. */
static struct message *add_own(struct messages *messages, const char *name, unsigned number,
                               const struct encoder *e, unsigned control)
{
	struct message *message = append(messages);

	if (e->overflow || e->len == 0)
		need(NULL, name);
	snprintf(message->name, sizeof(message->name), "%s-%u-%02x", name, number, control);
	message->own = true;
	message->framing = e->octets[0] == 0x7E   ? HAN_FRAMING_HDLC
	                   : e->octets[0] == 0x68 ? HAN_FRAMING_MBUS
	                                          : HAN_FRAMING_P1;
	message->has_key = control & SEAL_ENCRYPTED;
	message->has_auth_key = control & SEAL_AUTHENTICATED;
	memcpy(message->key, key, sizeof(key));
	memcpy(message->auth_key, auth_key, sizeof(auth_key));
	keep(message, e->octets, e->len);
	message->checked = is_checked(message);
	return message;
}

static struct seal seal_of(const uint8_t *title, unsigned control)
{
	struct seal seal = { .control = (uint8_t)control };

	memcpy(seal.title, title, sizeof(seal.title));
	memcpy(seal.key, key, sizeof(seal.key));
	memcpy(seal.auth_key, auth_key, sizeof(seal.auth_key));
	return seal;
}

/* All lists of the meters that can be simulated. */
static void add_simulated(struct messages *messages)
{
	for (size_t i = 0; i < meters_count(); i++) {
		const struct meters_row *row = meters_at(i);
		struct sampler sampler;
		struct sample sample;

		sampler_init(&sampler, 1706000000, row->phases);
		sample.number = 7;
		sampler_next(&sampler, &sample);
		for (size_t k = 0; k < 3 && row->lists[k].list; k++) {
			unsigned list = row->lists[k].list;
			unsigned control = row->title ? SEAL_ENCRYPTED | SEAL_AUTHENTICATED : 0;
			struct seal seal = seal_of(row->title ? row->title : key, control);
			uint8_t buf[METERS_MESSAGE_MAX];
			struct encoder e;

			encoder_init(&e, buf, sizeof(buf));
			row->encode(&e, &sample, list, &seal);
			add_own(messages, row->name, list, &e, control);
		}
	}
}

enum wrapping { WRAP_FRAME, WRAP_SEGMENTS, WRAP_BLOCKS, WRAP_MBUS, WRAP_KINDS };

static void wrap(struct encoder *e, enum wrapping kind, const uint8_t *apdu, size_t len)
{
	static const struct encoder_frame frame = {
		{ { 0xCE, 0xFF }, 2 }, { { 0x03 }, 1 }, 0x13, false
	};
	static const struct wrap_mbus link = { 0x53, 0xFF, 0x01, 0x67, 100 };

	switch (kind) {
	case WRAP_FRAME:
		wrap_segments(e, &frame, 0x03, apdu, len, 1000);
		return;
	case WRAP_SEGMENTS:
		wrap_segments(e, &frame, 0x03, apdu, len, 80);
		return;
	case WRAP_BLOCKS:
		wrap_blocks(e, &frame, apdu, len, 80);
		return;
	case WRAP_MBUS:
		wrap_mbus(e, &link, apdu, len);
		return;
	case WRAP_KINDS:
		return;
	}
}

/* One APDU, in clear and sealed, in every wrapping. */
static void add_wrapped(struct messages *messages, const uint8_t *apdu, size_t len)
{
	static const unsigned controls[] = { 0, SEAL_ENCRYPTED,
		                             SEAL_ENCRYPTED | SEAL_AUTHENTICATED };
	static const char *const names[] = { "frame", "segments", "blocks", "mbus" };

	for (unsigned i = 0; i < 3 * WRAP_KINDS; i++) {
		/* A meter that was verified once must be from then on: another one for each kind. */
		static const char *const titles[] = { "KFM12340", "KFM12341", "KFM12342" };
		struct seal seal = seal_of((const uint8_t *)titles[i % 3], controls[i % 3]);
		uint8_t buf[METERS_MESSAGE_MAX], sealed[METERS_MESSAGE_MAX];
		struct encoder e, inner;

		encoder_init(&inner, sealed, sizeof(sealed));
		if (controls[i % 3])
			encode_sealed(&inner, &seal, 100 + i, apdu, len);
		else
			encode_octets(&inner, apdu, len);
		encoder_init(&e, buf, sizeof(buf));
		wrap(&e, (enum wrapping)(i / 3), inner.octets, inner.len);
		add_own(messages, names[i / 3], i, &e, controls[i % 3]);
	}
}

/* A telegram without a check, and one that is sealed. */
static void add_telegrams(struct messages *messages)
{
	static const char text[] = "/ISk5\\2MT382-1000\r\n\r\n0-0:96.1.1(00000000000000)\r\n"
				   "1-0:1.8.1(00608.400*kWh)\r\n1-0:2.8.1(00000.000*kWh)\r\n"
				   "1-0:1.7.0(0001.51*kW)\r\n!\r\n";
	struct seal seal =
		seal_of((const uint8_t *)"SAG12345", SEAL_ENCRYPTED | SEAL_AUTHENTICATED);
	uint8_t buf[METERS_MESSAGE_MAX];
	struct encoder e;

	encoder_init(&e, buf, sizeof(buf));
	encode_octets(&e, text, sizeof(text) - 1);
	add_own(messages, "telegram", 0, &e, 0);
	encoder_init(&e, buf, sizeof(buf));
	encode_sealed(&e, &seal, 9, (const uint8_t *)text, sizeof(text) - 1);
	add_own(messages, "telegram", 1, &e, seal.control);
}

static void add_encoded(struct messages *messages)
{
	add_simulated(messages);
	/* The second one is Kaifa's second list, a frame with one octet of destination and two of source: the
	 * APDU stands behind flag, format, addresses, control, HCS and LLC. */
	add_wrapped(messages, messages->list[1].octets + 12, messages->list[1].len - 12 - 3);
	add_telegrams(messages);
}

static size_t read_hex(const char *hex, uint8_t *buf, size_t size)
{
	size_t len = 0;

	for (; hex[0] && hex[1] && len < size; hex += 2) {
		const char digits[] = { hex[0], hex[1], '\0' };

		buf[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return len;
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static cJSON *read_json(const char *path)
{
	static char text[1 << 20];
	FILE *file = need(fopen(path, "r"), path);
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = '\0';
	return need(cJSON_Parse(text), path);
}

static enum han_framing framing_of(const char *name)
{
	for (int i = HAN_FRAMING_HDLC; i <= HAN_FRAMING_P1; i++) {
		if (strcmp(name, han_framing_name((enum han_framing)i)) == 0)
			return (enum han_framing)i;
	}
	return HAN_FRAMING_NONE;
}

static void add_case(struct messages *messages, const cJSON *object)
{
	static uint8_t buf[LONGEST];
	const char *its_key = text_of(object, "key");
	const char *its_auth_key = text_of(object, "auth_key");
	struct message *message;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "valid")))
		return;
	message = append(messages);
	snprintf(message->name, sizeof(message->name), "%s", text_of(object, "id"));
	message->framing = framing_of(text_of(object, "framing"));
	keep(message, buf, read_hex(text_of(object, "hex"), buf, sizeof(buf)));
	message->has_key = its_key && read_hex(its_key, message->key, sizeof(message->key)) > 0;
	message->has_auth_key = its_auth_key && read_hex(its_auth_key, message->auth_key,
	                                                 sizeof(message->auth_key)) > 0;
	message->checked = is_checked(message);
}

static int is_case(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && strcmp(end, ".json") == 0;
}

static void add_corpus(struct messages *messages)
{
	const char *place = getenv("HANMQTTD_CORPUS");
	struct dirent **entries = NULL;
	int count;

	place = place ? place : CORPUS_PLACE;
	count = scandir(place, &entries, is_case, alphasort);
	messages->has_corpus = count > 0;
	for (int i = 0; i < count; i++) {
		char path[4096];
		cJSON *object;

		snprintf(path, sizeof(path), "%s/%s", place, entries[i]->d_name);
		object = read_json(path);
		add_case(messages, object);
		cJSON_Delete(object);
		free(entries[i]);
	}
	free(entries);
}

void messages_load(struct messages *messages)
{
	*messages = (struct messages){ 0 };
	add_encoded(messages);
	add_corpus(messages);
}

void messages_free(struct messages *messages)
{
	for (size_t i = 0; i < messages->count; i++)
		free(messages->list[i].octets);
	free(messages->list);
}

struct han_settings message_settings(const struct message *message)
{
	struct han_settings settings = {
		.has_key = message->has_key,
		.has_auth_key = message->has_auth_key,
		.allow_replay = true,
	};

	memcpy(settings.key, message->key, sizeof(settings.key));
	memcpy(settings.auth_key, message->auth_key, sizeof(settings.auth_key));
	return settings;
}
