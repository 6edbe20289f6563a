"""Artifacts, found on a server: versions by name, collections, types, what runs made and used.

A *collection* is wandb's word for an artifact with all its versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wanllmdb.artifact import Artifact
from wanllmdb.artifact_facts import Facts, iso
from wanllmdb.artifact_rules import BadNameError
from wanllmdb.depot import Depot, Named, NoSuchError, artifact_path, project_path
from wanllmdb.settings import Settings, resolve


def fetch(
    asked: Any,
    path: str,
    type: str | None = None,  # noqa: A002 - wandb's word
    *,
    project: str | None = None,
    entity: str | None = None,
) -> Artifact:
    """A version by `[[entity/]project/]name[:version or alias]`.

    Args:
        asked: a `Depot`, `Settings`, or something that has such as its `settings`.
        path: its name.
        type: what it has to be.
        project: where it is if the name does not say.
        entity: whose that is, if the name does not say.

    Raises:
        ValueError: it is of another type.
        CommError: there is no such version, or no answer.
    """
    depot = depot_of(asked)
    found = fetch_named(depot, depot.named(path, project=project, entity=entity))
    if type is not None and found.type != type:
        raise BadNameError(f"{path} is of the type {found.type!r}, not {type!r}.")
    return found


def fetch_named(depot: Depot, named: Named) -> Artifact:
    """A version by its names."""
    return from_facts(depot, depot.ask("GET", named.path))


def fetch_by_id(asked: Any, version_id: str) -> Artifact:
    """A version by its id."""
    depot = depot_of(asked)
    return from_facts(depot, depot.ask("GET", f"/artifact-versions/{version_id}"))


def from_facts(depot: Depot, facts: Facts) -> Artifact:
    """A version as a server tells it."""
    found = Artifact(str(facts["artifact"]), str(facts["type"]))
    found._depot = depot
    found._take(facts)
    return found


def artifact_exists(asked: Any, path: str, type: str | None = None) -> bool:  # noqa: A002
    """Whether there is such a version."""
    try:
        return fetch(asked, path, type) is not None
    except (NoSuchError, ValueError):
        return False


def logged_by_run(asked: Any, entity: str, project: str, run_id: str) -> list[Artifact]:
    """The versions that a run made."""
    return _of_run(asked, entity, project, run_id, "logged")


def used_by_run(asked: Any, entity: str, project: str, run_id: str) -> list[Artifact]:
    """The versions that a run used."""
    return _of_run(asked, entity, project, run_id, "used")


def artifact_types(asked: Any, project: str | None = None, **_: Any) -> list[ArtifactType]:
    """The types of a project's artifacts; the project is `[entity/]project`."""
    depot = depot_of(asked)
    owner, name = _project(depot, project)
    found = depot.pages(f"{project_path(owner, name)}/artifact-types")
    return [ArtifactType(depot, owner, name, str(each["name"])) for each in found]


def artifact_type(asked: Any, type_name: str, project: str | None = None) -> ArtifactType:
    """A type of a project's artifacts.

    Raises:
        ValueError: no artifact is of this type.
    """
    for each in artifact_types(asked, project):
        if each.name == type_name:
            return each
    raise BadNameError(f"Could not find artifact type {type_name!r}.")


def artifact_collections(
    asked: Any, project_name: str | None, type_name: str, **_: Any
) -> list[Collection]:
    """The artifacts of a type."""
    return artifact_type(asked, type_name, project_name).collections()


def artifact_collection(asked: Any, type_name: str, name: str) -> Collection:
    """An artifact with all its versions, by `[[entity/]project/]name`."""
    depot = depot_of(asked)
    named = depot.named(name)
    found = Collection(depot, named.owner, named.project, named.artifact)
    if found.type != type_name:
        raise BadNameError(f"{name} is of the type {found.type!r}, not {type_name!r}.")
    return found


def collection_of(artifact: Artifact, place: Mapping[str, Any]) -> Collection:
    """The artifact in which a version stands."""
    where = (str(place[key]) for key in ("owner", "project", "artifact"))
    return Collection(artifact._asked(), *where)


