"""What the script prints is kept as a terminal would have shown it, and printed as before."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in

from wanllmdb.console import MAX_WAITING, Capture, Voice, capture
from wanllmdb.wire import Kind


class Stream(io.StringIO):
    """A stream that can be wrapped, as `sys.stdout` can."""


class Paper:
    """Keeps lines, and how much came too fast."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, str]] = []
        self.lost = self.tellings = 0

    def write(self, stream: str, number: int, time_us: int, text: str) -> None:
        assert time_us > 1_600_000_000_000_000
        self.lines.append((stream, number, text))

    def lose(self, characters: int) -> None:
        self.lost += characters
        self.tellings += 1


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def captured(paper: Paper, stream: Stream) -> Iterator[Capture]:
    captured = Capture(paper.write, paper.lose, {"stdout": stream})
    yield captured
    captured.close()


def test_lines_are_kept_and_still_printed(captured: Capture, paper: Paper, stream: Stream) -> None:
    print("one", file=stream)
    print("two", "parts", file=stream)
    stream.write("no end")
    captured.close()
    assert stream.getvalue() == "one\ntwo parts\nno end"
    assert paper.lines == [
        ("stdout", 0, "one"),
        ("stdout", 1, "two parts"),
        ("stdout", 2, "no end"),
    ]


def test_a_write_returns_what_it_returned_before(captured: Capture, stream: Stream) -> None:
    assert stream.write("four") == 4


def test_a_write_that_fails_fails_as_before(captured: Capture, stream: Stream) -> None:
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        stream.write("x")


def test_after_the_end_nothing_is_kept_and_nothing_is_wrapped(
    captured: Capture, paper: Paper, stream: Stream
) -> None:
    captured.close()
    stream.write("later\n")
    assert paper.lines == []
    assert "write" not in vars(stream)


def test_who_wrapped_later_may_unwrap_later(paper: Paper, stream: Stream) -> None:
    first = Capture(paper.write, paper.lose, {"stdout": stream})
    second_paper = Paper()
    second = Capture(second_paper.write, second_paper.lose, {"stdout": stream})
    stream.write("both\n")
    first.close()
    stream.write("one\n")
    second.close()
    assert [text for _, _, text in paper.lines] == ["both"]
    assert [text for _, _, text in second_paper.lines] == ["both", "one"]


def test_what_keeps_a_line_may_print_without_end(stream: Stream) -> None:
    lines: list[str] = []

    def write(name: str, number: int, time_us: int, text: str) -> None:
        lines.append(text)
        if len(lines) < 3:
            stream.write(f"about {text}\n")

    captured = Capture(write, lambda _: None, {"stdout": stream})
    stream.write("a\n")
    captured.close()
    assert lines[0] == "a"


def test_what_comes_too_fast_is_counted_and_not_waited_for(paper: Paper, stream: Stream) -> None:
    captured = Capture(paper.write, paper.lose, {"stdout": stream}, every=600)
    line = "x" * 1023 + "\n"
    with captured._turn:  # somebody makes lines, and takes his time
        for _ in range(12_000):
            stream.write(line)
    captured.close()
    assert paper.lost + sum(len(text) + 1 for _, _, text in paper.lines) == 12_000 * 1024
    assert paper.lost >= 12_000 * 1024 - MAX_WAITING - 1024
    assert paper.tellings == 1


def test_who_prints_fast_helps_and_nothing_is_lost(paper: Paper, stream: Stream) -> None:
    captured = Capture(paper.write, paper.lose, {"stdout": stream}, every=600)
    for number in range(100_000):
        stream.write(f"{number:099}\n")
    waited = captured._waiting
    captured.close()
    assert paper.lost == 0
    assert [number for _, number, _ in paper.lines] == list(range(100_000))
    assert waited < MAX_WAITING
    assert paper.lines[-1][2] == f"{99_999:099}"


