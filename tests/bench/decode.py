"""What it costs to decode a frame, and to format all that is said of it.

    decode.py [FRAMES]

Runs the built tests/bench/decode.c ($HANMQTTD_BENCH_DECODE, else that of build/) on FRAMES (100000) of each meter. Time is a ratio to one pass of a
slicing-by-eight CRC over the same octets in the same process, in turn, as the median of 51 rounds; instructions are
callgrind's, which are the same in every run. Prints lines `NAME | figure | must | aim`; exit status 1 when one is not
as it must be. Instructions a frame are judged for the Kaifa, whose frames are the shortest: most of them hold one value.

Others on the same work, measured once, in ns a frame: Gurux C 3080, amsreader 5610, obinsect 10600, perl 184000,
amshan 540000.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
METERS = ("kaifa-ma304", "aidon-6525", "kamstrup-omnipower")
ROUNDS = 51
BITE = 4000  # frames a round: a load that comes and goes spoils rounds, not the median


def figures(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def instructions(program, meter, frames, function):
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--toggle-collect={function}*",
             f"--callgrind-out-file={place}/out", program, "count", meter, str(frames)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]) / frames


def main(frames=100000):
    program = os.environ.get("HANMQTTD_BENCH_DECODE", str(TOP / "build/tests/bench/bench-decode"))
    sound = True

    def judge(name, figure, must=None, aim=None, form="{:.0f}"):
        nonlocal sound
        sound = sound and (must is None or figure <= must)
        limits = ("" if limit is None else f"<= {limit:g}" for limit in (must, aim))
        print(" | ".join((name, form.format(figure), *limits)))

    for meter in METERS:
        time = figures(program, "time", meter, str(min(BITE, frames)), str(ROUNDS))
        count = figures(program, "count", meter, str(frames))
        kaifa = meter == METERS[0]
        print(f"{meter}: {time['octets']:.1f} octets and {count['values']:.1f} values a frame, "
              f"{time['decode_ns']:.0f} ns; the check alone {time['check_ns']:.0f} ns")
        judge(f"{meter}: decode / CRC", time["ratio"], 2.0, 1.5, "{:.2f}")
        judge(f"{meter}: instructions, decode", instructions(program, meter, frames, "decode_all"),
              *((600, 450) if kaifa else ()))
        judge(f"{meter}: instructions, decode and format", instructions(program, meter, frames, "format_all"),
              *((8000, 4000) if kaifa else ()))
        judge(f"{meter}: allocations in libhan", count["allocations_decode"], 0, 0)
        judge(f"{meter}: memory kept of messages", count["kept_format"], 0, 0)
    return sound


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:2])) else 1)
