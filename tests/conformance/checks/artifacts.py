"""Checks of artifacts: versions are logged, found, read, changed, shown elsewhere and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import wandb
from told import OWNER, PROJECT, expect, path


def some_files(folder: str, count: int = 20) -> Path:
    there = Path(folder)
    there.mkdir(exist_ok=True)
    for n in range(count):
        (there / f"{n}.txt").write_text(f"file {n}")
    return there


def logged(run: Any, name: str, folder: Path, **said: Any) -> Any:
    art = wandb.Artifact(name, "model", **said)
    art.add_dir(str(folder))
    return run.log_artifact(art).wait()


def named(name: str) -> Any:
    return wandb.Api().artifact(f"{OWNER}/{PROJECT}/{name}")


def tables() -> list[Any]:
    """`wandb.Table` logged and read back; in an artifact, beside an image"""
    run = wandb.init(project=PROJECT, id="tables")
    table = wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])
    run.log({"t": table})
    art = wandb.Artifact("with-table", "dataset")
    art.add(wandb.Table(columns=["n"], data=[[n] for n in range(300)]), "rows")
    run.log_artifact(art).wait()
    run.finish()
    assert named("run-tables-t:latest").get("t").data == [[1, "x"], [2, "y"]]
    assert len(named("with-table:v0").get("rows").data) == 300
    return [expect("tables", state="finished")]


def artifact_versions() -> list[Any]:
    """`log_artifact`: versions, aliases, metadata; the same again is no new version; `download`"""
    run = wandb.init(project=PROJECT, id="versions")
    folder = some_files("weights")
    art = wandb.Artifact("weights", "model", metadata={"x": 1}, description="d")
    art.add_dir(str(folder))
    art.add_reference("https://example.invalid/k", checksum=False)
    first = run.log_artifact(art, aliases=["best"]).wait()
    assert (first.version, set(first.aliases)) == ("v0", {"best", "latest"})
    (folder / "3.txt").write_text("changed")
    assert logged(run, "weights", folder).version == "v1"
    assert logged(run, "weights", folder).version == "v1"
    run.finish()
    best = named("weights:best")
    assert (best.version, best.metadata, best.description) == ("v0", {"x": 1}, "d")
    assert best.manifest.entries["k"].ref == "https://example.invalid/k"
    one = best.get_entry("3.txt").download(root="one")
    assert Path(one).read_text() == "file 3"
    there = Path(named("weights:latest").download(root="all"))
    assert len(list(there.iterdir())) == 20 and (there / "3.txt").read_text() == "changed"
    assert named("weights:latest").verify(root="all") is None
    found = wandb.Api().artifacts("model", f"{OWNER}/{PROJECT}/weights")
    assert [each.version for each in found] == ["v1", "v0"]
    return [expect("versions", state="finished")]


def artifact_lineage() -> list[Any]:
    """`use_artifact`, `logged_by`, `used_by`, `logged_artifacts`, `used_artifacts`"""
    run = wandb.init(project=PROJECT, id="maker")
    logged(run, "made", some_files("made", 3))
    run.finish()
    run = wandb.init(project=PROJECT, id="user")
    used = run.use_artifact("made:latest")
    run.finish()
    assert used.logged_by().id == "maker"
    assert [each.id for each in used.used_by()] == ["user"]
    api = wandb.Api()
    assert "made:v0" in [each.name for each in api.run(path("maker")).logged_artifacts()]
    assert [each.name for each in api.run(path("user")).used_artifacts()] == ["made:v0"]
    return [expect("maker", state="finished"), expect("user", state="finished")]


def artifact_changes() -> list[Any]:
    """aliases, tags, description, metadata, `link`, `files`, collections and types, `delete`"""
    run = wandb.init(project=PROJECT, id="changes")
    for n in (2, 4):
        logged(run, "changing", some_files("changing", n))
    run.finish()
    art = named("changing:v0")
    art.aliases.append("prod")
    art.description, art.metadata = "new", {"y": 2}
    art.save()
    art = named("changing:prod")
    assert (art.version, art.description, art.metadata) == ("v0", "new", {"y": 2})
    assert sorted(each.name for each in art.files()) == ["0.txt", "1.txt"]
    art.link(f"{OWNER}/{PROJECT}/shown")
    assert named("shown:latest").digest == art.digest
    api, of = wandb.Api(), f"{OWNER}/{PROJECT}"
    assert "model" in [each.name for each in api.artifact_types(of)]
    assert "changing" in [each.name for each in api.artifact_collections(of, "model")]
    assert api.artifact_exists(f"{of}/changing:v1") and not api.artifact_exists(f"{of}/changing:v7")
    try:
        art.delete()
        raise AssertionError("a version with aliases was deleted")
    except (wandb.errors.CommError, ValueError):
        pass
    art.delete(delete_aliases=True)
    assert [each.version for each in api.artifacts("model", f"{of}/changing")] == ["v1"]
    return [expect("changes", state="finished")]


CHECKS = {
    each.__name__: each for each in (tables, artifact_versions, artifact_lineage, artifact_changes)
}
