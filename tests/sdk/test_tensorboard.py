"""TensorBoard: what writers write becomes rows of a run, each value once, and all of it.

The writers are small ones under the names of the libraries' modules; the libraries themselves are
in tests/integrations/test_tensorboard.py.
"""

from __future__ import annotations

import importlib
import math
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from tests.sdk import event_writer as made
from tests.sdk.journals import kept, rows

import wanllmdb as wandb
from wanllmdb import event_tail
from wanllmdb.media.pixels import png_of
from wanllmdb.run import Run
from wanllmdb.wire import Kind

PYTORCH = "tensorboard.summary.writer.event_file_writer"
TENSORBOARDX = "tensorboardX.event_file_writer"
OPERATIONS = "tensorflow.python.ops.gen_summary_ops"
QUIET = {"monitor_system": False, "console": "off", "save_facts": False}

_WRITER = """
from tests.sdk import event_writer
class EventFileWriter(event_writer.EventFileWriter): pass
"""
_OPERATIONS = """
from tests.sdk import event_writer
def create_summary_file_writer(writer, logdir, max_queue=None, flush_millis=None):
    writer.append(event_writer.EventFileWriter(logdir.decode(), flushes=False))
def flush_summary_writer(writer):
    writer[0].flush()
"""


@pytest.fixture(autouse=True)
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of these names that can be imported, and have not been."""
    for name, content in ((PYTORCH, _WRITER), (TENSORBOARDX, _WRITER), (OPERATIONS, _OPERATIONS)):
        path = tmp_path / "libraries" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path / "libraries"))
    yield
    wandb.teardown()
    wandb.tensorboard.unpatch()
    for name in list(sys.modules):
        if name.partition(".")[0] in {"tensorboard", "tensorboardX", "tensorflow"}:
            del sys.modules[name]


def library(name: str) -> Any:
    return importlib.import_module(name)


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(mode="offline", sync_tensorboard=True, settings=QUIET)


def merged(run: Run) -> list[tuple[int, dict[str, Any]]]:
    """Rows as a reader sees them: what has the same step is one."""
    found: dict[int, dict[str, Any]] = {}
    for step, values in rows(run):
        found.setdefault(step, {}).update(values)
    return sorted(found.items())


@pytest.mark.parametrize("name", [PYTORCH, TENSORBOARDX])
@pytest.mark.parametrize("early", [True, False])
def test_all_tags_of_a_step_are_one_row(home: Path, name: str, early: bool) -> None:
    if early:
        library(name)
    run = wandb.init(mode="offline", sync_tensorboard=True, settings=QUIET)
    writer = library(name).EventFileWriter("logs/run1")
    for step in range(3):
        writer.add(step, made.scalar("train/loss", step / 4))
        writer.add(step, made.scalar("acc", step * 2))
    assert merged(run) == [
        (step, {"train/loss": step / 4, "acc": step * 2.0, "global_step": step})
        for step in range(3)
    ]


def test_a_row_is_kept_the_moment_it_is_written(run: Run) -> None:
    writer = library(PYTORCH).EventFileWriter("logs", flushes=False)
    writer.add(0, made.scalar("x", 1.0))
    assert rows(run) == [(0, {"x": 1.0, "global_step": 0})]


def test_a_writer_that_goes_back_begins_another_row(run: Run) -> None:
    writer = library(PYTORCH).EventFileWriter("logs")
    for step in (5, 7, 5, -1):
        writer.add(step, made.scalar("x", step))
    assert [values["global_step"] for _, values in merged(run)] == [5, 7, 5, -1]


def test_writers_of_several_folders_have_their_folder_before_their_tags(run: Run) -> None:
    kind = library(PYTORCH).EventFileWriter
    writers = [kind("logs/train"), kind("logs/test")]
    for step in range(2):
        for writer in writers:
            writer.add(step, made.scalar("loss", step))
    assert [sorted(values)[1:] for _, values in merged(run)] == [["train/loss"], ["test/loss"]] * 2


def test_a_writer_below_another_has_its_folder_before_its_tags(run: Run) -> None:
    kind = library(PYTORCH).EventFileWriter
    kind("logs").add(0, made.scalar("loss", 1.0))
    kind("logs/sub").add(0, made.scalar("loss", 2.0))
    kind("elsewhere").add(0, made.scalar("loss", 3.0))
    found = [key for _, values in merged(run) for key in values if key != "global_step"]
    assert found == ["loss", "sub/loss", "elsewhere/loss"]


def test_the_root_that_is_given_is_where_folders_begin(home: Path) -> None:
    wandb.tensorboard.patch(root_logdir="logs")
    run = wandb.init(mode="offline", settings=QUIET)
    library(PYTORCH).EventFileWriter("logs/run1").add(0, made.scalar("loss", 1.0))
    assert list(rows(run)[0][1]) == ["run1/loss", "global_step"]


def test_rows_of_the_script_and_of_writers_do_not_change_each_other(run: Run) -> None:
    writer = library(PYTORCH).EventFileWriter("logs")

    def write(step: int) -> None:
        writer.add(step, made.scalar("x", step))

    write(0)
    run.log({"own": 1})
    run.log({"a": 1}, commit=False)
    write(1)
    run.log({"b": 2})
    run.log({"far": 1}, step=100)
    write(2)
    write(3)
    run.log({"near": 2})
    run.log({"next": 3})
    write(4)
    own = {step: values for step, values in merged(run) if "x" not in values}
    assert own == {1: {"own": 1}, 2: {"a": 1, "b": 2}, 100: {"far": 1, "near": 2}, 103: {"next": 3}}
    written = [(step, values["x"]) for step, values in merged(run) if "x" in values]
    assert written == [(0, 0.0), (3, 1.0), (101, 2.0), (102, 3.0), (104, 4.0)]
    assert run.step == 105


def test_keys_are_drawn_over_the_writers_step_unless_the_script_says_otherwise(run: Run) -> None:
    run.define_metric("mine", step_metric="epoch")
    writer = library(PYTORCH).EventFileWriter("logs")
    for step in range(2):
        writer.add(step, made.scalar("x", 1.0), made.scalar("mine", 1.0))
    said = {each["name"]: each["step_metric"] for each in kept(run, Kind.METRIC)}
    assert said == {"mine": "epoch", "x": "global_step"}


def test_images_histograms_and_texts_are_what_they_are_when_logged(run: Run) -> None:
    picture = png_of(numpy.zeros((2, 3, 3), numpy.uint8))
    writer = library(PYTORCH).EventFileWriter("logs")
    writer.add(3, made.image("img", picture))
    writer.add(3, made.histogram("h", [1.0, 2.0], [3.0, 4.0], least=0.5, greatest=1.5))
    note = made.tensor("note/text_summary", "text", made.field(1, 7) + made.field(8, "hi"))
    writer.add(3, note)
    writer.add(3, made.image("many/image/0", picture), made.image("many/image/1", picture))
    writer.add(3, made.scalar("nan", math.nan))
    [(_, row)] = merged(run)
    assert (row["img"]["_type"], row["img"]["width"], row["img"]["height"]) == ("image-file", 3, 2)
    assert (Path(run.dir) / row["img"]["path"]).read_bytes() == picture
    assert row["h"] == {"_type": "histogram", "values": [3.0, 4.0], "bins": [0.5, 1.0, 2.0]}
    assert (row["note"], row["many"]["count"], math.isnan(row["nan"])) == ("hi", 2, True)


def test_hyperparameters_become_config_and_change_nothing_of_it(run: Run) -> None:
    run.config.update({"lr": 0.5})
    pairs = b"".join(
        made.field(1, made.field(1, name) + made.field(2, made.field(2, value)))
        for name, value in (("lr", 0.1), ("beta", 0.9))
    )
    plugin = made.field(1, made.field(1, "hparams") + made.field(2, made.field(3, pairs)))
    said = made.field(1, made.field(1, "_hparams_/session_start_info") + made.field(9, plugin))
    library(PYTORCH).EventFileWriter("logs").add(0, said)
    assert dict(run.config) == {"lr": 0.5, "beta": 0.9}


def test_what_cannot_be_read_is_counted_and_the_rest_is_kept(run: Run) -> None:
    writer = library(PYTORCH).EventFileWriter("logs")
    writer.add_event(made.Message(b"\xff" * 20))
    writer.add(0, made.tensor("m", "mesh", b""), made.scalar("x", 1.0))
    run.finish()
    assert rows(run) == [(0, {"x": 1.0, "global_step": 0})]
    assert {each["reason"] for each in kept(run, Kind.LOSS)} == {"tensorboard"}
    assert run.lost == 2


def test_a_mistake_of_ours_does_not_get_into_the_writer(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = library(PYTORCH).EventFileWriter("logs")
    run._log_beside = lambda *_: 1 / 0  # type: ignore[method-assign,assignment]
    writer.add(0, made.scalar("x", 1.0))
    assert "failed inside" in capsys.readouterr().err


def test_threads_that_write_lose_nothing(run: Run) -> None:
    kind = library(PYTORCH).EventFileWriter
    writers = [kind(f"logs/{number}") for number in range(4)]

    def work(writer: Any) -> None:
        for step in range(100):
            writer.add(step, made.scalar("x", step))
            run.log({"own": step})

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = merged(run)
    for number in range(4):
        steps = [values["global_step"] for _, values in found if f"{number}/x" in values]
        assert sorted(steps) == list(range(100))
    assert sum("own" in values for _, values in found) == 400


# Which run it is, and when nobody listens.


def test_what_is_written_when_no_run_is_open_is_in_none(home: Path) -> None:
    first = wandb.init(mode="offline", sync_tensorboard=True, settings=QUIET)
    writer = library(PYTORCH).EventFileWriter("logs")
    writer.add(0, made.scalar("x", 0.0))
    first.finish()
    writer.add(1, made.scalar("x", 1.0))
    second = wandb.init(mode="offline", sync_tensorboard=True, settings=QUIET)
    writer.add(2, made.scalar("x", 2.0))
    third = wandb.init(mode="offline", settings=QUIET, reinit="create_new")
    writer.add(3, made.scalar("x", 3.0))
    assert [values["x"] for _, values in rows(first)] == [0.0]
    assert [values["x"] for _, values in rows(second)] == [2.0, 3.0]
    assert rows(third) == []


def test_without_being_asked_nobody_listens(home: Path) -> None:
    run = wandb.init(mode="offline", settings=QUIET)
    writer = library(PYTORCH).EventFileWriter("logs")
    writer.add(0, made.scalar("x", 1.0))
    assert rows(run) == []


def test_patch_is_for_every_run_until_unpatch(home: Path) -> None:
    wandb.tensorboard.patch(save=False)
    wandb.tensorboard.patch(save=False)  # a second time is the same
    writer = library(PYTORCH).EventFileWriter("logs")
    found: list[list[Any]] = []
    for number in range(3):
        run = wandb.init(mode="offline", settings=QUIET)
        if number == 2:
            wandb.tensorboard.unpatch()
        writer.add(number, made.scalar("x", number))
        run.finish()
        found.append([values["x"] for _, values in rows(run)])
    assert found == [[0.0], [1.0], []]


def test_patch_may_be_for_one_library(home: Path) -> None:
    wandb.tensorboard.patch(pytorch=True)
    run = wandb.init(mode="offline", settings=QUIET)
    library(TENSORBOARDX).EventFileWriter("logs").add(0, made.scalar("x", 1.0))
    library(PYTORCH).EventFileWriter("logs").add(0, made.scalar("y", 1.0))
    assert rows(run) == [(0, {"y": 1.0, "global_step": 0})]


def test_a_summary_may_be_logged_by_hand(run: Run) -> None:
    wandb.tensorboard.log(made.Message(made.scalar("x", 1.0)), step=3, namespace="eval")
    assert rows(run) == [(0, {"eval/x": 1.0, "global_step": 3})]


# The files.


def test_event_files_are_kept_as_they_are_at_the_end(run: Run) -> None:
    writer = library(PYTORCH).EventFileWriter("logs/run1", flushes=False)
    writer.add(0, made.scalar("x", 1.0))
    run.finish()
    [said] = kept(run, Kind.FILE)
    assert said["path"] == Path(writer._file_name).name
    content = (Path(run.dir) / said["at"]).read_bytes()
    assert content == Path(writer._file_name).read_bytes()
    assert len(content) == said["size"] > 0


def test_a_writer_beside_python_is_read_from_its_file_once(home: Path) -> None:
    run = wandb.init(mode="offline", sync_tensorboard=True, settings=QUIET)
    writers: list[Any] = []
    library(OPERATIONS).create_summary_file_writer(writers, b"logs")
    for step in range(3):
        writers[0].add(step, made.scalar("x", step))
    run.finish()
    assert [values for _, values in merged(run)] == [
        {"x": float(step), "global_step": step} for step in range(3)
    ]


def test_other_processes_are_followed_if_that_is_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_tail, "POLL_SECONDS", 0.01)
    before = made.EventFileWriter("logs", host="before")
    renamed = Path(before._file_name.replace("tfevents.1", "tfevents.0"))
    before.add(0, made.scalar("old", 1.0))
    Path(before._file_name).rename(renamed)
    wandb.tensorboard.patch(root_logdir="logs", follow=True)
    run = wandb.init(mode="offline", settings=QUIET)
    ours = library(PYTORCH).EventFileWriter("logs/ours")
    theirs = made.EventFileWriter("logs/theirs")  # as a process of its own would write
    for step in range(3):
        ours.add(step, made.scalar("x", step))
        theirs.add(step, made.scalar("x", step))
    run.finish()
    found = [values for _, values in merged(run)]
    for key in ("ours/x", "theirs/x"):
        assert [each["global_step"] for each in found if key in each] == [0, 1, 2]
    assert not any("old" in key for values in found for key in values)
