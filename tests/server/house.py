"""The whole server over real stores, in this process, with the people of `world`."""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.world import Clock, Template, World

from wanllmdb import wire
from wanllmdb.wire import Kind
from wanllmdb_server import wiring
from wanllmdb_server.app import Apps, build
from wanllmdb_server.process import listen, listener_for
from wanllmdb_server.settings import Settings

START = 1_700_000_000_000_000


@dataclass
class House(World):
    """A world whose app is the server's own."""

    apps: Apps | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve on a free port of this machine; gives "127.0.0.1:port"."""
        taken = listen("127.0.0.1", 0, "--port")
        listener = listener_for(self.app)
        task = asyncio.create_task(listener.serve([taken]))
        await listener.up.wait()
        try:
            yield f"127.0.0.1:{taken.getsockname()[1]}"
        finally:
            listener.should_exit = True
            await task


@asynccontextmanager
async def open_house(folder: Path, template: Template) -> AsyncIterator[House]:
    """A server on a fresh data directory, or on the one of before."""
    clock = Clock()
    if not (folder / "data").exists():
        shutil.copytree(template.folder, folder / "data")
    told = Settings(data_dir=folder / "data", config_dir=folder / "config")
    apps = build(told, functools.partial(wiring.open_services, clock=clock))
    async with apps.open() as services:
        yield House(
            clock=clock,
            catalog=services.runs._catalog,
            store=services.store,  # type: ignore[arg-type]
            bus=services.bus,  # type: ignore[arg-type]
            services=services,
            app=apps.main,
            actors=dict(template.actors),
            keys=dict(template.keys),
            apps=apps,
        )


def row(position: int, step: int | None = None, **values: Any) -> tuple[int, int, bytes]:
    """A record of a row; its time is its position in seconds."""
    said = [position if step is None else step, START + position * 1_000_000, values]
    return position, int(Kind.ROW), wire.encode(said)


def record(position: int, kind: int, payload: Any) -> tuple[int, int, bytes]:
    """A record of another kind."""
    return position, int(kind), wire.encode(payload)


async def send(
    http: Any,
    start: int,
    records: Sequence[tuple[int, int, bytes]],
    *,
    run: str = "ann/vision/first",
    writer: str = "w1",
) -> Any:
    """Send a batch; the answer is httpx's."""
    owner, project, run_id = run.split("/")
    return await http.post(
        f"/api/v1/projects/{owner}/{project}/runs/{run_id}/writers/{writer}/batches",
        content=wire.pack(start, records),
        headers={"Content-Type": wire.CONTENT_TYPE},
    )


async def exact(http: Any, key: str, run: str = "ann/vision/first") -> list[tuple[int, Any]]:
    """Every (step, value) of a series."""
    owner, project, run_id = run.split("/")
    found: list[tuple[int, Any]] = []
    cursor = None
    while True:
        asked = {"key": key, "limit": "1000", **({"cursor": cursor} if cursor else {})}
        answer = await http.get(
            f"/api/v1/projects/{owner}/{project}/runs/{run_id}/points", params=asked
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += zip(page["step"], page["value"], strict=True)
        cursor = page["next"]
        if cursor is None:
            return found
