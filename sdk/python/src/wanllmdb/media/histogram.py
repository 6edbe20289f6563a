"""Histogram: how many values lie in each bin. It is no file; the row holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.values import binned, on_host

MAX_BINS: Final = 512


class Histogram:
    """Counts of a row: `log({"weights": Histogram(array)})`.

    Args:
        sequence: the values; those that are not finite are left out.
        np_histogram: counts and edges as `numpy.histogram` returns them, instead.
        num_bins: how many bins, at most 512.

    Raises:
        ValueError: there are too many bins, or not one edge more than counts.
    """

    @guarded(raises=MISUSE)
    def __init__(
        self,
        sequence: Any = None,
        np_histogram: tuple[Sequence[Any], Sequence[Any]] | None = None,
        num_bins: int = 64,
    ) -> None:
        if np_histogram is not None:
            counts, edges = ([float(each) for each in part] for part in np_histogram)
        else:
            if not 1 <= num_bins <= MAX_BINS:
                raise ValueError(f"A histogram has 1 to {MAX_BINS} bins, not {num_bins}.")
            counts, edges = binned(on_host(sequence), num_bins)
        if len(counts) > MAX_BINS or len(edges) != len(counts) + 1:
            raise ValueError(f"{len(counts)} counts and {len(edges)} edges make no histogram.")
        self.histogram = counts
        self.bins = edges

    def said(self) -> dict[str, Any]:
        """As a row holds it."""
        return {"_type": "histogram", "values": self.histogram, "bins": self.bins}
