"""`make bench`: every figure that we claim, measured in one go, printed as a table.

Usage: python -m bench.run [--json] [--quick] [--only sdk|peers|server]

The SDK and the peers are measured on one core together with their servers; the server alone has
all of them. `--quick` tries every measurement once with few rows: to see that it works, not what
it says. A peer is installed when it is first measured (bench/peers.txt), which takes minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import comparison, sdk, server
from bench.contenders import Arena, pinned, standing
from bench.figures import Figure, as_json, line, table
from tests.journeys.processes import ServerProcess


def measure(only: str | None, size: sdk.Size) -> Iterator[Figure]:
    """All figures, one after another."""
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as folder:
        root = Path(folder)
        if only in {None, "sdk"}:
            with pinned(), running(root / "sdk") as process:
                yield from sdk.figures(process, arena(root / "trials", process), size)
        if only in {None, "peers"}:
            with pinned(), running(root / "peers") as process:
                yield from comparison.figures(arena(root / "trials", process), size)
        if only in {None, "server"}:
            process = ServerProcess(made(root / "server"))
            yield server.start_up(process)
            try:
                yield from server.figures(process)
            finally:
                process.stop()


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
    process = ServerProcess(made(root)).start()
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
    parser.add_argument("--only", choices=["sdk", "peers", "server"])
    arguments = parser.parse_args()
    found = []
    for figure in measure(arguments.only, sdk.QUICK if arguments.quick else sdk.Size()):
        found.append(figure)
        print(line(figure), file=sys.stderr, flush=True)
    if arguments.json:
        print(as_json(found))
        return 0
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python "
          f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}; "
          f"SDK and peers on {standing()}\n")  # fmt: skip
    if alone := [each for each in found if not each.of]:
        print(table(alone))
    if len(alone) < len(found):
        print(f"\n{comparison.tables(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
