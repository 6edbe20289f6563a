"""Attachment: how another process of a script logs to a run that this one began.

A run is pickled by its id alone; what else the other process must know to find it travels in a
*ticket*: text that says which run of which project, and where it was kept. It holds no key:
the other process has the environment of this one.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from wanllmdb.errors import UsageError
from wanllmdb.identity import Named

# Settings that the environment may not say, because `init` was given them.
_TOLD: Final = ("api_url", "metric_url", "dir", "spool_dir", "mode", "console")


def ticket(run: Named) -> str:
    """What `arguments` reads in another process."""
    settings = run.settings
    said = {name: getattr(settings, name) for name in _TOLD if name in settings.given}
    said |= {"id": run.id, "project": run.project, "entity": run.entity or None}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def arguments(attach_id: str) -> dict[str, Any]:
    """What `init` is given to log to the run of a ticket, or of a plain id, beside others.

    Raises:
        UsageError: it is neither.
    """
    try:
        said = json.loads(base64.urlsafe_b64decode(attach_id.encode()))
    except (ValueError, binascii.Error):
        said = {"id": attach_id}
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise UsageError(f"{attach_id!r:.80} names no run that could be attached to.")
    told = {name: value for name, value in said.items() if name in {*_TOLD, "id", "project"}}
    if isinstance(said.get("entity"), str):
        told["entity"] = said["entity"]
    # The run is the other's: this process neither ends it nor goes on from it.
    return {**told, "shared": True, "primary": False, "update_finish_state": False}
