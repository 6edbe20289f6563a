"""File stream: what a run logs, prints and measures, as lines of files that have numbers.

The client stops for good on most codes of 4xx, and a run is lost then: whatever may go away by
itself is 503 or 507, and whatever can be taken is taken. Lines that come again are known.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import InvalidError, ServerError
from wanllmdb_server.domain.run import Finish, Preemption, RunChanges
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.wandb import errors, lines, sessions, summary
from wanllmdb_server.fronts.wandb.asked import Asked, mapping
from wanllmdb_server.fronts.wandb.sessions import Session

HISTORY: Final = "wandb-history.jsonl"
EVENTS: Final = "wandb-events.jsonl"
SUMMARY: Final = "wandb-summary.json"
CONSOLE: Final = "output.log"


class Chunk(msgspec.Struct):
    """Consecutive lines of a file; `offset` is the number of the first."""

    offset: int = 0
    content: list[str] = []


class Said(msgspec.Struct):
    """What a client says at once."""

    files: dict[str, Chunk] = {}
    preempting: bool = False
    complete: bool = False
    exitcode: int | None = None


_decoder = msgspec.json.Decoder(Said)


@declares(Resource.POINTS, Verb.CREATE)
async def take_stream(request: Request) -> Response:
    """Lines of a run; empty: it lives."""
    path = request.path_params
    try:
        asked = await Asked.by(request)
        said = _read(await request.body())
        of = (path["entity"], path["project"], path["run"])
        stop = await _take(asked, of, said, time=asked.services.runs.now())
    except ServerError as error:
        return errors.answer(error)
    return Response(json.dumps({"stopped": True} if stop else {}), media_type="application/json")


def _read(body: bytes) -> Said:
    try:
        return _decoder.decode(body or b"{}")
    except msgspec.DecodeError as error:
        raise InvalidError(f"This is no file stream: {error}", code="bad-stream") from error


async def _take(asked: Asked, of: tuple[str, str, str], said: Said, *, time: int) -> bool:
    numbered, actor = asked.services.numbered, asked.actor
    session = await sessions.speaking(asked, *of)
    rows = await _rows(said.files.get(HISTORY), session, time)
    stop = await numbered.accept(actor, *of, session.writer, rows)
    if (chunk := said.files.get(EVENTS)) is not None:
        readings = lines.events(chunk.content, chunk.offset, now=time)
        await numbered.accept(actor, *of, session.writer + sessions.SYSTEM, readings)
    if (chunk := said.files.get(CONSOLE)) is not None:
        printed = lines.console(chunk.content, chunk.offset, now=time)
        writer = session.writer + sessions.CONSOLE
        await numbered.accept(actor, *of, writer, printed, by_arrival=True)
    changes = await _changes(asked, of, said, session)
    if not changes.nothing:
        await asked.services.runs.change(actor, *of, changes)
    return stop


async def _rows(chunk: Chunk | None, session: Session, time: int) -> Sequence[Any]:
    if chunk is None:
        return []
    return await asyncio.to_thread(
        lines.history, chunk.content, chunk.offset, first_step=session.first_step, now=time
    )


async def _changes(
    asked: Asked, of: tuple[str, str, str], said: Said, session: Session
) -> RunChanges:
    found: dict[str, Any] = {}
    chunk = said.files.get(SUMMARY)
    if chunk is not None and chunk.content:
        run = await asked.services.runs.get(asked.actor, *of)
        found |= summary.replaced(run, mapping(chunk.content[-1]))
    if said.preempting:
        found["preemption"] = Preemption(signal="")
    if said.complete:
        found["finish"] = Finish(said.exitcode or 0, writer=session.writer)
    return RunChanges(**found)


def routes() -> list[Route]:
    """The routes of this file."""
    path = "/files/{entity}/{project}/{run}/file_stream"
    return [Route(path, take_stream, methods=["POST"])]
