"""Hugging Face: the pipelines of transformers, call by call. `Trainer` logs by itself.

::

    autolog({"project": "sentiment"})
    pipeline("text-classification")("What a day!")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wanllmdb.integration.autolog import Autolog, Call


def _told(call: Call) -> Mapping[str, Any]:
    """A table of what was asked and answered, under the task's name, and how long it took."""
    from wanllmdb.media.table import Table

    asked: Any = call.arguments[0] if call.arguments else next(iter(call.keywords.values()), None)
    several = isinstance(asked, list) and isinstance(call.answer, list)
    if several and len(asked) == len(call.answer):
        rows = [[str(one), str(other)] for one, other in zip(asked, call.answer, strict=True)]
    else:
        rows = [[str(asked), str(call.answer)]]
    task = str(getattr(call.subject, "task", "") or "pipeline")
    return {task: Table(columns=["input", "output"], data=rows), f"{task}/seconds": call.seconds}


autolog = Autolog(["transformers:Pipeline.__call__"], _told)
