"""Scenes: clouds of points, meshes, boxes, molecules."""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sdk.ids import said
from tests.sdk.shelves import Bench, Tensor

import wanllmdb as wandb
from wanllmdb.media.scene import Molecule, Object3D, box3d

BOX = {"corners": [[0, 0, 0]] * 8, "label": "car", "color": [1, 2, 3]}


def kept(medium: Any) -> tuple[dict[str, Any], bytes]:
    bench = Bench()
    said = medium.said(bench, "k")
    return said, bench.content(said)


class TestObject3D:
    @pytest.mark.parametrize("numbers", [3, 4, 6])
    def test_points_are_kept_one_by_one(self, numbers: int) -> None:
        points = np.arange(5 * numbers, dtype=np.float32).reshape(5, numbers)
        for given_ in (points, points.tolist(), Tensor(points)):
            said, content = kept(Object3D(given_, caption="c"))
            assert (said["_type"], said["count"], said["caption"]) == ("object3D-file", 5, "c")
            assert said["path"].endswith(".pts.json")
            assert json.loads(content) == points.tolist()

    def test_points_that_are_nowhere_are_left_out_and_counted(self) -> None:
        said, content = kept(Object3D(np.array([[0, 0, np.nan], [1, 1, 1], [np.inf, 0, 0]])))
        assert (said["count"], said["not_finite"]) == (1, 2)
        assert json.loads(content) == [[1, 1, 1]]

    def test_a_scene_has_points_boxes_and_vectors(self) -> None:
        vector = {"start": (0, 0, 0), "end": np.ones(3), "color": [1, 2, 3]}
        scene = {"type": "lidar/beta", "points": np.ones((2, 3)), "boxes": np.array([BOX]),
                 "vectors": [vector]}  # fmt: skip
        expected = {
            "type": "lidar/beta",
            "points": [[1, 1, 1], [1, 1, 1]],
            "boxes": [BOX],
            "vectors": [{"start": [0, 0, 0], "end": [1, 1, 1], "color": [1, 2, 3]}],
        }
        assert json.loads(kept(Object3D(scene))[1]) == expected
        built = Object3D.from_point_cloud(np.ones((2, 3)), [BOX], [vector])
        assert json.loads(kept(built)[1]) == expected

    def test_a_scene_may_have_boxes_alone(self) -> None:
        said, content = kept(Object3D({"type": "lidar/beta", "points": [], "boxes": [BOX]}))
        assert (said["count"], json.loads(content)["points"]) == (0, [])

    @pytest.mark.parametrize("suffix", ["obj", "gltf", "glb", "babylon", "stl", "pts.json", "OBJ"])
    def test_a_file_is_kept_as_it_is(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"thing.v2.{suffix}"
        path.write_bytes(b"mesh")
        with path.open("rb") as file:
            media = [Object3D(path), Object3D(str(path)), Object3D(file)]
            for each in (*media, Object3D.from_file(io.StringIO("mesh"), suffix)):
                said, content = kept(each)
                assert (said["path"].endswith(f".{suffix.lower()}"), content) == (True, b"mesh")

    def test_several_are_one_value(self) -> None:
        media = [Object3D(np.zeros((1, 3))), Object3D(np.ones((1, 3)), caption="b")]
        said = [kept(each)[0] for each in media]
        found = Object3D.together(media, said)
        assert (found["_type"], found["count"], found["objects"]) == ("object3D", 2, said)
        assert found["filenames"][0] == said[0]["path"].removeprefix("media/object3D/")
        assert found["captions"] == ["", "b"]

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (np.zeros((2, 5)), ValueError),
            (np.zeros(3), ValueError),
            ([["a", "b", "c"]], ValueError),
            ({"type": "radar"}, ValueError),
            ({"type": "lidar/beta", "boxes": [{"corners": []}]}, ValueError),
            ({"type": "lidar/beta", "boxes": [BOX | {"score": math.nan}]}, ValueError),
            ({"type": "lidar/beta", "vectors": [object()]}, TypeError),
            ("nowhere.obj", OSError),
            (__file__, ValueError),
            (io.StringIO("mesh"), ValueError),
        ],
        ids=said,
    )
    def test_what_is_no_thing_in_space_is_said_at_once(
        self, data: Any, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Object3D(data)


class TestBox:
    def test_the_corners_are_where_wandb_has_them(self) -> None:
        found = box3d(
            center=(1, 2, 3), size=(2, 4, 6), orientation=(1, 0, 0, 0), color=(1, 2, 3),
            label="car", score=0.3,
        )  # fmt: skip
        assert found["corners"] == [
            [0, 0, 0], [0, 0, 6], [0, 4, 0], [0, 4, 6], [2, 0, 0], [2, 0, 6], [2, 4, 0], [2, 4, 6],
        ]  # fmt: skip
        assert (found["color"], found["label"], found["score"]) == ([1, 2, 3], "car", 0.3)
        assert wandb.box3d is box3d

    def test_a_quarter_turn_about_z_turns_x_into_y(self) -> None:
        turn = (math.cos(math.pi / 4), 0, 0, math.sin(math.pi / 4))
        found = box3d(center=(0, 0, 0), size=(2, 4, 6), orientation=turn, color=(0, 0, 0))
        assert found["corners"][0] == pytest.approx([2, -1, -3])
        assert found["corners"][-1] == pytest.approx([-2, 1, 3])

    @given(st.tuples(*[st.floats(-9, 9).filter(lambda each: abs(each) > 0.1)] * 4))
    def test_no_turn_changes_the_size(self, turn: tuple[float, ...]) -> None:
        found = box3d(center=(5, 5, 5), size=(3, 4, 12), orientation=turn, color=(0, 0, 0))
        assert math.dist(found["corners"][0], found["corners"][-1]) == pytest.approx(13)
        assert [sum(each) / 8 for each in zip(*found["corners"], strict=True)] == pytest.approx(
            [5] * 3
        )

    @pytest.mark.parametrize("change", [{"center": (0, 0)}, {"orientation": (0, 0, 0, 0)}])
    def test_what_is_no_box_is_a_value_error(self, change: dict[str, Any]) -> None:
        usual = {"center": (0, 0, 0), "size": (1, 1, 1), "orientation": (1, 0, 0, 0)}
        with pytest.raises(ValueError):  # noqa: PT011 - each names its own
            box3d(**{**usual, "color": (0, 0, 0), **change})

    def test_it_is_a_box_of_a_scene(self) -> None:
        box = box3d(center=np.zeros(3), size=np.ones(3), orientation=np.array([1, 0, 0, 0]),
                    color=np.array([1, 2, 3]))  # fmt: skip
        scene = Object3D.from_point_cloud([], [box])
        assert json.loads(kept(scene)[1])["boxes"] == [box]


class TestMolecule:
    @pytest.mark.parametrize(
        "suffix", ["pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf"]
    )
    def test_a_file_an_open_file_and_a_text_are_kept_as_they_are(
        self, tmp_path: Path, suffix: str
    ) -> None:
        path = tmp_path / f"m.{suffix}"
        path.write_text("ATOM")
        with path.open() as file:
            media = [
                Molecule(path, caption="c"),
                Molecule(str(path), caption="c"),
                Molecule(file, caption="c"),
                Molecule(io.StringIO("ATOM"), caption="c", file_type=suffix),
                Molecule("ATOM", caption="c", file_type=suffix),
            ]
            for each in media:
                said, content = kept(each)
                assert (said["_type"], said["caption"]) == ("molecule-file", "c")
                assert (said["path"].endswith(f".{suffix}"), content) == (True, b"ATOM")

    def test_several_are_one_value(self) -> None:
        media = [Molecule("a", file_type="pdb"), Molecule("b", "second", file_type="pdb")]
        said = [kept(each)[0] for each in media]
        assert Molecule.together(media, said) == {
            "_type": "molecule",
            "count": 2,
            "filenames": [each["path"] for each in said],
            "captions": ["", "second"],
        }

    @pytest.mark.parametrize(
        ("data", "keywords", "error"),
        [
            (3, {}, ValueError),
            ("nowhere.pdb", {}, OSError),
            (__file__, {}, ValueError),
            (io.StringIO("ATOM"), {}, ValueError),
            ("ATOM", {"file_type": "exe"}, ValueError),
        ],
        ids=said,
    )
    def test_what_is_no_molecule_is_said_at_once(
        self, data: Any, keywords: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Molecule(data, **keywords)

    def test_without_rdkit_one_is_told_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "rdkit", None)
        for make in (Molecule.from_smiles, Molecule.from_rdkit):
            with pytest.raises(ImportError, match="pip install rdkit"):
                make("CCO")
