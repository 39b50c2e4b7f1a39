"""What Home Assistant accepts as an MQTT device discovery message, and what we ask of ours on top.

check_message() returns the faults it finds, one sentence each; none means that Home Assistant creates
every entity without a word in its log.
"""
import datetime
import json
import re

ROOT_KEYS = {"device", "origin", "components", "availability", "availability_mode", "availability_template",
             "availability_topic", "payload_available", "payload_not_available", "state_topic",
             "command_topic", "qos", "encoding"}
DEVICE_KEYS = {"identifiers", "connections", "name", "manufacturer", "model", "model_id", "serial_number",
               "hw_version", "sw_version", "suggested_area", "configuration_url", "via_device"}
ORIGIN_KEYS = {"name", "sw_version", "support_url"}
AVAILABILITY_KEYS = {"topic", "payload_available", "payload_not_available", "value_template"}

COMMON_KEYS = {"platform", "unique_id", "default_entity_id", "name", "entity_category", "enabled_by_default",
               "icon", "device_class", "availability", "availability_mode", "payload_available",
               "payload_not_available", "qos", "encoding", "json_attributes_topic",
               "json_attributes_template"}
COMPONENT_KEYS = {
    "sensor": COMMON_KEYS | {"state_topic", "unit_of_measurement", "state_class", "value_template",
                             "suggested_display_precision", "options", "expire_after", "force_update",
                             "last_reset_value_template"},
    "binary_sensor": COMMON_KEYS | {"state_topic", "payload_on", "payload_off", "value_template",
                                    "expire_after", "force_update", "off_delay"},
    "button": COMMON_KEYS | {"command_topic", "command_template", "payload_press", "retain"},
}
REQUIRED_TOPIC = {"sensor": "state_topic", "binary_sensor": "state_topic", "button": "command_topic"}
CONFIG_CATEGORY = {"button"}

# Device class: units, state classes.
ENERGY = ("total_increasing", "total")
SENSOR_CLASSES = {
    "power": ("mW W kW MW GW TW", ("measurement",)),
    "reactive_power": ("mvar var kvar", ("measurement",)),
    "apparent_power": ("mVA VA kVA", ("measurement",)),
    "energy": ("mWh Wh kWh MWh GWh TWh J kJ MJ GJ cal kcal Mcal Gcal", ENERGY),
    "reactive_energy": ("varh kvarh", ENERGY),
    "current": ("A mA", ("measurement",)),
    "voltage": ("\u03bcV mV V kV MV", ("measurement",)),
    "frequency": ("Hz kHz MHz GHz", ("measurement",)),
    "power_factor": ("%", ("measurement",)),
    "timestamp": (None, ()),
    "duration": ("d h min s ms \u03bcs", ("measurement", "total", "total_increasing")),
    "signal_strength": ("dB dBm", ("measurement",)),
    "enum": (None, ()),
}
UNITLESS_TOO = {"power_factor"}
STATE_CLASSES = {"measurement", "total", "total_increasing", "measurement_angle"}
BINARY_CLASSES = {"connectivity", "problem", "power", "running", "battery"}
BUTTON_CLASSES = {"restart", "identify", "update"}
# Spellings that meters and people use, and Home Assistant does not know.
WRONG_UNITS = {"VAr", "VAR", "kVAr", "VArh", "kVArh", "KWh", "kwh", "Kwh", "w", "v", "a"}

ID = re.compile(r"[a-zA-Z0-9_-]+")
LARGEST = 64 * 1024


class _Twice(ValueError):
    pass


