"""A spawned process is what a fresh one would be: where it works, what it has, how it ends."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from tests.spawner import Spawned, spawn

SAYS = """
import os, sys, threading, warnings
print(__name__, os.getcwd(), sorted(os.environ), sys.argv[1:], threading.active_count(), flush=True)
try:
    warnings.warn("said")
except UserWarning as error:
    print("raised", error, file=sys.stderr)
"""


def _spawn(folder: Path, source: str, *arguments: str, **environment: str) -> tuple[Spawned, Path]:
    (folder / "module_of_the_test.py").write_text(source)
    log = folder / "log"
    with log.open("wb") as output:
        process = spawn(
            "module_of_the_test", *arguments,
            environment=environment, folder=folder, output=output.fileno(),
        )  # fmt: skip
    assert isinstance(process, Spawned)
    return process, log


def test_it_has_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    process, log = _spawn(tmp_path, SAYS, "a", "b c", ONE="1", PYTHONWARNINGS="error")
    assert process.wait(20) == 0
    assert log.read_text().splitlines() == [
        f"__main__ {tmp_path} ['ONE', 'PYTHONWARNINGS'] ['a', 'b c'] 1",
        "raised said",
    ]


def test_how_it_ends_is_told(tmp_path: Path) -> None:
    process, log = _spawn(tmp_path, "raise SystemExit(7)")
    assert process.wait(20) == process.poll() == process.returncode == 7
    process, log = _spawn(tmp_path, "raise ValueError('of the test')")
    assert process.wait(20) == 1
    assert "ValueError: of the test" in log.read_text()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_signals_reach_it(tmp_path: Path, end: signal.Signals) -> None:
    process, _ = _spawn(tmp_path, "import time; time.sleep(60)")
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.send_signal(end)
    assert process.wait(20) == -end
    process.kill()  # of what is dead already: nothing


def test_what_reads_the_environment_at_its_import_starts_from_nothing(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as output:
        process = spawn(
            "this", environment={"WANLLMDB_CRASH_AT": "x"}, folder=tmp_path, output=output.fileno()
        )
    assert isinstance(process, subprocess.Popen)
    assert process.wait(20) == 0