def run_of(depot: Depot, party: Mapping[str, Any]) -> Any:
    """A run, as the Api shows it."""
    from wanllmdb.api import Api

    path = "/".join(str(party[key]) for key in ("owner", "project", "id"))
    settings = depot.settings
    return Api({"base_url": settings.base_url}, api_key=settings.api_key).run(path)


class ArtifactType:
    """A type of artifacts in a project."""

    def __init__(self, depot: Depot, owner: str, project: str, name: str) -> None:
        self._depot, self._owner, self._project = depot, owner, project
        self.name = name

    @property
    def type(self) -> str:
        return self.name

    def collections(self) -> list[Collection]:
        """The artifacts of this type."""
        where = f"{project_path(self._owner, self._project)}/artifacts"
        found = self._depot.pages(where, type=self.name)
        return [Collection(self._depot, self._owner, self._project, each["name"]) for each in found]

    def collection(self, name: str) -> Collection:
        """One of them."""
        return Collection(self._depot, self._owner, self._project, name)

    def __repr__(self) -> str:
        return f"<ArtifactType {self.name}>"


class Collection:
    """An artifact with all its versions."""

    def __init__(self, depot: Depot, owner: str, project: str, name: str) -> None:
        self._depot = depot
        self.entity, self.project, self.name = owner, project, name
        self._told: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    def type(self) -> str:
        return str(self._facts()["type"])

    @property
    def description(self) -> str:
        return str(self._facts()["description"])

    @description.setter
    def description(self, text: str) -> None:
        self._facts()["description"] = str(text)

    @property
    def created_at(self) -> str:
        return iso(self._facts()["created_at"])

    @property
    def aliases(self) -> list[str]:
        """All aliases of all versions."""
        return [alias for each in self.artifacts() for alias in each.aliases]

    def is_sequence(self) -> bool:
        """Whether versions were made for it; else they are only shown in it."""
        newest = next(iter(self.artifacts()), None)
        return newest is not None and not newest.is_link

    def artifacts(self, per_page: int = 50) -> list[Artifact]:
        """The versions, the newest first."""
        return list(self.versions(per_page))

    def versions(self, per_page: int = 50) -> Iterator[Artifact]:
        """The same, as they are needed."""
        for each in self._depot.pages(f"{self._route}/versions", size=max(1, per_page)):
            yield from_facts(self._depot, each)

    def save(self) -> None:
        """Tell the server what was changed."""
        self._told = self._depot.ask("PATCH", self._route, {"description": self.description})

    def delete(self) -> None:
        """Delete it with all its versions."""
        self._depot.ask("DELETE", self._route)

    @property
    def _route(self) -> str:
        return artifact_path(self.entity, self.project, self.name)

    def _facts(self) -> dict[str, Any]:
        if self._told is None:
            self._told = self._depot.ask("GET", self._route)
        return self._told

    def __len__(self) -> int:
        return int(self._depot.ask("GET", f"{self._route}/versions", limit=1)["total"])

    def __repr__(self) -> str:
        return f"<ArtifactCollection {self.name} ({self.type})>"


def depot_of(asked: Any) -> Depot:
    """A depot of what somebody has: a depot, settings, or an Api, which has settings."""
    if isinstance(asked, Depot):
        return asked
    if isinstance(asked, Settings):
        return Depot(asked)
    for name in ("_settings", "settings"):
        found = getattr(asked, name, None)
        if isinstance(found, Settings):
            return Depot(found)
    return Depot(resolve({}))


def _of_run(asked: Any, entity: str, project: str, run_id: str, way: str) -> list[Artifact]:
    from urllib.parse import quote

    depot = depot_of(asked)
    where = f"{project_path(entity, project)}/runs/{quote(run_id, safe='')}/artifacts"
    return [from_facts(depot, each) for each in depot.pages(where, way=way)]


def _project(depot: Depot, project: str | None) -> tuple[str, str]:
    owner, _, name = (project or depot.settings.project or "uncategorized").rpartition("/")
    return owner or depot.settings.entity or depot.user(), name
