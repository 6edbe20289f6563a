"""Logbook: what a run is told: rows, config, summary, how a metric is meant.

The way of the usual row is straight: its mould is looked up by its keys, and the journal writes
its numbers in one call. Whatever is not so usual goes the long way, which is the same for the
reader. A mistake of ours never reaches the training: it becomes one warning and a counted loss.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from wanllmdb import metric as metric_
from wanllmdb import oversize
from wanllmdb.clock import Steady
from wanllmdb.config import Config
from wanllmdb.console import Voice
from wanllmdb.counter import Counter
from wanllmdb.errors import Error, LateError, RowError, UsageError
from wanllmdb.folds import Teller
from wanllmdb.guard import guarded, say
from wanllmdb.identity import Identity, Named
from wanllmdb.losses import Losses
from wanllmdb.metric import Metric, Metrics
from wanllmdb.moulds import Misfit, Mould
from wanllmdb.pace import Pace
from wanllmdb.rows import (
    BAD_STEP,
    Elsewhere,
    FileKeeper,
    RowMaker,
    Steps,
    as_step,
    nearest_step,
    payloads,
)
from wanllmdb.seams import Journal
from wanllmdb.settings import Settings
from wanllmdb.summary import Summary, absorb
from wanllmdb.surroundings import in_notebook
from wanllmdb.values import Unloggable
from wanllmdb.wire import MAX_RECORD_BYTES, Kind, encode

_monotonic_ns = time.monotonic_ns
_ROW = int(Kind.ROW)


class Logbook(Named):
    """What a run was told, on its way into the journal. See `Run` for the arguments."""

    def __init__(
        self,
        identity: Identity,
        settings: Settings,
        *,
        journal: Journal,
        voice: Voice,
        keep: FileKeeper,
        clock: Steady,
    ) -> None:
        super().__init__(identity, settings)
        self._journal = journal
        self._append = journal.append
        self._mould = journal.mould
        self._voice = voice
        self._clock = clock
        self._lock = threading.RLock()
        self._finished = False
        self._late = False  # it ended with the process, not by `finish`
        self._logged = Counter()
        self._lose = Losses(journal.append, voice)
        self._pace = Pace()
        self._rows = RowMaker(self._lose, keep)
        self._steps = Steps(identity.first_step)
        self._metrics = Metrics()
        self._teller = Teller(self._tell_summaries)
        self._config = Config(
            self._write_config,
            voice.warn,
            allow_val_change=settings.allow_val_change or in_notebook(),
        )
        self._summary = Summary(self._write_summary, self._summary_value)
        # What the usual row needs, at hand: `log` looks nothing up twice.
        self._append_values = journal.append_values
        self._moulds = journal.moulds.known
        self._mould_of = self._moulds.get
        self._newest: Mould | None = None
        self._count = self._logged.next

    @property
    def logged(self) -> int:
        """How many rows were logged."""
        return self._logged.value

    @property
    def lost(self) -> int:
        """How many values could not be kept."""
        return self._lose.total

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
                self._count()
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
        self._keep(self._take_step(step, commit), values, plain=values is data)

    def _log_beside(self, step: int, data: Mapping[str, Any]) -> None:
        """Keep values under a step that `Steps.beside` gave to a part of the run."""
        self._keep(step, self._rows.make(data))

    def _keep(self, step: int, values: dict[str, Any], *, plain: bool = False) -> None:
        with self._lock:
            if self._metrics:
                values = self._metrics.complete(values)
        if not values:
            return
        self._write(step, self._clock() // 1000, values)
        self._logged.next()
        with self._lock:
            absorb(self._summary, values, self._metrics, plain=plain)
        if self._metrics:
            self._teller.changed()
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
        summary: Any = None,
        goal: str | None = None,
        overwrite: bool | None = None,
        **legacy: Any,
    ) -> Metric:
        """Say over what a metric is drawn and what its summary keeps. See `metric`.

        What an earlier definition of the name said stands where this one says nothing, unless
        `overwrite` is true.
        """
        del legacy
        name = getattr(name, "name", name)  # what an earlier define_metric returned
        earlier = None if overwrite else self._metrics.defined.get(str(name))
        found = metric_.defined(
            name,
            step_metric=step_metric,
            step_sync=step_sync,
            hidden=hidden,
            summary=summary,
            goal=goal,
            earlier=earlier,
        )
        self._check_open("define_metric")
        with self._lock:
            self._metrics.define(found)
            self._straighten()
        self._append(Kind.METRIC, encode(found.record()))
        return found

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
        try:
            path = oversize.keep(self._identity.directory, self._append, config)
        except OSError as error:
            self._lose("too-large", f"the config is larger than a record, and no file: {error}")
            return
        keys = f"{cut[0]!r:.80} and {len(cut) - 1} more" if len(cut) > 1 else f"{cut[0]!r:.80}"
        self._voice.warn(f"the config is large: {keys} were cut; all of it is in {path}")

    @guarded()
    def _tell_summaries(self) -> None:
        """Tell of what definitions made of the rows since it was last told."""
        with self._lock:
            for said in self._metrics.folds.untold():
                self._append(Kind.SUMMARY, encode({"set": said, "unset": []}))

    def _write_summary(self, values: dict[str, Any], unset: list[str]) -> None:
        self._check_open("summary")
        told, cut = oversize.fitted(values)
        self._append(Kind.SUMMARY, encode({"set": told, "unset": unset}))
        for key in cut:
            self._lose("too-large", f"the summary's {key!r:.80} is too large; it was cut")
        self._mould_of = _no_mould  # what was set stands until its key is logged again

    def _summary_value(self, key: str, value: Any) -> Any:
        try:
            kept = self._rows.read(key, value)
            return kept.value if type(kept) is Elsewhere else kept
        except Unloggable as error:
            self._lose("unloggable", f"the summary's {key!r} has {error}, which cannot be kept")
        return Summary.ABSENT

    def _fault(self, call: str, error: BaseException) -> None:
        """A mistake of ours: counted, said once."""
        try:
            self._lose("fault", f"{call} failed inside: {type(error).__name__}: {error!s:.200}")
        except Exception:  # noqa: BLE001 - what counts is mistaken itself
            say(call, error)


def _no_mould(keys: tuple[str, ...]) -> None:
    """Looks every row's mould up in vain."""
    del keys
