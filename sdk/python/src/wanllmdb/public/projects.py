"""Projects and the people that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wanllmdb.errors import UnsupportedError
from wanllmdb.public import values
from wanllmdb.public.pages import Page, Pages
from wanllmdb.public.server import Server

if TYPE_CHECKING:
    from wanllmdb.api import Api


class User:
    """Somebody who has an account.

    Attributes:
        name, username, entity: what they are called; all the same here.
        admin: administrates the server.
    """

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.name: str = said["name"]
        self.username = self.entity = self.name
        self.email = ""
        self.admin = bool(said.get("admin"))
        self.teams: list[str] = []

    def __repr__(self) -> str:
        return f"<User {self.username}>"


class Project:
    """A set of runs."""

    def __init__(self, api: Api, said: Mapping[str, Any]) -> None:
        self._api = api
        self.entity: str = said["owner"]
        self.name: str = said["name"]
        self.description: str = said["description"]
        self.created_at = values.iso(said["created_at"])
        self.run_count: int = said["runs"]

    @property
    def id(self) -> str:
        """What tells it from other projects."""
        return f"{self.entity}/{self.name}"

    @property
    def path(self) -> list[str]:
        """The names by which it is found."""
        return [self.entity, self.name]

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self._api.client.url}/{self.entity}/{self.name}"

    @property
    def owner(self) -> User:
        """Whose it is."""
        return User({"name": self.entity})

    def runs(self, **asked: Any) -> Any:
        """Its runs. See `Api.runs`."""
        return self._api.runs(f"{self.entity}/{self.name}", **asked)

    def artifacts_types(self, per_page: int = 50) -> Any:
        """The types of its artifacts."""
        del per_page
        return self._api.artifact_types(self.id)

    def sweeps(self, per_page: int = 50, **asked: Any) -> Any:
        """Its sweeps."""
        del per_page, asked
        raise UnsupportedError("Sweeps cannot be read through the Api yet.")

    def __repr__(self) -> str:
        return f"<Project {self.id}>"


class Projects(Pages[Project]):
    """The projects of an owner."""


def find_projects(api: Api, server: Server, entity: str, per_page: int) -> Projects:
    """The projects of an owner, as far as they may be seen."""

    def fetch(cursor: str | None) -> Page:
        del cursor
        found: list[Project] = []
        behind: str | None = None
        while True:
            page = server.get("/projects", {"limit": max(1, per_page), "cursor": behind})
            found += [Project(api, said) for said in page["items"] if said["owner"] == entity]
            behind = page["next"]
            if behind is None:
                return Page(found, None, len(found))

    return Projects(fetch)
