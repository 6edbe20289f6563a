"""Images: from arrays, tensors, PIL, figures and files; with boxes, masks and classes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.sdk.ids import said
from tests.sdk.shelves import Bench, Tensor

import wanllmdb as wandb
from wanllmdb.media.bare import as_media
from wanllmdb.media.boxes import BoundingBoxes2D
from wanllmdb.media.heads import size_of
from wanllmdb.media.image import Classes, Image
from wanllmdb.media.labels import whole_number
from wanllmdb.media.masks import ImageMask
from wanllmdb.media.pixels import as_pixels, tiled

RED = np.full((4, 6, 3), (255, 0, 0), np.uint8)


def shown(image: Image) -> Any:
    """The pixels that somebody sees who opens the file."""
    bench = Bench()
    return np.array(PIL.Image.open(io.BytesIO(bench.content(image.said(bench, "k")))))


class TestPixels:
    @given(arrays.arrays(np.uint8, st.tuples(*[st.integers(1, 9)] * 2, st.sampled_from([1, 3, 4]))))
    def test_bytes_come_back_as_they_were(self, array: Any) -> None:
        assert (shown(Image(array)) == array.squeeze(axis=2 if array.shape[2] == 1 else ())).all()

    @given(
        arrays.arrays(
            st.sampled_from([np.float16, np.float32, np.float64, np.int32, np.bool_]),
            st.tuples(*[st.integers(1, 6)] * 2),
        )
    )
    def test_numbers_of_any_type_become_a_picture(self, array: Any) -> None:
        with np.errstate(all="ignore"):
            pixels = as_pixels(array)
        assert (pixels.dtype, pixels.shape[:2]) == (np.uint8, array.shape)

    def test_without_normalizing_numbers_are_taken_as_they_are(self) -> None:
        assert shown(Image(np.array([[0.0, 1.0, 300.0]]), normalize=False)).tolist() == [
            [0, 1, 255]
        ]

    @pytest.mark.parametrize(
        ("shape", "size"),
        [((3, 4, 5), (5, 4)), ((4, 5), (5, 4)), ((1, 4, 5), (5, 4)), ((1, 3, 4, 5), (5, 4))],
    )
    def test_a_tensor_has_its_channels_first(
        self, shape: tuple[int, ...], size: tuple[int, int]
    ) -> None:
        image = Image(Tensor(np.zeros(shape)))
        assert (image.width, image.height) == size

    def test_a_batch_of_tensors_is_a_grid_of_8_across(self) -> None:
        batch = np.stack([np.full((1, 3, 4), each, np.uint8) for each in range(10)])
        pixels = shown(Image(Tensor(batch)))
        assert pixels.shape == (2 * 3 + 2, 8 * 4 + 7 * 2)
        assert [pixels[1, 6 * each + 1] for each in range(8)] == list(range(8))
        assert [pixels[6, 6 * each + 1] for each in range(3)] == [8, 9, 0]

    def test_images_side_by_side_leave_the_last_row_open(self) -> None:
        grid = tiled(np.ones((3, 1, 1, 1)), across=2)
        assert grid[:, :, 0].tolist() == [[1, 1], [1, 0]]

    def test_what_numpy_has_no_numbers_for_is_asked_for_floats(self) -> None:
        class Bfloat16(Tensor):
            def numpy(self) -> Any:
                raise TypeError("Got unsupported ScalarType BFloat16")

            def float(self) -> Tensor:
                return Tensor(self._array.astype(np.float32))

        assert shown(Image(Bfloat16(np.array([[0.0, 1.0]])))).tolist() == [[0, 255]]

    @pytest.mark.parametrize(
        ("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), (None, 3)]
    )
    def test_a_mode_that_fits_changes_nothing(self, mode: str | None, channels: int) -> None:
        image = Image(np.zeros((2, 3, channels), np.uint8), mode=mode)
        assert (image.width, image.height, image.format) == (3, 2, "png")

    def test_a_mode_that_does_not_fit_is_a_value_error(self) -> None:
        with pytest.raises(ValueError, match="mode RGB"):
            Image(np.zeros((2, 2, 1), np.uint8), mode="RGB")

    def test_other_colours_become_those_of_a_screen(self) -> None:
        hsv = np.array(PIL.Image.fromarray(RED).convert("HSV"))
        assert (shown(Image(hsv, mode="HSV")) == RED).all()


class TestFiles:
    @pytest.mark.parametrize(
        ("file_type", "head"),
        [("jpg", b"\xff\xd8"), ("webp", b"RIFF"), ("gif", b"GIF8"), ("bmp", b"BM")],
    )
    def test_pillow_writes_what_is_asked_for(self, file_type: str, head: bytes) -> None:
        bench, image = Bench(), Image(RED, file_type=file_type)
        said = image.said(bench, "k")
        assert said["path"].endswith(f".{file_type}")
        assert (said["format"], said["width"], said["height"]) == (file_type, 6, 4)
        assert bench.content(said).startswith(head)

    def test_a_photo_has_no_transparency(self) -> None:
        image = Image(np.zeros((2, 2, 4), np.uint8), file_type="jpg")
        assert image.format == "jpg"

    @pytest.mark.parametrize("file_type", ["tiff", "svg", "exe"])
    def test_what_is_not_written_is_a_value_error(self, file_type: str) -> None:
        with pytest.raises(ValueError, match=file_type):
            Image(RED, file_type=file_type)

    @pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "BMP", "WEBP"])
    def test_the_size_of_a_file_is_read_from_its_head(self, kind: str) -> None:
        buffer = io.BytesIO()
        PIL.Image.fromarray(RED).save(buffer, format=kind)
        assert size_of(buffer.getvalue()) == (6, 4)
        assert size_of(buffer.getvalue()[:9]) is None

    @pytest.mark.parametrize("lossless", [True, False])
    @pytest.mark.parametrize("mode", ["RGB", "RGBA"])
    def test_a_webp_has_its_size_in_one_of_three_places(self, mode: str, lossless: bool) -> None:
        buffer = io.BytesIO()
        PIL.Image.new(mode, (300, 2), 100).save(buffer, format="WEBP", lossless=lossless)
        assert size_of(buffer.getvalue()) == (300, 2)

    @given(
        st.binary(max_size=64), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF"])
    )
    def test_a_head_of_anything_is_no_error(self, content: bytes, magic: bytes) -> None:
        size_of(magic + content)

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "F", "I;16"])
    def test_a_picture_of_pil_is_kept_whatever_its_mode(self, mode: str) -> None:
        image = Image(PIL.Image.new(mode, (3, 2)))
        assert (image.width, image.height, image.format) == (3, 2, "png")

    def test_a_picture_can_be_had_back(self) -> None:
        assert (np.array(Image(RED).image) == RED).all()

    def test_an_image_of_an_image_is_that_image(self) -> None:
        first = Image(RED, caption="a", grouping=3, boxes={"b": {"box_data": []}})
        said = Image(first).said(Bench(), "k")
        assert said == first.said(Bench(), "k")
        assert Image(first, caption="b").said(Bench(), "k")["caption"] == "b"
        assert Image(first, file_type="jpg").format == "jpg"

    def test_what_has_a_figure_is_drawn(self) -> None:
        class Figure:
            def savefig(self, buffer: Any, *, format: str) -> None:  # noqa: A002
                PIL.Image.fromarray(RED).save(buffer, format=format)

        class Axes:
            def get_figure(self) -> Figure:
                return Figure()

        assert (shown(Image(Axes())) == RED).all()
        assert Image(Figure(), file_type="jpg").format == "jpg"

    def test_pyplot_is_its_current_figure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Figure:
            def savefig(self, buffer: Any, *, format: str) -> None:  # noqa: A002
                PIL.Image.fromarray(RED).save(buffer, format=format)

        pyplot = ModuleType("matplotlib.pyplot")
        pyplot.gcf = Figure  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)
        found = as_media(pyplot)
        assert isinstance(found, Image)
        assert (shown(found) == RED).all()
        assert as_media(sys) is None

    def test_without_pillow_one_is_told_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "PIL", None)
        monkeypatch.setitem(sys.modules, "PIL.Image", None)
        assert Image(RED).format == "png"
        with pytest.raises(ImportError, match="pip install pillow"):
            Image(RED, file_type="jpg")

    def test_a_file_that_is_not_there_is_an_os_error(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="none"):
            Image(tmp_path / "none.png")


BOX = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}


class TestBoxes:
    def test_both_forms_of_a_position_are_kept_with_all_that_is_said(self) -> None:
        bench = Bench()
        pixel = {
            "position": {"middle": (np.int64(3), 4), "width": 2, "height": np.float32(2)},
            "domain": "pixel",
            "class_id": np.int64(0),
            "box_caption": "car",
            "scores": {"sure": np.float64(0.5)},
        }
        boxes = {"truth": {"box_data": [BOX, pixel], "class_labels": {0: "road", 1: "car"}}}
        said = Image(RED, boxes=boxes).said(bench, "k")["boxes"]["truth"]
        assert (said["_type"], said["path"].endswith(".boxes2D.json")) == ("boxes2D", True)
        assert json.loads(bench.content(said)) == {
            "box_data": [
                BOX,
                {
                    "position": {"middle": [3, 4], "width": 2, "height": 2.0},
                    "domain": "pixel",
                    "class_id": 0,
                    "box_caption": "car",
                    "scores": {"sure": 0.5},
                },
            ],
            "class_labels": {"0": "road", "1": "car"},
        }

    def test_names_come_from_the_set_or_from_the_image_or_are_made(self) -> None:
        classes = Classes([{"id": 1, "name": "car"}])
        assert BoundingBoxes2D({"box_data": [BOX]}).class_labels == {1: "class_1"}
        assert BoundingBoxes2D({"box_data": [BOX]}, classes=classes).class_labels == {1: "car"}
        own = BoundingBoxes2D({"box_data": [BOX], "class_labels": {"1": "bus"}}, classes=classes)
        assert own.class_labels == {1: "bus"}

    @pytest.mark.parametrize(
        ("boxes", "error"),
        [
            (3, TypeError),
            ({"a": {"x": 1}}, ValueError),
            ({"a": {"box_data": [3]}}, TypeError),
            ({"a": {"box_data": [{"position": {}}]}}, TypeError),
            ({"a": {"box_data": [BOX | {"class_id": "car"}]}}, TypeError),
            ({"a": {"box_data": [BOX | {"class_id": True}]}}, TypeError),
            ({"a": {"box_data": [BOX | {"domain": "miles"}]}}, ValueError),
            ({"a": {"box_data": [BOX | {"scores": 3}]}}, TypeError),
            ({"a": {"box_data": [BOX | {"scores": {"a": "b"}}]}}, TypeError),
            ({"a": {"box_data": [{"position": BOX["position"] | {"minX": np.nan}}]}}, ValueError),
            ({"a": {"box_data": [BOX], "class_labels": ["car"]}}, TypeError),
        ],
        ids=said,
    )
    def test_what_is_no_box_is_said_at_once(self, boxes: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            Image(RED, boxes=boxes)


class TestMasks:
    def test_a_mask_is_a_picture_of_ids(self) -> None:
        bench, ids = Bench(), np.arange(24).reshape(4, 6)
        masks = {"truth": {"mask_data": ids, "class_labels": {0: "road"}}}
        said = Image(RED, masks=masks).said(bench, "k")["masks"]["truth"]
        assert (said["_type"], said["class_labels"]) == ("mask", {"0": "road"})
        assert (np.array(PIL.Image.open(io.BytesIO(bench.content(said)))) == ids).all()

    def test_many_ids_need_16_bits(self) -> None:
        bench, ids = Bench(), np.array([[0, 255, 256, 65_535]])
        said = ImageMask({"mask_data": ids}).said(bench, "k")
        assert (np.array(PIL.Image.open(io.BytesIO(bench.content(said)))) == ids).all()

    @pytest.mark.parametrize(
        "data", [Tensor(np.ones((1, 2, 2))), [[1, 1], [1, 1]], np.ones((2, 2))]
    )
    def test_ids_may_be_floats_lists_or_tensors(self, data: Any) -> None:
        ImageMask({"mask_data": data})

    def test_a_mask_may_lie_in_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "mask.png"
        PIL.Image.fromarray(np.ones((2, 2), np.uint8)).save(path)
        bench, mask = Bench(), ImageMask({"path": path})
        content = path.read_bytes()
        path.unlink()
        assert bench.content(mask.said(bench, "k")) == content

    @pytest.mark.parametrize(
        ("mask", "error"),
        [
            ({"mask": 1}, ValueError),
            ({"mask_data": np.zeros(3)}, TypeError),
            ({"mask_data": np.zeros((2, 2, 2))}, TypeError),
            ({"mask_data": np.full((1, 1), -1)}, ValueError),
            ({"mask_data": np.full((1, 1), 65_536)}, ValueError),
            ({"mask_data": np.full((1, 1), 0.5)}, ValueError),
            ({"mask_data": np.full((1, 1), np.nan)}, ValueError),
            ({"path": "nowhere.png"}, OSError),
            ({"path": __file__}, ValueError),
        ],
        ids=said,
    )
    def test_what_is_no_mask_is_said_at_once(self, mask: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            Image(RED, masks={"m": mask})


class TestClasses:
    def test_they_stand_in_the_row(self) -> None:
        said = Image(RED, classes=[{"id": np.int64(0), "name": "road"}]).said(Bench(), "k")
        assert said["classes"] == [{"id": 0, "name": "road"}]
        assert wandb.Classes([{"id": 0, "name": "road"}]).class_labels == {0: "road"}

    @pytest.mark.parametrize("entry", [{"id": 1}, {"name": "a"}, {"id": "x", "name": "a"}, 3])
    def test_a_class_has_an_id_and_a_name(self, entry: Any) -> None:
        with pytest.raises(TypeError):
            Classes([entry])

    @pytest.mark.parametrize(("given", "number"), [(3, 3), ("3", 3), ("-3", -3), (3.0, 3)])
    def test_an_id_is_a_whole_number(self, given: Any, number: int) -> None:
        assert whole_number(given, "x") == number


class TestMany:
    def test_of_several_sizes_the_first_counts_and_all_are_told(self) -> None:
        bench = Bench()
        images = [Image(RED), Image(RED[:2], caption="b")]
        said = Image.together(images, [each.said(bench, "k") for each in images])
        assert (said["width"], said["height"], said["sizes"]) == (6, 4, [[6, 4], [6, 2]])
        assert said["captions"] == [None, "b"]

    def test_what_none_has_is_not_told(self) -> None:
        bench = Bench()
        said = Image.together([Image(RED)] * 2, [Image(RED).said(bench, "k")] * 2)
        assert set(said) == {"_type", "count", "width", "height", "format", "filenames"}

    def test_boxes_and_masks_are_told_image_by_image(self) -> None:
        bench = Bench()
        full = Image(
            RED,
            boxes={"b": {"box_data": [BOX]}},
            masks={"m": {"mask_data": np.zeros((4, 6), int)}},
        )
        said = Image.together(
            [Image(RED), full], [each.said(bench, "k") for each in (Image(RED), full)]
        )
        assert [each and list(each) for each in said["all_boxes"]] == [None, ["b"]]
        assert [each and list(each) for each in said["all_masks"]] == [None, ["m"]]
