"""Forks and rewinds: real processes and the real server, through the API, curves and the CLI."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess

# Several runs, one after another, as a list of what each is told.
TRAIN = """
import json, sys
import wanllmdb as wandb
for told in json.loads(sys.argv[1]):
    try:
        run = wandb.init(**{"project": "forks", **told["init"]})
    except wandb.Error as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}), flush=True)
        continue
    said = {"id": run.id, "resumed": run.resumed, "first": run.starting_step, "step": run.step,
            "config": dict(run.config)}
    print(json.dumps(said), flush=True)
    for number in range(told.get("rows", 0)):
        run.log({"x": told.get("from", 0) + number, "word": f"w{number}"})
    run.finish()
"""


class House:
    """A server and one home."""

    def __init__(self, server: ServerProcess, place: Place) -> None:
        self.server, self.place = server, place

    def train(self, *told: dict[str, Any]) -> list[dict[str, Any]]:
        """Runs one after another in one process; what each of them said."""
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, json.dumps(told)], env=self.place.environment(),
            cwd=self.place.work, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def told(self, run: str, project: str = "forks") -> dict[str, Any]:
        return self.server.get(f"/projects/{self.server.owner}/{project}/runs/{run}")

    def points(self, run: str, key: str = "x", project: str = "forks") -> list[tuple[int, Any]]:
        return self.server.points(project, run, key)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.server.url}/api/v1{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.server.key}",
                     "Content-Type": "application/json", "Accept": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def house(server: ServerProcess, tmp_path: Path) -> House:
    return House(server, Place(tmp_path, url=server.url, key=server.key))


def source(name: str, rows: int = 10) -> dict[str, Any]:
    return {"init": {"id": name, "config": {"lr": 1, "bs": 8}}, "rows": rows}


def test_a_fork_begins_with_the_history_of_another_run(house: House) -> None:
    _, fork = house.train(
        source("a"),
        {
            "init": {"id": "f", "fork_from": "a?_step=5", "config": {"lr": 2}},
            "rows": 3,
            "from": 100,
        },
    )
    assert fork == {
        "id": "f", "resumed": False, "first": 6, "step": 6, "config": {"lr": 2, "bs": 8},
    }  # fmt: skip
    history = [(n, n) for n in range(6)]
    assert house.points("f") == [*history, (6, 100), (7, 101), (8, 102)]
    assert house.points("f", "word") == [*((n, f"w{n}") for n in range(6)),
                                         (6, "w0"), (7, "w1"), (8, "w2")]  # fmt: skip
    told = house.told("f")
    origin = told["forked_from"]
    assert (origin["id"], origin["step"]) == ("a", 5)
    assert origin["url"] == house.told("a")["url"]
    assert (told["state"], told["lost"], told["config"]) == ("finished", 0, {"lr": 2, "bs": 8})
    question = {
        "project": f"{house.server.owner}/forks", "runs": ["f"], "keys": ["x"], "buckets": 100,
    }  # fmt: skip
    [panel] = house.ask("POST", "/curves", question)["curves"]
    assert panel["series"][0]["x"] == list(range(9))
    assert len(house.points("a")) == 10

    house.ask("DELETE", f"/projects/{house.server.owner}/forks/runs/a")
    assert house.points("f")[:6] == history
    assert house.told("f")["forked_from"]["id"] == "a"


def test_a_fork_of_a_fork_and_of_another_project(house: House) -> None:
    owner = house.server.owner
    house.train(
        source("b"),
        {"init": {"id": "b1", "fork_from": "b?_step=5"}, "rows": 2, "from": 100},
        {"init": {"id": "b2", "fork_from": "b1?_step=6"}, "rows": 1, "from": 200},
        {
            "init": {"id": "b3", "project": "other", "fork_from": f"{owner}/forks/b2?_step=7"},
            "rows": 1,
            "from": 300,
        },
    )
    steps = [*range(6), 100, 200, 300]
    assert house.points("b3", project="other") == list(enumerate(steps))


def test_what_cannot_be_forked_or_gone_back_to_is_refused_at_init(house: House) -> None:
    fork, back = "fork_from", "resume_from"
    said = house.train(
        source("c"),
        {"init": {fork: "nothing?_step=1"}},
        {"init": {fork: "c?_step=10"}},
        {"init": {fork: "sam/vision/c?_step=1"}},
        {"init": {back: "nothing?_step=1"}},
        {"init": {back: "c?_step=99"}},
        {"init": {"id": "c", fork: "c1?_step=1"}},
    )
    refused = [each["refused"] for each in said[1:]]
    assert all(each.startswith("UsageError: ") for each in refused), refused
    for words, told in zip(
        ("no run 'nothing'", "its last step is 9", "no run 'c'", "no run 'nothing'",
         "its last step is 9", "not forked from c1"),
        refused, strict=True,
    ):  # fmt: skip
        assert words in told
    # Nothing of it was begun, here or there.
    assert not list(house.place.spool.rglob("*.seg"))
    assert house.told("c")["state"] == "finished"


def test_a_run_goes_back_ten_times(house: House) -> None:
    said = house.train(
        source("d"),
        *({"init": {"resume_from": "d?_step=3"}, "rows": 2, "from": 100 * n} for n in range(1, 11)),
    )
    for each in said[1:]:
        assert each == {
            "id": "d", "resumed": True, "first": 4, "step": 4, "config": {"lr": 1, "bs": 8},
        }  # fmt: skip
    assert house.points("d") == [*((n, n) for n in range(4)), (4, 1000), (5, 1001)]
    owner = house.server.owner
    path = f"/projects/{owner}/forks/runs/d/points?key=x&limit=1000&superseded=only"
    assert len(house.server.get(path)["step"]) == 6 + 9 * 2  # what was behind is still there
    assert house.told("d")["state"] == "finished"


class TestWithoutTheServer:
    def test_a_fork_that_was_wished_offline_is_made_when_it_is_synced(self, house: House) -> None:
        _, fork, back = house.train(
            source("e"),
            {"init": {"id": "e1", "mode": "offline", "fork_from": "e?_step=5"}, "rows": 2},
            {"init": {"mode": "offline", "resume_from": "e?_step=7"}, "rows": 1, "from": 50},
        )
        assert (fork["first"], back["id"], back["first"]) == (6, "e", 8)
        house.place.sync()
        house.place.sync()
        assert house.points("e1") == [*((n, n) for n in range(6)), (6, 0), (7, 1)]
        assert house.told("e1")["config"] == {"lr": 1, "bs": 8}
        assert house.points("e") == [*((n, n) for n in range(8)), (8, 50)]

    def test_one_that_cannot_be_made_any_more_keeps_every_row_of_its_own(
        self, house: House
    ) -> None:
        house.train(
            {"init": {"id": "g", "mode": "offline", "fork_from": "gone?_step=5"}, "rows": 4},
            {"init": {"mode": "offline", "resume_from": "gone2?_step=5"}, "rows": 4},
        )
        house.place.sync()
        for run in ("g", "gone2"):
            assert house.points(run) == [(6, 0), (7, 1), (8, 2), (9, 3)]
            told = house.told(run)
            assert (told["state"], told["lost"], told["forked_from"]) == ("finished", 0, None)
            receipt = house.server.get(f"/projects/{house.server.owner}/forks/runs/{run}/receipt")
            [reason] = [each for each in receipt["reasons"] if each["code"] == "no-history"]
            assert "history" in reason["text"]
            assert "gone" in reason["detail"]
        assert not list(house.place.spool.rglob("*.seg"))
