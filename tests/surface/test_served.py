"""What a server has of definitions and configs: as the run goes on, and when it goes on again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.journeys.processes import ServerProcess, eventually
from tests.sdk.bad.user import User

from wanllmdb.run import Run


@pytest.fixture
def online(server: ServerProcess, user: User) -> User:
    user.patch.setenv("WANLLMDB_API_URL", server.url)
    user.patch.setenv("WANLLMDB_API_KEY", server.key)
    user.patch.setenv("WANLLMDB_FLUSH_INTERVAL", "0.1")
    return user


def begin(user: User, run_id: str, **arguments: Any) -> Run:
    """A run of this id whose summaries are defined."""
    run = user.begin(mode="online", id=run_id, **arguments)
    run.define_metric("acc", summary="max,first")
    run.define_metric("deep.loss", summary="min")
    run.define_metric("noise", summary="none")
    return run


def summary(server: ServerProcess, run: Run) -> dict[str, Any]:
    return server.get(f"/projects/{server.owner}/p/runs/{run.id}")["summary"]


def test_summaries_of_definitions_are_there_while_the_run_goes_on(
    server: ServerProcess, online: User
) -> None:
    run = begin(online, "going-on")
    run._teller._seconds = 0.5
    for acc, loss in ((0.2, 3.0), (0.9, 1.0), (0.5, 2.0)):
        run.log({"acc": acc, "deep": {"loss": loss, "other": 7}, "noise": 1, "plain": acc})
    expected = {
        "acc": {"max": 0.9, "first": 0.2}, "deep.loss": {"min": 1.0}, "deep.other": 7,
        "plain": 0.5,
    }  # fmt: skip
    eventually(lambda: summary(server, run) == expected, seconds=10)
    run.finish()
    assert summary(server, run) == expected


def test_a_resumed_run_goes_on_from_what_the_server_knows(
    server: ServerProcess, online: User
) -> None:
    run = begin(online, "resumed")
    run.log({"acc": 0.9, "deep": {"loss": 1.0}})
    run.finish()
    again = begin(online, "resumed", resume="must")
    again.log({"acc": 0.5, "deep": {"loss": 0.5}})
    assert again.summary["acc"] == {"max": 0.9, "first": 0.9}
    again.finish()
    found = summary(server, again)
    assert (found["acc"], found["deep.loss"]) == ({"max": 0.9, "first": 0.9}, {"min": 0.5})


def test_a_sweeps_values_are_the_runs_from_its_first_record_on(
    server: ServerProcess, online: User
) -> None:
    Path("s.yaml").write_text("lr: {value: 9}\n")
    online.patch.setenv("WANDB_SWEEP_ID", "abc")
    online.patch.setenv("WANDB_SWEEP_PARAM_PATH", "s.yaml")
    run = online.begin({"save_facts": True}, mode="online", config={"lr": 1, "a": 1})
    assert run.sweep_url == f"{run.project_url}/sweeps/abc" == run.get_sweep_url()
    run.finish()
    found = server.get(f"/projects/{server.owner}/p/runs/{run.id}")
    assert (found["config"], found["environment"]["sweep"]) == ({"lr": 9, "a": 1}, "abc")
