"""What our SDK costs a training, each figure beside its goal.

All processes, ours and the server's, are pinned to one core: the strict case, in which the work
of a thread, a helper or the server is paid by the training; and where root runs this, at nice -15,
so that strangers on the machine disturb less. Each trial is a process of its own
(`bench.trial`) with a home of its own; rows are the ten values of `bench.rows`, made beforehand.

log()       A clock around each call, one call after the other ("flat out") or a row each 100 µs
            ("paced"). The process with the lowest p50 of several is printed. The control is a loop
            in the same process, before the run begins, whose steps do nothing for 3 µs each: its
            tail is the machine's. Where that misses a goal itself, the verdict is
            "machine".
CPU         Processor time of the whole tree of processes, less that of a run of ten steps, less
            what a tracker that does nothing took for the same rows: the lowest of several.
points/s    From the first log() to the return of finish(), no clock in between: best of several.
1 ms step   See `bench.work`. The no-op tracker goes first: what it shows is the resolution. What an
            idle server takes is not counted.
SIGKILL     Right after the 1000th log(); then `wanllmdb sync`, and the server is asked.
import      Whole processes, less those of bare Python. init and finish: around ten rows. Medians.
B/point     Disk blocks of the spool before finish(), over the points logged.
RSS         The highest mark over 10⁷ points less what was resident after the first row.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench import conditions, machine
from bench.contenders import FLOOR, NOTHING, OFFLINE, ONLINE, Answer, Arena, Contender, attempted
from bench.figures import Figure
from bench.rows import POINTS
from tests.journeys.processes import ServerProcess

KILLED = 1000
TAILS = (("p50", 3), ("p99", 12), ("p99.9", 1000), ("max", None))


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Args (fields):
        rows: of a run flat out.
        paced: of a run with 100 µs between two rows.
        times: processes of which the best is taken, or the median.
        cycles, on: pairs of blocks with 1 ms of work a step, and their steps: see `bench.work`.
        endure: rows logged while the server is dead.
        seconds: after which a slow peer is stopped.
        turns: of the machine's own limits.
    """

    rows: int = 100_000
    paced: int = 20_000
    times: int = 3
    cycles: int = 200
    on: int = 50
    endure: int = 1_000_000
    seconds: float = 10.0
    turns: int = machine.TURNS


QUICK = Size(rows=10_000, paced=1000, times=1, cycles=10, on=20, endure=50_000, seconds=2.0)


def figures(server: ServerProcess, arena: Arena, size: Size) -> Iterator[Figure]:
    """All figures of the SDK; the server is up, and on the core."""
    yield from machine.figures(size.turns)
    yield from attempted(ends(arena, size), "import, init, finish")
    with conditions.conditions(server) as urls:
        for state, url in urls.items():
            there = arena.told(WANLLMDB_API_URL=url)
            yield from attempted(of_log(server, there, size, state), f"log(), server {state}")
        dead = arena.told(WANLLMDB_API_URL=urls["dead"])
        yield from attempted(endurance(dead, size), "RSS growth, server dead")
    for contender in (OFFLINE, ONLINE):
        conditions.quiet(server)
        yield from attempted(throughput(arena, contender, size), f"{contender.name}: points/s")
    for contender in (NOTHING, FLOOR, OFFLINE, ONLINE):
        yield from attempted(slowdown(server, arena, contender, size),
                             f"{contender.name}: 1 ms step")  # fmt: skip
    for contender in (OFFLINE, ONLINE):
        yield from attempted(kills(arena, contender), f"{contender.name}: SIGKILL")


def ends(arena: Arena, size: Size) -> Iterator[Figure]:
    """How long a run takes to begin and to end."""
    times = 3 * size.times
    bare, net = over_bare("import wanllmdb", times)
    yield Figure("bare Python, a whole process", bare * 1e3, "ms", note=f"median of {times}")
    yield Figure("import wanllmdb, over bare Python", net * 1e3, "ms", 40)
    for contender, begin, end in ((OFFLINE, 60, 5), (ONLINE, 100, 50)):
        arena.trial(contender, "ends")  # what is compiled or cached once
        found = [arena.trial(contender, "ends") for _ in range(times)]
        name = contender.name
        yield Figure(f"{name}: init, after import wanllmdb", middle(found, "init"), "ms", begin)
        whole = statistics.median(each["import"] + each["init"] for each in found) * 1e3
        yield Figure(f"{name}: import and init", whole, "ms", begin)
        yield Figure(f"{name}: finish after 10 steps", middle(found, "finish"), "ms", end)


