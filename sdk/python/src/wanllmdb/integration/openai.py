"""OpenAI: chat completions, call by call: what was asked and answered, tokens, seconds.

::

    autolog({"project": "chat"})
    OpenAI().chat.completions.create(model=..., messages=[...])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wanllmdb.integration.autolog import Autolog, Call


def _told(call: Call) -> Mapping[str, Any]:
    """A row of a completion; none of one that is streamed, which has not been answered yet."""
    from wanllmdb.media.table import Table

    choices = getattr(call.answer, "choices", None)
    if not choices:
        return {}
    asked = "\n".join(
        f"{each.get('role')}: {each.get('content')}" for each in call.keywords.get("messages", ())
    )
    rows = [[call.answer.model, asked, each.message.content or ""] for each in choices]
    row: dict[str, Any] = {
        "completions": Table(columns=["model", "messages", "answer"], data=rows),
        "usage/elapsed_time": call.seconds,
    }
    if call.answer.usage is not None:
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            row[f"usage/{name}"] = getattr(call.answer.usage, name)
    return row


autolog = Autolog(
    [
        "openai.resources.chat.completions:Completions.create",
        "openai.resources.chat.completions:AsyncCompletions.create",
    ],
    _told,
)
