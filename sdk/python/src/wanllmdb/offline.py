"""Offline: a run that waits on this machine, and the lines that every run begins and ends with.

It needs nothing of what sends, so a run that is begun offline does not load it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wanllmdb.appearance import RunStatus
from wanllmdb.console import Voice
from wanllmdb.keeper import Keeper
from wanllmdb.run import Run
from wanllmdb.seams import Outlet
from wanllmdb.spool import Spool
from wanllmdb.wire import Kind, encode


class Offline:
    """Sends nothing, keeps it safe on disk, and says how to send it."""

    def __init__(self, run: Run, spool: Spool) -> None:
        self._run = run
        self._spool = spool
        self._keeper = Keeper(spool)
        self._keeper.start()

    def status(self) -> RunStatus:
        kept = self._spool.appended
        return RunStatus(kept, kept)

    def hurry(self, seconds: float) -> None:
        """What is on the disk is where it is to be."""

    def finish(self, *, at_once: bool) -> str:
        del at_once  # there is nothing to wait for
        self._keeper.stop()
        self._spool.close()
        if self._spool.memory is not None:
            return f"all {self._run.logged:,} rows are lost: no disk could be written"
        kept = f"kept {self._run.logged:,} rows in {self._spool.directory}"
        return f"{kept} · send them with: wanllmdb sync{losses_told(self._run, self._spool.lost)}"


def offline(
    run: Run, spool: Spool, payload: Mapping[str, Any], *, key: str | None, voice: Voice
) -> Outlet:
    """A run that waits on this machine until `wanllmdb sync`."""
    del payload, key
    if is_nameless(run):
        spool.append(Kind.PATCH, encode({"name": run.name}))
    voice.say(title(run))
    voice.say(f"offline: kept in {spool.directory}")
    return Offline(run, spool)


def title(run: Run) -> str:
    place = "/".join(filter(None, (run.entity, run.project)))
    return f"{'resuming' if run.resumed else 'run'} {run.name} ({run.id}) in {place}"


def is_nameless(run: Run) -> bool:
    """Whether the run did not say its name at first, because it may have one already."""
    settings = run._settings  # as they were before it got an id
    return settings.name is None and bool(settings.run_id or settings.resume_from)


def losses_told(run: Run, spooled: Mapping[str, int]) -> str:
    total = run.lost + sum(spooled.values())
    return f" · {total:,} values could not be kept" if total else ""
