/* hanmqttd: options, signals, exit code. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "config.h"
#include "journal.h"
#include "log.h"
#include "lookup.h"
#include "loop.h"
#include "service.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

struct options {
	const char *config;
	bool config_named;
	bool check;
	bool verbose;
};

struct daemon {
	struct options options;
	struct loop loop;
	struct service service;
	struct signals signals;
	struct app app;
	char mistake[400]; /* the first one of the configuration read last */
	int exit_code;
};

static void print_help(FILE *out)
{
	fputs("Usage: hanmqttd [OPTION]...\n"
	      "Reads electricity meters and publishes every value to MQTT.\n"
	      "\n"
	      "  --config FILE    read FILE instead of " CONFIG_FILE "\n"
	      "  --check          check the configuration and exit\n"
	      "  --forget METER   not available yet\n"
	      "  --verbose        log at level debug\n"
	      "  --version        print the version and exit\n"
	      "  --help           print this and exit\n"
	      "\n"
	      "See hanmqttd(8) and hanmqttd.conf(5).\n",
	      out);
}

static void refuse_usage(const char *what)
{
	fprintf(stderr, "hanmqttd: %s; `hanmqttd --help` shows the options\n", what);
	exit(EXIT_USAGE);
}

static struct options read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "forget", required_argument, NULL, 'f' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = { .config = CONFIG_FILE };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config = optarg;
			options.config_named = true;
			break;
		case 'k':
			options.check = true;
			break;
		case 'f':
			refuse_usage("--forget is not available yet");
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'V':
			puts("hanmqttd " HANMQTTD_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			print_help(stdout);
			exit(EXIT_SUCCESS);
		default:
			refuse_usage("wrong option");
		}
	}
	if (optind < argc)
		refuse_usage("takes no arguments");
	return options;
}

/* To the journal when we log there, otherwise as it is: FILE:LINE: ..., which editors understand. */
static void tell_mistake(void *user, const char *text)
{
	struct daemon *d = user;
	struct journal j = { 0 };

	if (!d->mistake[0])
		snprintf(d->mistake, sizeof(d->mistake), "%s", text);
	journal_text(&j, "MESSAGE_ID", JOURNAL_CONFIG_REFUSED);
	journal_text(&j, "ERROR_CAUSE", text);
	if (log_to_journal())
		log_write(LOG_ERR, j.fields, "%s", text);
	else
		fprintf(stderr, "%s\n", text);
}

static struct config *load(struct daemon *d)
{
	const struct config_report report = { d, tell_mistake };

	d->mistake[0] = '\0';
	return config_load(d->options.config, d->options.config_named, &report);
}

static void reload(struct daemon *d)
{
	struct config *config;

	service_reloading(&d->service);
	config = load(d);
	if (!config) {
		log_error(
			"reload refused: the configuration has mistakes, the old one stays in force");
		service_remark(&d->service,
		               "reload refused, the old configuration stays in force: %s",
		               d->mistake);
		service_ready(&d->service);
		return;
	}
	log_info("%s is read again", d->options.config);
	service_remark(&d->service, "%s", "");
	if (app_reconfigure(&d->app, config) < 0) {
		d->exit_code = EXIT_FAILURE;
		loop_stop(&d->loop);
	}
	service_ready(&d->service);
}

static void on_signal(struct signals *signals, int signo)
{
	struct daemon *d = container_of(signals, struct daemon, signals);

	if (signo == SIGHUP) {
		reload(d);
		return;
	}
	log_info("stopping");
	d->exit_code = EXIT_SUCCESS;
	service_stopping(&d->service);
	loop_stop(&d->loop);
}

/* Whatever a handler has queued leaves in one burst. */
static void on_settled(void *user)
{
	struct daemon *d = user;

	mqtt_flush(&d->app.mqtt);
}

static int set_up(struct daemon *d, struct config *config)
{
	sigset_t set;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	rc = loop_init(&d->loop);
	d->loop.settled = on_settled;
	d->loop.user = d;
	if (rc == 0)
		rc = signals_init(&d->signals, &d->loop, &set, on_signal);
	if (rc == 0) {
		service_init(&d->service, &d->loop);
		return app_start(&d->app, &d->loop, &d->service, config, d->options.verbose);
	}
	log_error("start failed: %s", strerror(-rc));
	config_free(config);
	return rc;
}

int main(int argc, char **argv)
{
	static struct daemon d = { .loop.fd = -1, .exit_code = EXIT_FAILURE };
	struct config *config;
	bool clean;
	int rc;

	d.options = read_options(argc, argv);
	log_init("hanmqttd");
	config = load(&d);
	if (!config) {
		if (!d.options.check)
			service_failed(0, "not started, as the configuration has a mistake: %s",
			               d.mistake);
		log_catch_up();
		return EXIT_CONFIG;
	}
	if (d.options.check) {
		printf("%s: the configuration is valid\n", d.options.config);
		config_free(config);
		return EXIT_SUCCESS;
	}
	log_set_level(d.options.verbose ? LOG_DEBUG : (int)config->log_level);
	log_info("hanmqttd %s starting", HANMQTTD_VERSION);
	rc = set_up(&d, config);
	if (rc < 0) {
		service_failed(-rc, "not started: %s; the journal says why", strerror(-rc));
	} else {
		service_ready(&d.service);
		if (loop_run(&d.loop) < 0)
			d.exit_code = EXIT_FAILURE;
	}
	clean = app_stop(&d.app);
	service_fini(&d.service);
	signals_fini(&d.signals);
	log_catch_up();
	loop_fini(&d.loop);
	if (!clean || lookup_hangs())
		_exit(d.exit_code); /* a name lookup still hangs: its thread must not be waited for */
	return d.exit_code;
}
