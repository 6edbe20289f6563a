"""A metric store that dies at a crash point, and what must be true of what it left.

Run as a module it reads orders from its standard input, one a line: a crash point, as
`WANLLMDB_CRASH_AT` names it, and a folder. For each it forks a process that loads the store
anew and puts everything on it that a store does: appends to several runs at once, seals, merges,
attempts, a copy, runs forgotten, a pause in which it tidies up. What is about to be asked, and
what was answered, is written to a journal in the folder. The exit status is printed.

Every value follows from its place, so `store_check` can say of each point whether it should be
there.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec  # so that a fork has what takes time
import numpy as np
import zstandard

from wanllmdb import wire
from wanllmdb.wire import Batch, Kind

if TYPE_CHECKING:  # a process that dies loads the server when it knows where
    from wanllmdb_server.metrics.store import MetricStore

assert msgspec
assert zstandard

T0 = 1_700_000_000_000_000
STEADY = (1, 2)  # appended to all the time
GROWN = 3  # gets much at once, again and again
FORGOTTEN = (10, 11, 12)  # appended to, and forgotten
WIDE = 12  # has so many keys that it is taken away in steps
RESUMED = 4  # logged in two attempts
COPY = 5  # of what GROWN had
ROWS = 20  # in a batch
MANY = 2000  # in a batch of GROWN
KEYS = tuple(f"k{number}" for number in range(12))
MORE = tuple(f"w{number}" for number in range(1200))  # of WIDE; each holds the position
UNTIL = 1500  # the last step that is copied
BEGUN, REWOUND = 300, 200  # attempts begin after so many rows, and the second goes back to here
SECONDS = 30
QUIET = 2.0  # at the end, in seconds


def values(run: int, at: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What each row of a run holds under each key: bits that do not compress."""
    seeds = (at[:, None].astype(np.uint64) * np.uint64(64) + np.arange(12, dtype=np.uint64)) + (
        np.uint64(run) << np.uint64(40)
    )
    mixed = (seeds * np.uint64(0x9E3779B97F4A7C15)) ^ (seeds >> np.uint64(29))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(12)).astype(np.float64) / 2.0**52


def keys(run: int) -> int:
    """How many keys a run has."""
    return len(KEYS) if run == GROWN else 2 + len(MORE) * (run == WIDE)


def batch(run: int, first: int, rows: int, *, writer: str = "w", step: int | None = None) -> Batch:
    """The rows of a writer from position `first + 1`; steps are positions, or from `step` on."""
    at = np.arange(first + 1, first + 1 + rows)
    begin = first + 1 if step is None else step
    names = KEYS if run == GROWN else KEYS[:2]
    records: list[tuple[int, int, bytes]] = []
    for number, (position, said) in enumerate(zip(at.tolist(), values(run, at), strict=True)):
        row = dict(zip(names, said.tolist(), strict=False))
        if run == WIDE:
            row |= dict.fromkeys(MORE, float(position))
        records.append((position, Kind.ROW, wire.encode([begin + number, T0 + position, row])))
    return wire.unpack(writer, wire.pack(first, records))


class Journal:
    """What was asked and answered, as lines of a file; a line is there when the call returns."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, what: str, run: int, number: int = 0) -> None:
        os.write(self._fd, json.dumps([what, run, number]).encode() + b"\n")


# The process that dies.


class Life:
    """What is done to a store, all at once."""

    def __init__(self, store: MetricStore, folder: Path) -> None:
        self._store = store
        self._journal = Journal(folder)
        self._is_over = False

    async def all(self) -> None:
        """Everything, to its end."""
        flowing = [asyncio.create_task(self._steady(run)) for run in STEADY]
        await asyncio.gather(self._grown(), self._forgotten(), self._resumed())
        self._is_over = True
        await asyncio.gather(*flowing)
        await self._forget(GROWN)
        await asyncio.sleep(QUIET)  # nothing comes: it tidies up

    async def _append(self, run: int, said: Batch) -> None:
        self._journal.say("append", run, said.end)
        accepted = await self._store.append(run, said)
        assert accepted.position == said.end
        self._journal.say("appended", run, said.end)

    async def _steady(self, run: int) -> None:
        at = 0
        while not self._is_over:
            await self._append(run, batch(run, at, ROWS))
            at += ROWS
            if at % (15 * ROWS) == 0:
                await self._store.seal(run)
            await asyncio.sleep(0.002)

    async def _grown(self) -> None:
        for number in range(4):
            await self._append(GROWN, batch(GROWN, number * MANY, MANY))
        await self._store.seal(GROWN)
        self._journal.say("copy", COPY)
        await self._store.copy(GROWN, COPY, UNTIL)
        self._journal.say("copied", COPY)

    async def _forgotten(self) -> None:
        for run in FORGOTTEN:
            for number in range(4):
                await self._append(run, batch(run, number * ROWS, ROWS))
            await self._store.seal(run)
            await self._append(run, batch(run, 4 * ROWS, ROWS))
            await self._forget(run)

    async def _forget(self, run: int) -> None:
        self._journal.say("forget", run)
        await self._store.forget(run)
        self._journal.say("forgotten", run)

    async def _resumed(self) -> None:
        for at in range(0, BEGUN, 50):
            await self._append(RESUMED, batch(RESUMED, at, 50))
        await self._store.seal(RESUMED)
        self._journal.say("begin", RESUMED)
        await self._store.begin_attempt(RESUMED, "w2", at=T0 + 10**9, since=T0, after=REWOUND)
        self._journal.say("begun", RESUMED)
        for at in range(0, BEGUN, 50):
            said = batch(RESUMED, at, 50, writer="w2", step=REWOUND + 1 + at)
            self._journal.say("append2", RESUMED, said.end)
            await self._store.append(RESUMED, said)
            self._journal.say("appended2", RESUMED, said.end)
        await self._store.seal(RESUMED)


async def live(folder: Path) -> None:
    """Open a store that does in seconds what others do in hours, and put everything on it."""
    from wanllmdb_server.metrics.sealer import Pace
    from wanllmdb_server.metrics.sqlite import SqliteMetricStore

    pace = Pace(
        points=3000, age=0.05, few=1, patience=0.1, recent=0.1, quiet=0.2, rest=0.3,
        checkpoint=400_000,
    )  # fmt: skip
    store = SqliteMetricStore.open(folder, pace=pace)
    await Life(store, folder).all()
    await store.close()


def order(crash_at: str, folder: Path) -> str:
    """A line that asks for a death."""
    return json.dumps([crash_at, str(folder)]) + "\n"


def main() -> None:
    """Die as often as is asked for."""
    for line in sys.stdin:
        crash_at, folder = json.loads(line)
        pid = os.fork()
        if not pid:
            _die(crash_at, Path(folder))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _die(crash_at: str, folder: Path) -> None:
    assert not any(name.startswith("wanllmdb_server") for name in sys.modules)
    os.environ["WANLLMDB_CRASH_AT"] = crash_at  # read when the server is loaded: now
    signal.alarm(SECONDS)
    try:
        asyncio.run(live(folder))
    except BaseException:  # noqa: BLE001 - it is told, and the fork ends here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) > 1:  # a folder: live there to the end
        asyncio.run(live(Path(sys.argv[1])))
    else:
        main()
