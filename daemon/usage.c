#include "usage.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT "[FILE|DEVICE|tcp://HOST:PORT|-]"
#define INPUT_ABOUT                                                                             \
	"The input is a file, a capture of `hantool capture`, a serial port, a serial server\n" \
	"on the network, or standard input. A serial port is read at 2400 8N1, with\n"          \
	"--protocol p1 at 115200 8N1.\n"
#define INPUT_OPTIONS                                                                          \
	"  --protocol PROTOCOL   auto, hdlc, mbus, p1, or dlms (the input is one bare APDU)\n" \
	"  --list LIST           auto, or a name that `hantool lists` prints\n"                \
	"  --key HEX             encryption key (GUEK): 32 hex digits\n"                       \
	"  --auth-key HEX        authentication key (GAK): 32 hex digits\n"

static const struct {
	const char *command; /* NULL: the whole program */
	const char *text;
} helps[] = {
	{ NULL, "Usage: hantool decode [OPTION]... " INPUT "\n"
	        "       hantool explain [OPTION]... " INPUT "\n"
	        "       hantool capture [OPTION]... DEVICE|tcp://HOST:PORT\n"
	        "       hantool replay [OPTION]... FILE\n"
	        "       hantool simulate [OPTION]...\n"
	        "       hantool lists\n"
	        "       hantool --help | --version\n"
	        "\n"
	        "decode    print what a meter sends as JSON, one object per message\n"
	        "explain   say of every octet what it is, and where decoding stopped and why\n"
	        "capture   write what comes from a port, with its times, to a file\n"
	        "replay    play such a file on a pty, with its own timing\n"
	        "simulate  play a meter on a pty\n"
	        "lists     name the lists and the simulated meters that are known\n"
	        "\n"
	        "`hantool COMMAND --help` tells more, hantool(1) tells all.\n" },
	{ "decode",
	  "Usage: hantool decode [OPTION]... " INPUT "\n"
	  "\n"
	  "Prints one JSON object per message; what is refused has a line on standard error.\n" INPUT_ABOUT
	  "\n"
	  "  --compact             one line per message\n" INPUT_OPTIONS },
	{ "explain",
	  "Usage: hantool explain [OPTION]... " INPUT "\n"
	  "\n"
	  "Prints every octet of the input with its meaning, and a summary.\n" INPUT_ABOUT
	  "\n" INPUT_OPTIONS },
	{ "capture",
	  "Usage: hantool capture [OPTION]... DEVICE|tcp://HOST:PORT\n"
	  "\n"
	  "Writes what comes, with its times, until it is interrupted. A serial port is read at\n"
	  "2400 8N1, with --protocol p1 at 115200 8N1.\n"
	  "\n"
	  "  --output FILE         write to FILE, which must not exist yet, instead of standard output\n"
	  "  --protocol PROTOCOL   auto, hdlc, mbus, or p1\n" },
	{ "replay",
	  "Usage: hantool replay [OPTION]... FILE\n"
	  "\n"
	  "Plays a capture on a pty, prints the pty's path, and ends when all was read. A file\n"
	  "without times is played as 2400 8N1 would bring it.\n"
	  "\n"
	  "  --speed X             X times as fast, above 0 up to 1000\n"
	  "  --link PATH           make PATH a symbolic link to the pty\n" },
	{ "simulate",
	  "Usage: hantool simulate [OPTION]...\n"
	  "\n"
	  "Plays a meter on a pty, without end, and prints the pty's path.\n"
	  "\n"
	  "  --meter METER         one that `hantool lists` prints; kaifa-ma304\n"
	  "  --key HEX             encryption key of a meter that encrypts: 32 hex digits\n"
	  "  --auth-key HEX        its authentication key, when it is to authenticate as well\n"
	  "  --speed X             X times the meter's own pace, above 0 up to 1000\n"
	  "  --start TIME          the meter's clock at the start, like 2026-01-31T23:59:50\n"
	  "  --link PATH           make PATH a symbolic link to the pty\n" },
	{ "lists",
	  "Usage: hantool lists\n"
	  "\n"
	  "Prints the lists that are known: name, maker, and what it is; then the meters that\n"
	  "`hantool simulate` plays.\n" },
};

void usage_refuse(const char *format, ...)
{
	va_list arguments;

	fputs("hantool: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; `hantool --help` shows the commands\n", stderr);
	exit(EXIT_USAGE);
}

void usage_print(const char *command)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
		const char *name = helps[i].command;

		if (name == command || (name && command && strcmp(name, command) == 0))
			fputs(helps[i].text, stdout);
	}
}

void usage_end_options(int option, char **argv, const char *command)
{
	const char *wrong = argv[optind - 1];

	if (option != 'h')
		usage_refuse("%s: unknown option, or one without its value: %.*s", command,
		             (int)strcspn(wrong, "="), wrong);
	usage_print(command);
	exit(EXIT_SUCCESS);
}

int usage_tell_errno(const char *what)
{
	int rc = -errno;

	fprintf(stderr, "hantool: %s: %s\n", what, strerror(-rc));
	return rc;
}
