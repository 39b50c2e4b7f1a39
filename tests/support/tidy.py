"""clang-tidy for every source of a build, but for those that passed before.

    tidy.py BUILD CACHE

Sources of this tree are meant, by BUILD/compile_commands.json. What a source is judged by is the text that the
preprocessor makes of it, its comments included, how it is compiled, what is asked for and by which clang-tidy: where
all that is the same, it would pass again. CACHE keeps an empty file for each. Prints what clang-tidy has to say; exit
status 1 when that is anything.
"""
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
KEPT_S = 30 * 24 * 3600
OUTPUTS = ["-o", "-MQ", "-MF"]


def preprocessing(command):
    """The same without output files."""
    words = iter(shlex.split(command))
    return [word for word in words if not (word in OUTPUTS and next(words)) and word not in ("-c", "-MD")] + ["-E", "-C"]


def sources(build):
    """Path -> how it is compiled, once for each program that it is part of."""
    found = collections.defaultdict(list)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if path.is_relative_to(TOP) and not path.is_relative_to(build):
            found[path].append(entry["command"].removeprefix("ccache "))
    return found


def key_of(build, commands, asked):
    """Of what all depends on."""
    digest = hashlib.sha256(asked)
    for command in commands:
        text = subprocess.run(preprocessing(command), cwd=build, check=True, stdout=subprocess.PIPE).stdout
        digest.update(command.encode() + b"\0" + text)
    return digest.hexdigest()


def main():
    build, cache = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], check=True, stdout=subprocess.PIPE).stdout
    asked = version + (TOP / ".clang-tidy").read_bytes()

    def passes(path, commands):
        kept = cache / key_of(build, commands, asked)
        if not kept.exists():
            done = subprocess.run(["clang-tidy", "-quiet", "-p", build, path], check=False, encoding="utf-8",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                print(done.stdout, end="")
                return False
        kept.touch()
        return True

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = list(pool.map(lambda item: passes(*item), sources(build).items()))
    for kept in cache.iterdir():
        if kept.stat().st_mtime < time.time() - KEPT_S:
            kept.unlink(missing_ok=True)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
