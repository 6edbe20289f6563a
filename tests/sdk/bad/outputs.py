"""B12 to B14: what is printed, media, and files."""

from __future__ import annotations

import hashlib
import json
import math
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.things import MIB
from tests.sdk.bad.user import Table, User

import wanllmdb as wandb
from wanllmdb import saved
from wanllmdb.wire import Kind

TABLE = Table()

# B12: the console.


def _console(write: Any, expected: Any) -> Any:
    def check(user: User) -> None:
        user.begin(settings={"console": "wrap"})
        write()
        user.finish()
        lines = [text for stream, _, _, text in user.kept(Kind.CONSOLE) if stream == "stdout"]
        expected(lines, user)

    return check


def _one(line: Any) -> Any:
    def expected(lines: list[str], _: User) -> None:
        assert lines == [line]

    return expected


def _bounded(lines: list[str], _: User) -> None:
    assert len(lines) == 1
    assert lines[0].startswith("mmm")
    assert len(lines[0]) < 66_000


def _accounted(lines: list[str], user: User) -> None:
    """Each character was kept or counted; who prints so fast helps, so mostly all are kept."""
    lost = [each for each in user.kept(Kind.LOSS) if each["reason"] == "console"]
    assert all("characters were printed faster" in each["detail"] for each in lost)
    assert lines[:2] == ["line", "line"]
    dropped = sum(int(each["detail"].split()[0].replace(",", "")) for each in lost)
    assert dropped + sum(len(line) + 1 for line in lines) == 5 * 300_000


for name, write, expected in (
    ("line-of-1-mib", lambda: sys.stdout.write("m" * MIB + "\n"), _bounded),
    ("binary", lambda: sys.stdout.write("\x00\x01\x7f\ufffd\n"), _one("\x00\x01\x7f\ufffd")),
    (
        "progress-bar",
        lambda: [sys.stdout.write(f"\r{n:>6} it/s") for n in range(20_000)],
        _one(" 19999 it/s"),
    ),
    (
        "ansi",
        lambda: sys.stdout.write("\x1b[31m" * 5000 + "red\n"),
        _one("\x1b[31m" * 5000 + "red"),
    ),
    ("dots", lambda: [sys.stdout.write(".") for _ in range(20_000)], _one("." * 20_000)),
    (
        "300k-lines-at-once",
        lambda: [sys.stdout.write("line\n") for _ in range(300_000)],
        _accounted,
    ),
):
    TABLE.case(f"B12-{name}")(_console(write, expected))


# B13: media.

for name, make in (
    ("image-of-0-pixels", lambda: wandb.Image(np.zeros((0, 0)))),
    ("image-of-50k-by-50k", lambda: wandb.Image(np.broadcast_to(np.uint8(0), (50_000, 50_000, 3)))),
    ("image-of-5-dimensions", lambda: wandb.Image(np.zeros((1, 2, 3, 4, 5)))),
    ("file-that-is-no-image", lambda: wandb.Image("model.pt")),
):

    def _no_image(user: User, make: Any = make) -> None:
        user.begin()
        with pytest.raises(ValueError, match="image"):  # at the call that is mistaken
            make()
        user.run.log({"x": 1.0})
        assert user.last == {"x": 1.0}
        user.finish()

    TABLE.case(f"B13-{name}")(_no_image)


class Picture:
    """As much of a PIL image as is looked at. It has not been decoded."""

    mode, size = "RGB", (50_000, 50_000)

    def save(self, *_: Any, **__: Any) -> None:
        raise AssertionError("It was decoded.")


@TABLE.case("B13-picture-of-50k-by-50k-that-is-not-decoded")
def _(user: User) -> None:
    bomb = type("PngImageFile", (Picture,), {"__module__": "PIL.PngImagePlugin"})()
    image = type("Image", (type(bomb),), {"__module__": "PIL.Image"})()
    user.run.log({"image": image, "x": 1.0})
    assert user.last == {"x": 1.0}
    assert user.lost("unloggable") == 1
    assert "50000 × 50000 pixels" in user.said()