def test_a_handler_that_prints_while_a_line_is_kept_keeps_its_own_for_later(
    stream: Stream,
) -> None:
    kept: list[str] = []

    def write(name: str, number: int, time_us: int, text: str) -> None:
        if len(kept) == 3:
            stream.write("from inside\n" * 10_000)  # more than there is to wait for help
            stream.write("again\n")
        kept.append(text)

    captured = Capture(write, lambda _: None, {"stdout": stream}, every=600)
    for number in range(20_000):
        stream.write(f"{number:099}\n")
    captured.close()
    assert len(kept) == 30_001
    assert kept.count("again") == 1


def test_many_threads_lose_no_line(captured: Capture, paper: Paper, stream: Stream) -> None:
    def work(number: int) -> None:
        for count in range(200):
            stream.write(f"{number}-{count}\n")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    captured.close()
    assert sorted(text for _, _, text in paper.lines) == sorted(
        f"{number}-{count}" for number in range(4) for count in range(200)
    )


def test_a_bar_is_kept_while_it_goes_on_and_replaced_when_it_ends(
    paper: Paper, stream: Stream
) -> None:
    now = [0.0]
    captured = Capture(paper.write, paper.lose, {"stdout": stream}, every=600, clock=lambda: now[0])
    for percent in range(101):
        stream.write(f"\r{percent} %")
        now[0] += 0.5
        captured._look()
    stream.write("\nnext\n")
    captured.close()
    assert {number for _, number, _ in paper.lines} == {0, 1}
    assert 4 <= len(paper.lines) <= 9
    assert paper.lines[-2:] == [("stdout", 0, "100 %"), ("stdout", 1, "next")]


def test_both_streams_have_lines_of_their_own(paper: Paper) -> None:
    out, err = Stream(), Stream()
    captured = Capture(paper.write, paper.lose, {"stdout": out, "stderr": err})
    print("a", file=out)
    print("b", file=err)
    print("c", file=out)
    captured.close()
    assert sorted(paper.lines) == [("stderr", 0, "b"), ("stdout", 0, "a"), ("stdout", 1, "c")]


def test_many_lines_of_one_write_are_kept(captured: Capture, paper: Paper, stream: Stream) -> None:
    stream.writelines(["a\n", "b\nc\n"])
    captured.close()
    assert [text for _, _, text in paper.lines] == ["a", "b", "c"]


def test_a_logger_is_kept(captured: Capture, paper: Paper, stream: Stream) -> None:
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("of a test")
    logger.addHandler(handler)
    logger.warning("loss is %s", 0.5)
    logger.removeHandler(handler)
    captured.close()
    assert [text for _, _, text in paper.lines] == ["loss is 0.5"]


def test_a_secret_in_a_line_is_cut_out(captured: Capture, paper: Paper, stream: Stream) -> None:
    stream.write("key h")
    stream.write("f_" + "a1" * 17 + "\n")
    stream.write("-" * 5 + "BEGIN PRIVATE KEY" + "-" * 5 + "\nabc\n")
    captured.close()
    assert [text for _, _, text in paper.lines] == ["key [redacted]", "[redacted]", "[redacted]"]


def test_one_stream_under_two_names_is_kept_once(
    paper: Paper, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    captured = capture("wrap", paper.write, paper.lose)
    assert captured is not None
    sys.stdout.write("once\n")
    captured.close()
    assert paper.lines == [("stdout", 0, "once")]


def test_who_unwraps_too_much_is_wrapped_again(
    captured: Capture, paper: Paper, stream: Stream
) -> None:
    del stream.write  # type: ignore[attr-defined]  # what IPython does when a cell ends
    stream.write("not seen\n")
    captured.stay()
    captured.stay()
    stream.write("seen once\n")
    captured.close()
    stream.write("after the end\n")
    assert paper.lines == [("stdout", 0, "seen once")]


def test_who_wraps_too_is_no_reason_to_wrap_again(
    captured: Capture, paper: Paper, stream: Stream
) -> None:
    ours = stream.write
    stream.write = lambda text, /: ours(text)  # type: ignore[method-assign]
    captured.stay()
    stream.write("once\n")
    captured.close()
    assert paper.lines == [("stdout", 0, "once")]


LAST_WORDS = """
import os, signal, sys, time
import wanllmdb as wandb
settings = {"console": "wrap", "monitor_system": False, "save_facts": False}
run = wandb.init(project="p", mode="offline", settings=settings)
time.sleep(0.1)
print("about to crash")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(tmp_path: Path, script: str) -> list[str]:
    """What a script that is killed has printed, as its spool says."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, timeout=60
    )
    assert done.returncode == -9, done.stderr
    [spool] = (tmp_path / ".local/state/wanllmdb/spool").iterdir()
    return [text for stream, _, _, text in kept_in(spool, Kind.CONSOLE) if stream == "stdout"]


