"""Statistics of many runs as JSON: a column for each of them, key by key."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.panel import Statistics
from wanllmdb_server.fronts.rest.frame import spelled

_COUNTS: Final = ("logged", "last_step", "last_time", "first_step", "nan", "posinf", "neginf")
_EXTREMES: Final = ("low", "high", "mean")


def statistics_json(said: Statistics) -> bytes:
    """The answer as bytes."""
    found = said.found
    place = {number: at for at, number in enumerate(said.numbers)}
    columns: dict[str, list[Any]] = {"runs": [place[number] for number in found.run.tolist()]}
    columns |= {name: getattr(found, name).tolist() for name in _COUNTS}
    columns["last"] = spelled(found.last)
    columns |= {name: _known(getattr(found, name)) for name in _EXTREMES}
    ends = np.searchsorted(found.key, np.arange(len(found.keys) + 1)).tolist()
    keys = [
        {"key": key, **{name: column[first:end] for name, column in columns.items()}}
        for key, first, end in zip(found.keys, ends, ends[1:], strict=False)
    ]
    return msgspec.json.encode({"runs": said.runs, "missing": said.missing, "keys": keys})


def _known(values: NDArray[np.float64]) -> list[float | None]:
    """The values, null for those that there are none of."""
    found: list[Any] = values.tolist()
    for at in np.flatnonzero(np.isnan(values)).tolist():
        found[at] = None
    return found
