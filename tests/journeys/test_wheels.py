"""The wheels: installed into an empty environment, they serve the page and take a run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess, eventually

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "sdk" / "python" / "examples" / "simple_example.py"

# What `wanllmdb exec` runs, without the shim.
EXECUTED = """
from importlib.metadata import version
import wandb
assert wandb.__name__ == "wanllmdb" and version("wandb") == wandb.__version__
"""

# What a script finds where the shim is installed.
WANDB = """
from importlib.metadata import version
import wandb, wandb.sdk.wandb_run
assert wandb.__name__ == "wanllmdb" and version("wandb") == wandb.__version__
assert wandb.sdk.wandb_run.Run is wandb.Run
assert version("wanllmdb-wandb-shim") == version("wanllmdb")
"""


def command(*words: str | Path) -> None:
    """Run a command; fail with its output."""
    environment = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"


def build(target: Path) -> list[Path]:
    """The wheels, built from this tree as `make dist` does."""
    for distribution in ("sdk/python", "server", "sdk/wandb-shim"):
        command(sys.executable, "-m", "build", "--wheel", "--no-isolation",
                "--outdir", target, ROOT / distribution)  # fmt: skip
    return sorted(target.glob("*.whl"))


@pytest.mark.timeout(300)
def test_the_wheels_work_in_an_empty_environment(tmp_path: Path) -> None:
    sdk, server_wheel, shim = build(tmp_path / "dist")
    packed = zipfile.ZipFile(server_wheel)
    names = packed.namelist()
    page = [name for name in names if "/page/" in name]
    assert any(name.endswith("/page/index.html") for name in page), "the page is in the wheel"
    scripts = [name for name in page if name.endswith(".js")]
    assert scripts
    large = [name for name in scripts if packed.getinfo(name).file_size > 1024]
    assert all(f"{name}.br" in page or f"{name}.gz" in page for name in large if "assets" in name)

    # The run-time lock pins what the two wheels need, as a user's own lock would.
    uv = ROOT / ".venv" / "bin" / "uv"
    command(uv, "venv", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    command(uv, "pip", "install", "--python", python, "-r", ROOT / "requirements" / "server.txt")
    command(uv, "pip", "install", "--python", python, "--no-deps", sdk, server_wheel)
    command(uv, "pip", "check", "--python", python)

    server = ServerProcess(tmp_path / "state", python=str(python))
    server.root.mkdir()
    server.start()
    try:
        example = server.run_script(EXAMPLE)
        output = example.communicate(timeout=90)[0].decode()
        assert example.returncode == 0, output
        [project] = server.get("/projects")["items"]
        runs = server.get(f"/projects/{server.owner}/{project['name']}/runs")["items"]
        eventually(lambda: runs, why="the example's run is listed")
        assert runs[0]["state"] == "finished"
        assert runs[0]["summary"]
        command(python, "-m", "wanllmdb", "exec", "-c", EXECUTED)
        command(uv, "pip", "install", "--python", python, "--no-deps", shim)
        command(python, "-c", WANDB)
    finally:
        assert server.stop() == 0
