"""A run in the bin is nowhere to be seen, wherever one asks, until it is back."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.server.house import House, row, send
from tests.server.live.test_stream import viewing

PROJECT = "/api/v1/projects/ann/vision"
REF = "ann/vision/first"


async def told(http: Any) -> dict[str, bool]:
    """Which questions of a project know of the run."""

    async def said(method: str, path: str, **body: Any) -> Any:
        options = {} if method == "GET" else {"json": body}
        answer = await http.request(method, path, **options)
        return answer.json() if answer.status_code < 300 and answer.content else None

    export = await http.post(f"{PROJECT}/runs/export", json={"format": "csv", "columns": ["id"]})
    asked: dict[str, Any] = {
        "list": await said("GET", f"{PROJECT}/runs"),
        "search": await said("POST", f"{PROJECT}/runs/search", filter="id = first"),
        "columns": await said("POST", f"{PROJECT}/runs/columns", columns=["config.lr"]),
        "lookup": (await said("POST", "/api/v1/runs/lookup", runs=[REF]))["items"],
        "compare": (await said("POST", "/api/v1/compare", runs=[REF]))["found"],
        "run": await said("GET", f"{PROJECT}/runs/first"),
        "receipt": await said("GET", f"{PROJECT}/runs/first/receipt"),
        "files": await said("GET", f"{PROJECT}/runs/first/files"),
        "metrics": await said("GET", "/api/v1/metrics/first/latest"),
    }
    found = {name: "first" in str(answer) for name, answer in asked.items()}
    for name in ("receipt", "files", "metrics"):
        found[name] = asked[name] is not None
    found["export"] = "first" in export.text
    counted = {
        "project": (await said("GET", PROJECT))["runs"],
        "fields": (await said("POST", f"{PROJECT}/runs/fields"))["runs"],
        "groups": (await said("POST", f"{PROJECT}/runs/groups", by=["state"]))["total"],
        "histograms": (await said("POST", f"{PROJECT}/runs/histograms", columns=["summary.loss"]))[
            "columns"
        ]["summary.loss"]["runs"],
        "keys": len((await said("GET", f"{PROJECT}/keys"))["keys"]),
        "importance": (await said("POST", f"{PROJECT}/importance", target="summary.loss"))["used"],
        "correlations": sum(
            sum(row)
            for row in (await said("POST", f"{PROJECT}/correlations", columns=["summary.loss"]))[
                "n"
            ]
        ),
    }
    question = {"project": "ann/vision", "runs": ["first"], "keys": ["loss"]}
    curves = await http.post("/api/v1/curves", json=question)
    return {
        **found,
        **{name: bool(count) for name, count in counted.items()},
        "curves": curves.status_code == 200,
    }


async def test_a_run_in_the_bin_is_seen_nowhere_and_everywhere_when_it_is_back(
    house: House,
) -> None:
    async with house.client("member") as http:
        assert (await send(http, 0, [row(1, loss=1.0), row(2, loss=0.5)])).status_code == 200
        before = await told(http)
        assert [name for name, known in before.items() if not known] == []
        gone = await http.post(f"{PROJECT}/runs/trash", json={"runs": ["first"]})
        assert gone.json() == {"deleted": 1, "runs": ["first"]}
        assert [name for name, known in (await told(http)).items() if known] == []
        # What its writers send is kept: it is there when the run is back.
        assert (await send(http, 1, [row(3, loss=0.25)])).status_code == 200
        assert [name for name, known in (await told(http)).items() if known] == []
        await http.post(f"{PROJECT}/runs/restore", json={"runs": ["first"]})
        assert await told(http) == before
        run = (await http.get(f"{PROJECT}/runs/first")).json()
        assert run["summary"]["loss"] == 0.25


async def test_nobody_is_told_of_points_of_a_run_in_the_bin(house: House) -> None:
    async with (
        house.serving() as address,
        house.client("member") as http,
        viewing(house, address) as viewer,
    ):
        await send(http, 0, [row(1, loss=1.0)])
        await viewer.subscribe(cursors={"first": {"loss": 0}})
        await viewer.points(1)
        await http.post(f"{PROJECT}/runs/trash", json={"runs": ["first"]})
        await send(http, 1, [row(2, loss=2.0)])
        await asyncio.sleep(1.5)  # more than one look at the runs
        await http.post(f"{PROJECT}/runs/restore", json={"runs": ["first"]})
        heard = len(viewer.told)
        await viewer.until("runs")
        assert [each for each in viewer.told[heard:] if each["type"] == "tail"] == []
        await send(http, 2, [row(3, loss=3.0)])
        assert [value for _, _, value in await viewer.points(2)] == [2.0, 3.0]


async def test_an_artifact_does_not_name_a_run_in_the_bin(house: House) -> None:
    from tests.server.rest.versions import tell

    lineage = f"{PROJECT}/artifacts/digits/versions/v0/lineage"
    async with house.client("member") as http:
        await tell(http, "digits", {"a": b"0"}, run="first")
        assert (await http.get(lineage)).json()["logged_by"]["id"] == "first"
        await http.post(f"{PROJECT}/runs/trash", json={"runs": ["first"]})
        assert (await http.get(lineage)).json()["logged_by"] is None
        await http.post(f"{PROJECT}/runs/restore", json={"runs": ["first"]})
        assert (await http.get(lineage)).json()["logged_by"]["id"] == "first"
