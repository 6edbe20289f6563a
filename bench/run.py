"""`make bench`: every figure that we claim, measured in one go, printed as a table.

Usage: python -m bench.run [--json] [--only sdk|server]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import sdk, server
from bench.figures import Figure, as_json, table
from tests.journeys.processes import ServerProcess


def measure(only: str | None) -> Iterator[Figure]:
    """All figures, one after another, on a fresh server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as root:
        process = ServerProcess(Path(root))
        yield server.start_up(process)
        try:
            if only != "sdk":
                yield from server.figures(process)
            if only != "server":
                yield from sdk.figures(process)
        finally:
            process.stop()


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=["sdk", "server"])
    arguments = parser.parse_args()
    found = []
    for figure in measure(arguments.only):
        found.append(figure)
        print(table([figure]).splitlines()[1], file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    if arguments.json:
        print(as_json(found))
    else:
        print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python "
              f"{platform.python_version()}, load {load:.1f}\n")  # fmt: skip
        print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
