"""Many processes in one run: shared mode, spawned, forked; what their ends mean for the run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess, eventually

# Waits for a word after it has logged, and ends.
ONE = """
import json, sys
import wanllmdb as wandb
told = json.loads(sys.argv[1])
run = wandb.init(project="many", **told)
for number in range(10):
    run.log({"x": number, told["settings"]["x_label"]: number})
print("logged", run.starting_step, flush=True)
sys.stdin.readline()
run.finish(int(sys.argv[2]))
"""

# A parent and its children, by the start method that is named.
CHILDREN = """
import multiprocessing, os, sys
import wanllmdb as wandb

def work(number):
    if multiprocessing.get_start_method() != "fork":
        wandb.init(project="many", resume="allow")  # the id is in the environment
    for step in range(20):
        wandb.log({f"child/{number}": step}, step=step)
    if multiprocessing.get_start_method() != "fork":
        wandb.finish()

if __name__ == "__main__":
    method, run_id = sys.argv[1:]
    os.environ["WANLLMDB_RUN_ID"] = run_id
    multiprocessing.set_start_method(method)
    run = wandb.init(project="many", resume="allow", config={"method": method})
    children = [multiprocessing.Process(target=work, args=(n,)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    run.log({"parent": 1})
    print("children are gone", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def place(server: ServerProcess, tmp_path: Path) -> Place:
    place = Place(tmp_path, url=server.url, key=server.key)
    place.variables = {"WANLLMDB_FLUSH_INTERVAL": "0.1"}
    return place


def state(server: ServerProcess, run: str) -> str:
    return str(server.get(f"/projects/{server.owner}/many/runs/{run}")["state"])


class Writers:
    """Processes that log to one run in shared mode, by their labels."""

    def __init__(self, place: Place, run: str) -> None:
        self._place, self._run = place, run
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def begin(self, label: str, *, code: int = 0, **settings: Any) -> None:
        told = {"id": self._run, "mode": "shared", "settings": {"x_label": label, **settings}}
        self._processes[label] = subprocess.Popen(
            [sys.executable, "-c", ONE, json.dumps(told), str(code)], text=True,
            env=self._place.environment(), cwd=self._place.work,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def logged(self) -> None:
        """Wait until all have logged, each from the same step."""
        for process in self._processes.values():
            assert process.stdout
            assert process.stdout.readline().split() == ["logged", "0"]

    def end(self, label: str) -> None:
        process = self._processes.pop(label)
        process.communicate("end\n", timeout=30)

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.communicate()


@pytest.fixture
def writers(place: Place, request: pytest.FixtureRequest) -> Iterator[Writers]:
    writers = Writers(place, request.node.name)
    yield writers
    writers.close()


def rows(server: ServerProcess, run: str, labels: str) -> None:
    """All rows of all writers are there, and none hides another."""
    for label in labels:
        assert server.points("many", run, label) == [(n, n) for n in range(10)]
    assert len(server.points("many", run, "x")) == 10 * len(labels)


def test_with_a_primary(server: ServerProcess, writers: Writers) -> None:
    run = "test_with_a_primary"
    writers.begin("a", x_primary=True)
    writers.begin("b", x_primary=False, x_update_finish_state=False)
    writers.begin("c", x_primary=False, x_update_finish_state=False, code=1)
    writers.logged()
    writers.end("c")
    assert state(server, run) == "running"
    writers.end("a")
    assert state(server, run) == "finished"
    writers.end("b")  # late, and taken all the same
    assert state(server, run) == "finished"
    rows(server, run, "abc")


def test_without_a_primary(server: ServerProcess, writers: Writers) -> None:
    run = "test_without_a_primary"
    for label in "abc":
        writers.begin(label)
    writers.logged()
    for label in "ba":
        writers.end(label)
        assert state(server, run) == "running"
    writers.end("c")
    assert state(server, run) == "finished"
    writers.begin("d")  # nobody goes on from anybody
    writers.logged()
    writers.end("d")
    rows(server, run, "abcd")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_log_to_their_parents_run_and_do_not_end_it(
    server: ServerProcess, place: Place, method: str
) -> None:
    script = place.work / "train.py"
    script.write_text(CHILDREN)
    run = f"by-{method}"
    with subprocess.Popen(
        [sys.executable, str(script), method, run], env=place.environment(), cwd=place.work,
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as parent:  # fmt: skip
        assert parent.stdout
        said = parent.stdout.readline()
        assert said == "children are gone\n", said + (parent.stderr.read() if parent.stderr else "")
        eventually(lambda: server.points("many", run, "parent"))
        assert state(server, run) == "running"
        _, problems = parent.communicate("end\n", timeout=30)
    assert parent.returncode == 0, problems
    assert state(server, run) == "finished"
    for child in range(3):
        points = server.points("many", run, f"child/{child}")
        assert points == [(step, step) for step in range(20)]
    assert server.get(f"/projects/{server.owner}/many/runs/{run}")["config"] == {"method": method}
