"""Views: keeps how people look at a project, and the short words of single looks.

Whoever may see a project keeps views of their own in it; what is shared with all, or shown to all
first, is a member's to write. Methods block: on an event loop, call them in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection

from wanllmdb_server.catalog import views as rows
from wanllmdb_server.catalog.access import find_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.views import Draft
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_allowed, must_be_known
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from wanllmdb_server.domain.project import Project
from wanllmdb_server.domain.view import (
    MAX_CONTENT,
    MAX_PLACE,
    MAX_STATE,
    MAX_VIEWS,
    Kind,
    Link,
    View,
    view_name_fault,
)

_FIELDS: Final = ("name", "shared", "default", "content")


class ViewChangedError(ConflictError):
    """Somebody changed the view since it was read; `present` is how it is now."""

    code = "view-changed"

    def __init__(self, present: View) -> None:
        super().__init__(
            "The view was changed since you read it.", code=self.code, expected=present.revision
        )
        self.present = present


class Views:
    """Keeps views and links."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def find(self, actor: Actor, owner: str, project: str, kind: Kind | None) -> list[View]:
        """The actor's own and the shared ones, without content, by name."""
        with self._catalog.reading() as connection:
            of = self._project(connection, actor, owner, project, Verb.READ)
            return rows.list_views(connection, of.id, must_be_known(actor), kind)

    def get(self, actor: Actor, owner: str, project: str, view: str) -> View:
        """One of them, with its content."""
        with self._catalog.reading() as connection:
            of = self._project(connection, actor, owner, project, Verb.READ)
            return _found(connection, actor, of, view)

    def create(self, actor: Actor, owner: str, project: str, draft: Draft) -> View:
        """Keep a view.

        Raises:
            InvalidError: it cannot be one.
            NotAllowedError: it shall be shared, and the actor is no member.
        """
        _check({"name": draft.name, "content": draft.content})
        with self._catalog.writing() as connection:
            of = self._project(connection, actor, owner, project, Verb.CREATE)
            if draft.shared:
                _must_be_member(actor, of)
            user = must_be_known(actor)
            if rows.count_views(connection, of.id, user) >= MAX_VIEWS:
                raise ConflictError(f"At most {MAX_VIEWS} views each.", code="too-many-views")
            made = rows.make_view(connection, of.id, user, draft, now=self._catalog.clock())
            return _found(connection, actor, of, made)

    def change(
        self,
        actor: Actor,
        owner: str,
        project: str,
        view: str,
        *,
        revision: int,
        changes: Mapping[str, Any],
    ) -> View:
        """Change what is named of a view, if it is still as the actor read it.

        Raises:
            ViewChangedError: it is not.
        """
        changes = {name: changes[name] for name in _FIELDS if name in changes}
        _check(changes)
        with self._catalog.writing() as connection:
            of = self._project(connection, actor, owner, project, Verb.UPDATE)
            found = _found(connection, actor, of, view)
            _must_be_writer(actor, of, found, changes)
            if changes.get("shared") is False and found.shared and not found.mine:
                raise NotAllowedError("Only who made a view may take it back from the others.")
            if revision != found.revision:
                raise ViewChangedError(found)
            changed = {**changes, "shared": True} if changes.get("default") else changes
            if changed.get("shared") is False:
                changed = {**changed, "default": False}
            rows.change_view(connection, of.id, found, changed, now=self._catalog.clock())
            return _found(connection, actor, of, view)

    def delete(self, actor: Actor, owner: str, project: str, view: str) -> None:
        """Drop a view."""
        with self._catalog.writing() as connection:
            of = self._project(connection, actor, owner, project, Verb.DELETE)
            found = _found(connection, actor, of, view)
            _must_be_writer(actor, of, found, {})
            rows.drop_view(connection, found.id)

    # -- links

    def shorten(self, actor: Actor, owner: str, project: str, path: str, state: str) -> str:
        """The short word of a look at a page of the project; the same for the same look."""
        if len(state.encode()) > MAX_STATE:
            detail = f"At most {MAX_STATE} bytes."
            raise InvalidError("The state is too long.", faults=[_fault("/state", detail)])
        with self._catalog.writing() as connection:
            of = self._project(connection, actor, owner, project, Verb.CREATE)
            place = _place(owner, project, path)
            return rows.keep_link(connection, of.id, place, state, now=self._catalog.clock())

    def follow(self, actor: Actor, word: str) -> Link:
        """The look behind a word, for who may see its project."""
        must_be_known(actor)
        missing = NotFoundError("There is no such link that you may see.", code="link-not-found")
        with self._catalog.reading() as connection:
            link = rows.find_link(connection, word)
            if link is None:
                raise missing
            try:
                self._project(connection, actor, link.owner, link.project, Verb.READ)
            except NotFoundError:
                raise missing from None
        return link

    def _project(
        self, connection: Connection, actor: Actor, owner: str, project: str, verb: Verb
    ) -> Project:
        return find_project(connection, actor, owner, project, Resource.VIEW, verb)


def _found(connection: Connection, actor: Actor, of: Project, view: str) -> View:
    found = rows.find_view(connection, of.id, must_be_known(actor), view)
    if found is None:
        raise NotFoundError("There is no such view that you may see.", code="view-not-found")
    return found


def _must_be_writer(actor: Actor, of: Project, found: View, changes: Mapping[str, Any]) -> None:
    if found.shared or changes.get("shared") or changes.get("default"):
        _must_be_member(actor, of)


def _must_be_member(actor: Actor, of: Project) -> None:
    must_be_allowed(actor, Resource.SHARED_VIEW, Verb.UPDATE, of.role)


def _check(said: Mapping[str, Any]) -> None:
    faults: list[Fault] = []
    if "name" in said and (fault := view_name_fault(said["name"])):
        faults.append(Fault("/name", "unfit-name", fault))
    if "content" in said and len(msgspec.json.encode(said["content"])) > MAX_CONTENT:
        faults.append(_fault("/content", f"At most {MAX_CONTENT} bytes of JSON."))
    if faults:
        raise InvalidError("This cannot be a view.", faults=faults)


def _place(owner: str, project: str, path: str) -> str:
    """The path of a page behind its project."""
    for said in (f"/{owner}/{project}", f"/{quote(owner, safe='')}/{quote(project, safe='')}"):
        place = path.removeprefix(said)
        if path.startswith(said) and (not place or place.startswith("/")) and "?" not in place:
            if len(path) > MAX_PLACE:
                raise InvalidError("The path is too long.", faults=[_fault("/path", "Too long.")])
            return place
    detail = f"A path of a page of {owner}/{project}, without a query."
    raise InvalidError("The link leads elsewhere.", faults=[Fault("/path", "foreign-path", detail)])


def _fault(pointer: str, detail: str) -> Fault:
    return Fault(pointer, "too-long", detail)
