"""What scripts log is what `Api()` reads: rows, config, summary, files, console; and who may."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess

import wanllmdb
from wanllmdb.api import Api, Run

TRAIN = """
import json, sys
from pathlib import Path
import wanllmdb as wandb

run = wandb.init(project="reading", id="first", name="blue", tags=["best", "v1"], group="g",
                 job_type="train", notes="n", config={"lr": 0.1, "opt": {"name": "adam"}, "n": 3})
for n in range(2500):
    row = {"loss": 1 / (n + 1), "epoch": n // 100, "deep": {"er": n}}
    if n % 100 == 99:
        row["val/acc"] = n / 2500
    run.log(row)
run.log({"odd": float("nan"), "big": 2**60 + 1, "word": "end", "list": [1, 2.5, "x"],
         "hist": wandb.Histogram([1, 2, 3])})
run.summary["best"] = 0.5
Path(run.dir, "notes.txt").write_text("kept") and run.save(str(Path(run.dir, "notes.txt")),
                                                          base_path=run.dir)
print("hello from stdout")
print("warning: ä", file=sys.stderr)
model = wandb.Artifact("net", "model", metadata={"layers": 3})
with model.new_file("weights.bin", mode="wb") as file:
    file.write(b"w" * 1000)
run.log_artifact(model, aliases=["best"])
run.alert("Title", "Text", level="WARN")
run.finish()
for n, name in enumerate(["second", "third"]):
    with wandb.init(project="reading", id=name, config={"lr": n}, tags=["v1"]) as run:
        run.log({"loss": 10.0 * (n + 1)})
failed = wandb.init(project="reading", id="failed")
failed.finish(exit_code=3)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with runs that a script logged."""
    root = tmp_path_factory.mktemp("api")
    process = ServerProcess(root).start()
    place = Place(root, url=process.url, key=process.key)
    done = subprocess.run(
        [sys.executable, "-c", TRAIN],
        env=place.environment(), cwd=place.work, text=True, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    yield process
    process.stop()


@pytest.fixture
def api(server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("WANLLMDB_API_URL", "WANLLMDB_API_KEY", "WANLLMDB_PROJECT", "WANLLMDB_ENTITY"):
        monkeypatch.delenv(name, raising=False)
    return Api(overrides={"base_url": server.url, "project": "reading"}, api_key=server.key)


@pytest.fixture
def run(api: Api) -> Run:
    return api.run("reading/first")


def test_a_run_is_what_its_script_said(api: Api, run: Run, server: ServerProcess) -> None:
    assert (run.id, run.name, run.display_name, run.state) == ("first", "blue", "blue", "finished")
    assert run.path == [server.owner, "reading", "first"]
    assert (run.group, run.job_type, run.notes, run.tags) == ("g", "train", "n", ["best", "v1"])
    assert run.config == {"lr": 0.1, "opt": {"name": "adam"}, "n": 3}
    assert json.loads(run.json_config)["lr"]["value"] == 0.1
    assert run.url == f"{server.url}/{server.owner}/reading/runs/first"
    assert run.username == server.owner
    assert run.user is not None
    assert run.user.username == server.owner
    assert run.created_at is not None
    assert run.created_at.endswith("Z")
    assert {"host", "os", "python", "args"} <= run.metadata.keys()
    assert api.run("failed").state == "failed"
    assert api.run("failed").exit_code == 3


@pytest.mark.parametrize(
    "path",
    ["first", "reading/first", "{o}/reading/first", "/{o}/reading/runs/first",
     "{o}/reading/runs/first/", "{u}/{o}/reading/runs/first",
     "{u}/{o}/reading/runs/first/files?x=1"],
)  # fmt: skip
def test_a_run_is_found_by_every_form_of_its_path(
    api: Api, server: ServerProcess, path: str
) -> None:
    assert api.run(path.format(o=server.owner, u=server.url)).name == "blue"


def test_every_row_is_read_as_it_was_logged(run: Run) -> None:
    rows = list(run.scan_history())
    assert len(rows) == 2501
    assert [row["_step"] for row in rows] == list(range(2501))
    for n, row in enumerate(rows[:-1]):
        logged = {"loss": 1 / (n + 1), "epoch": n // 100, "deep.er": n}
        if n % 100 == 99:
            logged["val/acc"] = n / 2500
        assert {key: value for key, value in row.items() if key[0] != "_"} == logged
    assert isinstance(rows[500]["epoch"], int)
    last = rows[-1]
    assert math.isnan(last["odd"])
    assert (last["big"], last["word"], last["list"]) == (2**60 + 1, "end", [1, 2.5, "x"])
    assert last["hist"]["_type"] == "histogram"
    assert rows[0]["_timestamp"] < last["_timestamp"]
    assert 0 <= rows[0]["_runtime"] < last["_runtime"]


def test_a_scan_has_the_keys_and_the_steps_that_are_asked_for(run: Run) -> None:
    both = list(run.scan_history(keys=["val/acc", "_step"]))
    assert both == [{"val/acc": n / 2500, "_step": n} for n in range(99, 2500, 100)]
    some = run.scan_history(keys=["loss"], page_size=7, min_step=10, max_step=40)
    assert list(some) == [{"loss": 1 / (n + 1)} for n in range(10, 40)]
    assert next(run.scan_history())["_step"] == 0
    assert list(run.scan_history(keys=["loss", "nobody"])) == []


def test_a_history_is_some_rows_of_all(run: Run) -> None:
    rows = run.history(samples=100, pandas=False)
    assert len(rows) == 100
    whole = {row["_step"]: row for row in run.scan_history()}
    assert all(
        all(value == whole[row["_step"]][key] for key, value in row.items() if key != "odd")
        for row in rows
    )
    pairs = run.history(keys=["val/acc"], pandas=False)
    assert [row["val/acc"] for row in pairs] == [n / 2500 for n in range(99, 2500, 100)]
    assert set(pairs[0]) == {"_step", "val/acc"}
    assert run.lastHistoryStep == 2500
    assert run.history_keys["keys"]["loss"]["typeCounts"] == [{"type": "number", "count": 2500}]


def test_a_summary_has_the_last_values_and_what_was_set(api: Api, run: Run) -> None:
    summary = run.summary
    assert summary["loss"] == 1 / 2500
    assert (summary["best"], summary.best, summary.get("nobody")) == (0.5, 0.5, None)
    assert summary["deep"] == {"er": 2499}
    assert summary["_step"] == 2500
    assert "nobody" not in summary
    assert dict(summary)["epoch"] == 24
    summary["judged"] = 7
    summary.update({"more": [1, 2]})
    again = api.run("first").summary
    assert (again["judged"], again["more"], again["loss"]) == (7, [1, 2], 1 / 2500)


def test_what_is_changed_is_kept_by_update(api: Api) -> None:
    run = api.run("second")
    run.name, run.notes, run.group, run.tags = "renamed", "why", "g2", ["a", "b"]
    run.config["lr"] = 99
    run.config["new"] = {"x": 1}
    run.summary["score"] = 3
    run.update()
    again = api.run("second")
    assert (again.name, again.notes, again.group, again.tags) == (
        "renamed",
        "why",
        "g2",
        ["a", "b"],
    )
    assert again.config == {"lr": 99, "new": {"x": 1}}
    assert again.summary["score"] == 3
    assert run.config == again.config


def test_runs_are_found_by_filters_and_come_in_order(api: Api) -> None:
    runs = api.runs("reading", per_page=1)
    assert len(runs) == 4
    assert [run.id for run in runs] == ["first", "second", "third", "failed"]
    assert [run.id for run in runs[1:3]] == ["second", "third"]
    assert runs[-1].id == "failed"
    with pytest.raises(IndexError):
        runs[4]
    assert [run.id for run in api.runs(filters={"state": "failed"})] == ["failed"]
    both = api.runs(filters={"$or": [{"tags": "best"}, {"config.lr": {"$lt": 2, "$gt": 0.5}}]})
    assert [run.id for run in both] == ["first", "third"]
    text = "tags has best or config.lr < 2 and config.lr > 0.5"
    assert [run.id for run in api.runs(filters=text)] == [run.id for run in both]
    losses = api.runs(filters={"summary_metrics.loss": {"$gt": 5}}, order="-summary_metrics.loss")
    assert [run.summary["loss"] for run in losses] == [20, 10]
    with pytest.raises(wanllmdb.CommError, match=r"/filters/color"):
        len(api.runs(filters={"color": 1}))


def test_a_lazy_list_gets_configs_for_a_whole_page_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = api.client.ask

    def counted(method: str, path: str, *rest: Any, **options: Any) -> Any:
        if path.endswith("/search"):
            asked.append(path)
        return ask(method, path, *rest, **options)

    monkeypatch.setattr(api.client, "ask", counted)
    runs = api.runs("reading")
    assert [run.state for run in runs] == ["finished"] * 3 + ["failed"]
    assert len(asked) == 1
    assert next(run.config.get("lr") for run in runs) == 0.1
    assert len(asked) == 2


def test_histories_of_many_runs_are_one_table(api: Api) -> None:
    rows = api.runs("reading", filters={"name": {"$in": ["second", "third"]}}).histories()
    assert [(row["run_id"], row["loss"]) for row in rows] == [("second", 10), ("third", 20)]


def test_files_are_fetched_whole_and_verified(run: Run, tmp_path: Path) -> None:
    assert "notes.txt" in [file.name for file in run.files()]
    file = run.file("notes.txt")
    assert (file.size, file.mimetype) == (4, "text/plain")
    with file.download(root=str(tmp_path)) as opened:
        assert opened.read() == "kept"
    with pytest.raises(ValueError, match="replace=True"):
        file.download(root=str(tmp_path))
    (tmp_path / "notes.txt").write_text("mine")
    with file.download(root=str(tmp_path), exist_ok=True) as opened:
        assert opened.read() == "mine"
    with file.download(root=str(tmp_path), replace=True) as opened:
        assert opened.read() == "kept"
    assert [each.name for each in run.files(pattern="notes%")] == ["notes.txt"]
    assert [each.name for each in run.files(names=["nobody"])] == []
    with pytest.raises(ValueError, match="nobody"):
        run.file("nobody")


def test_a_file_is_put_and_deleted(api: Api, tmp_path: Path) -> None:
    run = api.run("third")
    path = tmp_path / "sub" / "model ä.bin"
    path.parent.mkdir()
    path.write_bytes(b"x" * 3_000_000)
    file = run.upload_file(str(path), root=str(tmp_path))
    assert (file.name, file.size) == ("sub/model ä.bin", 3_000_000)
    assert run.file("sub/model ä.bin").read() == path.read_bytes()
    file.delete()
    assert [each.name for each in run.files(pattern="sub/%")] == []


def test_what_was_printed_is_read_and_searched(run: Run) -> None:
    said = [(line.stream, line.text) for line in run.console()]
    assert ("stdout", "hello from stdout") in said
    assert ("stderr", "warning: ä") in said
    assert [line.text for line in run.console(search="HELLO")] == ["hello from stdout"]
    assert [line.text for line in run.console("stderr", "ä$", regex=True)] == ["warning: ä"]
    logs = run.console_logs()
    assert len(logs) == len(said)
    assert ("info", "hello from stdout") in [(each.level, each.content) for each in logs]
    assert len(list(run.console_logs(last=1))) == 1


def test_alerts_are_read(run: Run) -> None:
    [alert] = run.alerts()
    assert (alert["title"], alert["text"], alert["level"]) == ("Title", "Text", "WARN")


def test_what_was_measured_of_the_machine_is_read(run: Run) -> None:
    rows = run.history(stream="system", pandas=False)
    assert all(key[0] == "_" or key.startswith("system.") for row in rows for key in row)
    assert run.system_metrics.keys() <= {key for row in rows for key in row}


def test_artifacts_are_found_from_the_api_and_from_their_runs(
    api: Api, run: Run, tmp_path: Path
) -> None:
    model = api.artifact("reading/net:best", type="model")
    assert (model.name, model.version, model.metadata) == ("net:v0", "v0", {"layers": 3})
    folder = model.download(root=str(tmp_path / "model"))
    assert Path(folder, "weights.bin").read_bytes() == b"w" * 1000
    assert [each.name for each in run.logged_artifacts()] == ["net:v0"]
    other = api.run("third")
    assert other.used_artifacts() == []
    other.use_artifact(model, use_as="start")
    assert [each.name for each in other.used_artifacts()] == ["net:v0"]
    assert model.logged_by().id == "first"
    assert api.artifact_exists("reading/net:best")
    assert not api.artifact_exists("reading/nobody:v0")
    assert [each.name for each in api.artifact_types("reading")] == ["model"]
    assert api.artifact_collection_exists("reading/net", "model")
    assert not api.artifact_collection_exists("reading/nobody", "model")
    with pytest.raises(ValueError, match="nobody"):
        api.artifact("reading/nobody:v0")
    with pytest.raises(wanllmdb.UnsupportedError):
        other.log_artifact(model)


def test_projects_and_who_asks(api: Api, server: ServerProcess) -> None:
    assert api.viewer.username == server.owner
    assert api.default_entity == server.owner
    assert "reading" in [project.name for project in api.projects()]
    api.create_project("empty")
    assert api.project("empty").path == [server.owner, "empty"]
    assert len(api.runs("empty")) == 0
    assert api.from_path(f"{server.owner}/reading").run_count >= 4  # type: ignore[union-attr]


def test_a_run_is_made_and_deleted(api: Api) -> None:
    run = api.create_run(run_id="made", project="scratch")
    assert api.run("scratch/made").state == "running"
    run.delete()
    with pytest.raises(ValueError, match="made"):
        api.run("scratch/made")


@pytest.mark.parametrize("error", [ValueError, wanllmdb.CommError])
@pytest.mark.parametrize("path", ["nobody/nothing/x", "reading/nobody"])
def test_what_is_not_there_is_an_error_of_both_kinds(
    api: Api, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match="Could not find run"):
        api.run(path)


def test_a_wrong_key_is_told_without_being_shown(server: ServerProcess, api: Api) -> None:
    del api  # for its empty home
    key = "wl-" + "x" * 43
    with pytest.raises(wanllmdb.AuthenticationError) as raised:
        Api({"base_url": server.url}, api_key=key).run("a/b/c")
    assert key not in str(raised.value)


def test_nobody_at_the_address_is_told_in_time(api: Api) -> None:
    del api
    with pytest.raises(wanllmdb.CommError, match="does not answer"):
        Api({"base_url": "http://127.0.0.1:9"}, timeout=1, api_key="wl-" + "x" * 43).run("a/b/c")


def test_a_stranger_sees_nothing(api: Api, server: ServerProcess) -> None:
    def post(path: str, body: dict[str, Any], key: str) -> Any:
        request = urllib.request.Request(
            f"{server.url}/api/v1{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {key}"} if key else {}),
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    password = "correct horse battery"  # noqa: S105
    post("/users", {"name": "sam", "password": password}, server.key)
    token = post("/auth/login", {"username": "sam", "password": password}, "")["token"]
    theirs = Api({"base_url": server.url}, api_key=post("/keys", {"name": "k"}, token)["key"])
    path = f"{server.owner}/reading"
    with pytest.raises(ValueError, match="Could not find run"):
        theirs.run(f"{path}/first")
    with pytest.raises(ValueError, match="no project"):
        len(theirs.runs(path))
    assert list(theirs.projects(server.owner)) == []
    known = api.run("first")
    foreign = Run(theirs, theirs.client, known.load())
    for look in (
        lambda: list(foreign.scan_history()),
        lambda: foreign.history(pandas=False),
        lambda: list(foreign.console()),
        lambda: list(foreign.files()),
        foreign.alerts,
        lambda: foreign.history_keys,
        foreign.delete,
    ):
        with pytest.raises(ValueError, match=r"There is no (run|project)"):
            look()
