"""What is installed here: a test of a library that is not is skipped, and says so."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

_LEFT_OUT = Path(sys.prefix) / "no-torch"
_WITH_TORCH = {"torch", "accelerate", "keras", "lightning", "stable_baselines3", "transformers"}


def needs(*names: str) -> None:
    """Skip the module that calls this where a library is missing.

    In the environment that `make test-integrations` makes only torch may be missing, and what
    does nothing without it; anything else that is not there is a failure.
    """
    missing = [name for name in names if find_spec(name) is None]
    if Path(sys.prefix).name == ".venv-integrations":
        if _LEFT_OUT.exists() and _WITH_TORCH & set(names):
            pytest.skip(_LEFT_OUT.read_text(), allow_module_level=True)
        assert not missing, f"scripts/integrations.sh has not installed {missing}"
    if missing:
        pytest.skip(
            f"{', '.join(missing)} is not installed here; `make test-integrations` runs this",
            allow_module_level=True,
        )
