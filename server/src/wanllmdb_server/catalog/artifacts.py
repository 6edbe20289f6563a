"""Artifacts in the catalog: find them and their versions by name, by alias, by id.

Who may see a project may see what stands in it. Every selection begins at a project that was
found for the actor, or at what they may read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, Unpack

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Select,
    and_,
    func,
    select,
)

from wanllmdb_server.catalog.tables import (
    artifact_aliases,
    artifact_places,
    artifact_runs,
    artifact_versions,
    artifacts,
    members,
    owners,
    projects,
    runs,
)
from wanllmdb_server.catalog.where import NOT_BINNED, Rows, readable
from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.artifact import (
    Artifact,
    ArtifactType,
    Lineage,
    Party,
    Place,
    Version,
    VersionState,
    names_number,
    number_of,
)
from wanllmdb_server.domain.errors import NotFoundError

Way = Literal["logged", "used"]

_MAX_PARTIES: Final = 1000

# The artifact that a version was made for, beside the one in which it was found.
homes = artifacts.alias("homes")
home_projects = projects.alias("home_projects")
home_owners = owners.alias("home_owners")


def list_types(connection: Connection, project_id: int) -> list[ArtifactType]:
    """The types of a project's artifacts, by name."""
    query = (
        select(artifacts.c.type, func.count())
        .where(artifacts.c.project_id == project_id, _HAS_BEGUN)
        .group_by(artifacts.c.type)
        .order_by(artifacts.c.type)
    )
    return [ArtifactType(name, count) for name, count in connection.execute(query)]


def list_artifacts(
    connection: Connection,
    project_id: int,
    *,
    kind: str | None = None,
    words: Sequence[str] = (),
    after: str = "",
    limit: int,
) -> tuple[list[Artifact], int]:
    """The project's artifacts by name, behind the name `after`; and how many there are."""
    wanted: list[ColumnElement[bool]] = [artifacts.c.project_id == project_id, _HAS_BEGUN]
    if kind is not None:
        wanted.append(artifacts.c.type == kind)
    wanted += [func.lower(artifacts.c.name).contains(word, autoescape=True) for word in words]
    total = connection.scalar(select(func.count()).select_from(artifacts).where(*wanted))
    query = _select_artifacts().where(*wanted, artifacts.c.name > after)
    found = connection.execute(query.order_by(artifacts.c.name).limit(limit)).mappings()
    return [Artifact(**row) for row in found], int(total or 0)


