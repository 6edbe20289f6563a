"""Opening: a process that dies while it opens a metric store of a former version.

Run as a module it reads orders, one a line: the folder of a store and a number. For each it forks
a process that opens the database and gets SIGKILL when it begins the statement of that number; the
exit status is printed, 0 if there were not so many.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from wanllmdb_server.metrics.database import Database


def main() -> None:
    """Die as often as is asked for."""
    for line in sys.stdin:
        folder, number = json.loads(line)
        pid = os.fork()
        if not pid:
            _open(Path(folder), number)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _open(folder: Path, number: int) -> None:
    count = 0
    connect = sqlite3.connect

    def traced(statement: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(*arguments: Any, **keywords: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **keywords)
        connection.set_trace_callback(traced)
        return connection

    signal.alarm(30)
    sqlite3.connect = connected  # type: ignore[assignment]
    status = 1
    try:
        Database(folder)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
