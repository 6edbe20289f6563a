"""F14: cut connections, garbage, wrong lengths, a captive portal: stored = distinct = sent.

A connection is reset after 0 to 400 bytes of an answer, or in the middle of a request; an
answer is random bytes, or longer or shorter than it says, or a stranger's page. Whatever it
was, the outcome is unknown: the same is sent again, and kept once.
"""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.checker import check
from tests.faults.conftest import SOAK, Many
from tests.faults.gates import LyingGate
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

OFFSETS = range(0, 401, 1 if SOAK else 10)
LANES = 5
VARIABLES = {"WANLLMDB_FLUSH_INTERVAL": "0.05"}


def test_an_answer_that_is_cut_at_any_byte_changes_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        lanes = [
            Lane(stack, server, tmp_path / str(each), OFFSETS[each::LANES]) for each in range(LANES)
        ]
        for lane in lanes:
            lane.training.wait_for(5)
        left = list(lanes)
        while left:
            left = [lane for lane in left if lane.go_on()]
            time.sleep(0.01)
        for lane in lanes:
            lane.proxy.set("pass")
        for lane in lanes:
            lane.training.kill()
            lane.place.sync()
            check(server, [lane.training], spool=lane.place.spool)
        cut = sum(lane.proxy.cut for lane in lanes)
        longest = max(lane.longest for lane in lanes)
    assert cut >= len(OFFSETS) * longest // 400 - LANES


class Lane:
    """A training behind a proxy of its own, and the offsets that it meets."""

    def __init__(self, stack: ExitStack, server: ServerProcess, root: Path, offsets: range) -> None:
        self.proxy = stack.enter_context(FaultProxy("127.0.0.1", server.port))
        self.place = Place(root, url=self.proxy.url, key=server.key, variables=VARIABLES)
        self.training = stack.enter_context(Training(self.place, f"cut-{root.name}", pace=0.005))
        self.longest = 0  # offset that was still within an answer
        self._left = list(offsets)
        self._cut = self._asked = 0

    def go_on(self) -> bool:
        """Change what the proxy does when that has shown; False when all offsets were met."""
        proxy, offset = self.proxy, self.proxy.fault.cut_after
        is_cut = proxy.cut > self._cut
        if offset is None:
            if len(proxy.requests) < self._asked + 2:
                return True  # the one before has had its answer, so the back-off is short again
        elif not is_cut and len(proxy.requests) < self._asked + 3:
            return True  # or no answer is as long
        if is_cut:
            self.longest = max(self.longest, offset or 0)
        self._cut, self._asked = proxy.cut, len(proxy.requests)
        if is_cut or not self._left:
            proxy.set("pass")
            return bool(self._left)
        proxy.set("pass", cut_after=self._left.pop(0))
        return True


def test_requests_cut_in_the_middle_and_strangers_answers_change_nothing(
    server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    seconds = many(1, 30)
    with FaultProxy("127.0.0.1", server.port, seed=14) as proxy:
        place = Place(tmp_path / "place", url=proxy.url, key=server.key, variables=VARIABLES)
        with Training(place, "strange", pace=0.002) as training:
            training.wait_for(5)
            for mode, knobs in (
                ("pass", {"cut_p": 0.5}),
                ("garbage", {}),
                ("reset", {}),
                ("pass", {}),
            ):
                proxy.set(mode, **knobs)
                time.sleep(seconds)
            training.kill()
        assert proxy.cut > 0
        place.sync()
    check(server, [training], spool=place.spool)


def test_a_sign_in_page_is_not_the_server_and_is_said_so(
    server: ServerProcess, tmp_path: Path
) -> None:
    with FaultProxy("127.0.0.1", server.port) as proxy:
        proxy.set("html")
        place = Place(tmp_path / "place", url=proxy.url, key=server.key)
        training = Training(place, "portal", rows=200)
        with training:
            assert training.wait(30) == 0, training.output
        assert "is not a wanLLMDB server, perhaps the sign-in page" in training.output
        assert 1 <= len(proxy.requests) <= 2
        proxy.set("pass")
        place.sync()
    check(server, [training], spool=place.spool)


def test_answers_of_another_length_than_they_say_change_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    with LyingGate(("127.0.0.1", server.port)) as gate:
        place = Place(tmp_path / "place", url=gate.url, key=server.key, variables=VARIABLES)
        with Training(place, "lying", pace=0.005) as training:
            for lie in (-7, 0, +9, 0, -1, 0):
                told = gate.told
                gate.lie = lie
                eventually(lambda told=told: gate.told > told, why="a lie was told, or none was")
            training.kill()
        gate.lie = 0
        place.sync()
        assert gate.lies >= 3
    check(server, [training], spool=place.spool)


def test_a_server_that_sends_us_elsewhere_gets_no_key_there(
    server: ServerProcess, tmp_path: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as elsewhere,
        LyingGate(("127.0.0.1", server.port)) as gate,
    ):
        gate.send_to = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        place = Place(tmp_path / "place", url=gate.url, key=server.key)
        with Training(place, "elsewhere", rows=20) as training:
            assert training.wait(30) == 0, training.output
        assert re.search(rf"sends us on to {gate.send_to}", training.output)
        elsewhere.settimeout(0.2)
        try:
            elsewhere.accept()
        except TimeoutError:
            came = False
        else:
            came = True
        assert not came
        gate.send_to = ""
        place.sync()
    check(server, [training], spool=place.spool)
