"""A run's folder stays near its limit, what is left out is counted, and it ends by itself."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in

from wanllmdb import journal, limit, segment, wire
from wanllmdb.errors import UsageError
from wanllmdb.limit import Level, Limit, Usage
from wanllmdb.settings import Settings
from wanllmdb.spool import Spool

MIB = 1 << 20
HEADER = {"run": "r1", "project": "digits", "owner": None}


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_spool(directory: Path, words: list[str], most: int = MIB) -> Spool:
    return Spool.create(directory, HEADER, writer="w", most_bytes=most, tell=words.append)


def log(spool: Spool, first: int, count: int) -> None:
    """Rows of two keys, as `Run.log` writes them."""
    for n in range(first, first + count):
        row = {"loss": math.sin(n * 12.9898) * 43758.5453 % 1, "rate": 1.0}
        mould = spool.mould(row)
        if mould is None:
            spool.append(wire.Kind.ROW, wire.encode((n, n, row)))
        else:
            spool.append_values(mould, n, n, row.values())


def stored(spool: Spool) -> list[Any]:
    return [
        payload
        for path in journal.segments(spool.directory, "w")
        for _, kind, payload in segment.records(path)
        if kind == wire.Kind.ROW
    ]


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


def test_beyond_its_limit_a_folder_grows_by_thinned_points_and_the_account_is_exact(
    tmp_path: Path,
) -> None:
    words: list[str] = []
    spool = a_spool(tmp_path / "r1", words)
    log(spool, 0, 200_000)
    spool.append(wire.Kind.CONFIG, wire.encode({"set": {"lr": 1}}))
    spool.tend()
    spool.close()
    [tally] = kept_in(spool.directory, wire.Kind.TALLY)
    rows = stored(spool)
    assert tally["rows"] == 200_000
    assert tally["lost"]["spool-limit"] == 200_000 - len(rows)
    assert size(spool.directory) < 1.5 * MIB
    assert kept_in(spool.directory, wire.Kind.CONFIG)
    assert rows[0][0] == 0
    assert rows[-1][0] == 199_999
    told = kept_in(spool.directory, wire.Kind.LOSS)
    thinned = [each for each in told if each["reason"] == "spool-limit"]
    assert sum(each["count"] for each in thinned) == tally["lost"]["spool-limit"]
    assert " of 200,000 rows thinned between " in thinned[-1]["detail"]
    assert any("points are thinned" in line for line in words)


def test_rows_of_step_0_are_kept_whatever_the_limit_says(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", [])
    log(spool, 1, 100_000)
    for n in range(100):
        spool.append(wire.Kind.ROW, wire.encode((0, n, {"loss": 0.5})))
    spool.close()
    assert sum(1 for row in stored(spool) if row[0] == 0) == 100


def test_printed_lines_readings_and_media_go_before_points(tmp_path: Path) -> None:
    words: list[str] = []
    spool = a_spool(tmp_path / "r1", words)
    (spool.directory / "files").mkdir()
    (spool.directory / "files" / "image.png").write_bytes(bytes(int(0.79 * MIB)))
    spool._pen.sieve.limit._due = 0.0
    spool.tend()
    assert spool.full
    for n in range(64):
        spool.append(wire.Kind.CONSOLE, wire.encode(("stdout", n, n, "line")))
        spool.append(wire.Kind.SYSTEM, wire.encode((n, n, {"system/cpu": 1.0})))
    log(spool, 0, 64)
    assert len(stored(spool)) == 64
    spool.close()
    assert spool.lost == {"spool-limit-console": 60, "spool-limit-system": 64}
    assert len(kept_in(spool.directory, wire.Kind.CONSOLE)) == 4
    [tally] = kept_in(spool.directory, wire.Kind.TALLY)
    assert tally == {"rows": 3 * 64, "logged": 64, "lost": spool.lost}


def test_thinning_ends_when_acknowledged_segments_are_removed(tmp_path: Path) -> None:
    words: list[str] = []
    spool = a_spool(tmp_path / "r1", words)
    log(spool, 0, 60_000)
    assert spool.failing == "limit"
    for path in journal.segments(spool.directory, "w")[:-1]:
        path.unlink()
    spool._pen.sieve.limit._due = 0.0
    spool.tend()
    assert spool.failing is None
    lost = dict(spool.lost)
    log(spool, 60_000, 100)
    assert spool.lost == lost
    assert "has room again" in words[-1]
    assert " of 60,000 rows thinned between " in words[-1]
    spool.close()


def test_threads_that_log_at_once_lose_no_row_uncounted(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", [])
    threads = [
        threading.Thread(target=log, args=(spool, first, 20_000))
        for first in range(0, 80_000, 20_000)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        spool.tend()
    spool.close()
    [tally] = kept_in(spool.directory, wire.Kind.TALLY)
    assert tally["rows"] == 80_000
    assert tally["rows"] - sum(tally["lost"].values()) == len(stored(spool))


def test_without_a_limit_nobody_looks(tmp_path: Path) -> None:
    watch = Limit(tmp_path / "nothing", 0)
    assert not watch.is_due
    assert not watch.look()


@pytest.mark.parametrize(
    ("free", "taken", "expected"),
    [(1 << 40, 0, 2 << 30), (10 * MIB, 0, MIB), (9 * MIB, MIB, MIB)],
)
def test_by_itself_a_run_takes_a_tenth_of_what_is_free_and_2_gib_at_most(
    free: int, taken: int, expected: int
) -> None:
    assert limit.bytes_of(None, Usage(taken, 0, free)) == expected


def test_a_level_begins_at_its_share_and_ends_a_tenth_below(tmp_path: Path) -> None:
    clock = Clock()
    watch = Limit(tmp_path, 1000, clock=clock)
    seen: list[Level] = []
    for taken in (0, 790, 800, 840, 850, 900, 990, 1000, 910, 890, 710, 690):
        (tmp_path / "x.seg").write_bytes(bytes(taken))
        watch.look()
        seen.append(watch.level)
    assert [each.name for each in seen] == [
        *("NOTHING", "NOTHING", "CONSOLE", "CONSOLE", "SYSTEM", "MEDIA", "MEDIA", "POINTS"),
        *("POINTS", "MEDIA", "CONSOLE", "NOTHING"),
    ]
    assert not watch.is_due
    clock.now += 60
    assert watch.is_due


def test_segments_are_small_enough_for_some_to_be_removed_in_time(tmp_path: Path) -> None:
    assert limit.fitting(tmp_path, 16 * MIB, 16 * MIB) == MIB
    assert limit.fitting(tmp_path, 0, 16 * MIB) == 16 * MIB
    assert limit.fitting(tmp_path, 1000, 16 * MIB) == limit.LEAST_SEGMENT


@pytest.mark.parametrize(
    ("said", "meant"),
    [("0", 0), ("1048576", MIB), ("2GiB", 2 << 30), ("512 MiB", 512 * MIB), ("1.5kB", 1500)],
)
def test_a_limit_is_said_in_bytes_or_in_units(said: str, meant: int) -> None:
    assert Settings(spool_limit=said).spool_limit == meant


@pytest.mark.parametrize("said", ["much", "-1", "1 iB", "1e300TB", ""])
def test_what_is_no_number_of_bytes_is_refused_by_name(said: str) -> None:
    with pytest.raises(UsageError, match="spool_limit"):
        Settings(spool_limit=said)


def test_the_folder_is_measured_while_files_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "a.seg").write_bytes(bytes(10))
    (tmp_path / "files" / "b").write_bytes(bytes(20))
    (tmp_path / "files" / "c").symlink_to("/dev/zero")
    found = limit.measured(tmp_path)
    assert found.segments == 10
    assert 20 <= found.others < 100
