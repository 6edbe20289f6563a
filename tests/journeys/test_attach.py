"""A process that was spawned logs to the run of the one that began it, and does not end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess

SCRIPT = """
import multiprocessing, sys
import wandb

def work(attach_id, started, number):
    run = wandb._attach(attach_id)
    assert wandb.run is run and wandb.run.id == "attached" and not run.is_over
    for step in range(25):
        wandb.log({f"child/{number}": step}, step=step)
    wandb.finish()

if __name__ == "__main__":
    run = wandb.init(project="attach", id="attached")
    assert wandb._attach(run._attach_id) is run
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=work, args=(run._attach_id, None, n)) for n in range(2)]
    for child in children: child.start()
    for child in children: child.join()
    assert [child.exitcode for child in children] == [0, 0]
    run.log({"parent": 1})
    print(run.status().sync_items_total > 0)
    run.finish()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


def test_spawned_children_attach_to_the_run_of_their_parent(
    server: ServerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    script = server.run_script(Path("-m"), "wanllmdb.exec", str(path))
    said, _ = script.communicate(timeout=50)
    assert script.returncode == 0, said.decode()
    run = server.get(f"/projects/{server.owner}/attach/runs/attached")
    assert run["state"] == "finished"
    for number in range(2):
        found = server.points("attach", "attached", f"child/{number}")
        assert found == [(step, step) for step in range(25)]
    assert server.points("attach", "attached", "parent") != []
