"""F35: the power fails on the server: what it acknowledged is there, once, and nothing is damaged.

A store that does everything at once is watched at its calls of the disk. Of those, disks are made
that a crash at any moment could have left, and on each a store is opened and asked for everything.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import store_check
from tests.faults.conftest import Many
from tests.faults.disk_trace import Disk, Event, trace

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed here")


def journal_at(events: list[Event], at: float) -> bytes:
    """What the process had said to its journal at that moment; that is not on this disk."""
    return b"".join(event.content for event in events if event.kind == "write" and event.ended < at)


def test_a_store_after_a_power_loss_has_all_that_it_acknowledged_and_nothing_twice(
    tmp_path: Path, many: Many, figure: Figure
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    events = trace(
        [sys.executable, "-m", "tests.faults.doomed_store", str(here)],
        here, tmp_path / "traced", env=dict(os.environ),
    )  # fmt: skip
    journal = [event for event in events if event.path.name == "journal"]
    disk = Disk(
        [each for each in events if each.path.name != "journal" and "-shm" not in each.path.name],
        here,
    )
    chance = random.Random(35)
    moments = [event.ended for event in events if event.kind != "made"]
    rows, images = 0, many(25, 2000)
    for number in range(images):
        folder = tmp_path / "left"
        at = chance.choice(moments) + chance.choice([-1e-7, 1e-7])
        disk.leave(folder, at, chance)
        said = journal_at(journal, at)
        (folder / "journal").write_bytes(said)
        rows += said.count(b"appended")
        assert asyncio.run(store_check.wrong(folder)) == [], f"disk {number}, at {at}"
        shutil.rmtree(folder)
    assert rows > images
    figure(f"F35: {images} disks after a power loss: 0 acknowledged rows lost, 0 doubled")
