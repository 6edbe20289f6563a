"""Laboratory: scripts as users have them, run as processes of their own against a real server.

A script says `import wandb` and knows nothing of us. It runs under `wanllmdb exec`, and what its
library computed it writes to the file that the variable TRUTH names; the test compares that with
what `Api` reads back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.journeys.processes import ServerProcess

from wanllmdb.api import Api

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass
class Laboratory:
    """Runs scripts in one project.

    Args:
        server: where they log to.
        folder: where they run; nothing else is in it.
        project: the one that they name nowhere: WANDB_PROJECT says it.
    """

    server: ServerProcess
    folder: Path
    project: str
    said: str = field(default="", init=False)

    @property
    def environment(self) -> dict[str, str]:
        """What a script finds around it: no network but the server, one thread, no colours."""
        return {
            **self.server.environment,
            "WANDB_PROJECT": self.project,
            "WANLLMDB_MONITOR_SYSTEM": "false",
            "TRUTH": str(self.folder / "truth.json"),
            "KERAS_BACKEND": "torch",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "MPLBACKEND": "agg",
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, script: str, *arguments: str, **environment: str) -> Any:
        """What the library computed, by the script of this name, run under `wanllmdb exec`."""
        command = [sys.executable, "-m", "wanllmdb", "exec", str(SCRIPTS / script), *arguments]
        self.start(command, **environment)
        return self.truth()

    def truth(self) -> Any:
        """What the script wrote down, if it did."""
        path = self.folder / "truth.json"
        return json.loads(path.read_text()) if path.exists() else None

    def start(self, command: Sequence[str], **environment: str) -> None:
        """Run a command to its end; what it says is in `said`."""
        done = subprocess.run(
            command, env={**self.environment, **environment}, cwd=self.folder, timeout=170,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        self.said = done.stdout
        assert done.returncode == 0, done.stdout[-8000:]
        assert "failed inside" not in done.stdout, done.stdout[-8000:]

    @property
    def api(self) -> Api:
        """Reads what the server has."""
        return Api()

    def runs(self) -> list[Any]:
        """Every run of the project, the oldest first."""
        return list(self.api.runs(f"{self.server.owner}/{self.project}", order="+created_at"))

    def only_run(self) -> Any:
        """The one run of the project."""
        [run] = self.runs()
        return run


def history(run: Any, key: str) -> list[Any]:
    """Every value of a key, as it was logged."""
    return [row[key] for row in run.scan_history(keys=[key])]


def table(run: Any, key: str) -> dict[str, Any]:
    """A table that the summary holds: `columns` and `data`."""
    with (
        TemporaryDirectory() as folder,
        run.file(run.summary[key]["path"]).download(root=folder) as file,
    ):
        found = json.load(file)
    return {"columns": found["columns"], "data": found["data"]}


def artifacts(run: Any) -> dict[str, Any]:
    """What the run logged: artifacts by their names, without versions; the newest of each."""
    return {each.name.partition(":")[0]: each for each in run.logged_artifacts()}
