/* What the keys of [mqtt] mean together: the usual port, the name of the client, password, certificates and
 * keys.
 */
#ifndef SETTLE_MQTT_H
#define SETTLE_MQTT_H

#include "settle.h"

/* As settle_config(), of this section. */
bool settle_mqtt(struct config *config, const struct settle_hooks *hooks);

#endif
