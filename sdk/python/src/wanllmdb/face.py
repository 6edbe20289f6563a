"""The module as its users see it: `wandb.run`, `wandb.config` and `wandb.summary` are live.

They are properties of the module, because each also is the name of a file of the package:
importing the file would otherwise put the file in their place.
"""

from __future__ import annotations

import sys

from wanllmdb.errors import Error

TYPE_CHECKING = False  # as in typing, which alone costs five milliseconds
if TYPE_CHECKING:
    from typing import Any

ModuleType = type(sys)


class Behind:
    """Finds modules by the names that wandb has for them, behind all other finders."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """How the module is loaded; None for what wandb has not, or not below this package."""
        del path, target
        if not name.startswith("wanllmdb."):
            return None
        from wanllmdb.compat import modules

        return modules.spec_of(name)


class Face(ModuleType):
    """A module whose current run can be looked at.

    Before `init` nothing of the session is imported, so that looking costs nothing.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        """Importing `wanllmdb.login` does not put the file in the place of the function."""
        if isinstance(value, ModuleType) and name in vars(self).get("_PLACES", ()):
            return
        super().__setattr__(name, value)

    @property
    def run(self) -> Any:
        """The current run, or None."""
        session = sys.modules.get("wanllmdb.session")
        return session.current() if session else None

    @run.setter
    def run(self, value: Any) -> None:
        """The import system puts the file here; nobody else has anything to put."""

    @property
    def config(self) -> Any:
        """The current run's config."""
        return self.run.config if self.run else _Unbegun("config")

    @config.setter
    def config(self, value: Any) -> None:
        """See `run`."""

    @property
    def summary(self) -> Any:
        """The current run's summary."""
        return self.run.summary if self.run else _Unbegun("summary")

    @summary.setter
    def summary(self, value: Any) -> None:
        """See `run`."""


class _Unbegun:
    """Stands for a config or a summary while there is no run, wherever it was imported."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _now(self) -> Any:
        name = object.__getattribute__(self, "_name")
        run = sys.modules["wanllmdb"].run
        if run is None:
            raise Error(f"You must call wandb.init() before wandb.{name}")
        return getattr(run, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._now(), name, value)

    def __getitem__(self, key: str) -> Any:
        return self._now()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._now()[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._now()

    def __iter__(self) -> Any:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())
