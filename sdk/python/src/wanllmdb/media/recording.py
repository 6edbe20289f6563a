"""Recordings: sound and moving pictures, from arrays, tensors, files and paths.

Sound is written as WAV by the standard library, and a video as GIF by Pillow; for other formats
whatever encoder is installed is asked.
"""

from __future__ import annotations

import contextlib
import io
import wave
from collections.abc import Sequence
from os import PathLike
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media import film
from wanllmdb.media.given import (
    checked_path,
    content_of,
    is_file,
    sniffed,
    suffix_of_file,
)
from wanllmdb.media.heads import size_of
from wanllmdb.media.media import FileMedium, captions
from wanllmdb.media.pixels import as_numpy
from wanllmdb.media.shelf import Content

_SOUNDS: Final = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".webm")
_FILMS: Final = (".gif", ".mp4", ".webm", ".ogg", ".mov", ".m4v", ".avi", ".mkv")
_MOST_CHANNELS: Final = 64
DEFAULT_FPS: Final = 4


class Audio(FileMedium):
    """Sound of a row: `log({"voice": Audio(samples, sample_rate=16_000)})`.

    Args:
        data_or_path: samples, one number for each moment or a row of as many as there are
            channels (a tensor: channels first), floats from -1 to 1 or integers of their whole
            range; or the path of a file, or an open file.
        sample_rate: samples in a second; needed for samples.
        caption: shown with it.

    Raises:
        ValueError, TypeError: it is no sound.
        OSError: the file cannot be read.
    """

    _log_type = "audio-file"
    _folder = "audio"

    @guarded(raises=MISUSE)
    def __init__(
        self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None
    ) -> None:
        content: Content
        lost = 0
        if isinstance(data_or_path, (str, PathLike)):
            content = checked_path(data_or_path, _SOUNDS, "Sound")
            suffix = content.suffix.lower()
        elif is_file(data_or_path):
            content = content_of(data_or_path)
            suffix = _suffix(data_or_path, content, _SOUNDS, "sound")
        else:
            content, lost = _wav(data_or_path, sample_rate)
            suffix = ".wav"
        rate, duration = _heard(content) if suffix == ".wav" else (None, None)
        self._hold(
            content,
            suffix,
            caption=caption,
            sample_rate=rate or sample_rate,
            duration=duration,
            not_finite=lost or None,
        )

    @property
    def sample_rate(self) -> int | None:
        return self._facts.get("sample_rate")

    @property
    def duration(self) -> float | None:
        """In seconds; None if nobody here can tell."""
        return self._facts.get("duration")

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {"_type": "audio", "count": len(said), "audio": list(said)}
        for name, field in (("sampleRates", "sample_rate"), ("durations", "duration")):
            every = [each.get(field) for each in said]
            if any(every):
                found[name] = every
        return found | captions(media, empty="")


class Video(FileMedium):
    """Moving pictures of a row: `log({"episode": Video(frames, fps=30)})`.

    Args:
        data_or_path: frames, time × channels × height × width with 1, 3 or 4 channels, or a
            batch of such, which are shown side by side; or the path of a file, or an open file.
            Bytes are taken as they are, floats from 0 to 1.
        caption: shown with it.
        fps: frames in a second, 4 by default; means nothing for a file.
        format: "gif", "mp4", "webm" or "ogg"; of frames the last three need imageio or moviepy,
            else a GIF is kept.

    Raises:
        ValueError, TypeError: it is no video.
        ImportError: frames need Pillow.
        OSError: the file cannot be read.
    """

    EXTS: Final = ("gif", "mp4", "webm", "ogg")
    _log_type = "video-file"
    _folder = "videos"

    @guarded(raises=MISUSE)
    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,  # noqa: A002 - wandb's word
    ) -> None:
        if format is not None and format.lower() not in self.EXTS:
            raise ValueError(f"A video is written as {', '.join(self.EXTS)}, not {format!r}.")
        content: Content
        wanted, told = f".{(format or 'gif').lower()}", None
        if isinstance(data_or_path, (str, PathLike)):
            content = checked_path(data_or_path, _FILMS, "A video")
            suffix, size = content.suffix.lower(), None
        elif is_file(data_or_path):
            content = content_of(data_or_path)
            named = wanted if format else ""
            suffix = named or _suffix(data_or_path, content, _FILMS, "video")
            size = size_of(content)
        else:
            frames = film.frames_of(data_or_path)
            told = fps or DEFAULT_FPS
            content, suffix, self._notice = film.encoded(frames, wanted, told)
            size = (frames.shape[2], frames.shape[1])
        width, height = size or (None, None)
        self._hold(
            content,
            suffix,
            caption=caption,
            format=suffix[1:],
            width=width,
            height=height,
            fps=told,
        )

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        found = {"_type": "videos", "count": len(said), "videos": list(said)}
        return found | captions(media, empty="")


def _suffix(file: Any, content: bytes, known: Sequence[str], what: str) -> str:
    """What an open file goes by: its name, or how it begins."""
    suffix = suffix_of_file(file)
    suffix = suffix if suffix in known else sniffed(content)
    if suffix not in known:
        raise ValueError(f"This is no {what} that is known; give the path of a file.")
    return suffix


def _wav(data: Any, rate: Any) -> tuple[bytes, int]:
    """Samples as 16-bit WAV, and how many were no number and are silence."""
    import numpy

    if rate is None:
        raise ValueError('"sample_rate" is needed for samples.')
    samples = as_numpy(data)
    if samples.ndim == 2 and samples.shape[0] <= _MOST_CHANNELS < samples.shape[1]:
        samples = samples.T  # channels came first
    if samples.dtype.kind not in "iuf" or samples.ndim not in {1, 2} or not samples.size:
        raise ValueError(f"Sound is samples × channels, not {samples.dtype} of {samples.shape}.")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    if channels > _MOST_CHANNELS:
        raise ValueError(f"Sound has 1 to {_MOST_CHANNELS} channels, not {channels}.")
    lost = int((~numpy.isfinite(samples)).sum()) if samples.dtype.kind == "f" else 0
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(_as_16_bits(samples).tobytes())
    return buffer.getvalue(), lost


def _as_16_bits(samples: Any) -> Any:
    import numpy

    if samples.dtype.kind == "f":
        finite = numpy.nan_to_num(samples.astype(numpy.float64), nan=0.0, posinf=0.0, neginf=0.0)
        return numpy.round(finite.clip(-1.0, 1.0) * 32767).astype("<i2")
    bits = 8 * samples.dtype.itemsize
    wide = samples.astype(numpy.int64) if bits < 64 else samples.astype(numpy.float64)
    if samples.dtype.kind == "u":
        wide = wide - 2 ** (bits - 1)
    return (wide * 2 ** (16 - bits) if bits <= 16 else wide // 2 ** (bits - 16)).astype("<i2")


def _heard(content: Content) -> tuple[int | None, float | None]:
    """Rate and duration of a WAV; nothing of one that is not read here."""
    source = io.BytesIO(content) if isinstance(content, bytes) else str(content)
    with contextlib.suppress(wave.Error, EOFError, OSError), wave.open(source, "rb") as file:
        rate = file.getframerate()
        return rate, file.getnframes() / rate if rate else None
    return None, None