@TABLE.case("B13-image-of-floats-outside-their-range")
def _(user: User) -> None:
    pixels = np.array([[math.nan, math.inf], [-5.0, 1e300]])
    user.run.log({"image": wandb.Image(pixels), "list": [wandb.Image(np.zeros((2, 2)))]})
    assert (user.last["image"]["width"], user.last["list"]["count"]) == (2, 1)
    user.finish()


@TABLE.case("B13-image-file-that-is-corrupt")
def _(user: User) -> None:
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"garbage" * 10)
    user.run.log({"image": wandb.Image("broken.png")})
    Path("broken.png").unlink()
    said = user.last["image"]
    assert (Path(user.run.dir) / said["path"]).read_bytes().endswith(b"garbage")
    user.finish()


@TABLE.case("B13-video-of-2-gib")
def _(user: User) -> None:
    with Path("film.mp4").open("wb") as file:
        file.truncate(2 * 1024**3)
    user.run.log({"film": wandb.Video("film.mp4"), "x": 1.0})
    assert user.last == {"x": 1.0}
    assert user.lost("unloggable") == 1
    assert "2,147,483,648 bytes (at most 268,435,456 are kept)" in user.said()


@TABLE.case("B13-sound-of-nan")
def _(user: User) -> None:
    user.run.log({"sound": wandb.Audio(np.full(80, math.nan), sample_rate=8000)})
    assert (user.last["sound"]["not_finite"], user.last["sound"]["duration"]) == (80, 0.01)
    user.finish()


@TABLE.case("B13-file-that-is-gone-when-it-is-logged")
def _(user: User) -> None:
    Path("film.mp4").write_bytes(b"film")
    film = wandb.Video("film.mp4")
    Path("film.mp4").unlink()
    user.run.log({"film": film, "list": [film], "x": 1.0})
    assert user.last == {"x": 1.0}
    assert user.lost("unloggable") == 2


@TABLE.case("B13-media-inside-of-what-has-no-end")
def _(user: User) -> None:
    circle: dict[str, Any] = {"image": wandb.Image(np.zeros((2, 2)))}
    circle["again"] = circle
    user.run.log({"circle": circle, "x": 1.0})
    assert user.last["x"] == 1.0
    user.finish()


@TABLE.case("B13-table-whose-cells-raise")
def _(user: User) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("the object of the user")

    table = wandb.Table(columns=["a", "b"], data=[[Odd(), 1]])
    user.run.log({"table": table})
    content = json.loads((Path(user.run.dir) / user.last["table"]["path"]).read_text())
    assert content["data"][0][1] == 1
    assert "the object of the user" in content["data"][0][0]
    user.finish()


@TABLE.case("B13-table-of-a-million-rows")
def _(user: User) -> None:
    table = wandb.Table(columns=["a"])
    table.data = [[1.0]] * 1_000_000
    user.run.log({"table": table, "x": 1.0})
    assert user.last == {"x": 1.0}
    assert user.lost("unloggable") == 1
    assert "1,000,000 rows; at most 200,000" in user.said()


@TABLE.case("B13-histogram-of-nan")
def _(user: User) -> None:
    values = np.array([math.nan, math.inf, 1.0, 2.0])
    user.run.log({"some": wandb.Histogram(values), "none": wandb.Histogram([math.nan] * 3)})
    assert sum(user.last["some"]["values"]) == 2
    assert sum(user.last["none"]["values"]) == 0
    user.finish()


# B14: files.


def _kept(user: User) -> dict[str, bytes]:
    """The files that were saved, as they were kept last."""
    folder = Path(user.run.dir)
    return {each["path"]: (folder / each["at"]).read_bytes() for each in user.kept(Kind.FILE)}


def _unkept(make: Any, why: str, *, pattern: str = "bad*", lost: int = 1) -> Any:
    """A file that cannot be kept: it is counted and named, and what lies beside it is kept."""

    def check(user: User) -> None:
        Path("bad.good").write_text("good")
        make()
        for policy in ("live", "now", "end"):
            user.run.save(pattern, policy=policy)
            user.run.save("bad.good", policy=policy)
        user.finish()
        assert _kept(user) == {"bad.good": b"good"}
        assert user.lost("file") == 3 * lost
        assert why in user.said()

    return check


