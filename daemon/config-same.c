#include <string.h>

#include "config.h"
#include "keys.h"

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool config_same_mqtt(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < CONFIG_TLS_FILES; i++) {
		if (!secret_version_same(&a->tls_versions[i], &b->tls_versions[i]))
			return false;
	}
	return keys_same(a, b, "mqtt") && same_text(a->status_topic, b->status_topic) &&
	       same_text(a->password, b->password) && same_text(a->psk, b->psk);
}

bool config_same_line(const struct config *a, const struct config *b)
{
	const char *const keys[] = { "line", "active-low" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!setting_same(keys_find("power", keys[i]), a, b))
			return false;
	}
	return true;
}

static bool same_keys(const struct config_meter *a, const struct config_meter *b)
{
	return secret_version_same(&a->key_version, &b->key_version) &&
	       secret_version_same(&a->auth_key_version, &b->auth_key_version);
}

bool config_same_meters(const struct config *a, const struct config *b)
{
	if (a->meter_count != b->meter_count)
		return false;
	for (size_t i = 0; i < a->meter_count; i++) {
		if (!keys_same_meter(&a->meters[i], &b->meters[i]) ||
		    !same_keys(&a->meters[i], &b->meters[i]))
			return false;
	}
	return keys_same(a, b, "publish") && keys_same(a, b, "homeassistant");
}
