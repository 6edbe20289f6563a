"""Fabric: a logger for Lightning's Fabric.

::

    fabric = Fabric(loggers=[WandbLogger(project="digits")])
    fabric.log("loss", loss)
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wanllmdb.session as session
from wanllmdb.errors import UsageError
from wanllmdb.integration.library import library, tell_once
from wanllmdb.run import Run

_loggers = library("lightning.fabric.loggers.logger")
_ranks = library("lightning.fabric.utilities.rank_zero")


class WandbLogger(_loggers.Logger):
    """Logs with a run that begins when it is first needed, on the first rank only.

    Args:
        name, version, project, id: of the run; `version` is another word for `id`.
        save_dir, dir: where runs are kept on this machine; either word.
        offline: nothing is sent until `wanllmdb sync`.
        anonymous: means nothing here.
        log_model: checkpoints are kept as artifacts, at the end; "all" as they are saved.
        experiment: a run that has begun already.
        prefix: before every key, with a "-" between.
        checkpoint_name: of the artifact; `model-<id>` without it.
        log_checkpoint_on: "success", or "all" also when the training failed.
        kwargs: what else `init` takes.
    """

    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        name: str | None = None,
        save_dir: Any = ".",
        version: str | None = None,
        offline: bool = False,
        dir: Any = None,  # noqa: A002 - wandb's words
        id: str | None = None,  # noqa: A002
        anonymous: bool | None = None,
        project: str | None = None,
        log_model: str | bool = False,
        experiment: Run | None = None,
        prefix: str = "",
        checkpoint_name: str | None = None,
        log_checkpoint_on: str = "success",
        **kwargs: Any,
    ) -> None:
        super().__init__()
        del anonymous
        if offline and log_model:
            raise UsageError("WandbLogger(offline=True) keeps no models: say log_model=False")
        self._experiment = experiment
        self._prefix = prefix
        self._log_model = log_model
        self._checkpoint_name = checkpoint_name
        self._log_checkpoint_on = log_checkpoint_on
        self._checkpoint_callback: Any = None
        self._kept: set[tuple[str, float]] = set()
        self._begin: dict[str, Any] = {
            "name": name,
            "project": project,
            "dir": str(dir or save_dir),
            "id": version or id,
            "resume": "allow",
            **({"mode": "offline"} if offline else {}),
            **kwargs,
        }
        Path(self._begin["dir"]).mkdir(parents=True, exist_ok=True)

    @property
    @_loggers.rank_zero_experiment
    def experiment(self) -> Run:
        """The run; the current one if one has begun, a new one otherwise."""
        if self._experiment is None:
            current = session.current()
            if current is not None:
                tell_once("a run is active already; WandbLogger goes on with it")
            self._experiment = current or session.init(**self._begin)
            define = getattr(self._experiment, "define_metric", None)
            if define:
                define("trainer/global_step")
                define("*", step_metric="trainer/global_step", step_sync=True)
        return self._experiment

    def watch(
        self, model: Any, log: str = "gradients", log_freq: int = 100, log_graph: bool = True
    ) -> None:
        """Histograms of the model's gradients and parameters. See `Run.watch`."""
        self.experiment.watch(model, log=log, log_freq=log_freq, log_graph=log_graph)

    @_ranks.rank_zero_only
    def log_hyperparams(self, params: Mapping[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """The hyperparameters become config."""
        said = vars(params) if isinstance(params, Namespace) else dict(params)
        self.experiment.config.update(said, allow_val_change=True)

    @_ranks.rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """A row; the step is `trainer/global_step`."""
        row = {self._key(key): value for key, value in metrics.items()}
        self.experiment.log(row if step is None else {**row, "trainer/global_step": step})

    def _key(self, key: str) -> str:
        return f"{self._prefix}{self.LOGGER_JOIN_CHAR}{key}" if self._prefix else key

    @_ranks.rank_zero_only
    def log_table(
        self,
        key: str,
        columns: Sequence[str] | None = None,
        data: Sequence[Sequence[Any]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """A table, of rows or of a data frame."""
        from wanllmdb.media.table import Table

        self.log_metrics({key: Table(columns=columns, data=data, dataframe=dataframe)}, step)

    def log_text(
        self,
        key: str,
        columns: Sequence[str] | None = None,
        data: Sequence[Sequence[str]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Texts, as a table."""
        self.log_table(key, columns, data, dataframe, step)

    def log_html(
        self, key: str, htmls: Sequence[Any], step: int | None = None, **kwargs: Any
    ) -> None:
        """Pages of HTML."""
        from wanllmdb.media.document import Html

        self._log_media(key, Html, htmls, step, kwargs)

    def log_image(
        self, key: str, images: Sequence[Any], step: int | None = None, **kwargs: Any
    ) -> None:
        """Images; every further argument (`caption`, `masks` …) is a list, one for each."""
        from wanllmdb.media.image import Image

        self._log_media(key, Image, images, step, kwargs)

    def log_audio(
        self, key: str, audios: Sequence[Any], step: int | None = None, **kwargs: Any
    ) -> None:
        """Recordings of sound."""
        from wanllmdb.media.recording import Audio

        self._log_media(key, Audio, audios, step, kwargs)

    def log_video(
        self, key: str, videos: Sequence[Any], step: int | None = None, **kwargs: Any
    ) -> None:
        """Recordings of pictures."""
        from wanllmdb.media.recording import Video

        self._log_media(key, Video, videos, step, kwargs)

    @_ranks.rank_zero_only
    def _log_media(
        self, key: str, kind: Any, values: Sequence[Any], step: int | None, kwargs: dict[str, Any]
    ) -> None:
        if not isinstance(values, list | tuple):
            raise TypeError(f"{key} must be a list, and is {type(values).__name__}")
        for name, each in kwargs.items():
            if len(each) != len(values):
                raise ValueError(f"There are {len(values)} of {key}, and {len(each)} of {name}")
        media = [
            kind(value, **{name: each[index] for name, each in kwargs.items()})
            for index, value in enumerate(values)
        ]
        self.log_metrics({key: media}, step)

    @property
    def save_dir(self) -> str:
        """Where runs are kept on this machine."""
        return self._begin["dir"]

    @property
    def name(self) -> str | None:
        """The project, as Lightning calls the name of a logger."""
        return self._begin["project"] if self._experiment is None else self._experiment.project

    @property
    def version(self) -> str | None:
        """The run's id."""
        return self._begin["id"] if self._experiment is None else self._experiment.id

    @property
    def root_dir(self) -> str:
        """Where runs are kept."""
        return self.save_dir

    @property
    def log_dir(self) -> str:
        """Where runs are kept."""
        return self.save_dir

    @property
    def group_separator(self) -> str:
        """Between the parts of a key."""
        return "/"

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """There is none to log; `watch` tells of the model."""

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Keep what was saved, now or at the end."""
        if self._log_model == "all":
            self._keep(checkpoint_callback)
        elif self._log_model:
            self._checkpoint_callback = checkpoint_callback

    @_ranks.rank_zero_only
    def finalize(self, status: str) -> None:
        """Keep the checkpoints, if the training went well or they are kept anyhow."""
        if self._checkpoint_callback is None or self._experiment is None:
            return
        if status == "success" or self._log_checkpoint_on == "all":
            self._keep(self._checkpoint_callback)

    @_ranks.rank_zero_only
    def _keep(self, callback: Any) -> None:
        from wanllmdb.artifact import Artifact

        best, last = callback.best_model_path, getattr(callback, "last_model_path", "")
        paths = {best, last, *getattr(callback, "best_k_models", {})} - {""}
        for path in sorted(paths, key=lambda each: Path(each).stat().st_mtime):
            known = (path, Path(path).stat().st_mtime)
            if known in self._kept:
                continue
            self._kept.add(known)
            artifact = Artifact(self._checkpoint_name or f"model-{self.version}", type="model")
            artifact.add_file(path, name="model.ckpt")
            aliases = ["latest", *(["best"] if path == best else [])]
            self.experiment.log_artifact(artifact, aliases=aliases)

    @staticmethod
    def download_artifact(
        artifact: str,
        save_dir: Any = None,
        artifact_type: str | None = None,
        use_artifact: bool | None = True,
    ) -> str:
        """Where an artifact lies, when it has been fetched."""
        from wanllmdb.api import Api

        run = session.current()
        if run is not None and use_artifact:
            found = run.use_artifact(artifact, type=artifact_type)
        else:
            found = Api().artifact(artifact, type=artifact_type)
        return found.download(root=save_dir)

    def use_artifact(self, artifact: str, artifact_type: str | None = None) -> Any:
        """Take an artifact as an input of the run."""
        return self.experiment.use_artifact(artifact, type=artifact_type)

    def save(self) -> None:
        """Everything is kept as it is logged."""
