"""Run: a run as the server has it, whoever logged it, whether it still goes on or not.

What a run is called and told stands as it was read; `load(force=True)` reads it again. Changes
are kept with `update()`.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb.errors import UnsupportedError
from wanllmdb.public import artifacts, files, history, lines, values
from wanllmdb.public.facts import Facts, as_text, is_users
from wanllmdb.public.files import File
from wanllmdb.public.history import HistoryScan
from wanllmdb.public.lines import ConsoleLogLine, Line
from wanllmdb.public.pages import Pages

# Of a run that is silent it is not known whether it still goes on; wandb says that it does.
_GOING: Final = frozenset({"running", "pending", "preempting"})
_LOOK_SECONDS: Final = 2.0
_TEXTS: Final = ("name", "notes", "group", "job_type")


class Run(Facts):
    """A run of a server. See `Api.run`, and `Facts` for what it is."""

    # What it logged.

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """Some of its rows, spread over the steps: a DataFrame, or dicts without pandas.

        Args:
            samples: at most so many rows.
            keys: only rows with all of these, and these alone; None is every key.
            x_axis: a key that the rows have besides.
            pandas: whether a DataFrame is wanted.
            stream: "default" is what was logged, "system" what was measured of the machine.
        """
        rows = history.sampled(
            self._server, self._path, samples=samples, keys=keys, x_axis=x_axis, stream=stream
        )
        return history.table(rows) if pandas else rows

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> HistoryScan:
        """Every row, exactly as it was logged; read as they are used. See `HistoryScan`."""
        del use_cache
        return HistoryScan(
            self._server,
            self._path,
            keys,
            page_size=page_size,
            min_step=min_step,
            max_step=max_step,
        )

    @property
    def system_metrics(self) -> dict[str, Any]:
        """The last reading of each measure of the machine."""
        return {
            history.system_name(each["key"]): values.logged(each["last"])
            for each in self._keys()
            if each["key"].startswith(history.SYSTEM)
        }

    @property
    def history_keys(self) -> dict[str, Any]:
        """The keys that were logged, how often, and their last values."""
        found = [each for each in self._keys() if is_users(each["key"])]
        return {
            "keys": {
                each["key"]: {
                    "typeCounts": [{"type": each["kind"], "count": each["logged"]}],
                    "previousValue": values.logged(each["last"]),
                }
                for each in found
            },
            "lastStep": max((each["last_step"] for each in found), default=-1),
            "sets": [],
        }

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - wandb's word
        """The last step that was logged; -1 if there is none."""
        return self._last_step()

    def console(
        self,
        stream: str | None = None,
        search: str | None = None,
        *,
        case: bool = False,
        regex: bool = False,
    ) -> Iterator[Line]:
        """The lines that it printed, in the order of time; those alone in which a text occurs."""
        asked = {"stream": stream, "q": search, "case": case, "regex": regex}
        return lines.read_lines(self._server, self._path, asked)

    def console_logs(
        self, *, per_page: int = 1000, last: int | None = None
    ) -> Pages[ConsoleLogLine]:
        """The lines that it printed, as wandb's Api gives them."""
        return lines.log_lines(self._server, self._path, per_page=per_page, last=last)

    def alerts(self) -> list[dict[str, Any]]:
        """What its script wanted people to hear, newest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self._server.get(f"{self._path}/alerts", {"limit": 1000, "cursor": cursor})
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    # What it kept.

    def files(
        self,
        names: Collection[str] | None = None,
        pattern: str | None = None,
        per_page: int = 50,
    ) -> Pages[File]:
        """Its files: all, those named, or those like a pattern in which `%` is anything."""
        return files.find_files(
            self._server, self._path, names=names, pattern=pattern, per_page=per_page
        )

    def file(self, name: str) -> File:
        """One of its files; an error, if it has none of this name."""
        return files.find_file(self._server, self._path, name)

    def upload_file(self, path: str | Path, root: str | Path = ".") -> File:
        """Keep a file of this machine with it, under its name below `root`."""
        return files.put_file(self._server, self._path, Path(path), Path(root))

    def logged_artifacts(self, per_page: int = 100) -> Any:
        """The versions of artifacts that it made."""
        del per_page
        return artifacts.part().logged_by_run(self._api, *self.path)

    def used_artifacts(self, per_page: int = 100) -> Any:
        """The versions of artifacts that it took."""
        del per_page
        return artifacts.part().used_by_run(self._api, *self.path)

    def use_artifact(self, artifact: Any, use_as: str | None = None) -> Any:
        """Say that it took a version, which is on the server already."""
        body = {"id": artifact.id, **({"use_as": use_as} if use_as else {})}
        self._server.ask("POST", f"{self._path}/artifacts", body)
        return artifact

    def log_artifact(self, artifact: Any, **said: Any) -> Any:
        """A version is made by the run that logs it, while that goes on."""
        del artifact, said
        raise UnsupportedError(
            "A version is made by the run that logs it: wandb.init(id=…, resume='must') and "
            "run.log_artifact(…) add one to a run that has ended."
        )

    # What is done to it.

    def load(self, force: bool = False) -> dict[str, Any]:
        """What the server says of it; `force` asks anew. What was not kept yet is forgotten."""
        if force or "config" not in self._said:
            self._fill = None
            self._take(self._server.get(self._path))
        return dict(self._said)

    load_full_data = load

    def update(self) -> None:
        """Keep what was changed: name, notes, tags, group, job type, config, summary."""
        changed: dict[str, Any] = {
            name: getattr(self, name) or ""
            for name in _TEXTS
            if (getattr(self, name) or "") != (self._said[name] or "")
        }
        if list(self.tags) != self._said["tags"]:
            changed["tags"] = list(self.tags)
        if self._config is not None and as_text(self._config) != self._config_before:
            before = json.loads(self._config_before)
            after = json.loads(as_text(self._config))
            changed["config"] = {
                key: value
                for key, value in after.items()
                if key not in before or before[key] != value
            }
        if changed:
            self._believe(self._server.ask("PATCH", self._path, changed))
        if self._summary is not None:
            self._summary.update()

    def save(self) -> None:
        """Keep what was changed."""
        self.update()

    def stop(self) -> None:
        """Ask its script to stop."""
        self._believe(self._server.ask("PATCH", self._path, {"stop_requested": True}))

    def delete(self, delete_artifacts: bool = False) -> None:
        """Delete it with all that it logged and kept; its artifacts, too, if that is said."""
        if delete_artifacts:
            for each in self.logged_artifacts():
                each.delete(delete_aliases=True)
        self._server.ask("DELETE", self._path)

    def wait_until_finished(self) -> None:
        """Return when it has ended."""
        while self.load(force=True) and self.state in _GOING:
            time.sleep(_LOOK_SECONDS)

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its page as a frame in another one."""
        frame = (
            f'<iframe src="{html.escape(self.url)}" style="border:none;width:100%;'
            f'height:{int(height)}px;"></iframe>'
        )
        return (
            f"<details><summary>Run {html.escape(self.id)}</summary>{frame}</details>"
            if hidden
            else frame
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show its page in a notebook; whether that could be done."""
        try:
            from IPython import display  # pyright: ignore[reportMissingImports, reportMissingModuleSource]
        except ImportError:
            return False
        display.display(display.HTML(self.to_html(height, hidden)))
        return True

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"
