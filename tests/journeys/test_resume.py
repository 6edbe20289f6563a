"""Runs that go on: every word of `resume`, against runs that are new, over, alive or deleted."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess, eventually

TRAIN = """
import json, os, sys, time
import wanllmdb as wandb
told = json.loads(sys.argv[1])
run = wandb.init(project="resume", **told.get("init", {}))
print("began", run.id, run.resumed, run.starting_step, run.step, json.dumps(dict(run.config)),
      flush=True)
for number in range(told.get("rows", 0)):
    run.log({"x": told.get("from", 0) + number})
print("logged", run.resumed, run.step, flush=True)
if told.get("wait"):
    sys.stdin.readline()
run.finish()
"""


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

    def start(self, **told: Any) -> subprocess.Popen[str]:
        """A training that has logged what it is to log, and waits if it is told to."""
        environ = told.pop("environ", {})
        process = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", TRAIN, json.dumps(told)],
                env={**self.place.environment(), **environ}, cwd=self.place.work, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
        self._stack.callback(process.kill)
        return process

    def run(self, run: str | None = None, resume: Any = None, **told: Any) -> list[str]:
        """A training to its end; the words of what it said when it began."""
        init = {**({"id": run} if run else {}), **({"resume": resume} if resume else {})}
        process = self.start(init={**init, **told.pop("init", {})}, **told)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0, said
        return next(line.split() for line in said.splitlines() if line.startswith("began"))[1:]

    def refused(self, run: str, resume: str) -> str:
        """The last line of a training that could not begin."""
        process = self.start(init={"id": run, "resume": resume})
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 1, said
        return said.strip().splitlines()[-1]

    def close(self) -> None:
        self._stack.close()

    def told(self, run: str) -> dict[str, Any]:
        return self.server.get(f"/projects/{self.server.owner}/resume/runs/{run}")

    def points(self, run: str) -> list[tuple[int, Any]]:
        return self.server.points("resume", run, "x")


@pytest.fixture
def scripts(server: ServerProcess, tmp_path: Path) -> Iterator[Scripts]:
    scripts = Scripts(tmp_path, server)
    yield scripts
    scripts.close()


def until_logged(process: subprocess.Popen[str]) -> list[str]:
    """Wait until a training has logged; what it said of it."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("logged"):
            return line.split()[1:]
    raise AssertionError("".join(said))


WORDS = [None, "allow", "must", "never", "auto"]