def _socket() -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("bad")


def _circle() -> None:
    Path("bad").symlink_to("bad2")
    Path("bad2").symlink_to("bad")


def _sparse() -> None:
    with Path("bad").open("wb") as file:
        file.truncate(1024**3 + 1)


for name, make, why, lost in (
    ("fifo", lambda: os.mkfifo("bad"), "no regular file", 1),
    ("socket", _socket, "no regular file", 1),
    ("link-to-a-device", lambda: Path("bad").symlink_to("/dev/zero"), "no regular file", 1),
    ("link-to-nothing", lambda: Path("bad").symlink_to("nowhere"), "No such file", 1),
    ("links-in-a-circle", _circle, "symbolic links", 2),
    ("1-gib-and-1-byte", _sparse, "1,073,741,825 bytes; at most 1,073,741,824", 1),
    ("control-characters", lambda: Path("bad\nfile").write_text(""), "control character", 1),
    ("backslash", lambda: Path("bad\\file").write_text(""), "backslash", 1),
):
    TABLE.case(f"B14-{name}")(_unkept(make, why, lost=lost))


@TABLE.case("B14-file-that-is-there-and-cannot-be-read")
def _(user: User) -> None:
    user.run.save("/proc/self/mem", base_path="/proc", policy="now")
    user.finish()
    assert _kept(user) == {}
    assert user.lost("file") == 1
    assert "is not kept" in user.said()


@TABLE.case("B14-name-that-is-no-text")
def _(user: User) -> None:
    Path(os.fsdecode(b"bad\xff.txt")).write_text("bytes")
    user.run.save("*.txt", policy="now")
    user.finish()
    assert _kept(user) == {}
    assert user.lost("file") == 1  # written out it has a backslash, which no name has


@TABLE.case("B14-more-matches-than-are-kept")
def _(user: User) -> None:
    user.patch.setattr(saved, "MAX_FILES", 20)
    for number in range(30):
        Path(f"f{number:02}").write_text(str(number))
    assert len(user.run.save("f*", policy="now")) == 20
    user.finish()
    assert (len(_kept(user)), user.lost("file")) == (20, 1)
    assert "more than 20 files" in user.said()


@TABLE.case("B14-folders-that-lead-back-up")
def _(user: User) -> None:
    Path("d/e").mkdir(parents=True)
    Path("d/e/x").write_text("x")
    for name in ("one", "two", "three"):
        Path("d/e", name).symlink_to("..")
    user.run.save("d", policy="now")
    user.run.save("**/x", policy="now")
    user.finish()
    assert _kept(user) == {"d/e/x": b"x"}


@TABLE.case("B14-link-to-a-file-outside")
def _(user: User) -> None:
    Path("../blob").write_text("blob")
    Path("model").symlink_to("../blob")
    user.run.save("model", policy="now")
    user.finish()
    assert _kept(user) == {"model": b"blob"}


@TABLE.case("B14-file-that-changes-while-it-is-read")
def _(user: User) -> None:
    path = Path("log")
    over = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not over.is_set() and file.tell() < 64 * MIB:
                file.write(b"x" * 65_536)

    thread = threading.Thread(target=write)
    path.write_bytes(b"x" * MIB)
    thread.start()
    user.run.save("log", policy="now")
    over.set()
    thread.join()
    user.finish()
    # Once it stood still it was kept as it is, and nothing that was torn before it.
    assert _kept(user)["log"] in {path.read_bytes(), b"x" * len(_kept(user)["log"])}
    for each in user.kept(Kind.FILE):
        content = (Path(user.run.dir) / each["at"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (each["digest"], each["size"])


@TABLE.case("B14-folder-of-the-run-that-cannot-be-written")
def _(user: User) -> None:
    Path(user.run.dir, ".staged").write_text("a file in its place")
    Path("a").write_text("a")
    user.run.save("a", policy="now")
    user.run.log({"x": 1.0})
    user.finish()
    assert user.last == {"x": 1.0}
    assert user.lost("file") == 2
    assert "'a' is not kept: File exists" in user.said()
