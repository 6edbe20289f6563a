"""Forms of artifacts: what the domain knows, as the API says it."""

from __future__ import annotations

from typing import Any, Final

from wanllmdb_server.domain import artifact as domain
from wanllmdb_server.domain.page import Page
from wanllmdb_server.fronts.rest.schemas import artifacts as form


def artifact_form(found: domain.Artifact) -> form.Artifact:
    """An artifact."""
    said = {name: getattr(found, name) for name in form.Artifact.model_fields if name != "latest"}
    return form.Artifact(**said, latest=_v(found.latest))


def version_page(page: Page[domain.Version]) -> form.VersionPage:
    """A stretch of versions."""
    items = [version_form(each) for each in page.items]
    return form.VersionPage(items=items, next=page.next, total=page.total)


_OF_VERSION: Final = (
    "id", "type", "digest", "description", "metadata", "size", "files", "lifetime_us",
    "created_at", "updated_at", "placed_at", "linked",
)  # fmt: skip


def version_form(found: domain.Version) -> form.Version:
    """A version where it was found."""
    return form.Version(
        **{name: getattr(found, name) for name in _OF_VERSION},
        **_place(found.place),
        state=found.state.value,
        aliases=list(found.aliases),
        tags=list(found.tags),
        source=form.Place(**_place(found.home)),
    )


def _place(place: domain.Place) -> dict[str, Any]:
    return {
        "owner": place.owner,
        "project": place.project,
        "artifact": place.artifact,
        "version": _v(place.number),
    }


def _v(number: int | None) -> str | None:
    return None if number is None else f"v{number}"


def entry_form(entry: domain.Entry) -> form.Entry:
    """A file of a version."""
    return form.Entry(
        path=entry.path,
        size=entry.size,
        digest=None if entry.digest is None else f"sha256:{entry.digest}",
        reference=entry.reference,
        checksum=entry.checksum,
        extra=entry.extra,
    )


def party_form(party: domain.Party) -> form.Party:
    """A run."""
    return form.Party(owner=party.owner, project=party.project, id=party.id, name=party.name)


def lineage_form(lineage: domain.Lineage) -> form.Lineage:
    """Which run made a version, and which used it."""
    return form.Lineage(
        logged_by=None if lineage.logged_by is None else party_form(lineage.logged_by),
        used_by=[party_form(each) for each in lineage.used_by],
    )
