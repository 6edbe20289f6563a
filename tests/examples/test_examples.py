"""The examples run as they are, and the server has what they say that it has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.processes import ServerProcess, eventually

EXAMPLES = Path(__file__).parents[2] / "sdk/python/examples"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    assert process.stop() == 0


def run_example(server: ServerProcess, name: str, *arguments: str, **environment: str) -> str:
    """What the example prints; it must end well."""
    copy = server.root / name  # as somebody has it who fetched that file alone
    shutil.copy(EXAMPLES / name, copy)
    script = server.run_script(copy, *arguments, **environment)
    said, _ = script.communicate(timeout=150)
    assert script.returncode == 0, said.decode()
    return said.decode()


def runs_of(server: ServerProcess, project: str) -> list[dict[str, Any]]:
    """The runs of a project, the oldest first, when all of them are over."""
    path = f"/projects/{server.owner}/{project}/runs?sort=created_at"

    def over() -> list[dict[str, Any]]:
        found = server.get(path)["items"]
        return found if all(run["state"] != "running" for run in found) else []

    return eventually(over, why=f"the runs of {project} are over")


def test_the_simple_example_shows_a_run_from_its_beginning_to_its_end(
    server: ServerProcess,
) -> None:
    run_example(server, "simple_example.py")
    [run] = runs_of(server, "quick-start")
    assert run["state"] == "finished"
    assert run["config"]["epochs"] == 50
    assert run["tags"] == ["example"]
    assert run["summary"]["converged"] is True
    losses = [value for _, value in server.points("quick-start", run["id"], "train/loss")]
    assert len(losses) == 50
    assert losses[-1] == pytest.approx(run["summary"]["final_loss"])
    accuracies = [value for _, value in server.points("quick-start", run["id"], "val/accuracy")]
    assert run["summary"]["val/accuracy"] == {"max": pytest.approx(max(accuracies))}


def test_the_context_manager_example_ends_each_run_as_it_says(server: ServerProcess) -> None:
    said = run_example(server, "context_manager.py")
    assert "caught RuntimeError('the data ran out'); the run ended with exit code 1" in said
    runs = {run["name"]: run for run in runs_of(server, "context-manager")}
    states = {name: run["state"] for name, run in runs.items()}
    assert states == {
        "plain": "finished",
        "fails": "failed",
        "recovers": "finished",
        "seed-0": "finished",
        "seed-1": "finished",
        "seed-2": "finished",
        "several-places": "finished",
    }
    assert {name for name, run in runs.items() if run["group"] == "seeds"} == {
        "seed-0",
        "seed-1",
        "seed-2",
    }
    assert runs["recovers"]["summary"]["missing_batches"] == 3
    both = server.points("context-manager", runs["several-places"]["id"], "val/loss")
    assert [step for step, _ in both] == [0, 5, 10, 15]


def test_the_search_finds_the_best_of_its_runs_twice(server: ServerProcess) -> None:
    said = run_example(server, "hyperparameter_search.py", "--trials", "5", "--seed", "1")
    runs = runs_of(server, "hyperparameter-search")
    assert [run["name"] for run in runs] == [f"trial-{number}" for number in range(5)]
    best = max(runs, key=lambda run: run["summary"]["val/accuracy"]["max"])
    assert f"accuracy {best['summary']['val/accuracy']['max']:.3f}" in said
    assert f"best that the server knows of: {best['id']}" in said


@pytest.mark.libraries
@pytest.mark.skipif(
    find_spec("torch") is None,
    reason="torch is not installed here; `make test-integrations` runs pytorch_mnist.py",
)
def test_the_network_reads_digits_and_keeps_its_best_model(server: ServerProcess) -> None:
    said = run_example(
        server, "pytorch_mnist.py", "--epochs", "3", "--batch-size", "32", OMP_NUM_THREADS="2"
    )
    assert "reading the digits of scikit-learn" in said
    [run] = runs_of(server, "mnist")
    assert run["state"] == "finished"
    assert run["config"]["epochs"] == 3
    assert run["config"]["data"] == "scikit-learn"
    accuracies = [value for _, value in server.points("mnist", run["id"], "test/accuracy")]
    assert len(accuracies) == 3
    assert run["summary"]["best_accuracy"] == pytest.approx(max(accuracies))
    assert max(accuracies) > 0.85
    files = server.get(f"/projects/{server.owner}/mnist/runs/{run['id']}/files")
    names = {file["path"] for file in files["items"]}
    assert {f"checkpoints/epoch-{epoch}.pt" for epoch in range(3)} <= names
