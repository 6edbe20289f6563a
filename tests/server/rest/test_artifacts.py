"""Artifacts: content is kept once, named by versions, and nobody else's business."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.server.rest.problems import assert_problem
from tests.server.rest.versions import PROJECT, create, digest, hexdigest, manifest, put, tell
from tests.server.world import World

from wanllmdb_server.services.files import GRACE_US

ARTIFACTS = f"{PROJECT}/artifacts"
HOME = "/api/v1/projects/sam/vision"  # the stranger's


async def test_a_version_comes_back_as_it_was_told(world: World) -> None:
    async with world.client("member") as client:
        told = await tell(
            client, "digits", {"a.txt": b"a", "sub/b.txt": b"bb"}, run="first",
            aliases=["best"], tags=["clean"], description="ten digits", metadata={"n": 10},
        )  # fmt: skip
        got = (await client.get(f"{ARTIFACTS}/digits/versions/best")).json()
        files = (await client.get(f"{ARTIFACTS}/digits/versions/v0/manifest")).json()
        bytes_of_b = await client.get(f"{ARTIFACTS}/digits/versions/latest/files/sub/b.txt")
        by_id = (await client.get(f"/api/v1/artifact-versions/{told['id']}")).json()
    assert told == got == by_id
    place = {"owner": "ann", "project": "vision", "artifact": "digits", "version": "v0"}
    assert {key: told[key] for key in place} == told["source"] == place
    lines = f"a.txt\t{hexdigest(b'a')}\nsub/b.txt\t{hexdigest(b'bb')}\n"
    assert told["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    assert (told["size"], told["files"], told["state"]) == (3, 2, "committed")
    assert (told["aliases"], told["tags"]) == (["best", "latest"], ["clean"])
    assert (told["description"], told["metadata"]) == ("ten digits", {"n": 10})
    assert [each["path"] for each in files["items"]] == ["a.txt", "sub/b.txt"]
    assert bytes_of_b.content == b"bb"


async def test_said_again_a_version_is_the_same_one(world: World) -> None:
    async with world.client("member") as client:
        first = await tell(client, "digits", {"a": b"a"}, client_id="c1", run="first")
        await tell(client, "digits", {"a": b"b"}, client_id="c2", run="first")
        again = await tell(client, "digits", {"a": b"a"}, client_id="c1", run="first")
        page = (await client.get(f"{ARTIFACTS}/digits/versions")).json()
    assert again["id"] == first["id"]
    assert [each["version"] for each in page["items"]] == ["v1", "v0"]


async def test_the_newest_content_once_more_is_no_new_version_and_gets_the_aliases(
    world: World,
) -> None:
    async with world.client("member") as client:
        first = await tell(client, "digits", {"a": b"a"}, client_id="c1")
        again = await tell(client, "digits", {"a": b"a"}, client_id="c2", aliases=["best"])
        other = await tell(client, "digits", {"a": b"b"}, client_id="c3")
        back = await tell(client, "digits", {"a": b"a"}, client_id="c4")
    assert again["id"] == first["id"]
    assert again["aliases"] == ["best", "latest"]
    assert [other["version"], back["version"]] == ["v1", "v2"]


async def test_latest_moves_by_itself_and_every_other_alias_when_it_is_told(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a": b"0"}, aliases=["best", "old"])
        await tell(client, "digits", {"a": b"1"}, aliases=["best"])
        page = (await client.get(f"{ARTIFACTS}/digits/versions")).json()
    assert [each["aliases"] for each in page["items"]] == [["best", "latest"], ["old"]]


async def test_when_the_newest_goes_latest_is_the_newest_that_is_left(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a": b"0"})
        await tell(client, "digits", {"a": b"1"}, aliases=["best"])
        kept = await client.delete(f"{ARTIFACTS}/digits/versions/v1")
        assert_problem(kept, 409, "has-aliases")
        gone = await client.delete(f"{ARTIFACTS}/digits/versions/v1?delete_aliases=true")
        assert gone.status_code == 204
        assert (await client.get(f"{ARTIFACTS}/digits/versions/latest")).json()["version"] == "v0"
        for name in ("v1", "best"):
            answer = await client.get(f"{ARTIFACTS}/digits/versions/{name}")
            assert_problem(answer, 404, "version-not-found")
        later = await tell(client, "digits", {"a": b"2"})
    assert later["version"] == "v2"  # a number is never given twice


async def test_bytes_that_only_others_have_are_missing_to_the_asker(world: World) -> None:
    secret = b"of ann"
    async with world.client("owner") as ann, world.client("stranger") as sam:
        await tell(ann, "digits", {"a": secret})
        asked = {"digests": [digest(secret)]}
        said = (await sam.post(f"{HOME}/blobs/missing", json=asked)).json()
        assert said == {"missing": [digest(secret)]}
        listed = manifest({"mine": secret})
        await put(sam, listed, HOME)
        refused = await create(sam, "theft", listed, HOME)
        assert_problem(refused, 409, "blobs-missing")
        # Who has the bytes may put them, and hears nothing about who else did.
        assert (await put(sam, secret, HOME)).json() == {"digest": digest(secret), "size": 6}
        assert (await create(sam, "theft", listed, HOME)).status_code == 201
        assert (await ann.post(f"{PROJECT}/blobs/missing", json=asked)).json() == {"missing": []}


async def test_what_a_member_put_another_member_may_not_name_before_it_is_in_a_version(
    world: World,
) -> None:
    asked = {"digests": [digest(b"x")]}
    async with world.client("owner") as ann, world.client("member") as mia:
        await put(ann, b"x")
        assert (await ann.post(f"{PROJECT}/blobs/missing", json=asked)).json()["missing"] == []
        assert (await mia.post(f"{PROJECT}/blobs/missing", json=asked)).json()["missing"] != []
        await tell(ann, "digits", {"a": b"x"})
        assert (await mia.post(f"{PROJECT}/blobs/missing", json=asked)).json()["missing"] == []


async def test_a_put_that_was_never_named_is_forgotten_and_its_bytes_go(world: World) -> None:
    asked = {"digests": [digest(b"x")]}
    async with world.client("owner") as ann:
        await put(ann, b"x")
        world.clock.tick(GRACE_US / 1e6 + 1)
        assert (await ann.post(f"{PROJECT}/blobs/missing", json=asked)).json()["missing"] != []
        await world.services.intake.drop_abandoned()
        assert await world.services.files.drop_unused() == 1
        listed = manifest({"a": b"x"})
        await put(ann, listed)
        assert_problem(await create(ann, "digits", listed), 409, "blobs-missing")


async def test_bytes_of_a_version_stay_until_nobody_names_them(world: World) -> None:
    async with world.client("owner") as ann:
        await tell(ann, "digits", {"a": b"shared", "b": b"alone"})
        await tell(ann, "letters", {"a": b"shared"})
        world.clock.tick(GRACE_US / 1e6 + 1)
        await world.services.intake.drop_abandoned()
        assert await world.services.files.drop_unused() == 2  # the two manifests
        await ann.delete(f"{ARTIFACTS}/digits/versions/v0")
        assert await world.services.files.drop_unused() == 1
        left = await ann.get(f"{ARTIFACTS}/letters/versions/v0/files/a")
    assert left.content == b"shared"


@pytest.mark.parametrize(
    "line",
    [
        {"path": "../up", "digest": digest(b""), "size": 0},
        {"path": "/root", "digest": digest(b""), "size": 0},
        {"path": "a/../b", "digest": digest(b""), "size": 0},
        {"path": "C:/x", "digest": digest(b""), "size": 0},
        {"path": "a\\b", "digest": digest(b""), "size": 0},
        {"path": "a\nb", "digest": digest(b""), "size": 0},
        {"path": "", "digest": digest(b""), "size": 0},
        {"path": "a" * 1025, "digest": digest(b""), "size": 0},
        {"path": "a", "digest": "sha256:../../etc/passwd", "size": 0},
        {"path": "a", "digest": digest(b""), "reference": "s3://b/k", "size": 0},
        {"path": "a", "size": 0},
        {"path": "a", "digest": digest(b""), "size": -1},
        {"path": "a", "digest": digest(b""), "size": 1 << 64},
        {"path": "a", "digest": digest(b""), "size": "1"},
        {"path": "a", "digest": digest(b""), "size": 0, "local_path": "/etc/passwd"},
        {"path": 1, "digest": digest(b""), "size": 0},
        {"path": "a", "reference": "x\ny", "size": 0},
        {"path": "a", "digest": digest(b""), "size": 0, "extra": [1]},
    ],
    ids=repr,
)
async def test_a_manifest_that_names_no_files_is_refused(
    world: World, line: dict[str, Any]
) -> None:
    async with world.client("member") as client:
        await put(client, b"")
        listed = manifest({}, line)
        await put(client, listed)
        answer = await create(client, "digits", listed)
        assert_problem(answer, 422, "bad-manifest", "/manifest/1")
        assert (await client.get(f"{PROJECT}/artifacts")).json()["items"] == []


@pytest.mark.parametrize(
    ("name", "said", "pointer"),
    [
        ("a b", {}, "/artifact"),
        ("..", {}, "/artifact"),
        ("a" * 129, {}, "/artifact"),
        ("digits", {"type": ""}, "/type"),
        ("digits", {"type": "a/b"}, "/type"),
        ("digits", {"aliases": ["v3"]}, "/aliases/0"),
        ("digits", {"aliases": ["ok", "a:b"]}, "/aliases/1"),
        ("digits", {"tags": ["\n"]}, "/tags/0"),
        ("digits", {"client_id": ""}, "/client_id"),
        ("digits", {"manifest": "md5:x"}, "/manifest"),
        ("digits", {"metadata": {"a": "x" * (1 << 20)}}, "/metadata"),
        ("digits", {"description": "x" * 70_000}, "/description"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_version_that_cannot_be_one_is_refused_where_it_is_wrong(
    world: World, name: str, said: dict[str, Any], pointer: str
) -> None:
    async with world.client("member") as client:
        listed = manifest({})
        await put(client, listed)
        answer = await create(client, name.replace("..", "%2E%2E"), listed, **said)
    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


async def test_bytes_other_than_announced_are_refused(world: World) -> None:
    async with world.client("member") as client:
        wrong = await client.put(f"{PROJECT}/blobs/{digest(b'x')}", content=b"y")
        assert_problem(wrong, 422, "digest-mismatch")
        assert_problem(await client.put(f"{PROJECT}/blobs/x", content=b"y"), 422, "bad-digest")
        together = b"%s 1\ny" % digest(b"x").encode()
        answer = await client.post(f"{PROJECT}/blobs", content=together)
        assert_problem(answer, 422, "digest-mismatch")


async def test_small_bytes_come_many_in_one_body(world: World) -> None:
    contents = [b"", b"one", b"two\nlines", bytes(range(256))]
    body = b"".join(b"%s %d\n%s" % (digest(c).encode(), len(c), c) for c in contents)
    async with world.client("member") as client:
        assert (await client.post(f"{PROJECT}/blobs", content=body)).json() == {"taken": 4}
        asked = {"digests": [digest(content) for content in contents]}
        assert (await client.post(f"{PROJECT}/blobs/missing", json=asked)).json()["missing"] == []
        for broken in (b"nothing", body[:-1], b"sha256:x 3\nabc", b"%s 9\n" % body[:71]):
            answer = await client.post(f"{PROJECT}/blobs", content=broken)
            assert answer.status_code in {400, 422}, answer.text


async def test_an_artifact_keeps_its_type(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a": b"0"})
        listed = manifest({"a": b"0"})
        assert_problem(await create(client, "digits", listed, type="model"), 409, "another-type")


async def test_artifacts_are_found_by_type_and_by_words(world: World) -> None:
    async with world.client("member") as client:
        for name, kind in (("train-digits", "dataset"), ("test-digits", "dataset"), ("net", "nn")):
            await tell(client, name, {"a": b"0"}, type=kind)
        types = (await client.get(f"{PROJECT}/artifact-types")).json()["items"]
        found = (await client.get(f"{ARTIFACTS}?type=dataset&q=TRAIN digits")).json()
        first = (await client.get(f"{ARTIFACTS}?limit=2")).json()
        rest = (await client.get(f"{ARTIFACTS}?limit=2&cursor={first['next']}")).json()
    assert types == [{"name": "dataset", "artifacts": 2}, {"name": "nn", "artifacts": 1}]
    assert [each["name"] for each in found["items"]] == ["train-digits"]
    names = [each["name"] for page in (first, rest) for each in page["items"]]
    assert names == ["net", "test-digits", "train-digits"]
    assert (first["total"], rest["next"]) == (3, None)
    assert first["items"][0]["latest"] == "v0"


async def test_files_of_a_version_are_listed_page_by_page_and_by_folder(world: World) -> None:
    files = {f"d{n % 2}/f{n}": b"%d" % n for n in range(7)} | {"d1.txt": b"x"}
    async with world.client("member") as client:
        await tell(client, "digits", files)
        url = f"{ARTIFACTS}/digits/versions/v0/manifest"
        found: list[str] = []
        cursor = ""
        while True:
            page = (await client.get(f"{url}?limit=3{cursor}")).json()
            found += [each["path"] for each in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        folder = (await client.get(f"{url}?prefix=d1/")).json()
    assert found == sorted(files)
    assert [each["path"] for each in folder["items"]] == ["d1/f1", "d1/f3", "d1/f5"]


async def test_a_version_is_changed_where_it_is_told_to_be(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a": b"0"}, aliases=["x", "y"], description="d")
        url = f"{ARTIFACTS}/digits/versions/v0"
        await client.patch(url, json={"metadata": {"n": 1}, "add_aliases": ["z"]})
        changed = (await client.patch(url, json={"remove_aliases": ["x"]})).json()
        assert changed["aliases"] == ["latest", "y", "z"]
        assert (changed["metadata"], changed["description"]) == ({"n": 1}, "d")
        replaced = (await client.patch(url, json={"aliases": ["only"], "tags": ["t"]})).json()
        assert (replaced["aliases"], replaced["tags"]) == (["only"], ["t"])
        wrong = await client.patch(url, json={"aliases": ["v1"]})
        assert_problem(wrong, 422, "invalid", "/aliases/0")


async def test_a_version_is_shown_elsewhere_and_taken_away_again(world: World) -> None:
    async with world.client("member") as client:
        told = await tell(client, "digits", {"a": b"0"})
        source = {"owner": "ann", "project": "vision", "artifact": "digits", "version": "v0"}
        link = {"source": source, "aliases": ["prod"]}
        shown = (await client.post(f"{ARTIFACTS}/registry/links", json=link)).json()
        again = (await client.post(f"{ARTIFACTS}/registry/links", json=link)).json()
        assert shown["id"] == told["id"]
        assert (shown["artifact"], shown["version"], shown["linked"]) == ("registry", "v0", True)
        assert (shown["aliases"], shown["source"]["artifact"]) == (["latest", "prod"], "digits")
        assert again["version"] == "v0"
        content = await client.get(f"{ARTIFACTS}/registry/versions/prod/files/a")
        assert content.content == b"0"
        gone = await client.delete(f"{ARTIFACTS}/registry/versions/prod?delete_aliases=true")
        assert gone.status_code == 204
        answer = await client.get(f"{ARTIFACTS}/registry/versions/prod")
        assert_problem(answer, 404, "version-not-found")
        assert (await client.get(f"{ARTIFACTS}/digits/versions/v0")).json() == told


async def test_only_a_member_of_both_projects_shows_a_version_in_the_other(world: World) -> None:
    async with world.client("owner") as ann, world.client("stranger") as sam:
        await tell(ann, "digits", {"a": b"0"})
        source = {"owner": "ann", "project": "vision", "artifact": "digits", "version": "v0"}
        link = {"source": source}
        taken = await sam.post(f"{HOME}/artifacts/mine/links", json=link)
        assert_problem(taken, 404, "project-not-found")
        given = await ann.post(f"{HOME}/artifacts/mine/links", json=link)
        assert_problem(given, 404, "project-not-found")
    async with world.client("viewer") as vic:
        await vic.post("/api/v1/projects", json={"name": "own"})
        url = "/api/v1/projects/vic/own/artifacts/mine/links"
        assert_problem(await vic.post(url, json=link), 403, "not-allowed")


async def test_who_made_and_who_used_a_version_is_known(world: World) -> None:
    async with world.client("owner") as client:
        for run in ("train", "test"):
            body = {"id": run, "project": "vision"}
            await client.post("/api/v1/runs", json=body)
        told = await tell(client, "digits", {"a": b"0"}, run="train")
        use = {"id": told["id"], "use_as": "input"}
        for _ in range(2):
            used = await client.post(f"{PROJECT}/runs/test/artifacts", json=use)
            assert used.json()["id"] == told["id"]
        lineage = (await client.get(f"{ARTIFACTS}/digits/versions/v0/lineage")).json()
        made = (await client.get(f"{PROJECT}/runs/train/artifacts")).json()
        inputs = (await client.get(f"{PROJECT}/runs/test/artifacts?way=used")).json()
    train = {"owner": "ann", "project": "vision", "id": "train", "name": "train"}
    assert lineage == {"logged_by": train, "used_by": [train | {"id": "test", "name": "test"}]}
    assert [each["id"] for each in made["items"]] == [told["id"]]
    assert [each["id"] for each in inputs["items"]] == [told["id"]]


async def test_an_id_alone_lets_nobody_in(world: World) -> None:
    async with world.client("owner") as ann, world.client("stranger") as sam:
        told = await tell(ann, "digits", {"a": b"0"})
        answer = await sam.get(f"/api/v1/artifact-versions/{told['id']}")
        assert_problem(answer, 404, "version-not-found")
        run = "/api/v1/projects/sam/vision/runs/first"
        use = await sam.post(f"{run}/artifacts", json={"id": told["id"]})
        assert_problem(use, 404, "version-not-found")


async def test_several_processes_make_one_version_together(world: World) -> None:
    parts = [{"rank0.txt": b"0"}, {"rank1.txt": b"1"}]
    async with world.client("member") as client:
        for rank, files in enumerate(parts):
            told = await tell(
                client, "shards", files, client_id=f"r{rank}", distributed_id="d", final=False
            )
            assert (told["state"], told["version"]) == ("pending", None)
        assert (await client.get(f"{PROJECT}/artifacts")).json()["items"] == []
        told = await tell(client, "shards", {}, client_id="end", distributed_id="d")
        assert (told["version"], told["files"], told["state"]) == ("v0", 2, "committed")
        late = await tell(client, "shards", parts[0], client_id="r0", distributed_id="d")
        assert late["id"] == told["id"]  # said again
        listed = manifest({"rank2.txt": b"2"})
        await put(client, b"2")
        await put(client, listed)
        answer = await create(client, "shards", listed, client_id="r2", distributed_id="d")
        assert_problem(answer, 409, "version-complete")


async def test_an_incremental_version_is_the_newest_one_with_changes(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a": b"0", "b": b"1"})
        told = await tell(client, "digits", {"b": b"2", "c": b"3"}, incremental=True)
        page = (await client.get(f"{ARTIFACTS}/digits/versions/v1/manifest")).json()
    assert told["files"] == 3
    assert {each["path"]: each["digest"] for each in page["items"]} == {
        "a": digest(b"0"), "b": digest(b"2"), "c": digest(b"3")
    }  # fmt: skip


async def test_references_are_kept_and_not_served(world: World) -> None:
    line = {"path": "big", "reference": "s3://bucket/key", "checksum": "etag", "size": 5}
    async with world.client("member") as client:
        told = await tell(client, "digits", {}, line)
        page = (await client.get(f"{ARTIFACTS}/digits/versions/v0/manifest")).json()
        answer = await client.get(f"{ARTIFACTS}/digits/versions/v0/files/big")
    assert (told["files"], told["size"]) == (1, 5)
    assert page["items"] == [line | {"digest": None, "extra": None}]
    assert_problem(answer, 404, "file-not-found")


async def test_a_deleted_artifact_takes_its_versions_along(world: World) -> None:
    async with world.client("member") as client:
        told = await tell(client, "digits", {"a": b"0"}, run="first")
        assert (await client.delete(f"{ARTIFACTS}/digits")).status_code == 204
        answer = await client.get(f"{ARTIFACTS}/digits")
        assert_problem(answer, 404, "artifact-not-found")
        by_id = await client.get(f"/api/v1/artifact-versions/{told['id']}")
        assert_problem(by_id, 404, "version-not-found")
        made = (await client.get(f"{PROJECT}/runs/first/artifacts")).json()
    assert made["items"] == []


async def test_small_files_are_read_together(world: World) -> None:
    files = {"a": b"", "b/c": b"two\nlines", "d": b"x" * 1000}
    async with world.client("viewer") as vic, world.client("member") as client:
        await tell(client, "digits", files)
        url = f"{ARTIFACTS}/digits/versions/v0/files"
        together = await vic.post(url, json={"paths": ["d", "a", "b/c"]})
        assert together.content == b"".join(
            b"%s %d\n%s" % (digest(files[path]).encode(), len(files[path]), files[path])
            for path in ("d", "a", "b/c")
        )
        missing = await vic.post(url, json={"paths": ["a", "../a"]})
        assert_problem(missing, 404, "file-not-found")
        assert_problem(await vic.post(url, json={"paths": []}), 422, "invalid", "/paths")


async def test_a_range_of_a_file_is_served(world: World) -> None:
    async with world.client("member") as client:
        await tell(client, "digits", {"a.html": b"0123456789"})
        url = f"{ARTIFACTS}/digits/versions/v0/files/a.html"
        part = await client.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-type"] == "application/octet-stream"
    assert part.headers["content-disposition"].startswith("attachment")
