"""The servers of other trackers beside ours: the same work, the same run, the same core.

Each is started alone, with the settings that its users get but offline, and driven by its best
natural way (`bench.services` says which); a server and its clients share one core, as they do in
`bench.comparison`. A row has ten scalars (`bench.rows`); a *point* is one of them.

* Ingest: one client, then four at once, each into a run of its own, with requests that were
  encoded before the clock starts; after some seconds a client stops where it is. Points a second
  are all points over the time from the first client's begin to the last one's end. Processor time
  is the server's alone, with what it does until it is quiet again, sealing and merging included.
* Reads, over one connection: every point of one metric of 100,000 steps; a chart of it 1000
  pixels wide; every point of 100 runs × 1000 steps in as few requests as the server allows. The
  runs are logged before; where that takes longer than a minute, or a server never returns all,
  what there is is asked for and the time scaled by points: the note says so.
* Bytes on the disk are those of the ingest.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench import comparison
from bench.comparison import Column
from bench.figures import Figure, quantile
from bench.rows import Row, rows
from bench.services import hosting
from bench.services.aim import Aim
from bench.services.hosting import Hosted, NotStartedError, Watch, hosted
from bench.services.mlflow import FastTrackML, Mlflow
from bench.services.openwandb import OpenWandb
from bench.services.ours import Json, Packed
from bench.services.service import Service, Site
from bench.services.tensorboard import TensorBoard
from bench.services.trackio import Trackio
from bench.services.web import FailedError, Web
from bench.venvs import NotInstalledError
from tests.journeys.processes import free_port

KEY = "loss"
OURS = Packed()
PEERS: tuple[Callable[[], Service], ...] = (
    Json, Trackio, OpenWandb, FastTrackML, Mlflow, Aim, TensorBoard,
)  # fmt: skip
FAULTS = (NotStartedError, FailedError, OSError, ValueError, KeyError)

START = Column("server start to first answer", "start s", "s")
IDLE = Column("memory of the idle server", "idle MB", "MB")
LOADED = Column("memory under load", "loaded MB", "MB")
ONE = Column("ingest, 1 client", "1 client pts/s", "points/s", at_least=True)
FOUR = Column("ingest, 4 clients", "4 clients pts/s", "points/s", at_least=True)
CPU = Column("server CPU, 1 client", "CPU µs/point", "µs/point")
CPU_FOUR = Column("server CPU, 4 clients", "… 4 clients", "µs/point")
ACK = Column("a request, p99, 4 clients", "request p99 ms", "ms", compared=False)
WEIGHT = Column("on the disk", "B/point", "B/point")
FIRST = Column("one metric, every step, first time", "1 metric first", "ms")
LONG = Column("one metric, every step", "1 metric ms", "ms")
DRAWN = Column("one metric, 1000 pixels", "… 1000 px", "ms")
MANY_FIRST = Column("chart of many runs, first time", "runs first", "ms")
MANY = Column("chart of many runs, every step", "runs ms", "ms")

TABLES = ((ONE, FOUR, CPU, CPU_FOUR, ACK, WEIGHT, IDLE, LOADED, START),
          (FIRST, LONG, DRAWN, MANY_FIRST, MANY))  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much of everything.

    Args (fields):
        seconds: after which a client stops to log.
        share: of the rows that a service is given.
        steps: of the long run.
        runs: of the chart of many, and their `each` steps.
        patience: seconds for logging what is read.
        times: a warm read is repeated, while there is time.
        settle: seconds that a server gets to become quiet.
    """

    seconds: float = 5.0
    share: float = 1.0
    steps: int = 100_000
    runs: int = 100
    each: int = 1000
    patience: float = 60.0
    times: int = 5
    settle: float = 6.0


QUICK = Size(seconds=1, share=0.02, steps=2000, runs=5, each=200, patience=3, times=2, settle=4)


