"""Masks: the class of every pixel of an image, as a greyscale PNG of ids."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.labels import Classes, as_said, labels_of
from wanllmdb.media.media import Read, WBValue
from wanllmdb.media.pixels import as_numpy, check_size, png_of
from wanllmdb.media.shelf import Shelf

_MOST: int = 65_535


class ImageMask(WBValue):
    """One of the `masks` of an image.

    Args:
        val: `{"mask_data": array, "class_labels": {id: name}}` with height × width whole
            numbers from 0 to 65,535, or `{"path": …}` of a PNG instead of the array.
        key: how the mask is called.
        classes: names for a mask that has none.

    Raises:
        TypeError, ValueError: it is no such thing.
        OSError: the file cannot be read.
    """

    _log_type = "mask"

    @guarded(raises=MISUSE)
    def __init__(self, val: Any, key: str = "", *, classes: Classes | None = None) -> None:
        if not isinstance(val, Mapping) or not ("mask_data" in val or "path" in val):
            raise ValueError('A mask is a mapping with "mask_data" or "path".')
        self.key = str(key)
        self.class_labels = labels_of(val.get("class_labels"), classes)
        self._content = _read(val["path"]) if "path" in val else png_of(_ids(val["mask_data"]))

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        file = shelf.put(self._content, folder="images/mask", key=key, suffix=".mask.png")
        said = file.said(self._log_type)
        return said | {"class_labels": as_said(self.class_labels)} if self.class_labels else said

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> ImageMask:
        made = cls.__new__(cls)
        made.key = ""
        made.class_labels = labels_of(document.get("class_labels"), None)
        made._content = read(document["path"])
        return made


def _read(path: str | PathLike[str]) -> bytes:
    content = Path(path).read_bytes()
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"The file of a mask is a PNG; {Path(path).name} is none.")
    return content


def _ids(data: Any) -> Any:
    import numpy

    array = as_numpy(data)
    if array.ndim == 3 and 1 in {array.shape[0], array.shape[2]}:
        array = array.squeeze(axis=0 if array.shape[0] == 1 else 2)
    if array.ndim != 2:
        raise TypeError(f"The mask_data of an image is height × width, not {array.shape}.")
    check_size(array.shape[1], array.shape[0])
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and (array % 1).any()):
        raise ValueError("A mask has whole numbers: the ids of classes.")
    if array.min() < 0 or array.max() > _MOST:
        raise ValueError(f"The ids of a mask are 0 to {_MOST:,}.")
    return array.astype(numpy.uint8 if array.max() <= 255 else numpy.uint16)
