#include "settle-mqtt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "identity.h"
#include "secret.h"
#include "topic.h"

#define PORT     1883
#define PORT_TLS 8883

_Static_assert(CONFIG_TLS_FILES == 4, "ca-file, ca-path, cert-file, key-file");

static void mistake(const struct settle_hooks *hooks, const char *key, const char *what)
{
	hooks->mistake(hooks->user, "mqtt", key, 0, "%s", what);
}

static bool default_client_id(struct config *config)
{
	char host[65] = "", level[65], machine[IDENTITY_TEXT];

	if (config->client_id)
		return true;
	if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
		snprintf(host, sizeof(host), "localhost");
	if (asprintf(&config->client_id, "hanmqttd-%s-%s", topic_level(host, level, sizeof(level)),
	             identity_of_machine(machine)) < 0)
		config->client_id = NULL;
	return config->client_id != NULL;
}

static void take_password(struct config *config, const struct settle_hooks *hooks)
{
	char error[SECRET_ERROR];

	if (config->password_file && !config->mqtt.username)
		mistake(hooks, "password-file", "there is no username; accepted: both or none");
	if (config->password_file)
		config->password = secret_read_file(config->password_file, error);
	else
		config->password = secret_read_credential("mqtt-password", error);
	if (error[0])
		mistake(hooks, "password-file", error);
	if (config->mqtt.username)
		config->mqtt.password = config->password;
}

/* ---- TLS ---- */

static bool is_psk(const char *digits)
{
	size_t len = strlen(digits);

	for (size_t i = 0; i < len; i++) {
		if (hex_digit(digits[i]) < 0)
			return false;
	}
	return len > 0 && len % 2 == 0 && len <= MQTT_TLS_PSK_DIGITS;
}

static void take_psk(struct config *config, const struct settle_hooks *hooks)
{
	struct mqtt_tls_settings *tls = &config->mqtt.tls;
	char error[SECRET_ERROR];

	if (config->psk_file)
		config->psk = secret_read_file(config->psk_file, error);
	else
		config->psk = secret_read_credential("mqtt-psk", error);
	if (error[0])
		mistake(hooks, "psk-file", error);
	else if (!config->psk)
		mistake(hooks, "psk-identity",
		        "there is no key for it; accepted: with psk-file, or with the systemd "
		        "credential mqtt-psk");
	else if (!is_psk(config->psk))
		hooks->mistake(
			hooks->user, "mqtt", "psk-file", 0,
			"its first line is no key; accepted: an even number of hex digits, at most %d",
			MQTT_TLS_PSK_DIGITS);
	tls->psk = config->psk;
}

/* Whether there is a key for the certificate, or none is needed. */
static bool take_key(struct config *config, const struct settle_hooks *hooks)
{
	struct mqtt_tls_settings *tls = &config->mqtt.tls;
	char path[PATH_MAX];

	tls->key_file = config->tls_key_file;
	if (tls->cert_file && !tls->key_file &&
	    secret_find_credential("mqtt-key", path, sizeof(path)))
		tls->key_file = config->tls_key_credential = strdup(path);
	if (tls->cert_file && !tls->key_file)
		mistake(hooks, "cert-file",
		        "there is no key for it; accepted: with key-file, or with the systemd "
		        "credential mqtt-key");
	else if (tls->key_file && !tls->cert_file)
		mistake(hooks, "key-file", "there is no cert-file; accepted: both or none");
	return !tls->cert_file == !tls->key_file;
}

/* What the certificates and keys are, as far as it shows without the broker. */
static void try_files(struct config *config, const struct settle_hooks *hooks)
{
	const struct mqtt_tls_settings *tls = &config->mqtt.tls;
	const char *const files[] = { tls->ca_file, tls->ca_path, tls->cert_file, tls->key_file };
	struct mqtt_tls_fault fault;
	struct mqtt_tls_talk talk;
	struct ssl_ctx_st *context = mqtt_tls_new(tls, config->mqtt.host, &talk, &fault);

	if (!context)
		mistake(hooks, fault.key, fault.what);
	mqtt_tls_free(context);
	for (size_t i = 0; i < CONFIG_TLS_FILES; i++)
		config->tls_versions[i] = secret_version_of(files[i]);
}

/* Whether one of the keys of certificates is set: its name. */
static const char *certificate_key(const struct config *config)
{
	const struct mqtt_tls_settings *tls = &config->mqtt.tls;

	return tls->ca_file           ? "ca-file"
	       : tls->ca_path         ? "ca-path"
	       : tls->cert_file       ? "cert-file"
	       : config->tls_key_file ? "key-file"
	       : tls->insecure        ? "tls-insecure"
	                              : NULL;
}

static const char *psk_key(const struct config *config)
{
	return config->mqtt.tls.psk_identity ? "psk-identity"
	       : config->psk_file            ? "psk-file"
	                                     : NULL;
}

static void settle_tls(struct config *config, const struct settle_hooks *hooks)
{
	const char *certificate = certificate_key(config), *psk = psk_key(config);

	if (!config->mqtt.tls.on && (certificate || psk))
		mistake(hooks, certificate ? certificate : psk,
		        "tls is off; accepted: with tls = yes");
	else if (certificate && psk)
		hooks->mistake(
			hooks->user, "mqtt", certificate, 0,
			"%s is set too; accepted: certificates, or a pre-shared key, which needs none",
			psk);
	else if (config->psk_file && !config->mqtt.tls.psk_identity)
		mistake(hooks, "psk-file", "there is no psk-identity; accepted: both or none");
	else if (psk)
		take_psk(config, hooks);
	else if (config->mqtt.tls.on && take_key(config, hooks))
		try_files(config, hooks);
}

bool settle_mqtt(struct config *config, const struct settle_hooks *hooks)
{
	if (!default_client_id(config))
		return false;
	config->mqtt.client_id = config->client_id;
	config->mqtt.port = config->port ? config->port : config->mqtt.tls.on ? PORT_TLS : PORT;
	take_password(config, hooks);
	settle_tls(config, hooks);
	return true;
}
