"""Runs a suite of pytest and counts its tests by pytest's own report.

    pytest_suite.py NAME DIRECTORY WORK RESULTS

NAME is what the screen says, WORK a directory for the reports. Exit status 1 when something failed. The
files of a large suite are dealt out to several processes: its tests wait more than they work. So are those of
a suite of which a file says how long it takes, by a line "SECONDS = N".

A few tests that failed run once more, one after the other with nothing beside them: the machine may have been busy
with something else for seconds. What passes then is passed, and named on the screen as unsteady with what it said
when it failed; what fails twice is failed.
"""
import collections
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

LIMIT_S = 1500 + int(os.environ.get("HANMQTTD_TEST_FRAMES", "0")) // 1000  # of many frames even on a slow machine
LINES = 1000
PROCESSES = 6
LONG = 3  # processes of files that say how long they take: machines, which work more than they wait
SMALL = 12  # files of a suite that one process runs
AGAIN = 5  # failed tests of a process at most that run once more: more have a cause
FAILED = 1  # pytest's exit status when tests failed, and nothing else did


def seconds(file):
    """What a file says that it takes, or 0."""
    said = re.search(r"^SECONDS = (\d+)$", file.read_text(encoding="utf-8"), re.M)
    return int(said[1]) if said else 0


def weigh(file):
    """Of the others: a test of a second has some 300 octets."""
    return seconds(file) * 300 or file.stat().st_size


def deal(directory):
    """The test files in hands that take about the same time."""
    files = sorted(pathlib.Path(directory).glob("test_*.py"), key=weigh, reverse=True)
    long = any(map(seconds, files))
    if len(files) < SMALL and not long:
        return [[directory]]
    hands = [[0, []] for _ in range(LONG if long else PROCESSES)]
    for file in files:
        least = min(hands, key=lambda hand: hand[0])
        least[0] += weigh(file)
        least[1].append(str(file))
    return [hand for _, hand in hands]


def has_failed(case):
    return case.find("failure") is not None or case.find("error") is not None


def has_run(case):
    return case is not None and case.find("skipped") is None


def full_name(case):
    return f"{case.get('classname')}.{case.get('name')}"


class Run:
    """One pytest on its way: all tests of the files, or those that failed before."""

    def __init__(self, files, work, number, again=False):
        self.files, self.work, self.number = files, work, number
        self.xml = os.path.join(work, f"report-{number}.xml")
        self.path = os.path.join(work, f"output-{number}{'-again' if again else ''}")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", "--tb=short", "--color=no", "--maxfail=25",
                 "-o", f"cache_dir={work}/cache-{number}", f"--junitxml={self.xml}",
                 *(["--last-failed"] if again else []), *files],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def end(self, deadline):
        """What is wrong with its end, or ""."""
        try:
            status = self.process.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
            return f"no end within {LIMIT_S} s"
        return f"pytest ended with exit status {status}" if status else ""

    def cases(self):
        """The tests by its report, which is removed."""
        try:
            cases = list(ET.parse(self.xml).getroot().iter("testcase"))
            os.unlink(self.xml)
            return cases
        except (OSError, ET.ParseError):
            return []

    def output(self):
        with open(self.path, encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()


def ends_of(runs):
    """What is wrong with the end of each. An interrupt reaches pytest too: it is waited for."""
    deadline = time.monotonic() + LIMIT_S
    try:
        return [run.end(deadline) for run in runs]
    except KeyboardInterrupt:
        for run in runs:
            run.process.wait()
        sys.exit(130)


def once_more(run, cases):
    """The cases of a run of which a few failed, as they ended when these ran again, and what is wrong then."""
    again = Run(run.files, run.work, run.number, again=True)
    end = ends_of([again])[0]
    second = {full_name(case): case for case in again.cases()}
    if not all(has_run(second.get(full_name(case))) for case in cases if has_failed(case)):
        return cases, end or "a test that had failed did not run once more", again.output()
    for case in cases:
        if has_failed(case) and not has_failed(second[full_name(case)]):
            second[full_name(case)].set("unsteady", "yes")
    return [second.get(full_name(case), case) for case in cases], end, again.output()


def run_all(directory, work):
    """All cases, what is wrong, and what was said."""
    runs = [Run(files, work, number) for number, files in enumerate(deal(directory))]
    cases, trouble, output = [], "", []
    for run, end in zip(runs, ends_of(runs)):
        found = run.cases()
        output += run.output() if end or not found else []
        if run.process.returncode == FAILED and 0 < sum(map(has_failed, found)) <= AGAIN:
            found, end, more = once_more(run, found)
            output += ["once more:"] + more
        trouble = trouble or end or ("" if found else "pytest left no report")
        cases += found
    return cases, trouble, output


def main():
    name, directory, work, results = sys.argv[1:]
    start = time.monotonic()
    cases, trouble, output = run_all(directory, work)
    passed = failed = 0
    failures = []
    unsteady = [full_name(case) for case in cases if case.get("unsteady")]
    reasons = collections.Counter()
    for case in cases:
        if has_failed(case):
            failed += 1
            failures.append(f"{name}, {full_name(case)}")
        elif case.find("skipped") is not None:
            reasons[case.find("skipped").get("message", "no reason given")] += 1
        else:
            passed += 1
    if not cases:
        trouble = trouble or "no tests were found"
    if trouble and not failed:
        failed = 1
        failures.append(f"{name}, {trouble}")
    skipped = sum(reasons.values())

    counts = f"{name}: {passed} passed, {failed} failed, {skipped} skipped"
    print(f"  {'FAIL' if failed else 'ok':4} {counts:60} {time.monotonic() - start:5.1f} s")
    for reason, count in sorted(reasons.items()):
        print(f"       skipped{f' {count} times' if count > 1 else ''}: {reason}")
    for case in unsteady:
        print(f"       unsteady, passed when it ran once more: {case}")
    if failed or unsteady:
        if len(output) > LINES:
            print(f"       ... {len(output) - LINES} lines before these")
        for line in output[-LINES:] + ([trouble] if trouble else []):
            print(f"       | {line}")
    with open(os.path.join(os.path.dirname(results), "failures"), "a", encoding="utf-8") as f:
        f.writelines(failure + "\n" for failure in failures)
    with open(results, "a", encoding="utf-8") as f:
        f.write(f"passed {passed}\nfailed {failed}\nskipped {skipped}\n")
    return 1 if failed else 0


sys.exit(main())
