"""Boxes: rectangles over an image, each of a class, with a caption and scores."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.labels import Classes, as_said, labels_of, whole_number
from wanllmdb.media.media import WBValue
from wanllmdb.media.shelf import SavedFile, Shelf
from wanllmdb.values import text

_CORNERS: Final = ("minX", "maxX", "minY", "maxY")


class BoundingBoxes2D(WBValue):
    """A set of boxes of an image, as one of its `boxes`.

    Args:
        val: `{"box_data": [box, …], "class_labels": {id: name}}`; a box is
            `{"position": …, "class_id": 1, "domain": "pixel", "box_caption": …, "scores": …}`,
            and a position has `minX`, `maxX`, `minY`, `maxY`, or `middle`, `width`, `height`.
        key: how the set is called.
        classes: names for those that the set has none for.

    Raises:
        TypeError, ValueError: it is no such thing.
    """

    _log_type = "boxes2D"

    @guarded(raises=MISUSE)
    def __init__(self, val: Any, key: str = "", *, classes: Classes | None = None) -> None:
        if not isinstance(val, Mapping) or "box_data" not in val:
            raise ValueError('A set of boxes is a mapping with "box_data".')
        self.key = str(key)
        self.boxes = [_checked(box) for box in val["box_data"]]
        self.class_labels = labels_of(val.get("class_labels"), classes)
        for box in self.boxes:
            if "class_id" in box:
                self.class_labels.setdefault(box["class_id"], f"class_{box['class_id']}")

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        return self.put(shelf, key).said(self._log_type)

    def put(self, shelf: Shelf, key: str) -> SavedFile:
        """Put the set on a shelf, as a file."""
        content = {"box_data": self.boxes, "class_labels": as_said(self.class_labels)}
        packed = json.dumps(content, allow_nan=False).encode()
        return shelf.put(packed, folder="metadata/boxes2D", key=key, suffix=".boxes2D.json")


def _checked(box: Any) -> dict[str, Any]:
    if not isinstance(box, Mapping):
        raise TypeError("A box is a mapping.")
    found: dict[str, Any] = {"position": _position(box.get("position"))}
    domain = box.get("domain")
    if domain not in {None, "pixel", "fraction"}:
        raise ValueError('The domain of a box is "pixel" or "fraction".')
    if domain == "pixel":
        found["domain"] = "pixel"
    if box.get("class_id") is not None:
        found["class_id"] = whole_number(box["class_id"], "A class_id")
    if box.get("box_caption") is not None:
        found["box_caption"] = text(str(box["box_caption"]))
    if (scores := box.get("scores")) is not None:
        if not isinstance(scores, Mapping):
            raise TypeError("The scores of a box are a mapping of names to numbers.")
        found["scores"] = {text(str(name)): _number(each) for name, each in scores.items()}
    return found


def _position(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        if all(name in given for name in _CORNERS):
            return {name: _number(given[name]) for name in _CORNERS}
        if all(name in given for name in ("middle", "width", "height")):
            x, y = (_number(each) for each in given["middle"])
            size = {name: _number(given[name]) for name in ("width", "height")}
            return {"middle": [x, y], **size}
    raise TypeError("A box has a position with minX, maxX, minY, maxY, or middle, width, height.")


def _number(value: Any) -> int | float:
    """A number as JSON has it.

    Raises:
        TypeError: it is none.
        ValueError: it is not finite.
    """
    number = value.item() if callable(getattr(value, "item", None)) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"A box has numbers, not {value!r:.40}.")
    if not math.isfinite(number):
        raise ValueError(f"A box has finite numbers, not {value!r}.")
    return number
