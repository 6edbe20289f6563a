"""Way: the way of a version that was logged, from a run's directory to a server."""

from __future__ import annotations

import contextlib
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanllmdb.consignment import FOLDER
from wanllmdb.errors import WaitTimeoutError

if TYPE_CHECKING:
    from wanllmdb.run import Run

SILENT_SECONDS: Final = 60.0  # nothing has moved for so long: whoever waits need not


class Way:
    """The way of a version that was logged: by which run, as which order of its directory."""

    def __init__(
        self,
        run: weakref.ref[Run] | None,
        order: str,
        directory: Path | None = None,
        *,
        offline: bool = False,
    ) -> None:
        self.run = run
        self.order = order
        self.directory = directory
        self.offline = offline

    def check(self, name: str, waited: float, timeout: float | None) -> None:
        """Raise if it is in vain to wait any longer."""
        if timeout is not None and waited > timeout:
            raise WaitTimeoutError(f"{name} is not on the server after {timeout:g} s; it is kept.")
        moved = self._moved()
        if timeout is None and waited > SILENT_SECONDS and time.time() - moved > SILENT_SECONDS:
            raise WaitTimeoutError(
                f"{name} is not on the server, and nothing has moved for {SILENT_SECONDS:g} s. It "
                "is kept on this machine, and sent by this run, the next one or `wanllmdb sync`."
            )

    def _moved(self) -> float:
        """When something last moved, by the clock of the disk."""
        if self.directory is None:
            return 0.0
        times = [0.0]
        for each in (self.directory / FOLDER).glob("*/"):
            with contextlib.suppress(OSError):
                times.append(each.stat().st_mtime)
        return max(times)
