"""Versions of artifacts as the client tells them: file by file, and then all of it or nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from tests.server.house import House
from tests.server.wandb.conftest import Speaker

CREATE = """mutation CreateArtifact($input: CreateArtifactInput!) {
    createArtifact(input: $input) { ...CreatedArtifact }
}
fragment CreatedArtifact on CreateArtifactPayload { artifact { id state } }"""
FILES = """mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
    createArtifactFiles(input: $input) { files { edges { node { uploadUrl artifact { id } } } } }
}"""
MANIFEST = """mutation M($id: ID!, $type: ArtifactManifestType!) {
    createArtifactManifest(input: {artifactID: $id, name: "m", digest: "", type: $type}) {
        artifactManifest { id file { uploadUrl } }
    }
}"""
COMMIT = """mutation C($id: ID!) {
    commitArtifact(input: {artifactID: $id}) { artifact { id versionIndex digest } }
}"""
READ = """query R($name: String!) { project(name: "vision", entityName: "ann") {
    artifactCollectionMembership(name: $name) {
        versionIndex aliases { alias }
        artifact { id fileCount size currentManifest { file { directUrl } } }
        files { totalCount edges { node { name directUrl } } }
    }
} }"""

CONTENTS = {"a.txt": b"alpha", "b/ü.txt": b"beta"}


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()  # noqa: S324 - theirs


def manifest_of(contents: dict[str, bytes], **more: Any) -> bytes:
    files = {path: {"digest": md5(each), "size": len(each)} for path, each in contents.items()}
    return json.dumps({"version": 1, "contents": {**files, **more}}).encode()


async def begin(ann: Speaker, digest: str = "d1", **said: Any) -> dict[str, Any]:
    told = {
        "entityName": "ann", "projectName": "vision", "runName": "first", "digest": digest,
        "artifactTypeName": "model", "artifactCollectionName": "weights",
        "aliases": [{"artifactCollectionName": "weights", "alias": "best"}],
        "fieldOfTheFuture": 1, **said,
    }  # fmt: skip
    return (await ann.data(CREATE, input=told))["createArtifact"]["artifact"]


async def urls(ann: Speaker, draft: str, contents: dict[str, bytes]) -> list[str | None]:
    wanted = [{"artifactID": draft, "name": p, "md5": md5(c)} for p, c in contents.items()]
    data = await ann.data(FILES, input={"artifactFiles": wanted, "storageLayout": "V2"})
    return [each["node"]["uploadUrl"] for each in data["createArtifactFiles"]["files"]["edges"]]


async def put_manifest(ann: Speaker, draft: str, text: bytes, kind: str = "FULL") -> int:
    data = await ann.data(MANIFEST, id=draft, type=kind)
    url = data["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    return (await ann.http.put(url, content=text)).status_code


async def log(ann: Speaker, contents: dict[str, bytes], digest: str, kind: str = "FULL") -> Any:
    draft = (await begin(ann, digest))["id"]
    for url, content in zip(await urls(ann, draft, contents), contents.values(), strict=True):
        if url is not None:
            assert (await ann.http.put(url, content=content)).status_code == 200
    assert await put_manifest(ann, draft, manifest_of(contents), kind) == 200
    return (await ann.data(COMMIT, id=draft))["commitArtifact"]["artifact"]


async def read(ann: Speaker, name: str) -> Any:
    return (await ann.data(READ, name=name))["project"]["artifactCollectionMembership"]


async def test_a_version_is_there_when_it_is_committed_and_not_before(
    house: House, ann: Speaker
) -> None:
    draft = await begin(ann)
    assert draft["state"] == "PENDING"
    assert await read(ann, "weights:latest") is None
    assert (await log(ann, CONTENTS, "d1"))["versionIndex"] == 0
    found = await read(ann, "weights:best")
    assert (found["artifact"]["fileCount"], found["artifact"]["size"]) == (2, 9)
    assert {each["alias"] for each in found["aliases"]} == {"best", "latest"}
    async with house.client() as nobody:
        got = {
            edge["node"]["name"]: (await nobody.get(edge["node"]["directUrl"])).content
            for edge in found["files"]["edges"]
        }
        assert got == CONTENTS
        url = found["artifact"]["currentManifest"]["file"]["directUrl"]
        told = (await nobody.get(url)).json()["contents"]
    assert {path: each["digest"] for path, each in told.items()} == {
        path: md5(content) for path, content in CONTENTS.items()
    }
    ours = await ann.http.get("/api/v1/projects/ann/vision/artifacts/weights/versions/v0")
    assert (ours.json()["files"], ours.json()["aliases"]) == (2, ["best", "latest"])


async def test_what_is_here_already_needs_not_be_sent(ann: Speaker) -> None:
    await log(ann, CONTENTS, "d1")
    assert (await begin(ann, "d1"))["state"] == "COMMITTED"
    draft = (await begin(ann, "d2"))["id"]
    changed = {**CONTENTS, "a.txt": b"other"}
    first, second = await urls(ann, draft, changed)
    assert (first is not None, second) == (True, None)
    assert (await log(ann, changed, "d2"))["versionIndex"] == 1


async def test_other_bytes_than_announced_and_files_that_are_not_there_are_refused(
    ann: Speaker,
) -> None:
    draft = (await begin(ann))["id"]
    [url] = await urls(ann, draft, {"a.txt": b"alpha"})
    assert (await ann.http.put(url or "", content=b"other")).status_code == 422
    assert await put_manifest(ann, draft, manifest_of({"a.txt": b"alpha"})) == 400
    for text in (b"", b"[]", b'{"contents": {"a": 1}}', b'{"contents": {"../a": {"digest": "x"}}}'):
        assert await put_manifest(ann, draft, text) in {400, 422}
    assert await read(ann, "weights:latest") is None


async def test_references_are_kept_and_what_is_not_listed_is_left_out(ann: Speaker) -> None:
    draft = (await begin(ann))["id"]
    for url, content in zip(await urls(ann, draft, CONTENTS), CONTENTS.values(), strict=True):
        await ann.http.put(url or "", content=content)
    elsewhere = {"far": {"digest": "etag", "size": 7, "ref": "s3://bucket/key", "extra": {"v": 1}}}
    text = manifest_of({"a.txt": b"alpha"}, **elsewhere)
    assert await put_manifest(ann, draft, text) == 200
    await ann.data(COMMIT, id=draft)
    found = await read(ann, "weights:v0")
    assert (found["artifact"]["fileCount"], found["artifact"]["size"]) == (2, 12)
    assert [edge["node"]["name"] for edge in found["files"]["edges"]] == ["a.txt"]
    url = found["artifact"]["currentManifest"]["file"]["directUrl"]
    assert (await ann.http.get(url)).json()["contents"]["far"] == elsewhere["far"]


async def test_what_an_incremental_version_does_not_name_is_as_before(ann: Speaker) -> None:
    await log(ann, CONTENTS, "d1")
    await log(ann, {"c.txt": b"gamma"}, "d2", "INCREMENTAL")
    found = await read(ann, "weights:v1")
    assert [edge["node"]["name"] for edge in found["files"]["edges"]] == [
        "a.txt", "b/ü.txt", "c.txt"
    ]  # fmt: skip


async def test_of_another_type_is_another_artifact(ann: Speaker) -> None:
    await log(ann, CONTENTS, "d1")
    told = {
        "entityName": "ann", "projectName": "vision", "digest": "d2",
        "artifactTypeName": "dataset", "artifactCollectionName": "weights",
    }  # fmt: skip
    answer = await ann.query(CREATE, input=told)
    assert answer.status_code == 400
    assert "is of the type 'model'" in answer.text


async def test_who_may_not_write_tells_no_version_and_who_may_not_see_finds_none(
    house: House, ann: Speaker
) -> None:
    draft = (await begin(ann))["id"]
    async with house.client("viewer") as http:
        assert (await Speaker(http).query(COMMIT, id=draft)).status_code in {403, 404}
    async with house.client("stranger") as http:
        assert (await Speaker(http).query(COMMIT, id=draft)).status_code == 404
    version = (await log(ann, CONTENTS, "d1"))["id"]
    query = "query A($id: ID!) { artifact(id: $id) { id } }"
    assert (await ann.data(query, id=version))["artifact"]["id"] == version
    async with house.client("stranger") as http:
        assert (await Speaker(http).data(query, id=version))["artifact"] is None


async def test_a_url_for_a_file_of_a_version_is_for_that_alone(house: House, ann: Speaker) -> None:
    draft = (await begin(ann))["id"]
    [put] = await urls(ann, draft, {"a.txt": b"alpha"})
    async with house.client() as nobody:
        assert (await nobody.get(put or "")).status_code == 403
        assert (await nobody.put((put or "")[:-4] + "AAAA", content=b"x")).status_code == 403
        ticket = (put or "").rpartition("/")[2]
        assert (await nobody.put(f"/api/v1/files/{ticket}", content=b"x")).status_code == 404
        house.clock.tick(25 * 3600)
        assert (await nobody.put(put or "", content=b"alpha")).status_code == 403
