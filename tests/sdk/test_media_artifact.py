"""Media in artifacts: the document, its files, and the same medium made of them again."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wanllmdb.media.document import Graph, Html, Plotly
from wanllmdb.media.histogram import Histogram
from wanllmdb.media.image import Classes, Image
from wanllmdb.media.joined import JoinedTable
from wanllmdb.media.media import WBValue, restored
from wanllmdb.media.recording import Audio, Video
from wanllmdb.media.scene import Molecule, Object3D
from wanllmdb.media.shelf import Box
from wanllmdb.media.table import Table

RED = np.full((4, 6, 3), (255, 0, 0), np.uint8)
BOX = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}
NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.timezone.utc)


def carried(medium: Any) -> tuple[dict[str, Any], dict[str, bytes], Any]:
    """Document and files of a medium, and what is made of them somewhere else."""
    document, files = medium.artifact_files("name")
    contents = {
        path: content.read_bytes() if isinstance(content, Path) else content
        for path, content in files
    }
    document = json.loads(json.dumps(document, allow_nan=False))
    return document, contents, restored(document, contents.__getitem__)


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        (Image(RED, caption="c"), "image-file"),
        (Classes([{"id": 1, "name": "car"}]), "classes"),
        (Histogram([1, 2, 3]), "histogram"),
        (Audio(np.zeros(80), sample_rate=8000, caption="c"), "audio-file"),
        (Video(np.zeros((2, 3, 4, 4), np.uint8)), "video-file"),
        (Html("<p>"), "html-file"),
        (Plotly({"data": [], "layout": {}}), "plotly-file"),
        (Object3D(np.zeros((2, 3))), "object3D-file"),
        (Molecule("ATOM", file_type="pdb", caption="c"), "molecule-file"),
        (Table(columns=["a"], data=[[1]]), "table"),
        (JoinedTable(Table(columns=["a"]), Table(columns=["a"], data=[[1]]), "a"), "joined-table"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, WBValue) else each,
)
def test_a_medium_comes_back_as_it_was(medium: Any, kind: str) -> None:
    document, contents, again = carried(medium)
    assert document["_type"] == kind
    assert type(again) is type(medium)
    assert carried(again)[:2] == (document, contents)
    for path, content in contents.items():
        assert path.startswith("media/")
        assert hashlib.sha256(content).hexdigest()[:20] in path


def test_an_image_comes_back_with_its_boxes_masks_and_classes() -> None:
    image = Image(
        RED,
        boxes={"b": {"box_data": [BOX], "class_labels": {1: "car"}}},
        masks={"m": {"mask_data": np.ones((4, 6), int), "class_labels": {1: "car"}}},
    )
    document, contents, again = carried(image)
    assert document["boxes"] == {"b": [BOX]}
    assert document["classes"]["type"] == "classes-file"
    named = json.loads(contents[document["classes"]["path"]])
    assert named == {"_type": "classes", "class_set": [{"id": 1, "name": "car"}]}
    assert again._boxes["b"].class_labels == again._masks["m"].class_labels == {1: "car"}
    assert (np.array(again.image) == RED).all()


def test_a_table_comes_back_with_its_media_dates_and_numbers() -> None:
    table = Table(columns=["n", "i", "d", "s"])
    table.add_data(1, Image(RED), NOON, "NaN")
    table.add_data(math.nan, None, np.datetime64("2026-01-02T12:00"), "x")
    table.add_data(-math.inf, None, None, None)
    document, contents, again = carried(table)
    assert document["data"][0][2] == document["data"][1][2] == NOON.timestamp() * 1000
    assert document["column_types"]["params"]["type_map"]["d"] == {"wb_type": "timestamp"}
    assert list(contents) == [document["data"][0][1]["path"]]
    assert [row[2] for row in again.data] == [NOON, NOON, None]
    assert math.isnan(again.data[1][0])
    assert again.data[2][0] == -math.inf
    assert again.data[0][3] == "NaN"  # that column has texts
    assert (np.array(again.data[0][1].image) == RED).all()


def test_dates_without_a_zone_and_without_a_time_are_of_utc() -> None:
    naive = Table(columns=["d"], data=[[NOON.replace(tzinfo=None)], [NOON.date()]])
    assert [row[0] for row in carried(naive)[2].data] == [NOON, NOON.replace(hour=0)]


def test_a_graph_comes_back_as_its_file() -> None:
    graph = Graph()
    graph.add_node("a")
    document, contents, again = carried(graph)
    assert document["_type"] == "graph-file"
    assert again.nodes == graph.nodes
    assert carried(again)[:2] == (document, contents)


def test_a_large_file_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    document, files = Video(path).artifact_files("v")
    assert files == [(document["path"], path)]


def test_the_same_content_lies_in_an_artifact_once() -> None:
    table = Table(columns=["i"], data=[[Image(RED)], [Image(RED, caption="again")]])
    _, files = table.artifact_files("t")
    assert len(files) == 1
    assert Box().is_artifact


@pytest.mark.parametrize("document", [{}, {"_type": "scalar"}, {"_type": None}])
def test_what_is_no_medium_is_a_value_error(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no medium"):
        restored(document, io.BytesIO().read)  # type: ignore[arg-type]
