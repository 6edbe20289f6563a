"""`import wanllmdb` imports almost nothing, and every promised name is there when asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import wanllmdb

HEAVY = [
    "asyncio",
    "dataclasses",
    "email",
    "http",
    "importlib.metadata",
    "json",
    "logging",
    "msgspec",
    "numpy",
    "pandas",
    "pathlib",
    "psutil",
    "random",
    "re",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "torch",
    "typing",
    "urllib3",
    "yaml",
    "zstandard",
]


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has after this code, and not before."""
    program = (
        "import sys, json; before = set(sys.modules); "
        f"{code}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_imports_almost_nothing() -> None:
    found = modules_after("import wanllmdb as wandb; wandb.run; wandb.__version__")
    assert {each for each in found if each.startswith("wanllmdb")} == {
        "wanllmdb",
        "wanllmdb.errors",
        "wanllmdb.face",
        "wanllmdb.version",
    }
    assert found.isdisjoint(set(HEAVY) - {"json"})


def test_a_run_imports_no_library_of_the_training() -> None:
    found = modules_after(
        "import wanllmdb as wandb; wandb.init(mode='disabled'); wandb.log({'a': 1}); wandb.finish()"
    )
    assert found.isdisjoint({"numpy", "pandas", "torch", "PIL", "matplotlib", "yaml", "asyncio"})


@pytest.mark.parametrize("name", wanllmdb.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    getattr(wanllmdb, name)
    assert name in dir(wanllmdb)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = wanllmdb.no_such_thing


def test_errors_are_where_wandb_has_them() -> None:
    assert wanllmdb.errors.CommError is wanllmdb.CommError
    assert issubclass(wanllmdb.AuthenticationError, wanllmdb.CommError)
    assert issubclass(wanllmdb.UsageError, wanllmdb.Error)


def test_the_version_reads_as_one_of_wandb_that_has_what_we_have() -> None:
    first, second = (int(each) for each in wanllmdb.__version__.split(".")[:2])
    assert (first, second) >= (0, 20)
    assert wanllmdb.__version__.endswith(wanllmdb.version.VERSION)


def test_files_of_the_package_do_not_hide_the_run_and_its_parts() -> None:
    import wanllmdb.config
    import wanllmdb.run
    import wanllmdb.summary

    assert wanllmdb.run is None
    assert not isinstance(wanllmdb.config, type(sys))
