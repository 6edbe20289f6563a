"""Service: the server of a tracker, as the comparison of servers drives it.

What differs between trackers is here and in the modules beside: how a server is started, by what
requests points come in as its own client would send them in bulk, and by what requests a chart is
asked for at full resolution. Everything else is `bench.server_peers`, the same for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bench import venvs
from bench.rows import Row
from bench.services import poster
from bench.services.web import Request, Web

T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """Where a server runs.

    Args (fields):
        folder: everything that it writes lies below.
        port: of its HTTP.
        python: the interpreter that has it.
    """

    folder: Path
    port: int
    python: str

    @property
    def data(self) -> Path:
        """What is weighed."""
        return self.folder / "data"

    @property
    def home(self) -> Path:
        """The home folder of all its processes."""
        return self.folder / "home"

    @property
    def program(self) -> Path:
        """Where programs of its environment lie."""
        return Path(self.python).parent


class Service(Protocol):
    """A tracker's server.

    Attributes:
        name: as it is printed.
        package: what is installed for it; None runs in the environment of the benchmark.
        ready: a path that is answered when it is up.
        reads_ready: the same of the server that is asked, where that is another one.
        steps: rows of ten values that all clients together are given for ten seconds.
        note: how it is driven.
    """

    name: str
    package: str | None
    ready: str
    reads_ready: str = "/"
    steps: int
    note: str

    @property
    def title(self) -> str:
        """Its name and version."""
        version = venvs.versions().get(self.package, "") if self.package else ""
        return f"{self.name} {version}".strip()

    def python(self) -> str:
        """Its interpreter; `venvs.NotInstalledError` if there is none to be had."""
        return venvs.python_of(self.package) if self.package else sys.executable

    def command(self, site: Site) -> list[str]:
        """What starts the server."""
        ...

    def environment(self, site: Site) -> Mapping[str, str]:  # noqa: ARG002
        """Variables for all its processes, beyond a home of its own."""
        return {}

    def enter(self, site: Site, web: Web) -> None:
        """Sign in, make a project: once, when the server is up."""

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """A process that logs the same rows into each run; see `bench.services.poster`.

        All that it sends is made here, before its clock starts.
        """
        ...

    def leave(self, web: Web, runs: Sequence[str]) -> None:
        """The runs are done."""

    def before_reads(self, site: Site) -> Sequence[Sequence[str]]:  # noqa: ARG002
        """Programs that have to run until a chart can be asked for."""
        return ()

    def reader(self, site: Site) -> Sequence[str]:  # noqa: ARG002
        """What starts the server that is asked, on the port of the site; empty if the same does."""
        return ()

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """The answers that hold every point of a key of the runs, `steps` of each."""
        ...

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """The answers that a chart of so many pixels needs; all there is, where nothing less is."""
        return self.read(web, runs, key, width)

    def points(self, answers: Sequence[bytes]) -> int:
        """How many points the answers hold."""
        ...


def posting(
    site: Site, folder: Path, requests: Iterator[tuple[int, Request]], web: Web
) -> list[str]:
    """A client that posts requests which are made already, with the points that each holds."""
    return poster.command(folder, site.port, requests, web.headers)


def script(
    site: Site, folder: Path, module: str, target: str, runs: Sequence[str], rows: Sequence[Row]
) -> list[str]:
    """A client that logs by the tracker's own library, in its environment."""
    job = {"target": target, "runs": list(runs), "rows": list(rows)}
    (folder / "job.json").write_text(json.dumps(job))
    return [site.python, "-m", f"bench.services.{module}", str(folder)]


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def stepped(rows: Sequence[Row], size: int) -> Iterator[tuple[int, Sequence[Row]]]:
    """The first step of each batch, and its rows."""
    for number, some in enumerate(batched(rows, size)):
        yield number * size, some
