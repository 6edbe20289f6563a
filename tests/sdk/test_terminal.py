"""A line that is overwritten is one line, however it is overwritten."""

from __future__ import annotations

import pytest

from wanllmdb.terminal import (
    AGAIN_SECONDS,
    MAX_COLUMNS,
    MAX_LINE,
    OPEN_SECONDS,
    WINDOW,
    Line,
    Terminal,
)

RED, RESET, BOLD = "\x1b[31m", "\x1b[0m", "\x1b[1m"
UP, ERASE = "\x1b[A", "\x1b[K"


class Screen:
    """A terminal, all that it told, and what a reader sees who keeps the last of each number."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[Line] = []
        self.terminal = Terminal(self.told.append, lambda: self.now)

    def write(self, *texts: str, each: float = 0.0) -> Screen:
        for text in texts:
            self.terminal.feed(text, int(self.now * 1e6))
            self.now += each
            if each:
                self.terminal.look()
        return self

    def seen(self) -> list[str]:
        lines = {line.number: line.text for line in self.told}
        return [lines[number] for number in sorted(lines)]

    def end(self) -> list[str]:
        self.terminal.close()
        return self.seen()


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        (["a\nb\n"], ["a", "b"]),
        (["a", "b\n"], ["ab"]),
        (["10 %\r20 %\r", "30 %\n"], ["30 %"]),
        (["10 %", "\r20 %", "\r30 %", "\n"], ["30 %"]),
        (["100 %\r5 %\n"], ["5 % %"]),  # as a terminal shows it
        (["100 %\r5 %" + ERASE + "\n"], ["5 %"]),
        (["abcdef\r12345\r12\n"], ["12345f"]),
        (["ab\rcd\n", "ef\rgh\n"], ["cd", "gh"]),
        (["windows\r\nlines\r\n"], ["windows", "lines"]),
        (["windows\r", "\n"], ["windows"]),
        (["\n\n"], ["", ""]),
        (["no end"], ["no end"]),
        (["abc\b\bX\n"], ["aXc"]),
        (["\tx\n"], ["\tx"]),
        ([f"{RED}bad{RESET} good\n"], [f"{RED}bad{RESET} good"]),
        ([f"\r{RED}bad{RESET} good\n"], [f"{RED}bad{RESET} good"]),
        ([f"{RED}bad{RESET} good\rBAD\n"], ["BAD good"]),
        ([f"{RED}ab\r{BOLD}c{RESET}\n"], [f"{RED}{BOLD}c{RESET}{RED}b{RESET}"]),
        (["one\ntwo\n", UP + "\r2\n"], ["one", "2wo"]),
        (["one\ntwo\n", "\x1b[2A\x1b[2K1\n", "three"], ["1", "three"]),
        (["one\ntwo\n\x1b[2F\x1b[J", "x"], ["x", ""]),
        (["a\x1b[5Cb\n"], ["a     b"]),
        (["abc\x1b[2DX\n"], ["aXc"]),
        (["abc\x1b[1GX\n"], ["Xbc"]),
        (["abc\x1b[1K\n"], [""]),
        (["\x1b[?25lhidden cursor\x1b[?25h\n"], ["hidden cursor"]),
        (["\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n"], ["link"]),
        (["\x1b]0;title\x07text\n"], ["text"]),
        (["a\n\x1b[2J\x1b[Hb\n"], ["a", "b"]),
        (["part\x1b", "[31", "mred\n"], [f"part{RED}red{RESET}"]),
        (["\x1b[9999Aup\n"], ["up"]),
        (["\x1b[99999999999999999999Cx\n"], [""]),
        (["clock\x1b[3", "x"], ["clock"]),
    ],
)
def test_text_becomes_lines_as_a_terminal_shows_them(chunks: list[str], lines: list[str]) -> None:
    assert Screen().write(*chunks).end() == lines


def test_a_plain_line_is_told_once_and_when_it_ends() -> None:
    screen = Screen().write("a", "b\n", "c\n")
    assert [(line.number, line.text) for line in screen.told] == [(0, "ab"), (1, "c")]
    assert screen.end() == ["ab", "c"]
    assert len(screen.told) == 2


def test_a_line_without_an_end_is_told_after_a_while() -> None:
    screen = Screen().write("Loading the model ...")
    screen.terminal.look()
    assert screen.seen() == []
    screen.now += OPEN_SECONDS
    screen.terminal.look()
    assert screen.seen() == ["Loading the model ..."]
    screen.write(" done\n")
    assert screen.seen() == ["Loading the model ... done"]
    assert len(screen.told) == 2


def test_a_progress_bar_is_one_line_that_is_told_seldom() -> None:
    screen = Screen()
    screen.write(*(f"\r{percent:3} %|{'#' * percent}" for percent in range(101)), each=1.0)
    assert len(screen.told) <= 2 + 100 / AGAIN_SECONDS
    assert len(screen.seen()) == 1
    screen.write("\nnext\n")
    assert screen.seen() == ["100 %|" + "#" * 100, "next"]
    assert len(screen.told) <= 4 + 100 / AGAIN_SECONDS


def test_a_progress_bar_that_stands_still_is_told_as_it_stands() -> None:
    screen = Screen().write("\r1", "\r2", each=2.0)
    screen.write("\r3")
    screen.now += AGAIN_SECONDS
    screen.terminal.look()
    assert screen.seen() == ["3"]
    told = len(screen.told)
    screen.now += 10 * AGAIN_SECONDS
    screen.terminal.look()
    assert len(screen.told) == told


def test_several_bars_that_move_the_cursor_are_several_lines() -> None:
    screen = Screen()
    for percent in range(0, 101, 5):
        screen.write(f"\router {percent}\n\rinner {percent}\n\rthird {percent}{UP}{UP}", each=0.5)
    assert screen.end() == ["outer 100", "inner 100", "third 100"]
    assert len(screen.told) <= 3 * (2 + 10 / AGAIN_SECONDS)


def test_what_is_printed_above_a_bar_stands_above_it() -> None:
    screen = Screen().write("\r 10 %|#   ", each=3.0)
    screen.write("\r" + " " * 12 + "\r", "epoch 1 is over\n", "\r 20 %|##  ")
    assert screen.end() == ["epoch 1 is over", " 20 %|##"]


def test_what_ran_over_the_edge_cannot_be_reached_any_more() -> None:
    lines = [str(number) for number in range(2 * WINDOW)]
    screen = Screen().write("\n".join(lines), f"\x1b[{3 * WINDOW}A\rX")
    lines[WINDOW] = "X" + lines[WINDOW][1:]
    assert screen.end() == lines


def test_a_changed_line_is_told_before_it_runs_over_the_edge() -> None:
    screen = Screen().write("one\ntwo\n", "\x1b[2A\r1\r\n\n")
    screen.write("".join(f"{number}\n" for number in range(WINDOW)))
    assert screen.seen()[0] == "1ne"


def test_many_overwritings_stay_small() -> None:
    screen = Screen().write("".join(f"\r{count:>60}" for count in range(100_000)))
    for count in range(1000):
        screen.write(f"\r{count:>60}")
    [row] = screen.terminal._rows
    assert len(row.cells or ()) == 60
    assert screen.end() == [f"{999:>60}"]


def test_a_line_of_many_small_writes_is_put_together_once() -> None:
    screen = Screen()
    for _ in range(200_000):
        screen.write(".")
    [line] = screen.end()
    assert line == "." * MAX_LINE + "… [cut: 200000 characters]"


def test_a_line_of_megabytes_is_cut_and_takes_no_memory() -> None:
    screen = Screen()
    for _ in range(100):
        screen.write("x" * 100_000)
    assert sum(map(len, screen.terminal._rows[0].parts)) <= MAX_LINE + 100_000
    assert len(screen.end()[0]) < MAX_LINE + 100


def test_a_line_that_is_overwritten_is_no_wider_than_any_screen() -> None:
    screen = Screen().write("\r" + "x" * 3 * MAX_COLUMNS, "y", "\rz\n")
    assert screen.seen() == ["z" + "x" * (MAX_COLUMNS - 1)]


def test_an_escape_sequence_without_an_end_does_not_grow_for_ever() -> None:
    screen = Screen()
    for _ in range(10_000):
        screen.write("\x1b]" + "x" * 100)
    assert len(screen.terminal._waiting) < 1000


def test_nested_bars_with_lines_above_them_are_one_line_each() -> None:
    """What tqdm writes for two bars, of which the inner one goes away, and `tqdm.write`."""
    screen = Screen()
    for epoch in range(3):
        screen.write(f"\router: {epoch}/3")
        for step in range(51):
            screen.write(f"\n\rinner: {step:2}/50{UP}", each=0.05)
        screen.write(f"\n\r{' ' * 12}\r{UP}")
        screen.write(f"\r{' ' * 10}\r", f"epoch {epoch} is over\n", f"\router: {epoch + 1}/3")
    screen.write("\n")
    assert [line for line in screen.end() if line] == [
        "epoch 0 is over",
        "epoch 1 is over",
        "epoch 2 is over",
        "outer: 3/3",
    ]
    assert len(screen.told) < 20
