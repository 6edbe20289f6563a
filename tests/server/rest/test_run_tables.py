"""Runs as columns, which keys they have, and groups of them, over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from arro3.io import read_parquet
from tests.server.world import World

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.run_sets import bin_runs
from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.run import Finish, RunChanges

RUNS: dict[str, dict[str, Any]] = {
    "a": {"config": {"lr": 0.1, "amp": True, "model": "vit", "layers": [1]}, "tags": ("x", "y")},
    "b": {"config": {"lr": 1, "amp": False, "model": "vit"}, "tags": ("x",), "group": "g"},
    "c": {"config": {"lr": "auto", "amp": True, "model": "vit", "opt": {"name": "sgd"}}},
}
LOSSES = {"a": 3.0, "b": 1.0}


@pytest.fixture
async def numbers(world: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for run_id, said in RUNS.items():
        world.clock.tick(1)
        new = NewRun(id=run_id, name=f"run {run_id}", **said)
        found[run_id] = (
            await world.services.runs.create(world.actors["owner"], "table", new)
        ).run.number
        if run_id in LOSSES:
            world.store.log(found[run_id], 1, loss=LOSSES[run_id])
    finish = RunChanges(finish=Finish(0, time=world.clock.now + 5_000_000))
    apply_changes(world.catalog, found["a"], finish, now=world.clock.now)
    return found


async def ask(world: World, route: str, status: int = 200, **body: Any) -> Any:
    async with world.client("owner") as client:
        answer = await client.post(f"/api/v1/projects/ann/table/runs/{route}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.usefixtures("numbers")
async def test_columns_have_an_item_for_each_run(world: World) -> None:
    columns = ["config.lr", "config.amp", "summary.loss", "duration", "tags", "name", "group"]
    said = await ask(world, "columns", columns=columns, order="name")
    assert (said["total"], said["runs"], said["colors"]) == (3, ["a", "b", "c"], [0, 1, 2])
    assert said["states"] == ["finished", "running", "running"]
    assert said["columns"] == {
        "config.lr": [0.1, 1, "auto"],
        "config.amp": [True, False, True],
        "summary.loss": [3.0, 1.0, None],
        "duration": [7.0, 0.0, 0.0],
        "tags": [["x", "y"], ["x"], []],
        "name": ["run a", "run b", "run c"],
        "group": [None, "g", None],
    }
    some = await ask(world, "columns", columns=["id"], filter="config.lr > 0", order="-config.lr",
                     limit=1)  # fmt: skip
    assert (some["total"], some["runs"]) == (2, ["b"])
    wrong = await ask(world, "columns", 422, columns=["id", "what"])
    assert wrong["errors"][0]["pointer"] == "/columns/1"


async def test_the_least_greatest_and_mean_of_a_key_are_fields_like_others(
    world: World, numbers: dict[str, int]
) -> None:
    world.store.log(numbers["a"], 2, loss=1.0)
    world.store.log(numbers["b"], 2, loss=float("nan"))
    columns = ["min.loss", "max.loss", "mean.loss", "summary.loss"]
    said = await ask(world, "columns", columns=columns, order="-max.loss")
    assert said["runs"] == ["a", "b", "c"]
    assert said["columns"] == {
        "min.loss": [1.0, 1.0, None],
        "max.loss": [3.0, 1.0, None],
        "mean.loss": [2.0, 1.0, None],
        "summary.loss": [1, None, None],  # what is no number is none here
    }
    found = await ask(world, "search", filter="mean.loss > 1 and min.loss exists")
    assert [run["id"] for run in found["items"]] == ["a"]
    found = await ask(world, "search", filters={"max.loss": {"$exists": False}}, offset=0)
    assert [run["id"] for run in found["items"]] == ["c"]


@pytest.mark.usefixtures("numbers")
async def test_a_search_begins_where_it_is_told_to(world: World) -> None:
    found = await ask(world, "search", offset=1, limit=1, order="name")
    assert ([run["id"] for run in found["items"]], found["total"]) == (["b"], 3)
    rest = await ask(world, "search", cursor=found["next"], limit=5, order="name")
    assert [run["id"] for run in rest["items"]] == ["c"]
    assert (await ask(world, "search", offset=9))["items"] == []
    wrong = await ask(world, "search", 422, offset=-1)
    assert wrong["errors"][0]["pointer"] == "/offset"


@pytest.mark.usefixtures("numbers")
async def test_histograms_count_every_run_that_passes(world: World) -> None:
    columns = ["config.lr", "config.model", "summary.loss", "duration", "tags", "config.none"]
    said = (await ask(world, "histograms", columns=columns))["columns"]
    assert "tags" not in said
    lr = said["config.lr"]
    assert (lr["runs"], sum(lr["counts"]), len(lr["edges"])) == (2, 2, len(lr["counts"]) + 1)
    assert (lr["edges"][0], lr["edges"][-1]) == (0.1, 1.0)
    assert said["config.model"]["values"] == [{"value": "vit", "runs": 3}]
    assert said["duration"]["edges"][-1] == 7.0
    assert said["config.none"] == {"runs": 0, "edges": [], "counts": [], "values": []}
    one = (await ask(world, "histograms", columns=["summary.loss"], q="run b"))["columns"]
    assert one["summary.loss"]["counts"] == [1]
    wrong = await ask(world, "histograms", 422, columns=["id", "what"])
    assert wrong["errors"][0]["pointer"] == "/columns/1"


@pytest.mark.usefixtures("numbers")
async def test_keys_are_said_with_their_kinds_and_whether_runs_differ(world: World) -> None:
    said = await ask(world, "fields")
    assert said["runs"] == 3
    found = {each["key"]: (each["kind"], each["runs"], each["differs"]) for each in said["config"]}
    assert found == {
        "amp": ("boolean", 3, True),
        "layers": ("other", 1, True),
        "lr": ("mixed", 3, True),
        "model": ("text", 3, False),
        "opt.name": ("text", 1, True),
    }
    [loss] = said["summary"]
    assert loss == {"key": "loss", "kind": "number", "runs": 2, "differs": True}
    one = await ask(world, "fields", filter="id = b")
    assert not any(each["differs"] for each in one["config"])


@pytest.mark.usefixtures("numbers")
async def test_groups_are_found_again_by_their_filters(world: World) -> None:
    asked = {"by": ["config.amp", "tags"], "columns": ["summary.loss"], "filter": "name ~ run"}
    said = await ask(world, "groups", **asked, limit=2)
    assert said["total"] == 4
    rest = await ask(world, "groups", **asked, limit=2, cursor=said["next"])
    assert rest["next"] is None
    found = {}
    for group in said["items"] + rest["items"]:
        again = await ask(world, "search", filter=group["filter"], order="name")
        assert again["total"] == group["runs"] == sum(group["states"].values())
        found[tuple(group["values"])] = [run["id"] for run in again["items"]]
    assert found == {(True, "x"): ["a"], (True, "y"): ["a"], (True, None): ["c"],
                     (False, "x"): ["b"]}  # fmt: skip


@pytest.mark.usefixtures("numbers")
async def test_a_group_has_figures_and_groups_an_order(world: World) -> None:
    said = await ask(world, "groups", by=["config.model"], columns=["summary.loss", "config.lr"])
    [group] = said["items"]
    assert group["values"] == ["vit"]
    assert group["columns"]["summary.loss"] == {
        "count": 2, "mean": 2.0, "min": 1.0, "max": 3.0, "std": pytest.approx(2**0.5)
    }  # fmt: skip
    assert group["states"] == {"finished": 1, "running": 2}
    order = await ask(world, "groups", by=["id"], columns=["summary.loss"],
                      order="mean:summary.loss")  # fmt: skip
    assert [each["values"] for each in order["items"]] == [["b"], ["a"], ["c"]]
    down = await ask(world, "groups", by=["id"], order="-key")
    assert [each["values"] for each in down["items"]] == [["c"], ["b"], ["a"]]
    wrong = await ask(world, "groups", 422, by=["id"], order="mean:summary.loss")
    assert wrong["errors"][0]["pointer"] == "/order"


@pytest.mark.usefixtures("numbers")
async def test_the_whole_table_is_a_file(world: World) -> None:
    async def file(**body: Any) -> bytes:
        async with world.client("owner") as client:
            answer = await client.post("/api/v1/projects/ann/table/runs/export", json=body)
        assert answer.status_code == 200, answer.text
        assert "table-runs." in answer.headers["content-disposition"]
        return answer.content

    columns = ["id", "config.lr", "config.amp", "summary.loss", "tags", "created_at"]
    asked = {"columns": columns, "order": "+created_at"}
    [a, b, c] = csv.DictReader(io.StringIO((await file(**asked, format="csv")).decode()))
    assert a == {"id": "a", "config.lr": "0.1", "config.amp": "true", "summary.loss": "3",
                 "tags": '["x","y"]', "created_at": "2023-11-14T22:13:21Z"}  # fmt: skip
    assert (b["config.lr"], c["config.lr"], c["summary.loss"]) == ("1", "auto", "")
    lines = (await file(**asked, format="jsonl")).splitlines()
    whole = json.loads(await file(**asked, format="json"))
    assert [json.loads(line) for line in lines] == whole
    assert whole[1] == {"id": "b", "config.lr": 1, "config.amp": False, "summary.loss": 1,
                        "tags": ["x"], "created_at": 1_700_000_002_000_000}  # fmt: skip
    table = read_parquet(io.BytesIO(await file(**asked, format="parquet"))).read_all()
    assert table.column_names == columns
    assert table["config.lr"].to_pylist() == ["0.1", "1", "auto"]
    assert table["summary.loss"].to_pylist() == [3.0, 1.0, None]
    assert table["config.amp"].to_pylist() == [True, False, True]
    everything = json.loads(await file(format="json", filter="id = c"))
    assert everything[0]["config.opt.name"] == "sgd"
    assert json.loads(await file(format="json", filter="id = nobody")) == []


async def test_what_another_process_changes_is_seen(world: World, numbers: dict[str, int]) -> None:
    asked = {"columns": ["config.lr", "user"], "filter": "config.lr exists", "order": "+created_at"}
    await ask(world, "columns", **asked)
    with world.catalog.reading() as connection:
        place = connection.engine.url
    other = Catalog(str(place), clock=world.clock)
    apply_changes(other, numbers["b"], RunChanges(config={"lr": 8}), now=world.clock.now)
    with other.writing() as connection:
        bin_runs(connection, [numbers["a"]], now=1)
    other.close()
    said = await ask(world, "columns", **asked)
    assert (said["runs"], said["columns"]["config.lr"]) == (["b", "c"], [8, "auto"])


async def test_what_changes_is_seen_with_the_next_look(
    world: World, numbers: dict[str, int]
) -> None:
    columns = ["config.lr", "summary.loss", "tags"]
    await ask(world, "columns", columns=columns)
    changes = RunChanges(config={"lr": 7}, tags=("z",))
    apply_changes(world.catalog, numbers["c"], changes, now=world.clock.now)
    world.store.log(numbers["b"], 2, loss=0.5)
    await world.services.runs.create(world.actors["owner"], "table", NewRun(id="d"))
    await world.services.runs.delete(world.actors["owner"], "ann", "table", "a")
    said = await ask(world, "columns", columns=columns, order="+created_at")
    assert said["runs"] == ["b", "c", "d"]
    assert said["columns"] == {
        "config.lr": [1, 7, None], "summary.loss": [0.5, None, None], "tags": [["x"], ["z"], []]
    }  # fmt: skip
