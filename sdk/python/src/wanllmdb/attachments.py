"""Attachments: values that are files. They lie in the run's directory, and a row names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from wanllmdb.values import NoRoom
from wanllmdb.wire import Kind, encode

Append = Callable[[int, bytes], bool]

# Libraries whose objects are media without being wrapped, and which of their types.
_BARE: Final = {
    "PIL": ("Image",),
    "matplotlib": ("Figure",),
    "pandas": ("DataFrame",),
}
_PLAIN: Final = frozenset({int, float, bool, str, bytes, dict, type(None)})


class Attachments:
    """Keeps the media of one run.

    Args:
        folder: where files of the run lie.
        append: the run's journal.
        full: whether there is no room for them just now.
    """

    def __init__(
        self, folder: Path, append: Append, *, full: Callable[[], bool] = lambda: False
    ) -> None:
        self._folder = folder
        self._append = append
        self._full = full

    def __call__(self, key: str, value: Any) -> dict[str, Any] | None:
        kind = type(value)
        if kind in _PLAIN:
            return None
        if kind in {list, tuple}:
            return self._keep_many(key, value)
        media = as_media(value)
        if media is None:
            return None
        # A histogram is no file: it says what stands in the row, and there is nothing to save.
        return self._keep(key, media) if hasattr(media, "save") else media.said()

    def _keep(self, key: str, media: Any) -> dict[str, Any]:
        if self._full():
            raise NoRoom("the folder of the run is as large as it may be")
        said, file = media.save(self._folder, key)
        self._append(Kind.FILE, encode(file.record()))
        return said

    def _keep_many(self, key: str, values: Any) -> dict[str, Any] | None:
        """A list of images is one value; a list of anything else is a list."""
        if not values or not _is_image(values[0]):
            return None
        from wanllmdb.media.media import together

        images = [as_media(each) for each in values if _is_image(each)]
        return together([self._keep(key, each) for each in images])


def as_media(value: Any) -> Any:
    """The value as a medium, or None if it is none."""
    if _is_ours(value):
        return value
    library = type(value).__module__.partition(".")[0]
    named = {base.__name__ for base in type(value).__mro__}
    if named.isdisjoint(_BARE.get(library, ())):
        return None
    if library == "pandas":
        from wanllmdb.media.table import Table

        return Table(dataframe=value, allow_mixed_types=True)
    from wanllmdb.media.image import checked

    return checked(value)


def _is_ours(value: Any) -> bool:
    return type(value).__module__.startswith("wanllmdb.media.")


def _is_image(value: Any) -> bool:
    library = type(value).__module__.partition(".")[0]
    return type(value).__name__ == "Image" if _is_ours(value) else library in {"PIL", "matplotlib"}
