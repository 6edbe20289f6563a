"""Image: pixels with a caption, from an array, a tensor, PIL, matplotlib or a file.

Over it lie boxes and masks; what their numbers mean, its classes tell.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.boxes import BoundingBoxes2D
from wanllmdb.media.heads import size_of
from wanllmdb.media.labels import Classes, as_classes
from wanllmdb.media.masks import ImageMask
from wanllmdb.media.media import FileMedium, Read, captions, suffix_of
from wanllmdb.media.pixels import as_pixels, check_size, png_of
from wanllmdb.media.shelf import MAX_BYTES, Shelf, mime_of

__all__ = ["Classes", "Image"]

_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg")
# What PIL calls pixels of so many channels that PNG has, too.
_PLAIN_MODES: Final = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_PNG_MODES: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_OPAQUE_MODES: Final = frozenset({"1", "L", "RGB"})
_NO_ALPHA: Final = frozenset({".jpg", ".jpeg", ".bmp"})


class Image(FileMedium):
    """An image of a row: `log({"sample": Image(array, caption="epoch 3")})`.

    Args:
        data_or_path: an array (height × width, with 1 to 4 channels last), a tensor (channels
            first, or a batch of them), a PIL image, a matplotlib figure or `pyplot`, another
            image, or the path of a file.
            Floats are taken from 0 to 1, and stretched to that if some are negative.
        mode: how PIL is to understand the values.
        caption: shown with it.
        grouping: of wandb; kept in the row.
        classes: names of classes, for boxes and masks that have none of their own.
        boxes: names to sets of boxes; see `BoundingBoxes2D`.
        masks: names to masks; see `ImageMask`.
        file_type: "png", or what Pillow can write: "jpg", "webp", "gif", "bmp".
        normalize: whether floats are stretched to 0 to 255.

    Raises:
        ValueError, TypeError: it is no image.
        ImportError: another file type than PNG needs Pillow.
        OSError: the file cannot be read.
    """

    _log_type = "image-file"
    _folder = "images"

    @guarded(raises=MISUSE)
    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: Any = None,
        masks: Any = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        given = data_or_path
        self._classes = as_classes(classes)
        self._boxes = _named("boxes", boxes, BoundingBoxes2D, self._classes)
        self._masks = _named("masks", masks, ImageMask, self._classes)
        if isinstance(given, Image):
            self._adopt(given, caption, grouping)
            if file_type is None or f".{file_type}" == given._suffix:
                return
            given = given.image
            caption, grouping = self.caption, self._facts.get("grouping")
        content, suffix = _encoded(given, mode, file_type, normalize=normalize)
        width, height = size_of(content) or (None, None)
        self._hold(
            content,
            suffix,
            caption=caption,
            format=suffix.lstrip("."),
            width=width,
            height=height,
            grouping=grouping,
        )

    def _adopt(self, other: Image, caption: str | None, grouping: int | None) -> None:
        """Be what another image is, but for what was said of this one."""
        facts = other._facts | ({} if grouping is None else {"grouping": grouping})
        self._hold(other._content, other._suffix, caption=caption or other.caption, **facts)
        self._classes = self._classes or other._classes
        self._boxes = self._boxes or other._boxes
        self._masks = self._masks or other._masks

    @property
    def width(self) -> int | None:
        return self._facts.get("width")

    @property
    def height(self) -> int | None:
        return self._facts.get("height")

    @property
    def image(self) -> Any:
        """The image as PIL has it."""
        return _pillow("To look at an image").open(io.BytesIO(self._bytes()))

    def _bytes(self) -> bytes:
        content = self._content
        return content if isinstance(content, bytes) else content.read_bytes()

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        said = super().said(shelf, key)
        if self._boxes:
            said["boxes"] = {name: _boxes(each, shelf, key) for name, each in self._boxes.items()}
        if self._masks:
            said["masks"] = {name: each.said(shelf, key) for name, each in self._masks.items()}
        if shelf.is_artifact:
            classes = self._all_classes()
            return said | {"classes": classes.entry(shelf, key)} if classes else said
        return said | {"classes": self._classes._class_set} if self._classes else said

    def _all_classes(self) -> Classes | None:
        """The classes of the image, or those that its boxes and masks have names for."""
        if self._classes or not (self._boxes or self._masks):
            return self._classes
        labels: dict[int, str] = {}
        for each in (*self._boxes.values(), *self._masks.values()):
            labels.update(each.class_labels)
        return Classes([{"id": key, "name": name} for key, name in labels.items()])

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        first = said[0]
        sizes = [[each.get("width"), each.get("height")] for each in said]
        found = {
            "_type": "images/separated",
            "count": len(said),
            "width": first.get("width"),
            "height": first.get("height"),
            "format": first.get("format"),
            "filenames": [each["path"] for each in said],
            **captions(media, empty=None),
            "grouping": first.get("grouping"),
            "sizes": sizes if any(each != sizes[0] for each in sizes) else None,
        }
        for name in ("boxes", "masks"):
            every = [each.get(name) for each in said]
            found[f"all_{name}"] = every if any(every) else None
        return {name: value for name, value in found.items() if value is not None}

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> Image:
        made = cls.__new__(cls)
        known = ("format", "width", "height", "grouping")
        made._hold(
            read(document["path"]),
            suffix_of(document["path"]),
            caption=document.get("caption"),
            **{name: document.get(name) for name in known},
        )
        made._classes = _read_classes(document.get("classes"), read)
        made._boxes = {
            name: BoundingBoxes2D({"box_data": boxes}, name, classes=made._classes)
            for name, boxes in document.get("boxes", {}).items()
        }
        made._masks = {
            name: ImageMask.from_artifact_files(mask, read)
            for name, mask in document.get("masks", {}).items()
        }
        return made


def _named(what: str, given: Any, kind: Any, classes: Classes | None) -> dict[str, Any]:
    """The boxes or masks of an image, by the names they were given under."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f'The "{what}" of an image are a mapping of names to sets.')
    return {
        str(name): each if isinstance(each, kind) else kind(each, str(name), classes=classes)
        for name, each in given.items()
    }


