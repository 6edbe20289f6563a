"""What a run printed: in order, by page, searched, and as one text."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.house import House, record, send

from wanllmdb.wire import Kind

URL = "/api/v1/projects/ann/vision/runs/first/console"


def printed(position: int, stream: str, line: int, time: int, text: str) -> tuple[int, int, bytes]:
    return record(position, Kind.CONSOLE, [stream, line, time, text])


async def ask(http: Any, **asked: Any) -> dict[str, Any]:
    answer = await http.get(URL, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def texts(page: dict[str, Any]) -> list[str]:
    return [line["text"] for line in page["lines"]]


async def many(http: Any, lines: int, *, writer: str = "w1", since: int = 0) -> None:
    """Print lines "line 0 odd"/"line 1 even" …, every tenth to stderr."""
    said: dict[str, int] = {"stdout": 0, "stderr": 0}
    records = []
    for n in range(lines):
        stream = "stderr" if n % 10 == 9 else "stdout"
        text = f"Line {n} of {writer} {'even' if n % 2 == 0 else 'odd'}"
        records.append(printed(n + 1, stream, said[stream], since + n, text))
        said[stream] += 1
    assert (await send(http, 0, records, writer=writer)).status_code == 200


async def test_both_streams_are_one_text_in_the_order_of_time(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [
            printed(1, "stdout", 0, 10, "epoch 1"),
            printed(2, "stdout", 1, 30, "epoch 2"),
            printed(3, "stderr", 0, 20, "warning: é"),
        ])  # fmt: skip
        page = await ask(http)
        names = ("number", "stream", "line", "text")
        assert [tuple(each[name] for name in names) for each in page["lines"]] == [
            (0, "stdout", 0, "epoch 1"),
            (1, "stderr", 0, "warning: é"),
            (2, "stdout", 1, "epoch 2"),
        ]  # fmt: skip
        assert (page["total"], page["streams"]) == (3, {"stdout": 2, "stderr": 1})
        assert texts(await ask(http, stream="stderr")) == ["warning: é"]


async def test_a_line_that_is_said_again_stands_where_it_stood(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [
            printed(1, "stdout", 0, 10, "start"),
            printed(2, "stdout", 1, 20, " 10%"),
        ])  # fmt: skip
        assert texts(await ask(http)) == ["start", " 10%"]
        await send(http, 2, [
            printed(3, "stdout", 1, 21, " 50%"),
            printed(4, "stdout", 1, 22, "100%"),
            printed(5, "stdout", 2, 23, "done"),
        ])  # fmt: skip
        page = await ask(http)
        assert texts(page) == ["start", "100%", "done"]
        assert page["total"] == 3


async def test_an_old_line_said_again_is_noticed_in_a_long_text(house: House) -> None:
    async with house.client("member") as http:
        await many(http, 25_000)
        assert (await ask(http, limit=1))["total"] == 25_000
        await send(http, 25_000, [printed(25_001, "stdout", 3, 30_000, "anew")])
        page = await ask(http, q="anew")
        assert page["total"] == 25_000
        assert [line["line"] for line in page["lines"]] == [3]


async def test_what_two_processes_print_at_once_is_all_there(house: House) -> None:
    async with house.client("member") as http:
        await many(http, 20, writer="rank-0")
        await many(http, 20, writer="rank-1", since=5)
        page = await ask(http)
        assert page["total"] == 40
        assert len({(each["writer"], each["text"]) for each in page["lines"]}) == 40
        assert {each["writer"] for each in page["writers"]} == {"rank-0", "rank-1"}
        assert len((await ask(http, writer="rank-1"))["lines"]) == 20


async def test_pages_join_to_the_whole_forwards_and_backwards(house: House) -> None:
    async with house.client("member") as http:
        await many(http, 12_345)
        page = await ask(http, limit=1000)
        whole = texts(page)
        while page["after"] is not None:
            page = await ask(http, limit=1000, after=page["after"])
            whole += texts(page)
        assert len(whole) == 12_345
        assert [int(text.split()[1]) for text in whole] == list(range(12_345))
        page = await ask(http, limit=1000, before=12_345)
        back = texts(page)
        while page["before"] is not None:
            page = await ask(http, limit=1000, before=page["before"])
            back = texts(page) + back
        assert back == whole


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "line 12 "}, [12]),
        ({"q": "line 12 ", "case": True}, []),
        ({"q": "Line 12 ", "case": True}, [12]),
        ({"q": r"^line 1\d of .* odd$", "regex": True}, [11, 13, 15, 17, 19]),
        ({"q": "odd", "stream": "stderr", "limit": 2}, [9, 19]),
        ({"q": ".", "limit": 3}, []),
        ({"q": "Line 1 of w1 odd\nLine 2"}, []),
    ],
)
async def test_lines_are_found(house: House, asked: dict[str, Any], found: list[int]) -> None:
    async with house.client("member") as http:
        await many(http, 200)
        page = await ask(http, **asked)
        assert [int(text.split()[1]) for text in texts(page)] == found


async def test_case_is_folded_in_every_alphabet(house: House) -> None:
    async with house.client("member") as http:
        await send(
            http, 0, [printed(1, "stdout", 0, 1, "Größe: ÄÖÜ"), printed(2, "stdout", 1, 2, "x")]
        )
        assert texts(await ask(http, q="äöü")) == ["Größe: ÄÖÜ"]
        assert texts(await ask(http, q="äöü", case=True)) == []


async def test_matches_are_counted_on_all_pages(house: House) -> None:
    async with house.client("member") as http:
        await many(http, 1000)
        page = await ask(http, q="even", limit=10)
        assert (page["matches"], page["searched"], len(page["lines"])) == (500, 1000, 10)
        assert (await ask(http, q="even", limit=10, after=page["after"]))["lines"][0][
            "number"
        ] == 20


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"q": "(", "regex": True}, "/q", "bad-pattern"),
        ({"q": "(?=a)b", "regex": True}, "/q", "bad-pattern"),
        ({"q": "((a{999}){999}){999}", "regex": True}, "/q", "bad-pattern"),
        ({"stream": "stdlog"}, "/stream", "unknown-value"),
    ],
)
async def test_a_bad_question_is_pointed_at(
    house: House, asked: dict[str, Any], pointer: str, code: str
) -> None:
    async with house.client("member") as http:
        answer = await http.get(URL, params=asked)
        assert answer.status_code == 422
        [fault] = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == (pointer, code)


async def test_a_pattern_cannot_make_a_search_slow(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [printed(1, "stdout", 0, 1, "a" * 60_000 + "b")])
        assert (await ask(http, q="(a+)+$", regex=True))["matches"] == 0


async def test_the_text_is_taken_away_as_it_was_printed(house: House) -> None:
    async with house.client("member") as http:
        await many(http, 11_000)
        answer = await http.get(URL + ".txt")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert "attachment" in answer.headers["content-disposition"]
        lines = answer.text.splitlines()
        assert len(lines) == 11_000
        assert lines[9].startswith("Line 9 ")
        assert len((await http.get(URL + ".txt?stream=stderr")).text.splitlines()) == 1100


async def test_a_run_that_printed_nothing_has_an_empty_page(house: House) -> None:
    async with house.client("member") as http:
        page = await ask(http)
        assert (page["lines"], page["total"], page["after"], page["before"]) == ([], 0, None, None)
        assert (await http.get(URL + ".txt")).text == ""


@pytest.mark.parametrize("asked", [{"q": "Loss of 3"}, {"q": r"^loss of \d$", "regex": True}])
async def test_a_line_is_found_as_it_is_read_whatever_colours_it(
    house: House, asked: dict[str, Any]
) -> None:
    async with house.client("member") as http:
        await send(http, 0, [
            printed(1, "stdout", 0, 10, "\x1b[1;32mloss\x1b[0m of \x1b[38;5;196m3\x1b[0m"),
            printed(2, "stdout", 1, 20, "\x1b]0;title\x07another line"),
            printed(3, "stdout", 2, 30, "plain loss of 4"),
        ])  # fmt: skip
        found = await ask(http, **asked)
        assert [line["number"] for line in found["lines"]] == [0]
        assert found["lines"][0]["text"].startswith("\x1b[1;32m"), "told with its colours"
        assert (await ask(http, q="0;title"))["matches"] == 0
