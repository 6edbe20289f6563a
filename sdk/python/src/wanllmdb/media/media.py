"""Media: values of a row that are files, or many numbers.

A medium writes itself the moment it is logged, so that what is changed or deleted afterwards
does not matter. What stands in the row is a small mapping that names its files, in the words
that wandb uses for the same; docs/reference/media.md has all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from wanllmdb.media.shelf import Box, Content, Shelf
from wanllmdb.values import text

Read = Callable[[str], bytes]

# What an artifact keeps of a medium begins with one of these words.
_RESTORED_BY: Final = {
    "image-file": "wanllmdb.media.image:Image",
    "classes": "wanllmdb.media.image:Classes",
    "table": "wanllmdb.media.table:Table",
    "joined-table": "wanllmdb.media.joined:JoinedTable",
    "histogram": "wanllmdb.media.histogram:Histogram",
    "audio-file": "wanllmdb.media.recording:Audio",
    "video-file": "wanllmdb.media.recording:Video",
    "html-file": "wanllmdb.media.document:Html",
    "plotly-file": "wanllmdb.media.document:Plotly",
    "graph-file": "wanllmdb.media.document:Graph",
    "bokeh-file": "wanllmdb.media.document:Bokeh",
    "object3D-file": "wanllmdb.media.scene:Object3D",
    "molecule-file": "wanllmdb.media.scene:Molecule",
}


class WBValue:
    """What all media are. The name is wandb's: libraries ask for it."""

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        """Put the files on a shelf, and tell what stands in the row, or in the artifact.

        Raises:
            ValueError, OSError: it has no form that could be kept.
        """
        raise NotImplementedError

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> Any:
        """What stands in the row for a list of media of this class."""
        del media
        return list(said)

    def row_key(self, key: str) -> str:
        """The key that the row has it under."""
        return key

    def description(self, key: str) -> tuple[str, dict[str, Any]] | None:
        """A section of `_wandb` in the config, and what it says of this key."""
        del key

    def artifact_files(self, name: str) -> tuple[dict[str, Any], list[tuple[str, Content]]]:
        """The document of an artifact's `<name>.<document["_type"]>.json`, and further files."""
        box = Box()
        return self.said(box, name), box.files

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> WBValue:
        """What `artifact_files` was made of; `read` gives the content of a path."""
        raise NotImplementedError


def restored(document: Mapping[str, Any], read: Read) -> WBValue:
    """The medium that `artifact_files` was made of.

    Args:
        document: of `<name>.<type>.json`.
        read: gives the content of a file of the artifact.

    Raises:
        ValueError: the document is none of a medium.
    """
    kind = document.get("_type")
    module, _, name = _RESTORED_BY.get(str(kind), "").partition(":")
    if not module:
        raise ValueError(f"{kind!r} is no medium that an artifact keeps.")
    return getattr(import_module(module), name).from_artifact_files(document, read)


def is_restorable(value: Any) -> bool:
    """Whether `restored` makes something of it."""
    return isinstance(value, Mapping) and value.get("_type") in _RESTORED_BY


class FileMedium(WBValue):
    """A medium that is one file.

    Attributes:
        caption: shown with it.
    """

    _log_type: ClassVar[str]
    _folder: ClassVar[str]

    _content: Content
    _suffix: str
    _facts: dict[str, Any]  # what else its row says
    _notice: str | None = None  # what the user is told when it is logged

    def _hold(self, content: Content, suffix: str, *, caption: Any = None, **facts: Any) -> None:
        self._content, self._suffix = content, suffix
        self.caption = None if caption is None else text(str(caption))
        self._facts = {name: value for name, value in facts.items() if value is not None}

    @property
    def format(self) -> str:
        """The suffix of its file."""
        return self._suffix.rpartition(".")[2]

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        file = shelf.put(self._content, folder=self._folder, key=key, suffix=self._suffix)
        if self._notice:
            shelf.warn(self._notice)
        said = file.said(self._log_type) | self._facts
        return said if self.caption is None else said | {"caption": self.caption}

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> FileMedium:
        made = cls.__new__(cls)
        path = str(document["path"])
        facts = {name: value for name, value in document.items() if name not in _COMMON}
        made._hold(read(path), suffix_of(path), caption=document.get("caption"), **facts)
        return made


_COMMON: Final = frozenset({"_type", "path", "sha256", "size", "caption"})


def suffix_of(name: str) -> str:
    """The suffix of a file name, in small letters; both parts of `.pts.json` and its like."""
    parts = [each.lower() for each in Path(name).suffixes[-2:]]
    return "".join(parts if parts[1:] == [".json"] else parts[-1:])


def captions(media: Sequence[Any], *, empty: str | None) -> dict[str, Any]:
    """The captions of a list of media; nothing if none has one."""
    found = [each.caption for each in media]
    if not any(each is not None for each in found):
        return {}
    return {"captions": [empty if each is None else each for each in found]}
