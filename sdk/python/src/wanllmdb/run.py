"""Run: what the user holds while a script trains.

Every method calls a part that does the work: `rows` makes rows, the journal keeps them,
`config` and `summary` are mappings of their own. A mistake of ours never reaches the
training: it becomes one warning and a counted loss.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

from wanllmdb import metric as metric_
from wanllmdb import oversize, preemption
from wanllmdb.clock import Steady
from wanllmdb.config import Config, changed_inside
from wanllmdb.console import Voice
from wanllmdb.counter import Counter
from wanllmdb.errors import Error, LateError, RowError, UsageError
from wanllmdb.exits import exit_code_of, told
from wanllmdb.guard import guarded, say
from wanllmdb.identity import Identity, Named
from wanllmdb.losses import Losses
from wanllmdb.metric import Metric, Metrics
from wanllmdb.moulds import Misfit, Mould, Moulds
from wanllmdb.pace import Pace
from wanllmdb.rows import (
    BAD_STEP,
    FileKeeper,
    RowMaker,
    Steps,
    as_step,
    nearest_step,
    no_files,
    payloads,
)
from wanllmdb.settings import Settings
from wanllmdb.summary import Summary, absorb
from wanllmdb.values import LOGGED, Unloggable
from wanllmdb.wire import MAX_RECORD_BYTES, Kind, encode

_monotonic_ns = time.monotonic_ns
_ROW = int(Kind.ROW)


class Journal(Protocol):
    """Keeps records. `append` never raises and never waits for anybody."""

    moulds: Moulds

    def append(self, kind: int, payload: bytes) -> bool:
        """Keep a record; False if it is not safe yet."""
        ...

    def append_values(self, mould: Mould, step: int, time_us: int, values: Iterable[Any]) -> bool:
        """Keep a row of numbers; raises `Misfit` if they do not fit the mould, and nothing else."""
        ...

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        """A new mould for rows like this one, if they deserve one."""
        ...


class Companion(Protocol):
    """What goes along with a run and ends with it: the monitor, the capture of the terminal."""

    def close(self) -> None:
        """Write what is left, and end; soon."""
        ...

    def abandon(self) -> None:
        """In the child of a fork: keep nothing any more."""
        ...


class Outlet(Protocol):
    """Where the journal empties to."""

    def hurry(self, seconds: float) -> None:
        """Send at once what was kept until now; wait at most so long for that, without a lock."""
        ...

    def finish(self, *, at_once: bool) -> str:
        """Send what can be sent in the time there is; the last line for the user.

        `at_once` waits for nothing. A second time says how things stand then.
        """
        ...


class Run(Named):
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
        super().__init__(identity, settings)
        self._journal = journal
        self._append = journal.append
        self._mould = journal.mould
        self._voice = voice
        self._ended = ended
        self._clock = clock or Steady()
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._finished = False
        self._late = False  # it ended with the process, not by `finish`
        self._stopped = False
        self._logged = Counter()
        self._exit_code: int | None = None
        self._lose = Losses(journal.append, voice)
        self._pace = Pace()
        self._rows = RowMaker(self._lose, keep)
        self._steps = Steps(identity.first_step)
        self._metrics = Metrics()
        self._companions: list[Companion] = []
        self._outlet: Outlet | None = None
        self._config = Config(
            self._write_config, voice.warn, allow_val_change=settings.allow_val_change
        )
        self._summary = Summary(self._write_summary, self._summary_value)
        # What the usual row needs, at hand: `log` looks nothing up twice.
        self._append_values = journal.append_values
        self._moulds = journal.moulds.known
        self._mould_of = self._moulds.get
        self._newest: Mould | None = None

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

    @property
    def logged(self) -> int:
        """How many rows were logged."""
        return self._logged.value

    @property
    def lost(self) -> int:
        """How many values could not be kept."""
        return self._lose.total

    # What it says.

    @property
    def step(self) -> int:
        """The step that the next `log()` gets if it names none."""
        return self._steps.current

    @property
    def config(self) -> Config:
        return self._config

    @property
    def summary(self) -> Summary:
        return self._summary

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,  # noqa: ARG002 - of an older wandb
    ) -> None:
        """Keep one row. It outlives this process as soon as this returns.

        Args:
            data: keys to values; nested mappings, arrays and media are fine.
            step: the x of the row. It leaves the step open for more, unless `commit` is true.
            commit: false leaves the step open: what is logged next belongs to it, too.
            sync: of an older wandb; means nothing.

        Raises:
            UsageError: the run is over, or `data` is no mapping with string keys.
        """
        try:
            mould = self._mould_of(tuple(data))
            values = data.values()
        except Exception:  # noqa: BLE001 - it is no mapping, or one that raises
            mould = values = None
        if mould is not None and values is not None and commit is None:
            try:
                step = self._steps.next() if step is None else self._take_step(step, None)
                now = (self._clock.base_ns + _monotonic_ns()) // 1000
                self._append_values(mould, step, now, values)
                self._logged.next()
                if mould is not self._newest:
                    self._renew(mould)
            except Misfit:
                pass
            except Error:
                raise
            except Exception as error:  # noqa: BLE001 - never into the training
                self._fault("log", error)
                return
            else:
                return
        self._log_any(data, step, commit, mould)

    def _renew(self, mould: Mould) -> None:
        """Another mould than last time: its row is the newest in the summary."""
        self._newest = mould
        order = self._summary._moulds
        order.pop(mould, None)
        order[mould] = None

    def _straighten(self) -> None:
        """Whether rows may go by moulds: not where each must be looked at, nor after the end."""
        looked_at = self._finished or self._metrics or self._summary._chosen
        self._mould_of = _no_mould if looked_at else self._moulds.get

    @guarded()
    def _log_any(
        self, data: Mapping[str, Any], step: Any, commit: bool | None, mould: Mould | None
    ) -> None:
        """Keep a row of any values. `mould` could not take it, and has asked its values."""
        self._check_open("log")
        began = time.perf_counter()
        try:
            self._log(data, step, commit, mould)
        except Error:
            raise
        except Exception as error:  # noqa: BLE001 - never into the training
            self._fault("log", error)
        self._pace.took(time.perf_counter() - began)

    def _take_step(self, step: Any, commit: bool | None) -> int:
        number: int | None = None
        if step is not None:
            try:
                number = as_step(step)
            except RowError:
                number = nearest_step(step)
                self._lose("bad-step", BAD_STEP)
            except Exception:  # noqa: BLE001 - the user's object; it is not asked again
                self._lose("bad-step", BAD_STEP)
        return self._steps.take(number, commit)

    def _log(
        self, data: Mapping[str, Any], step: Any, commit: bool | None, mould: Mould | None
    ) -> None:
        asked = mould.form if mould is not None and commit is None else None
        values = self._rows.make(data, asked=asked)
        plain = values is data
        step = self._take_step(step, commit)
        with self._lock:
            if self._metrics:
                values = self._metrics.complete(values)
        if not values:
            return
        self._write(step, self._clock() // 1000, values)
        self._logged.next()
        absorb(self._summary, values, self._metrics, plain=plain)
        self._straighten()

    def _write(self, step: int, now: int, values: dict[str, Any]) -> None:
        mould = self._mould(values)
        if mould is not None:
            self._append_values(mould, step, now, values.values())
            mould.last = None  # `absorb` knows better what stands in the summary
            return
        payload = encode((step, now, values))
        if len(payload) <= MAX_RECORD_BYTES:
            self._append(_ROW, payload)
        else:
            for part in payloads(step, now, values, self._lose):
                self._append(_ROW, part)

    @guarded()
    def define_metric(
        self,
        name: Any,
        step_metric: Any = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
        **legacy: Any,
    ) -> Metric:
        """Say over what a metric is drawn and what its summary keeps. See `metric`."""
        del overwrite, legacy
        found = metric_.defined(
            name,
            step_metric=step_metric,
            step_sync=step_sync,
            hidden=hidden,
            summary=summary,
            goal=goal,
        )
        self._check_open("define_metric")
        with self._lock:
            self._metrics.define(found)
            self._straighten()
        self._append(Kind.METRIC, encode(found.record()))
        return found

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

    def _check_open(self, call: str) -> None:
        if self._finished and self._late:
            raise LateError(f"{call} after the run has ended with the process; it is not kept")
        if self._finished:
            raise UsageError(
                f"Run ({self.id}) is finished. The call to `{call}` will be ignored. "
                "Please make sure that you are using an active run."
            )

    def _write_config(self, values: dict[str, Any]) -> None:
        self._check_open("config")
        self._tell_config(values)

    def _tell_config(self, values: dict[str, Any]) -> None:
        told, cut = oversize.fitted(values)
        self._append(Kind.CONFIG, encode({"set": told}))
        if cut:
            self._keep_whole(values, cut)

    def _keep_whole(self, config: Mapping[str, Any], cut: Sequence[str]) -> None:
        """Make a file of a config that does not fit in a record; `cut` are keys of what was cut."""
        path = oversize.keep(self._identity.directory, self._append, config)
        keys = f"{cut[0]!r:.80} and {len(cut) - 1} more" if len(cut) > 1 else f"{cut[0]!r:.80}"
        self._voice.warn(f"the config is large: {keys} were cut; all of it is in {path}")

    def _write_summary(self, values: dict[str, Any], unset: list[str]) -> None:
        self._check_open("summary")
        told, cut = oversize.fitted(values)
        self._append(Kind.SUMMARY, encode({"set": told, "unset": unset}))
        for key in cut:
            self._lose("too-large", f"the summary's {key!r:.80} is too large; it was cut")
        self._mould_of = _no_mould  # what was set stands until its key is logged again

    def _summary_value(self, key: str, value: Any) -> Any:
        try:
            return LOGGED.convert(value)
        except Unloggable as error:
            self._lose("unloggable", f"the summary's {key!r} has {error}, which cannot be kept")
        return Summary.ABSENT

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

    def _fault(self, call: str, error: BaseException) -> None:
        """A mistake of ours: counted, said once."""
        try:
            self._lose("fault", f"{call} failed inside: {type(error).__name__}: {error!s:.200}")
        except Exception:  # noqa: BLE001 - what counts is mistaken itself
            say(call, error)


def _no_mould(keys: tuple[str, ...]) -> None:
    """Looks every row's mould up in vain."""
    del keys


def attach(run: Run, *, outlet: Outlet | None = None, companions: Iterable[Companion] = ()) -> None:
    """Give a run what it ends with."""
    if outlet is not None:
        run._outlet = outlet
    run._companions.extend(companions)
