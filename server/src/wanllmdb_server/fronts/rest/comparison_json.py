"""Comparisons as JSON: a hundred runs by hundreds of keys, made without a form for each number."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
import numpy as np

from wanllmdb_server.domain.comparison import Compared, Figures, Reached, ref_of
from wanllmdb_server.domain.samples import Values
from wanllmdb_server.fronts.rest.frame import spelled


def comparison_json(said: Compared) -> bytes:
    """The answer as bytes."""
    return msgspec.json.encode(
        {
            "runs": len(said.found),
            "found": ["/".join(ref_of(run)) for run in said.found],
            "missing": said.missing,
            "metrics": len(said.keys),
            "average_duration": said.average_duration,
            "success_rate": said.success_rate,
            "keys": [_key(figures) for figures in said.keys],
        }
    )


def _key(said: Figures) -> dict[str, object]:
    there = said.there > 0
    last = [
        value if mine else None
        for value, mine in zip(spelled(said.last), there.tolist(), strict=True)
    ]
    at = said.reached
    return {
        "key": said.key,
        "runs": int(there.sum()),
        "values": last,
        "low": _known(said.low),
        "high": _known(said.high),
        "mean": _known(said.mean),
        **({"at": _at(at), "at_steps": at.steps} if at else {}),
        "goal": said.goal,
        "statistics": asdict(said.statistics),
    }


def _at(said: Reached) -> list[float | str | None]:
    values = zip(spelled(said.values), said.steps, strict=True)
    return [None if step is None else value for value, step in values]


def _known(values: Values) -> list[float | None]:
    return [
        value if ok else None
        for value, ok in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)
    ]
