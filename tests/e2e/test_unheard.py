"""A meter that went while there was no session with the broker is offline there, once there is one."""
import pytest

import kaifa
from rig import config, until
from test_leftovers import METER, OTHER, Home


@pytest.fixture(name="home")
def fixture_home(rig):
    return Home(rig)


def lasting(home):
    """A broker that keeps what it has while it is away."""
    broker = home.rig.broker(running=False)
    broker.extra = f"persistence true\npersistence_location {broker.dir}/\n"
    broker.start()
    home.broker, home.watcher = broker, home.rig.watch(broker)


def away(home):
    home.broker.process.terminate()
    home.broker.process.wait()


def known(home, text):
    until(f"{text} is on disk", lambda: any(text in path.read_text(encoding="ascii")
                                            for path in home.directory.glob("bases-*[!w]")))


def offline(home, base):
    until(f"{base} is offline", lambda: home.broker.retained()[f"{base}/availability"].payload == "offline")


def test_unheard_after_a_reload(home):
    """A meter that is no more, and one that is called otherwise, since a reload that the broker has not seen."""
    lasting(home)
    ports = [home.port, home.rig.port(), home.rig.port()]
    meters = [kaifa.Meter(number) for number in (METER, OTHER, "6970631400000303")]

    def names(*names):
        sections = ("house", "cabin", "barn")
        return config(home.broker.port, *(p.path for p in ports), meters={
            section: {"name": name} for section, name in zip(sections, names)})
    daemon = home.rig.daemon(names("a", "b", "c"), env=home.state)
    for port, meter, name in zip(ports, meters, "abc"):
        port.write(meter.list3().octets)
        home.watcher.expect(f"han/{name}/reading")
    away(home)
    daemon.reload(names("a", "d"))
    home.broker.start()
    for name in "bc":
        offline(home, f"han/{name}")
    assert len(home.kept("han/b/.*")) > 20
    mark = home.watcher.mark()
    for port, meter, name in zip(ports, meters, "ad"):
        port.write(meter.list3().octets)
        home.watcher.expect(f"han/{name}/availability", "online", since=mark)
    home.gone("han/b/.*")
    kept = home.broker.retained()
    assert [kept[f"han/{name}/availability"].payload for name in "acd"] == ["online", "offline", "online"]
    for name in "bc":
        assert len(daemon.lines(f"leftovers: han/{name}: .* offline")) == 1
    assert not daemon.lines("leftovers", levels=("error", "warning", "notice"))


def test_unheard_after_a_kill(home):
    """Another name for a daemon that died without a word, and a meter that is silent since."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    known(home, "han/a")
    for name in "bc":
        home.daemon.process.kill()
        home.daemon.ended()
        home.watcher.publish("han/a/availability", "online", retain=True)
        home.start(meter={"name": name})
        offline(home, "han/a")
    home.read("han/c")
    home.gone("han/a/.*")
    assert home.broker.retained()["han/c/availability"].payload == "online"


def test_replaced_unseen_and_started_again(home):
    """A meter that was replaced while there was no broker, by a daemon that did not live to tell it."""
    lasting(home)
    home.start()
    home.read(f"han/{METER}")
    away(home)
    home.meter = kaifa.Meter(OTHER)
    home.port.write(home.meter.list3().octets)
    known(home, f"han/{OTHER}")
    home.daemon.process.kill()
    home.daemon.ended()
    home.broker.start()
    home.start()
    offline(home, f"han/{METER}")
    home.read(f"han/{OTHER}")
    assert home.broker.retained()[f"han/{OTHER}/availability"].payload == "online"


@pytest.mark.parametrize("there", [True, False], ids=["there", "away"])
def test_unheard_is_of_another_daemon(rig, there):
    """The name that one leaves is not said to be offline when it is another daemon's, be that one there or not."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    homes = []
    for client in ("one", "two"):
        home = Home.__new__(Home)
        home.rig, home.broker, home.watcher, home.port = rig, broker, watcher, rig.port()
        home.directory = rig.directory("state")
        home.state = {"STATE_DIRECTORY": str(home.directory)}
        home.meter, home.daemon = kaifa.Meter(METER), None
        home.start(mqtt={"client-id": client}, homeassistant={"discovery": "off"})
        home.read(f"han/{METER}")
        known(home, f"han/{METER}")
        homes.append(home)
    one, two = homes
    for home in homes if not there else [one]:
        home.daemon.process.kill()
        home.daemon.ended()
    watcher.expect("han/bridge/one/availability", "offline")
    mark = watcher.mark()
    one.start(mqtt={"client-id": "one"}, homeassistant={"discovery": "off"}, meter={"name": "cellar"})

    def end_of_look():
        said = broker.said().rpartition(" as one ")[2]
        return "\than/bridge/+/info\n" in said
    until("the end of a look", end_of_look)
    one.read("han/cellar")
    assert not watcher.messages(f"han/{METER}/availability", mark)
    assert broker.retained()[f"han/{METER}/availability"].payload == "online"
    assert two.kept("han/bridge/two/info")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_unheard_is_refused(home, protocol):
    """A broker that does not let it be said, or ends the session then, is told of once."""
    lasting(home)
    home.start(meter={"name": "a"}, mqtt={"protocol": protocol})
    home.read("han/a")
    away(home)
    acl = home.broker.dir / "acl"
    acl.write_text("topic read #\ntopic write han/b/#\ntopic write han/bridge/#\ntopic write homeassistant/#\n"
                   "topic write test/#\n", encoding="utf-8")
    home.broker.extra += f"acl_file {acl}\n"
    home.daemon.reload(home.config(meter={"name": "b"}, mqtt={"protocol": protocol}))
    home.broker.start()
    home.daemon.expect_line("leftovers: han/a: the broker does not take")
    home.read("han/b")
    assert len(home.daemon.lines("leftovers", "does not take")) == 1
    assert len(home.daemon.lines("connection lost")) <= 3
