/* hantool: decode and explain what a meter sends, capture and replay it, play a meter, name what is known. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue.h"
#include "decode.h"
#include "explain.h"
#include "record.h"
#include "replay.h"
#include "simulate.h"
#include "usage.h"

/* A closed one would be the next file that is opened, and what is printed would go to a meter's line. What stands
 * in for it fails as it would. */
static void occupy_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "decode", decode_main },     { "explain", explain_main },
		{ "capture", record_main },    { "replay", replay_main },
		{ "simulate", simulate_main }, { "lists", catalogue_main },
	};

	occupy_streams();
	if (argc < 2)
		usage_refuse(NULL, "no command");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "--help") == 0)
		return usage_help(NULL);
	if (strcmp(argv[1], "--version") != 0)
		usage_refuse(NULL, "unknown command %s", argv[1]);
	puts("hantool " HANMQTTD_VERSION);
	return usage_finish(EXIT_SUCCESS);
}
