"""Attachments: values that are files. They lie in the run's directory, and a row names them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb.config import Config
from wanllmdb.media.bare import as_media, is_media
from wanllmdb.media.shelf import Content, Folder, SavedFile, Shelf, Void
from wanllmdb.oversize import MAX_VALUE_BYTES
from wanllmdb.rows import Elsewhere
from wanllmdb.values import LOGGED, NoRoom, Unloggable, text
from wanllmdb.wire import Kind, encode

Append = Callable[[int, bytes], bool]

_PLAIN: Final = frozenset({int, float, bool, str, bytes, type(None)})
_MOST_LOOKED_AT: Final = 10_000  # values inside of one, in search of media
_DEEPEST: Final = 8  # containers that a medium may lie in
_TOO_MANY: Final = "more charts than a config can describe: of further ones the tables are kept"


def attachments(
    folder: Path,
    append: Append,
    *,
    full: Callable[[], bool] = lambda: False,
    warn: Callable[[str], None] = lambda line: None,  # noqa: ARG005
) -> Attachments:
    """The media of a run that is kept.

    Args:
        folder: where files of the run lie.
        append: the run's journal.
        full: whether there is no room for them just now.
        warn: tells the user.
    """

    def tell(file: SavedFile) -> None:
        append(Kind.FILE, encode(file.record()))

    return Attachments(_Roomy(Folder(folder, tell, warn), full))


def unkept() -> Attachments:
    """The media of a run that is kept nowhere."""
    return Attachments(Void())


class Attachments:
    """Puts the media of one run on a shelf, and tells what stands in the row for them."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._config: Config | None = None
        self._lock = threading.Lock()

    def describe_in(self, config: Config) -> None:
        """Charts are described in this config, below `_wandb`."""
        self._config = config

    def __call__(self, key: str, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return None
        if isinstance(value, (dict, list, tuple)):
            return self._inside(key, value, _DEEPEST) if _holds_media(value) else None
        medium = _medium(value)
        if medium is None:
            return None
        name, said = self._keep(key, medium)
        return said if name == key else Elsewhere(name, said)

    def _keep(self, key: str, medium: Any) -> tuple[str, dict[str, Any]]:
        """The key that a row has it under, and what stands there."""
        name = medium.row_key(key)
        try:
            said = medium.said(self._shelf, name)
        except Unloggable:
            raise
        except Exception as error:
            raise Unloggable(_unloggable(medium, error)) from error
        if (description := medium.description(key)) is not None:
            self._describe(key, *description)
        return name, said

    def _inside(self, key: str, value: Any, room: int) -> Any:
        """What stands in the row for a value that has media in it, or in what it has in it."""
        if room and isinstance(value, Mapping):
            found: dict[str, Any] = {}
            for name, each in value.items():
                inner, said = self._inner(f"{key}.{name}", each, room)
                found[text(inner.removeprefix(f"{key}."))] = said
            return found
        if room and isinstance(value, (list, tuple)):
            return self._many(key, value, room)
        return LOGGED.convert(value)

    def _inner(self, key: str, value: Any, room: int) -> tuple[str, Any]:
        medium = None if type(value) in _PLAIN else _medium(value)
        return (
            (key, self._inside(key, value, room - 1)) if medium is None else self._keep(key, medium)
        )

    def _many(self, key: str, values: Sequence[Any], room: int) -> Any:
        """A list of media of one class is one value; any other list is a list."""
        media = [None if type(each) in _PLAIN else _medium(each) for each in values]
        if None not in media and len({_class(each) for each in media}) == 1:
            return _class(media[0]).together(media, [self._keep(key, each)[1] for each in media])
        return [self._inner(key, each, room)[1] for each in values]

    def _describe(self, key: str, section: str, said: dict[str, Any]) -> None:
        """Add to what the config says of charts. A server replaces the whole of a key."""
        if self._config is None or not self._lock.acquire(timeout=1.0):
            return
        try:
            known = self._config.as_dict().get("_wandb")
            known = dict(known) if isinstance(known, Mapping) else {}
            charts = known.get(section)
            charts = dict(charts) if isinstance(charts, Mapping) else {}
            if charts.get(key) == said:
                return
            known[section] = charts | {key: said}
            if len(encode(known)) > MAX_VALUE_BYTES:
                self._shelf.warn(_TOO_MANY)
            else:
                self._config.update({"_wandb": known}, allow_val_change=True)
        finally:
            self._lock.release()


class _Roomy:
    """A shelf that takes nothing while the run is as large as it may be."""

    is_artifact = False

    def __init__(self, shelf: Shelf, full: Callable[[], bool]) -> None:
        self._shelf = shelf
        self._full = full
        self.warn = shelf.warn

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        if self._full():
            raise NoRoom("the folder of the run is as large as it may be")
        return self._shelf.put(content, folder=folder, key=key, suffix=suffix)


def _medium(value: Any) -> Any:
    """The value as a medium, or None; `Unloggable` if it cannot be made one."""
    try:
        return as_media(value)
    except Unloggable:
        raise
    except Exception as error:
        raise Unloggable(_unloggable(value, error)) from error


def _unloggable(value: Any, error: Exception) -> str:
    return f"a value of type {type(value).__name__} ({error!s:.200})"


def _class(medium: Any) -> Any:
    """The class of ours that a medium is of: the user's may be derived from it."""
    return next(each for each in type(medium).__mro__ if each.__module__.startswith("wanllmdb."))


def _holds_media(value: Any) -> bool:
    """Whether a container holds a medium, or a container that does; it may be circular."""
    room, waiting = _MOST_LOOKED_AT, [(value, _DEEPEST)]
    while waiting:
        container, depth = waiting.pop()
        room -= len(container)
        if room < 0:
            return False
        inside = container.values() if isinstance(container, dict) else container
        if _PLAIN.issuperset(map(type, inside)):
            continue
        for each in inside:
            if isinstance(each, (dict, list, tuple)):
                if depth > 1:
                    waiting.append((each, depth - 1))
            elif is_media(each):
                return True
    return False
