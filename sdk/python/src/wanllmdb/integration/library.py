"""Library: what an integration is for. It is imported when the integration is used, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from wanllmdb.compat.terminal import termwarn
from wanllmdb.run import Run
from wanllmdb.session import needed

# What pip calls a package, where its modules are called otherwise.
_DISTRIBUTIONS: Final = {"sklearn": "scikit-learn", "stable_baselines3": "stable-baselines3"}


def library(name: str) -> Any:
    """The module of this name.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        root = name.partition(".")[0]
        raise ImportError(
            f"This integration needs {root}: pip install {_DISTRIBUTIONS.get(root, root)} ({error})"
        ) from error


def current_run(who: str) -> Run:
    """The run to log to, or an `Error` that says to call `init` before `who`."""
    return needed(who)


def tell_once(line: str) -> None:
    """Say something on the terminal, the first time only."""
    termwarn(line, repeat=False)