def find_artifact(connection: Connection, project_id: int, name: str) -> Artifact | None:
    """The project's artifact of this name."""
    query = _select_artifacts().where(
        artifacts.c.project_id == project_id, artifacts.c.name == name
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Artifact(**row)


def list_versions(
    connection: Connection, artifact: int, *, before: int | None, limit: int
) -> tuple[list[Version], int]:
    """What stands in an artifact, the newest first; and how many versions do."""
    mine = (artifact_places.c.artifact == artifact, *_IS_THERE)
    total = connection.scalar(
        select(func.count()).select_from(artifact_places.join(artifact_versions)).where(*mine)
    )
    query = select_versions().where(*mine).order_by(artifact_places.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(artifact_places.c.number < before)
    return read_versions(connection, query), int(total or 0)


def find_version(connection: Connection, project_id: int, name: str, version: str) -> Version:
    """What `name:version` means in a project; the version is `v3` or an alias.

    Raises:
        NotFoundError: nothing; codes `artifact-not-found`, `version-not-found`.
    """
    artifact = find_artifact(connection, project_id, name)
    if artifact is None:
        raise artifact_not_found(name)
    if names_number(version):
        number = number_of(version)
    else:
        mine = (artifact_aliases.c.artifact == artifact.key, artifact_aliases.c.alias == version)
        number = connection.scalar(select(artifact_aliases.c.number).where(*mine))
    if number is None:
        raise version_not_found(name, version)
    query = select_versions().where(
        artifact_places.c.artifact == artifact.key, artifact_places.c.number == number, *_IS_THERE
    )
    found = read_versions(connection, query)
    if not found:
        raise version_not_found(name, version)
    return found[0]


def find_version_by_id(connection: Connection, actor: Actor, version_id: str) -> Version:
    """The version of this id, at home or where else the actor may see it.

    Raises:
        NotFoundError: there is none that they may see; code `version-not-found`.
    """
    query = (
        select_versions(actor)
        .where(artifact_versions.c.id == version_id, readable(actor))
        .order_by((artifact_places.c.artifact != artifact_versions.c.artifact), "placed_at")
        .limit(1)
    )
    found = read_versions(connection, query)
    if not found:
        raise NotFoundError("There is no such version.", code="version-not-found")
    return found[0]


def read_version(connection: Connection, version: int, artifact: int | None = None) -> Version:
    """A version by the catalog's number of it, at home or in another artifact."""
    where = artifact_versions.c.artifact if artifact is None else artifact
    query = select_versions().where(
        artifact_versions.c.key == version, artifact_places.c.artifact == where
    )
    found = read_versions(connection, query)
    if not found:  # it stands nowhere yet
        pending = select_versions(pending=True).where(artifact_versions.c.key == version)
        found = read_versions(connection, pending)
    return found[0]


def versions_of_run(
    connection: Connection, actor: Actor, run: int, way: Way, *, after: int = 0, limit: int
) -> tuple[list[Version], int]:
    """What a run made or used and the actor may see at home, in the catalog's order; how much."""
    chosen = select(artifact_runs.c.version).where(
        artifact_runs.c.run == run, artifact_runs.c.way == way
    )
    query = select_versions(actor).where(
        artifact_versions.c.key.in_(chosen),
        artifact_places.c.artifact == artifact_versions.c.artifact,
        readable(actor),
    )
    total = connection.scalar(select(func.count()).select_from(query.subquery()))
    query = query.where(artifact_versions.c.key > after).order_by(artifact_versions.c.key)
    return read_versions(connection, query.limit(limit)), int(total or 0)


def lineage_of(connection: Connection, actor: Actor, version: int) -> Lineage:
    """Who made and who used a version, as far as the actor may see the runs."""
    query = (
        select(
            artifact_runs.c.way,
            owners.c.name.label("owner"),
            projects.c.name.label("project"),
            runs.c.id,
            runs.c.name,
        )
        .select_from(_reachable_runs(actor))
        .where(artifact_runs.c.version == version, readable(actor), NOT_BINNED)
        .order_by(artifact_runs.c.at, runs.c.number)
        .limit(_MAX_PARTIES)
    )
    found = [(way, Party(*party)) for way, *party in connection.execute(query)]
    made = [party for way, party in found if way == "logged"]
    return Lineage(made[0] if made else None, tuple(p for way, p in found if way == "used"))


def read_versions(connection: Connection, query: Rows) -> list[Version]:
    """The versions that a `select_versions` finds, with their aliases."""
    rows = connection.execute(query).mappings().all()
    aliases = _aliases(connection, rows)
    return [_version(row, aliases.get((row["artifact"], row["number"]), ())) for row in rows]


def select_versions(actor: Actor | None = None, *, pending: bool = False) -> Rows:
    """Versions in their places, with the names around both; what the actor may see, if given.

    With `pending`, versions at home, wherever else they stand.
    """
    place: tuple[ColumnElement[Any], ...] = (
        artifact_places.c.placed_at,
        artifact_places.c.artifact,
        artifact_places.c.number,
    )
    if pending:
        place = (
            artifact_versions.c.created_at.label("placed_at"),
            artifact_versions.c.artifact,
            artifact_versions.c.number,
        )
    columns = (
        artifact_versions.c.key,
        artifact_versions.c.id,
        homes.c.project_id,
        homes.c.type,
        artifact_versions.c.digest,
        artifact_versions.c.state,
        artifact_versions.c.description,
        artifact_versions.c.metadata,
        artifact_versions.c.tags,
        artifact_versions.c.size,
        artifact_versions.c.files,
        artifact_versions.c.created_at,
        artifact_versions.c.updated_at,
        artifact_versions.c.lifetime_us,
        *place,
        owners.c.name.label("owner"),
        projects.c.name.label("project"),
        artifacts.c.name,
        home_owners.c.name.label("home_owner"),
        home_projects.c.name.label("home_project"),
        homes.c.name.label("home_name"),
        artifact_versions.c.number.label("home_number"),
    )
    return select(*columns).select_from(_placed(actor, pending=pending))


def artifact_not_found(name: str) -> NotFoundError:
    """The error for an artifact that is not there."""
    return NotFoundError(f"There is no artifact '{name[:128]}'.", code="artifact-not-found")


def version_not_found(name: str, version: str) -> NotFoundError:
    """The error for a version that is not there."""
    detail = f"The artifact '{name[:128]}' has no version '{version[:128]}'."
    return NotFoundError(detail, code="version-not-found")


_HAS_BEGUN: Final = artifacts.c.next_number > 0  # it has, or had, a version
_IS_THERE: Final = (artifact_versions.c.state == VersionState.COMMITTED,)


def _select_artifacts() -> Rows:
    there = (
        select(func.count(), func.max(artifact_places.c.number))
        .select_from(artifact_places.join(artifact_versions))
        .where(artifact_places.c.artifact == artifacts.c.key, *_IS_THERE)
    )
    counted = there.with_only_columns(func.count()).correlate(artifacts).scalar_subquery()
    newest = there.with_only_columns(func.max(artifact_places.c.number)).correlate(artifacts)
    return select(
        artifacts.c.key,
        artifacts.c.project_id,
        owners.c.name.label("owner"),
        projects.c.name.label("project"),
        artifacts.c.name,
        artifacts.c.type,
        artifacts.c.description,
        artifacts.c.created_at,
        artifacts.c.updated_at,
        counted.label("versions"),
        newest.scalar_subquery().label("latest"),
    ).select_from(
        artifacts.join(projects, projects.c.id == artifacts.c.project_id).join(
            owners, owners.c.id == projects.c.owner_id
        )
    )


def _placed(actor: Actor | None, *, pending: bool) -> FromClause:
    around: FromClause = artifact_versions
    where = artifact_versions.c.artifact
    if not pending:
        mine = artifact_places.c.version == artifact_versions.c.key
        around, where = artifact_places.join(artifact_versions, mine), artifact_places.c.artifact
    around = (
        around.join(artifacts, artifacts.c.key == where)
        .join(projects, projects.c.id == artifacts.c.project_id)
        .join(owners, owners.c.id == projects.c.owner_id)
        .join(homes, homes.c.key == artifact_versions.c.artifact)
        .join(home_projects, home_projects.c.id == homes.c.project_id)
        .join(home_owners, home_owners.c.id == home_projects.c.owner_id)
    )
    return around if actor is None else _with_membership(around, actor)


def _reachable_runs(actor: Actor) -> FromClause:
    around = (
        artifact_runs.join(runs, runs.c.number == artifact_runs.c.run)
        .join(projects, projects.c.id == runs.c.project_id)
        .join(owners, owners.c.id == projects.c.owner_id)
    )
    return _with_membership(around, actor)


def _with_membership(around: FromClause, actor: Actor) -> FromClause:
    mine = and_(members.c.project_id == projects.c.id, members.c.user_id == actor.user_id)
    return around.outerjoin(members, mine)


def _aliases(
    connection: Connection, rows: Iterable[RowMapping]
) -> dict[tuple[int, int], tuple[str, ...]]:
    places = {(row["artifact"], row["number"]) for row in rows}
    query: Select[Unpack[tuple[Any, ...]]] = (
        select(artifact_aliases)
        .where(
            artifact_aliases.c.artifact.in_({artifact for artifact, _ in places}),
            artifact_aliases.c.number.in_({number for _, number in places}),
        )
        .order_by(artifact_aliases.c.alias)
    )
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for artifact, alias, number in connection.execute(query) if places else ():
        found[artifact, number] = (*found.get((artifact, number), ()), alias)
    return found


def _version(row: RowMapping, aliases: tuple[str, ...]) -> Version:
    return Version(
        **{name: row[name] for name in _SAME},
        place=Place(row["owner"], row["project"], row["name"], row["number"]),
        home=Place(row["home_owner"], row["home_project"], row["home_name"], row["home_number"]),
        state=VersionState(row["state"]),
        tags=tuple(row["tags"]),
        aliases=aliases,
    )


_SAME: Final = (
    "key", "id", "project_id", "type", "digest", "description", "metadata", "size", "files",
    "created_at", "updated_at", "placed_at", "lifetime_us",
)  # fmt: skip
