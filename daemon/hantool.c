/* hantool: decode and explain what a meter sends, capture and replay it, play a meter, name what is known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "decode.h"
#include "explain.h"
#include "record.h"
#include "replay.h"
#include "simulate.h"
#include "usage.h"

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
