"""F03: the power fails, or the kernel panics: at most the last second is lost, nothing is damaged.

A training runs under a recorder of what it asks of its disk. From that, disks are made that a
crash at any moment could have left, within what a file system may do: what no sync had covered
is there, or torn, or zeros, or gone, in any order. Each of them is read, and what it holds is
compared with the ledger as it was at that moment.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Figure
from tests.faults.checker import NUMBER, VALUE
from tests.faults.conftest import Many
from tests.faults.crash import Image, Recording
from tests.faults.ledger import value_of
from tests.faults.training import PROJECT, Place, Training
from tests.journeys.processes import ServerProcess
from tests.sdk.journals import kept_in

from wanllmdb.wire import Kind

# Before anything of ours is imported. The segments are small, so that many begin and end.
BEFORE = """
from tests.faults import recorder
recorder.install({log!r}, {spool!r})
from wanllmdb.spool import Spool
Spool.create.__func__.__kwdefaults__["segment_bytes"] = 64 * 1024
"""
SECONDS = 2.5
THREADS = 2


def record(place: Place, run: str, **knobs: Any) -> tuple[Training, Recording]:
    """A training that was killed after some seconds, and what its disk was asked for."""
    place.spool.mkdir(parents=True)
    log = place.root / f"recording-{run}"
    before = BEFORE.format(log=str(log), spool=str(place.spool))
    with Training(place, run, pace=0.001, threads=THREADS, before=before, **knobs) as training:
        training.wait_for(1)
        time.sleep(SECONDS)
        training.kill()
    return training, Recording(log)


def problems(rows: list[dict[str, Any]], image: Image) -> list[str]:
    """What is wrong with what was read from a disk, a sentence each."""
    found = []
    for slot in range(THREADS):
        said = [
            (values[NUMBER.format(slot)], values[VALUE.format(slot)])
            for values in rows
            if NUMBER.format(slot) in values
        ]
        times = Counter(number for number, _ in said)
        safe, returned = image.safe.get(slot, 0), image.returned.get(slot, 0)
        if lost := [number for number in range(safe) if number not in times]:
            found.append(f"slot {slot}: {len(lost)} of {safe} rows that were synced are lost")
        if max(times.values(), default=0) > 1:
            found.append(f"slot {slot}: rows are there twice")
        if unsaid := [number for number in times if number > returned]:
            found.append(f"slot {slot}: rows {unsaid[:5]} were never logged")
        if wrong := [number for number, value in said if value != value_of(slot, int(number))]:
            found.append(f"slot {slot}: rows {wrong[:5]} say something else")
    if image.seconds > image.allowed:
        found.append(f"{image.seconds:.2f} s were not on the disk; {image.allowed:.2f} s are")
    return found


def on_disk(spool: Path) -> list[dict[str, Any]]:
    """The rows that can be read below a spool."""
    return [
        values
        for directory in spool.iterdir()
        if directory.is_dir()
        for _, _, values in kept_in(directory, Kind.ROW)
    ]


def test_a_disk_after_a_power_loss_holds_all_but_the_last_second(
    tmp_path: Path, many: Many, figure: Figure
) -> None:
    place = Place(tmp_path / "place", variables={"WANLLMDB_MODE": "offline"})
    _, recording = record(place, "recorded")
    chance = random.Random(3)
    images, wrong, kept = [], [], 0
    for number in range(many(100, 5000)):
        root = tmp_path / "disk"
        at = chance.randint(1, len(recording.events))
        images.append(image := recording.leave(root, at, chance))
        rows = on_disk(root)
        kept += len(rows)
        wrong += [f"disk {number}, event {at}: {each}" for each in problems(rows, image)]
        shutil.rmtree(root)
    assert not wrong, "\n".join(wrong[:20])
    assert kept > 0
    seconds, size = max(each.seconds for each in images), max(each.bytes for each in images)
    figure(
        f"F03: {len(images):,} disks after a power loss: at most {seconds:.2f} s "
        f"or {size / 1024:.0f} KiB of rows lost, none damaged"
    )


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_what_a_power_loss_left_is_synced_and_the_rest_is_not_missed(
    place: Place, server: ServerProcess, many: Many, mode: str
) -> None:
    chance = random.Random(4)
    for number in range(many(1, 20)):
        run = f"{mode}-{number}"
        here = Place(place.root / run, url=place.url, key=place.key)
        _, recording = record(here, run, init={"mode": mode})
        after = Place(place.root / f"{run}-after", url=place.url, key=place.key)
        image = recording.leave(after.spool, len(recording.events), chance)

        after.sync()

        keys = [key.format(slot) for slot in range(THREADS) for key in (NUMBER, VALUE)]
        series = {key: dict(server.points(PROJECT, run, key)) for key in keys}
        rows: dict[int, dict[str, Any]] = {}
        for key, points in series.items():
            for step, value in points.items():
                rows.setdefault(step, {})[key] = value
        assert problems(list(rows.values()), image) == []
