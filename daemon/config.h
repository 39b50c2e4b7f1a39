/* The configuration: INI files → settings, from one table of keys.
 *
 * Owns the table, and every string that the settings point to. A mistake is told as
 * "FILE:LINE: [section] key: what is wrong, what is accepted"; all mistakes of all files are told.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "derive.h"
#include "meter.h"
#include "mqtt.h"
#include "power.h"
#include "publisher.h"
#include "secret.h"
#include "setting.h"

#define CONFIG_FILE "/etc/hanmqttd/hanmqttd.conf"

struct config_meter {
	char *section; /* the NAME of [meter NAME], "" for [meter] */
	bool written;  /* it has keys */
	struct meter_settings settings;
	/* as written */
	char *device, *name, *list, *key_file, *auth_key_file;
	unsigned baud, format, protocol;
	struct secret_version key_version, auth_key_version; /* of the keys in the settings */
};

#define CONFIG_TLS_FILES 4

struct config {
	struct mqtt_settings mqtt;
	struct publisher_settings publish;
	struct derive_settings derive;
	struct power_settings power;
	struct config_meter *meters;
	size_t meter_count;       /* at least 1 */
	const char **devices;     /* of the meters, NULL for auto */
	const char *status_topic; /* Home Assistant's */
	bool commands;            /* are taken from the broker */
	unsigned log_level;       /* LOG_ERR … */
	bool log_frames;

	/* of [mqtt] as written, and what mqtt points to; port 0: the usual one */
	unsigned port;
	char *client_id, *password_file, *password;
	char *tls_key_file, *tls_key_credential, *psk_file, *psk;
	struct secret_version tls_versions[CONFIG_TLS_FILES];
};

struct config_report {
	void *user;
	void (*mistake)(void *user, const char *text);
};

/* Reads path and the drop-ins path.d/NAME.conf in name order, later ones override. Without the file the
 * defaults stand, unless it is required. NULL when there was a mistake. */
struct config *config_load(const char *path, bool required, const struct config_report *report);
void config_free(struct config *config); /* accepts NULL */

/* Whether the sections, and the passwords and keys that they lead to, say the same; of [power] the line
 * alone, as times and limits change nothing that is held. */
bool config_same_mqtt(const struct config *a, const struct config *b);
bool config_same_line(const struct config *a, const struct config *b);
bool config_same_meters(const struct config *a, const struct config *b); /* and what is published */

#endif
