"""What a check tells: runs, and what is expected of them over the server's own REST."""

from __future__ import annotations

import os
from typing import Any

OWNER = os.environ["OWNER"]
PROJECT = "conformance"


def path(run: str) -> str:
    """A run as `wandb.Api` names it."""
    return f"{OWNER}/{PROJECT}/{run}"


def expect(run: str, **expected: Any) -> dict[str, Any]:
    """What REST shall say of a run: `state`, `config`, `summary`, `points`, `files`, `lines`."""
    return {"run": run, **expected}
