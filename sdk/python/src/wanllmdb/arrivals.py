"""Arrivals: what to do when a library is imported, if it ever is.

Nothing is imported for it, and nothing is slower: a finder stands before the others, and looks
only at the names that somebody waits for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

from wanllmdb.guard import tell

Greet = Callable[[ModuleType], None]


def when_imported(name: str, greet: Greet) -> None:
    """Call `greet` with the module of this name, now or when it is imported; once.

    What goes wrong in it is told, and the import goes on.
    """
    module = sys.modules.get(name)
    if module is not None and not _is_half_done(module):
        _call(greet, module)
        return
    _lobby.waiting.setdefault(name, []).append(greet)
    if _lobby not in sys.meta_path:
        sys.meta_path.insert(0, _lobby)


def _is_half_done(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _call(greet: Greet, module: ModuleType) -> None:
    try:
        greet(module)
    except Exception as error:  # noqa: BLE001 - the import is the user's
        tell(f"meeting {module.__name__}", error)


class _Lobby(MetaPathFinder):
    """Finds what the others find, and has those told who wait for it."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Greet]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.waiting:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            found = find(fullname, path, target) if find and finder is not self else None
            if found is not None:
                if hasattr(found.loader, "exec_module"):
                    found.loader = cast("Loader", _Usher(found.loader))
                return found
        return None

    def arrived(self, module: ModuleType) -> None:
        for greet in self.waiting.pop(module.__name__, ()):
            _call(greet, module)
        if not self.waiting and self in sys.meta_path:
            sys.meta_path.remove(self)


class _Usher:
    """A loader that has its module met as soon as it is loaded; then it is gone."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _lobby.arrived(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


_lobby = _Lobby()
