"""Where a run comes from is told, and what is secret is not."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from wanllmdb import containers, provenance
from wanllmdb.redaction import REDACTED, clean, clean_argv, is_secret


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
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_COMMENT", "hidden")
    monkeypatch.setenv("MASTER_ADDR", "hidden")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("SLURM_JOB_NAME", "h" + "f_" + "a1" * 17)
    found = provenance.quick_facts(["t.py"], tmp_path)
    assert found["variables"]["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert found["variables"]["SLURM_JOB_ID"] == "7"
    assert found["variables"]["SLURM_JOB_NAME"] == REDACTED
    assert "hidden" not in repr(found)


def test_the_page_lists_every_variable_that_is_told() -> None:
    page = Path(__file__).parents[2] / "docs/howto/what-is-captured.md"
    told = page.read_text().partition("## Variables")[2]
    assert set(re.findall(r"`([A-Z_]+)`", told)) == set(provenance.VARIABLES)


def test_where_the_packages_are_from_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "torch")
    monkeypatch.setattr(sys, "prefix", "/opt/venvs/mine")
    found = provenance.quick_facts(["t.py"], tmp_path)
    assert (found["conda"], found["venv"]) == ("torch", "mine")


@pytest.mark.parametrize(
    ("environ", "files", "kind"),
    [
        ({}, {}, None),
        ({}, {".dockerenv": ""}, "docker"),
        ({}, {"run/.containerenv": ""}, "podman"),
        ({}, {"proc/1/cgroup": "0::/kubepods/x\n"}, "kubernetes"),
        ({}, {"proc/1/cgroup": "0::/init.scope\n"}, None),
        ({"APPTAINER_CONTAINER": "/x.sif"}, {}, "apptainer"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {".dockerenv": ""}, "kubernetes"),
    ],
)
def test_a_container_is_known_from_inside(
    tmp_path: Path, environ: dict[str, str], files: dict[str, str], kind: str | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert containers.kind(environ, tmp_path) == kind


def test_the_script_is_kept_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_bytes(
        b"key = 'h" + b"f_" + b"a1" * 17 + b"'\nname = '\xe9'\n"
    )
    found = provenance.script(tmp_path, "code/train.py")
    assert found == ("code/train.py", b"key = '[redacted]'\nname = '\xe9'\n")
    assert provenance.script(tmp_path / "code", str(tmp_path / "code/train.py")) == (
        "train.py",
        found[1],
    )
    assert provenance.script(tmp_path, "nowhere.py") is None


def test_the_machine_is_told() -> None:
    found = provenance.machine()
    assert found["memory_bytes"] > 0
    assert found["cpu_logical"] >= 1


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
