"""A process that posts requests which were made beforehand, one after another.

Usage: python -m bench.services.poster FOLDER SECONDS

It says `ready`, waits for a line, and then posts until there is no more or the time is over.
Its last line is JSON: {"points", "began", "ended" (of one clock for all processes), "acks"}. Every
client of a service does the same, whatever it is written with.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.services.web import Request, Web

Plan = dict[str, Any]


def command(
    folder: Path, port: int, requests: Iterator[tuple[int, Request]], headers: Mapping[str, str]
) -> list[str]:
    """Write down what is to be posted; how to start the process that does (SECONDS is added)."""
    listed: list[tuple[int, str, Mapping[str, str], int]] = []
    with (folder / "bodies").open("wb") as file:
        for points, request in requests:
            body = request.body or b""
            file.write(body)
            listed.append((points, request.path, request.headers, len(body)))
    plan = {"port": port, "headers": dict(headers), "requests": listed}
    (folder / "plan.json").write_text(json.dumps(plan))
    return [sys.executable, "-m", "bench.services.poster", str(folder)]


def post(folder: Path, seconds: float) -> Plan:
    """Post; what came of it."""
    plan: Plan = json.loads((folder / "plan.json").read_text())
    web = Web(plan["port"], plan["headers"])
    with (folder / "bodies").open("rb") as file:
        requests = [
            (points, Request(path, file.read(size), headers))
            for points, path, headers, size in plan["requests"]
        ]
    wait()
    done, acks = 0, list[float]()
    clock = time.monotonic
    began = last = clock()
    for points, request in requests:
        web.send(request)
        now = clock()
        acks.append(now - last)
        last = now
        done += points
        if now - began > seconds:
            break
    web.close()
    return {"points": done, "began": began, "ended": last, "acks": sorted(acks)}


def wait() -> None:
    """Say that it may begin, and wait until it shall."""
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Post, and say what came of it."""
    print(json.dumps(post(Path(sys.argv[1]), float(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
