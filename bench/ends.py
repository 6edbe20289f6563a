"""One process that begins a run, logs ten rows and ends it; `bench.contenders` starts it.

Usage: python -m bench.ends DRIVER WHAT FOLDER

Imports next to nothing before the clock runs, so the tracker pays for all that it needs. The
answer is written to FOLDER/answer.json: seconds of import, init (without the import) and finish.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module


def main() -> None:
    """Begin, log, end, and write the answer."""
    driver, _, folder = sys.argv[1:]
    clock = time.perf_counter
    began = clock()
    module = import_module(f"bench.peers.{driver}")
    imported = clock()
    from pathlib import Path

    log = module.begin(Path(folder))
    ready = clock()
    from itertools import islice

    from bench.rows import rows

    for row in islice(rows(), 10):
        log(row)
    last = clock()
    module.finish()
    finished = clock()
    import json

    times = {"import": imported - began, "init": ready - imported, "finish": finished - last}
    Path(folder, "answer.json").write_text(json.dumps(times))


if __name__ == "__main__":
    main()
