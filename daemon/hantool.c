/* hantool: decode and explain what a meter sends, capture and replay it, play a meter, name what is known. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/reading.h>

#include "decode.h"
#include "explain.h"
#include "record.h"
#include "replay.h"
#include "simulate.h"
#include "usage.h"

/* ---- simulate ---- */

/* Takes a key out of the command line: no list of processes shows it from here on. */
static void read_key(char *text, uint8_t key[SIMULATE_KEY_OCTETS], bool *given, const char *option)
{
	*given = simulate_read_key(text, key);
	explicit_bzero(text, strlen(text));
	if (!*given)
		usage_refuse("%s takes 32 hex digits", option);
}

static bool read_simulate_option(struct simulate_settings *s, int c)
{
	switch (c) {
	case 'm':
		s->meter = optarg;
		break;
	case 'k':
		read_key(optarg, s->key, &s->has_key, "--key");
		break;
	case 'a':
		read_key(optarg, s->auth_key, &s->has_auth_key, "--auth-key");
		break;
	case 's':
		if (!simulate_read_speed(optarg, &s->speed))
			usage_refuse("--speed takes a number above 0 up to 1000");
		break;
	case 't':
		if (!simulate_read_start(optarg, &s->start))
			usage_refuse("--start takes a time like 2026-01-31T23:59:50");
		break;
	case 'l':
		s->link = optarg;
		break;
	default:
		return false;
	}
	return true;
}

static int run_simulate(int argc, char **argv)
{
	static const struct option known[] = {
		{ "meter", required_argument, NULL, 'm' },
		{ "key", required_argument, NULL, 'k' },
		{ "auth-key", required_argument, NULL, 'a' },
		{ "speed", required_argument, NULL, 's' },
		{ "start", required_argument, NULL, 't' },
		{ "link", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct simulate_settings settings;
	int c;

	opterr = 0;
	simulate_init(&settings);
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (!read_simulate_option(&settings, c))
			usage_end_options(c, argv, "simulate");
	}
	if (optind < argc)
		usage_refuse("simulate takes no arguments");
	if (simulate_check(&settings))
		usage_refuse("%s: %s", settings.meter, simulate_check(&settings));
	return simulate(&settings) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- lists ---- */

static void print_row(const char *name, const char *maker, const char *about)
{
	printf("%-20s  %-11s  %s\n", name, maker, about);
}

static int run_lists(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage_end_options('h', argv, "lists");
	if (argc > 1)
		usage_refuse("lists takes no arguments");
	for (size_t i = 0; i < han_list_count(); i++) {
		const struct han_list *list = han_list_at(i);
		const char *maker = han_list_maker(list);

		print_row(han_list_name(list), maker[0] ? maker : "-", han_list_about(list));
	}
	for (size_t i = 0; i < simulate_meter_count(); i++)
		print_row(simulate_meter_name(i), "(simulated)", simulate_meter_about(i));
	return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "decode", decode_main }, { "explain", explain_main },  { "capture", record_main },
		{ "replay", replay_main }, { "simulate", run_simulate }, { "lists", run_lists },
	};

	if (argc < 2)
		usage_refuse("no command");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "--version") == 0)
		puts("hantool " HANMQTTD_VERSION);
	else if (strcmp(argv[1], "--help") == 0)
		usage_print(NULL);
	else
		usage_refuse("unknown command %s", argv[1]);
	return EXIT_SUCCESS;
}