def _object(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise _Twice(f"key {key} stands twice")
    return dict(pairs)


def _no_constant(word):
    raise ValueError(f"{word} is no JSON")


def parse(payload):
    """The JSON object in these octets; ValueError when Home Assistant would not take it."""
    message = json.loads(payload.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def check_message(topic, payload, prefix="homeassistant"):
    """All that is wrong with a device discovery message, the payload as octets."""
    faults = []
    if not re.fullmatch(re.escape(prefix) + r"/device/[a-zA-Z0-9_-]+/config", topic):
        faults.append(f"topic {topic}: not PREFIX/device/ID/config with an id of letters, digits, _ and -")
    if len(payload) > LARGEST:
        faults.append(f"{len(payload)} octets are too many for some brokers")
    try:
        message = parse(payload)
    except ValueError as error:  # bad UTF-8 and bad JSON are ValueErrors too
        return faults + [f"payload: {error}"]
    return faults + list(_check_root(message))


MIGRATION = {"migrate_discovery": True}


def check_entity_message(topic, payload, prefix="homeassistant"):
    """All that is wrong with the discovery message of one entity, the payload as octets."""
    match = re.fullmatch(re.escape(prefix) + r"/([a-z_]+)/([a-zA-Z0-9_-]+)/([a-zA-Z0-9_-]+)/config", topic)
    if not match:
        return [f"topic {topic}: not PREFIX/PLATFORM/NODE/ID/config"]
    try:
        message = parse(payload)
    except ValueError as error:
        return [f"payload: {error}"]
    platform, node, name = match.groups()
    faults = []
    if "platform" in message:
        faults.append(f"{name}: the topic says the platform")
    component = {"platform": platform, **{k: v for k, v in message.items() if k not in ("device", "origin")}}
    if not str(component.get("unique_id")) == f"{node}_{name}":
        faults.append(f"{name}: unique_id {component.get('unique_id')} does not go with the topic's ids")
    # As one component of a device message that says nothing for all: the rules are the same.
    whole = {k: v for k, v in message.items() if k in ("device", "origin")}
    return faults + list(_check_root({**whole, "components": {name: component}}))


def is_migration(payload):
    """Whether the message lets go of its entities, for another topic to take them."""
    return bool(payload) and parse(payload) == MIGRATION


def as_device_message(messages):
    """The messages of one entity each, by their topics, as the one device message that says the same."""
    components, whole = {}, {}
    for topic, payload in messages.items():
        message = parse(payload)
        whole = {k: message.pop(k) for k in ("device", "origin")}
        platform, _, name, _ = topic.rsplit("/", 4)[1:]
        components[name] = {"platform": platform, **message}
    return {**whole, "components": components}


def _check_root(message):
    for key in sorted(message.keys() - ROOT_KEYS):
        yield f"root: key {key} refuses the whole message"
    for key in ("device", "origin", "components"):
        if not isinstance(message.get(key), dict) or not message[key]:
            yield f"root: {key} is missing or no object"
            return
    yield from _check_device(message["device"])
    yield from _check_origin(message["origin"])
    yield from _check_shared("root", message)
    seen = {}
    for name, component in message["components"].items():
        if not ID.fullmatch(name):
            yield f"{name!r}: a component's id has letters, digits, _ and - only"
        if not isinstance(component, dict):
            yield f"{name}: no object"
            continue
        if is_removal(component):
            continue
        yield from _check_component(name, component, message)
        for key in ("unique_id", "default_entity_id"):
            value = component.get(key)
            if value is not None and seen.setdefault((key, str(value)), name) != name:
                yield f"{name}: {key} {value} is that of {seen[key, str(value)]} too"


def is_removal(component):
    """A component of nothing but its platform removes the entity."""
    return component.keys() == {"platform"} and component["platform"] in COMPONENT_KEYS


def _texts(where, mapping, keys):
    for key in keys:
        if key in mapping and (not isinstance(mapping[key], str) or not mapping[key]):
            yield f"{where}: {key} is no text"


def _check_device(device):
    for key in sorted(device.keys() - DEVICE_KEYS):
        yield f"device: key {key} refuses the whole message"
    if not device.get("identifiers") and not device.get("connections"):
        yield "device: neither identifiers nor connections"
    identifiers = device.get("identifiers", [])
    if not isinstance(identifiers, list) or not all(isinstance(i, str) and i for i in identifiers):
        yield "device: identifiers is no list of texts"
    if not device.get("name"):
        yield "device: no name"
    yield from _texts("device", device, DEVICE_KEYS - {"identifiers", "connections"})
    if not re.match(r"https?://", str(device.get("configuration_url", "http://"))):
        yield "device: configuration_url is no web address"


def _check_origin(origin):
    for key in sorted(origin.keys() - ORIGIN_KEYS):
        yield f"origin: key {key} refuses the whole message"
    if not origin.get("name"):
        yield "origin: no name"
    yield from _texts("origin", origin, ORIGIN_KEYS)
    if not re.match(r"https?://", str(origin.get("support_url", "http://"))):
        yield "origin: support_url is no web address"


def _check_topic(where, topic):
    if not isinstance(topic, str) or not topic:
        yield f"{where}: no topic"
    elif re.search(r"[+#]", topic):
        yield f"{where}: wildcard in {topic}"
    elif re.search(r"[\x00-\x1f\x7f]", topic) or len(topic.encode()) > 65535:
        yield f"{where}: a topic cannot be {topic[:80]!r}"


def _check_shared(where, mapping):
    """What the root and every component may have."""
    for key, value in mapping.items():
        if key.endswith("_topic"):
            yield from _check_topic(f"{where}: {key}", value)
    if mapping.get("qos", 0) not in (0, 1, 2) or isinstance(mapping.get("qos"), bool):
        yield f"{where}: qos {mapping['qos']}"
    if "availability_topic" in mapping:
        yield f"{where}: availability_topic excludes the list form, which is used everywhere"
    if mapping.get("availability_mode", "all") not in ("all", "any", "latest"):
        yield f"{where}: availability_mode {mapping['availability_mode']}"
    entries = mapping.get("availability", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        yield f"{where}: availability is no list of objects"
        return
    for entry in entries:
        yield from _check_topic(f"{where}: availability", entry.get("topic"))
        for key in sorted(entry.keys() - AVAILABILITY_KEYS):
            yield f"{where}: key {key} in availability"


def _check_component(name, component, root):
    platform = component.get("platform")
    if "p" in component or platform not in COMPONENT_KEYS:
        yield f"{name}: platform {platform!r} refuses the whole message"
        return
    if not isinstance(component.get("unique_id"), str) or not ID.fullmatch(component["unique_id"]):
        yield f"{name}: unique_id is missing or has odd characters"
    for key in ("object_id", "obj_id"):
        if key in component:
            yield f"{name}: {key} is not known any more"
    for key in sorted(component.keys() - COMPONENT_KEYS[platform] - {"object_id", "obj_id"}):
        yield f"{name}: key {key} is not known for a {platform} (or a short form)"
    if not re.fullmatch(platform + r"\.[a-z0-9_]+", str(component.get("default_entity_id"))):
        yield f"{name}: default_entity_id {component.get('default_entity_id')} is not {platform}.NAME"
    yield from _check_topic(f"{name}: {REQUIRED_TOPIC[platform]}", component.get(REQUIRED_TOPIC[platform]))
    yield from _check_shared(name, component)
    yield from _check_looks(name, component, root["device"], platform)
    both = {**{k: root[k] for k in ("availability", "availability_mode") if k in root}, **component}
    if len(both.get("availability", [])) > 1 and both.get("availability_mode") != "all":
        yield f"{name}: two availability topics without mode all"
    if not both.get("availability"):
        yield f"{name}: nothing says whether it is available"
    yield from {"sensor": _check_sensor, "binary_sensor": _check_binary_sensor,
                "button": _check_button}[platform](name, component)


def _check_looks(name, component, device, platform):
    title = component.get("name")
    if not isinstance(title, str) or not title:
        yield f"{name}: no name"
    elif title.casefold().startswith(str(device.get("name")).casefold()):
        yield f"{name}: its name {title} starts with the device's"
    category = component.get("entity_category", "diagnostic")
    if category != "diagnostic" and not (category == "config" and platform in CONFIG_CATEGORY):
        yield f"{name}: entity_category {category}"
    if not isinstance(component.get("enabled_by_default", True), bool):
        yield f"{name}: enabled_by_default is neither true nor false"
    if not str(component.get("icon", "mdi:x")).startswith("mdi:"):
        yield f"{name}: icon {component['icon']}"
    if "value_template" in component:
        try:
            compile(_expression(component["value_template"]), name, "eval")
        except ValueError as error:
            yield f"{name}: value_template: {error}"
        except SyntaxError:
            yield f"{name}: value_template {component['value_template']} is no expression"


def _check_sensor(name, component):
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    state_class, precision = component.get("state_class"), component.get("suggested_display_precision")
    if device_class is not None and device_class not in SENSOR_CLASSES:
        yield f"{name}: device_class {device_class}"
        return
    if unit in WRONG_UNITS or (unit is not None and (not isinstance(unit, str) or not unit)):
        yield f"{name}: unit {unit!r}"
    if state_class is not None and state_class not in STATE_CLASSES:
        yield f"{name}: state_class {state_class}"
    if device_class:
        units, classes = SENSOR_CLASSES[device_class]
        if units is None and unit is not None:
            yield f"{name}: {device_class} has no unit"
        if units and unit not in units.split() and not (unit is None and device_class in UNITLESS_TOO):
            yield f"{name}: unit {unit} does not go with {device_class}"
        if state_class is not None and state_class not in classes:
            yield f"{name}: state_class {state_class} does not go with {device_class}"
    if precision is not None:
        if not isinstance(precision, int) or isinstance(precision, bool) or precision < 0:
            yield f"{name}: suggested_display_precision {precision!r}"
        if not unit and not state_class:
            yield f"{name}: suggested_display_precision makes it a number, which it is not"
    if ("options" in component) != (device_class == "enum"):
        yield f"{name}: options go with device_class enum, and only with it"
    if "last_reset_value_template" in component and state_class != "total":
        yield f"{name}: last_reset_value_template goes with state_class total"
    if "expire_after" in component:
        yield f"{name}: expire_after makes retained values look fresh"


def _check_binary_sensor(name, component):
    if component.get("device_class", "connectivity") not in BINARY_CLASSES:
        yield f"{name}: device_class {component['device_class']}"
    yield from _texts(name, component, ("payload_on", "payload_off"))
    if component.get("payload_on", "ON") == component.get("payload_off", "OFF"):
        yield f"{name}: on and off are the same word"


def _check_button(name, component):
    if component.get("device_class", "restart") not in BUTTON_CLASSES:
        yield f"{name}: device_class {component['device_class']}"
    if component.get("retain"):
        yield f"{name}: a command must not be retained"


# ---- states ----

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


class _Json:
    """A JSON object as a template sees it."""

    def __init__(self, members):
        for key, value in members.items():
            setattr(self, key, _Json(value) if isinstance(value, dict) else value)


def _expression(template):
    """The one expression of a template; what we use of them reads in Python as in Jinja."""
    match = re.fullmatch(r"\{\{ ([^{}]+) \}\}", template) if isinstance(template, str) else None
    if not match:
        raise ValueError(f"{template!r} is not one expression in {{{{ }}}}")
    return match[1]


def render(component, payload):
    """The state that Home Assistant makes of a payload."""
    if "value_template" not in component:
        return payload
    return str(eval(_expression(component["value_template"]),  # pylint: disable=eval-used
                    {"__builtins__": {}, "value": payload, "value_json": _Json(json.loads(payload))}))


def check_state(component, payload):
    """What is wrong with a state of this entity, or None."""
    try:
        payload = render(component, payload)
    except (ValueError, AttributeError, TypeError) as error:
        return f"its template on {payload!r}: {error}"
    if component["platform"] == "binary_sensor":
        if payload not in (component.get("payload_on", "ON"), component.get("payload_off", "OFF")):
            return f"{payload!r} is neither on nor off"
    elif component.get("device_class") == "timestamp":
        try:
            if datetime.datetime.fromisoformat(payload.replace("Z", "+00:00")).tzinfo is None:
                return f"{payload} has no zone"
        except ValueError:
            return f"{payload} is no time"
    elif component.get("unit_of_measurement") or component.get("state_class"):
        if not NUMBER.fullmatch(payload):
            return f"{payload!r} is no plain number"
    elif not 0 < len(payload) <= 255:
        return f"a text of {len(payload)} characters"
    return None


def check_states(message, retained):
    """Every entity has a topic that holds a fitting state, and all its availability topics say online."""
    for name, component in message["components"].items():
        if component["platform"] == "button" or is_removal(component):
            continue
        topic = component["state_topic"]
        if topic not in retained:
            yield f"{name}: nothing on {topic}"
            continue
        fault = check_state(component, retained[topic])
        if fault:
            yield f"{name}: {fault}"
        for entry in component.get("availability", message.get("availability", [])):
            if retained.get(entry["topic"]) != entry.get("payload_available", "online"):
                yield f"{name}: {entry['topic']} is {retained.get(entry['topic'])}"
