"""wanLLMDB: experiment tracking on your own disk. `import wanllmdb as wandb`."""

import sys

from wanllmdb.face import Behind, Face
from wanllmdb.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wanllmdb.alerts import AlertLevel
    from wanllmdb.api import Api
    from wanllmdb.artifact import Artifact, ArtifactTTL
    from wanllmdb.calls import (
        alert,
        finish_artifact,
        link_artifact,
        link_model,
        log_artifact,
        log_code,
        log_model,
        restore,
        save,
        unwatch,
        upsert_artifact,
        use_artifact,
        use_model,
        watch,
    )
    from wanllmdb.compat.alias import install_as_wandb, uninstall_as_wandb
    from wanllmdb.compat.stubs import pin_config_keys, set_trace
    from wanllmdb.compat.terminal import termerror, termlog, termsetup, termwarn
    from wanllmdb.config import Config
    from wanllmdb.errors import AuthenticationError, CommError, Error, UnsupportedError, UsageError
    from wanllmdb.login import ensure_configured, login
    from wanllmdb.media.document import Graph, Html, Plotly
    from wanllmdb.media.histogram import Histogram
    from wanllmdb.media.image import Classes, Image
    from wanllmdb.media.joined import JoinedTable
    from wanllmdb.media.recording import Audio, Video
    from wanllmdb.media.scene import Molecule, Object3D, box3d
    from wanllmdb.media.table import EvalTable, Table
    from wanllmdb.plot import plot_table
    from wanllmdb.run import Run
    from wanllmdb.session import (
        attach,
        define_metric,
        finish,
        init,
        log,
        mark_preempting,
        require,
        setup,
        teardown,
    )
    from wanllmdb.session import attach as _attach  # noqa: F401 - Lightning calls it
    from wanllmdb.session import finish as join
    from wanllmdb.settings import Settings
    from wanllmdb.summary import Summary
    from wanllmdb.sweep import agent, controller, sweep

    run: Run | None
    config: Config
    summary: Summary

# Scripts compare the version of wandb before they use what came with it.
__version__ = f"0.31.0+wanllmdb.{VERSION}"

__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "ArtifactTTL",
    "Audio",
    "AuthenticationError",
    "Classes",
    "CommError",
    "Config",
    "Error",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "Plotly",
    "Run",
    "Settings",
    "Table",
    "UnsupportedError",
    "UsageError",
    "Video",
    "__version__",
    "agent",
    "alert",
    "attach",
    "box3d",
    "config",
    "controller",
    "define_metric",
    "ensure_configured",
    "finish",
    "finish_artifact",
    "init",
    "install_as_wandb",
    "join",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_code",
    "log_model",
    "login",
    "mark_preempting",
    "pin_config_keys",
    "plot_table",
    "require",
    "restore",
    "run",
    "save",
    "set_trace",
    "setup",
    "summary",
    "sweep",
    "teardown",
    "termerror",
    "termlog",
    "termsetup",
    "termwarn",
    "uninstall_as_wandb",
    "unwatch",
    "upsert_artifact",
    "use_artifact",
    "use_model",
    "watch",
]

# Where each name is, found when it is first asked for: importing wanllmdb imports almost nothing.
_PLACES = {
    "AlertLevel": "wanllmdb.alerts",
    "Api": "wanllmdb.api",
    "Artifact": "wanllmdb.artifact",
    "ArtifactTTL": "wanllmdb.artifact",
    "Audio": "wanllmdb.media.recording",
    "AuthenticationError": "wanllmdb.errors",
    "Classes": "wanllmdb.media.image",
    "Config": "wanllmdb.config",
    "CommError": "wanllmdb.errors",
    "Error": "wanllmdb.errors",
    "EvalTable": "wanllmdb.media.table",
    "Graph": "wanllmdb.media.document",
    "Histogram": "wanllmdb.media.histogram",
    "Html": "wanllmdb.media.document",
    "Image": "wanllmdb.media.image",
    "JoinedTable": "wanllmdb.media.joined",
    "Molecule": "wanllmdb.media.scene",
    "Object3D": "wanllmdb.media.scene",
    "Plotly": "wanllmdb.media.document",
    "Run": "wanllmdb.run",
    "Settings": "wanllmdb.settings",
    "Table": "wanllmdb.media.table",
    "UnsupportedError": "wanllmdb.errors",
    "UsageError": "wanllmdb.errors",
    "Video": "wanllmdb.media.recording",
    "_attach": "wanllmdb.session:attach",
    "agent": "wanllmdb.sweep",
    "alert": "wanllmdb.calls",
    "box3d": "wanllmdb.media.scene",
    "controller": "wanllmdb.sweep",
    "attach": "wanllmdb.session",
    "define_metric": "wanllmdb.session",
    "ensure_configured": "wanllmdb.login",
    "finish": "wanllmdb.session",
    "finish_artifact": "wanllmdb.calls",
    "init": "wanllmdb.session",
    "install_as_wandb": "wanllmdb.compat.alias",
    "join": "wanllmdb.session:finish",
    "link_artifact": "wanllmdb.calls",
    "link_model": "wanllmdb.calls",
    "log": "wanllmdb.session",
    "log_artifact": "wanllmdb.calls",
    "log_code": "wanllmdb.calls",
    "log_model": "wanllmdb.calls",
    "login": "wanllmdb.login",
    "mark_preempting": "wanllmdb.session",
    "pin_config_keys": "wanllmdb.compat.stubs",
    "plot_table": "wanllmdb.plot",
    "require": "wanllmdb.session",
    "restore": "wanllmdb.calls",
    "save": "wanllmdb.calls",
    "set_trace": "wanllmdb.compat.stubs",
    "setup": "wanllmdb.session",
    "sweep": "wanllmdb.sweep",
    "teardown": "wanllmdb.session",
    "termerror": "wanllmdb.compat.terminal",
    "termlog": "wanllmdb.compat.terminal",
    "termsetup": "wanllmdb.compat.terminal",
    "termwarn": "wanllmdb.compat.terminal",
    "uninstall_as_wandb": "wanllmdb.compat.alias",
    "unwatch": "wanllmdb.calls",
    "upsert_artifact": "wanllmdb.calls",
    "use_artifact": "wanllmdb.calls",
    "use_model": "wanllmdb.calls",
    "visualize": "wanllmdb.plot",
    "watch": "wanllmdb.calls",
}


# Modules that are reached as attributes without having been imported by name.
_MODULES = frozenset(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        "api apis beta catboost compat data_types docker env errors fastai gym helper integration "
        "jupyter keras launch lightgbm plot plots profiler sacred sdk sklearn tensorboard util "
        "wandb_lib wandb_run xgboost"
    ).split()
)


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"wanllmdb.{name}")
    place, _, other = _PLACES.get(name, "").partition(":")
    if not place:
        raise AttributeError(f"module 'wanllmdb' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(place), other or name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = Face
sys.meta_path.append(Behind)  # type: ignore[arg-type]
