"""What a power cut, a dying card or a person may do to the file: what is readable is saved, and the daemon goes on."""
import contextlib
import shutil
import signal
import threading

import pytest

from hours import Site, arrived, first_of_each
from rig import until
from test_kills import Meters

METER = "6970631400000101"
HOURS = 150
FILE, LOG = "hourly.db", "hourly.db-wal"


@pytest.fixture(name="kept", scope="module")
def fixture_kept(tmp_path_factory):
    """A state directory with hours that wait: after a stop, and as a kill leaves it."""
    from rig import Rig
    base = tmp_path_factory.mktemp("kept")
    rig = Rig()
    with contextlib.closing(rig), contextlib.closing(Site(rig, [METER])) as site:
        site.door.shut()
        site.start()
        for number in range(HOURS):
            site.keep(0, number)
        site.daemon.send(signal.SIGSTOP)
        shutil.copytree(site.state, base / "killed")
        site.daemon.send(signal.SIGCONT)
        site.stop()
        shutil.copytree(site.state, base / "stopped")
    return base


def overwrite(path, offset, octets):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(octets)


def change_digit(path):
    """Another register in one of the rows, which SQLite has no means to notice."""
    octets = path.read_bytes()
    place = octets.index(b'"energy_active_cum_import":70.000')
    overwrite(path, place, b'"energy_active_cum_import":71')


def scribble_on_log(path):
    overwrite(path, path.stat().st_size // 2, b"\xA5" * 9000)


def make_link(path):
    shutil.copy(path, path.parent.parent / "elsewhere")
    path.unlink()
    path.symlink_to(path.parent.parent / "elsewhere")


def make_directory(path):
    path.unlink()
    path.mkdir()


# name, of which state, what is done to which file, how many hours may be lost, whether the journal has it
CASES = [
    ("header", "stopped", FILE, lambda p: overwrite(p, 0, bytes(64)), HOURS, True),
    ("first page", "stopped", FILE, lambda p: overwrite(p, 200, b"\xA5" * 3800), HOURS, True),
    ("middle page", "stopped", FILE, lambda p: overwrite(p, p.stat().st_size // 8192 * 4096, b"\xA5" * 4096), 12, True),
    ("middle", "stopped", FILE, lambda p: overwrite(p, p.stat().st_size // 2 + 100, bytes(64)), 24, True),
    ("digit", "stopped", FILE, change_digit, 1, True),
    ("log", "killed", LOG, scribble_on_log, HOURS, False),
    ("no log", "killed", LOG, lambda p: p.unlink(), HOURS, False),
    ("garbage behind the log", "killed", LOG, lambda p: overwrite(p, p.stat().st_size, b"\xA5" * 5000), 0, False),
    ("empty", "stopped", FILE, lambda p: p.write_bytes(b""), HOURS, False),
    ("cut in the header", "stopped", FILE, lambda p: p.write_bytes(p.read_bytes()[:50]), HOURS, True),
    ("half", "stopped", FILE, lambda p: p.write_bytes(p.read_bytes()[:p.stat().st_size // 2]), HOURS, True),
    ("odd length", "stopped", FILE, lambda p: p.write_bytes(p.read_bytes()[:-1000]), HOURS, True),
    ("text", "stopped", FILE, lambda p: p.write_text("no database\n" * 1000), HOURS, True),
    ("link", "stopped", FILE, make_link, HOURS, True),
    ("directory", "stopped", FILE, make_directory, HOURS, True),
]


@pytest.mark.parametrize("state, file, damage, lost, told", [
    pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_damage(rig, kept, state, file, damage, lost, told):
    directory = rig.base / "state"
    shutil.copytree(kept / state, directory)
    damage(directory / file)
    with contextlib.closing(Site(rig, [METER], state=directory)) as site:
        site.watch()
        daemon = site.start()
        site.keep(0, HOURS)
        until("the newest hour", lambda: HOURS in arrived(site.watcher, METER))
        came = first_of_each(arrived(site.watcher, METER))
        assert came == sorted(came) and len(came) >= HOURS + 1 - lost, came
        assert bool(daemon.lines("hourly: .* it is kept as hourly.db.damaged", levels=("error",))) == told
        assert (directory / "hourly.db.damaged").is_symlink() or \
            (directory / "hourly.db.damaged").exists() == told
        site.keep(0, HOURS + 1)
        assert not daemon.lines("hourly", levels=("warning",))
        print(f"{len(came) - 1} of {HOURS} came")
    if (rig.base / "elsewhere").exists():
        assert (rig.base / "elsewhere").read_bytes() == (kept / state / file).read_bytes()
    assert (directory / FILE).stat().st_mode & 0o777 == 0o600


def test_power_cuts(rig, seed):
    """The directory as it is on disk at any moment: what had not come by then comes from it."""
    with contextlib.closing(Site(rig, [METER])) as site:
        site.watch()
        site.start()
        meters = Meters(site)
        copies = []
        try:
            for cut in range(8):
                threading.Event().wait(0.2 + seed % 7 * 0.013 + cut * 0.031)
                if cut % 2 == 0:
                    site.door.shut()
                else:
                    site.door.open = True
                count = meters.counts[0]
                site.daemon.send(signal.SIGSTOP)
                site.watcher.barrier()
                before = set(arrived(site.watcher, METER))
                copies.append((rig.base / f"cut{cut}", count, before))
                shutil.copytree(site.state, copies[-1][0])
                site.daemon.send(signal.SIGCONT)
        finally:
            site.daemon.send(signal.SIGCONT)
            meters.stop()
    for directory, count, before in copies:
        with contextlib.closing(Site(rig, [METER], state=directory)) as site:
            site.watch()
            daemon = site.start()
            until(f"{count} hours, {len(before)} of them before the cut",
                  lambda: set(range(count)) <= before | set(arrived(site.watcher, METER)))
            assert not daemon.lines("hourly", levels=("warning", "error"))
    assert copies[-1][1] > 20
