"""Identity: who a run is, and how it answers when it is asked.

What only a server knows (the owner, the address of the page) stays None until one was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wanllmdb.guard import guarded, tell
from wanllmdb.naming import checked_tags, label, note
from wanllmdb.settings import Settings


@dataclass
class Identity:
    """Who a run is. `directory` is where files of the run may be put.

    `first_step` is where this process begins: behind what was logged, if the run goes on.
    """

    id: str
    name: str
    project: str
    entity: str | None
    directory: Path
    started_ns: int
    url: str | None = None
    project_url: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    job_type: str | None = None
    resumed: bool = False
    first_step: int = 0


class Named:
    """What a run answers when it is asked who it is. `name`, `notes`, `tags` may be set."""

    def __init__(self, identity: Identity, settings: Settings) -> None:
        self._identity = identity
        self._settings = settings

    @property
    def id(self) -> str:
        return self._identity.id

    @property
    def name(self) -> str:
        return self._identity.name

    @name.setter
    @guarded()
    def name(self, name: str) -> None:
        self._patch(name=label(str(name)))

    @property
    def notes(self) -> str | None:
        return self._identity.notes

    @notes.setter
    @guarded()
    def notes(self, notes: str) -> None:
        self._patch(notes=note(str(notes)))

    @property
    def tags(self) -> tuple[str, ...]:
        return self._identity.tags

    @tags.setter
    @guarded()
    def tags(self, tags: Sequence[str]) -> None:
        self._patch(tags=checked_tags(tags))

    @property
    def project(self) -> str:
        return self._identity.project

    @property
    def entity(self) -> str:
        return self._identity.entity or ""

    @property
    def path(self) -> str:
        return "/".join(filter(None, (self._identity.entity, self.project, self.id)))

    @property
    def group(self) -> str:
        return self._identity.group or ""

    @property
    def job_type(self) -> str:
        return self._identity.job_type or ""

    @property
    def url(self) -> str | None:
        return self._identity.url

    @property
    def project_url(self) -> str | None:
        return self._identity.project_url

    @property
    def dir(self) -> str:
        """Where files of the run may be put; made when it is first asked for."""
        self._identity.directory.mkdir(parents=True, exist_ok=True)
        return str(self._identity.directory)

    @property
    def start_time(self) -> float:
        return self._identity.started_ns / 1e9

    @property
    def resumed(self) -> bool:
        return self._identity.resumed

    @property
    def starting_step(self) -> int:
        return self._identity.first_step

    @property
    def offline(self) -> bool:
        return self._settings.mode == "offline"

    @property
    def disabled(self) -> bool:
        return self._settings.mode == "disabled"

    @property
    def settings(self) -> Settings:
        """What the run was told, and which run it became."""
        try:
            return self._settings.of(
                run_id=self.id, project=self.project, entity=self._identity.entity
            )
        except Exception as error:  # noqa: BLE001 - never into the training
            tell("settings", error)
            return self._settings

    @property
    def sweep_id(self) -> str | None:
        return self._settings.sweep_id

    @property
    def sweep_url(self) -> str | None:
        """The page of the run's sweep; None without one, or while no server was asked."""
        project, sweep = self._identity.project_url, self.sweep_id
        return f"{project}/sweeps/{quote(sweep, safe='')}" if project and sweep else None

    # What wandb's older names answer.

    def get_url(self) -> str | None:
        return self.url

    def get_project_url(self) -> str | None:
        return self.project_url

    def get_sweep_url(self) -> str | None:
        return self.sweep_url

    def project_name(self) -> str:
        return self.project

    def __repr__(self) -> str:
        return f"<Run {self.path} {self.name!r}>"

    def _patch(self, **changes: Any) -> None:
        """Change the identity. Who keeps records of changes does so here."""
        for name, value in changes.items():
            setattr(self._identity, name, value)
