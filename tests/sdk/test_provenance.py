"""Where a run comes from is told, and what is secret is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wanllmdb import provenance
from wanllmdb.redaction import REDACTED, clean, clean_argv, clean_text, is_secret


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


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "trunk")
    (tmp_path / "train.py").write_text("1\n")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "remote", "add", "origin", "https://ada:hunter2@example.org/ada/work.git")
    return tmp_path


def test_git_is_told_without_the_credentials_of_the_remote(repository: Path) -> None:
    assert provenance.git_state(repository) == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "trunk",
        "remote": "https://example.org/ada/work.git",
        "dirty": False,
    }


def test_a_change_makes_it_dirty_also_from_a_folder_below(repository: Path) -> None:
    (repository / "train.py").write_text("2\n")
    (repository / "below").mkdir()
    found = provenance.git_state(repository / "below")
    assert found is not None
    assert found["dirty"] is True


def test_without_a_branch_there_is_none(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert "branch" not in (provenance.git_state(repository) or {})


def test_outside_of_a_repository_there_is_no_git(tmp_path: Path) -> None:
    assert provenance.git_state(tmp_path) is None


def test_git_is_not_asked_when_it_shall_not_be(repository: Path) -> None:
    assert "git" not in provenance.slow_facts(repository, git=False)
    assert "git" in provenance.slow_facts(repository, git=True)


def test_packages_are_known_by_name_and_version() -> None:
    import numpy

    assert provenance.packages()["numpy"] == numpy.__version__


def test_the_quick_facts_say_who_runs_what_where(tmp_path: Path) -> None:
    script = tmp_path / "code" / "train.py"
    found = provenance.quick_facts([str(script), "--lr", "1", "--api-key", "x"], tmp_path)
    assert found["program"] == "code/train.py"
    assert found["argv"] == ["--lr", "1", "--api-key", REDACTED]
    assert found["executable"] == sys.executable
    assert found["python"].startswith("3.")


def test_of_the_environment_only_named_variables_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    found = provenance.quick_facts(["t.py"], tmp_path)
    assert found["variables"]["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "passwd",
        "db_pass",
        "secret",
        "client_secret",
        "api_key",
        "API-KEY",
        "apikey",
        "access_key",
        "token",
        "auth_token",
        "hf_token",
        "accessToken",
        "github_token",
        "credentials",
        "private_key",
        "cookie",
        "dsn",
    ],
)
def test_the_name_of_a_secret_is_known(key: str) -> None:
    assert is_secret(key)
    assert clean({key: "x"}) == {key: REDACTED}


@pytest.mark.parametrize(
    "key",
    [
        "token_count",
        "max_tokens",
        "tokenizer",
        "pad_token",
        "eos_token",
        "num_tokens",
        "passes",
        "n_passes",
        "pass_rate",
        "forward_passes",
        "bypass",
        "author",
        "compass",
        "lr",
        "monkey",
        "keyboard",
        "key_dim",
    ],
)
def test_what_only_looks_like_one_stays_readable(key: str) -> None:
    assert not is_secret(key)
    assert clean({key: "x"}) == {key: "x"}


@pytest.mark.parametrize(
    "secret",
    [
        "wl-" + "a" * 43,
        "AKIA" + "A" * 16,
        "AIza" + "a" * 35,
        "ghp_" + "a" * 36,
        "github_pat_" + "a" * 40,
        "hf_" + "a" * 34,
        "sk-" + "a" * 48,
        "xoxb-" + "1" * 12,
        "eyJ" + "a" * 20 + "." + "b" * 20 + "." + "c" * 20,
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    ],
    ids=lambda secret: secret[:10],
)
def test_a_secret_is_cut_out_wherever_it_stands(secret: str) -> None:
    assert clean_text(f"before {secret} after") == f"before {REDACTED} after"
    assert secret not in repr(clean({"note": ["see", {"deep": f"x {secret}"}]}))
    assert secret not in repr(clean_argv(["run", secret]))


@pytest.mark.parametrize(
    ("argv", "cleaned"),
    [
        (["--password=x", "--lr=1"], [f"--password={REDACTED}", "--lr=1"]),
        (["--token", "x", "y"], ["--token", REDACTED, "y"]),
        (["--secret", "--lr", "1"], ["--secret", "--lr", "1"]),
        (["http://a:b@h/x"], ["http://h/x"]),
        (["--max-tokens", "5"], ["--max-tokens", "5"]),
    ],
)
def test_a_command_line_is_told_without_secrets(argv: list[str], cleaned: list[str]) -> None:
    assert clean_argv(argv) == cleaned


def test_numbers_and_flags_are_never_taken_for_secrets() -> None:
    values: dict[str, Any] = {"private": True, "auth": None, "secret_size": 5}
    assert clean(values) == values
