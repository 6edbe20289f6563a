"""Views and links, as the API says them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from wanllmdb_server.domain.view import Kind
from wanllmdb_server.fronts.rest.schemas.form import MAX_INT64, Answer, Body, Time


class ListedView(Answer):
    """How people look at a project, without its content."""

    id: str
    name: str
    kind: Kind
    shared: bool = Field(description="With all who may see the project")
    default: bool = Field(description="All see it first, of its kind")
    owner: str | None
    mine: bool
    revision: int = Field(description="Grows with every change")
    created_at: Time
    updated_at: Time


class View(ListedView):
    """A view with its content, which is the page's own affair."""

    content: Any


class ViewList(Answer):
    """The asker's own views and the shared ones, by name."""

    items: list[ListedView]


class NewView(Body):
    """A view to be kept."""

    name: str
    kind: Kind
    shared: bool = False
    content: Any


class ViewChange(Body):
    """What shall be different of a view that is at this revision; what is not named stays."""

    revision: int = Field(ge=1, le=MAX_INT64)
    name: str = ""
    shared: bool = False
    default: bool = False
    content: Any = None


class NewLink(Body):
    """A look at a page of the project: its path, and its state as the text of a query."""

    path: str
    state: str


class MadeLink(Answer):
    """The short word behind which a look is."""

    hash: str


class Link(Answer):
    """A look at a page."""

    owner: str
    project: str
    path: str
    state: str
