"""Sound and moving pictures, read again by those who know their formats."""

from __future__ import annotations

import io
import sys
import wave
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

from wanllmdb.media.recording import Audio, Video

RATE = 8000


def heard(audio: Audio) -> tuple[int, int, Any]:
    """Rate, channels and samples of what somebody hears who opens the file."""
    bench = Bench()
    with wave.open(io.BytesIO(bench.content(audio.said(bench, "k"))), "rb") as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), file.getnchannels(), samples.reshape(-1, file.getnchannels())


def seen(video: Video) -> list[Any]:
    """The frames of a GIF."""
    bench = Bench()
    found = []
    with PIL.Image.open(io.BytesIO(bench.content(video.said(bench, "k")))) as file:
        for number in range(file.n_frames):
            file.seek(number)
            found.append(np.array(file.convert("RGB")))
    return found


class TestAudio:
    @given(arrays.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1, 1)))
    def test_floats_are_heard_as_they_were(self, samples: Any) -> None:
        rate, channels, found = heard(Audio(samples, sample_rate=RATE))
        assert (rate, channels) == (RATE, 1)
        assert np.abs(found[:, 0] / 32767 - samples).max() <= 0.5 / 32767

    @pytest.mark.parametrize(
        ("samples", "expected"),
        [
            (np.array([0, 1, -32768, 32767], np.int16), [0, 1, -32768, 32767]),
            (np.array([0, 128, 255], np.uint8), [-32768, 0, 32512]),
            (np.array([-128, 127], np.int8), [-32768, 32512]),
            (np.array([-(2**31), 2**31 - 1], np.int32), [-32768, 32767]),
            (np.array([0, 2**32 - 1], np.uint32), [-32768, 32767]),
            (np.array([2.0, -7.0]), [32767, -32767]),
            ([0.0, 0.5], [0, 16384]),
            (Tensor(np.array([1.0])), [32767]),
        ],
        ids=said,
    )
    def test_numbers_of_any_type_keep_their_loudness(
        self, samples: Any, expected: list[int]
    ) -> None:
        assert heard(Audio(samples, sample_rate=RATE))[2][:, 0].tolist() == expected

    @pytest.mark.parametrize("shape", [(100, 2), (2, 100)])
    def test_channels_may_come_first_or_last(self, shape: tuple[int, int]) -> None:
        _, channels, found = heard(Audio(np.zeros(shape), sample_rate=RATE))
        assert (channels, len(found)) == (2, 100)

    def test_what_is_no_number_is_silence_and_counted(self) -> None:
        audio = Audio(np.array([np.nan, np.inf, 1.0]), sample_rate=RATE)
        assert heard(audio)[2][:, 0].tolist() == [0, 0, 32767]
        assert audio.said(Bench(), "k")["not_finite"] == 2

    def test_the_row_tells_how_long_it_is(self) -> None:
        said = Audio(np.zeros(100), sample_rate=RATE, caption="hi").said(Bench(), "k")
        assert (said["_type"], said["caption"]) == ("audio-file", "hi")
        assert (said["sample_rate"], said["duration"]) == (RATE, 100 / RATE)

    def test_a_file_is_read_when_it_is_logged(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        path.write_bytes(wav(np.zeros(80)))
        bench, audio = Bench(), Audio(path)
        assert (audio.sample_rate, audio.duration) == (RATE, 0.01)
        assert bench.content(audio.said(bench, "k")) == path.read_bytes()
        path.unlink()
        with pytest.raises(OSError, match=r"a\.wav"):
            audio.said(bench, "k")

    @pytest.mark.parametrize(
        ("content", "suffix"),
        [(b"ID3\x03rest", ".mp3"), (b"OggS", ".ogg"), (b"fLaC", ".flac"), (b"RIFF....", ".wav")],
    )
    def test_an_open_file_goes_by_how_it_begins(self, content: bytes, suffix: str) -> None:
        bench = Bench()
        said = Audio(io.BytesIO(content)).said(bench, "k")
        assert said["path"].endswith(suffix)
        assert bench.content(said) == content

    def test_several_are_one_value(self) -> None:
        bench, media = Bench(), [Audio(np.zeros(80), RATE, "hi"), Audio(np.ones(80), RATE)]
        said = [each.said(bench, "k") for each in media]
        assert Audio.together(media, said) == {
            "_type": "audio",
            "count": 2,
            "audio": said,
            "sampleRates": [RATE, RATE],
            "durations": [0.01, 0.01],
            "captions": ["hi", ""],
        }

    @pytest.mark.parametrize(
        ("data", "rate", "error"),
        [
            ([0.1], None, ValueError),
            ([], RATE, ValueError),
            (np.zeros((2, 2, 2)), RATE, ValueError),
            (np.zeros((65, 65)), RATE, ValueError),
            (["a"], RATE, ValueError),
            ("nowhere.wav", None, OSError),
            (__file__, None, ValueError),
            (io.BytesIO(b"what is this"), None, ValueError),
        ],
        ids=said,
    )
    def test_what_is_no_sound_is_said_at_once(
        self, data: Any, rate: int | None, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Audio(data, sample_rate=rate)


def wav(samples: Any) -> bytes:
    bench = Bench()
    return bench.content(Audio(samples, sample_rate=RATE).said(bench, "k"))


def frames(*colours: int, channels: int = 3) -> Any:
    return np.stack([np.full((channels, 4, 6), each, np.uint8) for each in colours])


class TestVideo:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_frames_are_seen_as_they_were(self, channels: int) -> None:
        video = Video(frames(0, 128, 255, channels=channels), fps=10, caption="v")
        found = seen(video)
        assert [each.shape for each in found] == [(4, 6, 3)] * 3
        assert [int(each[0, 0, 0]) for each in found] == [0, 128, 255]
        said = video.said(Bench(), "k")
        assert (said["_type"], said["width"], said["height"]) == ("video-file", 6, 4)
        assert (said["format"], said["fps"], said["caption"]) == ("gif", 10, "v")

    def test_floats_are_taken_from_0_to_1(self) -> None:
        assert [int(each[0, 0, 0]) for each in seen(Video(frames(0, 1).astype(float)))] == [0, 255]

    def test_a_tensor_is_a_video(self) -> None:
        assert len(seen(Video(Tensor(frames(0, 255))))) == 2

    def test_a_batch_is_shown_side_by_side(self) -> None:
        batch = np.stack([frames(each, each + 10) for each in (0, 50, 100)])
        first = seen(Video(batch))[0]
        assert first.shape == (8, 12, 3)
        assert [int(first[y, x, 0]) for y, x in ((0, 0), (0, 6), (4, 0), (4, 6))] == [0, 50, 100, 0]

    @pytest.mark.parametrize(
        ("name", "content"), [("a.mp4", b"mp4"), ("a.webm", b"webm"), ("a.gif", b"GIF89a")]
    )
    def test_a_file_is_kept_as_it_is(self, tmp_path: Path, name: str, content: bytes) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        bench = Bench()
        said = Video(str(path)).said(bench, "k")
        assert bench.content(said) == content
        assert said["format"] == name[2:]
        assert "fps" not in said

    def test_an_open_file_goes_by_how_it_begins_or_by_what_is_said(self) -> None:
        gif = io.BytesIO()
        PIL.Image.new("L", (3, 2)).save(gif, format="GIF")
        said = Video(gif).said(Bench(), "k")
        assert (said["format"], said["width"], said["height"]) == ("gif", 3, 2)
        assert Video(io.BytesIO(b"\0\0\0\x18ftypmp42")).format == "mp4"
        assert Video(io.BytesIO(b"anything"), format="webm").format == "webm"

    def test_several_are_one_value(self) -> None:
        bench, media = Bench(), [Video(frames(1)), Video(frames(2), caption="b")]
        said = [each.said(bench, "k") for each in media]
        expected = {"_type": "videos", "count": 2, "videos": said, "captions": ["", "b"]}
        assert Video.together(media, said) == expected

    @pytest.mark.parametrize(
        ("data", "format_", "error"),
        [
            (np.zeros((2, 3, 4)), None, ValueError),
            (np.zeros((2, 2, 4, 4)), None, ValueError),
            (np.zeros((0, 3, 4, 4)), None, ValueError),
            (np.zeros((1, 3, 0, 4)), None, ValueError),
            (np.broadcast_to(np.uint8(0), (1, 3, 50_000, 50_000)), None, ValueError),
            (np.broadcast_to(np.uint8(0), (100_001, 3, 1, 1)), None, ValueError),
            (np.zeros((1, 3, 4, 4)), "avi", ValueError),
            ("nowhere.mp4", None, OSError),
            (__file__, None, ValueError),
            (io.BytesIO(b"what is this"), None, ValueError),
        ],
        ids=lambda each: getattr(each, "shape", said(each)),
    )
    def test_what_is_no_video_is_said_at_once(
        self, data: Any, format_: str | None, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Video(data, format=format_)


class Writer:
    """As much of imageio's writer as is called; what it was given becomes the file."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path, self.options, self.frames = path, options, []

    def __enter__(self) -> Writer:
        return self

    def append_data(self, frame: Any) -> None:
        self.frames.append(frame)

    def __exit__(self, *_: object) -> None:
        shape = np.stack(self.frames).shape
        self.path.write_bytes(f"{self.options['codec']} {self.options['fps']} {shape}".encode())


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("imageio", "imageio.v2", "moviepy"):
        monkeypatch.setitem(sys.modules, name, None)
    return monkeypatch


class TestEncoders:
    def test_whoever_is_installed_is_asked(self, no_encoder: pytest.MonkeyPatch) -> None:
        package, module = ModuleType("imageio"), ModuleType("imageio.v2")
        package.v2, module.get_writer = module, Writer  # type: ignore[attr-defined]
        no_encoder.setitem(sys.modules, "imageio", package)
        no_encoder.setitem(sys.modules, "imageio.v2", module)
        bench, video = Bench(), Video(np.zeros((2, 4, 5, 7), np.uint8), fps=9, format="mp4")
        said = video.said(bench, "k")
        assert bench.content(said) == b"libx264 9 (2, 6, 8, 3)"  # even, and not transparent
        assert (said["format"], said["width"], said["height"]) == ("mp4", 7, 5)
        assert bench.said == []

    def test_one_that_fails_is_followed_by_the_next(self, no_encoder: pytest.MonkeyPatch) -> None:
        class Clip:
            def __init__(self, frames: list[Any], fps: int) -> None:
                self.frames, self.fps = frames, fps

            def write_videofile(self, path: str, **options: Any) -> None:
                content = f"{options['codec']} {self.fps} {len(self.frames)}"
                Path(path).write_text(content)

        module = ModuleType("moviepy")
        module.ImageSequenceClip = Clip  # type: ignore[attr-defined]
        no_encoder.setitem(sys.modules, "moviepy", module)
        bench = Bench()
        said = Video(frames(0, 255), fps=3, format="webm").said(bench, "k")
        assert bench.content(said) == b"libvpx-vp9 3 2"

    def test_without_one_it_is_a_gif_and_the_user_is_told(
        self, no_encoder: pytest.MonkeyPatch
    ) -> None:
        bench, video = Bench(), Video(frames(0, 255), format="webm")
        assert video.said(bench, "k")["format"] == "gif"
        assert len(seen(video)) == 2
        [line] = bench.said
        assert "nothing here encodes webm (pip install imageio" in line

    def test_without_pillow_frames_are_an_import_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "PIL", None)
        with pytest.raises(ImportError, match="pip install pillow"):
            Video(frames(0))
