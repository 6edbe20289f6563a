"""Facts: what a run of the server is, as far as that stands with the run itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wanllmdb.errors import CommError
from wanllmdb.public import values
from wanllmdb.public.projects import User
from wanllmdb.public.server import Server, run_path
from wanllmdb.public.summary import RunSummary

if TYPE_CHECKING:
    from wanllmdb.api import Api


class Facts:
    """What a run is. See `Run`.

    Attributes:
        id: unique in its project.
        entity, project: where it is.
        name: what it is called; also `display_name`. Assign, then `update()`.
        notes, tags, group, job_type: assign, then `update()`.
        config: what the script set; change it, then `update()`.
        user: whose it is.
    """

    def __init__(
        self,
        api: Api,
        server: Server,
        said: Mapping[str, Any],
        fill: Callable[[], None] | None = None,
    ) -> None:
        """`said` is what the server says of it; `fill` gets what is left out of that."""
        self._api = api
        self._server = server
        self._fill = fill
        self._take(said)

    def _take(self, said: Mapping[str, Any]) -> None:
        """Believe what the server says now."""
        self._said = dict(said)
        self.id: str = said["id"]
        self.entity: str = said["owner"]
        self.project: str = said["project"]
        self.name: str = said["name"]
        self.notes: str | None = said["notes"]
        self.tags: list[str] = list(said["tags"])
        self.group: str | None = said["group"]
        self.job_type: str | None = said["job_type"]
        self.sweep = None
        self._config: dict[str, Any] | None = None
        self._config_before: str = ""
        self._summary: RunSummary | None = None

    # What it is.

    @property
    def display_name(self) -> str:
        """What it is called."""
        return self.name

    @display_name.setter
    def display_name(self, name: str) -> None:
        self.name = name

    @property
    def state(self) -> str:
        """running, preempting, finished, failed, crashed, killed or preempted."""
        state = "running" if self._said["state"] == "unreachable" else self._said["state"]
        return "preempting" if state == "running" and self._said["preempting"] else state

    @property
    def path(self) -> list[str]:
        """The names by which it is found."""
        return [self.entity, self.project, self.id]

    @property
    def storage_id(self) -> str:
        """What the server calls it."""
        return self.id

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self._server.url}{self._said['url']}"

    @property
    def user(self) -> User | None:
        """Who logged it; None when that account is gone."""
        return User({"name": self._said["user"]}) if self._said["user"] else None

    @property
    def username(self) -> str | None:
        """The name of who logged it."""
        return self._said["user"]

    @property
    def created_at(self) -> str | None:
        """When it began, ISO 8601."""
        return values.iso(self._said["created_at"])

    @property
    def heartbeat_at(self) -> str | None:
        """When something was heard of it last, ISO 8601."""
        return values.iso(self._said["heartbeat_at"])

    createdAt = created_at  # noqa: N815 - wandb's words, these two
    heartbeatAt = heartbeat_at  # noqa: N815

    @property
    def exit_code(self) -> int | None:
        """How its script ended; None while nobody knows."""
        return self._said["exit_code"]

    @property
    def config(self) -> dict[str, Any]:
        """What the script set. Change it, then `update()`."""
        if self._config is None:
            self._config = {
                key: values.told(value)
                for key, value in self._full("config").items()
                if key != "_wandb"
            }
            self._config_before = as_text(self._config)
        return self._config

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The config with what is not the user's."""
        return dict(self._full("config"))

    @property
    def json_config(self) -> str:
        """The config as wandb writes it into a file."""
        return json.dumps(
            {key: {"value": value, "desc": None} for key, value in self.config.items()}
        )

    @property
    def summary(self) -> RunSummary:
        """The last word on each key; what is set is kept with its `update()`, or the run's."""
        if self._summary is None:
            ended = self._said["finished_at"] or self._said["heartbeat_at"]
            beside: dict[str, Callable[[], Any]] = {
                "_step": self._last_step,
                "_runtime": lambda: (ended - self._said["started_at"]) / 1e6,
                "_timestamp": lambda: ended / 1e6,
            }
            self._summary = RunSummary(self._full("summary"), self._send_summary, beside)
        return self._summary

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """The summary as a plain mapping."""
        return dict(self.summary)

    @property
    def metadata(self) -> dict[str, Any]:
        """What was found of the script and its machine: host, os, python, program, args, git …"""
        found = {k: v for k, v in self._full("environment").items() if not k.startswith("metric/")}
        args = found.get("argv", [])
        return {"args": args, "codePath": found.get("program"), "username": self.username, **found}

    @property
    def commit(self) -> str | None:
        """The commit of the script's repository."""
        git = self._full("environment").get("git")
        return git.get("commit") if isinstance(git, dict) else None

    # How it knows.

    @property
    def _path(self) -> str:
        return run_path(self.entity, self.project, self.id)

    def _full(self, part: str) -> dict[str, Any]:
        """One of the mappings that lists leave out."""
        if part not in self._said and self._fill is not None:
            fill, self._fill = self._fill, None
            fill()
        if part not in self._said:
            self._said = {**self._server.get(self._path)}
        return self._said[part]

    def _complete(self, said: Mapping[str, Any]) -> None:
        """Take the mappings that were left out, and nothing else."""
        for part in ("config", "summary", "environment"):
            self._said[part] = said[part]
        self._fill = None

    def _believe(self, said: Mapping[str, Any]) -> None:
        """Take what was kept, but for a summary that was set and not yet sent."""
        summary = self._summary
        self._take(said)
        self._summary = summary

    def _send_summary(self, changed: dict[str, Any]) -> None:
        said = self._server.ask("PATCH", self._path, {"summary": plain(changed)})
        self._said = dict(said)

    def _last_step(self) -> int:
        """The last step that was logged; -1 if there is none."""
        steps = (each["last_step"] for each in self._keys() if is_users(each["key"]))
        return max(steps, default=-1)

    def _keys(self) -> list[Mapping[str, Any]]:
        return list(self._server.get(f"{self._path}/keys")["keys"])


def is_users(key: str) -> bool:
    """Whether a key is one that the user logged."""
    return not key.startswith(("system/", "console/"))


def as_text(config: Mapping[str, Any]) -> str:
    """A config as it is compared."""
    return json.dumps(plain(config), sort_keys=True)


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the wire carries them: arrays, tensors, enums and their like are made plain.

    Raises:
        CommError: one has no such form.
    """
    from wanllmdb.values import LOGGED, Unloggable

    try:
        return {str(key): LOGGED.convert(value) for key, value in said.items()}
    except Unloggable as error:
        raise CommError(f"There is {error}, which cannot be kept.") from None
