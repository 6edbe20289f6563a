"""Autolog: calls of a library that are logged without a change to the script that makes them.

`autolog(init={"project": ...})` begins a run, or goes on with the one that there is, and from then
on every call is a row; `autolog.disable()` puts the library's own functions back.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wanllmdb import session
from wanllmdb.guard import guarded
from wanllmdb.integration.library import library
from wanllmdb.run import Run


@dataclass(frozen=True)
class Call:
    """A call that was made: with what, what came back, and how long it took."""

    subject: Any
    arguments: Sequence[Any]
    keywords: Mapping[str, Any]
    answer: Any
    seconds: float


@dataclass
class Autolog:
    """Logs the calls of a library's functions.

    Args:
        targets: the functions, each as "module:Class.method".
        told: the row of a call; an empty one is not logged.
    """

    targets: Sequence[str]
    told: Callable[[Call], Mapping[str, Any]]
    _originals: list[tuple[Any, str, Any]] = field(default_factory=list, init=False)
    _own: Run | None = field(default=None, init=False)

    def __call__(self, init: Mapping[str, Any] | None = None) -> None:
        """See `enable`."""
        self.enable(init)

    def enable(self, init: Mapping[str, Any] | None = None) -> None:
        """Log every call from now on; in a new run with these arguments, or in the current one."""
        if self._originals:
            return
        holders = [_holder(target) for target in self.targets]
        if session.current() is None:
            self._own = session.init(**dict(init or {}))
        for holder, name in holders:
            original = getattr(holder, name)
            self._originals.append((holder, name, original))
            setattr(holder, name, self._logged(original))

    def disable(self) -> None:
        """Log no more; end the run, if it began here."""
        for holder, name, original in self._originals:
            setattr(holder, name, original)
        self._originals.clear()
        if self._own is not None:
            self._own.finish()
            self._own = None

    def _logged(self, original: Any) -> Any:
        @functools.wraps(original)
        def call(subject: Any, *arguments: Any, **keywords: Any) -> Any:
            begun = time.perf_counter()

            def told(answer: Any) -> Any:
                passed = time.perf_counter() - begun
                self._tell(Call(subject, arguments, keywords, answer, passed))
                return answer

            answer = original(subject, *arguments, **keywords)
            return _later(answer, told) if inspect.iscoroutine(answer) else told(answer)

        return call

    @guarded()
    def _tell(self, call: Call) -> None:
        run = session.current()
        row = self.told(call) if run is not None else {}
        if run is not None and row:
            run.log(dict(row))


async def _later(answer: Any, told: Callable[[Any], Any]) -> Any:
    return told(await answer)


def _holder(target: str) -> tuple[Any, str]:
    """What has the function as an attribute, and the attribute's name."""
    module, _, path = target.partition(":")
    *classes, name = path.split(".")
    return functools.reduce(getattr, classes, library(module)), name