@dataclass(frozen=True)
class Trial:
    """A server that is driven: figures of it come out."""

    service: Service
    server: Hosted
    web: Web
    size: Size

    def figure(self, column: Column, value: float, note: str = "") -> Figure:
        """One of it."""
        return Figure(column.name, value, column.unit, at_least=column.at_least,
                      of=self.service.title, note=note)  # fmt: skip

    def log(self, runs: Sequence[Sequence[str]], given: Sequence[Row], seconds: float) -> Logged:
        """A client for each group of runs, all at once; what came of it."""
        folders = [self.server.site.folder / f"client-{group[0]}" for group in runs]
        for folder in folders:
            folder.mkdir()
        clients = [
            hosting.client(self.service, self.server.site, command, seconds)
            for command in [
                self.service.client(self.server.site, self.web, folder, group, given)
                for folder, group in zip(folders, runs, strict=True)
            ]
        ]
        for client in clients:
            client.ready()
        before, cpu = self.server.memory(), self.server.cpu()
        with Watch(self.server) as watch:
            for client in clients:
                client.go()
            said = [json.loads(client.said()) for client in clients]
        self.service.leave(self.web, [run for group in runs for run in group])
        self.server.settle(self.size.settle)
        return Logged(said, self.server.cpu() - cpu, max(before, watch.most))


@dataclass(frozen=True)
class Logged:
    """What clients did, and what that took the server."""

    said: list[dict[str, Any]]
    cpu: float
    memory: float

    @property
    def points(self) -> int:
        """All of them."""
        return sum(each["points"] for each in self.said)

    @property
    def wall(self) -> float:
        """From the first to the last."""
        return max(each["ended"] for each in self.said) - min(each["began"] for each in self.said)

    @property
    def ack(self) -> float | None:
        """The slow requests."""
        acks = sorted(ack for each in self.said for ack in each["acks"])
        return quantile(acks, 0.99) if acks else None


def figures(
    root: Path, size: Size, among: Iterable[Callable[[], Service]] = PEERS
) -> Iterator[Figure]:
    """Every column of ours and of every peer; of one that is not to be had, why."""
    for make in (Packed, *among):
        service = make()
        yield from of(service, root, size)


def of(service: Service, root: Path, size: Size) -> Iterator[Figure]:
    """The figures of a service; where one fails, one more that says why, and no others of it."""
    folder = root / f"{service.name.replace(', ', '-').lower()}"
    folder.mkdir(parents=True)
    try:
        site = Site(folder, free_port(), service.python())
    except NotInstalledError as error:
        yield Figure("not installed", None, "", note=str(error), of=service.title)
        return
    try:
        with hosted(service, site) as server, Web(site.port) as web:
            service.enter(site, web)
            trial = Trial(service, server, web, size)
            yield from ingest(trial)
            told = yield from filled(trial)
            if not service.reader(site):
                yield from reads(trial, told)
        if service.reader(site):
            yield from elsewhere(service, site, size, told)
    except FAULTS as error:
        last = (str(error).strip().splitlines() or [repr(error)])[-1]
        yield Figure("stopped", None, "", note=f"{type(error).__name__}: {last}", of=service.title)


