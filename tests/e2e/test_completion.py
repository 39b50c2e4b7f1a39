"""Completion in the shells: what they offer comes from the programs themselves."""
import os
import pty
import re
import shlex
import shutil
import subprocess

import pytest

from programs import HANMQTTD, HANTOOL, TOP
from rig import PATIENCE, environment, until

SCRIPTS = TOP / "completion"


@pytest.fixture(name="path", scope="module")
def fixture_path(tmp_path_factory):
    """A PATH that has the programs under their names."""
    place = tmp_path_factory.mktemp("bin")
    for name, command in ("hanmqttd", HANMQTTD), ("hantool", HANTOOL):
        program = place / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        program.chmod(0o755)
    return f"{place}:{os.environ['PATH']}"


def offers(path, line, cwd="/"):
    """What bash offers at the end of the line, which is cut as bash cuts it."""
    words = re.findall(r"=|[^ =]+", line) + ([""] if line.endswith(" ") else [])
    script = (f'. {shlex.quote(str(SCRIPTS / words[0]))}.bash\n'
              f'COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}\n'
              f'_{words[0]} {shlex.join([words[0], words[-1], words[-2]])}\n'
              'printf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(["bash", "-euc", script], env={**environment(), "PATH": path}, cwd=cwd,
                          capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert not done.stderr
    return done.stdout.split()


def options_of(program, *arguments):
    said = subprocess.run([*program, *arguments, "--help"], capture_output=True, text=True, timeout=PATIENCE,
                          env=environment(), check=True).stdout
    return set(re.findall(r"^ +(--[a-z-]+)", said, re.MULTILINE)) | {"--help"}


def listed(simulated):
    said = subprocess.run([*HANTOOL, "lists"], capture_output=True, text=True, timeout=PATIENCE,
                          env=environment(), check=True).stdout
    return {line.split()[0] for line in said.splitlines() if ("(simulated)" in line) == simulated}


@pytest.mark.parametrize("command", ["decode", "explain", "capture", "replay", "simulate"])
def test_options_of_hantool(path, command):
    options = options_of(HANTOOL, command)
    assert len(options) > 2
    assert set(offers(path, f"hantool {command} --")) == options


def test_options_of_hanmqttd(path):
    assert set(offers(path, "hanmqttd --")) == options_of(HANMQTTD)
    assert offers(path, "hanmqttd --che") == ["--check"]


def test_commands(path):
    assert set(offers(path, "hantool ")) == {"decode", "explain", "capture", "replay", "simulate", "lists",
                                             "--help", "--version"}
    assert offers(path, "hantool si") == ["simulate"]
    assert offers(path, "hantool lists ") == []


@pytest.mark.parametrize("between", [" ", "="])
def test_names(path, between):
    """Lists and meters are those that the program knows."""
    assert set(offers(path, f"hantool decode --list{between}")) == listed(False) | {"auto"}
    assert set(offers(path, f"hantool simulate --meter{between}")) == listed(True)
    assert offers(path, f"hantool simulate --meter{between}kaifa-ma3") == ["kaifa-ma304"]


@pytest.mark.parametrize("line,words", [
    ("hantool decode --protocol ", {"auto", "hdlc", "mbus", "p1", "dlms"}),
    ("hantool capture --protocol ", {"auto", "hdlc", "mbus", "p1"}),
    ("hantool explain --format 8", {"8N1", "8E1"}),
    ("hantool explain --baud 24", {"2400"}),
    ("hantool decode --key ", set()),
])
def test_values(path, line, words):
    """Each is one that the program takes."""
    assert set(offers(path, line)) == words


def test_files(path, tmp_path):
    (tmp_path / "meter one.cap").touch()
    (tmp_path / "hanmqttd.conf").touch()
    (tmp_path / "sub").mkdir()
    assert " ".join(offers(path, "hantool decode --compact me", tmp_path)) == "meter one.cap"
    assert offers(path, "hanmqttd --config han", tmp_path) == ["hanmqttd.conf"]


class Zsh:
    """An interactive zsh with nothing but the completion, on a terminal of its own."""

    def __init__(self, path, home):
        self.said = ""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**environment(), "PATH": path, "HOME": str(home), "TERM": "dumb",
                                                    "PS1": "", "COLUMNS": "400", "LINES": "100"})
        self.pid = pid
        os.set_blocking(self.fd, False)
        self.type(f"PS1='' PROMPT_EOL_MARK='' LISTMAX=1000; stty cols 400 rows 100; fpath=({SCRIPTS} $fpath); "
                  "autoload -Uz compinit; compinit -u -D; print re''ady\n", "ready")

    def type(self, keys, expected):
        """Types, and waits until that comes back."""
        def there():
            try:
                self.said += os.read(self.fd, 65536).decode(errors="replace")
            except BlockingIOError:
                pass
            return expected in self.said
        self.said = ""
        os.write(self.fd, keys.encode())
        until(f"{expected!r} from zsh after {keys!r}", there)
        return self.said

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is missing")
def test_zsh(path, tmp_path):
    shell = Zsh(path, tmp_path)
    try:
        shell.type("hantool simulate --\t\t", "--start ")
        shell.type("\x15hantool simu\t", "simulate ")
        shell.type("--met\t", "--meter=")
        shell.type("kaifa-ma3\t", "kaifa-ma304")
        shell.type("\x15hantool decode --comp\t", "--compact ")
        shell.type("--list iskra-c\t", "iskra-celje ")
        assert "dlms" not in shell.type("\x15hantool capture --protocol=\t\t", "p1")
        shell.type("\x15hanmqttd --che\t", "--check ")
    finally:
        shell.close()
