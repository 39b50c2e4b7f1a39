#include "usage.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT "[FILE|DEVICE|tcp://HOST:PORT|-]"
#define INPUT_ABOUT                                                                      \
	"The input is a file, a capture of `hantool capture`, a serial port, a serial\n" \
	"server on the network, or standard input.\n"
#define LINE_OPTIONS                                                                        \
	"  --baud N              of a serial port, 300 to 115200; else 2400 (p1: 115200)\n" \
	"  --format FORMAT       of a serial port: 8N1 (the default), 8E1 or 7E1\n"
#define INPUT_OPTIONS                                                                        \
	"  --protocol PROTOCOL   auto, hdlc, mbus, p1, or dlms (the input is a bare APDU)\n" \
	"  --list LIST           auto, or a name that `hantool lists` prints\n"              \
	"  --key HEX             encryption key (GUEK): 32 hex digits\n"                     \
	"  --auth-key HEX        authentication key (GAK): 32 hex digits\n" LINE_OPTIONS

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
	{ "decode", "Usage: hantool decode [OPTION]... " INPUT "\n"
	            "\n"
	            "Prints one JSON object per message, and a line on standard error for what is\n"
	            "refused.\n" INPUT_ABOUT "\n"
	            "  --compact             one line per message\n" INPUT_OPTIONS },
	{ "explain",
	  "Usage: hantool explain [OPTION]... " INPUT "\n"
	  "\n"
	  "Prints every octet of the input with its meaning, and a summary.\n" INPUT_ABOUT
	  "\n" INPUT_OPTIONS },
	{ "capture", "Usage: hantool capture [OPTION]... DEVICE|tcp://HOST:PORT\n"
	             "\n"
	             "Writes what comes, with its times, until it is interrupted.\n"
	             "\n"
	             "  --output FILE         a new file to write to, instead of standard output\n"
	             "  --protocol PROTOCOL   auto, hdlc, mbus, or p1\n" LINE_OPTIONS },
	{ "replay", "Usage: hantool replay [OPTION]... FILE\n"
	            "\n"
	            "Plays a capture on a pty, prints the pty's path, and ends when all was read.\n"
	            "A file without times is played as 2400 8N1 would bring it.\n"
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
	  "  --auth-key HEX        its authentication key, if it is to authenticate as well\n"
	  "  --speed X             X times the meter's own pace, above 0 up to 1000\n"
	  "  --start TIME          the meter's clock at the start, like 2026-01-31T23:59:50\n"
	  "  --link PATH           make PATH a symbolic link to the pty\n" },
	{ "lists", "Usage: hantool lists\n"
	           "\n"
	           "Prints the lists that are known: name, maker, and what it is; then the meters\n"
	           "that `hantool simulate` plays.\n" },
};

void usage_refuse(const char *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "hantool%s%s: ", command ? " " : "", command ? command : "");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (command)
		fprintf(stderr, "; `hantool %s --help` shows its options\n", command);
	else
		fputs("; `hantool --help` shows the commands\n", stderr);
	exit(EXIT_USAGE);
}

int usage_help(const char *command)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
		const char *name = helps[i].command;

		if (name == command || (name && command && strcmp(name, command) == 0))
			fputs(helps[i].text, stdout);
	}
	return usage_finish(EXIT_SUCCESS);
}

/* Once a write has failed, flushing what is left may succeed. */
int usage_finish(int status)
{
	bool failed = ferror(stdout);

	errno = EIO;
	if (fflush(stdout) == EOF || failed) {
		usage_tell_errno("standard output");
		return EXIT_FAILURE;
	}
	return status;
}

/* getopt says a letter for a short option, which stands in a word that it has not left yet, and for the value
 * of an option that takes none, which it has. */
static bool has_spare_value(const char *word)
{
	return strncmp(word, "--", 2) == 0 && word[2] == optopt && strchr(word, '=');
}

void usage_end_options(int option, char **argv, const char *command)
{
	const char *word = argv[optind - 1];
	int name = (int)strcspn(word, "=");

	if (option == 'h')
		exit(usage_help(command));
	if (option == ':')
		usage_refuse(command, "%.*s wants a value", name, word);
	if (optopt && has_spare_value(word))
		usage_refuse(command, "%.*s takes no value", name, word);
	if (optopt)
		usage_refuse(command, "unknown option -%c: all options are words behind two dashes",
		             optopt > ' ' && optopt < 0x7F ? optopt : '?');
	usage_refuse(command, "unknown option %.*s", name, word);
}

int usage_tell_errno(const char *what)
{
	int rc = -errno;

	fprintf(stderr, "hantool: %s: %s\n", what, strerror(-rc));
	return rc;
}
