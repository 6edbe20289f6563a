"""F33: somebody else holds the server's databases (a backup, a vacuum, a curious person): what
comes waits or is put off, nothing answers with 500, and nothing that was acknowledged is lost.

30 s in `make soak`; in `make test` as long as it takes until the server puts off what comes.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from tests.conftest import Figure
from tests.faults import writers
from tests.faults.conftest import Many
from tests.server.processes import Running

WRITERS = ("rank-0", "rank-1", "rank-2")


def test_a_database_that_somebody_holds_puts_off_what_comes_and_loses_nothing(
    tmp_path: Path, many: Many, figure: Figure
) -> None:
    seconds = many(11, 30)
    server = Running(tmp_path, "--metrics-port", "0").start()
    try:
        writing = writers.begin(server, *WRITERS)
        for writer in writing:
            writer.wait_for_more(100)
        with contextlib.ExitStack() as held, server.client() as http:
            for name in ("catalog.db", "metrics/metrics-0.db"):
                connection = sqlite3.connect(server.data / name, isolation_level=None, timeout=30)
                held.enter_context(contextlib.closing(connection))
                connection.execute("BEGIN EXCLUSIVE")
            until = time.monotonic() + seconds
            before = [writer.acknowledged for writer in writing]
            assert http.get("/projects").status_code == 200  # who reads does not wait
            answer = http.post("/runs", json={"id": "r2", "project": "more"}, timeout=45)
            assert answer.status_code == 503
            assert answer.json()["code"] == "catalog-unavailable"
            while time.monotonic() < until or not any(w.answers[503] for w in writing):
                time.sleep(0.1)
            waited = [writer.acknowledged for writer in writing]
        for writer in writing:
            writer.wait_for_more(100)
            writer.end()
        writers.check(server, writing)
    finally:
        status = server.stop()
    assert status == 0
    # One batch of each may have been on its way to the disk.
    assert all(now - then <= 200 for then, now in zip(before, waited, strict=True))
    slowest = max(writer.slowest for writer in writing)
    rows = sum(writer.acknowledged for writer in writing)
    figure(
        f"F33: databases held for {seconds} s: {rows:,} acknowledged = stored, no answer but 200 "
        f"and 503, slowest acknowledgement {slowest:.1f} s"
    )
