"""What becomes of media that are logged: files of the run, named by the row, told of first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from tests.sdk.journals import kept, rows

import wanllmdb as wandb
from wanllmdb.attachments import attachments
from wanllmdb.media.media import WBValue
from wanllmdb.media.shelf import MAX_BYTES, Folder, SavedFile, Void, mime_of
from wanllmdb.run import Run
from wanllmdb.values import NoRoom, Unloggable
from wanllmdb.wire import Kind, decode

GREY = np.full((2, 2), 128, np.uint8)
QUIET = {"console": "off", "monitor_system": False, "save_facts": False}


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(project="p", mode="offline", settings=QUIET)


def losses(run: Run) -> list[tuple[str, int]]:
    run.finish()
    return [(each["reason"], each["count"]) for each in kept(run, Kind.LOSS)]


EVERY = {
    "image": lambda: wandb.Image(GREY),
    "table": lambda: wandb.Table(columns=["a"], data=[[1]]),
    "part": lambda: wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL"),
    "joined": lambda: wandb.JoinedTable(
        wandb.Table(columns=["a"]), wandb.Table(columns=["a"]), "a"
    ),
    "histogram": lambda: wandb.Histogram([1, 2]),
    "audio": lambda: wandb.Audio(np.zeros(8), sample_rate=8000),
    "video": lambda: wandb.Video(np.zeros((2, 3, 4, 4), np.uint8)),
    "html": lambda: wandb.Html("<p>"),
    "plotly": lambda: wandb.Plotly({"data": []}),
    "object": lambda: wandb.Object3D(np.zeros((1, 3))),
    "molecule": lambda: wandb.Molecule("ATOM", file_type="pdb"),
    "graph": lambda: wandb.Graph(),
    "pil": lambda: PIL.Image.new("L", (1, 1)),
}
TYPES = {
    "image": "image-file",
    "table": "table-file",
    "part": "incremental-table-file",
    "joined": "joined-table",
    "histogram": "histogram",
    "audio": "audio-file",
    "video": "video-file",
    "html": "html-file",
    "plotly": "plotly-file",
    "object": "object3D-file",
    "molecule": "molecule-file",
    "graph": "graph-file",
    "pil": "image-file",
}
MANY = {
    "image": "images/separated",
    "audio": "audio",
    "video": "videos",
    "html": "html",
    "object": "object3D",
    "molecule": "molecule",
    "pil": "images/separated",
}


@pytest.mark.parametrize("name", EVERY)
def test_every_medium_has_its_word_alone_in_a_list_and_in_a_mapping(run: Run, name: str) -> None:
    run.log({"one": EVERY[name](), "many": [EVERY[name]()], "in": {"deep": [EVERY[name](), 1]}})
    [(_, row)] = rows(run)
    assert row["one"]["_type"] == TYPES[name]
    many = row["many"][0] if isinstance(row["many"], list) else row["many"]
    assert many["_type"] == MANY.get(name, TYPES[name])
    assert [row["in"]["deep"][0]["_type"], row["in"]["deep"][1]] == [TYPES[name], 1]
    told = {each["path"] for each in kept(run, Kind.FILE)}
    for path in told:
        assert (Path(run.dir) / path).is_file()
    assert ("path" not in row["one"]) or row["one"]["path"] in told
    assert isinstance(EVERY[name](), WBValue) or name == "pil"
    run.finish()


@pytest.mark.parametrize("name", EVERY)
def test_a_disabled_run_takes_every_medium_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run = wandb.init(mode="disabled")
    run.log({"x": EVERY[name]()})
    assert run.summary["x"]["_type"] == TYPES[name]
    run.finish()
    assert capsys.readouterr().err == ""
    assert list(Path(run.dir).rglob("*")) == []


def test_a_list_of_several_kinds_is_a_list(run: Run) -> None:
    run.log({"x": [wandb.Image(GREY), wandb.Html("a"), 3, None]})
    found = rows(run)[0][1]["x"]
    assert [each["_type"] for each in found[:2]] == ["image-file", "html-file"]
    assert found[2:] == [3, None]


def test_a_class_of_the_user_is_the_class_it_is_derived_from(run: Run) -> None:
    class Mine(wandb.Image):
        """An image of somebody else."""

    run.log({"x": Mine(GREY), "y": [Mine(GREY), wandb.Image(GREY)]})
    found = rows(run)[0][1]
    assert (found["x"]["_type"], found["y"]["_type"]) == ("image-file", "images/separated")


def test_the_same_content_is_written_and_told_of_once(run: Run) -> None:
    for number in range(3):
        run.log({"a": wandb.Image(GREY), f"b{number}": wandb.Image(GREY, caption="c")})
    [file] = kept(run, Kind.FILE)
    assert {row[key]["path"] for _, row in rows(run) for key in row} == {file["path"]}
    assert file["mime"] == "image/png"


def test_content_that_was_sent_is_not_written_again(tmp_path: Path) -> None:
    told: list[SavedFile] = []
    folder = Folder(tmp_path, told.append)
    first = folder.put(b"x", folder="images", key="a", suffix=".png")
    (tmp_path / first.path).unlink()  # as the sender does
    assert folder.put(b"x", folder="images", key="b", suffix=".png") == first
    assert told == [first]
    assert list(tmp_path.rglob("*.png")) == []


def test_what_is_changed_or_deleted_after_log_does_not_matter(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    array, table = GREY.copy(), wandb.Table(columns=["a"], data=[[1]])
    run.log({"v": wandb.Video(path), "i": wandb.Image(array), "t": table})
    path.unlink()
    array[:] = 0
    table.add_data(2)
    row = rows(run)[0][1]
    assert (Path(run.dir) / row["v"]["path"]).read_bytes() == b"film"
    assert row["t"]["nrows"] == 1
    assert list(Path(run.dir).rglob(".draft-*")) == []


def test_what_cannot_be_encoded_is_counted_and_the_rest_is_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    film = wandb.Video(path)
    path.unlink()
    table = wandb.Table(columns=["a"])
    table.data = [[1, 2]]
    run.log({"film": film, "table": table, "list": [film], "in": {"film": film}, "x": 1.0})
    assert rows(run)[0][1] == {"x": 1.0}
    assert losses(run) == [("unloggable", 1)] * 4


def test_a_medium_that_raises_anything_is_counted(run: Run) -> None:
    class Odd(wandb.Html):
        def said(self, *_: Any) -> dict[str, Any]:
            raise ZeroDivisionError("a mistake")

    run.log({"odd": Odd("a"), "x": 1.0})
    assert rows(run)[0][1] == {"x": 1.0}
    assert losses(run) == [("unloggable", 1)]


def test_a_file_that_is_too_large_is_counted_and_not_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    run.log({"film": wandb.Video(path), "x": 1.0})
    assert rows(run)[0][1] == {"x": 1.0}
    [loss] = kept(run, Kind.LOSS)
    assert f"2,147,483,648 bytes (at most {MAX_BYTES:,} are kept)" in loss["detail"]
    run.finish()


def test_a_folder_that_is_full_takes_no_file(tmp_path: Path) -> None:
    keep = attachments(tmp_path, lambda *_: True, full=lambda: True)
    with pytest.raises(NoRoom):
        keep("x", wandb.Image(GREY))
    assert keep("x", wandb.Histogram([1]))["_type"] == "histogram"


def test_a_container_without_an_end_is_left_to_others(tmp_path: Path) -> None:
    keep, circle = attachments(tmp_path, lambda *_: True), {"a": 1}
    circle["self"] = circle  # type: ignore[assignment]
    assert keep("x", circle) is None
    assert keep("x", [[1.0] * 20_000]) is None
    deep: Any = [wandb.Image(GREY)]
    for _ in range(20):
        deep = [deep]
    assert keep("x", deep) is None


def test_a_medium_beside_what_has_no_form_is_unloggable(tmp_path: Path) -> None:
    keep = attachments(tmp_path, lambda *_: True)
    with pytest.raises(Unloggable):
        keep("x", [wandb.Image(GREY), object()])


def test_the_summary_takes_media_too(run: Run) -> None:
    run.summary["best"] = wandb.Image(GREY)
    run.summary.update({"all": [wandb.Image(GREY)], "none": object()})
    [first, second] = [each["set"] for each in kept(run, Kind.SUMMARY)]
    assert first["best"]["_type"] == "image-file"
    assert second["all"]["filenames"] == [kept(run, Kind.FILE)[0]["path"]]
    assert losses(run) == [("unloggable", 1)]


def test_numbers_inside_a_mapping_of_media_stay_what_they_are(run: Run) -> None:
    run.log({"x": {"i": wandb.Image(GREY), "n": math.nan, 3: np.float32(0.5)}})
    found = rows(run)[0][1]["x"]
    assert (math.isnan(found["n"]), found["3"]) == (True, 0.5)


def test_every_file_is_told_of_before_its_row(home: Path, tmp_path: Path) -> None:
    order: list[int] = []
    keep = attachments(tmp_path, lambda kind, _: bool(order.append(kind)))
    table = wandb.Table(columns=["i"], data=[[wandb.Image(GREY)], [wandb.Image(GREY / 2)]])
    keep("x", table)
    assert order == [Kind.FILE] * 3


def test_a_void_reads_nothing() -> None:
    file = Void().put(Path("/nowhere"), folder="videos", key="k", suffix=".mp4")
    assert (file.path, file.size) == ("media/videos/k.mp4", 0)


@pytest.mark.parametrize(
    ("suffix", "mime"),
    [
        (".PNG", "image/png"),
        (".table.json", "application/json"),
        (".pdb", "application/octet-stream"),
    ],
)
def test_a_file_has_the_type_that_its_name_says(suffix: str, mime: str) -> None:
    assert mime_of(suffix) == mime


def test_a_record_says_what_the_file_is(tmp_path: Path) -> None:
    records: list[Any] = []
    keep = attachments(tmp_path, lambda _, payload: bool(records.append(decode(payload))))
    said = keep("a/b c", wandb.Html("x"))
    assert records == [
        {"path": said["path"], "digest": said["sha256"], "size": 1, "mime": "text/html"}
    ]
    assert said["path"].startswith("media/html/a-b-c_")
