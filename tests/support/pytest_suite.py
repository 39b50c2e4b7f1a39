"""Runs a suite of pytest and counts its tests by pytest's own report.

    pytest_suite.py NAME DIRECTORY WORK RESULTS

NAME is what the screen says, WORK a directory for the report. Exit status 1 when something failed.
"""
import collections
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

LIMIT_S = 1500
LINES = 1000


def run(directory, xml, log):
    """What is wrong with the end of pytest, or "". An interrupt reaches it too: it is waited for."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short",
               "--color=no", "--maxfail=25", f"--junitxml={xml}", directory]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}) as pytest:
        try:
            status = pytest.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            pytest.send_signal(signal.SIGINT)
            try:
                pytest.wait(30)
            except subprocess.TimeoutExpired:
                pytest.kill()
            return f"no end within {LIMIT_S} s"
        except KeyboardInterrupt:
            pytest.wait()
            sys.exit(130)
    return f"pytest ended with exit status {status}" if status else ""


def main():
    name, directory, work, results = sys.argv[1:]
    xml = os.path.join(work, "report.xml")
    start = time.monotonic()
    with open(os.path.join(work, "output"), "w+", encoding="utf-8", errors="replace") as log:
        trouble = run(directory, xml, log)
        log.seek(0)
        output = log.read().splitlines()
    passed = failed = 0
    reasons = collections.Counter()
    try:
        cases = list(ET.parse(xml).getroot().iter("testcase"))
        os.unlink(xml)
    except (OSError, ET.ParseError):
        cases = []
        trouble = trouble or "pytest left no report"
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            reasons[case.find("skipped").get("message", "no reason given")] += 1
        else:
            passed += 1
    if not cases:
        trouble = trouble or "no tests were found"
    if trouble and not failed:
        failed = 1
    skipped = sum(reasons.values())

    counts = f"{name}: {passed} passed, {failed} failed, {skipped} skipped"
    print(f"  {'FAIL' if failed else 'ok':4} {counts:60} {time.monotonic() - start:5.1f} s")
    for reason, count in sorted(reasons.items()):
        print(f"       skipped{f' {count} times' if count > 1 else ''}: {reason}")
    if failed:
        if len(output) > LINES:
            print(f"       ... {len(output) - LINES} lines before these")
        for line in output[-LINES:] + ([trouble] if trouble else []):
            print(f"       | {line}")
    with open(results, "a", encoding="utf-8") as f:
        f.write(f"passed {passed}\nfailed {failed}\nskipped {skipped}\n")
    return 1 if failed else 0


sys.exit(main())
