"""Modules of wandb by name: where each one is here, and the packages that are only names.

Integrations import `wandb.sdk.wandb_run`, `wandb.apis.public` and their like. A module that has
a place of its own here is the very same object under its other names, never a second copy:
`wandb.sdk.wandb_run.Run is wanllmdb.Run`. A package that holds nothing is made on demand.

`face` has a finder behind all others in `sys.meta_path`, which asks here for what nobody has.
"""

from __future__ import annotations

from importlib import import_module
from importlib.abc import InspectLoader, Loader
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any, Final

ROOT: Final = "wanllmdb"

# Other names of modules of ours, without the root.
SAME: Final[dict[str, str]] = {
    "apis.public.api": "api",
    "apis.public.artifacts": "artifact",
    "apis.public.files": "public.files",
    "apis.public.projects": "public.projects",
    "apis.public.runs": "public.runs",
    "apis.reports": "compat.stubs",
    "beta": "compat.stubs",
    "catboost": "integration.catboost",
    "data_types": "compat.data_types",
    "docker": "compat.stubs",
    "env": "compat.env",
    "errors.errors": "errors",
    "errors.term": "compat.terminal",
    "filesync": "compat.stubs",
    "fastai": "integration.fastai",
    "gym": "integration.gym",
    "helper": "compat.stubs",
    "integration.tensorboard": "tensorboard",
    "jupyter": "compat.stubs",
    "keras": "integration.keras",
    "launch": "compat.stubs",
    "lightgbm": "integration.lightgbm",
    "plots": "plot",
    "profiler": "compat.stubs",
    "sacred": "integration.sacred",
    "sdk.artifacts.artifact": "artifact",
    "sdk.data_types.audio": "media.recording",
    "sdk.data_types.base_types.media": "media.media",
    "sdk.data_types.base_types.wb_value": "media.media",
    "sdk.data_types.histogram": "media.histogram",
    "sdk.data_types.helper_types.bounding_boxes_2d": "media.boxes",
    "sdk.data_types.helper_types.classes": "media.labels",
    "sdk.data_types.helper_types.image_mask": "media.masks",
    "sdk.data_types.html": "media.document",
    "sdk.data_types.image": "media.image",
    "sdk.data_types.molecule": "media.scene",
    "sdk.data_types.object_3d": "media.scene",
    "sdk.data_types.plotly": "media.document",
    "sdk.data_types.table": "media.table",
    "sdk.data_types.video": "media.recording",
    "sdk.lib.config_util": "errors",
    "sdk.lib.disabled": "compat.stubs",
    "sdk.lib.printer": "compat.printer",
    "sdk.lib.runid": "naming",
    "sdk.lib.telemetry": "compat.telemetry",
    "sdk.wandb_alerts": "alerts",
    "sdk.wandb_config": "config",
    "sdk.wandb_init": "session",
    "sdk.wandb_login": "login",
    "sdk.wandb_metric": "metric",
    "sdk.wandb_run": "run",
    "sdk.wandb_settings": "settings",
    "sdk.wandb_setup": "session",
    "sdk.wandb_summary": "summary",
    "sdk.wandb_sweep": "sweep",
    "sdk.wandb_watch": "gradients",
    "sklearn": "integration.sklearn",
    "util": "compat.values",
    "viz": "plot",
    "wandb_lib": "sdk.lib",
    "wandb_lib.config_util": "errors",
    "wandb_lib.printer": "compat.printer",
    "wandb_lib.telemetry": "compat.telemetry",
    "wandb_run": "run",
    "wandb_sdk": "sdk",
    "xgboost": "integration.xgboost",
}

# Packages that are only names, and what can be asked of each besides its modules.
PACKAGES: Final[dict[str, dict[str, str]]] = {
    "apis": {"PublicApi": "api:Api", "InternalApi": "compat.stubs:InternalApi"},
    "apis.public": {
        name: f"api:{name}"
        for name in ("Api", "File", "Files", "Project", "Projects", "Run", "Runs")
    },
    "sdk": {
        "Artifact": "artifact:Artifact",
        "Config": "config:Config",
        "Run": "run:Run",
        "Settings": "settings:Settings",
        "Summary": "summary:Summary",
        "finish": "session:finish",
        "init": "session:init",
        "login": "login:login",
        "setup": "session:setup",
        "teardown": "session:teardown",
    },
    "sdk.artifacts": {},
    "sdk.data_types": {},
    "sdk.data_types.base_types": {},
    "sdk.data_types.helper_types": {},
    "sdk.lib": {"RunDisabled": "compat.stubs:RunDisabled"},
}


def our_name(name: str) -> str:
    """The name of the module that `name` (with the root) is another name of; else `name`."""
    other = SAME.get(name.removeprefix(f"{ROOT}."))
    return f"{ROOT}.{other}" if other else name


def spec_of(name: str) -> ModuleSpec | None:
    """How `name` (with the root) is loaded, if it is one of `SAME` or `PACKAGES`."""
    if name.removeprefix(f"{ROOT}.") in PACKAGES:
        return ModuleSpec(name, _Empty(), is_package=True)
    ours = our_name(name)
    return None if ours == name else spec_of_same(name, ours)


def spec_of_same(name: str, ours: str) -> ModuleSpec:
    """A spec by which importing `name` gives the module `ours`."""
    return ModuleSpec(name, Same(ours), origin=ours)


class Same(Loader):
    """Loads a module by giving the one that has another name, as it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module; the import system is about to put its own spec on it."""
        module = import_module(self._name)
        self._spec = module.__spec__
        if hasattr(module, "__path__"):  # its own modules are found through this one, too
            spec.submodule_search_locations = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It was executed when it was loaded under its own name."""
        module.__spec__ = self._spec

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module, for `python -m wandb`; None where it has none."""
        del fullname
        loader = getattr(find_spec(self._name), "loader", None)
        return loader.get_code(self._name) if isinstance(loader, InspectLoader) else None


class _Empty(Loader):
    """Loads a package that is only a name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = "A package of wandb; what is asked of it is here under another name."


class _Package(ModuleType):
    """What is asked of it is imported then."""

    def __getattr__(self, name: str) -> Any:
        inner = self.__name__.removeprefix(f"{ROOT}.")
        place, _, attribute = PACKAGES[inner].get(name, "").partition(":")
        if place:
            return getattr(import_module(f"{ROOT}.{place}"), attribute)
        child = f"{inner}.{name}"
        if child in SAME or child in PACKAGES:
            return import_module(f"{ROOT}.{child}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
