"""Histogram: how many values lie in each bin. It is no file; the row holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import Read, WBValue
from wanllmdb.media.shelf import Shelf
from wanllmdb.values import binned, is_array, on_host

MAX_BINS: Final = 512


class Histogram(WBValue):
    """Counts of a row: `log({"weights": Histogram(array)})`.

    Args:
        sequence: the values; those that are not finite are left out.
        np_histogram: counts and edges as `numpy.histogram` returns them, instead.
        num_bins: how many bins, at most 512.

    Raises:
        ValueError: there are too many bins, or not one edge more than counts.
    """

    MAX_LENGTH = MAX_BINS
    _log_type = "histogram"

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
            values = on_host(sequence) if is_array(sequence) else _listed(sequence)
            counts, edges = binned(values, num_bins)
        if len(counts) > MAX_BINS or len(edges) != len(counts) + 1:
            raise ValueError(f"{len(counts)} counts and {len(edges)} edges make no histogram.")
        self.histogram: list[Any] = counts
        self.bins: list[float] = edges

    def said(self, shelf: Shelf | None = None, key: str = "") -> dict[str, Any]:
        """As a row holds it."""
        del shelf, key
        return {"_type": self._log_type, "values": self.histogram, "bins": self.bins}

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> Histogram:
        del read
        return cls(np_histogram=(document["values"], document["bins"]))


def _listed(sequence: Any) -> Any:
    """A series, a set or a generator as a list; what is none stays as it is."""
    if isinstance(sequence, (list, tuple, range)) or hasattr(sequence, "tolist"):
        return sequence
    return list(sequence)
