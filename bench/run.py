"""`make bench`: every figure that we claim, measured in one go, printed as a table.

Usage: python -m bench.run [--json] [--quick] [--only sdk|peers|server|servers]

The SDK and the peers are measured on one core together with their servers, and so are the servers
of peers beside ours; our server alone has all of them. `--quick` tries every measurement once
with few rows: to see that it works, not what it says. A peer is installed when it is first
measured (bench/peers.txt), which takes minutes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import comparison, runs_table, sdk, server, server_peers
from bench.contenders import Arena, pinned, standing
from bench.figures import Figure, as_json, line, table
from tests.journeys.processes import ServerProcess


def of_sdk(root: Path, *, quick: bool) -> Iterator[Figure]:
    """The SDK, on one core."""
    with pinned(), running(root) as process:
        yield from sdk.figures(process, arena(root / "trials", process), _size(quick=quick))


def of_peers(root: Path, *, quick: bool) -> Iterator[Figure]:
    """Trackers of others, in the training."""
    with pinned(), running(root) as process:
        yield from comparison.figures(arena(root / "trials", process), _size(quick=quick))


def of_server(root: Path, *, quick: bool) -> Iterator[Figure]:
    """Our server, on all cores."""
    process = ServerProcess(made(root), fresh=True)
    yield server.start_up(process)
    try:
        yield from server.figures(process, quick=quick)
    finally:
        process.stop()
    table = runs_table.figures(made(root / "table"), quick=quick)
    yield from server.guarded("run table", table)


def of_servers(root: Path, *, quick: bool) -> Iterator[Figure]:
    """Servers of others, and ours, on one core."""
    with pinned():
        size = server_peers.QUICK if quick else server_peers.Size()
        yield from server_peers.figures(root, size)


PARTS = {"sdk": of_sdk, "peers": of_peers, "server": of_server, "servers": of_servers}
COMPARED = {"peers": comparison.tables, "servers": server_peers.tables}


def _size(*, quick: bool) -> sdk.Size:
    return sdk.QUICK if quick else sdk.Size()


def measure(only: str | None, *, quick: bool) -> Iterator[tuple[str, Figure]]:
    """All figures of a part or of all parts, one after another, each with its part."""
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as folder:
        for part, figures in PARTS.items():
            if only in {None, part}:
                for figure in figures(Path(folder, part), quick=quick):
                    yield part, figure


def arena(root: Path, server: ServerProcess) -> Arena:
    """Where trials run; ours know the server."""
    return Arena(made(root), {
        "WANLLMDB_API_URL": server.url,
        "WANLLMDB_API_KEY": server.key,
        "WANLLMDB_ENTITY": server.owner,
    })  # fmt: skip


@contextmanager
def running(root: Path) -> Iterator[ServerProcess]:
    """A fresh server."""
    process = ServerProcess(made(root), fresh=True).start()
    try:
        yield process
    finally:
        process.stop()


def made(folder: Path) -> Path:
    """The folder, made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    found: dict[str, list[Figure]] = {part: [] for part in PARTS}
    for part, figure in measure(arguments.only, quick=arguments.quick):
        found[part].append(figure)
        print(line(figure), file=sys.stderr, flush=True)
    everything = list(itertools.chain.from_iterable(found.values()))
    if arguments.json:
        print(as_json(everything))
        return 0
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python "
          f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}; "
          f"SDK, peers and their servers on {standing()}\n")  # fmt: skip
    if alone := [each for each in everything if not each.of]:
        print(table(alone))
    for part, tables in COMPARED.items():
        if found[part]:
            print(f"\n{tables(found[part])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
