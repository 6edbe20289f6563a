"""Moment: a run at a step, as `fork_from` and `resume_from` name it: `<run>?_step=<n>`."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from wanllmdb.errors import UsageError

_SPEC: Final = re.compile(r"(?P<run>[^?]+)\?_step=(?P<step>[0-9]+)")
MAX_STEP: Final = (1 << 63) - 2


class Moment(NamedTuple):
    """A run at a step. `run` is its id, or `owner/project/id`."""

    run: str
    step: int

    @property
    def id(self) -> str:
        return self.run.rpartition("/")[2]

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"run": self.run, "step": self.step}


def parse_moment(name: str, spec: str) -> Moment:
    """What the argument of this name says.

    Raises:
        UsageError: it is no moment of a run.
    """
    found = _SPEC.fullmatch(spec.strip())
    run = unquote(found["run"]) if found else ""
    parts = run.split("/")
    if not found or len(parts) not in (1, 3) or not all(part.strip() for part in parts):
        raise UsageError(
            f'{name}={spec!r} names no step of a run; it is "<run id>?_step=<number>", '
            f'for example {name}="a1b2c3d4?_step=200".'
        )
    if int(found["step"]) > MAX_STEP:
        raise UsageError(f"{name}={spec!r}: there is no step as high as that.")
    return Moment(run, int(found["step"]))
