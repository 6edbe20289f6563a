"""Bytes without a key: a URL that was made for one file, one use and one user, for a while."""

from __future__ import annotations

from tests.server.house import House
from tests.server.wandb.conftest import Speaker

FILES = """mutation F($files: [String!]!) {
    createRunFiles(input: {
        entityName: "ann", projectName: "vision", runName: "first", files: $files
    }) { files { name uploadUrl } }
}"""
READ = """query R { project(name: "vision", entityName: "ann") { run(name: "first") {
    files(names: ["a b/ü.txt"]) { edges { node { name directUrl sizeBytes } } }
} } }"""


async def url_of(ann: Speaker, path: str = "a b/ü.txt") -> str:
    data = await ann.data(FILES, files=[path])
    return data["createRunFiles"]["files"][0]["uploadUrl"]


async def test_a_file_is_put_and_got_by_who_has_the_url(house: House, ann: Speaker) -> None:
    put = await url_of(ann)
    async with house.client() as nobody:
        assert (await nobody.put(put, content=b"hello")).status_code == 200
        data = await ann.data(READ)
        [edge] = data["project"]["run"]["files"]["edges"]
        assert (edge["node"]["name"], edge["node"]["sizeBytes"]) == ("a b/ü.txt", 5)
        answer = await nobody.get(edge["node"]["directUrl"])
        assert answer.content == b"hello"
        # What is for getting puts nothing, and the other way round.
        assert (await nobody.put(edge["node"]["directUrl"], content=b"x")).status_code == 403
        assert (await nobody.get(put)).status_code == 403


async def test_a_url_runs_out_and_cannot_be_made(house: House, ann: Speaker) -> None:
    put = await url_of(ann)
    async with house.client() as nobody:
        forged = put[:-4] + ("AAAA" if not put.endswith("AAAA") else "BBBB")
        assert (await nobody.put(forged, content=b"x")).status_code == 403
        house.clock.tick(25 * 3600)
        assert (await nobody.put(put, content=b"x")).status_code == 403


async def test_who_lost_the_right_has_lost_the_url_too(house: House, ann: Speaker) -> None:
    async with house.client("member") as http:
        put = await url_of(Speaker(http))
    assert (await ann.http.delete("/api/v1/projects/ann/vision/members/mia")).status_code == 204
    async with house.client() as nobody:
        assert (await nobody.put(put, content=b"x")).status_code == 404


async def test_a_name_that_is_a_path_of_ours_is_refused(ann: Speaker) -> None:
    for path in ("../x", "/etc/passwd", "a//b", ""):
        assert (await ann.query(FILES, files=[path])).status_code == 422
