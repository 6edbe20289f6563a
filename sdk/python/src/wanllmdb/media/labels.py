"""Labels: what the numbers of classes mean, for boxes, masks and whole images."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import Read, WBValue
from wanllmdb.media.shelf import Shelf
from wanllmdb.values import text


class Classes(WBValue):
    """Names of classes: `Classes([{"id": 0, "name": "road"}, {"id": 1, "name": "car"}])`.

    Raises:
        TypeError: an entry has no whole number as "id" or no "name".
    """

    _log_type = "classes"

    @guarded(raises=MISUSE)
    def __init__(self, class_set: Sequence[Mapping[str, Any]]) -> None:
        self._class_set = [_checked(each) for each in class_set]

    @property
    def class_labels(self) -> dict[int, str]:
        """Names by id."""
        return {each["id"]: each["name"] for each in self._class_set}

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        del shelf, key
        return {"_type": self._log_type, "class_set": self._class_set}

    def entry(self, shelf: Shelf, key: str) -> dict[str, Any]:
        """Put them on the shelf of an artifact; how the document of an image names them."""
        content = json.dumps(self.said(shelf, key)).encode()
        file = shelf.put(content, folder="classes", key=key, suffix=".classes.json")
        digest = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        return {"type": "classes-file", "path": file.path, "digest": digest}

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> Classes:
        del read
        return cls(document["class_set"])


def as_classes(given: Any) -> Classes | None:
    """What an image was told of its classes."""
    if given is None or isinstance(given, Classes):
        return given
    return Classes(given)


def labels_of(given: Any, classes: Classes | None) -> dict[int, str]:
    """The names that a set of boxes or a mask has for its classes; by default those of the image.

    Raises:
        TypeError: they are no mapping, or a key is no whole number.
    """
    if given is None:
        return dict(classes.class_labels) if classes else {}
    if not isinstance(given, Mapping):
        raise TypeError('"class_labels" is a mapping of ids to names.')
    return {
        whole_number(key, "A key of class_labels"): text(str(each)) for key, each in given.items()
    }


def whole_number(value: Any, what: str) -> int:
    """The value as an int; `TypeError` if it is no whole number."""
    number = value.item() if callable(getattr(value, "item", None)) else value
    if isinstance(number, str) and number.lstrip("-").isdecimal():
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{what} is a whole number, not {value!r:.40}.")
    return number


def as_said(labels: Mapping[int, str]) -> dict[str, str]:
    """Labels as JSON has them."""
    return {str(key): name for key, name in labels.items()}


def _checked(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, Mapping) or "id" not in entry or "name" not in entry:
        raise TypeError('A class is a mapping that has "id" and "name".')
    return {
        **entry,
        "id": whole_number(entry["id"], "The id of a class"),
        "name": text(str(entry["name"])),
    }
