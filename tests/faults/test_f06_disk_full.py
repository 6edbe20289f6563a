"""F06: the disk of the spool is full, of bytes or of names, and free again: no exception, no row
that is neither stored nor counted, and the disk is written again by itself.

Given = stored + lost holds to the row, online, offline, and where the disk is full to the end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.conftest import Many
from tests.faults.disks import Stepwise, account, fill, fill_names, free, tmpfs
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess, eventually

OFFLINE = {"WANLLMDB_MODE": "offline", "WANLLMDB_SPOOL_LIMIT": "0"}
ONLINE = {"WANLLMDB_SPOOL_LIMIT": "0", "WANLLMDB_FLUSH_INTERVAL": "0.2"}
AGAIN = 1.5  # seconds in which a disk that is free is written again
LIMIT = (
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))"
)


@pytest.fixture
def disk(place: Place) -> Iterator[Path]:
    """A disk of 1 MiB, and the spool is on it."""
    with tmpfs(place.spool, "size=1m") as disk:
        yield disk


def on_disk(disk: Path) -> int:
    return sum(path.stat().st_size for path in disk.rglob("*.seg"))


def test_a_disk_that_is_full_and_freed_costs_nothing(
    server: ServerProcess, place: Place, disk: Path, many: Many, figure: Figure
) -> None:
    times = many(2, 12)  # then the disk is full of what was logged
    with Stepwise(place, "f06-freed", OFFLINE) as training:
        for _ in range(times):
            training.log(200)
            fill(disk)
            training.log(1000)
            free(disk)
            before = on_disk(disk)
            eventually(lambda now=before: on_disk(disk) > now, seconds=AGAIN + 5)
        training.log(100)
        training.finish()
    place.sync()
    found = account(server, training)
    assert found.lost == {}
    figure(f"F06: disk full and freed {times} times: {found}")


def test_what_memory_cannot_hold_is_counted_to_the_row(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    """40 MB are logged while nothing can be written: the ring holds 30 MiB of it."""
    with tmpfs(place.spool, "size=64m") as disk:
        with Stepwise(place, "f06-ring", ONLINE) as training:
            training.log(200)
            fill(disk)
            training.log(40_000, size=1000)
            free(disk)
            before = on_disk(disk)
            eventually(lambda: on_disk(disk) > before + 10_000_000, seconds=AGAIN + 5)
            training.log(100)
            training.finish()
        assert "Traceback" not in training.output
        place.sync()
    found = account(server, training)
    assert 5000 < found.lost["disk"] < 15_000
    figure(f"F06: 40 MB logged on a full disk: {found}")


def test_a_disk_that_is_full_to_the_end_keeps_the_account(
    server: ServerProcess, place: Place, disk: Path, figure: Figure
) -> None:
    with Stepwise(place, "f06-end", OFFLINE) as training:
        training.log(500)
        time.sleep(0.6)  # the reserve is made
        fill(disk)
        training.log(3000)
        training.do("run.config.update({'late': 1})")
        training.do("run.summary['best'] = 2")
        last = training.finish()
    found_lost = last.rpartition("· ")[2]
    free(disk)
    place.sync()
    found = account(server, training)
    assert found.lost["disk"] > 1000
    assert found_lost == f"{found.lost['disk']:,} values could not be kept"
    run = server.get(f"/projects/{server.owner}/faults/runs/f06-end")
    assert run["config"]["late"] == 1
    assert run["summary"]["best"] == 2
    figure(f"F06: disk full at the end: {found}")


def test_a_run_that_begins_on_a_full_disk_is_kept_elsewhere(
    server: ServerProcess, place: Place, disk: Path
) -> None:
    fill(disk)
    with Stepwise(place, "f06-begin", OFFLINE) as training:
        training.log(100)
        training.finish()
    assert "cannot be written" in training.output
    assert on_disk(disk) == 0
    place.sync(str(place.root / "home/.local/state/wanllmdb/spool"))
    assert account(server, training).lost == {}


def test_a_disk_without_names_is_as_a_full_one(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    """No segment can be begun: the one that is there goes on, and nothing is lost."""
    small = {**OFFLINE, "WANLLMDB_SPOOL_LIMIT": "2MiB"}
    with tmpfs(place.spool, "size=8m,nr_inodes=24") as disk:
        with Stepwise(place, "f06-names", small) as training:
            training.log(200)
            fill_names(disk)
            training.log(12_000)
            free(disk)
            training.log(3000)
            training.finish()
        place.sync()
    found = account(server, training)
    assert found.lost == {}
    figure(f"F06: no inodes left: {found}")


def test_a_limit_on_the_size_of_files_is_as_a_full_disk(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    """A file may have 50 kB; the signal that comes with it is ignored, as Python does."""
    # What a process imports under the limit it would leave cut off in the cache, for all others.
    alone = {**OFFLINE, "PYTHONDONTWRITEBYTECODE": "1"}
    with Stepwise(place, "f06-fsize", alone) as training:
        training.do(LIMIT.format(50_000))
        training.log(5000)
        training.do(LIMIT.format("resource.getrlimit(resource.RLIMIT_FSIZE)[1]"))
        time.sleep(AGAIN)
        training.log(200)
        training.finish()
    place.sync()
    found = account(server, training)
    assert found.lost == {}
    figure(f"F06: RLIMIT_FSIZE: {found}")
