"""Runs the unit tests of a meson build directory and counts cmocka's tests: cmocka.py DIRECTORY RESULTS [REMARK]

Exit status 1 when something failed. HANMQTTD_EMULATOR, a command, runs the executables of another processor.

An executable of which a test failed, and that came to its end, runs once more: the machine may have been busy with
something else for seconds. What passes then is passed, and named on the screen as unsteady; what fails twice, or
crashes, is failed.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

LINE = re.compile(r"^(not ok|ok)\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$")
EMULATOR = os.environ.get("HANMQTTD_EMULATOR", "").split()
PLAN = re.compile(r"^1\.\.(\d+)")


def command(test):
    """What runs it: an executable perhaps by the emulator, a script as it is."""
    with open(test["cmd"][0], "rb") as program:
        foreign = program.read(4) == b"\x7fELF"
    return (EMULATOR if foreign else []) + test["cmd"]


def run(test):
    """The lines of TAP and all else that it said, and what is wrong with its end."""
    env = {**os.environ, **test["env"], "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    limit = (40 if EMULATOR else 4) * max(test["timeout"], 30)
    try:
        done = subprocess.run(command(test), env=env, cwd=test["workdir"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
                              timeout=limit, check=False)
    except subprocess.TimeoutExpired as e:
        out = (e.stdout or b"").decode(errors="replace")
        return out, (e.stderr or b"").decode(errors="replace"), f"no end within {e.timeout} s"
    end = ""
    if done.returncode < 0:
        end = f"killed by {signal.Signals(-done.returncode).name}"
    elif done.returncode > 0:
        end = f"exit status {done.returncode}"
    return done.stdout, done.stderr, end


def count(tap):
    """How many tests passed, failed and were skipped, how many were announced, and why some were
    skipped: a test says so in its last words before.
    """
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    skips = []
    announced = 0
    words = ""
    for line in tap.splitlines():
        plan = PLAN.match(line)
        if plan:
            announced += int(plan[1])
        said = LINE.match(line)
        if not said:
            words = line.lstrip("# ") if line.startswith("#") else words
            continue
        if "# SKIP" in said[2]:  # after "ok" or "not ok", as the version of cmocka has it
            counts["skipped"] += 1
            skips.append(said[2].partition("# SKIP")[2].strip() + (": " + words if words else ""))
        elif said[1] == "not ok":
            counts["failed"] += 1
        else:
            counts["passed"] += 1
        words = ""
    return counts, skips, announced


def attempt(test):
    """One run of an executable: its counts, why tests were skipped, what it said, and whether it came to its end."""
    out, err, end = run(test)
    counts, skips, announced = count(out + "\n" + err)
    told = sum(counts.values())
    complete = told == announced and end == f"exit status {counts['failed']}"
    if not end and (told != announced or not told):
        end = f"{told} tests ended of {announced} that were announced"
    if end and not counts["failed"]:
        counts["failed"] = 1
    return counts, skips, (out + err).splitlines() + ([end] if end else []), complete


def examine(test, remark):
    """Runs one executable, tells of it, and returns its counts."""
    start = time.monotonic()
    counts, skips, said, complete = attempt(test)
    before = []
    if counts["failed"] and complete:
        before = said
        counts, skips, said, _ = attempt(test)
    took = time.monotonic() - start
    failed = counts["failed"]
    label = (f"{test['name']}{remark}: {counts['passed']} passed, {failed} failed, "
             f"{counts['skipped']} skipped")
    print(f"  {'FAIL' if failed else 'ok':4} {label:60} {took:5.1f} s")
    for why in skips:
        print(f"       skipped: {why}")
    if before and not failed:
        print("       unsteady, passed when it ran once more; before:")
    for line in before + (said if failed else []):
        print(f"       | {line}")
    return counts


def main():
    build, results = sys.argv[1:3]
    remark = "".join(f", {word}" for word in sys.argv[3:])
    listed = subprocess.run(["meson", "introspect", "--tests", build], check=True,
                            stdout=subprocess.PIPE).stdout
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    failures = []
    for test in json.loads(listed):
        counts = examine(test, remark)
        if counts["failed"]:
            failures.append(test["name"] + remark)
        for key, value in counts.items():
            totals[key] += value
    if not sum(totals.values()):
        print("  FAIL no unit tests were built")
        totals["failed"] = 1
        failures.append("no unit tests were built")
    with open(os.path.join(os.path.dirname(results), "failures"), "a", encoding="utf-8") as f:
        f.writelines(failure + "\n" for failure in failures)
    with open(results, "a", encoding="utf-8") as f:
        for key, value in totals.items():
            f.write(f"{key} {value}\n")
    return 1 if totals["failed"] else 0


sys.exit(main())
