"""Runs: those of a project that meet a filter, in an order, read as they are looked at.

A page comes without configs and summaries; the first look at one of them gets those of the
whole page at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wanllmdb.errors import ArgumentError
from wanllmdb.public import history
from wanllmdb.public.pages import Page, Pages
from wanllmdb.public.paths import ProjectPath
from wanllmdb.public.run import Run
from wanllmdb.public.server import Server, project_path

if TYPE_CHECKING:
    from wanllmdb.api import Api


class Runs(Pages[Run]):
    """A sequence of runs. See `Api.runs`."""

    def __init__(
        self,
        api: Api,
        server: Server,
        path: ProjectPath,
        *,
        filters: Mapping[str, Any] | str | None,
        order: str | Sequence[str] | None,
        per_page: int,
        lazy: bool,
    ) -> None:
        super().__init__(self._page)
        self.entity, self.project = path
        self.filters = filters if isinstance(filters, str) else dict(filters or {})
        self.order = order or "+created_at"
        self.per_page = max(1, per_page)
        self._api = api
        self._server = server
        self._lazy = lazy

    def _page(self, cursor: str | None) -> Page:
        said = self._ask(cursor, lite=self._lazy)
        runs: dict[str, Run] = {}

        def fill() -> None:
            for each in self._ask(cursor, lite=False)["items"]:
                if each["id"] in runs:
                    runs[each["id"]]._complete(each)

        for each in said["items"]:
            runs[each["id"]] = Run(self._api, self._server, each, fill if self._lazy else None)
        return Page(list(runs.values()), said["next"], said["total"])

    def _ask(self, cursor: str | None, *, lite: bool) -> Mapping[str, Any]:
        asked = {
            "filter" if isinstance(self.filters, str) else "filters": self.filters,
            "order": self.order if isinstance(self.order, str) else list(self.order),
            "limit": self.per_page,
            "cursor": cursor,
            "fields": "lite" if lite else "all",
        }
        return self._server.ask(
            "POST", f"{project_path(self.entity, self.project)}/runs/search", asked
        )

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: str = "default",  # noqa: A002 - wandb's word
        stream: str = "default",
    ) -> Any:
        """Rows of all of them, each with its `run_id`: dicts, or a DataFrame of pandas."""
        if format not in {"default", "pandas"}:
            raise ArgumentError(f"format is 'default' or 'pandas', not {format!r:.80}.")
        rows = [
            {**row, "run_id": run.id}
            for run in self
            for row in run.history(samples, keys, x_axis, pandas=False, stream=stream)
        ]
        return history.table(rows) if format == "pandas" else rows

    def upgrade_to_full(self) -> None:
        """Read configs and summaries with the pages from now on."""
        self._lazy = False

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project}>"
