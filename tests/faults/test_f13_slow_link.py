"""F13: 1 KiB/s, 2 s latency, 5 % resets: progress, and memory that does not grow with the backlog.

The training logs far more than the link takes. What the server has grows all the same, the
process grows by 64 MiB at most, and over a better link everything is there, once.
"""

from __future__ import annotations

import time
import urllib.error
from pathlib import Path

from tests.faults.checker import check
from tests.faults.conftest import SOAK, Many
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

LINK = (
    {"bps": 1024, "latency": 2.0, "cut_p": 0.05}
    if SOAK
    else {"bps": 16 * 1024, "latency": 0.2, "cut_p": 0.05}
)
GROWTH = 64 * 1024  # KiB


def test_a_slow_link_gets_on_and_takes_no_memory(
    server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    rows, seconds = many(20_000, 500_000), many(4, 600)
    with FaultProxy("127.0.0.1", server.port, seed=13) as proxy:
        place = Place(tmp_path / "place", url=proxy.url, key=server.key)
        with Training(place, "slow", rows=rows, after="import time; time.sleep(10000)") as training:
            training.wait_for(1000)
            resident = memory(training)
            proxy.set("pass", **LINK)
            began, had = time.monotonic(), proxy.up
            while not training.ended or time.monotonic() < began + seconds:
                time.sleep(0.1)
            assert memory(training) - resident <= GROWTH
            passed = [each for each in proxy.requests_since(began) if is_batch(each.path)]
            eventually(lambda: stored(server) > 0, seconds=60, why="some of it is stored")
            training.kill()
        assert proxy.up > had
        if SOAK:
            assert len(passed) > seconds / 60  # a batch a minute at the least
        proxy.set("pass")
        place.sync()
    check(server, [training], spool=place.spool)


def stored(server: ServerProcess) -> int:
    try:
        return len(server.points("faults", "slow", "number/0"))
    except urllib.error.HTTPError:  # nothing of it is there yet, not even the run
        return 0


def is_batch(path: str) -> bool:
    return path.endswith("/batches")


def memory(training: Training) -> int:
    """What the process has in memory, in KiB."""
    assert training.process is not None
    text = Path(f"/proc/{training.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))
