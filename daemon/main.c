/* hanmqttd: options, signals, exit code. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app.h"
#include "config.h"
#include "forget.h"
#include "journal.h"
#include "log.h"
#include "lookup.h"
#include "loop.h"
#include "secret.h"
#include "service.h"

#define LARGE (32 * 1024)

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

struct options {
	const char *config;
	bool config_named;
	bool check;
	bool verbose;
	const char *forget; /* a meter; NULL: none */
};

struct daemon {
	struct options options;
	struct loop loop;
	struct service service;
	struct signals signals;
	struct app app;
	char mistake[400]; /* the first one of the configuration read last */
	int exit_code;     /* a failure, until somebody asks for the end */
};

static void print_help(void)
{
	fputs("Usage: hanmqttd [OPTION]...\n"
	      "Reads electricity meters and publishes every value to MQTT.\n"
	      "\n"
	      "  --config FILE    read FILE instead of " CONFIG_FILE "\n"
	      "  --check          check the configuration and exit\n"
	      "  --forget METER   remove all traces of a meter, by its id or name, and exit\n"
	      "  --verbose        log at level debug\n"
	      "  --version        print the version and exit\n"
	      "  --help           print this and exit\n"
	      "\n"
	      "See hanmqttd(8) and hanmqttd.conf(5).\n",
	      stdout);
}

static void refuse_usage(const char *what)
{
	fprintf(stderr, "hanmqttd: %s; `hanmqttd --help` shows the options\n", what);
	exit(EXIT_USAGE);
}

/* The exit code of what was asked for on a terminal and is printed now. */
static int end_output(void)
{
	bool failed = ferror(stdout); /* then a flush of what is left may succeed */

	errno = EIO;
	if (fflush(stdout) == 0 && !failed)
		return EXIT_SUCCESS;
	fprintf(stderr, "hanmqttd: standard output: %s\n", strerror(errno));
	return EXIT_FAILURE;
}

static const struct option known_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'k' },
	{ "forget", required_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static struct options read_options(int argc, char **argv)
{
	struct options options = { .config = CONFIG_FILE };
	int c;

	while ((c = getopt_long(argc, argv, "", known_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (!optarg[0])
				refuse_usage("--config takes a file");
			options.config = optarg;
			options.config_named = true;
			break;
		case 'k':
			options.check = true;
			break;
		case 'f':
			if (!optarg[0] || strcmp(optarg, "bridge") == 0)
				refuse_usage("--forget takes a meter's id, or its name in topics");
			options.forget = optarg;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'V':
			puts("hanmqttd " HANMQTTD_VERSION);
			exit(end_output());
		case 'h':
			print_help();
			exit(end_output());
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
		log_write(LOG_ERR | LOG_ASKED_FOR, j.fields, "%s", text);
	else
		fprintf(stderr, "%s\n", text);
}

static struct config *load(struct daemon *d)
{
	const struct config_report report = { d, tell_mistake };

	d->mistake[0] = '\0';
	return config_load(d->options.config, d->options.config_named, &report);
}

/* The usual file may be absent, as after a removal by mistake; one that was named may not. */
static void tell_absent(const struct daemon *d)
{
	if (access(d->options.config, F_OK) < 0)
		log_notice("%s is not there: without drop-ins every key is at its default",
		           d->options.config);
}

/* NULL: it has a mistake, or a line that cannot be had. */
static struct config *load_anew(struct daemon *d)
{
	struct config *config = load(d);

	if (!config || app_change_line(&d->app, config) == 0)
		return config;
	snprintf(d->mistake, sizeof(d->mistake),
	         "[power] line cannot be had; the journal says why");
	config_free(config);
	return NULL;
}

/* The old line may be lost, too. */
static void tell_refused(struct daemon *d)
{
	if (!d->loop.running) {
		service_failed(0, "stopped after a reload: %s", d->mistake);
		return;
	}
	log_error("reload refused, the old configuration stays in force");
	service_remark(&d->service, "reload refused, the old configuration stays in force: %s",
	               d->mistake);
	service_ready(&d->service);
}

static void reload(struct daemon *d)
{
	struct config *config;
	int rc;

	service_reloading(&d->service);
	config = load_anew(d);
	if (!config) {
		tell_refused(d);
		return;
	}
	log_info("%s is read again", d->options.config);
	tell_absent(d);
	service_remark(&d->service, "%s", "");
	rc = app_reconfigure(&d->app, config);
	if (rc < 0) {
		service_failed(-rc, "stopped after a reload: %s; the journal says why",
		               strerror(-rc));
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

/* systemd and shells allow 1024 to begin with, for the sake of programs that use select(); here each port takes one. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What is large is there for a while only, a search or a look at the broker: it gets pages of its own, which go with
 * it. More arenas than one are for threads that compete; these two take turns. */
static void spare_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, 2 * LARGE);
	mallopt(M_ARENA_MAX, 1);
}

static int set_up(struct daemon *d, struct config *config)
{
	sigset_t set;
	int rc;

	allow_descriptors();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	d->exit_code = EXIT_FAILURE;
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

static int tell_valid(const char *path, struct config *config)
{
	bool there = access(path, F_OK) == 0;

	config_free(config);
	printf("%s: %s\n", path,
	       there ? "the configuration is valid"
	             : "not there; the configuration is valid without it");
	return end_output();
}

/* By hand: what people have to know is said on the terminal, not in the log. */
static int forget(const struct daemon *d, struct config *config)
{
	int rc;

	signal(SIGPIPE, SIG_IGN);
	log_set_level(d->options.verbose ? LOG_DEBUG : LOG_ERR);
	rc = forget_meter(config, d->options.forget);
	config_free(config);
	if (rc < 0)
		_exit(EXIT_FAILURE); /* a name lookup may still hang: its thread must not be waited for */
	return end_output();
}

int main(int argc, char **argv)
{
	static struct daemon d; /* only zeros, which the file does not hold */
	struct config *config;
	bool clean;
	int rc;

	spare_memory();
	d.options = read_options(argc, argv);
	log_init("hanmqttd");
	/* Another configuration is another service's, or nobody's. */
	if ((d.options.check || d.options.forget) && strcmp(d.options.config, CONFIG_FILE) == 0)
		secret_use_service_credentials();
	config = load(&d);
	if (!config) {
		if (!d.options.check && !d.options.forget)
			service_failed(0, "not started, as the configuration has a mistake: %s",
			               d.mistake);
		log_catch_up();
		return EXIT_CONFIG;
	}
	if (d.options.check)
		return tell_valid(d.options.config, config);
	if (d.options.forget)
		return forget(&d, config);
	log_set_level(d.options.verbose ? LOG_DEBUG : (int)config->log_level);
	log_info("hanmqttd %s starting", HANMQTTD_VERSION);
	tell_absent(&d);
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
