"""Git: which commit a script runs at, and what differs from it. Asks, and changes nothing.

No lock is taken and no file of the repository is written. Each question has two seconds and a
limit of bytes; what is not answered then is not told. Programs that the configuration of a
repository names (for differences, for conversions, to watch files) are not run for a question
that can do without them, and none is for a repository that belongs to somebody else: that one
is asked for its commit, branch and remote alone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wanllmdb.redaction import clean_text

SECONDS: Final = 2.0  # for one question
MAX_PATCH: Final = 1024 * 1024  # bytes
MAX_ANSWER: Final = 1024 * 1024
MAX_UNTRACKED: Final = 100
MAX_SUBMODULES: Final = 100
MAX_AHEAD: Final = 1000  # commits that are looked through for one that others have, too

_QUIET: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_ALWAYS: Final = ("-c", "core.fsmonitor=false", "-c", "diff.autoRefreshIndex=false")
_PLAIN_DIFF: Final = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--ignore-submodules=dirty",
)


@dataclass(frozen=True)
class Answer:
    """What git said.

    Attributes:
        content: as far as there was time and room.
        cut: why it is not all; None if it is.
    """

    content: bytes
    cut: str | None = None

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace").strip("\0\n ")


class Repository:
    """The repository that a folder lies in.

    Args:
        folder: in a working tree, or a bare repository.
        seconds: for each question.
    """

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._seconds = seconds
        top = self._trusting("rev-parse", "--show-toplevel")
        if top is not None and top.text:
            self._folder = Path(os.fsdecode(top.content.rstrip(b"\n")))
        self._bare = top is None

    def state(self) -> dict[str, Any] | None:
        """Commit, branch, remote, and what is not committed; None where there is no git."""
        if self._trusting("rev-parse", "--git-dir") is None:
            return None
        found: dict[str, Any] = {
            "commit": self._line("rev-parse", "--verify", "--quiet", "HEAD"),
            "branch": self._line("symbolic-ref", "--short", "--quiet", "HEAD"),
            "remote": self._remote(),
        }
        if not self._bare:
            found |= self._status()
            found["submodules"] = self._submodules()
        return {key: value for key, value in found.items() if value not in (None, "", {}, [])}

    def patches(self) -> Iterator[tuple[str, bytes]]:
        """Names and contents of what differs from the commit, and from what others have."""
        if self._bare or self._line("rev-parse", "--verify", "--quiet", "HEAD") is None:
            return
        if patch := self._patch("HEAD"):
            yield "diff.patch", patch
        shared = self._shared_commit()
        if shared is not None and (patch := self._patch(shared)):
            yield f"upstream_diff_{shared}.patch", patch

    def _remote(self) -> str | None:
        """The address of `origin`, else of another remote, without credentials."""
        addresses = self._configured(r"^remote\..*\.url$")
        address = addresses.get("remote.origin.url") or next(iter(addresses.values()), "")
        return clean_text(address)

    def _status(self) -> dict[str, Any]:
        words = ("status", "--porcelain=v2", "--branch", "-z")
        answer = self._ask(*words, "--untracked-files=normal")
        if answer is None or answer.cut:
            answer = self._ask(*words, "--untracked-files=no", "--ignore-submodules=all")
        return _told(answer.content.split(b"\0")) if answer and not answer.cut else {}

    def _submodules(self) -> dict[str, str]:
        """Of each sub-module the commit that is recorded."""
        modules = self._folder / ".gitmodules"
        if not modules.is_file():
            return {}
        paths = list(self._configured(r"\.path$", "--file", str(modules)).values())
        words = ("ls-tree", "-z", "HEAD", "--", *paths[:MAX_SUBMODULES])
        tree = self._line(*words) if paths else None
        entries = [entry.split(None, 3) for entry in (tree or "").split("\0")]
        return {entry[3]: entry[2] for entry in entries if len(entry) == 4 and entry[1] == "commit"}

    def _shared_commit(self) -> str | None:
        """The newest commit that a remote has, too; None if it has all, or none."""
        words = ("rev-list", "--boundary", f"--max-count={MAX_AHEAD}", "HEAD", "--not", "--remotes")
        said = self._line(*words)
        lines = (said or "").splitlines()
        shared = [line[1:] for line in lines if line.startswith("-")]
        ours = len(lines) - len(shared)
        return shared[0] if shared and 0 < ours < MAX_AHEAD else None

    def _patch(self, commit: str) -> bytes:
        answer = self._ask(*_PLAIN_DIFF, commit, "--", most=MAX_PATCH)
        if answer is None:
            return b""
        content = answer.content
        if answer.cut:
            content = content[: content.rfind(b"\n") + 1]
            content += f"# [cut: {answer.cut}]\n".encode()
        # Of a file that was touched and not changed, only this line is there.
        if content.count(b"\n") == content.count(b"diff --git "):
            return b""
        # One letter for each byte, so that what is no text comes out as it went in.
        return clean_text(content.decode("latin-1")).encode("latin-1")

    def _configured(self, pattern: str, *where: str) -> dict[str, str]:
        said = self._line("config", *where, "--null", "--get-regexp", pattern)
        entries = [entry.split("\n", 1) for entry in (said or "").split("\0")]
        return {entry[0]: entry[1] for entry in entries if len(entry) == 2}

    def _line(self, *words: str) -> str | None:
        answer = self._trusting(*words)
        return answer.text if answer is not None and answer.text else None

    def _trusting(self, *words: str) -> Answer | None:
        """Ask what runs nothing, whoever the repository belongs to."""
        answer = self._ask("-c", "safe.directory=*", *words)
        return None if answer is None or answer.cut else answer

    def _ask(self, *words: str, most: int = MAX_ANSWER) -> Answer | None:
        command = ["git", *_ALWAYS, "-C", str(self._folder), *words]
        return ask(command, seconds=self._seconds, most=most)


def ask(command: list[str], *, seconds: float, most: int) -> Answer | None:
    """What a program prints, as far as it comes in time; None if there is none, or it fails."""
    try:
        process = subprocess.Popen(  # noqa: S603 - fixed words, and no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_QUIET},
            start_new_session=True,  # so that it ends with all that it began, and not by Ctrl-C
        )
    except OSError:
        return None
    with process:
        try:
            file = process.stdout.fileno() if process.stdout else -1
            answer = _read(file, time.monotonic() + seconds, most)
            if answer.cut is None:  # it has closed its output, and is about to end
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
        finally:
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
        return answer if answer.cut or process.returncode == 0 else None


def _read(file: int, until: float, most: int) -> Answer:
    poll = select.poll()
    poll.register(file, select.POLLIN | select.POLLHUP)
    parts: list[bytes] = []
    size = 0
    while (left := until - time.monotonic()) > 0:
        if not poll.poll(left * 1000):
            break
        part = os.read(file, 65536)
        if not part:
            return Answer(b"".join(parts))
        parts.append(part)
        size += len(part)
        if size > most:
            return Answer(b"".join(parts)[:most], f"it is longer than {most:,} bytes")
    return Answer(b"".join(parts), "git took too long")


def _told(entries: list[bytes]) -> dict[str, Any]:
    """What the entries of a status say."""
    found: dict[str, Any] = {"dirty": False}
    untracked: list[str] = []
    waiting = iter(entries)
    for raw in waiting:
        entry = raw.decode("utf-8", "replace")
        kind = entry[:2]
        if kind == "# ":
            found |= _header(entry)
        elif kind == "? ":
            untracked.append(clean_text(entry[2:]))
        elif kind in {"1 ", "2 ", "u "}:
            found["dirty"] = True
            if kind == "2 ":
                next(waiting, None)  # the name that it had before
    found["untracked"] = untracked[:MAX_UNTRACKED]
    if len(untracked) > MAX_UNTRACKED:
        found["untracked_more"] = len(untracked) - MAX_UNTRACKED
    return found


def _header(entry: str) -> dict[str, Any]:
    name, _, value = entry.removeprefix("# ").partition(" ")
    if name == "branch.upstream":
        return {"upstream": value}
    if name == "branch.ab":
        ahead, behind = (abs(int(number)) for number in value.split())
        return {"ahead": ahead, "behind": behind}
    return {}
