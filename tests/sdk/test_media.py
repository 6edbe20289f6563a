"""Images and tables are files of the run, named by the row, sent before it."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.ids import said
from tests.sdk.journals import kept, rows

import wanllmdb as wandb
from wanllmdb.attachments import attachments
from wanllmdb.media.histogram import Histogram
from wanllmdb.media.image import Image
from wanllmdb.media.shelf import Folder, SavedFile
from wanllmdb.media.table import Table
from wanllmdb.segment import Frame
from wanllmdb.sink import OpenedRun, RefusedError, UnreachableError
from wanllmdb.uploads import tidy, upload
from wanllmdb.values import Unloggable
from wanllmdb.wire import Kind, decode, encode


def pixels(content: bytes) -> tuple[int, int, bytes]:
    """Width, height and raw rows of a PNG that was written without filters."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    at, packed = 8, b""
    while at < len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        if content[at + 4 : at + 8] == b"IDAT":
            packed += content[at + 8 : at + 8 + length]
        at += length + 12
    return width, height, zlib.decompress(packed)


def kept_table(table: Table, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the row says of a table, and what stands in its file."""
    said = table.said(Folder(folder, lambda _: None), "t")
    return said, json.loads((folder / said["path"]).read_text())


def saved(image: Image, folder: Path) -> tuple[dict[str, Any], bytes]:
    files: list[SavedFile] = []
    said = image.said(Folder(folder, files.append), "key")
    [file] = files
    content = (folder / file.path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == file.digest == said["sha256"]
    assert len(content) == file.size == said["size"]
    return said, content


class TestImage:
    def test_an_array_of_bytes_is_kept_pixel_for_pixel(self, tmp_path: Path) -> None:
        array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
        said, content = saved(Image(array, caption="six"), tmp_path)
        assert pixels(content) == (
            4,
            2,
            b"\0" + array[0].tobytes() + b"\0" + array[1].tobytes(),
        )
        assert (said["_type"], said["width"], said["height"]) == ("image-file", 4, 2)
        assert (said["format"], said["caption"]) == ("png", "six")

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_any_usual_number_of_channels_is_an_image(self, tmp_path: Path, channels: int) -> None:
        _, content = saved(Image(np.zeros((3, 5, channels), np.uint8)), tmp_path)
        assert content[25] == {1: 0, 2: 4, 3: 2, 4: 6}[channels]
        assert len(pixels(content)[2]) == 3 * (1 + 5 * channels)

    @pytest.mark.parametrize(
        ("values", "shown"),
        [
            ([[0.0, 0.5, 1.0]], [0, 127, 255]),
            ([[-1.0, 0.0, 1.0]], [0, 127, 255]),
            ([[0.0, 100.0, 300.0]], [0, 100, 255]),
            ([[0, 1, 1]], [0, 255, 255]),
            ([[np.nan, 1.0, np.inf]], [0, 255, 255]),
            ([[-3.0, -3.0, -3.0]], [0, 0, 0]),
        ],
        ids=said,
    )
    def test_numbers_are_shown_between_black_and_white(
        self, tmp_path: Path, values: Any, shown: list[int]
    ) -> None:
        _, content = saved(Image(np.array(values)), tmp_path)
        assert list(pixels(content)[2][1:]) == shown

    def test_a_tensor_has_its_channels_first(self, tmp_path: Path) -> None:
        class Tensor:
            def __init__(self, array: Any) -> None:
                self._array = array
                self.shape, self.dtype = array.shape, array.dtype

            def detach(self) -> Tensor:
                return self

            def numpy(self) -> Any:
                return self._array

        image = Image(Tensor(np.zeros((3, 4, 5), np.uint8)))
        assert (image.width, image.height) == (5, 4)

    def test_what_can_draw_itself_is_drawn(self, tmp_path: Path) -> None:
        png = saved(Image(np.zeros((2, 2), np.uint8)), tmp_path)[1]

        class Figure:
            def savefig(self, buffer: Any, *, format: str) -> None:  # noqa: A002
                assert format == "png"
                buffer.write(png)

        image = Image(Figure())
        assert (image.width, image.height) == (2, 2)

    def test_a_file_is_copied_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.jpg"
        path.write_bytes(b"jpeg bytes")
        image = Image(path)
        path.unlink()
        said, content = saved(image, tmp_path / "run")
        assert content == b"jpeg bytes"
        assert (said["format"], said["path"].endswith(".jpg")) == ("jpg", True)

    @pytest.mark.parametrize(
        "data", [np.zeros((0, 0)), np.zeros(5), np.zeros((2, 2, 7)), "script.py"], ids=said
    )
    def test_what_is_no_image_is_a_value_error(self, data: Any) -> None:
        with pytest.raises(ValueError, match="image"):
            Image(data)


class TestTable:
    def test_rows_are_kept_under_their_columns(self, tmp_path: Path) -> None:
        table = Table(columns=["a", "b"], data=[[1, "x"]])
        table.add_data(np.float32(2), None)
        said, found = kept_table(table, tmp_path)
        assert found == {
            "columns": ["a", "b"],
            "data": [[1, "x"], [2.0, None]],
            "types": ["number", "string"],
        }
        assert (said["_type"], said["ncols"], said["nrows"]) == ("table-file", 2, 2)

    def test_what_is_not_finite_is_a_word(self, tmp_path: Path) -> None:
        table = Table(columns=["a"], data=[[np.nan], [np.inf], [-np.inf]])
        assert kept_table(table, tmp_path)[1]["data"] == [["NaN"], ["Infinity"], ["-Infinity"]]

    def test_kinds_are_not_mixed_unless_asked_for(self) -> None:
        table = Table(columns=["a"], data=[[1], [2.5], [None]])
        with pytest.raises(TypeError, match="allow_mixed_types"):
            table.add_data("text")
        Table(columns=["a"], data=[[1], ["text"]], allow_mixed_types=True)

    def test_a_row_has_a_value_for_each_column(self) -> None:
        with pytest.raises(ValueError, match="2 columns"):
            Table(columns=["a", "b"]).add_data(1)

    def test_columns_can_be_had_and_added(self) -> None:
        table = Table(columns=["a"], rows=[[1], [2]])
        table.add_column("b", ["x", "y"])
        assert (table.get_column("b"), table.data) == (["x", "y"], [[1, "x"], [2, "y"]])
        assert table.get_column("a", convert_to="numpy").sum() == 3

    def test_a_data_frame_is_a_table(self) -> None:
        class Frame:
            columns = ("a", "b")

            def to_numpy(self) -> Any:
                return np.array([[1, 2], [3, 4]])

        table = Table(dataframe=Frame())
        assert (table.columns, table.data) == (["a", "b"], [[1, 2], [3, 4]])

    def test_too_many_rows_are_refused(self, tmp_path: Path) -> None:
        table = Table(columns=["a"])
        table.data = [[1]] * 200_001
        with pytest.raises(Unloggable, match="200,001"):
            kept_table(table, tmp_path)


class TestHistogram:
    def test_values_are_counted_in_bins(self) -> None:
        found = Histogram([0, 1, 2, 3, np.nan], num_bins=2)
        assert (found.histogram, found.bins) == ([2, 2], [0.0, 1.5, 3.0])
        assert Histogram(np.arange(4), num_bins=2).histogram == [2, 2]

    def test_counts_that_are_known_are_taken(self) -> None:
        assert Histogram(np_histogram=np.histogram(np.arange(4), bins=2)).said() == {
            "_type": "histogram",
            "values": [2.0, 2.0],
            "bins": [0.0, 1.5, 3.0],
        }

    @pytest.mark.parametrize("bins", [0, 513])
    def test_there_are_1_to_512_bins(self, bins: int) -> None:
        with pytest.raises(ValueError, match="512"):
            Histogram([1], num_bins=bins)

    def test_it_stands_in_the_row_and_is_no_file(self, home: Path) -> None:
        run = wandb.init(project="p", mode="offline", settings={"console": "off"})
        run.log({"h": Histogram(range(10))})
        assert rows(run)[0][1]["h"]["_type"] == "histogram"
        assert kept(run, Kind.FILE) == []


class TestLogged:
    def test_the_row_names_the_file_and_a_record_tells_of_it_first(self, home: Path) -> None:
        run = wandb.init(project="p", mode="offline", settings={"console": "off"})
        run.log({"img": Image(np.zeros((2, 2), np.uint8)), "loss": 1.0})
        [(_, values)] = rows(run)
        [file] = kept(run, Kind.FILE)
        assert values["loss"] == 1.0
        assert values["img"]["path"] == file["path"]
        assert file["mime"] == "image/png"
        assert (Path(run.dir) / file["path"]).is_file()
        assert run.summary["img"]["_type"] == "image-file"

    def test_a_list_of_images_is_one_value(self, home: Path) -> None:
        run = wandb.init(project="p", mode="offline", settings={"console": "off"})
        images = [Image(np.full((2, 2), each, np.uint8), caption=str(each)) for each in range(3)]
        run.log({"grid": images})
        grid = rows(run)[0][1]["grid"]
        assert (grid["_type"], grid["count"]) == ("images/separated", 3)
        assert len(set(grid["filenames"])) == 3
        assert grid["captions"] == ["0", "1", "2"]

    def test_the_same_image_twice_is_one_file(self, tmp_path: Path) -> None:
        files: list[Any] = []
        keep = attachments(tmp_path, lambda _, payload: bool(files.append(decode(payload))))
        for _ in range(2):
            keep("a", Image(np.zeros((2, 2), np.uint8)))
        assert len({file["path"] for file in files}) == 1

    @pytest.mark.parametrize("value", [1, "x", [1, 2], [], {"a": 1}, None, np.zeros(3)], ids=said)
    def test_what_is_no_file_is_left_to_others(self, tmp_path: Path, value: Any) -> None:
        assert attachments(tmp_path, lambda *_: True)("a", value) is None


class Shelf:
    """A sink that takes files, or does with the next one what it was told."""

    def __init__(self, *troubles: Exception | None) -> None:
        self.files: dict[str, bytes] = {}
        self._troubles = list(troubles)

    def put_file(self, *place: Any, digest: str, mime: str) -> None:
        *_, path, content = place
        trouble = self._troubles.pop(0) if self._troubles else None
        if trouble:
            raise trouble
        assert hashlib.sha256(content).hexdigest() == digest
        self.files[path] = content


class TestUpload:
    run = OpenedRun({"id": "r", "owner": "o", "project": "p"}, False, None, "")

    def frames(self, directory: Path, *names: str) -> list[Frame]:
        found = []
        for number, name in enumerate(names, 1):
            path = directory / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
            record = {
                "path": name,
                "digest": hashlib.sha256(name.encode()).hexdigest(),
                "size": len(name),
                "mime": "text/plain",
            }
            found.append(Frame(number, Kind.FILE, encode(record)))
        return found

    def test_files_are_sent_and_then_removed(self, tmp_path: Path) -> None:
        shelf, frames = Shelf(), self.frames(tmp_path, "media/a.txt", "b.txt")
        assert upload(frames, tmp_path, shelf, self.run) == []  # type: ignore[arg-type]
        assert shelf.files == {"media/a.txt": b"media/a.txt", "b.txt": b"b.txt"}
        tidy(tmp_path)
        assert not tmp_path.exists()

    def test_what_was_sent_before_is_passed_over(self, tmp_path: Path) -> None:
        shelf, frames = Shelf(), self.frames(tmp_path, "a.txt")
        for _ in range(2):
            upload(frames, tmp_path, shelf, self.run)  # type: ignore[arg-type]
        assert list(shelf.files) == ["a.txt"]

    def test_a_file_that_is_refused_does_not_hold_up_the_others(self, tmp_path: Path) -> None:
        shelf = Shelf(RefusedError(413, "too-large", ""))
        frames = self.frames(tmp_path, "a.txt", "b.txt")
        assert upload(frames, tmp_path, shelf, self.run) == ["too-large"]  # type: ignore[arg-type]
        assert list(shelf.files) == ["b.txt"]

    @pytest.mark.parametrize("error", [UnreachableError("away"), RefusedError(401, "key", "")])
    def test_what_is_not_about_the_file_is_for_the_sender(
        self, tmp_path: Path, error: Exception
    ) -> None:
        frames = self.frames(tmp_path, "a.txt")
        with pytest.raises(type(error)):
            upload(frames, tmp_path, Shelf(error), self.run)  # type: ignore[arg-type]
        assert (tmp_path / "files/a.txt").is_file()

    @pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "", None, 3])
    def test_a_name_that_leads_out_of_the_run_is_not_followed(
        self, tmp_path: Path, name: Any
    ) -> None:
        (tmp_path / "secret").write_text("x")
        (tmp_path / "run").mkdir()
        shelf = Shelf()
        frames = [Frame(1, Kind.FILE, encode({"path": name, "digest": ""}))]
        upload(frames, tmp_path / "run", shelf, self.run)  # type: ignore[arg-type]
        assert shelf.files == {}

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("x")
        frames = self.frames(tmp_path / "run", "a.txt")
        (tmp_path / "run/files/a.txt").unlink()
        (tmp_path / "run/files/a.txt").symlink_to(tmp_path / "secret")
        shelf = Shelf()
        upload(frames, tmp_path / "run", shelf, self.run)  # type: ignore[arg-type]
        assert shelf.files == {}
