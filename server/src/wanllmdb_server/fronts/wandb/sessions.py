"""Sessions: which writer of a run speaks.

The protocol numbers the lines of a run through all of its resumptions, and a file stream does
not say which of them it belongs to. So each time that a run is opened there is a new writer,
and the newest is the one that speaks; processes that share a run say who they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from wanllmdb_server.domain.writer import Writer
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.fronts.wandb.names import WRITER

_SHARED = f"{WRITER}/"
SYSTEM = ".system"
CONSOLE = ".console"


@dataclass(frozen=True, slots=True)
class Session:
    """A writer, and the step with which it begins."""

    writer: str
    first_step: int = 0


async def speaking(asked: Asked, owner: str, project: str, run: str) -> Session:
    """Who sends this."""
    known = await asked.services.runs.writers(asked.actor, owner, project, run)
    if asked.writer:
        name = shared_name(asked.writer)
        found = next((each for each in known if each.name == name), None)
        return Session(name, 0 if found is None else found.first_step or 0)
    ours = _ours(known)
    return Session(ours[-1].name, ours[-1].first_step or 0) if ours else Session(f"{WRITER}-1")


async def next_name(asked: Asked, owner: str, project: str, run: str) -> str:
    """The name of the writer that a run is opened for."""
    if asked.writer:
        return shared_name(asked.writer)
    known = await asked.services.runs.writers(asked.actor, owner, project, run)
    return f"{WRITER}-{len(_ours(known)) + 1}"


def shared_name(client: str) -> str:
    """The name of one of several writers."""
    return _SHARED + client[:128]


async def lines(asked: Asked, owner: str, project: str, run: str, kind: str = "") -> int:
    """How many lines of history (or of `SYSTEM`) are known of a run."""
    known = await asked.services.runs.writers(asked.actor, owner, project, run)
    numbered = asked.services.numbered
    ends = [
        await numbered.end(asked.actor, owner, project, run, each.name + kind)
        for each in _ours(known)
    ]
    return max(ends, default=0)


def _ours(known: list[Writer]) -> list[Writer]:
    return [each for each in known if each.name.startswith(f"{WRITER}-")]


def first_name(asked: Asked) -> str:
    """The name of the first writer of a run."""
    return shared_name(asked.writer) if asked.writer else f"{WRITER}-1"
