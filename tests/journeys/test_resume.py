"""Runs that go on: every word of `resume`, against runs that are new, over, alive or deleted."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess, eventually

# Runs one after another in one process, each as it is told; says how each began.
TRAIN = """
import json, sys
import wanllmdb as wandb
for told in json.loads(sys.argv[1]):
    try:
        run = wandb.init(project="resume", **told.get("init", {}))
    except wandb.Error as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}), flush=True)
        continue
    for number in range(told.get("rows", 0)):
        run.log({"x": number})
    said = {"id": run.id, "resumed": run.resumed, "first": run.starting_step, "step": run.step}
    print(json.dumps({**said, "config": dict(run.config)}), flush=True)
    if told.get("wait"):
        sys.stdin.readline()
    run.finish()
"""
WORDS = [None, "allow", "must", "never", "auto"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


class Scripts:
    """Starts trainings in one home, with one server."""

    def __init__(self, root: Path, server: ServerProcess) -> None:
        self.place = Place(root, url=server.url, key=server.key)
        self.place.variables = {"WANLLMDB_FLUSH_INTERVAL": "0.1"}
        self.server = server
        self._stack = contextlib.ExitStack()

    def start(self, *told: dict[str, Any]) -> subprocess.Popen[str]:
        """Trainings one after another in a process; those that are told to wait do so."""
        process = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", TRAIN, json.dumps(told)],
                env=self.place.environment(), cwd=self.place.work, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        self._stack.callback(process.kill)
        return process

    def run(self, *told: dict[str, Any]) -> list[dict[str, Any]]:
        """Trainings to their end; what each of them said."""
        process = self.start(*told)
        said, problems = process.communicate(timeout=50)
        assert process.returncode == 0, problems
        return [json.loads(line) for line in said.splitlines()]

    def close(self) -> None:
        self._stack.close()

    def told(self, run: str) -> dict[str, Any]:
        return self.server.get(f"/projects/{self.server.owner}/resume/runs/{run}")

    def points(self, run: str) -> list[tuple[int, Any]]:
        return self.server.points("resume", run, "x")

    def delete(self, run: str) -> None:
        server = self.server
        request = urllib.request.Request(
            f"{server.url}/api/v1/projects/{server.owner}/resume/runs/{run}", method="DELETE",
            headers={"Authorization": f"Bearer {server.key}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 204


@pytest.fixture
def scripts(server: ServerProcess, tmp_path: Path) -> Iterator[Scripts]:
    scripts = Scripts(tmp_path, server)
    yield scripts
    scripts.close()


def with_word(run: str | None, word: Any, rows: int = 0, **init: Any) -> dict[str, Any]:
    """What a training is told that goes on with a run in the way of the word."""
    told = {**({"id": run} if run else {}), **({"resume": word} if word else {}), **init}
    return {"init": told, "rows": rows}


def began(run: str, *, resumed: bool, first: int, rows: int, config: Any = None) -> dict[str, Any]:
    return {
        "id": run, "resumed": resumed, "first": first, "step": first + rows,
        "config": config or {},
    }  # fmt: skip


def until_logged(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait until a training has logged; what it said."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr and process.stderr.read()
    return json.loads(line)


class TestTheTable:
    def test_an_id_that_is_new(self, scripts: Scripts) -> None:
        said = scripts.run(*(with_word(f"new-{word}", word, 3) for word in WORDS))
        for word, each in zip(WORDS, said, strict=True):
            run = f"new-{word}"
            if word == "must":
                assert each["refused"].startswith('UsageError: resume="must": There is no run')
                continue
            assert each == began(run, resumed=False, first=0, rows=3)
            assert scripts.told(run)["state"] == "finished"

    def test_an_id_of_a_run_that_is_over(self, scripts: Scripts) -> None:
        config = {"lr": 1, "bs": 8}
        scripts.run(*(with_word(f"over-{word}", None, 5, config=config) for word in WORDS))
        said = scripts.run(*(with_word(f"over-{w}", w, 2, config={"lr": 2}) for w in WORDS))
        for word, each in zip(WORDS, said, strict=True):
            run = f"over-{word}"
            told = scripts.told(run)
            assert told["state"] == "finished"
            if word == "never":
                assert each["refused"].startswith('UsageError: resume="never": There is a run')
                assert (len(scripts.points(run)), told["config"]) == (5, config)
                continue
            new = {"lr": 2, "bs": 8}
            assert each == began(run, resumed=True, first=5, rows=2, config=new)
            assert [step for step, _ in scripts.points(run)] == list(range(7))
            assert told["config"] == new

    def test_an_id_of_a_run_that_runs(self, scripts: Scripts) -> None:
        first = scripts.start({"init": {"id": "runs"}, "rows": 5, "wait": True})
        until_logged(first)
        eventually(lambda: len(scripts.points("runs")) == 5)
        said = scripts.run(*(with_word("runs", word, 2) for word in WORDS))
        # They stand beside the one that lives: nothing of it is hidden, and it is not ended.
        assert "There is a run" in said.pop(WORDS.index("never"))["refused"]
        assert said == [began("runs", resumed=True, first=5 + 2 * n, rows=2) for n in range(4)]
        assert [step for step, _ in scripts.points("runs")] == list(range(13))
        assert scripts.told("runs")["state"] == "running"
        first.communicate("go on\n", timeout=30)
        assert scripts.told("runs")["state"] == "finished"

    def test_an_id_of_a_run_that_was_deleted(self, scripts: Scripts) -> None:
        scripts.run(*(with_word(f"deleted-{word}", None, 5) for word in WORDS))
        for word in WORDS:
            scripts.delete(f"deleted-{word}")
        said = scripts.run(*(with_word(f"deleted-{word}", word, 2) for word in WORDS))
        for word, each in zip(WORDS, said, strict=True):
            if word == "must":
                assert "There is no run" in each["refused"]
                continue
            assert each == began(f"deleted-{word}", resumed=False, first=0, rows=2)
            assert len(scripts.points(f"deleted-{word}")) == 2

    def test_offline_every_word_is_accepted(self, scripts: Scripts) -> None:
        scripts.run(*(with_word(f"offline-{word}", None, 5) for word in WORDS))
        offline = {"mode": "offline"}
        said = scripts.run(
            *(with_word(f"offline-{word}", word, 2, **offline) for word in WORDS),
            with_word("not-there", "must", 2, **offline),
        )
        assert [(each["resumed"], each["first"]) for each in said] == [(False, 0)] * 6
        for _ in range(2):
            done = scripts.place.call("sync")
            # The one that must not be there is: it is kept on this machine, and said so.
            assert done.returncode != 0
            assert "There is a run 'offline-never' already" in done.stdout + done.stderr
        assert {
            path.parent.name.split("-", 1)[1] for path in scripts.place.spool.rglob("*.seg")
        } == {"offline-never"}
        assert len(scripts.points("offline-never")) == 5
        # They began anew at step 0, and what is logged anew stands for what was.
        for run in (*(f"offline-{word}" for word in WORDS if word != "never"), "not-there"):
            assert scripts.points(run) == [(0, 0), (1, 1)]
            assert scripts.told(run)["state"] == "finished"


class TestKilled:
    @pytest.mark.parametrize("word", ["allow", "must", "auto"])
    def test_what_is_logged_anew_supersedes_what_was_cut_off(
        self, scripts: Scripts, word: str
    ) -> None:
        run = f"killed-{word}"
        first = scripts.start({"init": {"id": run, "resume": "allow"}, "rows": 700, "wait": True})
        until_logged(first)
        eventually(lambda: len(scripts.points(run)) == 700)
        first.kill()
        first.wait()
        assert scripts.run(with_word(run, word, 3)) == [began(run, resumed=True, first=700, rows=3)]
        points = scripts.points(run)
        assert [step for step, _ in points] == list(range(703))
        assert scripts.told(run)["state"] == "finished"

    def test_the_same_directory_is_enough(self, scripts: Scripts) -> None:
        first = scripts.start({"init": {"resume": "auto"}, "rows": 10, "wait": True})
        run = until_logged(first)["id"]
        note = scripts.place.work / "wandb" / "wandb-resume.json"
        eventually(note.exists)
        first.kill()
        first.wait()
        again = with_word(None, True, 10)
        second, third = scripts.run(again, again)
        assert second == began(run, resumed=True, first=10, rows=10)
        assert [step for step, _ in scripts.points(run)] == list(range(20))
        assert third["id"] != run  # the second ended well


# Logs nothing before it hears where it is to go on.
WAITING = """
import sys, time, wanllmdb as wandb
run = wandb.init(project="resume", id="silent", resume="allow")
print("began", run.resumed, run.step, flush=True)
while run.step == 0:
    time.sleep(0.01)
