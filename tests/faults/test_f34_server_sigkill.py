"""F34: SIGKILL of the server during ingest: 0 acknowledged rows lost, 0 doubled.

20 kills in `make test`, 200 in `make soak`, while two writers repeat each batch until it is
acknowledged. `test_f34_crash_points.py` kills at every point that has a name.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import writers
from tests.faults.conftest import Many
from tests.server.processes import Running


@pytest.mark.timeout(400)
def test_a_killed_server_loses_nothing_it_acknowledged_and_doubles_nothing(
    tmp_path: Path, many: Many, figure: Figure
) -> None:
    rounds = many(20, 200)
    chance = random.Random(20)
    server = Running(tmp_path, "--metrics-port", "0").start()
    writing = writers.begin(server, "rank-0", "rank-1")
    try:
        for _ in range(rounds):
            time.sleep(chance.uniform(0.05, 0.4))
            server.kill()
            server.start()
        time.sleep(0.3)
        for writer in writing:
            writer.end()
        writers.check(server, writing)
    finally:
        status = server.stop()
    assert min(writer.acknowledged for writer in writing) > rounds
    assert status == 0
    rows = sum(writer.acknowledged for writer in writing)
    figure(f"F34: {rounds} SIGKILLs of the server, {rows:,} acknowledged: 0 lost, 0 doubled")
