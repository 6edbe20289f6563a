"""F11: 500, 502, 503, 429, with and without Retry-After, for many clients: no storm, ≤ 60 s back.

At most one request per client and back-off step; a process never asks again twice within a
second; nobody comes before Retry-After says; the first retries are spread over half of their
window at least; when the server is back, everything is there within a minute, once.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.proxy import FaultProxy, Request
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

FIRST_WINDOW = 0.5
# Two clocks look at each request: that of the sender, and the proxy's when it has read it.
LATE = 0.1


def date_in(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.timeout(180)
def test_refused_clients_wait_apart_and_deliver_everything(
    server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    clients, seconds = many(10, 50), many(2, 60)
    # Without files, which go before the batches that name them and are refused as well.
    variables = {"WANLLMDB_FLUSH_INTERVAL": "0.1", "WANLLMDB_SAVE_FACTS": "false"}
    place = Place(tmp_path / "place", key=server.key, variables=variables)
    with FaultProxy("127.0.0.1", server.port) as proxy:
        place.url = proxy.url
        trainings = [
            Training(place, f"refused-{each}", pace=0.02, end="finish") for each in range(clients)
        ]
        for training in trainings:
            training.start()
        for training in trainings:
            training.wait_for(10, seconds=60)
        first: list[float] = []
        for status, asked in ((500, None), (502, None), (429, 1.0)):
            first += refuse(proxy, clients, seconds, status, asked)
        refuse_until(proxy, clients, date_in(3.0))
        back = time.monotonic()
        eventually(lambda: is_back(proxy, clients, back), seconds=60, why="all are back")
        for training in trainings:
            training.kill_tree()
        assert max(first) - min(first) >= FIRST_WINDOW / 2
        place.sync()
    check(server, trainings, spool=place.spool)


def refuse(
    proxy: FaultProxy, clients: int, seconds: float, status: int, asked: float | None
) -> list[float]:
    """Refuse everybody for a while; when each came back first, in seconds."""
    began = time.monotonic()
    proxy.set("status", status=status, retry_after=asked)
    eventually(lambda: len(by_client(proxy.requests_since(began))) == clients, seconds=20)
    time.sleep(seconds)
    ended = time.monotonic()
    proxy.set("pass")
    first = []
    for times in by_client(proxy.requests_since(began)).values():
        refused = [each for each in times if each < ended]
        gaps = [later - sooner for sooner, later in pairwise(refused)]
        # The first gap is a back-off of its own; from then on a second is between any two.
        assert all(gap >= 1.0 - LATE for gap in gaps[1:]), gaps
        if asked is not None:
            assert all(gap >= asked - LATE for gap in gaps), gaps
        else:
            first += gaps[:1]
    eventually(lambda: is_back(proxy, clients, ended), seconds=60, why="all are back")
    time.sleep(1.1)  # the budget of each is whole again
    return first


def refuse_until(proxy: FaultProxy, clients: int, date: str) -> None:
    """Refuse everybody once; nobody comes before that date."""
    wait = parsedate_to_datetime(date).timestamp() - time.time()
    moment = time.monotonic()
    proxy.set("status", status=503, retry_after=date)
    eventually(lambda: len(by_client(proxy.requests_since(moment))) == clients, seconds=20)
    time.sleep(0.5)
    proxy.set("pass")
    for run, times in by_client(proxy.requests_since(moment)).items():
        later = [each - moment for each in times[1:]]
        assert all(each >= wait - LATE for each in later), (run, later, wait)


def by_client(requests: list[Request]) -> dict[str, list[float]]:
    """When each run was sent for."""
    found: dict[str, list[float]] = defaultdict(list)
    for each in requests:
        if each.path.endswith("/batches"):
            found[each.path.split("/runs/")[1].split("/")[0]].append(each.at)
    return found


def is_back(proxy: FaultProxy, clients: int, moment: float) -> bool:
    return len(by_client(proxy.requests_since(moment))) == clients
