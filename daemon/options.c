#include "options.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "setting.h"
#include "usage.h"

#define LISTS_MAX   128
#define BAUD_DIGITS 6
#define BAUD_METER  2400
#define BAUD_P1     115200

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
		return;
	}
	usage_refuse(o->command, "--protocol takes auto, hdlc, mbus, p1 or dlms, not \"%s\"", text);
}

/* ---- the line ---- */

unsigned options_parse_baud(const char *text)
{
	unsigned baud = 0;
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > BAUD_DIGITS || text[len])
		return 0;
	for (; *text; text++)
		baud = baud * 10 + (unsigned)(*text - '0');
	return serial_baud_known(baud) ? baud : 0;
}

void options_read_baud(struct options *o, const char *text)
{
	o->line.baud = options_parse_baud(text);
	if (o->line.baud == 0)
		usage_refuse(
			o->command,
			"--baud takes 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600 or "
			"115200, not \"%s\"",
			text);
}

void options_read_format(struct options *o, const char *text)
{
	if (!serial_format_find(text, &o->line.format))
		usage_refuse(o->command, "--format takes 8N1, 8E1 or 7E1, not \"%s\"", text);
}

void options_line_end(struct options *o)
{
	if (o->line.baud == 0)
		o->line.baud = o->settings.protocol == HAN_PROTOCOL_P1 ? BAUD_P1 : BAUD_METER;
}

/* ---- the list ---- */

static void read_list(struct options *o, const char *text)
{
	const char *names[LISTS_MAX], *nearest;
	size_t count = 0;

	if (!text[0])
		usage_refuse(o->command,
		             "--list takes auto, or a name that `hantool lists` prints");
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
	usage_refuse(o->command, "--list: unknown list %s%s%s; `hantool lists` prints their names",
	             text, nearest ? ", is this meant: " : "", nearest ? nearest : "");
}

/* ---- keys ---- */

bool options_parse_key(const char *text, uint8_t key[HAN_KEY_OCTETS])
{
	uint8_t read[HAN_KEY_OCTETS];
	bool good = strlen(text) == 2 * sizeof(read);

	for (size_t i = 0; good && i < sizeof(read); i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		good = high >= 0 && low >= 0;
		read[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
	}
	if (good)
		memcpy(key, read, sizeof(read));
	explicit_bzero(read, sizeof(read));
	return good;
}

void options_read_key(uint8_t key[HAN_KEY_OCTETS], bool *given, char *text, const char *command,
                      const char *option)
{
	*given = options_parse_key(text, key);
	explicit_bzero(text, strlen(text));
	if (!*given)
		usage_refuse(command, "%s takes %d hex digits", option, 2 * HAN_KEY_OCTETS);
}

/* ---- all of them ---- */

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
		options_read_key(o->settings.key, &o->settings.has_key, optarg, o->command,
		                 "--key");
		break;
	case 'a':
		options_read_key(o->settings.auth_key, &o->settings.has_auth_key, optarg,
		                 o->command, "--auth-key");
		break;
	case 'b':
		options_read_baud(o, optarg);
		break;
	case 'f':
		options_read_format(o, optarg);
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
		{ "baud", required_argument, NULL, 'b' },
		{ "format", required_argument, NULL, 'f' },
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
	*o = (struct options){ .command = command };
	while ((c = getopt_long(argc, argv, USAGE_SHORT, taken, NULL)) != -1) {
		if (!read_option(o, c))
			usage_end_options(c, argv, command);
	}
	if (argc - optind > 1)
		usage_refuse(command, "it takes one source, not %d", argc - optind);
	o->source = optind < argc ? argv[optind] : "-";
	options_line_end(o);
}

void options_wipe(struct options *o)
{
	explicit_bzero(&o->settings, sizeof(o->settings));
}