def ingest(trial: Trial) -> Iterator[Figure]:
    """One client, then four."""
    trial.server.settle(trial.size.settle)
    yield trial.figure(START, trial.server.start)
    yield trial.figure(IDLE, trial.server.memory())
    before, steps = trial.server.weight(), max(200, int(trial.service.steps * trial.size.share))
    given = list(islice(rows(), steps))
    alone = trial.log([["single-0"]], given, trial.size.seconds)
    yield trial.figure(ONE, alone.points / alone.wall, f"{alone.points:,} points")
    yield trial.figure(CPU, alone.cpu / alone.points * 1e6)
    groups = [[f"group-{number}"] for number in range(4)]
    all_four = trial.log(groups, given[: max(50, steps // 4)], trial.size.seconds)
    yield trial.figure(FOUR, all_four.points / all_four.wall, f"{all_four.points:,} points")
    yield trial.figure(CPU_FOUR, all_four.cpu / all_four.points * 1e6)
    if all_four.ack is not None:
        yield trial.figure(ACK, all_four.ack * 1e3)
    points = alone.points + all_four.points
    trial.server.settle_disk(3 * trial.size.settle)
    yield trial.figure(WEIGHT, (trial.server.weight() - before) / points)
    yield trial.figure(LOADED, max(alone.memory, all_four.memory))


@dataclass(frozen=True)
class Told:
    """What there is to read: the steps of the long run, and how many runs."""

    steps: int
    runs: int


def filled(trial: Trial) -> Iterator[Figure]:
    """Log what will be read; there is no figure of it."""
    size = trial.size
    given = [{KEY: each["train/loss"]} for each in islice(rows(), max(size.steps, size.each))]
    long = trial.log([["long-0"]], given[: size.steps], size.patience)
    names = [f"many-{number}" for number in range(size.runs)]
    many = trial.log([names], given[: size.each], size.patience)
    return Told(long.points, many.points // size.each)
    yield  # a generator without a figure


def elsewhere(service: Service, site: Site, size: Size, told: Told) -> Iterator[Figure]:
    """The reads, of another server of the same data."""
    for command in service.before_reads(site):
        hosting.program(service, site, command)
    there = Site(site.folder, free_port(), site.python)
    with hosted(service, there, reader=True) as server, Web(there.port) as web:
        yield from reads(Trial(service, server, web, size), told)


def reads(trial: Trial, told: Told) -> Iterator[Figure]:
    """One metric, and a chart of many runs."""
    service, web, size = trial.service, trial.web, trial.size
    names = [f"many-{number}" for number in range(told.runs)]
    steps, each = told.steps, size.each

    def long() -> list[bytes]:
        return service.read(web, ["long-0"], KEY, steps)

    def many() -> list[bytes]:
        return service.read(web, names, KEY, each)

    yield from _read(trial, (FIRST, LONG), long, steps, size.steps)
    drawn = _times(lambda: service.draw(web, ["long-0"], KEY, 1000), size.times)
    yield trial.figure(DRAWN, statistics.median(drawn) * 1e3)
    yield from _read(trial, (MANY_FIRST, MANY), many, told.runs * each, size.runs * each)


def _read(
    trial: Trial,
    columns: tuple[Column, Column],
    ask: Callable[[], list[bytes]],
    there: int,
    wanted: int,
) -> Iterator[Figure]:
    """The first time and the others; as if all that is wanted had come."""
    began = time.perf_counter()
    answers = ask()
    first = time.perf_counter() - began
    got = trial.service.points(answers)
    end = time.monotonic() + trial.size.patience
    while got < there and time.monotonic() < end:  # what was logged is not shown yet
        time.sleep(1)
        began = time.perf_counter()
        answers = ask()
        first, before = time.perf_counter() - began, got
        got = trial.service.points(answers)
        if 0 < got == before:
            break
    if not got:
        raise FailedError("nothing of what was logged is shown")
    warm = statistics.median(_times(ask, trial.size.times))
    note = "" if got >= wanted else f"scaled from {got:,} of {wanted:,} points"
    scale = max(1.0, wanted / got) * 1e3
    yield trial.figure(columns[0], first * scale, note)
    yield trial.figure(columns[1], warm * scale, note)


def _times(ask: Callable[[], object], times: int) -> list[float]:
    """Seconds of a few, as many as ten seconds allow: at least one."""
    taken, end = list[float](), time.monotonic() + 10
    while len(taken) < times and (not taken or time.monotonic() < end):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return taken


def tables(found: Iterable[Figure]) -> str:
    """A line for each server; in brackets how many times better ours is."""
    return comparison.tables(found, TABLES, OURS.title)
