"""Guard: a mistake of ours never reaches the training.

Everything that a script calls is guarded. What the SDK raises on purpose (`errors`) passes, and
so does a call with arguments that do not fit. Anything else becomes one warning for each place,
a counted loss of the run, and an answer that the script can go on with. A call that comes when
the run has ended with the process is no mistake of anybody; it gets one warning, too.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from wanllmdb.errors import Error, LateError

Asked = ParamSpec("Asked")
Answered = TypeVar("Answered")

# What the classes of media raise on purpose: the values that they are given are no such thing.
MISUSE = (Error, TypeError, ValueError, ImportError, OSError)

_told: set[str] = set()


def guarded(
    otherwise: Callable[..., Any] = lambda: None,
    *,
    raises: tuple[type[Exception], ...] = (Error,),
) -> Callable[[Callable[Asked, Answered]], Callable[Asked, Answered]]:
    """Guard a function or a method.

    Args:
        otherwise: makes the answer when the call fails inside.
        raises: what it raises on purpose.
    """

    def decorate(call: Callable[Asked, Answered]) -> Callable[Asked, Answered]:
        @functools.wraps(call)
        def safely(*arguments: Asked.args, **keywords: Asked.kwargs) -> Answered:
            try:
                return call(*arguments, **keywords)
            except LateError as error:
                _say("late", str(error))
                return cast("Answered", otherwise())
            except raises:
                raise
            except Exception as error:
                if error.__traceback__ is None or error.__traceback__.tb_next is None:
                    raise  # the arguments do not fit: the call never began
                tell(call.__qualname__, error)
                return cast("Answered", otherwise())

        return safely

    return decorate


def tell(place: str, error: BaseException) -> None:
    """Count a mistake of ours in the current run, and say it once for each place."""
    session = sys.modules.get("wanllmdb.session")
    try:
        run = session.current() if session else None
        if run is not None:
            run._fault(place, error)
            return
    except Exception as worse:  # noqa: BLE001 - what counts mistakes is mistaken itself
        error = worse
    say(place, error)


def say(place: str, error: BaseException) -> None:
    """Say a mistake where no run can, once for each place."""
    _say(place, f"{place} failed inside: {type(error).__name__}: {error!s:.200}")


def _say(place: str, line: str) -> None:
    if place in _told:
        return
    _told.add(place)
    with contextlib.suppress(Exception):
        sys.stderr.write(f"wanllmdb: warning: {line}\n")


class NoRun:
    """Stands for a run that could not even begin: takes everything, keeps nothing."""

    is_ours = True
    is_over = False

    def _fault(self, place: str, error: BaseException) -> None:
        say(place, error)

    def __call__(self, *_: Any, **__: Any) -> NoRun:
        return self

    def __getattr__(self, name: str) -> NoRun:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        """Nothing is kept."""

    def __getitem__(self, key: Any) -> NoRun:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing is kept."""

    def __delitem__(self, key: Any) -> None:
        """Nothing is kept."""

    def __contains__(self, key: Any) -> bool:
        return False

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def keys(self) -> tuple[str, ...]:
        return ()

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return ""

    def __enter__(self) -> NoRun:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing began."""
