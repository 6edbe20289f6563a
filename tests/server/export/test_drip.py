"""What a thread writes comes in pieces, and what it is made of comes meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from wanllmdb_server.fronts.rest import drip
from wanllmdb_server.fronts.rest.drip import Drip


def drips() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "drip"]


async def test_the_next_part_comes_while_one_is_written_and_no_more_than_that() -> None:
    asked: list[int] = []
    ahead: list[int] = []

    async def parts() -> AsyncIterator[int]:
        for part in range(5):
            asked.append(part)
            yield part

    def write(coming: Iterator[int], file: Any) -> None:
        for part in coming:
            until = time.monotonic() + 10
            while len(asked) < min(part + 2, 5) and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(0.02)  # whatever else could come has come
            ahead.append(len(asked) - part - 1)
            file.write(b"%d" % part)

    pieces = [piece async for piece in Drip(parts(), write).pieces()]
    assert b"".join(pieces) == b"01234"
    assert ahead == [1, 1, 1, 1, 0]


async def test_pieces_hold_what_was_written_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drip, "PIECE", 7)

    async def parts() -> AsyncIterator[bytes]:
        for n in range(1, 20):
            yield bytes([n]) * n

    def write(coming: Iterator[bytes], file: Any) -> None:
        for part in coming:
            file.write(part)

    dripping = Drip(parts(), write)
    pieces = [piece async for piece in dripping.pieces()]
    assert b"".join(pieces) == b"".join(bytes([n]) * n for n in range(1, 20))
    assert all(len(piece) >= 7 for piece in pieces[:-1])


@pytest.mark.parametrize("where", ["parts", "write"])
async def test_what_fails_is_told_behind_what_was_written(where: str) -> None:
    async def parts() -> AsyncIterator[int]:
        yield 1
        if where == "parts":
            raise OSError("no more")
        yield 2
        await asyncio.sleep(60)

    def write(coming: Iterator[int], file: Any) -> None:
        for part in coming:
            file.write(b"x" * drip.PIECE)
            if part == 2:
                raise OSError("no more")

    found: list[bytes] = []

    async def read() -> None:
        async for piece in Drip(parts(), write).pieces():
            found.append(piece)

    with pytest.raises(OSError, match="no more"):
        await read()
    assert b"".join(found) == b"x" * drip.PIECE * (1 if where == "parts" else 2)


async def test_who_goes_away_while_a_part_is_awaited_leaves_no_thread() -> None:
    cancelled = asyncio.Event()

    async def parts() -> AsyncIterator[int]:
        yield 1
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    def write(coming: Iterator[int], file: Any) -> None:
        for _ in coming:
            file.write(b"x" * drip.PIECE)

    pieces = Drip(parts(), write).pieces()
    await anext(pieces)
    await pieces.aclose()
    await asyncio.wait_for(cancelled.wait(), 10)
    for _ in range(500):
        if not drips():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the thread still waits for a part")
