"""What a server knows of a version of an artifact, and what the version answers when it is asked.

Until a server has the version only its content can be asked for; the rest is an
`ArtifactNotLoggedError` that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from wanllmdb.errors import ArtifactNotLoggedError

Facts = Mapping[str, Any]


class Told:
    """A version, as a server tells it. Whoever inherits says where the facts come from."""

    def _known(self) -> Facts | None:
        """What a server said; None if none has the version."""
        raise NotImplementedError

    def _facts(self, asked: str) -> Facts:
        """The same; `ArtifactNotLoggedError` if there is nothing yet."""
        found = self._known()
        return found if found is not None else self._unknown(asked)

    def _unknown(self, asked: str) -> NoReturn:
        raise ArtifactNotLoggedError(
            f"'{type(self).__name__}.{asked}' is known when a server has the artifact: call "
            "wait() after log_artifact(); of an offline run, after `wanllmdb sync`."
        )

    @property
    def id(self) -> str | None:
        found = self._known()
        return str(found["id"]) if found is not None else None

    @property
    def entity(self) -> str:
        return str(self._facts("entity")["owner"])

    @property
    def project(self) -> str:
        return str(self._facts("project")["project"])

    @property
    def version(self) -> str:
        """Its number, as `v3`."""
        return str(self._facts("version")["version"])

    @property
    def qualified_name(self) -> str:
        """`entity/project/name:v3`."""
        return _name(self._facts("qualified_name"), whole=True)

    @property
    def source_entity(self) -> str:
        return str(self._facts("source_entity")["source"]["owner"])

    @property
    def source_project(self) -> str:
        return str(self._facts("source_project")["source"]["project"])

    @property
    def source_version(self) -> str:
        return str(self._facts("source_version")["source"]["version"])

    @property
    def source_name(self) -> str:
        """`name:v3` of the artifact that it was made for."""
        return _name(self._facts("source_name")["source"])

    @property
    def source_qualified_name(self) -> str:
        return _name(self._facts("source_qualified_name")["source"], whole=True)

    @property
    def is_link(self) -> bool:
        """Whether it was made for another artifact, and is shown in this one."""
        found = self._known()
        return bool(found and found.get("linked"))

    @property
    def linked_at(self) -> str | None:
        found = self._facts("linked_at")
        return iso(found["placed_at"]) if found.get("linked") else None

    @property
    def created_at(self) -> str:
        return iso(self._facts("created_at")["created_at"])

    @property
    def updated_at(self) -> str:
        return iso(self._facts("updated_at")["updated_at"])

    @property
    def commit_hash(self) -> str:
        """Of its content: what a server with this word for it would say."""
        return str(self._facts("commit_hash")["digest"])

    @property
    def file_count(self) -> int:
        return int(self._facts("file_count")["files"])


def _name(place: Facts, *, whole: bool = False) -> str:
    name = f"{place['artifact']}:{place['version']}"
    return f"{place['owner']}/{place['project']}/{name}" if whole else name


def iso(time_us: int) -> str:
    """Microseconds since the epoch as wandb writes a time."""
    from datetime import datetime, timezone

    return datetime.fromtimestamp(time_us / 1e6, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
