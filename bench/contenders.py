"""Who is measured, and how their processes are run: pinned, in a home of their own, all counted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import venvs
from bench.figures import Figure

ROOT = Path(__file__).resolve().parents[1]
CORE = min(os.sched_getaffinity(0))
NICE = -15
SECONDS = 150.0

Answer = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """A tracker, or what stands in for one.

    Args (fields):
        name: as it is printed.
        driver: its module in `bench.peers`.
        package: what is installed for it; None runs in the environment of the benchmark.
        imports: what `import` means for it.
        environment: variables of its own; `{folder}` is the folder of the trial.
        online: whether a server of ours is there for it.
    """

    name: str
    driver: str
    package: str | None = None
    imports: str = "pass"
    environment: Mapping[str, str] = field(default_factory=dict)
    online: bool = False

    @property
    def python(self) -> str:
        """Its interpreter; `venvs.NotInstalledError` if there is none to be had."""
        return sys.executable if self.package is None else venvs.python_of(self.package)

    @property
    def title(self) -> str:
        """Its name and version."""
        if self.package is None:
            return self.name
        return f"{self.name} {venvs.versions().get(self.package, '')}".strip()


NOTHING = Contender("(no-op)", "nothing")
FLOOR = Contender("(msgpack+write)", "msgpack_write", imports="import msgspec")
OFFLINE = Contender(
    "wanllmdb offline", "ours", None, "import wanllmdb", {"WANLLMDB_MODE": "offline"}
)
ONLINE = Contender("wanllmdb online", "ours", None, "import wanllmdb", online=True)

PEERS = (
    Contender("wandb offline", "wandb", "wandb", "import wandb", {
        "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false",
    }),
    Contender("trackio local", "trackio", "trackio", "import trackio", {
        "TRACKIO_DIR": "{folder}/trackio", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
    }),
    Contender("goodseed local", "goodseed", "goodseed", "import goodseed"),
    Contender("kohakuboard local", "kohakuboard", "kohakuboard",
              "from kohakuboard.client import Board"),
    Contender("tensorboardX", "tensorboardX", "tensorboardX", "import tensorboardX"),
    Contender("mlflow log_metrics", "mlflow", "mlflow", "import mlflow", {
        "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
    }),
    Contender("mlflow log_batch/960", "mlflow_batch", "mlflow", "import mlflow", {
        "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
    }),
)  # fmt: skip


class TrialError(RuntimeError):
    """A trial did not end as it should; its last words."""


@dataclass(frozen=True)
class Arena:
    """Where trials take place: a folder, and what every process of them is told.

    Args (fields):
        root: everything that they write lies below.
        environment: variables for all of them, such as the address of a server.
    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def told(self, **more: str) -> Arena:
        """The same place, with more variables."""
        return Arena(self.root, {**self.environment, **more})

    def folder(self, contender: Contender) -> Path:
        """A fresh folder for a trial."""
        return Path(tempfile.mkdtemp(prefix=f"{contender.driver.lower()}-", dir=self.root))

    def trial(
        self,
        contender: Contender,
        what: str,
        folder: Path | None = None,
        *,
        killed: bool = False,
        **numbers: float,
    ) -> Answer:
        """One process of `bench.trial` (or `bench.ends`); its answer, and what its tree cost.

        Args:
            contender: with whom.
            what: the word for `bench.trial`; "ends" for `bench.ends`.
            folder: of an earlier trial, to go on there.
            killed: whether it ends by SIGKILL, and has no answer.
            numbers: what the word wants to know.

        Raises:
            TrialError: it failed.
        """
        folder = folder or self.folder(contender)
        report, words = folder / "tree.json", folder / "words"
        told = [f"{name}={value}" for name, value in numbers.items()]
        module = "bench.ends" if what == "ends" else "bench.trial"
        command = [contender.python, "-m", module, contender.driver, what, str(folder), *told]
        with words.open("ab") as output:
            subprocess.run(
                [sys.executable, "-m", "bench.tree", str(CORE), str(SECONDS), str(report),
                 *command],
                env=self.told(**contender.environment).variables(folder), cwd=folder,
                stdout=output, stderr=output, check=True,
            )  # fmt: skip
        cost = json.loads(report.read_text())
        if cost["status"] != (-signal.SIGKILL if killed else 0):
            raise TrialError(f"{contender.name}, {what}: {_last(words)}")
        answer = {} if killed else json.loads((folder / "answer.json").read_text())
        return {"folder": folder, **answer, **{f"tree {key}": each for key, each in cost.items()}}

    def variables(self, folder: Path) -> dict[str, str]:
        """The environment of a process: a clean one, with a home in the folder."""
        (folder / "home").mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        told = {name: each.format(folder=folder) for name, each in self.environment.items()}
        return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), **told}


def attempted(part: Iterator[Figure], name: str, of: str = "") -> Iterator[Figure]:
    """The figures of a part; if a trial of it fails, one more that says so."""
    try:
        yield from part
    except TrialError as error:
        yield Figure(name, None, "", note=str(error).splitlines()[-1], of=of)


def _last(words: Path) -> str:
    return words.read_text(errors="replace").strip()[-2000:]


@contextmanager
def pinned() -> Iterator[None]:
    """On the one core and before everybody else there, with all that is started from here."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORE})
    rank(NICE)
    try:
        yield
    finally:
        rank(0)
        os.sched_setaffinity(0, cores)


def rank(nice: int) -> None:
    """Put this process, and its session where the kernel ranks those, before or among others."""
    with contextlib.suppress(OSError):  # it takes root; `standing` tells which it was
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        Path("/proc/self/autogroup").write_text(str(nice))


def standing() -> str:
    """Where trials run, and how they stand to other processes."""
    with pinned():
        return f"core {CORE} at nice {os.getpriority(os.PRIO_PROCESS, 0)}"