def over_bare(code: str, times: int, python: str = sys.executable) -> tuple[float, float]:
    """Median seconds of a Python process that does nothing, and what `code` adds: in turns."""

    def once(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([python, "-c", code], check=True, capture_output=True, cwd="/")
        return time.perf_counter() - began

    once(code)  # whatever is compiled or cached once
    pairs = [(once("pass"), once(code)) for _ in range(times)]
    bare = statistics.median(nothing for nothing, _ in pairs)
    return bare, statistics.median(whole - nothing for nothing, whole in pairs)


def middle(found: list[Answer], name: str) -> float:
    """The median of a time, in ms."""
    return statistics.median(each[name] for each in found) * 1e3


def of_log(server: ServerProcess, arena: Arena, size: Size, state: str) -> Iterator[Figure]:
    """The quantiles of log() in one state of the server, and what finish() took there."""

    def found(times: int, rows: int, pace: float = 0.0) -> list[Answer]:
        answers = []
        for _ in range(times):
            conditions.quiet(server)
            answers.append(arena.trial(ONLINE, "flat", rows=rows, pace=pace))
        return answers

    flat = found(size.times, rows=size.rows)
    yield from tails(flat, f"server {state}, flat out", judged=True)
    if state != "alive":
        begin, end = middle(flat, "init"), middle(flat, "finish")
        yield Figure(f"init, server {state}", begin, "ms", 2000)
        yield Figure(f"finish, {size.rows:,} rows, server {state}", end, "ms", 5000)
    paced = found(1, rows=size.paced, pace=100e-6)
    yield from tails(paced, f"server {state}, a row each 100 µs", judged=False)


def tails(answers: list[Answer], when: str, *, judged: bool) -> Iterator[Figure]:
    """p50, p99, p99.9 and max of log(), each with the control's."""
    best = min(answers, key=lambda answer: answer["p50"])
    for name, goal in TAILS:
        alone = best[f"control {name}"] * 1e6
        floor = None if name == "p50" else alone
        note = f"no-op of 3 µs: {alone:,.1f}"
        if name == "p50":
            note += f"; best of {len(answers)}, machine's wall/CPU {best['control probe']:.2f}"
        yield Figure(f"log(), {name}, {when}", best[name] * 1e6, "µs",
                     goal if judged else None, floor=floor, note=note)  # fmt: skip


def throughput(arena: Arena, contender: Contender, size: Size) -> Iterator[Figure]:
    """Points a second to durable, processor time of a point, and its bytes on the disk."""
    name, points = contender.name, size.rows * POINTS
    goal = 800e3 if contender.online else 2e6
    runs = [arena.trial(contender, "through", rows=size.rows) for _ in range(size.times)]
    best = min(each["total"] for each in runs)
    yield Figure(f"{name}: first log() to durable finish", points / best, "points/s", goal,
                 at_least=True, note=f"{size.rows:,} × {POINTS}, best of {size.times}")  # fmt: skip
    cpu, many = cost(arena, contender, size)
    yield Figure(f"{name}: client CPU, whole tree", cpu, "µs/point", 0.5,
                 note=f"lowest of {size.times}")  # fmt: skip
    if not contender.online:
        yield Figure("live spool on the disk", many["live bytes"] / points, "B/point", 12)
        synced = arena.trial(ONLINE, "sync", runs[-1]["folder"])["total"]
        yield Figure("wanllmdb sync of such a run", points / synced, "points/s", at_least=True)


def cost(
    arena: Arena, contender: Contender, size: Size, *, seconds: float = 1e9
) -> tuple[float, Answer]:
    """Processor time of a point in µs, and the answer of the trial that says so.

    Slow ones are stopped after some seconds, and then not tried again.
    """

    def took(whom: Contender, rows: int) -> Answer:
        runs: list[Answer] = []
        while len(runs) < size.times and all(each["rows"] == rows for each in runs):
            runs.append(arena.trial(whom, "flat", rows=rows, limit=seconds))
        return min(runs, key=lambda each: each["tree cpu"])

    many, few = took(contender, size.rows), took(contender, 10)
    nothing = took(NOTHING, size.rows)["tree cpu"] - took(NOTHING, 10)["tree cpu"]
    cpu = many["tree cpu"] - few["tree cpu"] - nothing
    return cpu / (many["rows"] * POINTS) * 1e6, many


def slowdown(
    server: ServerProcess, arena: Arena, contender: Contender, size: Size
) -> Iterator[Figure]:
    """A loop with 1 ms of work a step, on the core that everything is on."""
    assert server.process is not None
    conditions.quiet(server)
    pid = server.process.pid if contender.online else 0
    idle = conditions.used(pid, 2.0) if pid else 0.0
    found = arena.trial(contender, "work", cycles=size.cycles, on=size.on, server=pid)
    # A logged step stands for two steps of the loop; what an idle server takes is not log()'s.
    others = found["others"] - idle * 2 * found["base"]
    micro = {name: found[name] * 1e6 for name in ("base", "own", "inside")}
    yield Figure(
        f"{contender.name}: 1 ms step, with log() over without",
        1 + (found["own"] + others) / found["base"], "×",
        1.005 if contender.driver == OFFLINE.driver else None,
        note=f"± {found['error']:.4f}; {size.cycles} pairs of {size.on} steps of "
        f"{micro['base']:,.0f} µs: own {micro['own']:+.1f}, others {others * 1e6:+.1f} µs a step; "
        f"log() took {micro['inside']:.1f} µs in the mean",
    )  # fmt: skip


def kills(arena: Arena, contender: Contender) -> Iterator[Figure]:
    """Rows that are there after SIGKILL right after the 1000th log()."""
    for whom, tree in (("process", 0), ("tree", 1)):
        yield Figure(f"{contender.name}: recovered after SIGKILL of the {whom}",
                     recovered(arena, contender, tree), f"of {KILLED:,}",
                     KILLED, at_least=True)  # fmt: skip


def recovered(arena: Arena, contender: Contender, tree: int) -> float:
    """How many of a thousand rows can be read back."""
    folder = arena.trial(contender, "kill", rows=KILLED, tree=tree, killed=True)["folder"]
    return arena.trial(contender, "count", folder)["rows"]


def endurance(arena: Arena, size: Size) -> Iterator[Figure]:
    """Memory while nobody takes what is logged."""
    found = arena.trial(ONLINE, "endure", rows=size.endure)
    points = size.endure * POINTS
    yield Figure(f"RSS growth over {points:,} points, server dead", found["growth"], "MB", 64,
                 note=f"logged in {found['loop']:.1f} s; memory of its own then "
                 f"{found['own']:.0f} MB, RSS before {found['before']:.0f} MB")  # fmt: skip
