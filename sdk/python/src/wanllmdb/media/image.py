"""Image: pixels with a caption, from an array, a tensor, PIL, matplotlib or a file.

An array needs numpy and nothing else: PNG is written here.
"""

from __future__ import annotations

import io
import struct
import sys
import zlib
from os import PathLike
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import SavedFile, saved
from wanllmdb.values import Unloggable, on_host, text

MAX_PIXELS: Final = 64_000_000
MAX_BYTES: Final = 256 * 1024 * 1024  # of a file: it is read and hashed while the training waits
_MIMES: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
}
# How PNG calls pixels of so many channels.
_COLOUR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}


class Image:
    """An image of a row: `log({"sample": Image(array, caption="epoch 3")})`.

    Args:
        data: an array (height × width, with 1 to 4 channels last), a tensor (channels
            first), a PIL image, a matplotlib figure or `pyplot`, or the path of a file.
            Floats are taken from 0 to 1, and stretched to that if some are negative.
        mode: how PIL reads an array; only for PIL.
        caption: shown with it.
        grouping, classes, boxes, masks, file_type, normalize: of wandb; kept out of the row.
    """

    @guarded(raises=MISUSE)
    def __init__(
        self,
        data: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: Any = None,
        masks: Any = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        del mode, grouping, classes, boxes, masks, file_type
        self.caption = None if caption is None else text(str(caption))
        if isinstance(data, Image):
            self._content, self._suffix, self._size = data._content, data._suffix, data._size
        else:
            self._content, self._suffix, self._size = _encoded(data, normalize=normalize)

    @property
    def width(self) -> int | None:
        return self._size[0] if self._size else None

    @property
    def height(self) -> int | None:
        return self._size[1] if self._size else None

    @property
    def format(self) -> str:
        return self._suffix.lstrip(".")

    def save(self, folder: Path, key: str) -> tuple[dict[str, Any], SavedFile]:
        """Write the image below `folder`."""
        mime = _MIMES.get(self._suffix, "application/octet-stream")
        file = saved(folder, "images", key, self._suffix, mime, self._content)
        said = file.said("image-file") | {
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "caption": self.caption,
        }
        return {name: value for name, value in said.items() if value is not None}, file


def _encoded(data: Any, *, normalize: bool) -> tuple[bytes, str, tuple[int, int] | None]:
    """The bytes of a file, its suffix, and width and height where they are known."""
    if isinstance(data, (str, PathLike)):
        path = Path(data)
        suffix = path.suffix.lower()
        if suffix not in _MIMES:
            raise ValueError(f"{path.name} is no image: a file ends in {', '.join(_MIMES)}.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"An image of {size:,} bytes cannot be kept; at most {MAX_BYTES:,}.")
        content = path.read_bytes()
        return content, suffix, _png_size(content)
    if data is sys.modules.get("matplotlib.pyplot"):
        data = data.gcf()
    if hasattr(data, "savefig"):
        return _written(data.savefig)
    if hasattr(data, "save") and hasattr(data, "mode"):
        _check_pixels(*data.size)  # before it is decoded
        picture = data if data.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else data.convert("RGB")
        return _written(picture.save)
    return _from_array(data, normalize=normalize)


def _written(write: Any) -> tuple[bytes, str, tuple[int, int] | None]:
    buffer = io.BytesIO()
    write(buffer, format="png")
    content = buffer.getvalue()
    return content, ".png", _png_size(content)


def _from_array(data: Any, *, normalize: bool) -> tuple[bytes, str, tuple[int, int]]:
    import numpy

    is_tensor = callable(getattr(data, "detach", None))
    array = numpy.asarray(on_host(data))
    if is_tensor and array.ndim == 3 and array.shape[0] in _COLOUR_TYPES:
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in _COLOUR_TYPES:
        raise ValueError(f"An image is height × width × 1 to 4 channels, not {array.shape}.")
    height, width, channels = array.shape
    _check_pixels(width, height)
    pixels = _as_bytes(array, normalize=normalize)
    return png(pixels.tobytes(), width, height, channels), ".png", (width, height)


def _check_pixels(width: int, height: int) -> None:
    if not 0 < height * width <= MAX_PIXELS:
        raise ValueError(
            f"An image of {width} × {height} pixels cannot be kept; it has 1 to {MAX_PIXELS:,}."
        )


def _as_bytes(array: Any, *, normalize: bool) -> Any:
    """Pixels from 0 to 255; NaN is black."""
    import numpy

    if array.dtype == numpy.uint8:
        return numpy.ascontiguousarray(array)
    values = numpy.nan_to_num(array.astype(numpy.float64), nan=0.0, posinf=1.0, neginf=0.0)
    if normalize:
        low, high = values.min(), values.max()
        if low < 0:
            values = (values - low) / ((high - low) or 1.0)
        if values.max() <= 1:
            values = values * 255
    return numpy.ascontiguousarray(values.clip(0, 255).astype(numpy.uint8))


def png(pixels: bytes, width: int, height: int, channels: int) -> bytes:
    """A PNG file of 8-bit pixels, row by row."""
    stride = width * channels
    rows = b"".join(
        b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _png_size(content: bytes) -> tuple[int, int] | None:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def checked(data: Any) -> Image:
    """An image from a value that was logged as it is; `Unloggable` if it cannot be one."""
    try:
        return Image(data)
    except (ValueError, OSError) as error:
        raise Unloggable(str(error)) from error
