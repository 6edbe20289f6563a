"""What is found of a script is kept with its run, as far as the run was told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in
from tests.sdk.test_git import commit, git

from wanllmdb import notebook
from wanllmdb.wire import Kind

TOKEN = "h" + "f_" + "a1B2" * 9
SCRIPT = """
import sys
import wanllmdb as wandb
key = {token!r}
run = wandb.init(project="p", mode="offline", settings={{"monitor_system": False, **{settings}}})
{then}
run.finish()
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository with a change."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    commit(folder, "1\n")
    (folder / ".gitignore").write_text("home\n")
    return folder


def facts(
    work: Path, then: str = "", variables: dict[str, str] | None = None, **settings: Any
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What a script in this folder kept: its environment, and its files."""
    (work / "train.py").write_text(SCRIPT.format(token=TOKEN, settings=repr(settings), then=then))
    home = work / "home"
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), **(variables or {})}
    subprocess.run(
        [sys.executable, "train.py", "--token", "hidden"],
        cwd=work,
        env=environ,
        check=True,
        capture_output=True,
        timeout=60,
    )
    [spool] = (home / ".local/state/wanllmdb/spool").iterdir()
    found: dict[str, Any] = dict(kept_in(spool, Kind.RUN)[0].get("environment", {}))
    for patch in kept_in(spool, Kind.PATCH):
        found |= patch.get("environment", {})
    files = {
        said["path"]: (spool / "files" / said.get("at", said["path"])).read_bytes()
        for said in kept_in(spool, Kind.FILE)
    }
    return found, files


def test_a_run_keeps_where_it_comes_from(work: Path) -> None:
    found, files = facts(work, variables={"RANK": "3", "MASTER_ADDR": "10.0.0.1"})
    assert found["git"]["commit"] == git(work, "rev-parse", "HEAD")
    assert found["git"]["dirty"] is True
    assert found["git"]["untracked"] == [".gitignore"]
    assert found["argv"] == ["--token", "[redacted]"]
    assert found["program"] == "train.py"
    assert found["variables"] == {"RANK": "3"}
    assert found["packages"]["msgspec"]
    assert found["machine"]["cpu_logical"] == os.cpu_count()
    assert set(files) == {"diff.patch", "requirements.txt"}
    assert b"msgspec==" in files["requirements.txt"]
    assert b"+run = wandb.init(" in files["diff.patch"]
    assert TOKEN.encode() not in b"".join(files.values())


def test_the_script_is_kept_when_it_is_asked_for(work: Path) -> None:
    _, files = facts(work, save_code=True)
    assert b"wandb.init(" in files["code/train.py"]
    assert TOKEN.encode() not in files["code/train.py"]


@pytest.mark.parametrize("switch", ["setting", "WANDB_DISABLE_GIT"])
def test_git_may_be_left_alone(work: Path, switch: str) -> None:
    if switch == "setting":
        found, files = facts(work, git_tracking=False)
    else:
        found, files = facts(work, variables={switch: "true"})
    assert "git" not in found
    assert found["packages"]
    assert set(files) == {"requirements.txt"}


@pytest.mark.parametrize("switch", ["disable_code", "code_tracking", "WANDB_DISABLE_CODE"])
def test_the_code_may_be_left_alone(work: Path, switch: str) -> None:
    if switch.isupper():
        found, files = facts(work, variables={switch: "true", "WANDB_SAVE_CODE": "true"})
    else:
        found, files = facts(work, **{switch: switch == "disable_code", "save_code": True})
    assert found["git"]["dirty"] is True
    assert set(files) == {"requirements.txt"}


def test_nothing_may_be_asked_for(work: Path) -> None:
    found, files = facts(work, save_facts=False)
    assert found == {}
    assert files == {}


CELLS = """
class Shell:
    user_ns = {"In": ["", "import wanllmdb", "key = " + repr(key), ""]}
class IPython:
    get_ipython = staticmethod(lambda: Shell)
sys.modules["IPython"] = IPython
"""


def test_of_a_notebook_the_cells_are_kept_without_secrets(work: Path) -> None:
    _, files = facts(work, then=CELLS, save_code=True)
    document = json.loads(files[notebook.HISTORY])
    assert [cell["source"] for cell in document["cells"]] == [
        "import wanllmdb",
        "key = '[redacted]'",
    ]
    assert document["nbformat"] == 4


def test_a_notebook_is_known_by_what_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notebook.name({"JPY_SESSION_NAME": "/x/a.ipynb"}) is None
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert notebook.name({"JPY_SESSION_NAME": "/x/a.ipynb"}) == "a.ipynb"
    assert notebook.name({"WANDB_NOTEBOOK_NAME": "b", "JPY_SESSION_NAME": "a"}) == "b"
    assert notebook.name({}) is None
