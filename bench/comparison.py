"""The same figures for trackers of others, in the same run, and how they stand to ours.

Every tracker, ours too, is given the same by the same harness, pinned to one core: see the
docstrings of `bench.sdk`, `bench.trial`, `bench.work` and `bench.tree`. What differs: runs have
10,000 steps of ten scalars; after ten seconds a run is stopped where it is, and what took that
long is not repeated (the note of each figure says how many there were). Each comes with the
settings that its users get, but offline and silent; mlflow writes into SQLite itself, without a
server, which spares it HTTP. "kept" is what can be read back after a clean finish: a tracker that
loses rows is not fast. Processor time and disk are those of a run of 100,000 steps, or as many as
there was time for, the disk after its finish().
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.contenders import (
    FLOOR,
    NOTHING,
    OFFLINE,
    PEERS,
    Answer,
    Arena,
    Contender,
    attempted,
)
from bench.figures import Figure, number
from bench.rows import POINTS
from bench.sdk import KILLED, Size, cost, over_bare, recovered
from bench.venvs import NotInstalledError

STEPS = 10_000
CYCLES = 50


@dataclass(frozen=True)
class Column:
    """A figure of every tracker.

    Args (fields):
        name: of the figure.
        head: what stands over its column.
        unit: of it.
        at_least: whether more is better.
        compared: whether its ratio to ours is printed.
    """

    name: str
    head: str
    unit: str
    at_least: bool = False
    compared: bool = True


P50 = Column("log() p50", "log() p50 µs", "µs")
P99 = Column("log() p99", "p99 µs", "µs")
P999 = Column("log() p99.9", "p99.9 µs", "µs")
CPU = Column("client CPU, whole tree", "CPU µs/point", "µs/point")
SPEED = Column("first log() to durable finish", "points/s", "points/s", at_least=True)
SLOWDOWN = Column("1 ms step, with log() over without", "1 ms step ×", "×", compared=False)
ADDED = Column("1 ms step, added by log()", "added µs/step", "µs/step")
IMPORT = Column("import, over bare Python", "import ms", "ms", compared=False)
INIT = Column("import and init", "…+init ms", "ms")
FINISH = Column("finish after 10 steps", "finish ms", "ms")
KEPT = Column("kept at a clean finish", "kept %", "%", at_least=True, compared=False)
PROCESS = Column("recovered after SIGKILL of the process", "killed of 1000", f"of {KILLED:,}",
                 at_least=True, compared=False)  # fmt: skip
TREE = Column("recovered after SIGKILL of the tree", "tree killed", f"of {KILLED:,}",
              at_least=True, compared=False)  # fmt: skip
WEIGHT = Column("on the disk", "B/point", "B/point")
RSS = Column("largest process", "RSS MB", "MB")

TABLES = (
    (P50, P99, P999, CPU, SPEED, SLOWDOWN, ADDED),
    (IMPORT, INIT, FINISH, KEPT, PROCESS, TREE, WEIGHT, RSS),
)


def figures(arena: Arena, size: Size, among: Iterable[Contender] = PEERS) -> Iterator[Figure]:
    """Every column of every contender; of a peer that is not to be had, why."""
    for contender in (NOTHING, FLOOR, OFFLINE, *among):
        try:
            _ = contender.python
        except NotInstalledError as error:
            yield Figure("not installed", None, "", note=str(error), of=contender.title)
            continue
        for name, part in PARTS.items():
            yield from attempted(part(arena, contender, size), name, contender.title)


def _figure(contender: Contender, column: Column, value: float, note: str = "") -> Figure:
    return Figure(column.name, value, column.unit, at_least=column.at_least,
                  of=contender.title, note=note)  # fmt: skip


def _log(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:
    steps = min(STEPS, size.rows)
    runs = _repeated(size, lambda: arena.trial(contender, "flat", rows=steps, limit=size.seconds))
    best = min(runs, key=lambda each: each["total"])
    note = f"best of {len(runs)}" + ("" if best["rows"] == steps else f", {best['rows']:,} steps")
    for column, name in ((P50, "p50"), (P99, "p99"), (P999, "p99.9")):
        yield _figure(contender, column, best[name] * 1e6, note)
    yield _figure(contender, SPEED, best["rows"] * POINTS / best["total"], note)
    yield _figure(contender, RSS, max(each["tree rss_mb"] for each in runs))
    if contender is not NOTHING:
        kept = arena.trial(contender, "count", best["folder"])["rows"] / best["rows"]
        yield _figure(contender, KEPT, kept * 100)


def _repeated(size: Size, once: Callable[[], Answer]) -> list[Answer]:
    """The answers of as many trials as there is time for: at least one."""
    answers, end = [once()], time.monotonic() + size.seconds
    while len(answers) < size.times and time.monotonic() < end:
        answers.append(once())
    return answers


def _long(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:
    if contender is not NOTHING:
        cpu, found = cost(arena, contender, replace(size, times=1), seconds=size.seconds)
        points = found["rows"] * POINTS
        yield _figure(contender, CPU, cpu, f"{points:,} points")
        yield _figure(contender, WEIGHT, found["bytes"] / points, f"{points:,} points")


def _ends(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:
    arena.trial(contender, "ends")  # whatever is compiled or cached once
    found = _repeated(size, lambda: arena.trial(contender, "ends"))
    _, net = over_bare(contender.imports, len(found), contender.python)
    note = f"median of {len(found)}"
    whole = statistics.median(each["import"] + each["init"] for each in found)
    finish = statistics.median(each["finish"] for each in found)
    yield _figure(contender, IMPORT, net * 1e3, note)
    yield _figure(contender, INIT, whole * 1e3, note)
    yield _figure(contender, FINISH, finish * 1e3, note)


def _slowdown(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:
    cycles = min(CYCLES, size.cycles)
    found = arena.trial(contender, "work", cycles=cycles, on=size.on, limit=2 * size.seconds)
    yield _figure(contender, SLOWDOWN, found["ratio"], f"± {found['error']:.4f}")
    yield _figure(contender, ADDED, (found["own"] + found["others"]) * 1e6)


def _kills(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:  # noqa: ARG001
    if contender is not NOTHING:
        for column, tree in ((PROCESS, 0), (TREE, 1)):
            yield _figure(contender, column, recovered(arena, contender, tree))


PARTS: dict[str, Callable[[Arena, Contender, Size], Iterator[Figure]]] = {
    "log()": _log,
    "client CPU, on the disk": _long,
    "import, init, finish": _ends,
    "1 ms step": _slowdown,
    "SIGKILL": _kills,
}


def tables(
    found: Iterable[Figure],
    groups: Iterable[Sequence[Column]] = TABLES,
    ours: str = OFFLINE.title,
) -> str:
    """A line for each tracker; in brackets how many times better ours is."""
    found = [each for each in found if each.of]
    titles = list(dict.fromkeys(each.of for each in found))
    cells = {(each.of, each.name): each for each in found}
    text: list[str] = [f"In brackets: how many times better {ours} is."]
    for columns in groups:
        text.append(f"{'':<28}" + "".join(f"{each.head:>18}" for each in columns))
        for title in titles:
            row = "".join(f"{_cell(cells, title, ours, each):>18}" for each in columns)
            text.append(f"{title:<28}{row}")
        text.append("")
    faults = [f"{each.of}: {each.name}: {each.note}" for each in found if each.value is None]
    return "\n".join([*text, *faults])


def _cell(cells: dict[tuple[str, str], Figure], title: str, base: str, column: Column) -> str:
    mine, ours = cells.get((title, column.name)), cells.get((base, column.name))
    if mine is None or mine.value is None:
        return "–"
    text = number(mine.value)
    if not column.compared or ours is None or title in {ours.of, NOTHING.title}:
        return text
    better = ratio(mine, ours)
    return text if better is None else f"{text} ({better}×)"


def ratio(theirs: Figure, ours: Figure) -> str | None:
    """How many times better ours is, in two digits."""
    more, less = (ours, theirs) if ours.at_least else (theirs, ours)
    if not more.value or not less.value or less.value < 0:
        return None
    found = more.value / less.value
    return f"{found:,.0f}" if found >= 10 else f"{found:.2g}"
