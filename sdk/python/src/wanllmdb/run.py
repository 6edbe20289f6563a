"""Run: what the user holds while a script trains.

What it is told stands in `logbook`, who it is in `identity`; this is how it goes and how it ends.
Every method calls a part that does the work, and a mistake of ours never reaches the training:
it becomes one warning and a counted loss.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from wanllmdb import preemption
from wanllmdb.clock import Steady
from wanllmdb.config import changed_inside
from wanllmdb.console import Voice
from wanllmdb.exits import exit_code_of, told
from wanllmdb.guard import guarded
from wanllmdb.identity import Identity
from wanllmdb.logbook import Logbook
from wanllmdb.rows import FileKeeper, no_files
from wanllmdb.seams import Companion, Journal, Outlet
from wanllmdb.settings import Settings
from wanllmdb.wire import Kind, encode


class Run(Logbook):
    """One execution: what it was told, what it measures, what became of it.

    Args:
        identity: who it is.
        settings: what it was told.
        journal: keeps its records.
        voice: speaks to the user.
        keep: keeps values that are files.
        ended: called once, when the run is over.
        clock: nanoseconds since the epoch; the same that told when the run began.
    """

    def __init__(
        self,
        identity: Identity,
        settings: Settings,
        *,
        journal: Journal,
        voice: Voice,
        keep: FileKeeper = no_files,
        ended: Callable[[Run], None] = lambda run: None,  # noqa: ARG005
        clock: Steady | None = None,
    ) -> None:
        super().__init__(
            identity,
            settings,
            journal=journal,
            voice=voice,
            keep=keep,
            clock=clock or Steady(),
        )
        self._ended = ended
        self._pid = os.getpid()
        self._stopped = False
        self._exit_code: int | None = None
        self._companions: list[Companion] = []
        self._outlet: Outlet | None = None

    @property
    def is_over(self) -> bool:
        """Whether `finish` was called."""
        return self._finished

    @property
    def exit_code(self) -> int | None:
        """The code that the run ended with; None while it goes on."""
        return self._exit_code

    @property
    def is_ours(self) -> bool:
        """Whether the run began in this process, and not in the one it was forked from."""
        return os.getpid() == self._pid

    @guarded()
    def mark_preempting(self) -> None:
        """Say that the scheduler is about to end the script: its silence will be no crash."""
        self._check_open("mark_preempting")
        preemption.tell(self._append, preemption.ASKED)
        self._hurry(0.0)

    # How it ends.

    @guarded()
    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: send what is left, in bounded time. A second time does nothing.

        In the child of a fork this does nothing either: the run is its parent's.
        """
        del quiet
        self._finish(exit_code or 0)

    def _finish(self, exit_code: int, traceback: str | None = None) -> None:
        with self._lock:
            if self._finished or os.getpid() != self._pid:
                return
            self._finished = True
            self._straighten()
        self._exit_code = exit_code
        hasty: KeyboardInterrupt | None = None
        # Each does what it can, also when another failed.
        for part in (
            self._leave_companions,
            self._write_changes,
            functools.partial(self._write_end, exit_code, traceback),
        ):
            hasty = self._attempt(part) or hasty
        hasty = self._attempt(functools.partial(self._empty, at_once=bool(hasty))) or hasty
        self._ended(self)
        if hasty is not None:
            raise hasty

    def _attempt(self, part: Callable[[], None]) -> KeyboardInterrupt | None:
        """Do a part of the end; returns the Ctrl-C of somebody who does not want to wait for it."""
        try:
            part()
        except KeyboardInterrupt as error:
            return error
        except Exception as error:  # noqa: BLE001 - never into the training
            self._fault("finish", error)
        return None

    def _leave_companions(self) -> None:
        for companion in self._companions:
            try:
                companion.close()
            except Exception as error:  # noqa: BLE001, PERF203 - the others are closed, too
                self._fault("finish", error)

    def _write_changes(self) -> None:
        if changed := changed_inside(self._config):
            self._tell_config(changed)
        if kept := self._metrics.summaries():
            self._append(Kind.SUMMARY, encode({"set": kept, "unset": []}))

    def _write_end(self, exit_code: int, traceback: str | None) -> None:
        self._lose.tell()
        if held := self._pace.told():
            self._append(Kind.PATCH, encode({"environment": {"slow_log": held}}))
        said: dict[str, Any] = {
            "exit_code": exit_code,
            "time_us": self._clock() // 1000,
            "logged": self._logged.value,
            "lost": self._lose.total,
            "stopped": self._stopped,
        }
        if traceback:
            said["traceback"] = traceback
        self._append(Kind.FINISH, encode(said))

    def _empty(self, *, at_once: bool) -> None:
        outlet = self._outlet
        if outlet is None:
            return
        try:
            line = outlet.finish(at_once=at_once)
        except KeyboardInterrupt:
            self._voice.say(outlet.finish(at_once=True))
            raise
        self._voice.say(line)

    def __enter__(self) -> Run:
        return self

    @guarded()
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finish(exit_code_of(error), told(error) if error else None)

    def join(self, exit_code: int | None = None) -> None:
        self.finish(exit_code)

    def _label(self, *_: Any, **__: Any) -> None:
        """Integrations announce themselves here; nobody listens."""

    # What its parts call.

    def _patch(self, **changes: Any) -> None:
        self._check_open("name, notes or tags")
        super()._patch(**changes)
        self._append(Kind.PATCH, encode(changes))

    def _hurry(self, seconds: float) -> None:
        if self._outlet is not None:
            self._outlet.hurry(seconds)

    def _forked(self) -> None:
        """In the child of a fork: a lock that somebody held is held no more."""
        self._lock = threading.RLock()
        for companion in self._companions:
            companion.abandon()


def attach(run: Run, *, outlet: Outlet | None = None, companions: Iterable[Companion] = ()) -> None:
    """Give a run what it ends with."""
    if outlet is not None:
        run._outlet = outlet
    run._companions.extend(companions)
