"""Runs beside each other, over HTTP, from real stores; foreign runs are missing runs."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from scipy import stats
from tests.server.house import House, record, row, send

from wanllmdb.wire import Kind

P = "/api/v1/projects/ann/vision"


async def logged(
    http: Any, run: str, losses: list[float], config: dict[str, Any] | None = None, code: int = 0
) -> str:
    """A run of ann/vision that logged these losses and ended with this code."""
    new = {"id": run, "project": "vision", "owner": "ann", "config": config or {}}
    assert (await http.post("/api/v1/runs", json=new)).status_code == 201
    rows = [row(at + 1, loss=value) for at, value in enumerate(losses)]
    name = f"ann/vision/{run}"
    answer = await send(http, 0, rows, run=name, writer=f"w-{run}")
    assert answer.status_code == 200, answer.text
    if code >= 0:
        await http.post(f"{P}/runs/{run}/finish", json={"exit_code": code})
    return name


async def asked(http: Any, path: str, **body: Any) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_runs_are_looked_up_in_the_order_asked_each_once(house: House) -> None:
    async with house.client("owner") as http:
        await logged(http, "a", [1.0, 0.5], {"lr": 0.1})
        await logged(http, "b", [2.0])
        names = ["ann/vision/b", "ann/vision/none", "ann/vision/a", "sam/vision/first"]
        found = await asked(http, "/api/v1/runs/lookup", runs=[*names, names[0]])
        assert [each["id"] for each in found["items"]] == ["b", "a"]
        assert found["missing"] == ["ann/vision/none", "sam/vision/first"]
        assert found["items"][1]["config"] == {"lr": 0.1}
        assert found["items"][1]["summary"] == {"loss": 0.5}
        lite = await asked(http, "/api/v1/runs/lookup", runs=names, fields="lite")
        assert "config" not in lite["items"][0]


async def test_who_may_not_see_a_run_hears_that_it_is_missing(house: House) -> None:
    async with house.client("stranger") as sam:
        names = ["ann/vision/first", "ann/absent/first", "sam/vision/first"]
        for path in ("/api/v1/runs/lookup", "/api/v1/compare"):
            assert (await asked(sam, path, runs=names))["missing"] == names[:2]


async def test_runs_are_compared_by_their_keys(house: House) -> None:
    async with house.client("owner") as http:
        one = await logged(http, "a", [3.0, 1.0, 2.0])
        two = await logged(http, "b", [5.0, math.nan], code=1)
        three = await logged(http, "c", [4.0], code=-1)
        goal = record(2, Kind.METRIC, {"name": "lo*", "goal": "minimize"})
        await send(http, 1, [goal], run=three, writer="w-c")
        await http.patch(f"{P}/runs/c", json={"summary": {"loss": 7.0, "note": "x", "acc": 0.5}})
        said = await asked(http, "/api/v1/compare", runs=[one, two, three, one])
        assert (said["runs"], said["found"]) == (3, [one, two, three])
        assert said["success_rate"] == 0.5
        assert said["metrics"] == 2
        accuracy, loss = said["keys"]
        assert (accuracy["key"], accuracy["values"], accuracy["runs"]) == (
            "acc", [None, None, 0.5], 1
        )  # fmt: skip
        assert loss["values"] == [2.0, "NaN", 7.0]
        assert (loss["low"], loss["high"], loss["mean"]) == (
            [1.0, 5.0, 4.0], [3.0, 5.0, 4.0], [2.0, 5.0, 4.0]
        )  # fmt: skip
        assert loss["goal"] == "minimize"
        assert loss["statistics"]["n"] == 2
        assert loss["statistics"]["mean"] == 4.5
        named = await asked(http, "/api/v1/compare", runs=[one], keys=["loss", "none"])
        assert [each["key"] for each in named["keys"]] == ["loss"]


async def test_nothing_is_compared_with_nothing(house: House) -> None:
    async with house.client("owner") as http:
        said = await asked(http, "/api/v1/compare", runs=[])
        assert (said["runs"], said["keys"], said["success_rate"]) == (0, [], None)
        said = await asked(http, "/api/v1/compare", runs=["ann/vision/none"])
        assert said["missing"] == ["ann/vision/none"]


async def test_groups_are_tested_and_pairs_too(house: House) -> None:
    first, second = [0.9, 0.8, 0.85, 0.7], [0.5, 0.6, 0.55, 0.65]
    async with house.client("owner") as http:
        a = [await logged(http, f"a{i}", [9.0, v], {"seed": i}) for i, v in enumerate(first)]
        b = [await logged(http, f"b{i}", [9.0, v], {"seed": i}) for i, v in enumerate(second)]
        groups = [{"name": "a", "runs": a}, {"name": "b", "runs": [*b, "ann/vision/none"]}]
        question = {"groups": groups, "keys": ["loss", "absent"]}
        said = await asked(http, "/api/v1/compare/groups", **question)
        assert said["missing"] == ["ann/vision/none"]
        loss, absent = said["keys"]
        assert [each["n"] for each in loss["groups"]] == [4, 4]
        welch, ranks = loss["tests"]
        expected = stats.ttest_ind(first, second, equal_var=False)
        assert (welch["kind"], welch["p"]) == ("welch-t", pytest.approx(expected.pvalue))
        assert ranks["p"] == pytest.approx(stats.mannwhitneyu(first, second).pvalue)
        low, high = loss["groups"][0]["ci"]
        assert low < loss["groups"][0]["mean"] < high
        assert absent["tests"] == []
        assert absent["groups"][0] == {
            "name": "a", "n": 0, "mean": None, "std": None, "min": None, "max": None,
            "median": None, "iqm": None, "ci": None,
        }  # fmt: skip
        assert absent["note"] == "a: 0 of 4 runs have a value. b: 0 of 4 runs have a value."
        pairs = await asked(http, "/api/v1/compare/groups", **question, paired_by="config.seed")
        student, signed = pairs["keys"][0]["tests"]
        assert student["p"] == pytest.approx(stats.ttest_rel(first, second).pvalue)
        assert signed["p"] == pytest.approx(stats.wilcoxon(first, second).pvalue)
        most = await asked(http, "/api/v1/compare/groups", **question, value="max")
        assert most["keys"][0]["groups"][0]["mean"] == 9.0


async def test_what_matters_is_found_in_the_runs_that_pass_a_filter(house: House) -> None:
    async with house.client("owner") as http:
        for at in range(24):
            config = {"lr": at / 10, "opt": "sgd" if at % 2 else "adam", "deep": {"n": 3}}
            await logged(http, f"r{at}", [3.0 * at + (at % 2)], config)
        await logged(http, "other", [1000.0], {"lr": 0.05})
        body = {"target": "summary.loss", "filter": "summary.loss < 500"}
        said = await asked(http, f"{P}/importance", **body)
        assert (said["runs"], said["used"]) == (24, 24)
        keys = [each["key"] for each in said["parameters"]]
        assert keys == ["config.lr", "config.opt"]
        assert said["parameters"][0]["correlation"] == pytest.approx(1)
        assert said["score"] > 0.5
        few = [f"r{at}" for at in range(4)]
        said = await asked(http, f"{P}/importance", target="summary.loss", runs=[*few, "none"])
        assert (said["runs"], said["parameters"]) == (4, [])
        assert "4 runs" in said["note"]
        columns = ["config.lr", "summary.loss", "config.opt", "duration", "config.none"]
        table = await asked(http, f"{P}/correlations", columns=columns, filter=body["filter"])
        assert table["columns"] == columns
        assert table["r"][0][1] == table["r"][1][0] == pytest.approx(1)
        assert table["r"][0][2] is None
        assert table["n"][0][:3] == [24, 24, 24]
        assert table["n"][4][4] == 0
        assert table["r"][4][4] is None


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/api/v1/runs/lookup", {"runs": ["first"]}, "/runs/0"),
        ("/api/v1/compare", {"runs": ["a/b/c", "a//c"]}, "/runs/1"),
        ("/api/v1/compare", {"runs": ["a/b/c"] * 101}, "/runs"),
        ("/api/v1/compare/groups", {"groups": [], "keys": []}, "/groups"),
        (
            "/api/v1/compare/groups",
            {"groups": [{"name": "a", "runs": []}] * 2, "keys": []},
            "/groups/1/name",
        ),
        (
            "/api/v1/compare/groups",
            {"groups": [{"name": "a", "runs": ["x"]}, {"name": "b", "runs": []}], "keys": []},
            "/groups/0/runs/0",
        ),
        (f"{P}/importance", {"target": "loss"}, "/target"),
        (f"{P}/importance", {"target": "config."}, "/target"),
        (f"{P}/importance", {"target": "summary.a", "parameters": ["x"]}, "/parameters/0"),
        (f"{P}/importance", {"target": "summary.a", "filter": "a >="}, "/filter"),
        (f"{P}/correlations", {"columns": ["duration", "state"]}, "/columns/1"),
        (f"{P}/correlations", {"columns": [], "method": "kendall"}, "/method"),
    ],
)
async def test_what_cannot_be_asked_is_refused_where_it_is_wrong(
    house: House, path: str, body: dict[str, Any], pointer: str
) -> None:
    async with house.client("owner") as http:
        answer = await http.post(path, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_hundred_runs_of_hundreds_of_keys_are_compared_at_once(house: House) -> None:
    config = {f"part{at % 10}": {f"p{at}-{i}": i for i in range(10)} for at in range(50)}
    names: list[str] = []
    async with house.client("owner") as http:
        for at in range(100):
            new = {"id": f"r{at}", "project": "vision", "owner": "ann", "config": config}
            await http.post("/api/v1/runs", json=new)
            names.append(f"ann/vision/r{at}")
            rows = [row(1, **{f"m{key}": key + at for key in range(200)})]
            await send(http, 0, rows, run=names[-1])
        took: list[float] = []
        for _ in range(3):
            began = time.perf_counter()
            said = await asked(http, "/api/v1/compare", runs=names)
            took.append(time.perf_counter() - began)
        assert (said["runs"], said["metrics"]) == (100, 200)
        assert said["keys"][0]["values"] == [float(at) for at in range(100)]
        assert min(took) < 1.5  # 0.3 s on a machine that does nothing else


async def test_a_key_is_told_as_it_was_at_a_step(house: House) -> None:
    async with house.client("owner") as http:
        many = [float(at) for at in range(1, 5001)]  # more than a grid has buckets: it is refined
        one = await logged(http, "a", many)
        two = await logged(http, "b", [5.0, 4.0, math.nan])
        new = {"id": "c", "project": "vision", "owner": "ann"}
        assert (await http.post("/api/v1/runs", json=new)).status_code == 201
        three = "ann/vision/c"
        runs = [three, two, one]
        for step, expected, steps in (
            (4321, [None, "NaN", 4321.0], [None, 3, 4321]),
            (2, [None, 4.0, 2.0], [None, 2, 2]),
            (0, [None, None, None], [None, None, None]),
            (99_999, [None, "NaN", 5000.0], [None, 3, 5000]),
        ):
            said = await asked(http, "/api/v1/compare", runs=runs, keys=["loss"], step=step)
            [loss] = said["keys"]
            assert (loss["at"], loss["at_steps"]) == (expected, steps)
        plain = await asked(http, "/api/v1/compare", runs=runs)
        assert "at" not in plain["keys"][0]
        refused = await http.post("/api/v1/compare", json={"runs": runs, "step": 3})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/keys"


async def test_who_may_not_see_a_run_learns_nothing_of_it(house: House) -> None:
    """Foreign runs and runs that are not there have the same answers, in all that may be asked."""
    async with house.client("owner") as http:
        theirs = [await logged(http, f"t{n}", [float(n)], {"seed": n}) for n in range(4)]
        path, state = "/ann/vision/workspace", "find=loss"
        link = await http.post(f"{P}/links", json={"path": path, "state": state})
    absent = [name.replace("ann/vision", "ann/absent") for name in theirs]
    async with house.client("stranger") as sam:
        answers: list[list[str]] = []
        for names in (theirs, absent):
            groups = [{"name": "a", "runs": names[:2]}, {"name": "b", "runs": names[2:]}]
            question = {"groups": groups, "keys": ["loss"], "paired_by": "config.seed"}
            curves = {"project": names[0].rpartition("/")[0], "runs": ["t0"], "keys": ["loss"]}
            said = [
                await sam.post("/api/v1/runs/lookup", json={"runs": names}),
                await sam.post("/api/v1/compare", json={"runs": names}),
                await sam.post("/api/v1/compare", json={"runs": names, "keys": ["a"], "step": 0}),
                await sam.post("/api/v1/compare/groups", json=question),
                await sam.post("/api/v1/curves", json=curves),
            ]
            answers.append([plainly(each).replace("ann/absent", "ann/vision") for each in said])
        assert answers[0] == answers[1]
        known = await sam.get(f"/api/v1/links/{link.json()['hash']}")
        unknown = await sam.get(f"/api/v1/links/{'0' * len(link.json()['hash'])}")
        assert plainly(known) == plainly(unknown)
        assert known.status_code == 404


def plainly(answer: Any) -> str:
    """Status and body without what names this one answer."""
    body = answer.json()
    body.pop("instance", None)
    return f"{answer.status_code} {body}"