def _boxes(boxes: BoundingBoxes2D, shelf: Shelf, key: str) -> Any:
    """A document of an artifact has the boxes in itself."""
    return boxes.boxes if shelf.is_artifact else boxes.said(shelf, key)


def _read_classes(entry: Any, read: Read) -> Classes | None:
    if not isinstance(entry, Mapping):
        return None
    import json

    return Classes.from_artifact_files(json.loads(read(entry["path"])), read)


def _encoded(
    data: Any, mode: str | None, file_type: str | None, *, normalize: bool
) -> tuple[bytes, str]:
    """The bytes of a file, and its suffix."""
    if isinstance(data, (str, PathLike)):
        return _read(Path(data))
    suffix = f".{(file_type or 'png').lower().lstrip('.')}"
    if suffix not in _SUFFIXES or suffix == ".svg":
        raise ValueError(f"An image cannot be written as {file_type!r}.")
    figure = _figure(data)
    if figure is not None:
        return _drawn(figure, suffix), suffix
    if hasattr(data, "save") and hasattr(data, "mode"):
        check_size(*data.size)  # before it is decoded
        return _written(data.convert(mode) if mode else data, suffix), suffix
    return _from_array(as_pixels(data, normalize=normalize), mode, suffix), suffix


def _figure(data: Any) -> Any:
    """The figure of Matplotlib that a value is, or is drawn in."""
    if data is sys.modules.get("matplotlib.pyplot"):
        return data.gcf()
    if hasattr(data, "savefig"):
        return data
    return data.get_figure() if hasattr(data, "get_figure") else None


def _from_array(pixels: Any, mode: str | None, suffix: str) -> bytes:
    if suffix != ".png" or mode not in {None, *_PLAIN_MODES}:
        return _written(_as_pillow(pixels, mode), suffix)
    if mode is not None and _PLAIN_MODES[mode] != pixels.shape[2]:
        raise ValueError(f"An image of {pixels.shape[2]} channels is not of the mode {mode}.")
    return png_of(pixels)


def _read(path: Path) -> tuple[bytes, str]:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"{path.name} is no image: a file ends in {', '.join(_SUFFIXES)}.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"An image of {size:,} bytes cannot be kept; at most {MAX_BYTES:,}.")
    return path.read_bytes(), suffix


def _drawn(figure: Any, suffix: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    if suffix == ".png":
        return buffer.getvalue()
    return _written(_pillow(f"A {suffix[1:]} image").open(buffer), suffix)


def _written(picture: Any, suffix: str) -> bytes:
    """What PIL has, as a file."""
    if picture.mode not in (_OPAQUE_MODES if suffix in _NO_ALPHA else _PNG_MODES):
        picture = picture.convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, format=mime_of(suffix).partition("/")[2])
    return buffer.getvalue()


def _as_pillow(pixels: Any, mode: str | None) -> Any:
    height, width, channels = pixels.shape
    found = mode or next(name for name, count in _PLAIN_MODES.items() if count == channels)
    module = _pillow(f"An image of the mode {found}, or one that is no PNG,")
    return module.frombytes(found, (width, height), pixels.tobytes())


def _pillow(what: str) -> Any:
    try:
        import PIL.Image
    except ImportError:
        raise ImportError(f"{what} needs Pillow: pip install pillow") from None
    return PIL.Image
