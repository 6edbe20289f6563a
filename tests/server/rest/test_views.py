"""Views are one's own or everybody's, nobody writes over what they have not seen; links last."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.world import World

VIEWS = "/api/v1/projects/ann/vision/views"
LINKS = "/api/v1/projects/ann/vision/links"


def view(name: str = "mine", **said: Any) -> dict[str, Any]:
    return {"name": name, "kind": "workspace", "content": {"q": "x"}, **said}


async def made(client: Any, **said: Any) -> dict[str, Any]:
    answer = await client.post(VIEWS, json=view(**said))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client: Any, **query: str) -> list[str]:
    return [each["name"] for each in (await client.get(VIEWS, params=query)).json()["items"]]


async def test_a_view_is_its_makers_own_until_it_is_shared(world: World) -> None:
    async with world.client("member") as mia, world.client("viewer") as vic:
        own = await made(mia, name="zeta")
        await made(mia, name="alpha", kind="table", shared=True)
        assert own["mine"]
        assert not own["shared"]
        assert own["owner"] == "mia"
        assert own["content"] == {"q": "x"}
        assert own["revision"] == 1
        assert await names(mia) == ["alpha", "zeta"]
        assert await names(mia, kind="table") == ["alpha"]
        assert await names(vic) == ["alpha"]
        assert (await vic.get(f"{VIEWS}/{own['id']}")).status_code == 404
        assert (await mia.get(f"{VIEWS}/{own['id']}")).json()["content"] == {"q": "x"}
        listed = (await vic.get(VIEWS)).json()["items"][0]
        assert "content" not in listed
        assert not listed["mine"]


async def test_viewers_keep_their_own_views_and_write_no_shared_ones(world: World) -> None:
    async with world.client("member") as mia, world.client("viewer") as vic:
        own, shared = await made(vic), await made(mia, shared=True)
        refused = await vic.post(VIEWS, json=view(shared=True))
        assert refused.status_code == 403
        for change in ({"shared": True}, {"default": True}):
            answer = await vic.put(f"{VIEWS}/{own['id']}", json={"revision": 1, **change})
            assert answer.status_code == 403
        assert (
            await vic.put(f"{VIEWS}/{shared['id']}", json={"revision": 1, "name": "x"})
        ).status_code == 403
        assert (await vic.delete(f"{VIEWS}/{shared['id']}")).status_code == 403
        changed = await vic.put(f"{VIEWS}/{own['id']}", json={"revision": 1, "name": "other"})
        assert changed.json()["name"] == "other"
        assert changed.json()["content"] == {"q": "x"}
        assert (await vic.delete(f"{VIEWS}/{own['id']}")).status_code == 204
        assert (await vic.get(f"{VIEWS}/{own['id']}")).status_code == 404


async def test_who_changes_what_was_changed_is_shown_the_present_one(world: World) -> None:
    async with world.client("member") as mia, world.client("owner") as ann:
        shared = await made(mia, shared=True)
        place = f"{VIEWS}/{shared['id']}"
        first = await ann.put(place, json={"revision": 1, "content": [1]})
        assert first.status_code == 200
        assert first.json()["revision"] == 2
        late = await mia.put(place, json={"revision": 1, "content": [2]})
        assert late.status_code == 409
        assert late.json()["code"] == "view-changed"
        assert late.json()["expected"] == 2
        assert late.json()["view"]["content"] == [1]
        assert (await mia.put(place, json={"revision": 2, "content": [2]})).status_code == 200


async def test_of_a_kind_there_is_one_default_which_all_see(world: World) -> None:
    async with world.client("member") as mia, world.client("viewer") as vic:
        first, second = await made(mia, name="a"), await made(mia, name="b")
        other = await made(mia, name="c", kind="table")
        for each in (first, other, second):
            answer = await mia.put(f"{VIEWS}/{each['id']}", json={"revision": 1, "default": True})
            assert answer.json()["default"]
            assert answer.json()["shared"]
        listed = (await vic.get(VIEWS)).json()["items"]
        assert [each["name"] for each in listed if each["default"]] == ["b", "c"]
        answer = await mia.put(f"{VIEWS}/{second['id']}", json={"revision": 2, "shared": False})
        assert not answer.json()["default"]


async def test_only_its_maker_takes_a_view_back(world: World) -> None:
    async with world.client("member") as mia, world.client("owner") as ann:
        shared = await made(mia, shared=True)
        place = f"{VIEWS}/{shared['id']}"
        taking = {"revision": 1, "shared": False}
        assert (await ann.put(place, json=taking)).status_code == 403
        assert (await mia.put(place, json=taking)).status_code == 200


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"name": "  "}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "x" * 257}, "/name"),
        ({"kind": "other"}, "/kind"),
        ({"content": "x" * (256 * 1024)}, "/content"),
        ({"color": 1}, "/color"),
    ],
)
async def test_what_cannot_be_a_view_is_refused(
    world: World, said: dict[str, Any], pointer: str
) -> None:
    async with world.client("member") as mia:
        answer = await mia.post(VIEWS, json=view() | said)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_same_look_has_the_same_link_and_only_readers_follow_it(world: World) -> None:
    look = {"path": "/ann/vision/runs/a%20b", "state": "x=1&q=é"}
    async with world.client("viewer") as vic, world.client("stranger") as sam:
        first = (await vic.post(LINKS, json=look)).json()["hash"]
        assert (await vic.post(LINKS, json=look)).json()["hash"] == first
        other = await vic.post(LINKS, json=look | {"state": "x=2"})
        assert other.json()["hash"] != first
        found = await vic.get(f"/api/v1/links/{first}")
        assert found.json() == {"owner": "ann", "project": "vision", **look}
        foreign, absent = await sam.get(f"/api/v1/links/{first}"), await sam.get("/api/v1/links/a")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json()["detail"] == absent.json()["detail"]


async def test_a_link_survives_another_name_of_its_project(world: World) -> None:
    async with world.client("owner") as ann:
        look = {"path": "/ann/vision", "state": ""}
        word = (await ann.post(LINKS, json=look)).json()["hash"]
        await ann.patch("/api/v1/projects/ann/vision", json={"name": "new sight"})
        found = (await ann.get(f"/api/v1/links/{word}")).json()
        assert (found["project"], found["path"]) == ("new sight", "/ann/new%20sight")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"path": "/sam/vision"}, "/path"),
        ({"path": "/ann/visionary"}, "/path"),
        ({"path": "https://elsewhere/ann/vision"}, "/path"),
        ({"path": "/ann/vision?x"}, "/path"),
        ({"path": "/ann/vision/" + "x" * 4000}, "/path"),
        ({"state": "x" * 65_537}, "/state"),
    ],
)
async def test_a_link_leads_nowhere_else(world: World, said: dict[str, str], pointer: str) -> None:
    async with world.client("viewer") as vic:
        answer = await vic.post(LINKS, json={"path": "/ann/vision", "state": ""} | said)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_views_and_links_go_with_their_project(world: World) -> None:
    async with world.client("owner") as ann:
        kept = await made(ann)
        word = (await ann.post(LINKS, json={"path": "/ann/vision", "state": "x"})).json()["hash"]
        await ann.delete("/api/v1/projects/ann/vision")
        await ann.post("/api/v1/projects", json={"name": "vision"})
        assert (await ann.get(f"{VIEWS}/{kept['id']}")).status_code == 404
        assert (await ann.get(f"/api/v1/links/{word}")).status_code == 404