def test_the_last_line_survives_a_kill_that_comes_right_after_it(tmp_path: Path) -> None:
    assert killed(tmp_path, LAST_WORDS) == ["about to crash"]


def test_many_lines_survive_a_kill_that_comes_a_moment_later(tmp_path: Path) -> None:
    script = LAST_WORDS.replace('print("about to crash")', "\n".join(LINES))
    assert killed(tmp_path, script) == [str(number) for number in range(300)]


LINES = (
    "for number in range(300): print(number)",
    "while run._journal.appended < 301: time.sleep(0.01)",  # the run, and a line each
)


def test_a_signal_handler_may_print_at_any_moment(paper: Paper, stream: Stream) -> None:
    captured = Capture(paper.write, paper.lose, {"stdout": stream})
    count = [0]

    def handle(number: int, frame: Any) -> None:
        count[0] += 1
        stream.write("from the handler\n")

    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for number in range(50_000):
            stream.write(f"{number}\n")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    captured.close()
    lines = [text for _, _, text in paper.lines]
    assert lines.count("from the handler") == count[0] > 0
    assert len(lines) == 50_000 + count[0]


SCRIPT = """
import os, subprocess, sys, threading
import wanllmdb as wandb
settings = {"console": "wrap", "monitor_system": False, "save_facts": False}
run = wandb.init(project="p", mode="offline", settings=settings)
print("parent")
print("warned", file=sys.stderr)
print("\\ud800")
thread = threading.Thread(target=print, args=("thread",))
thread.start(); thread.join()
sys.stdout.flush()
child = os.fork()
if child == 0:
    for _ in range(20_000):
        print("x" * 200)
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
subprocess.run([sys.executable, "-c", "print('subprocess')"])
print("at the end", end="")
"""


def test_a_real_script_prints_as_before_and_is_kept_without_its_children(tmp_path: Path) -> None:
    environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environ |= {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8:backslashreplace"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.count("x" * 200) == 20_000
    assert done.stdout.endswith("at the end")
    [spool] = (tmp_path / ".local/state/wanllmdb/spool").iterdir()
    lines = kept_in(spool, Kind.CONSOLE)
    assert [text for stream, _, _, text in lines if stream == "stdout"] == [
        "parent",
        "\\ud800",
        "thread",
        "at the end",
    ]
    assert "warned" in [text for stream, _, _, text in lines if stream == "stderr"]
    assert kept_in(spool, Kind.LOSS) == []


def test_capture_may_be_off(paper: Paper) -> None:
    assert capture("off", paper.write, paper.lose) is None


class TestVoice:
    def say(self, **settings: Any) -> list[str]:
        stream = io.StringIO()
        voice = Voice(stream=stream, **settings)
        voice.say("good")
        voice.warn("bad", once="x")
        voice.warn("bad", once="x")
        voice.warn("worse")
        return stream.getvalue().splitlines()

    def test_it_says_what_is_good_and_warns_once(self) -> None:
        assert self.say() == [
            "wanllmdb: good",
            "wanllmdb: warning: bad",
            "wanllmdb: warning: worse",
        ]

    def test_quiet_says_only_what_is_wrong(self) -> None:
        assert self.say(quiet=True) == ["wanllmdb: warning: bad", "wanllmdb: warning: worse"]

    def test_silent_says_nothing(self) -> None:
        assert self.say(silent=True) == []

    def test_a_closed_stream_is_no_error(self) -> None:
        stream = io.StringIO()
        stream.close()
        Voice(stream=stream).say("x")
