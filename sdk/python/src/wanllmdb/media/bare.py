"""Bare values: objects of other libraries that are media without being wrapped.

Nothing is imported to tell them apart: what a library has not made cannot be one of its own.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wanllmdb.media.media import WBValue


def as_media(value: Any) -> WBValue | None:
    """The value as a medium, or None if it is none.

    Raises:
        ValueError, OSError: it would be one, and cannot be encoded.
    """
    media = sys.modules.get("wanllmdb.media.media")
    if media is not None and isinstance(value, media.WBValue):
        return value
    made = _maker(value)
    return None if made is None else made[0](value)


def is_media(value: Any) -> bool:
    """Whether `as_media` would make something of it, or raise."""
    return media_kind(value) is not None


def media_kind(value: Any) -> str | None:
    """The `_type` of what `as_media` would make of a value; None if it is no medium."""
    media = sys.modules.get("wanllmdb.media.media")
    if media is not None and isinstance(value, media.WBValue):
        return str(getattr(value, "_log_type", type(value).__name__))
    made = _maker(value)
    return None if made is None else made[1]


def _maker(value: Any) -> tuple[_Maker, str] | None:
    """What makes a medium of a bare value, and its `_type`."""
    kind = type(value)
    if kind is ModuleType:
        return _PYPLOT if value is sys.modules.get("matplotlib.pyplot") else None
    return _maker_of(kind)


@functools.lru_cache(maxsize=512)
def _maker_of(kind: type) -> tuple[_Maker, str] | None:
    for base in kind.__mro__:
        library = base.__module__.partition(".")[0]
        if library in _LIBRARIES and (made := _MAKERS.get((library, base.__name__))):
            return made
    return None


def _image(value: Any) -> WBValue:
    from wanllmdb.media.image import Image

    return Image(value)


def _table(value: Any) -> WBValue:
    from wanllmdb.media.table import Table

    return Table(dataframe=value, allow_mixed_types=True)


def _plotly(value: Any) -> WBValue:
    from wanllmdb.media.document import Plotly

    return Plotly(value)


def _bokeh(value: Any) -> WBValue:
    from wanllmdb.media.document import Bokeh

    return Bokeh(value)


_Maker = Callable[[Any], "WBValue"]
_MAKERS: Final[dict[tuple[str, str], tuple[_Maker, str]]] = {
    ("PIL", "Image"): (_image, "image-file"),
    ("matplotlib", "Figure"): (_image, "image-file"),
    ("matplotlib", "Axes"): (_image, "image-file"),
    ("pandas", "DataFrame"): (_table, "table-file"),
    ("polars", "DataFrame"): (_table, "table-file"),
    ("plotly", "BaseFigure"): (_plotly, "plotly-file"),
    ("bokeh", "LayoutDOM"): (_bokeh, "bokeh-file"),
    ("bokeh", "Document"): (_bokeh, "bokeh-file"),
}
_PYPLOT: Final = (_image, "image-file")
_LIBRARIES: Final = frozenset(library for library, _ in _MAKERS)
