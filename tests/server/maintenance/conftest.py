"""A data directory with a bit of everything in it, that nobody is at work in, and copies of it."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.server.house import START, open_house, row, send
from tests.server.world import Template

from wanllmdb_server.metrics.database import NAME

POINTS = 600

Change = Callable[..., None]


async def make(folder: Path, template: Template) -> None:
    """Two sealed segments and a batch of one run, another run, and a file."""
    async with open_house(folder / "house", template) as house, house.client("member") as http:
        for at in range(0, POINTS, 100):
            rows = [row(n, step=n, loss=float(n % 97), acc=n / 7) for n in range(at + 1, at + 101)]
            assert (await send(http, at, rows)).status_code == 200
            if at in (200, 400):
                await house.store.seal(1)
        content = b"a note" * 1000
        answer = await http.put(
            "/api/v1/projects/ann/vision/runs/first/files/notes.txt",
            content=content,
            headers={"X-Wanllmdb-Digest": f"sha256:{hashlib.sha256(content).hexdigest()}"},
        )
        assert answer.status_code < 300, answer.text
        rows = [row(POINTS + n, step=n, note=f"text {n}") for n in range(1, 6)]
        assert (await send(http, POINTS, rows)).status_code == 200
        await house.store.seal(1)
        await send(http, POINTS + 5, [row(POINTS + 6, step=POINTS, late=1.0)])
        # As a process leaves it that is killed: closing would seal what is in the log.
        shutil.copytree(folder / "house" / "data", folder / "data")
    for name in ("metrics/metrics-0.db", "catalog.db"):
        connection = sqlite3.connect(folder / "data" / name)  # its logs go into the files
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.close()
    (folder / "data").chmod(0o700)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Path:
    """The data directory; tests take copies."""
    folder = tmp_path_factory.mktemp("sound")
    asyncio.run(make(folder, template))
    return folder / "data"


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(sound, tmp_path / "data"))


def metrics(data: Path) -> Path:
    return data / "metrics" / NAME


def change(path: Path, *statements: str) -> None:
    """What a bad disk, or somebody's hand, would do to a database."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("flipped", 1, flipped)
    for statement in statements:
        connection.execute(statement)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def flipped(content: bytes | str) -> bytes | str:
    """Bytes with one bit of them changed."""
    if isinstance(content, str):
        return chr(ord(content[0]) ^ 1) + content[1:]
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def flip(path: Path, at: int, bit: int = 1) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ bit]))


__all__ = ["POINTS", "START", "ask", "change", "flip", "metrics"]
