"""The client's questions: answered in its own names, to whom they may be answered."""

from __future__ import annotations

import base64
import json

from tests.server.house import House
from tests.server.wandb.conftest import Speaker
from tests.server.world import PEOPLE

READ = """query Run($project: String!, $entity: String!, $name: String!) {
    project(name: $project, entityName: $entity) {
        run(name: $name) { id name state config summaryMetrics tags fieldOfTheFuture { x } }
    }
}"""
OPEN = """mutation UpsertBucket($name: String, $entity: String, $host: String) {
    upsertBucket(input: {name: $name, modelName: "vision", entityName: $entity, host: $host}) {
        inserted
    }
}"""


async def test_a_field_that_nobody_knows_is_left_out(ann: Speaker) -> None:
    data = await ann.data(READ, project="vision", entity="ann", name="first")
    run = data["project"]["run"]
    assert run["name"] == "first"
    assert "fieldOfTheFuture" not in run


async def test_what_is_not_there_is_null_and_so_is_what_is_not_theirs(house: House) -> None:
    async with house.client("owner") as http:
        nothing = await Speaker(http).data(READ, project="none", entity="ann", name="first")
    async with house.client("stranger") as http:
        foreign = await Speaker(http).data(READ, project="vision", entity="ann", name="first")
    assert nothing == foreign == {"project": None}


async def test_who_may_not_open_a_run_hears_why(house: House) -> None:
    heard = []
    for person in PEOPLE:
        async with house.client(person) as http:
            answer = await Speaker(http).query(OPEN, name="new", entity="ann", host="node")
        heard.append(answer.status_code)
        assert ("errors" in answer.json()) == (answer.status_code != 200)
    assert heard == [401, 404, 403, 200, 200, 200]


async def test_a_key_that_is_nobodys_is_refused(house: House) -> None:
    said = base64.b64encode(b"api:" + b"x" * 40).decode()
    async with house.client(headers={"Authorization": f"Basic {said}"}) as http:
        answer = await Speaker(http).query("query Viewer { viewer { id } }")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"]


async def test_the_key_comes_as_the_client_sends_it(house: House) -> None:
    said = base64.b64encode(f"api:{house.keys['owner']}".encode()).decode()
    async with house.client(headers={"Authorization": f"Basic {said}"}) as http:
        data = await Speaker(http).data("query Viewer { viewer { username entity flags } }")
    assert data["viewer"]["username"] == data["viewer"]["entity"] == "ann"
    assert isinstance(json.loads(data["viewer"]["flags"]), dict)


async def test_bad_queries_are_told(ann: Speaker) -> None:
    for body in (b"", b"[]", b"{}", b'{"query": 1}', b'{"query": "query {"}', b"nonsense"):
        answer = await ann.http.post("/graphql", content=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["message"]


async def test_a_run_is_opened_changed_and_read(ann: Speaker) -> None:
    config = {"lr": {"value": 0.1}, "_wandb": {"value": {"t": {"1": 2}}}}
    opened = await ann.open(config=json.dumps(config), tags=["a"], displayName="one")
    assert opened["inserted"] is True
    assert opened["bucket"]["displayName"] == "one"
    # A change without a host opens nothing.
    changed = await ann.open(host=None, id=opened["bucket"]["id"], notes="n")
    assert changed["inserted"] is False
    data = await ann.data(READ, project="vision", entity="ann", name="run1")
    assert json.loads(data["project"]["run"]["config"]) == config
    assert data["project"]["run"]["tags"] == ["a"]
    kept = (await ann.http.get("/api/v1/projects/ann/vision/runs/run1")).json()
    assert (kept["config"]["lr"], kept["notes"]) == (0.1, "n")


async def test_a_run_without_a_name_gets_one(ann: Speaker) -> None:
    opened = await ann.open()
    assert opened["bucket"]["displayName"].count("-") == 2


async def test_an_alert_is_where_ours_are(ann: Speaker) -> None:
    await ann.open()
    text = """mutation N($input: NotifyScriptableRunAlertInput!) {
        notifyScriptableRunAlert(input: $input) { success }
    }"""
    told = {"entityName": "ann", "projectName": "vision", "runName": "run1"}
    said = await ann.data(text, input={**told, "title": "T", "text": "x", "severity": "WARN"})
    assert said["notifyScriptableRunAlert"]["success"] is True
    alerts = (await ann.http.get("/api/v1/projects/ann/vision/runs/run1/alerts")).json()
    assert [(each["title"], each["level"]) for each in alerts["items"]] == [("T", "WARN")]
