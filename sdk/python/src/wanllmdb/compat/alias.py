"""Alias: `import wandb` made to mean us, without wandb and without a change to the environment.

`install_as_wandb()` puts a finder before all others. It maps `wandb` and whatever is below it
to the same module objects of `wanllmdb`, so that nothing is ever loaded twice and `isinstance`
holds; and it answers for the distribution `wandb`, because accelerate, diffusers and Lightning
ask `importlib.metadata` and not the import system. Children that are spawned know nothing of
it: `wanllmdb exec` reaches those, too.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from email.message import Message
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, DistributionFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import wanllmdb
from wanllmdb.compat.modules import ROOT, our_name, spec_of_same
from wanllmdb.errors import UsageError

NAME: Final = "wandb"


def install_as_wandb(force: bool = False) -> None:
    """Make `import wandb` mean wanllmdb in this process. A second time does nothing.

    Args:
        force: also when the real wandb has been imported already. What was taken from it
            before stays what it was.

    Raises:
        UsageError: the real wandb has been imported already.
    """
    there = sys.modules.get(NAME)
    if there is not None and there is not wanllmdb:
        if not force:
            raise UsageError(
                "wandb has been imported already, so it cannot mean wanllmdb any more. Call "
                "install_as_wandb() before the first `import wandb`, run the script with "
                "`wanllmdb exec`, or pass force=True."
            )
        _forget()
    if not any(isinstance(each, Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
    sys.modules[NAME] = wanllmdb


def uninstall_as_wandb() -> None:
    """Undo `install_as_wandb`: `import wandb` finds what it found before."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, Finder)]
    if sys.modules.get(NAME) is wanllmdb:
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]:
        del sys.modules[name]


class Finder:
    """Finds `wandb` and what is below it in `wanllmdb`, and its distribution."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """How `name` is loaded; None for what is not of wandb or not here."""
        del path, target
        if name != NAME and not name.startswith(f"{NAME}."):
            return None
        ours = our_name(ROOT + name[len(NAME) :])
        spec = find_spec(ours)
        if spec is None:
            return None
        found = spec_of_same(name, ours)
        if spec.submodule_search_locations is not None:
            found.submodule_search_locations = []
        return found

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterator[Distribution]:
        """The distribution, for who asks for it by name; in a list of all it is left out."""
        name = getattr(context, "name", None)
        if name and re.sub(r"[-_.]+", "-", name).lower() == NAME:
            yield WandbDistribution()

    def invalidate_caches(self) -> None:
        """There is nothing remembered."""


class WandbDistribution(Distribution):
    """What `importlib.metadata` tells of wandb: its name, and the version that we stand for."""

    def read_text(self, filename: str) -> str | None:
        """The text of a file of the distribution's metadata; there is one."""
        if filename not in {"METADATA", "PKG-INFO"}:
            return None
        said = Message()
        said["Metadata-Version"] = "2.1"
        said["Name"] = NAME
        said["Version"] = wanllmdb.__version__
        said["Summary"] = "wanLLMDB, standing in for wandb"
        return str(said)

    def locate_file(self, path: str | os.PathLike[str]) -> Path:  # type: ignore[override]
        """Where a file of it would lie."""
        return Path(wanllmdb.__file__).parent / path
