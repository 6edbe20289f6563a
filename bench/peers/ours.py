"""wanLLMDB, through what everybody calls."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import wanllmdb

PROJECT = "bench"


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    return wanllmdb.init(project=PROJECT, id=folder.name).log


def finish() -> None:
    """End the run; where there is a server, it has everything by then."""
    wanllmdb.finish()


def sync() -> None:
    """Bring what lies on the disk to the server, as the command does."""
    from wanllmdb.cli import main

    os.environ.pop("WANLLMDB_MODE", None)
    if status := main(["sync"]):
        raise SystemExit(status)


def recovered(folder: Path) -> int:
    """How many rows the server has, once what lay on the disk was brought to it."""
    sync()
    owner = os.environ["WANLLMDB_ENTITY"]
    path = f"/api/v1/projects/{owner}/{PROJECT}/runs/{folder.name}/points?key=samples&limit=10000"
    count, cursor = 0, ""
    while True:
        request = urllib.request.Request(
            os.environ["WANLLMDB_API_URL"] + path + (f"&cursor={cursor}" if cursor else ""),
            headers={"Authorization": f"Bearer {os.environ['WANLLMDB_API_KEY']}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.load(answer)
        count += len(set(page["step"]))
        cursor = page["next"]
        if not cursor:
            return count
