"""Tensors: the histogram of a torch tensor, counted where it lies.

Values that are not finite are left out. A large tensor is counted in pieces, so that no copy of
it as a whole is made on its device.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Final

BINS: Final = 64
PIECE: Final = 1 << 24  # values; so many can be counted in a float32


def histogram(tensor: Any) -> Any:
    """The finite values of a tensor in 64 bins; None if it has no values at all."""
    from wanllmdb.media.histogram import Histogram

    torch = sys.modules["torch"]
    with torch.no_grad():
        flat = _flat(torch, tensor.detach())
        if flat is None or flat.numel() == 0:
            return None
        pieces = [each for each in flat.split(PIECE) if each.numel()]
        bounds = [found for piece in pieces if (found := _bounds(torch, piece)) is not None]
        if not bounds:
            return Histogram(np_histogram=([0] * BINS, _edges(0.0, 1.0)))
        low, high = min(each[0] for each in bounds), max(each[1] for each in bounds)
        counts = _counts(torch, pieces, low, high)
    if low == high:
        room = max(0.5, abs(low) * 1e-6)
        low, high = low - room, high + room
    return Histogram(np_histogram=(counts, _edges(low, high)))


def _flat(torch: Any, tensor: Any) -> Any:
    """All values one behind the other.

    Of a sparse tensor those that it has, of one that several devices share the local part.
    """
    if hasattr(tensor, "to_local"):
        tensor = tensor.to_local()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    elif str(tensor.layout) != "torch.strided":
        tensor = tensor.values()
    if tensor.is_meta:
        return None
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    return tensor.reshape(-1)


def _real(torch: Any, piece: Any) -> Any:
    """The values in a type that can be counted."""
    return piece if piece.dtype in (torch.float32, torch.float64) else piece.to(torch.float32)


def _bounds(torch: Any, piece: Any) -> tuple[float, float] | None:
    """The least and the greatest finite value; None if there is none."""
    low, high = _extremes(torch, _real(torch, piece))
    if math.isfinite(low) and math.isfinite(high):
        return low, high
    finite = _finite(torch, _real(torch, piece))
    return _extremes(torch, finite) if finite.numel() else None


def _extremes(torch: Any, piece: Any) -> tuple[float, float]:
    low, high = torch.stack(torch.aminmax(piece)).tolist()  # one wait for both
    return low, high


def _finite(torch: Any, piece: Any) -> Any:
    return piece[torch.isfinite(piece)]


def _counts(torch: Any, pieces: list[Any], low: float, high: float) -> list[int]:
    total = [0] * BINS
    scale = 1.0 if math.isfinite(high - low) else 0.25
    for each in pieces:
        piece = _finite(torch, _real(torch, each))
        if low == high:
            total[BINS // 2] += piece.numel()
            continue
        if high - low > 1e38:  # more than a float32 can hold
            piece = piece.to(torch.float64)
        counted = torch.histc(
            piece if scale == 1.0 else piece * scale, bins=BINS, min=low * scale, max=high * scale
        ).tolist()
        total = [one + int(another) for one, another in zip(total, counted, strict=True)]
    return total


def _edges(low: float, high: float) -> list[float]:
    width = high / BINS - low / BINS
    return [low + width * index for index in range(BINS)] + [high]
