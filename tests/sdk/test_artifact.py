"""An artifact while it is made: what it takes, what it refuses, and what it answers meanwhile."""

from __future__ import annotations

import contextlib
import datetime
import gc
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wanllmdb as wandb
from wanllmdb.artifact_cache import staging_root
from wanllmdb.errors import ArtifactFinalizedError, ArtifactNotLoggedError
from wanllmdb.manifest import Entry, Manifest, below, checked_path, entry_from
from wanllmdb.source_code import found
from wanllmdb_server.domain.artifact import ContentDigest
from wanllmdb_server.domain.artifact import Entry as ServerEntry
from wanllmdb_server.domain.file import path_fault

pytestmark = pytest.mark.usefixtures("home")

BAD_PATHS = [
    "", "..", ".", "/a", "a/../b", "../a", "a//b", "a/./b", "a/", "a\\b", "C:/a", "c:x",
    "a\nb", "a\0b", "a\x7fb", "\ud800", "é" * 513,
]  # fmt: skip


def draft(**more: Any) -> wandb.Artifact:
    return wandb.Artifact("digits", "dataset", **more)


def offline() -> wandb.Run:
    return wandb.init(project="p", mode="offline")


@pytest.mark.parametrize("path", BAD_PATHS, ids=repr)
def test_a_path_that_leads_anywhere_else_is_refused_here_and_on_the_server(path: str) -> None:
    with pytest.raises(wandb.UsageError):
        checked_path(path)
    assert path_fault(path) is not None
    with pytest.raises(wandb.UsageError):
        entry_from({"path": path, "digest": "sha256:" + "0" * 64, "size": 1})


@pytest.mark.parametrize("path", ["a", "a b/ü.txt", "..a", "a..", "é" * 512, "e\u0301"], ids=repr)
def test_every_other_path_is_a_name(path: str) -> None:
    assert checked_path(path) == path
    assert path_fault(path) is None


def test_a_link_in_the_folder_leads_no_file_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(wandb.UsageError, match="outside"):
        below(tmp_path / "root", "link/stolen")


def test_sdk_and_server_make_the_same_digest_of_the_same_content() -> None:
    manifest = Manifest(
        [
            Entry("b", "1" * 64, 3),
            Entry("a/ü", "2" * 64, 4),
            Entry("r", "etag", 5, ref="s3://b/k"),
            Entry("q", "", 0, ref="https://x"),
        ]
    )
    content = ContentDigest()
    content.add(
        ServerEntry(
            each.path,
            each.size or 0,
            digest=each.digest if each.ref is None else None,
            reference=each.ref,
            checksum=each.digest if each.ref else None,
        )
        for each in manifest
    )
    assert manifest.digest() == content.text()
    assert manifest.size == content.size


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a b", "t"), ("a" * 129, "t"), ("", "t"), ("..", "t"), ("a/b", "t"), ("a", "job"),
     ("a", "wandb-x"), ("a", ""), ("a", "x/y"), ("a", "x" * 129)],
)  # fmt: skip
def test_a_name_or_a_type_that_cannot_be_one_is_a_value_error(name: str, kind: str) -> None:
    with pytest.raises(ValueError, match="rtifact"):
        wandb.Artifact(name, kind)


def test_metadata_are_what_json_can_say() -> None:
    import numpy

    art = draft(
        metadata={"n": numpy.int64(3), "list": (1, 2), "when": datetime.date(2026, 1, 2),
                  "inf": float("inf"), "array": numpy.arange(3), 5: {"a": {1}}}
    )  # fmt: skip
    assert art.metadata == {
        "n": 3, "list": [1, 2], "when": "2026-01-02", "inf": "Infinity", "array": [0, 1, 2],
        "5": {"a": [1]},
    }  # fmt: skip
    with pytest.raises(TypeError, match="metadata"):
        draft(metadata=[1])
    with pytest.raises(ValueError, match="file of the artifact"):
        draft(metadata={"a": "x" * 2_000_000})
    with pytest.raises(TypeError):
        art.metadata = 3  # type: ignore[assignment]


