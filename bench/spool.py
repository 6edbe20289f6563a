"""What the durable road costs: encode + append of 10 scalars, and how fast a spool is drained.

Usage: python -m bench.spool [--json] [--rows N]

The server is a process of its own that acknowledges batches; it is alive, dead (connection
refused) or hung (accepts, never answers). Rows come 100 µs apart ("paced") or as fast as they
can ("flat out"). A loop that does nothing but read the clock is measured beside them: the tail
of the machine is not the spool's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conditions import hung as hung_server
from bench.figures import Figure, as_json, quantile, table
from tests.journeys.processes import free_port
from tests.sdk.stub_server import KEY, StubServer

from wanllmdb import wire
from wanllmdb.relay import leftovers, sync
from wanllmdb.sender import Sender
from wanllmdb.sink import HttpSink
from wanllmdb.spool import Spool, new_writer

ROOT = Path(__file__).resolve().parents[1]
RUN = {"id": "bench", "project": "bench"}
GOALS = {"p50": 10.0, "p99": 100.0, "p99.9": 1000.0}


def a_spool(root: Path) -> Spool:
    return Spool.create(root / "bench", RUN | {"run": "bench"}, writer=new_writer(),
                        run=wire.encode(RUN))  # fmt: skip


def train(root: Path, url: str, rows: int, pace: float) -> dict[str, float]:
    """Log into a spool, beside a sender if there is a URL; quantiles in seconds."""
    spool = a_spool(root)
    sender = Sender(spool, HttpSink(url, KEY), RUN) if url else None
    if sender is not None:
        sender.start()
        sender.wait(2.0)
    keys = [f"metric_{i}" for i in range(10)]
    clock, taken, nothing = time.perf_counter, [], []
    for step in range(rows):
        row = dict.fromkeys(keys, step * 0.001)
        before = clock()
        spool.append(1, wire.encode([step, time.time_ns() // 1000, row]))
        after = clock()
        taken.append(after - before)
        before = clock()
        after = clock()
        nothing.append(after - before)
        while pace and clock() - after < pace:
            pass
    began = clock()
    kept = 0
    if sender is not None:
        kept = sender.finish().kept
    finish = clock() - began
    taken.sort()
    nothing.sort()
    quantiles = {f"p{100 * q:g}": quantile(taken, q) for q in (0.5, 0.99, 0.999)}
    return {**quantiles, "max": taken[-1], "noop": nothing[-1], "finish": finish, "kept": kept}


def in_a_process(*arguments: str) -> dict[str, float]:
    """`train` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.spool", "--train", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(done.stdout)


@contextmanager
def a_server() -> Iterator[str]:
    """The second implementation of the contract, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.spool", "--serve"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def figures(rows: int) -> Iterator[Figure]:
    with a_server() as alive, hung_server() as hung, tempfile.TemporaryDirectory() as folder:
        urls = {"none": "", "alive": alive, "dead": f"http://127.0.0.1:{free_port()}", "hung": hung}
        for state, url in urls.items():
            for name, pace in (("paced", 1e-4), ("flat out", 0.0)):
                root = Path(folder) / f"{state}-{name}"
                found = in_a_process(str(root), url, str(rows), str(pace))
                for quantile_, goal in GOALS.items():
                    yield Figure(f"encode + append, {name}, {quantile_}, server {state}",
                                 found[quantile_] * 1e6, "µs", goal)  # fmt: skip
                yield Figure(f"  max, of a no-op {found['noop'] * 1e6:,.0f} µs",
                             found["max"] * 1e6, "µs")  # fmt: skip
                if url:
                    yield Figure(f"finish, {name}, server {state}", found["finish"], "s", 5.5)
        yield from drain(Path(folder) / "drain", alive, rows)


def drain(root: Path, url: str, rows: int) -> Iterator[Figure]:
    """Offline first, then `sync`: both flat out."""
    spool = a_spool(root)
    began = time.perf_counter()
    for step in range(rows):
        row = {f"metric_{i}": step * 0.001 for i in range(10)}
        spool.append(1, wire.encode([step, time.time_ns() // 1000, row]))
    spool.close()
    logged = time.perf_counter()
    processor = time.process_time()
    report = sync(leftovers(root), HttpSink(url, KEY))
    processor = time.process_time() - processor
    assert report.sent == rows + 1
    points = rows * 10
    yield Figure("append offline", points / (logged - began), "points/s")
    yield Figure("sync to a server beside it", points / (time.perf_counter() - logged), "points/s")
    yield Figure("sync, processor time of the client", processor / points * 1e6, "µs/point")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--train", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        root, url, rows, pace = arguments.train
        print(json.dumps(train(Path(root), url, int(rows), float(pace))))
    elif arguments.serve:
        with StubServer() as server:
            print(server.url, flush=True)
            sys.stdin.read()
    else:
        found = list(figures(arguments.rows))
        print(as_json(found) if arguments.json else table(found))


if __name__ == "__main__":
    main()
