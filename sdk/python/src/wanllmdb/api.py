"""Api: what is on the server, for scripts: runs with their rows and files, projects, artifacts.

Names, arguments and answers are those of wandb's `Api`. Every call asks the server and waits; it
tells what the server has, so what `run.finish()` has sent is there. This module is also found as
`wandb.apis.public` and as `wandb.api`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wanllmdb.errors import AbsentError, UnsupportedError
from wanllmdb.naming import chance, new_id
from wanllmdb.public import artifacts, paths
from wanllmdb.public.files import File, Files
from wanllmdb.public.history import HistoryScan
from wanllmdb.public.lines import ConsoleLogLine
from wanllmdb.public.paths import UNNAMED, Defaults
from wanllmdb.public.projects import Project, Projects, User, find_projects
from wanllmdb.public.run import Run
from wanllmdb.public.runs import Runs
from wanllmdb.public.server import Server, project_path, run_path
from wanllmdb.public.summary import RunSummary
from wanllmdb.settings import resolve

__all__ = [
    "Api",
    "ConsoleLogLine",
    "File",
    "Files",
    "HistoryScan",
    "Project",
    "Projects",
    "Run",
    "RunSummary",
    "Runs",
    "User",
]


class Api:
    """Reads what is on a server.

    Args:
        overrides: `base_url`, `entity`, `project` or `run` instead of those of the settings.
        timeout: seconds to wait for an answer, and for somebody who answers.
        api_key: what the server is shown, instead of what is kept for it.
    """

    def __init__(
        self,
        overrides: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
    ) -> None:
        said = dict(overrides or {})
        told = {
            "api_url": said.get("base_url"),
            "api_key": api_key or said.get("api_key"),
            "entity": said.get("entity"),
            "project": said.get("project"),
            "run_id": said.get("run"),
        }
        self._settings = resolve(told)
        self.client = Server(self._settings, timeout=timeout)
        self.settings: dict[str, Any] = {
            "base_url": self.client.url,
            "entity": self._settings.entity,
            "project": self._settings.project,
            "run": self._settings.run_id,
        }
        self._viewer: User | None = None

    # Who asks.

    @property
    def viewer(self) -> User:
        """Whose key it is."""
        if self._viewer is None:
            self._viewer = User(self.client.get("/me")["user"])
        return self._viewer

    @property
    def default_entity(self) -> str:
        """The owner that a path without one means."""
        return self.settings["entity"] or self.viewer.name

    @property
    def user_agent(self) -> str:
        """How it presents itself."""
        from wanllmdb.version import VERSION

        return f"wanllmdb/{VERSION}"

    @property
    def api_key(self) -> str | None:
        """The key that the server is shown; None where an account signs in, or nobody."""
        from wanllmdb.credentials import find_key

        return find_key(self._settings)

    # Runs.

    def run(self, path: str = "") -> Run:
        """The run of a path: entity/project/id, project/id, id, or the address of its page.

        Raises:
            AbsentError: there is none; it is a `CommError` and a `ValueError`.
        """
        names = paths.run_path(path, self._defaults)
        try:
            said = self.client.get(run_path(*names))
        except AbsentError as error:
            raise AbsentError(f"Could not find run {'/'.join(names)}: {error}") from None
        return Run(self, self.client, said)

    def runs(
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | str | None = None,
        order: str | Sequence[str] = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> Runs:
        """The runs of a project that meet a filter; asked for when they are looked at.

        Args:
            path: entity/project, or project.
            filters: as in MongoDB: `{"state": "finished", "config.lr": {"$gt": 0.1}}`; or as
                text, as in the page: `state = finished and config.lr > 0.1`.
            order: such as `-summary_metrics.loss`; several keys are joined with commas.
            per_page: runs that are asked for at once.
            include_sweeps: means nothing here.
            lazy: configs and summaries are asked for when they are looked at.
        """
        del include_sweeps
        names = paths.project_path(path, self._defaults)
        return Runs(
            self, self.client, names, filters=filters, order=order, per_page=per_page, lazy=lazy
        )

    def create_run(
        self,
        *,
        run_id: str | None = None,
        project: str | None = None,
        entity: str | None = None,
    ) -> Run:
        """A new run, of which no script logs anything."""
        body = {
            "id": run_id or new_id(chance()),
            "project": project or self._defaults.project,
            "owner": entity or self.default_entity,
        }
        return Run(self, self.client, self.client.ask("POST", "/runs", body)["run"])

    def from_path(self, path: str) -> Run | Project:
        """What a path names: a run, or a project."""
        return self.run(path) if len(paths.parts_of(path)) > 2 else self.project(path)

    # Projects.

    def project(self, name: str, entity: str | None = None) -> Project:
        """A project, by its name or as entity/project."""
        path = f"{entity}/{name}" if entity and "/" not in name else name
        names = paths.project_path(path, self._defaults)
        return Project(self, self.client.get(project_path(*names)))

    def projects(self, entity: str | None = None, per_page: int = 200) -> Projects:
        """The projects of an owner."""
        return find_projects(self, self.client, entity or self.default_entity, per_page)

    def create_project(self, name: str, entity: str | None = None) -> None:
        """Make a project."""
        self.client.ask("POST", "/projects", {"name": name, "owner": entity or self.default_entity})

    # Artifacts.

    def artifact(self, name: str, type: str | None = None) -> Any:  # noqa: A002 - wandb's word
        """A version of an artifact, as entity/project/name:alias."""
        return artifacts.part().fetch(self, name, type)

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002
        """Whether there is such a version."""
        return artifacts.part().artifact_exists(self, name, type)

    def artifact_collection(self, type_name: str, name: str) -> Any:
        """An artifact with all of its versions."""
        return artifacts.part().artifact_collection(self, type_name, name)

    def artifact_collection_exists(self, name: str, type: str) -> bool:  # noqa: A002
        """Whether there is such an artifact."""
        try:
            self.artifact_collection(type, name)
        except ValueError:  # what is not there is one
            return False
        return True

    def artifact_collections(self, project_name: str, type_name: str, **asked: Any) -> Any:
        """The artifacts of a type in a project."""
        return artifacts.part().artifact_collections(self, project_name, type_name, **asked)

    def artifact_types(self, project: str | None = None, **asked: Any) -> Any:
        """The types of the artifacts in a project."""
        return artifacts.part().artifact_types(self, project, **asked)

    def artifact_type(self, type_name: str, project: str | None = None) -> Any:
        """A type of artifacts in a project."""
        return artifacts.part().artifact_type(self, type_name, project)

    def artifacts(self, type_name: str, name: str, **asked: Any) -> Any:
        """The versions of an artifact."""
        del asked
        return self.artifact_collection(type_name, name).artifacts()

    artifact_versions = artifacts

    # The rest.

    def sweep(self, path: str = "") -> Any:
        """A sweep."""
        raise UnsupportedError(f"Sweeps cannot be read through the Api yet: {path!r:.200}.")

    def flush(self) -> None:
        """Forget what was remembered. Runs and projects are not remembered."""
        self._viewer = None

    def project_names(self, path: str | None) -> tuple[str, str]:
        """The owner and the project that a path means, what it leaves out filled in."""
        return paths.project_path(path, self._defaults)

    @property
    def _defaults(self) -> Defaults:
        return Defaults(
            lambda: self.default_entity,
            self.settings["project"] or UNNAMED,
            self.settings["run"],
        )

    def __repr__(self) -> str:
        return f"<Api {self.client.url}>"


def __getattr__(name: str) -> Any:
    """`wandb.api.api_key`: whether somebody is signed in is asked of the module."""
    if name == "api_key":
        from wanllmdb.login import current_key

        return current_key()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