def test_what_becomes_of_a_file_after_it_was_added_does_not_matter() -> None:
    Path("x.txt").write_text("one")
    art = draft()
    entry = art.add_file("x.txt")
    Path("x.txt").write_text("other")
    assert entry.digest == hashlib.sha256(b"one").hexdigest()
    assert (entry.path, entry.size) == ("x.txt", 3)
    assert Path(str(entry.local_path)).read_text() == "one"


def test_the_same_path_twice_is_refused_unless_it_is_the_same_or_shall_replace() -> None:
    Path("x").write_text("one")
    art = draft()
    art.add_file("x")
    art.add_file("x")
    Path("x").write_text("two")
    with pytest.raises(ValueError, match="overwrite"):
        art.add_file("x")
    art.add_file("x", overwrite=True)
    assert art.size == 3
    with pytest.raises(ValueError, match="exists"), art.new_file("x"):
        pass
    with art.new_file("x", mode="w") as file:
        file.write("three")
    assert art.size == 5


def test_a_folder_is_taken_with_the_paths_in_it() -> None:
    for name in ("d/a", "d/e/b", "d/.hidden"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    art = draft()
    art.add_dir("d")
    art.add_dir("d/e", name="deep/er")
    assert sorted(art.manifest.entries) == [".hidden", "a", "deep/er/b", "e/b"]
    art.remove("deep")
    art.remove(art.get_entry("a"))
    assert sorted(art.manifest.entries) == [".hidden", "e/b"]
    with pytest.raises(FileNotFoundError):
        art.remove("nothing")
    for wrong in ("nothing", "d/a"):
        with pytest.raises(ValueError, match="directory"):
            art.add_dir(wrong)
    with pytest.raises(ValueError, match="file"):
        art.add_file("d")


def test_a_new_file_that_was_not_finished_is_not_taken() -> None:
    art = draft()
    with contextlib.suppress(RuntimeError), art.new_file("x") as file:
        file.write("half")
        raise RuntimeError
    with art.new_file("b.bin", mode="wb") as file:
        file.write(b"\0\1")
    assert list(art.manifest.entries) == ["b.bin"]


def test_references_are_kept_as_they_are_and_those_of_this_machine_with_digests() -> None:
    Path("d").mkdir()
    Path("d/x y").write_text("one")
    art = draft()
    [far] = art.add_reference("s3://bucket/dir/key.bin?versionId=3")
    [near] = art.add_reference(Path("d/x y").absolute().as_uri(), name="near")
    below = art.add_reference(Path("d").absolute().as_uri(), name="folder")
    assert (far.path, far.ref) == ("key.bin", "s3://bucket/dir/key.bin?versionId=3")
    assert (near.path, near.size) == ("near", 3)
    assert near.digest == hashlib.sha256(b"one").hexdigest()
    assert [each.path for each in below] == ["folder/x y"]
    with pytest.raises(ValueError, match="URI"):
        art.add_reference("plain.txt")
    Path("d/z").write_text("")
    with pytest.raises(ValueError, match="at most"):
        art.add_reference(Path("d").absolute().as_uri(), name="more", max_objects=1)


def test_a_draft_answers_what_it_can_and_says_what_only_a_server_knows() -> None:
    art = draft(description="text")
    assert (art.name, art.type, art.state, art.id) == ("digits", "dataset", "PENDING", None)
    assert (art.is_draft(), art.description, art.size) == (True, "text", 0)
    for name in ("version", "entity", "project", "aliases", "tags", "qualified_name", "created_at"):
        with pytest.raises(ArtifactNotLoggedError, match="wait"):
            getattr(art, name)
        assert not hasattr(art, name)
    calls: list[Callable[[], Any]] = [
        art.wait, art.delete, art.logged_by, art.used_by, art.json_encode, art.new_draft, art.files,
        lambda: art.link("x"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ArtifactNotLoggedError):
            call()
    assert draft() != art
    assert len({art, art}) == 1


def test_what_was_logged_is_not_changed_any_more() -> None:
    run = offline()
    art = draft()
    assert run.log_artifact(art) is art
    for call in (
        lambda: art.add_file("x"), lambda: art.add_dir("."), lambda: art.remove("x"),
        lambda: art.add_reference("s3://x"), lambda: art.new_file("x").__enter__(),
        lambda: art.add(1, "x"),
    ):  # fmt: skip
        with pytest.raises(ArtifactFinalizedError, match="new_draft"):
            call()


def test_copies_go_with_the_artifact_that_made_them() -> None:
    Path("x").write_text("one")
    art = draft()
    art.add_file("x")
    assert list(staging_root().iterdir())
    del art
    gc.collect()
    assert list(staging_root().iterdir()) == []


def test_a_file_that_will_not_change_is_not_copied() -> None:
    Path("x").write_text("one")
    art = draft()
    assert art.add_file("x", policy="immutable").local_path == str(Path("x").absolute())
    with pytest.raises(wandb.UsageError, match="policy"):
        art.add_file("x", policy="sometimes")


def test_a_temporary_name_gives_way_to_the_digest() -> None:
    Path("tmp123").write_text("one")
    entry = draft().add_file("tmp123", is_tmp=True)
    assert entry.path == f"{hashlib.sha256(b'one').hexdigest()[:20]}.tmp123"


def test_an_offline_run_keeps_a_version_whole_in_its_folder(home: Path) -> None:
    run = offline()
    art = draft()
    with art.new_file("a/b") as file:
        file.write("one")
    run.log_artifact(art, aliases=["best"], tags=["t"])
    run.finish()
    [order] = home.rglob("order.json")
    [blob] = (order.parent / "blobs").iterdir()
    assert blob.read_text() == "one"
    assert (order.parent / "manifest").read_text().count("\n") == 1
    with pytest.raises(wandb.CommError, match="wanllmdb sync"):
        art.wait()


def test_a_path_is_logged_under_the_name_of_its_run() -> None:
    Path("x y.txt").write_text("one")
    run = offline()
    assert run.log_artifact("x y.txt").name == f"run-{run.id}-x-y.txt"
    assert run.log_artifact("x y.txt", name="n", type="t").type == "t"
    assert run.log_artifact("s3://b/k").name == f"run-{run.id}-k"
    with pytest.raises(wandb.UsageError, match="no file"):
        run.log_artifact("nothing")
    with pytest.raises(ValueError, match="number"):
        run.log_artifact("x y.txt", aliases=["v1"])


def test_a_full_disk_is_a_counted_loss_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = offline()
    (run._identity.directory.parent / "artifacts").write_text("in the way")
    art = run.log_artifact(draft())
    assert run.lost == 1
    assert "cannot be kept" in capsys.readouterr().err
    assert art.is_draft()
    with pytest.raises(wandb.CommError):
        art.wait()


def test_code_is_found_where_scripts_lie_and_nowhere_else(tmp_path: Path) -> None:
    for name in ("a.py", "b.ipynb", "p/c.py", ".git/d.py", "wandb/e.py", "v/pyvenv.cfg", "v/f.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    def names(*functions: Any) -> list[str]:
        return [name for _, name in found(tmp_path, *functions)]

    assert names() == ["a.py", "p/c.py"]
    assert names(lambda path: path.endswith(".ipynb")) == ["b.ipynb"]
    assert names(lambda path, root: os.path.relpath(path, root) == "a.py") == ["a.py"]
    assert names(None, lambda path: "/p/" in path) == ["a.py"]
    assert names(None, lambda path, root: "/p/" in path) == ["a.py"]


def test_a_disabled_run_takes_everything_and_answers_as_if_it_were_kept() -> None:
    run = wandb.init(mode="disabled")
    art = draft()
    with art.new_file("x") as file:
        file.write("one")
    assert run.log_artifact(art).wait() is art
    assert (art.version, art.aliases, art.is_draft()) == ("v0", [], False)
    used = run.use_artifact("other:latest", type="dataset")
    assert (used.name, used.type) == ("other:v0", "dataset")
    art.save()
    art.link("x")
    assert list(staging_root().parent.parent.rglob("order.json")) == []
