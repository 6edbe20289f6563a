"""save(): files are kept as they were, again when they change, and as they are at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept

import wanllmdb as wandb
from wanllmdb import followed, globs, saved
from wanllmdb.run import Run
from wanllmdb.wire import Kind

QUIET = {"monitor_system": False, "console": "off", "save_facts": False}


@pytest.fixture
def run(home: Path) -> Run:
    for name in ("a.txt", "b.txt", "d/c.txt", "d/e/f.txt", "d/.hidden"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return wandb.init(mode="offline", settings=QUIET)


def contents(run: Run) -> dict[str, list[str]]:
    """What was kept under each name, in order."""
    found: dict[str, list[str]] = {}
    for said in kept(run, Kind.FILE):
        path = run._identity.directory / said["at"]
        found.setdefault(said["path"], []).append(path.read_text())
    return found


def names(run: Run, *given: Any, **keywords: Any) -> list[str]:
    links = run.save(*given, **keywords)
    assert isinstance(links, list)
    return [os.path.relpath(link, run.dir) for link in links]


# Which files, and under which names.


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.txt", ["a.txt"]),
        (b"a.txt", ["a.txt"]),
        (Path("a.txt"), ["a.txt"]),
        ("d/../a.txt", ["a.txt"]),
        ("*.txt", ["a.txt", "b.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("d", ["d/.hidden", "d/c.txt", "d/e/f.txt"]),
        ("d/*", ["d/c.txt"]),
        ("d/.*", ["d/.hidden"]),
        ("d/**", ["d/c.txt", "d/e/f.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "d/c.txt", "d/e/f.txt"]),
        ("../outside.txt", ["work/outside.txt"]),
    ],
)
def test_a_pattern_names_files_and_each_keeps_its_relative_path(
    run: Run, pattern: Any, expected: list[str]
) -> None:
    Path("../outside.txt").write_text("outside")
    expected = [name.replace("work", Path("..").resolve().name) for name in expected]
    assert names(run, pattern, policy="now") == expected
    assert list(contents(run)) == expected


def test_an_absolute_path_keeps_the_folder_that_it_is_in(run: Run) -> None:
    assert names(run, Path("d/e/f.txt").absolute()) == ["e/f.txt"]
    assert names(run, Path("d/e/f.txt").absolute(), base_path=Path.cwd()) == ["d/e/f.txt"]
    assert names(run, "d/e/f.txt", base_path="d") == ["e/f.txt"]


def test_what_lies_in_the_folder_of_the_run_keeps_its_name_there(run: Run) -> None:
    Path(run.dir, "model.pt").write_text("model")
    assert names(run, Path(run.dir, "model.pt")) == ["model.pt"]
    run.finish()
    assert contents(run) == {"model.pt": ["model"]}


def test_the_links_lead_to_the_files_while_the_run_goes_on(run: Run) -> None:
    [link] = run.save("d/c.txt")  # type: ignore[misc]
    assert Path(link).read_text() == "d/c.txt"
    run.finish()
    assert not os.path.lexists(link)
    assert Path("d/c.txt").read_text() == "d/c.txt"


def test_no_match_is_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.save("nothing*") == []
    assert "'nothing*'" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["gs://bucket/x", "s3://bucket/x", "http://host/x"])
def test_what_lies_elsewhere_is_said_and_not_kept(
    run: Run, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.save(url) == []
    assert "another machine" in capsys.readouterr().err


def test_without_a_path_nothing_is_asked_for(run: Run) -> None:
    assert run.save() is True


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"glob_str": "a.txt", "policy": "often"}, wandb.UsageError),
        ({"glob_str": "a.txt", "base_path": "/elsewhere"}, wandb.UsageError),
        ({"glob_str": ""}, wandb.UsageError),
        ({"glob_str": 3}, TypeError),
    ],
)
def test_what_cannot_be_meant_is_refused(run: Run, given: dict[str, Any], kind: Any) -> None:
    with pytest.raises(kind, match="save"):
        run.save(**given)


def test_a_disabled_run_keeps_nothing(home: Path) -> None:
    Path("a.txt").write_text("a")
    assert wandb.init(mode="disabled").save("a.txt") == []


# When.


def test_now_keeps_a_file_as_it_is_and_never_again(run: Run) -> None:
    run.save("a.txt", policy="now")
    Path("a.txt").write_text("later")
    run.finish()
    assert contents(run) == {"a.txt": ["a.txt"]}


def test_end_keeps_a_file_as_it_is_at_the_end(run: Run) -> None:
    run.save("a.txt", policy="end")
    assert contents(run) == {}
    Path("a.txt").write_text("later")
    run.finish()
    assert contents(run) == {"a.txt": ["later"]}


@pytest.fixture
def rounds(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A look of the thread that follows files, made here, as if much time had passed."""
    monkeypatch.setattr(followed, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(followed, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(followed, "SHARE", 0)
    return lambda: saved.followed_by(run).poll()


def test_live_keeps_a_file_again_when_it_has_changed_and_stands_still(
    run: Run, rounds: Callable[[], None]
) -> None:
    run.save("a.txt", policy="live")
    for number in range(3):
        rounds()
        Path("a.txt").write_text("changing" * number)
    rounds()  # it has just changed
    before = contents(run)["a.txt"]
    rounds()
    assert before == ["a.txt"]
    assert contents(run) == {"a.txt": ["a.txt", "changing" * 2]}
    rounds()
    run.finish()
    assert contents(run) == {"a.txt": ["a.txt", "changing" * 2]}


def test_live_keeps_a_file_that_is_replaced(run: Run, rounds: Callable[[], None]) -> None:
    run.save("a.txt")
    Path("new").write_text("fresh")
    Path("new").replace("a.txt")
    rounds()
    rounds()
    assert contents(run) == {"a.txt": ["a.txt", "fresh"]}


def test_a_file_that_was_only_touched_is_not_kept_again(
    run: Run, rounds: Callable[[], None]
) -> None:
    run.save("a.txt")
    os.utime("a.txt", (0, 0))
    rounds()
    rounds()
    run.finish()
    assert contents(run) == {"a.txt": ["a.txt"]}


def test_a_file_that_changes_all_the_time_is_kept_now_and_then(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "POLL_SECONDS", 3600.0)
    run.save("a.txt")
    for number in range(10):
        Path("a.txt").write_text(str(number))
        run.save("a.txt")
        saved.followed_by(run).poll()
    assert contents(run) == {"a.txt": ["a.txt"]}
    run.finish()
    assert contents(run) == {"a.txt": ["a.txt", "9"]}


def test_a_file_that_never_stands_still_is_kept_as_it_is_then(
    run: Run, rounds: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "RESTLESS_SECONDS", 0.0)
    run.save("a.txt")
    Path("a.txt").write_text("a line")
    rounds()
    assert contents(run) == {"a.txt": ["a.txt", "a line"]}


def test_a_large_live_file_does_not_hold_the_script_up(
    run: Run, rounds: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "SMALL_BYTES", 3)
    run.save("a.txt")
    assert contents(run) == {}
    rounds()
    rounds()
    assert contents(run) == {"a.txt": ["a.txt"]}


def test_the_thread_follows_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(followed, "LEAST_SECONDS", 0.0)
    run.save("a.txt")
    Path("a.txt").write_text("later")
    end = time.monotonic() + 20
    while len(contents(run)["a.txt"]) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert contents(run) == {"a.txt": ["a.txt", "later"]}


def test_a_file_that_is_gone_at_the_end_stays_as_it_was_kept(run: Run) -> None:
    run.save("a.txt")
    Path("a.txt").unlink()
    run.finish()
    assert contents(run) == {"a.txt": ["a.txt"]}
    assert run.lost == 0


def test_a_file_that_is_gone_before_it_was_kept_is_counted(run: Run) -> None:
    run.save("a.txt", policy="end")
    Path("a.txt").unlink()
    run.finish()
    assert (contents(run), run.lost) == ({}, 1)


# What the script wrote into the folder of the run.


def test_what_the_script_wrote_into_the_runs_folder_is_kept_and_stays(run: Run) -> None:
    Path(run.dir, "ckpt").mkdir()
    Path(run.dir, "ckpt/model.pt").write_text("model")
    Path(run.dir, "media").mkdir(exist_ok=True)
    Path(run.dir, "media/mine.txt").write_text("mine")
    run.log({"table": wandb.Table(columns=["x"], data=[[1]])})
    run.finish()
    said = {each["path"]: each.get("at") for each in kept(run, Kind.FILE)}
    media = [name for name, at in said.items() if at is None]
    assert len(media) == 1
    assert sorted(said.keys() - set(media)) == ["ckpt/model.pt", "media/mine.txt"]
    assert Path(run.dir, "ckpt/model.pt").read_text() == "model"


def test_who_writes_nothing_there_has_no_folder(home: Path) -> None:
    run = wandb.init(mode="offline", settings=QUIET)
    run.log({"x": 1})
    run.finish()
    assert not run._identity.directory.exists()


def test_media_that_wait_are_no_files_of_the_script(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "MAX_FILES", 2)
    for number in range(5):
        run.log({"table": wandb.Table(columns=["x"], data=[[number]])})
    for name in ("a", "b", "c"):
        Path(run.dir, name).write_text(name)
    run.finish()
    own = [each["path"] for each in kept(run, Kind.FILE) if "at" in each]
    assert (own, run.lost) == (["a", "b"], 1)


def test_names_that_are_ignored_are_not_kept(home: Path) -> None:
    run = wandb.init(mode="offline", settings=QUIET | {"ignore_globs": ["*.tmp", "secret/*"]})
    for name in ("a.tmp", "secret/key", "b.txt"):
        path = Path(run.dir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    Path("c.tmp").write_text("c")
    run.save("c.tmp", policy="now")
    run.finish()
    assert list(contents(run)) == ["b.txt"]


def test_globs_go_through_no_link_to_a_folder(home: Path) -> None:
    Path("d/e").mkdir(parents=True)
    Path("d/e/x").write_text("x")
    for name in ("one", "two", "three"):
        Path(f"d/e/{name}").symlink_to("..")
    found = list(globs.matches(Path("d/**/x").absolute()))
    assert found == [Path("d/e/x").absolute()]
