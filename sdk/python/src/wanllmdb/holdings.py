"""Holdings: what a run keeps besides its rows: files, artifacts, models, alerts, its code.

Each method is a few lines that call the part that does the work, imported when it is first
asked for: who logs numbers alone loads nothing of this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, cast

from wanllmdb.guard import guarded
from wanllmdb.logbook import Logbook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wanllmdb.alerts import AlertLevel
    from wanllmdb.artifact import Artifact
    from wanllmdb.run import Run

StrPath = str | os.PathLike[str]


class Holdings(Logbook):
    """What a run keeps besides its rows."""

    @property
    def _run(self) -> Run:
        """The run whose holdings these are: itself."""
        return cast("Run", self)

    @guarded()
    def save(
        self,
        glob_str: StrPath | None = None,
        base_path: StrPath | None = None,
        policy: str = "live",
    ) -> bool | list[str]:
        """Keep files of this machine with the run. See `saved.save`."""
        from wanllmdb import saved

        self._check_open("save")
        return saved.save(self._run, glob_str, base_path=base_path, policy=policy)

    @guarded()
    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: StrPath | None = None,
    ) -> Any:
        """A file that a run kept, opened for reading. See `saved.restore`."""
        from wanllmdb import saved

        return saved.restore(self._run, name, run_path=run_path, replace=replace, root=root)

    @guarded()
    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> Any:
        """Log histograms of a model's gradients and parameters. See `gradients.watch`."""
        from wanllmdb import gradients

        self._check_open("watch")
        return gradients.watch(
            self._run,
            models,
            criterion=criterion,
            log=log,
            log_freq=log_freq,
            idx=idx,
            log_graph=log_graph,
        )

    @guarded()
    def unwatch(self, models: Any = None) -> None:
        """Stop what `watch` began; of all models if none is named."""
        from wanllmdb import gradients

        gradients.unwatch(self._run, models)

    @guarded()
    def alert(
        self,
        title: str,
        text: str,
        level: str | AlertLevel | None = None,
        wait_duration: Any = None,
    ) -> None:
        """Tell who watches the run. See `alerts.alert`."""
        from wanllmdb import alerts

        self._check_open("alert")
        alerts.alert(self._run, title, text, level=level, wait_duration=wait_duration)

    @guarded()
    def log_artifact(
        self,
        artifact_or_path: Artifact | StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - wandb's word
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Keep a version of an artifact that this run made. See `archive.log_artifact`."""
        from wanllmdb import archive

        self._check_open("log_artifact")
        return archive.log_artifact(
            self._run, artifact_or_path, name=name, type=type, aliases=aliases, tags=tags
        )

    @guarded()
    def upsert_artifact(
        self,
        artifact_or_path: Artifact | StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - wandb's word
        aliases: Sequence[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """Add to a version that several processes make. See `archive.upsert_artifact`."""
        from wanllmdb import archive

        self._check_open("upsert_artifact")
        return archive.upsert_artifact(
            self._run,
            artifact_or_path,
            name=name,
            type=type,
            aliases=aliases,
            distributed_id=distributed_id,
        )

    @guarded()
    def finish_artifact(
        self,
        artifact_or_path: Artifact | StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - wandb's word
        aliases: Sequence[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """End a version that several processes make. See `archive.finish_artifact`."""
        from wanllmdb import archive

        self._check_open("finish_artifact")
        return archive.finish_artifact(
            self._run,
            artifact_or_path,
            name=name,
            type=type,
            aliases=aliases,
            distributed_id=distributed_id,
        )

    @guarded()
    def use_artifact(
        self,
        artifact_or_name: Artifact | str,
        type: str | None = None,  # noqa: A002 - wandb's word
        aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """Take a version as an input of this run. See `archive.use_artifact`."""
        from wanllmdb import archive

        self._check_open("use_artifact")
        return archive.use_artifact(
            self._run, artifact_or_name, type=type, aliases=aliases, use_as=use_as
        )

    @guarded()
    def link_artifact(
        self, artifact: Artifact, target_path: str, aliases: Sequence[str] | None = None
    ) -> Any:
        """Show a version in another collection, too. See `archive.link_artifact`."""
        from wanllmdb import archive

        self._check_open("link_artifact")
        return archive.link_artifact(self._run, artifact, target_path, aliases=aliases)

    @guarded()
    def log_model(
        self, path: StrPath, name: str | None = None, aliases: Sequence[str] | None = None
    ) -> None:
        """Keep a model, which is an artifact of the type "model". See `archive.log_model`."""
        from wanllmdb import archive

        self._check_open("log_model")
        archive.log_model(self._run, path, name=name, aliases=aliases)

    @guarded()
    def use_model(self, name: str) -> str:
        """Take a model as an input; where it lies then. See `archive.use_model`."""
        from wanllmdb import archive

        self._check_open("use_model")
        return archive.use_model(self._run, name)

    @guarded()
    def link_model(
        self,
        path: StrPath,
        registered_model_name: str,
        name: str | None = None,
        aliases: Sequence[str] | None = None,
    ) -> Any:
        """Keep a model, and show it in a collection of registered ones, too."""
        from wanllmdb import archive

        self._check_open("link_model")
        return archive.link_model(
            self._run, path, registered_model_name, name=name, aliases=aliases
        )

    @guarded()
    def log_code(
        self,
        root: str | None = ".",
        name: str | None = None,
        include_fn: Callable[..., bool] | None = None,
        exclude_fn: Callable[..., bool] | None = None,
    ) -> Artifact | None:
        """Keep the code below a folder, as an artifact. See `archive.log_code`."""
        from wanllmdb import archive

        self._check_open("log_code")
        return archive.log_code(
            self._run, root, name=name, include_fn=include_fn, exclude_fn=exclude_fn
        )
