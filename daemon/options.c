#include "options.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "setting.h"
#include "usage.h"

#define LISTS_MAX 128

void options_read_protocol(struct options *o, const char *text)
{
	static const struct {
		const char *name;
		enum han_protocol protocol;
		bool bare;
	} known[] = {
		{ "auto", HAN_PROTOCOL_AUTO, false }, { "hdlc", HAN_PROTOCOL_HDLC, false },
		{ "mbus", HAN_PROTOCOL_MBUS, false }, { "p1", HAN_PROTOCOL_P1, false },
		{ "dlms", HAN_PROTOCOL_AUTO, true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(text, known[i].name) != 0)
			continue;
		o->settings.protocol = known[i].protocol;
		o->bare = known[i].bare;
		o->speed = known[i].protocol == HAN_PROTOCOL_P1 ? B115200 : B2400;
		return;
	}
	usage_refuse("--protocol takes auto, hdlc, mbus, p1 or dlms, not %s", text);
}

const char *options_line(const struct options *o)
{
	return o->speed == B115200 ? "115200 8N1" : "2400 8N1";
}

static void read_list(struct options *o, const char *text)
{
	const char *names[LISTS_MAX], *nearest;
	size_t count = 0;

	if (strcmp(text, "auto") == 0) {
		o->settings.list = NULL;
		return;
	}
	o->settings.list = han_list_find(text);
	if (o->settings.list)
		return;
	for (size_t i = 0; i < han_list_count() && count < LISTS_MAX; i++)
		names[count++] = han_list_name(han_list_at(i));
	nearest = setting_nearest(text, names, count);
	usage_refuse("--list: unknown list %s%s%s; `hantool lists` prints their names", text,
	             nearest ? ", is this meant: " : "", nearest ? nearest : "");
}

/* Takes the key out of text: no list of processes shows it from here on. */
static void read_key(uint8_t key[HAN_KEY_OCTETS], bool *given, char *text, const char *option)
{
	bool good = strlen(text) == (size_t)2 * HAN_KEY_OCTETS;

	for (size_t i = 0; good && i < HAN_KEY_OCTETS; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		good = high >= 0 && low >= 0;
		key[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
	}
	explicit_bzero(text, strlen(text));
	if (!good) {
		explicit_bzero(key, HAN_KEY_OCTETS);
		usage_refuse("%s takes %d hex digits", option, 2 * HAN_KEY_OCTETS);
	}
	*given = true;
}

static bool read_option(struct options *o, int c)
{
	switch (c) {
	case 'c':
		o->compact = true;
		break;
	case 'p':
		options_read_protocol(o, optarg);
		break;
	case 'l':
		read_list(o, optarg);
		break;
	case 'k':
		read_key(o->settings.key, &o->settings.has_key, optarg, "--key");
		break;
	case 'a':
		read_key(o->settings.auth_key, &o->settings.has_auth_key, optarg, "--auth-key");
		break;
	default:
		return false;
	}
	return true;
}

void options_read(struct options *o, int argc, char **argv, const char *command)
{
	static const struct option known[] = {
		{ "protocol", required_argument, NULL, 'p' },
		{ "list", required_argument, NULL, 'l' },
		{ "key", required_argument, NULL, 'k' },
		{ "auth-key", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "compact", no_argument, NULL, 'c' }, /* the last one: decode's alone */
		{ 0 },
	};
	const size_t count = sizeof(known) / sizeof(known[0]);
	struct option taken[sizeof(known) / sizeof(known[0])];
	int c;

	opterr = 0;
	memcpy(taken, known, sizeof(known));
	if (strcmp(command, "decode") != 0)
		taken[count - 2] = taken[count - 1];
	*o = (struct options){ .speed = B2400 };
	while ((c = getopt_long(argc, argv, "", taken, NULL)) != -1) {
		if (!read_option(o, c))
			usage_end_options(c, argv, command);
	}
	if (argc - optind > 1)
		usage_refuse("%s takes one source", command);
	o->source = optind < argc ? argv[optind] : "-";
}

void options_wipe(struct options *o)
{
	explicit_bzero(&o->settings, sizeof(o->settings));
}
