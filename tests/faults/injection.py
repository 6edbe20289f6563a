"""Injection: mistakes of the SDK's own, put into a running training.

Imported by the training's process before `wanllmdb`, it finds every function and method of the
package and replaces some of them by one that raises. The product has no hook for this.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import inspect
import pkgutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

SENDER = "wanllmdb-sender"

# Where a mistake is not one of the SDK in a training: the command line, what it alone uses, and
# what is imported with a library that is not here.
ELSEWHERE = (
    "wanllmdb.__main__",
    "wanllmdb.cli",
    "wanllmdb.commands",
    "wanllmdb.exec",
    "wanllmdb.integration",
)


class InjectedError(RuntimeError):
    """A mistake that nobody foresaw."""


@functools.cache
def modules() -> list[ModuleType]:
    """Every module of the SDK that a training may import."""
    package = importlib.import_module("wanllmdb")
    found = [package]
    for each in pkgutil.walk_packages(package.__path__, "wanllmdb."):
        if not each.name.startswith(ELSEWHERE):
            found.append(importlib.import_module(each.name))
    return found


@functools.cache
def functions() -> dict[str, tuple[Any, str]]:
    """Every function and method, as `module:qualified.name`, with what holds it and its name."""
    found: dict[str, tuple[Any, str]] = {}
    for module in modules():
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", "") != module.__name__:
                continue
            if isinstance(value, FunctionType):
                found[f"{module.__name__}:{name}"] = module, name
            elif inspect.isclass(value):
                for method, held in list(vars(value).items()):
                    if _function(held) is not None:
                        found[f"{module.__name__}:{value.__qualname__}.{method}"] = value, method
    return found


def inject(
    name: str,
    error: Callable[[], BaseException],
    *,
    times: int | None = None,
    thread: str | None = None,
) -> None:
    """Make a function raise: always, or the first so many times; anywhere, or in one thread."""
    holder, attribute = functions()[name]
    held = vars(holder)[attribute]
    guard = _function(held)
    assert guard is not None
    original = getattr(guard, "__wrapped__", guard)
    left = [sys.maxsize if times is None else times]

    def faulty(*arguments: Any, **keywords: Any) -> Any:
        here = thread is None or threading.current_thread().name == thread
        if here and left[0] > 0:
            left[0] -= 1
            raise error()
        return original(*arguments, **keywords)

    if original is guard:
        _replace(holder, attribute, held, faulty)
    else:  # the mistake is inside of what is guarded
        for cell in guard.__closure__ or ():
            if cell.cell_contents is original:
                cell.cell_contents = faulty


def _replace(holder: Any, attribute: str, held: Any, faulty: Callable[..., Any]) -> None:
    if isinstance(holder, ModuleType):
        # Others may have taken it into their own names.
        for module in modules():
            for each, value in list(vars(module).items()):
                if value is held:
                    setattr(module, each, faulty)
    elif isinstance(held, property):
        setattr(holder, attribute, property(faulty, held.fset, held.fdel))
    elif isinstance(held, staticmethod | classmethod):
        setattr(holder, attribute, type(held)(faulty))
    else:
        setattr(holder, attribute, faulty)


def squeeze() -> None:
    """Let the sender try again soon, so that a test need not wait for its patience."""
    backoff = importlib.import_module("wanllmdb.backoff")
    backoff.Backoff.next = lambda self, retry_after=None: 0.01
    budget = importlib.import_module("wanllmdb.budget")
    budget.PROCESS._seconds = 0.01


def record(path: str) -> None:
    """Write the names of all functions that run in the sender's thread into a file, at exit."""
    seen: set[str] = set()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        module = str(frame.f_globals.get("__name__"))
        here = module.startswith("wanllmdb") and threading.current_thread().name == SENDER
        if event == "call" and here:
            seen.add(f"{module}:{frame.f_code.co_qualname}")

    def write() -> None:
        Path(path).write_text("\n".join(sorted(seen & functions().keys())))

    threading.setprofile(profile)
    atexit.register(write)


def _function(held: Any) -> FunctionType | None:
    """The function in a method, a property, a static or a class method."""
    if isinstance(held, property):
        held = held.fget
    elif isinstance(held, staticmethod | classmethod):
        held = held.__func__
    return held if isinstance(held, FunctionType) else None
