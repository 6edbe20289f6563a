"""F32: the disk of the server is full, and then it is not: what comes is put off, what is there
can be read, nothing that was acknowledged is lost, and the server goes on by itself.

All of it lies on a disk of 64 MiB: catalog, points, logs and blobs.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from pathlib import Path

import httpx
from tests.conftest import Figure
from tests.faults import writers
from tests.faults.disks import fill, free, tmpfs
from tests.server.processes import Running

WRITERS = ("rank-0", "rank-1")


def put(http: httpx.Client, place: str, content: bytes) -> httpx.Response:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return http.put(f"{place}/files/a.bin", content=content, headers={"X-Wanllmdb-Digest": digest})


def refused(answer: httpx.Response) -> None:
    """It was put off, in a way that a client understands."""
    assert answer.status_code in writers.LATER, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_full_disk_puts_off_what_comes_and_loses_nothing(tmp_path: Path, figure: Figure) -> None:
    server = Running(tmp_path, "--metrics-port", "0")
    with tmpfs(server.data, "size=64m") as disk:
        server.start()
        try:
            writing = writers.begin(server, *WRITERS)
            for writer in writing:
                writer.wait_for_more(500)
            with server.client() as http:
                user = http.get("/me").json()["user"]["name"]
                place = f"/projects/{user}/{writers.PROJECT}/runs/{writers.RUN}"
                assert put(http, place, b"small").status_code in {200, 201}

                fill(disk)
                while not all(writers.LATER & writer.answers.keys() for writer in writing):
                    fill(disk)  # what the server gave back meanwhile
                    time.sleep(0.05)
                asked = [
                    http.get(place),
                    http.get(f"{place}/points", params={"key": "x/rank-0"}),
                    http.get(f"{place}/files/a.bin"),
                    http.get("/projects"),
                ]
                assert [answer.status_code for answer in asked] == [200] * 4
                refused(put(http, place, bytes(1 << 20)))
                for number in range(20):  # the catalog may have room in its log for some
                    answer = http.post("/runs", json={"id": f"n{number}", "project": "more"})
                    if answer.status_code >= 300:
                        refused(answer)
                full = [writer.acknowledged for writer in writing]

                free(disk)
                for writer in writing:
                    writer.wait_for_more(500)
                assert put(http, place, bytes(1 << 20)).status_code in {200, 201}
                http.post("/runs", json={"id": "after", "project": "more"}).raise_for_status()
            for writer in writing:
                writer.end()
            writers.check(server, writing)
            server.kill()
            server.start()
            writers.check(server, writing)
        finally:
            status = server.stop()
        for name in ("catalog.db", "metrics/metrics-0.db"):
            with contextlib.closing(sqlite3.connect(disk / name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert status == 0
    put_off = sum(sum(writer.answers[each] for each in writers.LATER) for writer in writing)
    rows = sum(writer.acknowledged for writer in writing)
    figure(
        f"F32: disk full after {sum(full):,} rows: {put_off} batches put off, none with 500, "
        f"{rows:,} acknowledged = stored; the server went on by itself"
    )
