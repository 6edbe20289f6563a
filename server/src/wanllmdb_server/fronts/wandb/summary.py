"""Summary: the client sends all of it each time, and knows what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wanllmdb_server.domain.run import Run

_FOUND: Final = frozenset(["_step", "_timestamp", "_runtime", "_wandb"])  # of every run


def replaced(run: Run, new: Mapping[str, Any]) -> dict[str, Any]:
    """What changes so that the summary of a run is this one.

    What was logged and does not stand in it is hidden: its metric wants no summary.
    """
    hidden = {key: None for key in run.summary if key not in new and not _within(key, new)}
    return {"summary": {**hidden, **new}}


def _within(key: str, new: Mapping[str, Any]) -> bool:
    """Whether a key that was logged as `a.b` stands in the summary as {"a": {"b": …}}."""
    at: Any = new
    for part in key.split("."):
        if not isinstance(at, Mapping) or part not in at:
            return False
        at = at[part]
    return True


def told(run: Run) -> dict[str, Any]:
    """The summary of a run as the client knows it."""
    if _FOUND & run.summary.keys():
        return {key: value for key, value in run.summary.items() if not _is_leaf(key, run.summary)}
    return dict(run.summary)


def _is_leaf(key: str, summary: Mapping[str, Any]) -> bool:
    return "." in key and isinstance(summary.get(key.partition(".")[0]), Mapping)
