r"""Terminal: what a stream of text looks like on a screen, as far as it can still change.

A screen of a few lines. What runs past its upper edge stands for ever; below that, `\r`,
backspace and the usual escape sequences move the cursor, and what is written there overwrites
what stood there: a progress bar is one line, several are several, however often they are drawn.
Colours are kept as they came.

A line is told when the next one begins. Changed afterwards, it is told again under the same
number, but seldom; so is a line that has no end yet. Nearly all text is plain lines, and these
take a short way.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

WINDOW: Final = 100  # lines that can still change
MAX_LINE: Final = 64 * 1024
MAX_COLUMNS: Final = 4096  # of a line that is overwritten
OPEN_SECONDS: Final = 2.0  # a line without an end is told after so long
AGAIN_SECONDS: Final = 10.0  # and a line that changed, not sooner than so long after it was told
_MAX_STYLE: Final = 64
_MAX_ESCAPE: Final = 256

_STYLE: Final = re.compile(r"\x1b\[[0-9;:]*m")
_NO_STYLE: Final = re.compile(r"\x1b(?!\[[0-9;:]*m)")
_CONTROL: Final = re.compile(
    r"([\r\n\b]"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # move, erase, colour
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[@-Z\\^_=>78]|\x1b[()][A-Z0-9])"
)
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[()]?)\Z")

Cell = tuple[str, str]  # style, letter
_BLANK: Final[Cell] = ("", " ")


class Line(NamedTuple):
    """A line as it stands now: its number, when it changed (microseconds), its text."""

    number: int
    time_us: int
    text: str


class _Row:
    """A line of the screen: text that was only ever added to, or cells that were written over."""

    __slots__ = ("cells", "length", "number", "parts", "time_us", "told_at")

    def __init__(self, number: int, time_us: int) -> None:
        self.number = number
        self.time_us = time_us
        self.told_at: float | None = None
        self.parts: list[str] = []
        self.length = 0
        self.cells: list[Cell] | None = None

    def add(self, text: str) -> None:
        if self.length < MAX_LINE:
            self.parts.append(text)
        self.length += len(text)

    def written_over(self) -> list[Cell]:
        """As cells, from now on."""
        if self.cells is None:
            style = ""
            self.cells = []
            for part in re.split(r"(\x1b\[[0-9;:]*m)", "".join(self.parts)[:MAX_LINE]):
                if part.startswith("\x1b["):
                    style = _styled(style, part)
                else:
                    self.cells += [(style, letter) for letter in part]
            del self.cells[MAX_COLUMNS:]
            self.parts = []
        return self.cells

    def width(self) -> int:
        """The column behind the last letter."""
        if self.cells is not None:
            return len(self.cells)
        text = "".join(self.parts)
        return len(_STYLE.sub("", text) if "\x1b" in text else text)

    def text(self) -> str:
        if self.cells is not None:
            return _joined(self.cells)
        text = "".join(self.parts)
        if self.length > MAX_LINE:
            return f"{text[:MAX_LINE]}… [cut: {self.length} characters]"
        return text


class Terminal:
    """One stream's screen.

    Args:
        tell: takes each line when it is told.
        clock: seconds that only grow.
    """

    def __init__(self, tell: Callable[[Line], None], clock: Callable[[], float]) -> None:
        self._tell_line = tell
        self._clock = clock
        self._rows: deque[_Row] = deque([_Row(0, 0)])
        self._changed: dict[int, tuple[_Row, float]] = {}  # by number; and since when
        self._y = 0  # number of the row that the cursor is in
        self._x: int | None = None  # column of the cursor; None is behind the last letter
        self._style = ""
        self._waiting = ""  # the beginning of an escape sequence

    def feed(self, text: str, time_us: int) -> None:
        """Show what was written."""
        if self._waiting:
            text, self._waiting = self._waiting + text, ""
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        if (
            self._x is None
            and self._y == self._rows[-1].number
            and self._rows[-1].cells is None
            and "\r" not in text
            and "\b" not in text
            and ("\x1b" not in text or not _NO_STYLE.search(text))
        ):
            self._add_plain(text, time_us)
        else:
            self._interpret(text, time_us)

    def look(self) -> None:
        """Tell the lines that changed, as far as it is time."""
        now = self._clock()
        for row, since in list(self._changed.values()):
            due = since + OPEN_SECONDS if row.told_at is None else row.told_at + AGAIN_SECONDS
            if now >= due:
                self._tell(row)

    def close(self) -> None:
        """Tell what changed and was not told."""
        for row, _ in list(self._changed.values()):
            self._tell(row)

    def _tell(self, row: _Row) -> None:
        self._changed.pop(row.number, None)
        row.told_at = self._clock()
        self._tell_line(Line(row.number, row.time_us, row.text()))

    def _touch(self, row: _Row, time_us: int) -> None:
        row.time_us = time_us
        if row.number not in self._changed:
            self._changed[row.number] = (row, self._clock())

    def _add_plain(self, text: str, time_us: int) -> None:
        """Text that only goes on: whole lines, and the beginning of one."""
        if "\x1b" in text:
            for style in _STYLE.findall(text):
                self._style = _styled(self._style, style)
        lines = text.split("\n")
        row = self._rows[-1]
        for line in lines[:-1]:
            row.add(line)
            row.time_us = time_us
            self._tell(row)
            row = self._next_row(time_us)
        if lines[-1]:
            row.add(lines[-1])
            self._touch(row, time_us)

    def _next_row(self, time_us: int) -> _Row:
        """A new row at the bottom, with the cursor at its beginning."""
        row = _Row(self._rows[-1].number + 1, time_us)
        self._rows.append(row)
        if len(self._rows) > WINDOW:
            gone = self._rows.popleft()
            if gone.number in self._changed:
                self._tell(gone)
        self._y, self._x = row.number, None
        return row

    def _interpret(self, text: str, time_us: int) -> None:
        unfinished = _UNFINISHED.search(text)
        if unfinished and len(unfinished[0]) < _MAX_ESCAPE:
            text, self._waiting = text[: unfinished.start()], unfinished[0]
        if "\x1b" not in text and "\b" not in text:
            text = "\n".join(map(_last_seen, text.split("\n")))
        for at, part in enumerate(_CONTROL.split(text)):
            if at % 2:
                self._control(part, time_us)
            elif part:
                self._write(part, time_us)

    def _control(self, part: str, time_us: int) -> None:
        if part == "\n":
            self._line_end(time_us)
        elif part == "\r":
            self._x = 0
        elif part == "\b":
            self._x = max(0, self._column() - 1)
        elif part.startswith("\x1b["):
            self._sequence(part, time_us)

    def _row(self) -> _Row:
        return self._rows[self._y - self._rows[0].number]

    def _column(self) -> int:
        return self._row().width() if self._x is None else self._x

    def _line_end(self, time_us: int) -> None:
        if self._y < self._rows[-1].number:
            self._y, self._x = self._y + 1, 0
            return
        row = self._row()
        if row.told_at is None or row.number in self._changed:
            row.time_us = time_us
            self._tell(row)
        self._next_row(time_us)

    def _write(self, text: str, time_us: int) -> None:
        row = self._row()
        cells = row.written_over()
        at = len(cells) if self._x is None else self._x
        if at > len(cells):
            cells += [_BLANK] * (at - len(cells))
        style = self._style
        end = at + len(text)
        cells[at:end] = [(style, letter) for letter in text[: max(0, MAX_COLUMNS - at)]]
        self._x = min(end, MAX_COLUMNS)
        self._touch(row, time_us)

    def _sequence(self, sequence: str, time_us: int) -> None:
        kind = sequence[-1]
        if kind == "m":
            self._style = _styled(self._style, sequence)
            return
        numbers = re.findall(r"\d+", sequence)
        count = int(numbers[0][:6]) if numbers else 0
        if kind in "ABEF":
            self._move(kind, max(1, count))
        elif kind in "CDG":
            to = {"C": self._column() + max(1, count), "D": self._column() - max(1, count)}
            self._x = min(max(0, to.get(kind, count - 1)), MAX_COLUMNS)
        elif kind == "K":
            self._erase(self._row(), count, time_us)
        elif kind == "J" and count == 0:
            self._erase(self._row(), 0, time_us)
            for row in list(self._rows)[self._y - self._rows[0].number + 1 :]:
                self._erase(row, 2, time_us)
        elif kind in "JHf" and self._rows[-1].length + len(self._rows[-1].cells or ()):
            # The screen is cleared, or written anew from its top: what stood there stays.
            self._y = self._rows[-1].number
            self._line_end(time_us)

    def _move(self, kind: str, count: int) -> None:
        """Up or down, within the lines that there are."""
        self._x = 0 if kind in "EF" else self._column()
        to = self._y + (-count if kind in "AF" else count)
        self._y = min(max(to, self._rows[0].number), self._rows[-1].number)

    def _erase(self, row: _Row, what: int, time_us: int) -> None:
        """From the cursor to the end, from the beginning to the cursor, or all of a row."""
        cells = row.written_over()
        if not cells:
            return
        column = self._column()
        if what == 0:
            del cells[column:]
        elif what == 1:
            cells[: column + 1] = [_BLANK] * min(column + 1, len(cells))
        else:
            cells.clear()
        if self._x is None:
            self._x = column
        self._touch(row, time_us)


def _styled(style: str, sequence: str) -> str:
    """The style after one more sequence."""
    if sequence in {"\x1b[m", "\x1b[0m", "\x1b[00m"}:
        return ""
    if sequence.startswith("\x1b[0;") or len(style) > _MAX_STYLE:
        return sequence
    return style + sequence


def _joined(cells: list[Cell]) -> str:
    """The letters, with styles where they change, without blanks at the end."""
    end = len(cells)
    while end and cells[end - 1] == _BLANK:
        end -= 1
    found: list[str] = []
    before = ""
    for style, letter in cells[:end]:
        if style != before:
            found.append(f"\x1b[0m{style}" if before else style)
            before = style
        found.append(letter)
    if before:
        found.append("\x1b[0m")
    return "".join(found)


def _last_seen(line: str) -> str:
    """A line, without those of its overwritings that nothing is left of."""
    if line.count("\r") < 2:
        return line
    first, *between, last = line.split("\r")
    seen = last
    for each in reversed(between):
        if len(each) > len(seen):
            seen += each[len(seen) :]
    return f"{first}\r{seen}\r{last}"
