"""Pixels: arrays and tensors of any library as 8-bit pixels, and pixels as PNG.

An array needs numpy and nothing else: PNG is written here.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, Final

from wanllmdb.values import on_host

MAX_PIXELS: Final = 64_000_000
# How PNG calls pixels of so many channels.
COLOUR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}
_GAP: Final = 2  # pixels between the images of a grid
_ACROSS: Final = 8  # images of a grid


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor, which has its channels first."""
    return callable(getattr(value, "detach", None))


def as_numpy(value: Any) -> Any:
    """An array, a tensor or a nested list as an array of numpy, on the CPU."""
    import numpy

    found = on_host(value)
    if is_tensor(found) and callable(getattr(found, "float", None)):
        found = found.float()  # bfloat16 and its like: numpy has no such numbers
        found = found.numpy() if callable(getattr(found, "numpy", None)) else found.tolist()
    return numpy.asarray(found)


def as_pixels(value: Any, *, normalize: bool = True) -> Any:
    """Height × width × 1 to 4 channels, of bytes.

    Raises:
        ValueError: it has not the shape of an image, or of a batch of tensors, or is too large.
    """
    array = as_numpy(value)
    if is_tensor(value):
        array = _channels_last(array)
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in COLOUR_TYPES:
        raise ValueError(f"An image is height × width × 1 to 4 channels, not {array.shape}.")
    check_size(array.shape[1], array.shape[0])
    return as_bytes(array, normalize=normalize)


def check_size(width: int, height: int) -> None:
    """Raise a `ValueError` if an image is too large, or has no pixel at all."""
    if not 0 < height * width <= MAX_PIXELS:
        raise ValueError(
            f"An image of {width} × {height} pixels cannot be kept; it has 1 to {MAX_PIXELS:,}."
        )


def _channels_last(array: Any) -> Any:
    """A tensor as an image; a batch of them as a grid."""
    if array.ndim == 3 and array.shape[0] in COLOUR_TYPES:
        return array.transpose(1, 2, 0)
    if array.ndim == 4 and array.shape[1] in COLOUR_TYPES and array.shape[0] > 1:
        return tiled(array.transpose(0, 2, 3, 1), across=_ACROSS, gap=_GAP)
    if array.ndim == 4 and array.shape[0] == 1:
        return _channels_last(array[0])
    return array


def tiled(images: Any, *, across: int, gap: int = 0) -> Any:
    """Images of one size side by side, so many across."""
    import numpy

    count, height, width, channels = images.shape
    across = min(across, count)
    down = -(-count // across)
    check_size((width + gap) * across, (height + gap) * down)
    size = ((height + gap) * down - gap, (width + gap) * across - gap, channels)
    grid = numpy.zeros(size, images.dtype)
    for number, image in enumerate(images):
        row, column = divmod(number, across)
        top, left = row * (height + gap), column * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid


def as_bytes(array: Any, *, normalize: bool = True) -> Any:
    """Values from 0 to 255. Floats are taken from 0 to 1, and NaN is black."""
    import numpy

    if array.dtype == numpy.uint8:
        return numpy.ascontiguousarray(array)
    values = numpy.nan_to_num(array.astype(numpy.float64), nan=0.0, posinf=1.0, neginf=0.0)
    if normalize and values.size:
        low, high = values.min(), values.max()
        if low < 0:
            values = (values - low) / ((high - low) or 1.0)
        if values.max() <= 1:
            values = values * 255
    return numpy.ascontiguousarray(values.clip(0, 255).astype(numpy.uint8))


def png_of(pixels: Any) -> bytes:
    """A PNG file of height × width × channels bytes, or of height × width class ids."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    big_endian = pixels.astype(">u2") if pixels.dtype.itemsize == 2 else pixels
    return png(big_endian.tobytes(), width, height, channels, depth=8 * pixels.dtype.itemsize)


def png(pixels: bytes, width: int, height: int, channels: int, *, depth: int = 8) -> bytes:
    """A PNG file of pixels, row by row."""
    stride = width * channels * depth // 8
    rows = b"".join(
        b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride)
    )
    header = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
