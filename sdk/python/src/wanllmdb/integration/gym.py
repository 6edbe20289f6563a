"""Gym: the videos that gymnasium records, or gym did, are logged as they are saved.

`init(monitor_gym=True)` calls `monitor`; it may be called by hand, too.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.integration.library import library

_MARK: Final = "_wanllmdb_monitored"


def monitor() -> str:
    """Log every video that a `RecordVideo` saves from now on, under `videos`.

    Returns:
        the name of the library that is monitored.

    Raises:
        ImportError: neither gymnasium nor gym is installed.
    """
    name = "gym" if "gym" in sys.modules and "gymnasium" not in sys.modules else "gymnasium"
    recorder = library(f"{name}.wrappers").RecordVideo
    stop = "stop_recording" if hasattr(recorder, "stop_recording") else "close_video_recorder"
    original = getattr(recorder, stop)
    if not hasattr(original, _MARK):
        setattr(recorder, stop, _monitored(original))
    return name


def _monitored(original: Any) -> Any:
    @functools.wraps(original)
    def stop_recording(recorder: Any, *arguments: Any, **keywords: Any) -> Any:
        path = _path_of(recorder)
        answer = original(recorder, *arguments, **keywords)
        if path is not None:
            _keep(path)
        return answer

    setattr(stop_recording, _MARK, True)
    return stop_recording


def _path_of(recorder: Any) -> Path | None:
    """Where the video that is being recorded will lie; None if there is none."""
    name = getattr(recorder, "_video_name", None)
    if name:
        return Path(recorder.video_folder) / f"{name}.mp4"
    inner = getattr(recorder, "video_recorder", None)  # of gym and of gymnasium before 1.0
    return Path(inner.path) if inner is not None and getattr(inner, "path", None) else None


@guarded()
def _keep(path: Path) -> None:
    from wanllmdb import session
    from wanllmdb.media.recording import Video

    run = session.current()
    if run is not None and path.is_file():
        run.log({"videos": Video(str(path), format="mp4")})
