"""`import wandb` means us: the same objects under every name, a distribution that answers.

Each case is a process of its own, because what is imported stays imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.metadata import Distribution
from pathlib import Path

import pytest

import wanllmdb
from wanllmdb.compat.modules import PACKAGES, SAME
from wanllmdb.exec import SHIM, command_of, environment
from wanllmdb.version import VERSION


def python(code: str, *words: str, tmp_path: Path, **environ: str) -> str:
    """What a new process prints that runs the code behind `words`."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    command = [sys.executable, *words, str(script)]
    home = {"HOME": str(tmp_path), "WANLLMDB_MODE": "disabled"}
    done = subprocess.run(
        command, env={**os.environ, **home, **environ}, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


INSTALLED = "import wanllmdb; wanllmdb.install_as_wandb()\n"


def test_wandb_is_the_very_module_and_nothing_is_loaded_twice(tmp_path: Path) -> None:
    told = python(
        INSTALLED
        + textwrap.dedent("""
        import wandb, wandb.sdk.wandb_run, wandb.wandb_run, wandb.errors, wandb.apis.public
        from wandb.sdk.wandb_settings import Settings
        from wandb.wandb_lib.telemetry import context
        import sys
        assert wandb is wanllmdb
        assert wandb.sdk.wandb_run.Run is wandb.wandb_run.Run is wandb.Run
        assert wandb.errors is sys.modules["wanllmdb.errors"]
        assert wandb.wandb_lib.telemetry is wandb.sdk.lib.telemetry
        assert Settings is wandb.Settings
        with context() as told: told.feature.any_chain = True
        run = wandb.init(); assert isinstance(run, wandb.sdk.wandb_run.Run)
        assert wandb.run is run and wanllmdb.__spec__.name == "wanllmdb"
        copies = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)
                  and "wanllmdb" in (module.__file__ or "")
                  and module.__spec__ and module.__spec__.name.startswith("wandb")]
        print(copies)
        """),
        tmp_path=tmp_path,
    )
    assert told == "[]"


def test_the_import_system_and_the_metadata_both_know_it(tmp_path: Path) -> None:
    told = python(
        INSTALLED
        + textwrap.dedent("""
        from importlib.metadata import version, distribution, distributions
        from importlib.util import find_spec
        import wandb
        assert find_spec("wandb") is not None and find_spec("wandb.errors") is not None
        assert find_spec("wandb.there_is_none") is None
        assert version("wandb") == wandb.__version__ == distribution("wandb").version
        assert tuple(map(int, wandb.__version__.split(".")[:2])) >= (0, 20)
        assert "wandb" not in [each.name for each in distributions()]
        try: import wandb.there_is_none
        except ModuleNotFoundError as error: print(error)
        """),
        tmp_path=tmp_path,
    )
    assert told == "No module named 'wandb.there_is_none'"


def test_every_module_of_the_table_can_be_imported_by_its_name_of_wandb(tmp_path: Path) -> None:
    python(
        INSTALLED
        + textwrap.dedent("""
        from importlib import import_module
        from wanllmdb.compat.modules import PACKAGES, SAME
        for name in [*SAME, *PACKAGES]:
            try:
                theirs = import_module(f"wandb.{name}")
            except ImportError as error:  # what it is for is not installed here
                assert str(error).startswith("This integration needs"), name
                continue
            assert theirs is import_module(f"wanllmdb.{name}"), name
        for package, names in PACKAGES.items():
            for name in names: getattr(import_module(f"wandb.{package}"), name)
        """),
        tmp_path=tmp_path,
    )
    assert len(SAME) > 40
    assert len(PACKAGES) > 4


def test_installing_twice_is_once_and_uninstalling_undoes_it(tmp_path: Path) -> None:
    told = python(
        INSTALLED
        + textwrap.dedent("""
        import sys
        before = len(sys.meta_path)
        wanllmdb.install_as_wandb(); assert len(sys.meta_path) == before
        import wandb.errors
        wanllmdb.uninstall_as_wandb()
        assert len(sys.meta_path) == before - 1
        print([name for name in sys.modules if name.partition(".")[0] == "wandb"])
        """),
        tmp_path=tmp_path,
    )
    assert told == "[]"


def test_a_wandb_that_was_imported_before_is_refused_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "wandb.py").write_text("real = True\n")
    told = python(
        """
        import wandb, wanllmdb
        assert wandb.real
        try: wanllmdb.install_as_wandb()
        except wanllmdb.UsageError as error: print("wanllmdb exec" in str(error))
        wanllmdb.install_as_wandb(force=True)
        import wandb
        assert wandb is wanllmdb
        """,
        tmp_path=tmp_path,
    )
    assert told == "True"


def test_exec_reaches_spawned_children_and_passes_over_an_installed_wandb(tmp_path: Path) -> None:
    installed = tmp_path / "site" / "wandb"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("raise RuntimeError('the installed one')\n")
    told = python(
        """
        from importlib.metadata import version
        from importlib.util import find_spec
        assert find_spec("wandb") and version("wandb")  # before it is imported, as accelerate asks
        import multiprocessing, wandb, wandb.sdk.wandb_run
        def work(queue):
            import wandb.sdk.wandb_run
            queue.put((wandb.__name__, wandb.sdk.wandb_run.Run is wandb.Run))
        if __name__ == "__main__":
            assert version("wandb") == wandb.__version__
            context = multiprocessing.get_context("spawn")
            queue = context.Queue()
            child = context.Process(target=work, args=(queue,)); child.start()
            print(wandb.__name__, *queue.get(timeout=40)); child.join()
        """,
        "-m",
        "wanllmdb.exec",
        tmp_path=tmp_path,
        PYTHONPATH=os.pathsep.join([str(installed.parent), os.environ.get("PYTHONPATH", "")]),
    )
    assert told == "wanllmdb wanllmdb True"


def test_exec_reaches_the_command_that_is_run_as_a_module(tmp_path: Path) -> None:
    told = python(
        """
        import subprocess, sys
        subprocess.run([sys.executable, "-m", "wandb", "--version"], check=True)
        """,
        "-m",
        "wanllmdb.exec",
        tmp_path=tmp_path,
    )
    assert told == f"wanllmdb {VERSION}"


def test_the_shim_and_the_module_tell_the_same_version() -> None:
    found = [each.version for each in Distribution.discover(name="wandb", path=[str(SHIM)])]
    assert found == [wanllmdb.__version__]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["train.py", "--lr", "1"], [sys.executable, "train.py", "--lr", "1"]),
        (["--", "train.py"], [sys.executable, "train.py"]),
        (["-m", "package.train"], [sys.executable, "-m", "package.train"]),
        ([sys.executable, "train.py"], [sys.executable, "train.py"]),
        (["env", "python", "x.py"], ["env", "python", "x.py"]),
    ],
)
def test_exec_takes_scripts_modules_and_programs(words: list[str], command: list[str]) -> None:
    assert command_of(words) == command


@pytest.mark.parametrize("words", [[], ["--"], ["no-such-program-anywhere"]])
def test_exec_says_what_it_wants(words: list[str]) -> None:
    with pytest.raises(wanllmdb.UsageError, match=r"\.py"):
        command_of(words)


def test_the_shim_comes_first_and_once() -> None:
    once = environment({"PYTHONPATH": "/a"})
    assert once["PYTHONPATH"] == os.pathsep.join([str(SHIM), "/a"])
    assert environment(once) == once
