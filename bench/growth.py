"""How the store holds up as it grows: the same questions at 2 M, 20 M and 100 M points, and on.

Usage: python -m bench.growth [--sizes 2,20,100] [--folder DIR] [--json]

One store grows from size to size, in its own process and without HTTP. Forty runs at a time log
rows of ten keys in batches of 1000, each waiting for its acknowledgement, until a run has
25,000 rows; then it is finished, and another begins. Their batches were made beforehand and lie
in a file: to make them costs nothing here, nor do they lie in memory. At each size the store is
closed, weighed, opened by a fresh process and asked.

With --folder what was reached is kept: the next call goes on where this one ended, however it
ended, and measures a further size, such as 1000 (a billion points, 5 GB and an hour).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench import growing
from bench.asking import ASKED, ask
from bench.figures import Figure, as_json, line, number, table
from bench.growing import Sizes

GOALS = {"settled": 5.0, "written": 50.0, "open": 500.0}
WIDTH = 40  # of a bar


def apart(act: growing.Act, folder: Path, millions: int) -> growing.Answer:
    """What `act` says, in a process that nothing was done in before."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(act, folder, millions).result()


def measured(folder: Path, millions: int) -> growing.Answer:
    """The figures of one size, from the folder if they are there."""
    known = growing.read(folder)
    if str(millions) not in known.sizes:
        grown = apart(growing.grow, folder, millions)
        asked = apart(ask, folder, millions)
        known = growing.read(folder)
        known.sizes[str(millions)] = grown | asked
        growing.write(folder, known)
    return known.sizes[str(millions)]


def figures(sizes: Sizes) -> Iterator[Figure]:
    """Every number of every size, with its goal."""
    for millions, found in sizes.items():
        for name, value in found.items():
            title, _, unit = name.rpartition(", ")
            yield Figure(f"{millions} M: {title}", value, unit, GOALS.get(title))
    yield from ratios(sizes)


def ratios(sizes: Sizes) -> Iterator[Figure]:
    """How much longer a question takes at the largest size than where it was first asked."""
    largest = list(sizes)[-1]
    for asked in ASKED:
        for what in ("", ", CPU"):
            name = f"{asked.name}{what}, ms"
            first = next((each for each in sizes if name in sizes[each]), largest)
            if first != largest:
                grown = sizes[largest][name] / sizes[first][name]
                yield Figure(f"{asked.name}{what}: {largest} M over {first} M", grown, "×", 1.5)


def chart(sizes: Sizes) -> str:
    """A row for each figure and size; the longest bar of a figure is its largest value."""
    lines: list[str] = []
    for name in names(sizes):
        if "CPU, ms" in name or "first time" in name:
            continue
        lines.append(name)
        here = {millions: found[name] for millions, found in sizes.items() if name in found}
        most = max(here.values()) or 1.0
        for millions, value in here.items():
            bar = "█" * max(1, round(value / most * WIDTH))
            lines.append(f"  {int(millions):>6,} M  {bar:<{WIDTH}}  {number(value)}")
    return "\n".join(lines)


def names(sizes: Sizes) -> list[str]:
    """Of all figures, each once."""
    return list(dict.fromkeys(name for found in sizes.values() for name in found))


def markdown(sizes: Sizes) -> str:
    """The figures as a table, a column for each size."""
    heads = [f"{int(millions):,} M" for millions in sizes]
    rows = [" | ".join(["| points", *heads]) + " |", "|---" * (len(heads) + 1) + "|"]
    for name in names(sizes):
        cells = [number(found[name]) if name in found else "–" for found in sizes.values()]
        rows.append(" | ".join([f"| {name}", *cells]) + " |")
    return "\n".join(rows)


def run(folder: Path, wanted: list[int]) -> Sizes:
    """Grow to each size and ask; what it took, by size."""
    growing.prepare(folder)
    sizes: Sizes = {}
    for millions in sorted(wanted):
        sizes[str(millions)] = measured(folder, millions)
        for each in figures({str(millions): sizes[str(millions)]}):
            print(line(each), file=sys.stderr, flush=True)
    return sizes


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="2,20,100", help="in millions of points")
    parser.add_argument("--folder", type=Path, help="where the store lies, and stays")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    wanted = [int(each) for each in arguments.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="wanllmdb-growth-") as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = run(folder, wanted)
    if arguments.json:
        print(as_json(figures(sizes)))
        return 0
    print(table(figures(sizes)), chart(sizes), markdown(sizes), sep="\n\n")
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, nice {os.nice(0)}, "
          f"{time.strftime('%Y-%m-%d')}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
