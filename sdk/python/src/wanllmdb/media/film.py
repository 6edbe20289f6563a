"""Film: frames from arrays and tensors, and whoever is installed to encode them."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from wanllmdb.media.pixels import as_bytes, as_numpy, check_size, tiled

MAX_FRAMES: Final = 100_000
_CHANNELS: Final = frozenset({1, 3, 4})
_CODECS: Final = {".mp4": "libx264", ".webm": "libvpx-vp9", ".ogg": "libtheora"}


def frames_of(data: Any) -> Any:
    """Time × height × width × 3 or 4 channels, of bytes.

    Raises:
        ValueError: it has not the shape of a video, or is too large.
    """
    array = as_numpy(data)
    if array.ndim == 5 and array.shape[0]:
        array = _side_by_side(array)
    if array.ndim != 4 or array.shape[1] not in _CHANNELS or not array.size:
        raise ValueError(f"A video is time × channels × height × width, not {array.shape}.")
    if array.shape[0] > MAX_FRAMES:
        raise ValueError(f"A video of {array.shape[0]:,} frames; at most {MAX_FRAMES:,} are kept.")
    check_size(array.shape[3], array.shape[2])
    frames = as_bytes(array.transpose(0, 2, 3, 1))
    return frames.repeat(3, axis=3) if frames.shape[3] == 1 else frames


def _side_by_side(batch: Any) -> Any:
    """A batch of videos as one, in about as many rows as columns."""
    import numpy

    across = math.ceil(math.sqrt(batch.shape[0]))
    moments = batch.transpose(1, 0, 3, 4, 2)  # time, video, height, width, channels
    grids = [tiled(each, across=across) for each in moments]
    return numpy.stack(grids).transpose(0, 3, 1, 2)


def encoded(frames: Any, suffix: str, fps: int) -> tuple[bytes, str, str | None]:
    """A file of the frames, its suffix, and what the user should know of that.

    Raises:
        ImportError: there is not even Pillow.
    """
    if suffix == ".gif":
        return _gif(frames, fps), suffix, None
    reasons: list[str] = []
    for encode in (_by_imageio, _by_moviepy):
        try:
            return _in_a_file(encode, frames, suffix, fps), suffix, None
        except Exception as error:  # noqa: BLE001, PERF203 - of a library; another may do
            reasons.append(f"{type(error).__name__}: {error!s:.100}")
    notice = (
        f"a video is kept as a GIF: nothing here encodes {suffix[1:]} "
        f"(pip install imageio imageio-ffmpeg); {'; '.join(reasons)}"
    )
    return _gif(frames, fps), ".gif", notice


def _gif(frames: Any, fps: int) -> bytes:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("A video of frames needs Pillow: pip install pillow") from None
    pictures = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=max(1000 / fps, 10),
        loop=0,
    )
    return buffer.getvalue()


def _in_a_file(
    encode: Callable[[Path, Any, int], None], frames: Any, suffix: str, fps: int
) -> bytes:
    """Encoders write files."""
    with tempfile.TemporaryDirectory(prefix="wanllmdb-") as folder:
        path = Path(folder) / f"video{suffix}"
        encode(path, _even(_opaque(frames)), fps)
        return path.read_bytes()


def _by_imageio(path: Path, frames: Any, fps: int) -> None:
    import imageio.v2 as imageio  # pyright: ignore[reportMissingImports]

    codec = _CODECS[path.suffix]
    with imageio.get_writer(
        path, format="FFMPEG", fps=fps, codec=codec, macro_block_size=1
    ) as writer:
        for frame in frames:
            writer.append_data(frame)


def _by_moviepy(path: Path, frames: Any, fps: int) -> None:
    from moviepy import ImageSequenceClip  # pyright: ignore[reportMissingImports]

    codec = _CODECS[path.suffix]
    clip = ImageSequenceClip(list(frames), fps=fps)
    clip.write_videofile(str(path), codec=codec, audio=False, logger=None)


def _opaque(frames: Any) -> Any:
    return frames[:, :, :, :3]


def _even(frames: Any) -> Any:
    """Encoders want an even number of pixels: the last row and column are there twice."""
    import numpy

    odd = [(0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)]
    return numpy.pad(frames, odd, mode="edge")
