"""A sweep's runs have its parameters, locked, and its project; agents share its work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def python(code: str, tmp_path: Path, **environ: str) -> list[str]:
    """The lines that a script prints, in a process of its own that stays offline."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WAN")}
    home = {"HOME": str(tmp_path), "WANLLMDB_MODE": "offline", "WANLLMDB_SILENT": "true"}
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**kept, **home, **environ},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_agent_runs_the_function_once_for_each_set_of_parameters(tmp_path: Path) -> None:
    lines = python(
        """
        import json, wanllmdb as wandb
        sweep = wandb.sweep({"method": "grid", "parameters": {
            "lr": {"values": [0.1, 0.2]}, "net": {"parameters": {"depth": {"values": [1, 2]}}}}},
            project="searched")
        def train():
            run = wandb.init(project="not this", config={"lr": 99, "own": 1})
            run.config.update({"lr": 5}, allow_val_change=True)
            print(json.dumps([run.config["lr"], run.config["net"]["depth"], run.config["own"],
                              run.project, run.sweep_id == sweep]))
        wandb.agent(sweep, train)
        print(wandb.run)
        """,
        tmp_path,
    )
    assert [json.loads(line) for line in lines[:-1]] == [
        [lr, depth, 1, "searched", True] for lr in (0.1, 0.2) for depth in (1, 2)
    ]
    assert lines[-1] == "None"


def test_two_agents_share_the_work_and_do_none_of_it_twice(tmp_path: Path) -> None:
    [sweep] = python(
        """
        import wanllmdb as wandb
        print(wandb.sweep({"method": "grid", "parameters": {"n": {"min": 1, "max": 8}}}))
        """,
        tmp_path,
    )
    code = f"""
        import wanllmdb as wandb
        def train():
            with wandb.init() as run: print(run.config.n)
        wandb.agent("owner/project/{sweep}", train, count=4)
        """
    found = python(code, tmp_path) + python(code, tmp_path) + python(code, tmp_path)
    assert sorted(map(int, found)) == list(range(1, 9))


def test_a_run_that_fails_is_one_that_failed_and_the_sweep_goes_on(tmp_path: Path) -> None:
    lines = python(
        """
        import wanllmdb as wandb
        sweep = wandb.sweep({"method": "grid", "parameters": {"n": {"values": [1, 2, 3]}}})
        runs = []
        def train():
            run = wandb.init(); runs.append(run)
            if run.config.n == 2: raise ValueError("this one")
        wandb.agent(sweep, train)
        print([run.exit_code for run in runs])
        """,
        tmp_path,
    )
    assert lines == ["[0, 1, 0]"]


def test_a_sweep_that_only_fails_is_given_up(tmp_path: Path) -> None:
    lines = python(
        """
        import wanllmdb as wandb
        sweep = wandb.sweep({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}})
        tries = []
        def train(): tries.append(1); raise ValueError("always")
        wandb.agent(sweep, train)
        print(len(tries))
        """,
        tmp_path,
    )
    assert lines == ["5"]


def test_a_program_is_started_with_its_parameters_as_arguments_and_as_config(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").write_text(
        "import sys, wanllmdb as wandb\n"
        "with wandb.init() as run: print(sys.argv[1:], run.config.lr, flush=True)\n"
    )
    lines = python(
        """
        import wanllmdb as wandb
        sweep = wandb.sweep({"method": "grid", "program": "train.py",
                             "parameters": {"lr": {"values": [0.5, 1]}, "on": {"value": True}}})
        wandb.agent(sweep)
        """,
        tmp_path,
    )
    assert lines == ["['--lr=0.5', '--on=True'] 0.5", "['--lr=1', '--on=True'] 1"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("wandb.agent('nobody', print)", "no sweep 'nobody'"),
        (
            "wandb.agent(wandb.sweep({'method': 'grid', 'parameters': {'x': {'value': 1}}}))",
            "program",
        ),
        ("wandb.sweep({'method': 'bayes', 'parameters': {'x': {'value': 1}}})", "random"),
    ],
)
def test_what_cannot_be_done_is_said(code: str, says: str, tmp_path: Path) -> None:
    lines = ["import wanllmdb as wandb", "try:", f"    {code}"]
    lines += ["except wandb.UsageError as error:", "    print(error)"]
    [line] = python("\n".join(lines), tmp_path)
    assert says in line
