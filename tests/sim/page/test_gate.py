"""The gate before the page's server: foreign pages and names are refused, and the front end is read only."""

import base64
import http.client
import signal
import socket
from urllib.parse import urlsplit

import pytest

from sim.page import exhibit
from sim.page.gate import FRONT_END, Names, installed_file, is_own, names_for
from sim.records import OutputError
from tests.sim.page.conftest import SMALL, serving
from tests.sim.page.shows import shown

OWN = names_for("127.0.0.1", shared=False)
ALL = names_for("0.0.0.0", shared=True)

STUCK = '''
import sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from sim import Parameters
from sim.page import server, show
from sim.runs.registry import ScenarioFile

class Stuck:
    tick, now, records = 1.0, 0.0, None
    def advance_to(self, until):
        time.sleep(600)

kind = show.show_of(ScenarioFile("stuck", Path(__file__), lambda: SimpleNamespace(Parameters=Parameters)))
stuck = kind()
stuck.market = stuck.scene = Stuck()
stuck.running = True
threading.Thread(target=stuck.step).start()
time.sleep(0.5)
from scenarios import town_market
server.watch(ScenarioFile("town", Path(town_market.__file__), lambda: town_market), port=0, browser=False)
'''


@pytest.mark.parametrize(
    ("names", "host", "origins", "websocket", "own"),
    [
        (OWN, "localhost:80", ["http://localhost:80"], True, True),
        (OWN, "127.0.0.1:80", [], False, True),
        (OWN, "[::1]:80", ["http://[::1]:80"], True, True),
        (OWN, "LocalHost.:80", [], False, True),
        (OWN, "127.0.0.1:80", [], True, False),  # a browser names its origin
        (OWN, "127.0.0.1:80", ["http://127.0.0.1:81"], False, False),  # another server of this machine
        (OWN, "127.0.0.1:80", ["null"], False, False),
        (OWN, "127.0.0.1:80", ["http://127.0.0.1:80", "http://evil.example"], True, False),
        (OWN, "evil.example", ["http://evil.example"], True, False),  # a name made to lead here
        (OWN, "192.168.1.2:80", [], False, False),
        (OWN, "", [], False, False),
        (OWN, "[::1", ["http://["], True, False),
        (OWN, "user@localhost", ["http://localhost@evil.example"], True, False),
        (ALL, "192.168.1.2:80", ["http://192.168.1.2:80"], True, True),
        (ALL, f"{socket.gethostname()}:80", [], False, True),
        (ALL, "evil.example", [], False, False),
        (names_for("My.Lan", shared=True), "my.lan:80", ["http://my.lan:80"], True, True),
    ],
)
def test_who_is_let_in(names, host, origins, websocket, own):
    assert is_own(host, origins, names, websocket) is own


def test_no_name_allows_none():
    assert not Names(frozenset()).allow(None)


def test_front_end_is_what_is_there(tmp_path):
    (tmp_path / "vega@5").mkdir()
    (tmp_path / "vega@5" / "__main.js").write_text("1")
    (tmp_path.parent / "outside.js").write_text("1")
    asked = ["vega@5", "vega@5/__main.js", "vega@5/", "", "vega@5/gone.js", "gone@1", "../outside.js", ".",
             "vega@5/../vega@5", "vega@5//__main.js", "vega@5\\__main.js", "a\0b", "x" * 5000]
    there = [path for path in asked if installed_file(f"{FRONT_END}/{path}", tmp_path)]
    assert there == ["vega@5", "vega@5/__main.js"]


# --- a server of its own ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gated(tmp_path_factory):
    """A server with a small front end, which a request may break."""
    folder = tmp_path_factory.mktemp("gated")
    package = folder / "cdn" / "vega@5.21.0"
    package.mkdir(parents=True)
    (package / "main.js").write_text("1;")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOLARA_ASSETS_PROXY_CACHE_DIR", str(folder / "cdn"))
        with serving(folder, *SMALL) as started:
            yield started


def asked(server, path, method="GET", **headers):
    """The status of one answer, and its text."""
    address = urlsplit(server.address)
    link = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    link.request(method, path, headers={"Host": address.netloc} | headers)
    answer = link.getresponse()
    text = answer.read().decode()
    link.close()
    return answer.status, text, answer.headers


def websocket_status(server, **headers):
    """The status with which the kernel's websocket answers."""
    key = base64.b64encode(bytes(16)).decode()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": key}
    address = urlsplit(server.address)
    link = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    path = "/jupyter/api/kernels/4f9c2f06-6f2b-4a64-a1fb-6d1ac0b7a9de/channels?session_id=1"
    link.request("GET", path, headers=upgrade | {"Host": address.netloc} | headers)
    status = link.getresponse().status
    link.close()
    return status


def test_a_foreign_page_cannot_drive_this_one(gated):
    assert websocket_status(gated, Origin=gated.address) == 101
    assert websocket_status(gated, Origin="http://evil.example") == 403
    assert websocket_status(gated) == 403
    assert asked(gated, "/")[0] == 200
    assert asked(gated, "/", Host="evil.example")[0] == 403
    assert asked(gated, "/resourcez", Origin="http://evil.example")[0] == 403


def test_no_other_page_can_frame_this_one(gated):
    assert "frame-ancestors 'none'" in asked(gated, "/")[2]["content-security-policy"]


@pytest.mark.parametrize("path", ["vega@5.21.0/", "vega@5.21.0/.", "@widgetti/..", "gone@1.0.0/main.js", ""])
def test_the_front_end_is_read_and_nothing_else(gated, path):
    """The helper behind it removes a folder that is asked for, and fetches what is not there."""
    assert asked(gated, f"{FRONT_END}/{path}")[0] == 404
    assert asked(gated, f"{FRONT_END}/vega@5.21.0/main.js")[:2] == (200, "1;")
    assert asked(gated, f"{FRONT_END}/vega@5.21.0/main.js", "POST")[0] == 405
    assert gated.calls() == []


def test_ctrl_c_ends_a_step_without_end(tmp_path):
    (tmp_path / "stuck.py").write_text(STUCK)
    with serving(tmp_path, command=["stuck.py"]) as started:
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(timeout=20) == 0
        assert "Traceback" not in started.errors()


def test_saves_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exhibit, "MOST_SAVES", 2)
    shows, show = exhibit.Exhibit(), shown(steps=1)
    for _ in range(2):
        shows.save(show)
    with pytest.raises(OutputError, match="2 times"):
        shows.save(show)
    assert len(list((tmp_path / "runs").iterdir())) == 2
