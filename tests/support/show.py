"""Shows what mosquitto_sub -v prints, for tests/demo: show.py DIRECTORY

On a terminal the topics stand out and long JSON objects are laid out, otherwise every line stays as
it is. DIRECTORY gets the file "offline" when the daemon has said so, and at the end "summary": how
many messages, topics, measured values and discovery messages there were.
"""
import json
import os
import re
import shutil
import sys

VALUE = re.compile(r"^han/[^/]+/(power|energy|phase)_\w+ -?[0-9]")
LONG = 1000  # a JSON object of more characters is spread over lines
TOPIC, KEY, PLAIN = "\033[36m", "\033[1m", "\033[0m"


def spread(value, indent):
    """JSON, each member on lines of its own: (indent, key, text). Objects of objects go one level deeper."""
    for key, member in value.items():
        if isinstance(member, dict) and member and all(isinstance(m, dict) for m in member.values()):
            yield indent, key, ""
            yield from spread(member, indent + 4)
        else:
            yield indent, key, json.dumps(member, ensure_ascii=False)


def fold(text, first, width, indent):
    """The text in lines, the first with so many columns, broken after commas where there are any."""
    lines = []
    room = max(first, 20)
    while len(text) > room:
        at = text.rfind(",", 1, room) + 1 or room
        lines.append(text[:at])
        text = text[at:].lstrip()
        room = max(width - indent, 20)
    return ("\n" + " " * indent).join(lines + [text])


def lay_out(topic, payload, width):
    """A message for human eyes."""
    if len(payload) <= LONG:
        return f"{TOPIC}{topic}{PLAIN} {fold(payload, width - len(topic) - 1, width, 8)}"
    try:
        members = list(spread(json.loads(payload), 4))
    except (AttributeError, ValueError):
        members = [(4, "payload", payload)]
    lines = [TOPIC + topic + PLAIN]
    for indent, key, text in members:
        text = fold(text, width - indent - len(key) - 1, width, indent + 8)
        lines.append(f"{' ' * indent}{KEY}{key}{PLAIN} {text}".rstrip())
    return "\n".join(lines)


def main():
    directory = sys.argv[1]
    fancy = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    messages = values = discovered = 0
    topics = set()
    for line in sys.stdin:
        line = line.rstrip("\n")
        topic, _, payload = line.partition(" ")
        messages += 1
        topics.add(topic)
        values += bool(VALUE.match(line))
        discovered += topic.startswith("homeassistant/device/")
        try:
            if fancy:
                print(lay_out(topic, payload, shutil.get_terminal_size().columns), flush=True)
            else:
                print(line, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if re.match(r"^han/bridge/[^/]+/availability offline$", line):
            open(os.path.join(directory, "offline"), "w", encoding="utf-8").close()
    with open(os.path.join(directory, "summary"), "w", encoding="utf-8") as f:
        f.write(f"{messages} {len(topics)} {values} {discovered}\n")
    return 0


sys.exit(main())
