"""Runs are found by filters as in wandb's Api, in orders of several keys, page by page."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.server.world import World

from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.errors import InvalidError, MalformedError
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.language import parse_order, parse_query
from wanllmdb_server.domain.query import All, AnyOf, Condition, Exists, Not, holds
from wanllmdb_server.domain.run import Finish, RunChanges
from wanllmdb_server.services.run_search import Wanted

RUNS: list[dict[str, Any]] = [
    {"id": "a", "name": "Zulu", "tags": ("best", "v1"),
     "config": {"lr": 0.1, "opt": {"name": "adam"}}},
    {"id": "b", "name": "yes", "tags": ("v1",), "config": {"lr": 1, "flag": True}, "group": "g1"},
    {"id": "c", "name": "x-ray", "job_type": "eval",
     "config": {"lr": "auto", "opt": {"name": "sgd"}}},
    {"id": "d", "name": "x-100%", "tags": ("best",), "config": {"none": None}, "group": "g2"},
    {"id": "e", "name": "Zulu", "notes": "remember", "config": {"lr": 0.1, "layers": [1, 2]}},
]  # fmt: skip
LOSSES = {"a": 3.0, "b": 1.0, "c": 2.0, "e": float("nan")}


async def find(world: World, filters: Any = None, order: Any = "created_at", **options: Any) -> str:
    """The ids of all runs that are found, gathered page by page."""
    first, *then = parse_order(order)
    asked = {"limit": 2, **options}
    found, cursor = "", None
    while True:
        wanted = Wanted(
            RunFilter(condition=parse_query(filters)),
            first,
            cursor=cursor,
            then=tuple(then),
            **asked,
        )
        page = await world.services.run_search.find(world.actors["owner"], "ann", "search", wanted)
        found += "".join(run.id for run in page.items)
        cursor = page.next
        if cursor is None:
            assert page.total == len(found)
            return found


@pytest.fixture
async def runs(world: World) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for each in RUNS:
        world.clock.tick(1)
        said = {**each, "environment": {"host": f"node-{each['id']}"}}
        begun = await world.services.runs.create(world.actors["owner"], "search", NewRun(**said))
        numbers[each["id"]] = begun.run.number
        if each["id"] in LOSSES:
            world.store.log(begun.run.number, 1, loss=LOSSES[each["id"]], word=each["name"])
    changes = {
        "a": RunChanges(finish=Finish(0, time=world.clock.now + 9_000_000)),
        "b": RunChanges(finish=Finish(1), summary={"best": {"acc": 0.5}}),
        "c": RunChanges(summary={"loss": 0.5}),
    }
    for name, change in changes.items():
        apply_changes(world.catalog, numbers[name], change, now=world.clock.now)
    return numbers


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, "abcde"),
        ({}, "abcde"),
        ({"state": "finished"}, "a"),
        ({"state": {"$in": ["finished", "failed"]}}, "ab"),
        ({"state": {"$ne": "running"}}, "ab"),
        ({"name": "c"}, "c"),
        ({"display_name": "Zulu"}, "ae"),
        ({"displayName": {"$regex": "^x-"}}, "cd"),
        ({"display_name": {"$contains": "100%"}}, "d"),
        ({"display_name": {"$contains": "zulu"}}, ""),
        ({"tags": "best"}, "ad"),
        ({"tags": {"$in": ["best", "v1"]}}, "abd"),
        ({"tags": {"$nin": ["best"]}}, "bce"),
        ({"tags": ["best", "v1"]}, "a"),
        ({"tags": {"$exists": False}}, "ce"),
        ({"tags": {"$regex": "^v[0-9]$"}}, "ab"),
        ({"group": "g1"}, "b"),
        ({"group": None}, "ace"),
        ({"group": {"$in": ["g2", None]}}, "acde"),
        ({"jobType": "eval"}, "c"),
        ({"notes": {"$exists": True}}, "e"),
        ({"user": "ann"}, "abcde"),
        ({"username": {"$ne": "ann"}}, ""),
        ({"host": "node-d"}, "d"),
        ({"config.lr": 0.1}, "ae"),
        ({"config.lr.value": {"$gte": 0.1, "$lt": 1}}, "ae"),
        ({"config.lr": {"$gt": 0}}, "abe"),
        ({"config.lr": {"$gt": ""}}, "c"),
        ({"config.lr": {"$ne": 0.1}}, "bcd"),
        ({"config.lr": {"$not": {"$gt": 0.5}}}, "acde"),
        ({"config.lr": {"$in": [1, "auto"]}}, "bc"),
        ({"config.lr": {"$exists": False}}, "d"),
        ({"config.flag": True}, "b"),
        ({"config.opt.name": "adam"}, "a"),
        ({"config.opt": {"$exists": True}}, "ac"),
        ({"config.opt.name": {"$regex": "^(adam|sgd)$"}}, "ac"),
        ({"summary_metrics.loss": {"$lt": 2.5}}, "bc"),
        ({"summary.loss": 0.5}, "c"),
        ({"summary_metrics.loss": {"$exists": True}}, "abce"),
        ({"summary_metrics.word": {"$contains": "ul"}}, "ae"),
        ({"summary_metrics.best.acc": 0.5}, "b"),
        ({"$or": [{"summary_metrics.loss": {"$gt": 2}}, {"tags": "best"}]}, "ad"),
        ({"$and": [{"tags": "v1"}, {"state": "failed"}]}, "b"),
        ({"$nor": [{"state": "failed"}, {"state": "finished"}]}, "cde"),
        ({"$not": {"config.lr": 0.1}}, "bcd"),
        ({"createdAt": {"$gt": "2023-11-14T22:13:22Z"}}, "cde"),
        ({"created_at": {"$lte": 1_700_000_002}}, "ab"),
        ({"duration": {"$gte": 10}}, "a"),
        ({"config.'; DROP TABLE runs; --": "x"}, ""),
    ],
)
async def test_a_filter_finds(world: World, filters: Any, found: str) -> None:
    assert await find(world, filters) == found


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("+created_at", "abcde"),
        ("-createdAt", "edcba"),
        ("display_name,-created_at", "eadcb"),
        (["-display_name", "created_at"], "bcdae"),
        ("config.lr,-summary_metrics.loss", "aebcd"),
        ("-config.lr.value,name", "beacd"),
        ("summary_metrics.loss", "cbade"),
        ("-summary_metrics.loss", "abced"),
        ("config.nobody,-created_at", "edcba"),
    ],
)
async def test_runs_come_in_order_those_without_the_value_last(
    world: World, order: Any, found: str, limit: int
) -> None:
    assert await find(world, order=order, limit=limit) == found


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("filters", "order", "found"),
    [
        ({"config.lr": {"$exists": True}}, "-config.lr,display_name", "beac"),
        ({"summary_metrics.loss": {"$exists": True}}, "-summary_metrics.loss", "abce"),
        ({"config.lr": 0.1, "user": "ann"}, "user,-summary_metrics.loss", "ae"),
        ({"user": "ann", "tags": "v1"}, "-duration", "ab"),
        ({"$or": [{"config.lr": 1}, {"summary.loss": 3.0}]}, "config.opt.name", "ab"),
    ],
)
async def test_a_filter_and_an_order_may_be_about_the_same(
    world: World, filters: Any, order: str, found: str
) -> None:
    assert await find(world, filters, order) == found


@pytest.mark.parametrize(
    ("filters", "pointer", "code"),
    [
        ([], "/filters", "invalid"),
        ({"color": 1}, "/filters/color", "unknown-field"),
        ({"config.": 1}, "/filters/config.", "unknown-field"),
        ({"$where": "1"}, "/filters/$where", "unknown-operator"),
        ({"state": {"$where": "1"}}, "/filters/state/$where", "unknown-operator"),
        ({"$or": [{"state": "x"}, {"config.a/b": {"$in": 1}}]},
         "/filters/$or/1/config.a~1b/$in", "invalid"),
        ({"$or": []}, "/filters/$or", "invalid"),
        ({"state": {}}, "/filters/state", "invalid"),
        ({"config.a": [1]}, "/filters/config.a", "bad-value"),
        ({"config.a": {"$gt": 1 << 70}}, "/filters/config.a/$gt", "bad-value"),
        ({"created_at": "yesterday"}, "/filters/created_at", "bad-value"),
        ({"duration": "1h"}, "/filters/duration", "bad-value"),
        ({"name": {"$regex": "("}}, "/filters/name/$regex", "bad-pattern"),
        ({"name": {"$regex": "(?=a)"}}, "/filters/name/$regex", "bad-pattern"),
        ({"name": {"$exists": "yes"}}, "/filters/name/$exists", "invalid"),
        ({"name": {"$in": ["x"] * 1001}}, "/filters/name/$in", "too-many-items"),
        ({"$or": [{"state": "x"}] * 201}, "/filters/$or/200/state", "too-many-items"),
        ({"config." + "k" * 1025: 1}, "/filters/config." + "k" * 1025, "too-long"),
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_pointed_at(filters: Any, pointer: str, code: str) -> None:
    with pytest.raises(InvalidError) as raised:
        parse_query(filters)
    [fault] = raised.value.faults
    assert (fault.pointer, fault.code) == (pointer, code)


def test_a_filter_that_is_too_deep_is_none() -> None:
    deep: Any = {"state": "x"}
    for _ in range(17):
        deep = {"$and": [deep]}
    with pytest.raises(InvalidError) as raised:
        parse_query(deep)
    assert raised.value.faults[0].code == "too-deep"


def test_an_order_by_nothing_is_pointed_at() -> None:
    for order in ("color", "config.", ",".join(["name"] * 9)):
        with pytest.raises(InvalidError) as raised:
            parse_order(order)
        assert raised.value.faults[0].pointer == "/order"


@pytest.mark.usefixtures("runs")
async def test_a_cursor_is_of_one_filter_and_one_order(world: World) -> None:
    async def page(filters: Any, order: str, cursor: str | None) -> Any:
        first, *then = parse_order(order)
        asked = RunFilter(condition=parse_query(filters))
        wanted = Wanted(asked, first, 1, cursor, then=tuple(then))
        return await world.services.run_search.find(world.actors["owner"], "ann", "search", wanted)

    cursor = (await page({"tags": "v1"}, "name,user", None)).next
    assert cursor
    for filters, order in (({"tags": "best"}, "name,user"), ({"tags": "v1"}, "name,state")):
        with pytest.raises(MalformedError):
            await page(filters, order, cursor)


# Against a reading of the tree that knows no SQL.


def _is_something(value: object) -> bool:
    return value is not None


_scalars = st.sampled_from([0.1, 1, "auto", "adam", True, None, "Zulu", "best", "g1", 0.5, 2.0])
_fields = st.sampled_from(
    ["display_name", "group", "tags", "config.lr", "config.opt.name", "config.flag", "summary.loss",
     "summary.word", "job_type"]
)  # fmt: skip
_said = st.one_of(
    _scalars,
    st.tuples(st.sampled_from(["$eq", "$ne"]), _scalars).map(lambda pair: dict([pair])),
    st.tuples(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), _scalars.filter(_is_something))
    .map(lambda pair: dict([pair])),
    st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(_scalars, max_size=3))
    .map(lambda pair: dict([pair])),
    st.booleans().map(lambda wanted: {"$exists": wanted}),
    st.sampled_from(["a", "^Z", "l.$"]).map(lambda pattern: {"$regex": pattern}),
)  # fmt: skip
_filters = st.recursive(
    st.dictionaries(_fields, _said, min_size=1, max_size=2),
    lambda inner: st.tuples(
        st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: dict([pair])),
    max_leaves=5,
)


def _value(run: dict[str, Any], field: Any) -> list[Any]:
    """The values of a field of a run: none, one, or its tags."""
    if field.part == "tags":
        return list(run.get("tags", ()))
    if field.part == "text":
        name = {"id": "id", "name": "name", "group": "group", "job_type": "job_type"}[field.key]
        return [run[name]] if run.get(name) is not None else []
    if field.part == "summary":
        known = {
            "loss": LOSSES.get(run["id"]),
            "word": run["name"] if run["id"] in LOSSES else None,
        }
        if run["id"] == "c":
            known["loss"] = 0.5
        return [known[field.key]] if known.get(field.key) is not None else []
    value: Any = run["config"]
    for part in field.key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return [] if value is None else [value]


def _passes(run: dict[str, Any], condition: Condition) -> bool:
    match condition:
        case All(of):
            return all(_passes(run, each) for each in of)
        case AnyOf(of):
            return any(_passes(run, each) for each in of)
        case Not(inner):
            return not _passes(run, inner)
        case Exists(field):
            return bool(_value(run, field))
        case _:
            return any(holds(condition, value) for value in _value(run, condition.field))


@pytest.mark.usefixtures("runs")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
async def test_the_database_and_the_tree_agree(world: World, data: st.DataObject) -> None:
    filters = data.draw(_filters)
    condition = parse_query(filters)
    expected = "".join(run["id"] for run in RUNS if _passes(run, condition))
    assert await find(world, filters, limit=100) == expected


def test_every_pair_of_runs_has_one_order() -> None:
    from wanllmdb_server.domain.rank import Rank, Value, follows, ordered

    values = [Value(1.0), Value(2.0), Value(text="a"), Value(text="b"), Value()]
    ranks = [Rank(n, pair) for n, pair in enumerate(itertools.product(values, values))]
    for down in itertools.product([True, False], repeat=2):
        placed = ordered(ranks, down)
        for at, one in enumerate(placed):
            assert [follows(other, one, down) for other in placed] == [
                n > at for n in range(len(placed))
            ]
