"""F06, the bound of the spool: a run that nobody takes rows off stays near its limit, says what
it left out, to the row, and ends that by itself when a server takes the rest.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.conftest import Figure
from tests.faults.disks import Stepwise, account
from tests.faults.proxy import FaultProxy
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess, eventually

LIMIT = 512 * 1024
SMALL = {"WANLLMDB_SPOOL_LIMIT": "512KiB", "WANLLMDB_FLUSH_INTERVAL": "0.2"}
VALUES = ["spool-limit-values"]


def size(spool: Path) -> int:
    return sum(path.stat().st_size for path in spool.rglob("*") if path.is_file())


def test_a_run_that_nobody_sends_is_thinned_and_says_so_to_the_row(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    with Stepwise(place, "limit-offline", {**SMALL, "WANLLMDB_MODE": "offline"}) as training:
        worst = training.log(60_000)
        training.finish()
    taken = size(place.spool)
    assert taken < 1.5 * LIMIT
    place.sync()
    found = account(server, training, values_of=VALUES)
    assert found.lost["spool-limit"] > 40_000
    numbers = [value for _, value in server.points(PROJECT, training.run, "number/0")]
    assert 0.0 in numbers
    assert 59_999.0 in numbers
    [told] = [each for each in found.reasons if each["code"] == "spool-limit"]
    assert f"{found.lost['spool-limit']:,} of 60,000 rows thinned between" in told["detail"]
    figure(
        f"F06: limit of 512 KiB: {found}, {taken / 1024:.0f} KiB taken, "
        f"longest log() {worst * 1000:.1f} ms"
    )


def test_thinning_ends_when_a_server_takes_what_waits(
    server: ServerProcess, faulty: FaultProxy, faulty_place: Place, figure: Figure
) -> None:
    faulty.set("refuse")
    with Stepwise(faulty_place, "limit-online", SMALL) as training:
        training.log(40_000)
        eventually(lambda: "points are thinned" in training.output, seconds=10)
        faulty.set("pass")
        eventually(lambda: "has room again" in training.output, seconds=40)
        time.sleep(0.5)
        before = training.returned
        training.log(1000, pace=0.0005)
        training.finish()
    faulty_place.sync()
    found = account(server, training, values_of=VALUES)
    numbers = {int(value) for _, value in server.points(PROJECT, training.run, "number/0")}
    assert set(range(before, before + 1000)) <= numbers
    figure(f"F06: limit reached while the server was away, and left again: {found}")
