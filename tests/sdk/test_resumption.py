"""What `init` is told of other runs, and what it tells the server of this process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept

import wanllmdb as wandb
from wanllmdb import incarnation
from wanllmdb.errors import UsageError
from wanllmdb.moment import Moment, parse_moment
from wanllmdb.wire import Kind

QUIET = {"console": "off", "monitor_system": False}
OFFLINE: dict[str, Any] = {"mode": "offline", "settings": QUIET}


@pytest.mark.parametrize(
    ("spec", "moment"),
    [
        ("a1b2?_step=0", Moment("a1b2", 0)),
        ("  a?_step=200 ", Moment("a", 200)),
        ("ann/vision/a?_step=7", Moment("ann/vision/a", 7)),
        ("a%20b?_step=1", Moment("a b", 1)),
    ],
)
def test_a_moment_is_a_run_and_a_step(spec: str, moment: Moment) -> None:
    assert parse_moment("fork_from", spec) == moment


@pytest.mark.parametrize(
    "spec",
    [" ", "a", "a?", "a?_step=", "a?_step=-1", "a?_step=1.5", "a?step=1", "?_step=1",
     "a?_step=1&x=2", "a/b?_step=1", "a//b?_step=1", "a/b/c/d?_step=1",
     "a?_step=99999999999999999999"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["fork_from", "resume_from"])
def test_what_is_no_moment_is_refused_with_an_example(home: Path, name: str, spec: str) -> None:
    with pytest.raises(UsageError, match=f"{name}="):
        wandb.init(**OFFLINE, **{name: spec})
    assert wandb.run is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"fork_from": "a?_step=1", "resume_from": "a?_step=1"}, "exclude each other"),
        ({"fork_from": "a?_step=1", "resume": "allow"}, "Leave resume"),
        ({"resume_from": "a?_step=1", "resume": True}, "Leave resume"),
        ({"fork_from": "a?_step=1", "id": "a"}, "resume_from='a"),
        ({"resume_from": "a?_step=1", "id": "b"}, "Leave id away"),
    ],
)
def test_what_excludes_each_other_says_what_to_do(
    home: Path, said: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        wandb.init(**OFFLINE, **said)


def test_the_environment_may_say_it_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_RESUME", "must")
    with pytest.raises(UsageError, match="WANDB_RESUME"):
        wandb.init(**OFFLINE, fork_from="a?_step=3")
    monkeypatch.delenv("WANDB_RESUME")
    monkeypatch.setenv("WANDB_RESUME_FROM", "a?_step=3")
    assert (wandb.init(**OFFLINE).id, wandb.run and wandb.run.step) == ("a", 4)


def test_a_fork_is_another_run_that_begins_behind_the_step(home: Path) -> None:
    run = wandb.init(**OFFLINE, fork_from="ann/vision/a?_step=9")
    assert run.id != "a"
    assert (run.starting_step, run.step, run.resumed) == (10, 10, False)
    [told] = kept(run, Kind.RUN)
    assert told["fork_from"] == {"run": "ann/vision/a", "step": 9}
    assert "resume_from" not in told
    assert "name" in told


def test_to_go_back_is_the_same_run_behind_the_step(home: Path) -> None:
    run = wandb.init(**OFFLINE, resume_from="a?_step=9")
    assert (run.id, run.step) == ("a", 10)
    [told] = kept(run, Kind.RUN)
    assert told["resume_from"] == {"run": "a", "step": 9}
    assert "name" not in told  # it has one


class TestSharedMode:
    @pytest.mark.parametrize("by", ["argument", "WANDB_MODE", "WANLLMDB_MODE"])
    def test_a_word_says_it(self, home: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
        said = {"mode": "shared"} if by == "argument" else {}
        if not said:
            monkeypatch.setenv(by, "shared")
        monkeypatch.setenv("WANLLMDB_API_URL", "http://127.0.0.1:9")
        run = wandb.init(**said, settings={**QUIET, "finish_timeout": 0.1, "init_timeout": 0.1})
        assert (run.settings.mode, run.settings.shared) == ("online", True)
        [told] = kept(run, Kind.RUN)
        assert told["writer_facts"]["shared"] is True

    @pytest.mark.parametrize(
        ("settings", "part"),
        [
            ({}, "peer"),
            ({"x_primary": True}, "primary"),
            ({"x_primary": False}, "peer"),
            ({"x_primary": False, "x_update_finish_state": False}, "follower"),
            ({"primary": True}, "primary"),
        ],
    )
    def test_settings_of_wandb_say_what_its_end_means(
        self, home: Path, settings: dict[str, Any], part: str
    ) -> None:
        run = wandb.init(mode="offline", settings=wandb.Settings(**QUIET, **settings))
        [told] = kept(run, Kind.RUN)
        assert told["writer_facts"]["part"] == part

    def test_a_label_wins_over_the_rank(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RANK", "3")
        monkeypatch.setenv("WORLD_SIZE", "8")
        for settings, label in ({}, "3"), ({"x_label": "loader"}, "loader"):
            run = wandb.init(mode="offline", settings=wandb.Settings(**QUIET, **settings))
            [told] = kept(run, Kind.RUN)
            assert told["writer_facts"]["label"] == label
            run.finish()


@pytest.mark.parametrize(
    ("environ", "rank", "job"),
    [
        ({}, None, {}),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None, {}),  # alone
        ({"RANK": "0"}, None, {}),
        ({"RANK": "x", "WORLD_SIZE": "2"}, None, {}),
        ({"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "77"}, "5",
         {"job": "slurm:77", "restarts": 0}),
        ({"SLURM_JOB_ID": "77", "SLURM_RESTART_COUNT": "2", "TORCHELASTIC_RUN_ID": "e",
          "TORCHELASTIC_RESTART_COUNT": "9"}, None, {"job": "slurm:77", "restarts": 2}),
        ({"RANK": "1", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none",
          "TORCHELASTIC_RESTART_COUNT": "1"}, "1", {}),
        ({"TORCHELASTIC_RUN_ID": "e", "TORCHELASTIC_RESTART_COUNT": "1"}, None,
         {"job": "torchelastic:e", "restarts": 1}),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"}, "2", {}),
    ],
)  # fmt: skip
def test_launchers_say_which_process_of_which_job_this_is(
    environ: dict[str, str], rank: str | None, job: dict[str, Any]
) -> None:
    assert (incarnation.rank(environ), incarnation.job(environ)) == (rank, job)


def begin_and_die(directory: Path, run_id: str | None, **said: Any) -> str:
    """A process that begins a run and is killed; its id."""
    source = (
        "import json, os, sys, wanllmdb as wandb\n"
        "run = wandb.init(**json.loads(sys.argv[1]))\n"
        "run.log({'x': 1}); print(run.id, flush=True); os.kill(os.getpid(), 9)"
    )
    told = {**OFFLINE, **said} | ({"id": run_id} if run_id else {})
    done = subprocess.run(
        [sys.executable, "-c", source, json.dumps(told)], cwd=directory, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


def writer_facts(run: Any) -> dict[str, Any]:
    """What the newest writer of the run says of itself."""
    by_opener = {
        each["writer_facts"]["opener"]: each["writer_facts"] for each in kept(run, Kind.RUN)
    }
    return next(
        facts for facts in by_opener.values() if facts["opener"].startswith(f"{os.getpid():x}-")
    )


class TestWhoDiedHere:
    def test_a_killed_process_of_the_same_run_is_told_to_be_gone(self, home: Path) -> None:
        begin_and_die(Path.cwd(), "r")
        begin_and_die(Path.cwd(), "other")
        run = wandb.init(**OFFLINE, id="r", resume="allow")
        gone = writer_facts(run)["gone"]
        assert len(gone) == 1
        root = Path(run.dir).parents[1]
        [(dead, _)] = [each for each in incarnation.writers_here(root, "r") if not each[1]]
        assert gone == [dead]

    def test_one_that_lives_is_not(self, home: Path) -> None:
        first = wandb.init(**OFFLINE, id="r")
        second = wandb.init(**OFFLINE, id="r", reinit="create_new")
        assert writer_facts(second).get("gone", []) == []
        first.finish()
        second.finish()

    def test_what_another_machine_left_is_for_that_machine_to_know(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin_and_die(Path.cwd(), "r")
        monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
        run = wandb.init(**OFFLINE, id="r", resume="allow")
        assert writer_facts(run)["gone"] == []


class TestAuto:
    def test_what_was_cut_off_in_this_directory_is_gone_on_with(self, home: Path) -> None:
        killed = begin_and_die(Path.cwd(), None, resume="auto")
        run = wandb.init(**OFFLINE, resume=True)
        assert run.id == killed
        [told] = [each for each in kept(run, Kind.RUN) if each["writer_facts"].get("gone")]
        assert told["resume"] == "allow"

    def test_what_ended_well_is_not(self, home: Path) -> None:
        first = wandb.init(**OFFLINE, resume="auto")
        first.finish()
        assert wandb.init(**OFFLINE, resume="auto").id != first.id

    def test_a_run_that_still_goes_on_is_left_alone(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = wandb.init(**OFFLINE, resume="auto")
        second = wandb.init(**OFFLINE, resume="auto", reinit="create_new")
        assert second.id != first.id
        assert "still goes on" in capsys.readouterr().err
        first.finish()
        second.finish()

    def test_the_ranks_of_a_job_find_one_run(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORLD_SIZE", "4")
        found = set()
        runs = []
        for rank in range(4):
            monkeypatch.setenv("RANK", str(rank))
            runs.append(wandb.init(**OFFLINE, resume="auto", reinit="create_new"))
            found.add(runs[-1].id)
        assert len(found) == 1
        for run in runs:
            run.finish()
