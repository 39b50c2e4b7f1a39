#include "identity.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "hash.h"
#include "keeper.h"
#include "log.h"

/* The machine id itself stays on the machine: systemd derives one of our own from it. */
static uint64_t hash_of_machine(void)
{
	static const sd_id128_t ours =
		SD_ID128_MAKE(6e, a1, 0c, 5f, 91, 74, 4d, 0b, 9f, 5e, 30, c2, 47, 8a, d6, 13);
	sd_id128_t id;

	if (sd_id128_get_machine_app_specific(ours, &id) < 0)
		return HASH_START;
	return hash_more(HASH_START, &id, sizeof(id));
}

char *identity_of_port(const char *port, char buf[IDENTITY_TEXT])
{
	uint64_t h = hash_more(hash_of_machine(), port, strlen(port));

	snprintf(buf, IDENTITY_TEXT, "port-%08x", (unsigned)(h >> 32 ^ h) & 0xFFFFFFFF);
	return buf;
}

bool identity_is_port(const char *identity)
{
	return strncmp(identity, "port-", strlen("port-")) == 0;
}

char *identity_of_machine(char buf[IDENTITY_TEXT])
{
	uint64_t h = hash_of_machine();

	snprintf(buf, IDENTITY_TEXT, "%04x", (unsigned)(h >> 48 ^ h >> 24 ^ h) & 0xFFFF);
	return buf;
}

bool identity_is_name(const char *identity)
{
	return identity[0] && strcmp(identity, "bridge") != 0;
}

bool identity_is_news(const struct identity *known, const struct identity *said)
{
	if (!known->text[0])
		return true;
	if (known->by != HAN_IDENTITY_NONE && known->by != said->by)
		return false;
	return strcmp(known->text, said->text) != 0;
}

/* The second line of the file. */
static const char *const kinds[] = {
	[HAN_IDENTITY_NONE] = "",
	[HAN_IDENTITY_DEVICE_NAME] = "device-name",
	[HAN_IDENTITY_METER_ID] = "meter-id",
	[HAN_IDENTITY_NUMBER] = "number",
	[HAN_IDENTITY_SYSTEM_TITLE] = "system-title",
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A file without that line is older than all kinds but one. */
static enum han_identity kind_of(const char *line)
{
	for (size_t i = 1; i < KINDS; i++) {
		if (strcmp(line, kinds[i]) == 0)
			return (enum han_identity)i;
	}
	return HAN_IDENTITY_METER_ID;
}

/* Cuts the first line off; returns what is behind it. */
static char *cut_line(char *text)
{
	size_t len = strcspn(text, "\n");
	char *rest = text + len + (text[len] == '\n');

	text[len] = '\0';
	return rest;
}

bool identity_load(const char *port, struct identity *identity)
{
	char text[256], *kind;

	if (!keeper_load("identity", port, text, sizeof(text)))
		return false;
	kind = cut_line(text);
	cut_line(kind);
	for (const char *c = text; *c; c++) {
		if (*c < 0x20 || *c > 0x7E)
			return false;
	}
	if (!identity_is_name(text))
		return false;
	snprintf(identity->text, sizeof(identity->text), "%.*s", HAN_IDENTITY_TEXT - 1, text);
	identity->by = kind_of(kind);
	return true;
}

static void tell_failure(const char *port, int rc)
{
	(void)port;
	log_warning("identity: the state directory: %s; after a restart the meter is known only "
	            "once it has said its number",
	            strerror(-rc));
}

void identity_save(const char *port, const struct identity *identity)
{
	char text[256];

	snprintf(text, sizeof(text), "%s\n%s\n", identity->text, kinds[identity->by]);
	keeper_save("identity", port, text, tell_failure);
}
