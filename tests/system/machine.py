"""A whole machine that a test talks to: commands by a root shell on a socket, what it is waited for, and
what it said on its console.

How it is started is another file's matter: vm.py, container.py, raspberry.py.
"""
import base64
import contextlib
import ctypes
import itertools
import pathlib
import re
import select
import shlex
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
CONSOLE_LINES = 60
SHELL_LINES = 80


def until(what, check, deadline, pause=0.2, report=lambda: ""):
    """What check() gives as soon as that is true; an assertion fails after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, f"not within {deadline} s: {what}\n{report()}"
        time.sleep(pause)


def _end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Shell:
    """A root shell at the other end of a Unix socket, which belongs to a terminal of the machine.

    The terminal may echo: what counts stands between two marks that the sent text does not contain.
    """

    def __init__(self, path, interpreter="bash"):
        self.path = str(path)
        self.interpreter = interpreter
        self.transcript = []
        self._numbers = itertools.count(1)
        self._socket = None
        self._rest = b""

    def _connect(self):
        if self._socket is None:
            new = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                new.connect(self.path)
            except OSError:
                new.close()
                raise
            self._socket = new

    def _read_until(self, pattern, deadline):
        """The match of the pattern in what comes, or None."""
        while True:
            found = re.search(pattern, self._rest, re.S)
            if found:
                self._rest = self._rest[found.end():]
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return None
            octets = self._socket.recv(65536)
            if not octets:
                return None
            self._rest += octets

    def answers(self, patience=2):
        """Whether the shell is there. What was in the line before is dropped."""
        token = f"here-{next(self._numbers)}"
        try:
            self._connect()
            self._socket.sendall(f"\necho '<'{token}'>'\n".encode())
            return self._read_until(f"<{token}>\\r?\\n".encode(), time.monotonic() + patience) is not None
        except OSError:
            self.close()
            return False

    def run(self, command, timeout=30):
        """(exit status, output with standard error); the status is 124 when the time was up.

        The command gets no input. It ends with its time: nothing of it runs on but what left it.
        """
        token = f"done-{next(self._numbers)}"
        self._socket.sendall(f"echo '<'{token}'>'; timeout -k 2 {timeout} {self.interpreter} -c "
                             f"{shlex.quote(command)} </dev/null 2>&1; echo '<'/{token} $?'>'\n".encode())
        # The kernel may have a word on the same line behind it.
        found = self._read_until(f"<{token}>\\r?\\n(.*?)</{token} (\\d+)>".encode(),
                                 time.monotonic() + timeout + 15)
        if found is None:
            self.transcript.append((command, None, self._rest.decode(errors="replace")))
            self._resynchronize()
            raise AssertionError(f"the shell did not come back from: {command}\n"
                                 f"{self.transcript[-1][2][-2000:]}")
        output = found[1].decode(errors="replace").replace("\r\n", "\n")
        self.transcript.append((command, int(found[2]), output))
        return int(found[2]), output

    def _resynchronize(self):
        """So that the next command is not taken for the input of this one."""
        with contextlib.suppress(OSError):
            self._socket.sendall(b"\x03\n")
        self.answers(5)

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._rest = b""


class Machine:
    """One machine. `directory` takes its files; the console is written to `directory/console` by whoever
    starts it, and its shell listens on `directory/shell`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.console = self.directory / "console"
        self.shell = Shell(self.directory / "shell")
        self.processes = []
        self.ends = contextlib.ExitStack()  # what close() undoes, in reverse
        self.began = time.monotonic()

    # ---- what runs here for it ----

    def start(self, name, argv, **options):
        """A program of the host. It ends with the machine, or with the test when that is killed."""
        log = self.directory / f"{name}.log"
        with open(log, "ab") as output:
            options.setdefault("stdout", output)
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=output,
                                       preexec_fn=_end_with_parent, **options)
        self.processes.append((name, process, log))
        self.ends.callback(self.end, process)
        return process

    @staticmethod
    def end(process):
        """By SIGTERM; by SIGKILL when that does not help within 5 s."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

    def alive(self):
        """What was started here runs; otherwise there is nothing to wait for."""
        for name, process, log in self.processes:
            assert process.poll() in (None, 0), \
                f"{name} ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}"
        return True

    # ---- commands ----

    def run(self, command, timeout=30):
        """(exit status, output) of a command in the machine, as root."""
        return self.shell.run(command, timeout)

    def check(self, command, timeout=30):
        """The output of a command that succeeds."""
        status, output = self.run(command, timeout)
        assert status == 0, f"exit status {status} of: {command}\n{output}"
        return output.rstrip("\n")

    def write(self, path, text, mode="0644"):
        """A file in the machine, with its directory."""
        packed = shlex.quote(base64.encodebytes(text.encode()).decode())  # in short lines, as terminals want
        where = shlex.quote(str(path))
        self.check(f"mkdir -p $(dirname {where}) && echo {packed} | base64 -d >{where} && chmod {mode} {where}")

    # ---- waiting ----

    def wait_shell(self, deadline):
        """Until the shell answers: the machine is up as far as it needs for that."""
        until("the shell of the machine", lambda: self.alive() and self.shell.answers(), deadline,
              report=lambda: self.said()[-4000:])

    def wait_for(self, what, command, pattern=None, deadline=30, pause=0.3):
        """Until the command succeeds and, with a pattern, its output holds that. The match, or the output."""
        last = [0, ""]

        def check():
            last[:] = self.run(command, timeout=max(10, min(60, deadline)))
            if pattern is not None:
                return re.search(pattern, last[1], re.M)
            return last[0] == 0 and (last[1] or True)

        return until(f"{what} ({command})", check, deadline, pause,
                     lambda: f"the last of it, exit status {last[0]}:\n{last[1]}")

    # ---- what it said ----

    def said(self):
        """The console."""
        try:
            return self.console.read_text(errors="replace")
        except OSError:
            return ""

    def report(self):
        """(title, text) of what helps to understand a failure."""
        yield "console", "\n".join(self.said().splitlines()[-CONSOLE_LINES:])
        lines = []
        for command, status, output in self.shell.transcript[-6:]:
            lines += [f"# {command}", *output.splitlines()[-SHELL_LINES:], f"[{status}]"]
        yield "commands", "\n".join(lines)
        for name, _, log in self.processes:
            text = log.read_text(errors="replace")
            if text:
                yield f"log of {name}", text[-2000:]

    def close(self):
        """Ends everything, also of a machine that never came up."""
        self.shell.close()
        self.ends.close()
