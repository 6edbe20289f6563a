"""Run: what the user holds while a script trains.

What it is told stands in `logbook`, who it is in `identity`, what else it keeps in `holdings`; this
is how it goes and how it ends.
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

from wanllmdb import appearance, attachment, preemption
from wanllmdb.appearance import RunStatus
from wanllmdb.clock import Steady
from wanllmdb.config import Static, changed_inside
from wanllmdb.console import Voice
from wanllmdb.exits import exit_code_of, told
from wanllmdb.guard import guarded
from wanllmdb.holdings import Holdings
from wanllmdb.identity import Identity
from wanllmdb.rows import FileKeeper, no_files
from wanllmdb.seams import Companion, Journal, Outlet
from wanllmdb.settings import Settings
from wanllmdb.wire import Kind, encode


class Run(Holdings):
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

    @guarded()
    def write_logs(self, text: str) -> None:
        """Keep a text among the lines that the script prints, without printing it."""
        self._check_open("write_logs")
        for companion in self._companions:
            take = getattr(companion, "take", None)
            if callable(take):
                take(str(text))
                return
        self._voice.warn('write_logs() keeps nothing with console="off"', once="write_logs")

    # How it shows itself.

    @property
    def config_static(self) -> Static:
        """The config as it is now, which nobody can change by it."""
        return Static(self._config.as_dict())

    @property
    def sync_dir(self) -> str:
        """Where the run lies until a server has it."""
        return str(self._identity.directory.parent)

    @guarded()
    def status(self) -> RunStatus:
        """How much of the run the server has."""
        if self._outlet is None:
            return RunStatus(0, 0)
        return self._outlet.status()

    @guarded(lambda *_, **__: "")
    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """The page of the run as an inner frame of HTML."""
        return appearance.frame_of(self, height=height, hidden=hidden)

    @guarded(lambda *_, **__: False)
    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the page of the run in a notebook; false where there is none."""
        return appearance.show(self, height=height, hidden=hidden)

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
        self._teller.close()

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

    @property
    def _attach_id(self) -> str:
        """By which another process of the script finds the run; see `attachment`."""
        return attachment.ticket(self)

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
