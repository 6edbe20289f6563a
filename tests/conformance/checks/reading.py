"""Checks of `wandb.Api()`: what was logged is read, changed and deleted."""

from __future__ import annotations

from typing import Any

import wandb
from told import OWNER, PROJECT, expect, path


def some_runs(prefix: str, count: int) -> None:
    for n in range(count):
        told = {"lr": 0.1 * (n + 1), "model": {"depth": n}}
        run = wandb.init(project=PROJECT, id=f"{prefix}{n}", config=told, tags=[prefix])
        for i in range(10):
            run.log({"loss": n + 1 / (i + 1)})
        run.finish(exit_code=n % 2)


def viewer_and_projects() -> list[Any]:
    """`viewer`, `projects`, `create_project`, `default_entity`"""
    api = wandb.Api()
    assert api.viewer.username == OWNER and api.default_entity == OWNER
    api.create_project("made", OWNER)
    assert "made" in [each.name for each in api.projects(OWNER)]
    return []


def runs_with_filters() -> list[Any]:
    """`runs` with filters, order and pages"""
    some_runs("f", 4)
    api, of = wandb.Api(), f"{OWNER}/{PROJECT}"

    def found(**said: Any) -> list[str]:
        return [run.id for run in api.runs(of, filters=said, order="+config.lr", per_page=2)]

    assert found(tags="f") == ["f0", "f1", "f2", "f3"]
    assert found(**{"$and": [{"tags": "f"}, {"config.lr": {"$gt": 0.15}}]}) == ["f1", "f2", "f3"]
    assert found(**{"tags": "f", "config.model.value.depth": 2}) == ["f2"]
    assert found(tags="f", state="failed") == ["f1", "f3"]
    assert found(**{"tags": "f", "summary_metrics.loss": {"$lt": 1.5}}) == ["f0", "f1"]
    assert found(tags="f", name={"$regex": "^f[02]$"}) == ["f0", "f2"]
    assert len(api.runs(of, filters={"tags": "f"})) == 4
    last = [run.id for run in api.runs(of, filters={"tags": "f"}, order="-created_at")]
    assert last == ["f3", "f2", "f1", "f0"]
    return []


def history() -> list[Any]:
    """`history` sampled, with keys and of the system; `scan_history`, also by keys and steps"""
    run = wandb.init(project=PROJECT, id="read")
    for i in range(3000):
        run.log({"a": i, **({"b": i * 2} if i % 10 == 0 else {})})
    run.finish()
    found = wandb.Api().run(path("read"))
    assert found.lastHistoryStep == 2999
    assert 400 <= len(found.history(samples=500, pandas=False)) <= 500
    rows = found.history(keys=["a", "b"], samples=10_000, pandas=False)
    assert [row["b"] for row in rows] == [i * 2 for i in range(0, 3000, 10)]
    assert len(list(found.scan_history())) == 3000
    assert len(list(found.scan_history(keys=["b"], page_size=100))) == 300
    some = list(found.scan_history(min_step=10, max_step=20))
    assert [row["_step"] for row in some] == list(range(10, 20))
    return [expect("read", counts={"a": 3000, "b": 300})]


def change_and_delete() -> list[Any]:
    """`run.update`: config, summary, tags, notes, name; `run.delete`"""
    some_runs("c", 2)
    found = wandb.Api().run(path("c0"))
    found.config["new"] = 5
    found.tags.append("more")
    found.notes, found.name = "noted", "renamed"
    found.update()
    again = wandb.Api().run(path("c0"))
    assert (again.config["new"], again.notes, again.name) == (5, "noted", "renamed")
    assert again.state == "finished"
    wandb.Api().run(path("c1")).delete()
    assert "c1" not in [run.id for run in wandb.Api().runs(f"{OWNER}/{PROJECT}")]
    return [expect("c0", state="finished", config={"new": 5})]


def system_metrics() -> list[Any]:
    """Figures of the machine, of a run that lasts long enough to have some"""
    import time

    told = wandb.Settings(x_stats_sampling_interval=0.5)
    run = wandb.init(project=PROJECT, id="system", settings=told)
    time.sleep(2)
    run.log({"a": 1})
    run.finish()
    rows = wandb.Api().run(path("system")).history(stream="system", pandas=False)
    assert rows and any(key.startswith("system.") for key in rows[-1])
    return [expect("system", keys=["system/memory", "system/process.threads"])]


CHECKS = {
    each.__name__: each
    for each in (viewer_and_projects, runs_with_filters, history, change_and_delete, system_metrics)
}
