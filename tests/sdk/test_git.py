"""What git says of a script's code is told; nothing is written, nobody waits, nothing leaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wanllmdb.git import MAX_PATCH, MAX_UNTRACKED, Repository, ask

# In parts, so that nobody who looks for secrets finds one here.
TOKEN = "h" + "f_" + "a1B2" * 9


def git(folder: Path, *words: str) -> str:
    environ = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, content: str) -> str:
    (folder / "train.py").write_text(content)
    git(folder, "add", "train.py")
    git(folder, "commit", "-q", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


def state(folder: Path) -> dict[str, object]:
    found = Repository(folder).state()
    assert found is not None
    return found


def patches(folder: Path) -> dict[str, bytes]:
    return dict(Repository(folder).patches())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    commit(folder, "1\n")
    git(folder, "remote", "add", "origin", "https://ada:hunter2@example.org/ada/work.git")
    return folder


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(repository), "clone")
    return tmp_path / "clone"


def test_git_is_told_without_the_credentials_of_the_remote(repository: Path) -> None:
    assert state(repository) == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "trunk",
        "remote": "https://example.org/ada/work.git",
        "dirty": False,
    }
    assert patches(repository) == {}


def test_a_change_makes_it_dirty_also_from_a_folder_below(repository: Path) -> None:
    (repository / "train.py").write_text("2\n")
    (repository / "below").mkdir()
    assert state(repository / "below")["dirty"] is True
    assert set(patches(repository / "below")) == {"diff.patch"}


def test_the_patch_brings_another_clone_to_the_same_code(repository: Path, clone: Path) -> None:
    (repository / "train.py").write_text("2\n")
    (repository / "new.py").write_bytes(b"latin \xe9\n")
    git(repository, "add", "new.py")  # tracked, and not committed
    (clone / "p").write_bytes(patches(repository)["diff.patch"])
    git(clone, "apply", "p")
    assert (clone / "train.py").read_text() == "2\n"
    assert (clone / "new.py").read_bytes() == b"latin \xe9\n"


def test_what_others_do_not_have_yet_is_a_patch_against_what_they_have(clone: Path) -> None:
    shared = git(clone, "rev-parse", "HEAD")
    commit(clone, "2\n")
    commit(clone, "3\n")
    (clone / "train.py").write_text("4\n")
    found = state(clone)
    assert (found["upstream"], found["ahead"], found["behind"]) == ("origin/trunk", 2, 0)
    kept = patches(clone)
    assert set(kept) == {"diff.patch", f"upstream_diff_{shared}.patch"}
    assert b"-3\n+4\n" in kept["diff.patch"]
    assert b"-1\n+4\n" in kept[f"upstream_diff_{shared}.patch"]


def test_a_branch_without_an_upstream_is_compared_with_what_a_remote_has(clone: Path) -> None:
    shared = git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-q", "-b", "idea")
    commit(clone, "2\n")
    assert set(patches(clone)) == {f"upstream_diff_{shared}.patch"}


def test_without_a_branch_there_is_none(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert "branch" not in state(repository)


def test_without_a_commit_the_rest_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    (tmp_path / "train.py").write_text("1\n")
    assert state(tmp_path) == {"branch": "trunk", "dirty": False, "untracked": ["train.py"]}
    git(tmp_path, "add", "train.py")
    assert state(tmp_path)["dirty"] is True
    assert patches(tmp_path) == {}


def test_outside_of_a_repository_there_is_no_git(tmp_path: Path) -> None:
    assert Repository(tmp_path).state() is None
    assert patches(tmp_path) == {}
    assert Repository(tmp_path / "nowhere").state() is None


def test_a_worktree_tells_its_own_branch_and_changes(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    (tmp_path / "tree" / "train.py").write_text("tree\n")
    assert state(tmp_path / "tree")["branch"] == "other"
    assert state(tmp_path / "tree")["dirty"] is True
    assert state(repository)["dirty"] is False
    assert b"+tree\n" in patches(tmp_path / "tree")["diff.patch"]


def test_a_bare_clone_tells_its_commit(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    assert state(tmp_path / "bare.git") == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "trunk",
        "remote": str(repository),
    }
    assert patches(tmp_path / "bare.git") == {}


def test_of_untracked_files_the_first_names_are_told(repository: Path) -> None:
    (repository / "größe\n.txt").write_text("")
    assert state(repository)["untracked"] == ["größe\n.txt"]
    for number in range(MAX_UNTRACKED + 7):
        (repository / f"f{number}").write_text("")
    found = state(repository)
    assert isinstance(found["untracked"], list)
    assert len(found["untracked"]) == MAX_UNTRACKED
    assert found["untracked_more"] == 8


def test_sub_modules_are_told_with_their_commits(repository: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "trunk")
    recorded = commit(library, "library\n")
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "a b")
    git(repository, *add)
    git(repository, "commit", "-q", "-m", "with a library")
    assert state(repository)["submodules"] == {"a b": recorded}


def test_nothing_of_the_repository_is_written_and_no_lock_is_taken(repository: Path) -> None:
    later = (repository / "train.py").stat().st_mtime + 100
    os.utime(repository / "train.py", (later, later))  # touched, so that git would refresh
    (repository / ".git" / "index.lock").write_text("")  # and somebody else is at work
    before = {
        path: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (repository / ".git").rglob("*")
    }
    assert state(repository)["dirty"] is False
    assert patches(repository) == {}
    assert before == {
        path: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (repository / ".git").rglob("*")
    }


def test_programs_that_the_repository_names_are_not_run(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for key in ("diff.external", "core.fsmonitor", "diff.x.textconv", "core.pager"):
        git(repository, "config", key, f"touch {ran};false")
    (repository / ".gitattributes").write_text("*.py diff=x\n")
    (repository / "train.py").write_text("2\n")
    assert state(repository)["dirty"] is True
    assert b"+2\n" in patches(repository)["diff.patch"]
    assert not ran.exists()


def test_a_repository_of_somebody_else_tells_its_commit_and_runs_nothing(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text("2\n")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    found = state(repository)
    assert found["commit"] == git(repository, "-c", "safe.directory=*", "rev-parse", "HEAD")
    assert "dirty" not in found
    assert patches(repository) == {}


def test_a_patch_that_is_too_long_is_cut_and_says_so(repository: Path) -> None:
    (repository / "train.py").write_text("".join(f"{number}\n" for number in range(400_000)))
    patch = patches(repository)["diff.patch"]
    assert MAX_PATCH - 1000 < len(patch) < MAX_PATCH + 100
    assert patch.endswith(b"\n# [cut: it is longer than 1,048,576 bytes]\n")


def test_a_secret_in_a_patch_is_cut_out(repository: Path) -> None:
    (repository / "train.py").write_text(f"login({TOKEN!r})\nname = 'ada'\n")
    patch = patches(repository)["diff.patch"]
    assert b"+login('[redacted]')\n+name = 'ada'\n" in patch


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git that does not answer `status` and `diff`, as in a repository that is too large."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *status*normal*) echo began; sleep 600;; *" diff "*) sleep 600;; esac\n'
        f'exec {real.strip()} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_git_that_does_not_answer_is_not_waited_for(repository: Path, hanging: Path) -> None:
    (repository / "train.py").write_text("2\n")
    (repository / "untracked").write_text("")
    found = Repository(repository, seconds=0.3)
    told = found.state()
    assert told is not None
    assert told["dirty"] is True  # asked again for less
    assert "untracked" not in told
    assert [content for _, content in found.patches()] == [b"# [cut: git took too long]\n"]


def test_without_git_there_is_none(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert Repository(repository).state() is None


def test_what_a_program_began_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    answer = ask([sys.executable, "-c", script], seconds=1.5, most=100)
    assert answer is not None
    assert answer.cut == "git took too long"
    pid = int(answer.text)
    for _ in range(1000):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or ") Z " in stat.read_text():
            return
    pytest.fail("the child is there still")
