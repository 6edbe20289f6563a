"""A tally says exactly what a writer was given and what of it was lost, so that it can be checked.

``rows`` less what was lost of them is what can be read: under threads, on a disk that refuses,
and in children that end as they should.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import keep

from wanllmdb import journal, segment, wire
from wanllmdb.counter import Counter
from wanllmdb.moulds import Misfit
from wanllmdb.spool import Spool, new_writer
from wanllmdb.tally import Tally
from wanllmdb.wire import Kind

SHAPES: list[dict[str, Any]] = [{"x": 0.5}, {"x": 0.5, "n": 1}, {"note": "text"}, {"y": 1}]


def a_spool(directory: Path, *, segment_bytes: int = 1 << 24) -> Spool:
    run = wire.encode({"id": "r1", "project": "digits"})
    return Spool.create(
        directory, {"run": "r1"}, writer=new_writer(), run=run, segment_bytes=segment_bytes
    )


def written(directory: Path, writer: str) -> tuple[int, list[dict[str, Any]]]:
    """How many rows of a writer can be read, and its tallies."""
    rows, tallies = 0, []
    for path in journal.segments(directory, writer):
        for _, kind, payload in segment.records(path):
            rows += kind in wire.ROW_KINDS
            if kind == Kind.TALLY:
                tallies.append(payload)
    return rows, tallies


def test_a_counter_gives_each_number_once_in_any_number_of_threads() -> None:
    counter = Counter(10)
    given: list[int] = []
    assert counter.value == 10

    def work() -> None:
        given.extend([counter.next() for _ in range(20_000)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(11, 11 + 8 * 20_000))
    assert counter.value == max(given)


def test_losses_of_many_threads_are_all_counted() -> None:
    tally = Tally()

    def work(number: int) -> None:
        for _ in range(5000):
            tally.number(Kind.ROW)
            tally.lose(f"reason-{number % 2}", Kind.ROW)
            tally.number(Kind.CONFIG)
            tally.number(Kind.CONSOLE)
            tally.number(Kind.SYSTEM)
            tally.waste(Kind.SYSTEM)
            tally.next()  # as VALUES do
            tally.number(Kind.ROW)
            tally.waste(Kind.ROW)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.lost == {"reason-0": 20_000, "reason-1": 20_000}
    assert tally.record() == {"rows": 120_000, "logged": 80_000, "lost": tally.lost}
    assert tally.kept == 120_000
    assert [loss["count"] for loss in tally.untold()] == [20_000, 20_000]
    assert tally.untold() == []


def test_a_form_that_could_not_be_kept_is_no_loss() -> None:
    tally = Tally()
    tally.number(Kind.FORM)
    tally.lose("disk", Kind.FORM)
    assert (tally.lost, tally.kept, tally.rows) == ({}, 0, 0)


def test_the_tally_is_the_last_record_and_says_what_can_be_read(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=5000)
    for step in range(1000):
        keep(spool, step, SHAPES[step % len(SHAPES)])
    spool.append(Kind.CONSOLE, wire.encode(["stdout", 0, 0, "line"]))
    spool.append(Kind.CONFIG, wire.encode({"set": {}}))
    spool.close()
    *_, last = segment.read_segment(journal.segments(spool.directory, spool.writer)[-1])
    assert last.kind == Kind.TALLY
    assert wire.decode(last.payload) == {"rows": 1001, "logged": 1000, "lost": {}}
    assert written(spool.directory, spool.writer) == (
        1001,
        [{"rows": 1001, "logged": 1000, "lost": {}}],
    )


def test_eight_threads_that_change_segments_are_tallied_exactly(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=100_000)

    def work(number: int) -> None:
        for n in range(3000):
            shape = SHAPES[(n + number) % len(SHAPES)]
            keep(spool, n, {**shape, f"own-{number}": 1.0} if n % 5 == 0 else shape)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        spool.tend()
    for thread in threads:
        thread.join()
    spool.close()
    assert written(spool.directory, spool.writer) == (
        24_000,
        [{"rows": 24_000, "logged": 24_000, "lost": {}}],
    )
    frames = sum(
        1
        for path in journal.segments(spool.directory, spool.writer)
        for _ in segment.read_segment(path)
    )
    assert frames == spool.appended, "with the forms that the segments begin with"


def test_values_that_do_not_fit_a_mould_are_given_once(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1")
    for step in range(3):
        keep(spool, step, {"x": 0.5})
    [mould] = spool.moulds.known.values()
    for value in ("text", None, [1], 1j):
        with pytest.raises(Misfit):
            spool.append_values(mould, 3, 0, [value])
    spool.close()
    assert written(spool.directory, spool.writer) == (3, [{"rows": 3, "logged": 3, "lost": {}}])


FULL_DISK = """
    import json, resource, sys
    sys.dont_write_bytecode = True  # under the limit it would be cut off, for all others
    from pathlib import Path
    from tests.sdk.journals import keep
    from wanllmdb.spool import Spool

    directory, ring = Path(sys.argv[1]), int(sys.argv[2])
    spool = Spool.create(directory, {"run": "r1"}, writer="w", segment_bytes=40_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for n in range(100):
        keep(spool, n, {"n": n, "x": 0.5})
    spool._pen.outage.ring._limit = ring
    for turn in range(1, 6):
        resource.setrlimit(resource.RLIMIT_FSIZE, (turn * 1000, hard))
        for n in range(turn * 1000, turn * 1000 + 900):
            keep(spool, n, {"n": n, "x": 0.5} if n % 7 else {"n": n, "new": turn})
            if n % 300 == 0:
                spool._pen.outage.probe_at = 0.0
                spool.tend()
        assert spool.failing
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        spool._pen.outage.probe_at = 0.0
        spool.tend()
        assert not spool.failing
        keep(spool, turn, {"n": -turn, "x": 0.5})
    spool.close()
    print(json.dumps([spool.appended, spool.lost]))
"""


@pytest.mark.parametrize("ring", [1 << 25, 20_000], ids=["held", "lost"])
def test_a_disk_that_is_full_again_and_again_is_tallied_exactly(tmp_path: Path, ring: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path / "r1"), str(ring)]
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *sys.path])
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    appended, lost = json.loads(done.stdout)
    given = 100 + 5 * 901
    rows, tallies = written(tmp_path / "r1", "w")
    assert tallies == [{"rows": given, "logged": given, "lost": lost}]
    assert rows == given - lost.get("disk", 0)
    assert bool(lost) == (ring < 1 << 20)
    paths = journal.segments(tmp_path / "r1", "w")
    records = [each for path in paths for each in segment.records(path)]
    found = [payload[2]["n"] for _, kind, payload in records if kind == Kind.ROW]
    assert len(found) == len(set(found)), "what was written in part is written again, once"
    assert set(range(100)) | {-turn for turn in range(1, 6)} <= set(found)
    losses = [payload["count"] for _, kind, payload in records if kind == Kind.LOSS]
    assert sum(losses) == lost.get("disk", 0)
    frames = sum(1 for path in paths for _ in segment.read_segment(path))
    assert frames == appended


def child(spool: Spool, rows: int, leave: str) -> None:
    for step in range(rows):
        keep(spool, step, SHAPES[step % len(SHAPES)])
    if leave == "raise":
        raise SystemExit(3)
    if leave == "exit":
        os._exit(0)
    if leave == "thread":
        late = threading.Timer(0.05, keep, (spool, rows, {"x": 0.5}))
        late.start()  # ends after all that a child does when it ends


@pytest.mark.parametrize("leave", ["return", "raise", "exit", "thread"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_worker_that_ends_in_order_leaves_a_tally(tmp_path: Path, leave: str) -> None:
    spool = a_spool(tmp_path / "r1")
    for step in range(10):
        keep(spool, step, SHAPES[step % len(SHAPES)])
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=child, args=(spool, 50 + n, leave)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spool.close()
    children = set(journal.writers(spool.directory)) - {spool.writer}
    assert len(children) == 3
    found = sorted(written(spool.directory, writer) for writer in children)
    for (rows, tallies), given in zip(found, (50, 51, 52), strict=True):
        assert rows == given + (leave == "thread"), "nothing is lost, however it ends"
        said = {"rows": given, "logged": given, "lost": {}}
        assert tallies == ([] if leave == "exit" else [said])
    assert written(spool.directory, spool.writer) == (
        10,
        [{"rows": 10, "logged": 10, "lost": {}}],
    )


def test_a_child_of_a_process_with_moulds_can_be_read_by_its_own_segments(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=5000)
    for step in range(100):
        keep(spool, step, SHAPES[step % len(SHAPES)])
    pid = os.fork()
    if pid == 0:
        for step in range(1000):
            keep(spool, step, SHAPES[step % len(SHAPES)])
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    [writer] = set(journal.writers(spool.directory)) - {spool.writer}
    paths = journal.segments(spool.directory, writer)
    assert len(paths) > 5
    alone = [list(segment.records(path)) for path in paths]
    rows = [payload for records in alone for _, kind, payload in records if kind == Kind.ROW]
    assert [row[0] for row in rows] == list(range(1000))
    assert [row[2] for row in rows] == [SHAPES[step % len(SHAPES)] for step in range(1000)]
    spool.close()
