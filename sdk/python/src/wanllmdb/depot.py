"""Depot: what a server knows of artifacts, asked by REST; and their bytes, brought from there.

Every thread has a connection of its own. What the server refuses is a `CommError`; so is, here,
that it does not answer: who asks for an artifact cannot go on without it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode

from wanllmdb.answer import Answer, NoAnswerError
from wanllmdb.backoff import Backoff
from wanllmdb.errors import AbsentError, ArgumentError, AuthenticationError, CommError
from wanllmdb.http import Http
from wanllmdb.login import connect
from wanllmdb.settings import Settings

PAGE: Final = 10_000  # files of a version at once
PATIENCE: Final = 20.0  # seconds, from the first time that nobody answered
LONGEST_PAUSE: Final = 3.0


@dataclass(frozen=True)
class Named:
    """A version by its names: `owner/project/artifact:version`."""

    owner: str
    project: str
    artifact: str
    version: str = "latest"

    @property
    def path(self) -> str:
        """Of its route."""
        return (
            f"{artifact_path(self.owner, self.project, self.artifact)}/versions/{_q(self.version)}"
        )

    def body(self) -> dict[str, str]:
        """As a request names it."""
        return {
            "owner": self.owner,
            "project": self.project,
            "artifact": self.artifact,
            "version": self.version,
        }

    def __str__(self) -> str:
        return f"{self.owner}/{self.project}/{self.artifact}:{self.version}"


class Depot:
    """One server's artifacts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._own = threading.local()
        self._user: str | None = None

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any
    ) -> dict[str, Any]:
        """The body of the answer.

        Raises:
            CommError: the server says no, or nothing.
        """
        wanted = {name: value for name, value in query.items() if value is not None}
        where = f"/api/v1{path}" + (f"?{urlencode(wanted)}" if wanted else "")
        return dict(self._answered(method, where, body).body)

    def fetch(self, path: str, into: BinaryIO) -> None:
        """Bring bytes; a good answer's content is written into the file."""
        self._answered("GET", f"/api/v1{path}", None, into)

    def fetch_many(self, version: str, paths: Sequence[str], into: BinaryIO) -> None:
        """Bring small files of a version together; see `taken_apart`."""
        self._answered("POST", f"/api/v1{version}/files", {"paths": list(paths)}, into)

    def pages(self, path: str, *, size: int = 1000, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page by page as they are needed."""
        cursor: str | None = None
        while True:
            page = self.ask("GET", path, limit=size, cursor=cursor, **query)
            yield from page.get("items", ())
            cursor = page.get("next")
            if cursor is None:
                return

    def user(self) -> str:
        """Whose key this is: the owner where nobody names one."""
        if self._user is None:
            found = self.ask("GET", "/me").get("user")
            self._user = str(found.get("name", "")) if isinstance(found, dict) else ""
        return self._user

    def named(self, text: str, *, project: str | None = None, entity: str | None = None) -> Named:
        """What `[[owner/]project/]artifact[:version]` means here.

        Raises:
            ArgumentError: it names no artifact.
        """
        text = text.removeprefix("wandb-artifact://")
        *above, last = text.split("/")
        artifact, _, version = last.partition(":")
        if len(above) > 2 or not artifact or "" in above:
            raise ArgumentError(
                f"{text[:200]!r} names no artifact: [[entity/]project/]name[:version or alias]."
            )
        settings = self.settings
        if above:
            project = above[-1]
        project = project or settings.project or "uncategorized"
        owner = above[0] if len(above) == 2 else entity or settings.entity or self.user()
        return Named(owner, project, artifact, version or "latest")

    def _answered(
        self,
        method: str,
        where: str,
        body: Mapping[str, Any] | None,
        into: BinaryIO | None = None,
    ) -> Answer:
        answer = self._heard(method, where, body, into)
        if answer.status in {401, 403}:
            raise AuthenticationError(
                f"{self.settings.base_url} refuses this key: {answer.detail.rstrip('.')}."
            )
        if not answer.ok:
            raise NoSuchError(answer) if answer.status == 404 else RefusalError(answer)
        return answer

    def _heard(
        self, method: str, where: str, body: Mapping[str, Any] | None, into: BinaryIO | None
    ) -> Answer:
        """What a server says; where none does, it is asked again for a while."""
        backoff, end = Backoff(), time.monotonic() + PATIENCE
        while True:
            try:
                return self._http().request(method, where, body, into=into)
            except NoAnswerError as error:  # noqa: PERF203 - it is asked again
                if error.permanent or time.monotonic() > end:
                    told = f"{error}; artifacts are fetched when the server answers."
                    raise CommError(told) from error
                time.sleep(min(backoff.next(error.retry_after), LONGEST_PAUSE))

    def _http(self) -> Http:
        found = getattr(self._own, "http", None)
        if found is None:
            found = self._own.http = connect(self.settings)
        return found


class RefusalError(CommError):
    """The server understood, and says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.status = answer.status
        self.code = answer.code


class NoSuchError(RefusalError, AbsentError):
    """The server has no such artifact, or none that this key may see."""


def taken_apart(file: BinaryIO) -> Iterator[bytes]:
    """The files in the answer of `fetch_many`, in the order in which they were asked for."""
    file.seek(0)
    while line := file.readline(200):
        size = line.rpartition(b" ")[2].strip()
        yield file.read(int(size) if size.isdigit() else 0)


def project_path(owner: str, project: str) -> str:
    """Of the routes of a project."""
    return f"/projects/{_q(owner)}/{_q(project)}"


def artifact_path(owner: str, project: str, artifact: str) -> str:
    """Of the routes of an artifact."""
    return f"{project_path(owner, project)}/artifacts/{_q(artifact)}"


def file_path(version: str, path: str) -> str:
    """Of a file of a version, whose own path is `version`."""
    return f"{version}/files/{quote(path)}"


def _q(text: str) -> str:
    return quote(text, safe="")
