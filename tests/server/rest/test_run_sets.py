"""Many runs changed, moved, thrown away and taken back at once, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.world import World

from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.event import RunChanged, RunDeleted, project_topic
from wanllmdb_server.domain.run import Finish, Run, RunChanges

PLACE = "/api/v1/projects/ann/sets"


@pytest.fixture
async def runs(world: World) -> dict[str, Run]:
    found: dict[str, Run] = {}
    for run_id in "abc":
        world.clock.tick(1)
        new = NewRun(id=run_id, tags=("x",), notes="old", config={"lr": ord(run_id)})
        begun = await world.services.runs.create(world.actors["owner"], "sets", new)
        found[run_id] = begun.run
        world.store.log(begun.run.number, 1, loss=1.0)
    return found


async def ask(
    world: World, route: str, status: int = 200, method: str = "POST", person: str = "owner",
    **body: Any,
) -> Any:  # fmt: skip
    options = {} if method in {"GET", "DELETE"} else {"json": body}
    async with world.client(person) as client:
        answer = await client.request(method, f"{PLACE}{route}", **options)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def listed(world: World, filter: str = "") -> str:  # noqa: A002 - its name in the request
    said = await ask(world, "/runs/search", filter=filter, order="+created_at")
    assert said["total"] == len(said["items"])
    return "".join(run["id"] for run in said["items"])


@pytest.mark.usefixtures("runs")
async def test_runs_are_changed_by_id_and_by_filter_and_said_as_they_were(world: World) -> None:
    edit = {"add_tags": ["best"], "remove_tags": ["x"], "group": "g", "notes": None}
    said = await ask(world, "/runs/bulk", runs=["a", "gone"], **edit)
    assert said == {
        "changed": 1,
        "before": [{"id": "a", "tags": ["x"], "group": None, "job_type": None, "notes": "old"}],
    }
    run = await ask(world, "/runs/a", method="GET")
    assert (run["tags"], run["group"], run["notes"]) == (["best"], "g", None)
    assert await listed(world, "tags has best and notes missing") == "a"
    all_others = {"all": True, "filter": "tags has x", "q": "", "add_tags": ["y"]}
    assert (await ask(world, "/runs/bulk", **all_others))["changed"] == 2
    assert (await ask(world, "/runs/bulk", **all_others))["changed"] == 0
    found = await ask(world, "/runs/search", q="best")
    assert [run["id"] for run in found["items"]] == ["a"]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("route", "body", "pointer"),
    [
        ("bulk", {}, "/runs"),
        ("bulk", {"runs": ["a"], "all": True}, "/runs"),
        ("trash", {"filter": "state = running"}, "/runs"),
        ("trash", {"all": True, "filter": "state ="}, "/filter"),
        ("bulk", {"runs": ["a"], "add_tags": ["\n"]}, "/add_tags/0"),
        ("bulk", {"runs": ["a"], "group": "\n"}, "/group"),
        ("move", {"runs": ["a"], "to": "sets"}, "/to"),
        ("move", {"runs": ["a"], "to": "ann/"}, "/to"),
    ],
)
async def test_what_is_wrong_is_pointed_at(
    world: World, route: str, body: dict[str, Any], pointer: str
) -> None:
    said = await ask(world, f"/runs/{route}", 422, **body)
    assert said["errors"][0]["pointer"] == pointer
    assert await listed(world) == "abc"


async def test_what_lies_in_the_bin_is_nowhere_until_it_is_taken_back(
    world: World, runs: dict[str, Run]
) -> None:
    assert await listed(world) == "abc"
    async with world.bus.subscribe([project_topic(runs["a"].project_id)]) as events:
        said = await ask(world, "/runs/trash", runs=["a", "b"])
        assert said == {"deleted": 2, "runs": ["a", "b"]}
        heard = events.drain()
    assert [(type(each), each.run_id) for each in heard] == [(RunDeleted, "a"), (RunDeleted, "b")]
    assert await listed(world) == "c"
    for path in ("", "/receipt", "/files", "/alerts"):
        await ask(world, f"/runs/a{path}", 404, method="GET")
    project = await ask(world, "", method="GET")
    assert (project["runs"], project["running"]) == (1, 1)
    assert (await ask(world, "/alerts", method="GET"))["items"] == []
    assert (await ask(world, "/runs/fields"))["runs"] == 1
    bin_ = await ask(world, "/runs/trash", method="GET")
    assert (bin_["total"], bin_["days"]) == (2, 30.0)
    assert [(run["id"], run["deleted_at"]) for run in bin_["items"]] == [
        (run_id, world.clock.now) for run_id in "ba"
    ]
    # Its writers go on, and nobody hears of it.
    owner = world.actors["owner"]
    assert not (await world.services.runs.heartbeat(owner, "ann", "sets", "a", writer="w")).stop
    again = await world.services.runs.create(owner, "sets", NewRun(id="a", writer="w"))
    assert not again.created
    apply_changes(
        world.catalog, runs["a"].number, RunChanges(config={"lr": 7}), now=world.clock.now
    )
    assert await listed(world) == "c"
    async with world.bus.subscribe([project_topic(runs["a"].project_id)]) as events:
        assert await ask(world, "/runs/restore", runs=["a", "b", "c"]) == {"restored": 2}
        assert {type(each) for each in events.drain()} == {RunChanged}
    assert await listed(world) == "abc"
    assert (await ask(world, "/runs/a", method="GET"))["config"] == {"lr": 7}


async def test_the_bin_is_emptied_when_its_time_has_come(
    world: World, runs: dict[str, Run]
) -> None:
    await ask(world, "/runs/trash", runs=["a"])
    world.clock.tick(29 * 86_400)
    await ask(world, "/runs/trash", runs=["b"])
    assert await world.services.run_sets.empty_bin() == 0
    world.clock.tick(2 * 86_400)
    assert await world.services.run_sets.empty_bin() == 1
    assert not await world.store.keys([runs["a"].number])
    assert await world.store.keys([runs["b"].number])
    assert await ask(world, "/runs/restore", runs=["a", "b"]) == {"restored": 1}
    assert await listed(world) == "bc"


async def test_runs_are_moved_all_or_none(world: World, runs: dict[str, Run]) -> None:
    owner, other = world.actors["owner"], "/api/v1/projects/ann/other/runs"
    await world.services.runs.create(owner, "other", NewRun(id="b"))
    said = await ask(world, "/runs/move", 409, runs=["a", "b"], to="ann/other")
    assert said["code"] == "run-is-running"
    for run in runs.values():
        apply_changes(world.catalog, run.number, RunChanges(finish=Finish(0)), now=world.clock.now)
    said = await ask(world, "/runs/move", 409, runs=["a", "b"], to="ann/other")
    assert said["code"] == "run-exists"
    assert await listed(world) == "abc"
    assert await ask(world, "/runs/move", runs=["a", "c"], to="ann/other") == {
        "moved": 2, "runs": ["a", "c"]
    }  # fmt: skip
    assert await listed(world) == "b"
    async with world.client("owner") as client:
        found = (await client.get(other, params={"sort": "summary.loss"})).json()["items"]
    assert [(run["id"], run["summary"]) for run in found] == [
        ("a", {"loss": 1.0}), ("c", {"loss": 1.0}), ("b", {})
    ]  # fmt: skip
    await ask(world, "/runs/move", 404, runs=["b"], to="ann/nowhere")
    await ask(world, "/runs/move", 404, person="stranger", runs=["b"], to="ann/other")
