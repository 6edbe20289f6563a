"""Artifacts brought from a server: whole, verified, inside their folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.processes import Running

import wanllmdb as wandb
from wanllmdb import artifact as artifacts
from wanllmdb.errors import WaitTimeoutError
from wanllmdb.settings import Settings

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("server"), "--metrics-port", "0").start()
    yield running
    running.stop()


@pytest.fixture
def run(server: Running, home: Path, monkeypatch: pytest.MonkeyPatch) -> wandb.Run:
    monkeypatch.setenv("WANLLMDB_API_URL", server.url)
    monkeypatch.setenv("WANLLMDB_API_KEY", server.key)
    return wandb.init(project=f"p{os.urandom(4).hex()}", monitor_system=False)


def logged(run: wandb.Run, name: str = "digits", **files: str) -> wandb.Artifact:
    art = wandb.Artifact(name, "dataset")
    for path, text in (files or {"x": "one", "y": "two"}).items():
        with art.new_file(path) as file:
            file.write(text)
    return run.log_artifact(art).wait()


def cached(home: Path) -> list[Path]:
    return [path for path in (home / ".cache").rglob("*") if path.is_file()]


def test_a_version_is_found_by_every_name_that_it_has(run: wandb.Run) -> None:
    art = logged(run)
    whole = f"{run.entity}/{run.project}"
    for name in ("digits", "digits:latest", "digits:v0", f"{run.project}/digits:v0",
                 f"{whole}/digits:v0", f"wandb-artifact://{whole}/digits:v0"):  # fmt: skip
        assert run.use_artifact(name) == art
    assert artifacts.fetch(run.settings, f"{whole}/digits") == art
    assert artifacts.artifact_exists(run.settings, f"{whole}/digits:v0")
    assert not artifacts.artifact_exists(run.settings, f"{whole}/digits:v1")
    for wrong in ("digits:v7", "nothing:latest", f"{whole}/x/digits"):
        with pytest.raises((wandb.CommError, wandb.UsageError)):
            run.use_artifact(wrong)
    with pytest.raises(ValueError, match="dataset"):
        run.use_artifact("digits:latest", type="model")


def test_what_is_there_is_left_alone_and_what_is_not_is_mended(run: wandb.Run, home: Path) -> None:
    art = run.use_artifact(logged(run).name)
    folder = Path(art.download("here"))
    assert sorted(each.name for each in folder.iterdir()) == ["x", "y"]
    before = (folder / "x").stat().st_mtime_ns
    (folder / "y").write_text("xxx")
    art.download("here")
    assert (folder / "x").stat().st_mtime_ns == before
    assert (folder / "y").read_text() == "two"
    (folder / "z").write_text("too many")
    with pytest.raises(ValueError, match="not in the artifact"):
        art.verify("here")
    art.checkout("here")
    art.verify("here")
    assert len(cached(home)) == 2


def test_the_cache_is_believed_only_as_far_as_its_bytes_are_right(
    run: wandb.Run, home: Path
) -> None:
    art = run.use_artifact(logged(run).name)
    art.download("one")
    for path in cached(home):
        path.write_text("bad")
    art = run.use_artifact("digits:latest")
    art.download("two")
    assert Path("two/x").read_text() == "one"
    art.download("three", skip_cache=True)
    assert Path("three/y").read_text() == "two"


def test_parts_of_a_version_are_brought_alone(run: wandb.Run) -> None:
    art = run.use_artifact(logged(run, **{"a/x": "1", "a/y": "2", "ab": "3"}).name)
    art.download("part", path_prefix="a")
    assert sorted(p.as_posix() for p in Path("part").rglob("*") if p.is_file()) == [
        "part/a/x", "part/a/y"
    ]  # fmt: skip
    where = art.get_path("ab").download("single")
    assert Path(where).read_text() == "3"
    assert [each.name for each in art.files()] == ["a/x", "a/y", "ab"]
    with art.files(["ab"])[0].download("third") as file:
        assert file.read() == "3"
    with pytest.raises(KeyError):
        art.get_entry("nothing")
    with pytest.raises(ValueError, match="more than one"):
        art.file()


def test_references_are_copied_from_this_machine_and_named_where_they_are_elsewhere(
    run: wandb.Run,
) -> None:
    Path("local.txt").write_text("near")
    art = wandb.Artifact("refs", "dataset")
    art.add_reference(Path("local.txt").absolute().as_uri())
    art.add_reference("s3://bucket/far")
    used = run.use_artifact(run.log_artifact(art).wait().name)
    with pytest.raises(wandb.UsageError, match="s3://bucket/far"):
        used.download("all")
    assert Path(used.download("all", allow_missing_references=True), "local.txt").is_file()
    Path("local.txt").write_text("changed")
    with pytest.raises(ValueError, match="changed"):
        used.download("again", allow_missing_references=True)


def test_changes_of_a_version_are_told_by_save(run: wandb.Run) -> None:
    art = logged(run)
    art.description, art.metadata["n"], art.tags = "text", 3, ["t"]
    art.aliases.append("best")
    art.save()
    found = run.use_artifact("digits:best")
    assert (found.description, found.metadata, found.tags) == ("text", {"n": 3}, ["t"])
    found.aliases.remove("best")
    found.save()
    assert artifacts.fetch(run.settings, f"{run.path.rpartition('/')[0]}/digits").aliases == [
        "latest"
    ]


def test_collections_types_and_runs_lead_to_versions(run: wandb.Run) -> None:
    first = logged(run)
    second = logged(run, x="other")
    run.use_artifact(first)
    project = f"{run.entity}/{run.project}"
    assert [each.name for each in artifacts.artifact_types(run.settings, project)] == ["dataset"]
    [collection] = artifacts.artifact_collections(run.settings, project, "dataset")
    assert (collection.name, collection.type, len(collection)) == ("digits", "dataset", 2)
    assert collection.artifacts() == [second, first]
    assert first.collection.name == "digits"
    of_run = (run.settings, run.entity, run.project, run.id)
    end = threading.Event()
    for _ in range(100):
        if artifacts.used_by_run(*of_run):
            break
        end.wait(0.1)
    assert artifacts.used_by_run(*of_run) == [first]
    assert artifacts.logged_by_run(*of_run) == [first, second]
    second.delete()
    with pytest.raises(wandb.CommError):
        artifacts.fetch(run.settings, f"{project}/digits:v1")
    assert first.json_encode()["sequenceName"] == "digits"


def test_the_api_finds_what_runs_have_made(run: wandb.Run) -> None:
    art = logged(run)
    api = wandb.Api()
    found = api.artifact(art.qualified_name, type="dataset")
    assert found == art
    assert found.logged_by().id == run.id
    assert found.used_by() == []
    path = f"{run.entity}/{run.project}"
    assert api.run(f"{path}/{run.id}").logged_artifacts() == [art]
    assert api.artifacts("dataset", f"{path}/digits") == [art]
    assert api.artifact_exists(f"{path}/digits:v0")
    assert api.artifact_collection_exists(f"{path}/digits", "dataset")
    assert not api.artifact_collection_exists(f"{path}/nothing", "dataset")
    assert [each.name for each in api.artifact_types(path)] == ["dataset"]
    with pytest.raises(ValueError, match="nothing"):
        api.artifact(f"{path}/nothing:latest")


def test_a_draft_of_a_version_sends_only_what_is_new(run: wandb.Run) -> None:
    made = run.use_artifact(logged(run).name).new_draft()
    with made.new_file("z") as file:
        file.write("three")
    made.remove("x")
    run.log_artifact(made).wait()
    assert (made.version, sorted(made.manifest.entries)) == ("v1", ["y", "z"])
    assert Path(run.use_artifact(made.name).download("d"), "y").read_text() == "two"


def test_a_draft_of_another_projects_version_brings_its_bytes_along(
    run: wandb.Run, server: Running
) -> None:
    art = logged(run)
    run.finish()
    other = wandb.init(project=f"p{os.urandom(4).hex()}", monitor_system=False)
    made = other.use_artifact(art.qualified_name).new_draft()
    made.remove("x")
    other.log_artifact(made).wait()
    assert (made.project, made.version, made.file_count) == (other.project, "v0", 1)


def test_an_incremental_artifact_adds_to_the_newest_version(run: wandb.Run) -> None:
    logged(run)
    more = wandb.Artifact("digits", "dataset", incremental=True)
    with more.new_file("z") as file:
        file.write("three")
    run.log_artifact(more).wait()
    found = run.use_artifact("digits:latest")
    assert sorted(found.manifest.entries) == ["x", "y", "z"]


def test_a_table_is_found_again_under_its_name(run: wandb.Run) -> None:
    import numpy

    art = wandb.Artifact("media", "dataset")
    table = wandb.Table(columns=["a", "image"])
    table.add_data(1, wandb.Image(numpy.zeros((2, 2, 3), numpy.uint8)))
    entry = art.add(table, "predictions")
    assert entry.path == "predictions.table.json"
    run.log_artifact(art).wait()
    found: Any = run.use_artifact("media:latest").get("predictions")
    assert found.columns == ["a", "image"]
    assert found.data[0][0] == 1
    assert type(found.data[0][1]).__name__ == "Image"
    assert run.use_artifact("media:latest").get("nothing") is None


def test_what_the_server_refuses_is_said_by_wait(run: wandb.Run) -> None:
    logged(run)
    other = wandb.Artifact("digits", "model")
    run.log_artifact(other)
    with pytest.raises(wandb.CommError, match="dataset"):
        other.wait()
    assert other.is_draft()


def test_waiting_ends_when_its_time_is_over(
    server: Running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANLLMDB_API_URL", "http://127.0.0.1:9")
    run = wandb.init(project="p", monitor_system=False)
    art = run.log_artifact(wandb.Artifact("digits", "dataset"))
    with pytest.raises(WaitTimeoutError, match="kept"):
        art.wait(timeout=0.2)


def test_a_key_that_nobody_has_is_told(server: Running, home: Path) -> None:
    settings = Settings(api_url=server.url, api_key="wl-" + "x" * 43)
    with pytest.raises(wandb.AuthenticationError):
        artifacts.fetch(settings, "a/b/c")
