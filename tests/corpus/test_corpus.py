"""Scripts that were written for wandb run unchanged: `import wandb` in them means us.

Each is a process of its own in an empty folder, with what a user has around it, and ends by
checking what it got. Here is checked what it cannot see: what was said, and what the server has.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.corpus.script import Script, corpus
from tests.integrations.libraries import needs
from tests.journeys.processes import ServerProcess

SCRIPTS = corpus()
HERE = {"numpy", "PIL", "sklearn", "yaml"}  # what `make setup` installs


def cases() -> list[Any]:
    """The scripts; those that need more are run by `make test-integrations`."""
    more = {each.name: set(each.needs) - HERE for each in SCRIPTS}
    return [
        pytest.param(each, marks=pytest.mark.libraries if more[each.name] else (), id=each.name)
        for each in SCRIPTS
    ]


def run(script: Script, folder: Path, server: ServerProcess) -> str:
    """Run the script to its end, and return what it said."""
    shutil.copy(script.path, folder)
    done = subprocess.run(
        [sys.executable, "-m", "wanllmdb.exec", script.path.name],
        env={
            **server.environment,
            "WANDB_PROJECT": script.name,
            "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1",
        },
        cwd=folder, timeout=110, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == script.exit, done.stdout[-8000:]
    return done.stdout


def kept(server: ServerProcess, script: Script) -> list[dict[str, Any]]:
    """The runs that the server has of the script: its project is named after it."""
    there = [each["name"] for each in server.get("/projects?limit=1000")["items"]]
    if script.name not in there:
        return []
    return server.get(f"/projects/{server.owner}/{quote(script.name)}/runs?limit=1000")["items"]


def receipt(server: ServerProcess, run: dict[str, Any]) -> dict[str, Any]:
    place = f"/projects/{server.owner}/{quote(run['project'])}/runs/{quote(run['id'], safe='')}"
    return server.get(f"{place}/receipt")


@pytest.mark.parametrize("script", cases())
def test_a_script_written_for_wandb_runs_unchanged(
    script: Script, tmp_path: Path, server: ServerProcess
) -> None:
    needs(*script.needs)
    said = run(script, tmp_path, server)
    assert "failed inside" not in said, said[-8000:]
    assert "does not know, and goes on" not in said, said[-8000:]
    runs = kept(server, script)
    assert Counter(each["state"] for each in runs) == script.runs, said[-8000:]
    accounts = {each["id"]: receipt(server, each) for each in runs}
    wrong = {name: one for name, one in accounts.items() if one["state"] != script.receipt}
    assert not wrong, f"{wrong}\n{said[-8000:]}"


def test_every_script_of_the_corpus_names_nothing_of_ours() -> None:
    assert len(SCRIPTS) >= 50
    for script in SCRIPTS:
        text = script.path.read_text()
        assert "import wandb" in text, script.name
        assert "wanllmdb" not in text.lower(), script.name
