"""wanLLMDB: experiment tracking on your own disk. `import wanllmdb as wandb`."""

import sys

from wanllmdb.face import Face
from wanllmdb.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wanllmdb.config import Config
    from wanllmdb.errors import (
        AuthenticationError,
        CommError,
        Error,
        UnsupportedError,
        UsageError,
    )
    from wanllmdb.login import login
    from wanllmdb.media.histogram import Histogram
    from wanllmdb.media.image import Image
    from wanllmdb.media.table import Table
    from wanllmdb.run import Run
    from wanllmdb.session import (
        define_metric,
        finish,
        init,
        log,
        mark_preempting,
        require,
        setup,
        teardown,
    )
    from wanllmdb.session import finish as join
    from wanllmdb.settings import Settings
    from wanllmdb.summary import Summary

    run: Run | None
    config: Config
    summary: Summary

# Scripts compare the version of wandb before they use what came with it.
__version__ = f"0.31.0+wanllmdb.{VERSION}"

__all__ = [
    "AuthenticationError",
    "CommError",
    "Error",
    "Histogram",
    "Image",
    "Run",
    "Settings",
    "Table",
    "UnsupportedError",
    "UsageError",
    "__version__",
    "config",
    "define_metric",
    "finish",
    "init",
    "join",
    "log",
    "login",
    "mark_preempting",
    "require",
    "run",
    "setup",
    "summary",
    "teardown",
]

# Where each name is, found when it is first asked for: importing wanllmdb imports almost nothing.
_PLACES = {
    "AuthenticationError": "wanllmdb.errors",
    "CommError": "wanllmdb.errors",
    "Error": "wanllmdb.errors",
    "Histogram": "wanllmdb.media.histogram",
    "Image": "wanllmdb.media.image",
    "Run": "wanllmdb.run",
    "Settings": "wanllmdb.settings",
    "Table": "wanllmdb.media.table",
    "UnsupportedError": "wanllmdb.errors",
    "UsageError": "wanllmdb.errors",
    "define_metric": "wanllmdb.session",
    "finish": "wanllmdb.session",
    "init": "wanllmdb.session",
    "join": "wanllmdb.session:finish",
    "log": "wanllmdb.session",
    "login": "wanllmdb.login",
    "mark_preempting": "wanllmdb.session",
    "require": "wanllmdb.session",
    "setup": "wanllmdb.session",
    "teardown": "wanllmdb.session",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    place, _, other = _PLACES.get(name, "").partition(":")
    if not place:
        raise AttributeError(f"module 'wanllmdb' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(place), other or name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = Face
