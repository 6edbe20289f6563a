"""What the script prints is kept as a terminal would have shown it, and printed as before."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from wanllmdb.console import MAX_LINE, MAX_WAITING, Capture, Lines, Voice, capture, shown


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
    for _ in range(3000):
        stream.write(line)
    captured.close()
    assert paper.lost + sum(len(text) + 1 for _, _, text in paper.lines) == 3000 * 1024
    assert paper.lost >= 3000 * 1024 - MAX_WAITING - 1024
    assert paper.tellings == 1


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


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        (["a\nb\n"], ["a", "b"]),
        (["a", "b\n"], ["ab"]),
        (["10 %\r20 %\r", "30 %\n"], ["30 %"]),
        (["10 %", "\r20 %", "\r30 %", "\n"], ["30 %"]),
        (["windows\r\n"], ["windows"]),
        (["\n\n"], ["", ""]),
        (["\ud800\n"], ["\\ud800"]),
    ],
)
def test_text_becomes_lines_as_a_terminal_shows_them(chunks: list[str], lines: list[str]) -> None:
    made = Lines()
    assert [line for chunk in chunks for line in made.feed(chunk)] == lines
    assert made.rest() == []


def test_a_progress_bar_without_an_end_stays_small() -> None:
    made = Lines()
    for count in range(100_000):
        made.feed(f"\r{count:>60}")
    assert made.rest()[0].strip() == "99999"


def test_a_line_of_many_small_writes_is_put_together_once() -> None:
    made = Lines()
    for _ in range(200_000):
        made.feed(".")
    assert len(made.rest()[0]) > MAX_LINE


def test_a_line_of_a_megabyte_is_cut() -> None:
    assert len(shown("x" * 1024 * 1024)) < MAX_LINE + 100


def test_a_line_without_any_end_does_not_grow_for_ever() -> None:
    made = Lines()
    kept = sum(len(made.feed("x" * 10_000)) for _ in range(100))
    assert kept >= 1
    assert len(made.rest()[0]) < 5 * MAX_LINE


def test_a_secret_in_a_line_is_cut_out() -> None:
    assert shown("key hf_" + "a" * 34) == "key [redacted]"


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