class TestTheTable:
    @pytest.mark.parametrize("word", WORDS)
    def test_an_id_that_is_new(self, scripts: Scripts, word: str | None) -> None:
        run = f"new-{word}"
        if word == "must":
            assert scripts.refused(run, word).startswith(
                'wanllmdb.errors.UsageError: resume="must": There is no run'
            )
            return
        assert scripts.run(run, word, rows=3)[:4] == [run, "False", "0", "0"]
        assert scripts.told(run)["state"] == "finished"

    @pytest.mark.parametrize("word", WORDS)
    def test_an_id_of_a_run_that_is_over(self, scripts: Scripts, word: str | None) -> None:
        run = f"over-{word}"
        scripts.run(run, rows=5, init={"config": {"lr": 1, "bs": 8}})
        if word == "never":
            assert "There is a run" in scripts.refused(run, word)
            assert scripts.told(run)["state"] == "finished"
            return
        began = scripts.run(run, word, rows=2, init={"config": {"lr": 2}})
        assert began[:4] == [run, "True", "5", "5"]
        assert " ".join(began[4:]) in ('{"lr": 2, "bs": 8}', '{"bs": 8, "lr": 2}')
        assert [step for step, _ in scripts.points(run)] == list(range(7))
        assert scripts.told(run)["config"] == {"lr": 2, "bs": 8}

    @pytest.mark.parametrize("word", WORDS)
    def test_an_id_of_a_run_that_runs(self, scripts: Scripts, word: str | None) -> None:
        run = f"runs-{word}"
        first = scripts.start(init={"id": run}, rows=5, wait=True)
        until_logged(first)
        eventually(lambda: len(scripts.points(run)) == 5)
        if word == "never":
            assert "There is a run" in scripts.refused(run, word)
        else:
            # It stands beside the one that lives, and hides nothing of it.
            assert scripts.run(run, word, rows=2)[:4] == [run, "True", "5", "5"]
            assert len(scripts.points(run)) == 7
        assert scripts.told(run)["state"] == "running"
        first.communicate("go on\n", timeout=30)
        assert scripts.told(run)["state"] == "finished"

    @pytest.mark.parametrize("word", WORDS)
    def test_an_id_of_a_run_that_was_deleted(self, scripts: Scripts, word: str | None) -> None:
        run = f"deleted-{word}"
        scripts.run(run, rows=5)
        self.delete(scripts, run)
        if word == "must":
            assert "There is no run" in scripts.refused(run, word)
            return
        assert scripts.run(run, word, rows=2)[:4] == [run, "False", "0", "0"]
        assert len(scripts.points(run)) == 2

    @pytest.mark.parametrize("word", WORDS)
    def test_offline_every_word_is_accepted(self, scripts: Scripts, word: str | None) -> None:
        run = f"offline-{word}"
        scripts.run(run, rows=5)
        began = scripts.run(run, word, rows=2, init={"mode": "offline"})
        assert began[:4] == [run, "False", "0", "0"]
        if word == "never":
            done = scripts.place.call("sync")
            assert done.returncode != 0
            assert "There is a run" in done.stdout + done.stderr
            assert len(scripts.points(run)) == 5
            assert list(scripts.place.spool.rglob("*.seg"))  # nothing of it is thrown away
            return
        scripts.place.sync()
        scripts.place.sync()
        # It began anew at step 0, and so it goes on from there.
        assert scripts.points(run) == [(0, 0), (1, 1)]
        assert scripts.told(run)["state"] == "finished"

    def test_a_run_that_must_be_there_is_made_when_its_training_is_over(
        self, scripts: Scripts
    ) -> None:
        scripts.run("must-offline", "must", rows=2, init={"mode": "offline"})
        scripts.place.sync()
        assert len(scripts.points("must-offline")) == 2

    def delete(self, scripts: Scripts, run: str) -> None:
        server = scripts.server
        request = urllib.request.Request(
            f"{server.url}/api/v1/projects/{server.owner}/resume/runs/{run}", method="DELETE",
            headers={"Authorization": f"Bearer {server.key}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 204


class TestKilled:
    @pytest.mark.parametrize("word", ["allow", "must", "auto"])
    def test_what_is_logged_anew_supersedes_what_was_cut_off(
        self, scripts: Scripts, word: str
    ) -> None:
        run = f"killed-{word}"
        first = scripts.start(init={"id": run, "resume": "allow"}, rows=700, wait=True)
        until_logged(first)
        eventually(lambda: len(scripts.points(run)) == 700)
        first.kill()
        first.wait()
        began = scripts.run(run, word, rows=3)
        assert began[:4] == [run, "True", "700", "700"]
        points = scripts.points(run)
        assert [step for step, _ in points] == list(range(703))
        assert scripts.told(run)["state"] == "finished"

    def test_the_same_directory_is_enough(self, scripts: Scripts) -> None:
        first = scripts.start(init={"resume": "auto"}, rows=10, wait=True)
        until_logged(first)
        note = scripts.place.work / "wandb" / "wandb-resume.json"
        eventually(note.exists)
        first.kill()
        first.wait()
        began = scripts.run(None, True, rows=10)
        run = began[0]
        assert began[1] == "True"
        assert [step for step, _ in scripts.points(run)] == list(range(20))
        # It ended well, so the next one is another.
        assert scripts.run(None, True, rows=1)[0] != run


class TestAServerThatIsAway:
    def test_a_run_that_began_without_it_goes_on_when_it_answers(self, tmp_path: Path) -> None:
        (tmp_path / "server").mkdir()
        server = ServerProcess(tmp_path / "server").start()
        key = server.key
        scripts = Scripts(tmp_path, server)
        try:
            scripts.run("r", rows=5, init={"config": {"lr": 1}})
            server.stop()
            scripts.place.key = key
            later = scripts.start(init={"id": "r", "resume": "must"}, rows=3, wait=True)
            until_logged(later)
            server.start()
            eventually(lambda: scripts.told("r")["state"] == "running", why="it is resumed")
            eventually(lambda: len(scripts.points("r")) == 3, why="its rows have come")
            later.communicate("go on\n", timeout=30)
            # It could not know where to go on: its rows keep the steps that it gave them.
            assert scripts.points("r") == [(0, 0), (1, 1), (2, 2)]
            assert scripts.told("r")["config"] == {"lr": 1}
            assert scripts.told("r")["state"] == "finished"
        finally:
            scripts.close()
            server.stop()

    def test_one_that_has_logged_nothing_yet_goes_on_behind_the_last_step(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "server").mkdir()
        server = ServerProcess(tmp_path / "server").start()
        scripts = Scripts(tmp_path, server)
        waiting = """
import sys, wanllmdb as wandb
run = wandb.init(project="resume", id="r", resume="allow")
print("began", run.resumed, run.step, flush=True)
sys.stdin.readline()
print("then", run.resumed, run.step, run.starting_step, dict(run.config), flush=True)
run.log({"x": 100})
"""
        try:
            scripts.run("r", rows=5, init={"config": {"lr": 1}})
            server.stop()
            with subprocess.Popen(
                [sys.executable, "-c", waiting], env=scripts.place.environment(), text=True,
                cwd=scripts.place.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            ) as process:  # fmt: skip
                assert process.stdout
                assert process.stdin
                assert process.stdout.readline().split() == ["began", "False", "0"]
                server.start()
                eventually(lambda: scripts.told("r")["state"] == "running")
                time.sleep(0.5)  # the answer is on its way
                process.stdin.write("go on\n")
                process.stdin.flush()
                said = process.stdout.readline().strip()
            assert said == "then True 5 5 {'lr': 1}"
            eventually(lambda: scripts.points("r")[-1] == (5, 100))
        finally:
            scripts.close()
            server.stop()