print("then", run.resumed, run.step, run.starting_step, dict(run.config), flush=True)
run.log({"x": 100})
"""


def test_a_run_that_began_without_its_server_goes_on_when_it_answers(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    server = ServerProcess(tmp_path / "server").start()
    scripts = Scripts(tmp_path, server)
    try:
        scripts.run(*(with_word(run, None, 5, config={"lr": 1}) for run in ("logs", "silent")))
        server.stop()
        logs = scripts.start({**with_word("logs", "must", 3), "wait": True})
        with subprocess.Popen(
            [sys.executable, "-c", WAITING], env=scripts.place.environment(), text=True,
            cwd=scripts.place.work, stdout=subprocess.PIPE,
        ) as silent:  # fmt: skip
            assert silent.stdout
            assert silent.stdout.readline().split() == ["began", "False", "0"]
            assert until_logged(logs) == began("logs", resumed=False, first=0, rows=3)
            server.start()
            eventually(lambda: scripts.told("logs")["state"] == "running", seconds=40)
            eventually(lambda: len(scripts.points("logs")) == 3, why="its rows have come")
            # It had logged nothing, so it goes on behind the last step.
            assert silent.stdout.readline().strip() == "then True 5 5 {'lr': 1}"
            eventually(lambda: scripts.points("silent")[-1] == (5, 100))
        logs.communicate("go on\n", timeout=30)
        # It could not know where to go on: its rows keep the steps that it gave them.
        assert scripts.points("logs") == [(0, 0), (1, 1), (2, 2)]
        told = scripts.told("logs")
        assert (told["config"], told["state"]) == ({"lr": 1}, "finished")
    finally:
        scripts.close()
        server.stop()
