"""Repeats: a head that comes again is not read again, and nobody can tell that from the answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.server.house import House, exact, record, row

from wanllmdb import wire
from wanllmdb.wire import Kind
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.domain.access import Scope, Verb
from wanllmdb_server.domain.event import RunMoved, project_topic, run_topic

RUN = "/api/v1/projects/ann/vision/runs/first"


@dataclass
class Line:
    """A kept connection of a member, byte by byte. `long` is how many went the long way."""

    house: House
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    long: list[bytes] = field(default_factory=list[bytes])

    def request(self, start: int, records: Sequence[Any], *, writer: str = "w1") -> bytes:
        return self.raw(wire.pack(start, records), writer=writer)

    def raw(self, content: bytes, *, writer: str = "w1") -> bytes:
        head = (
            f"POST {RUN}/writers/{writer}/batches HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: {wire.CONTENT_TYPE}\r\nContent-Length: {len(content)}\r\n"
            f"Authorization: Bearer {self.house.keys['member']}\r\n\r\n"
        )
        return head.encode() + content

    async def answer(self) -> tuple[bytes, bytes]:
        """The next head, without what differs from request to request, and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head)
        assert found
        body = await self.reader.readexactly(int(found[1]))
        return re.sub(rb"(date|content-length): .*?\r\n", b"", head), body

    async def ask(self, start: int, records: Sequence[Any], **of: Any) -> tuple[bytes, bytes]:
        self.writer.write(self.request(start, records, **of))
        return await self.answer()

    async def warm(self) -> tuple[bytes, bytes]:
        """The first request of a connection, from which its head is known."""
        answer = await self.ask(0, [row(1, x=1.0)])
        self.long.clear()
        return answer


@pytest.fixture
async def line(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    async with house.serving() as place:
        host, port = place.split(":")
        found = Line(house, *await asyncio.open_connection(host, int(port)))
        accept = house.services.ingest.accept

        async def noted(*of: Any) -> Any:
            found.long.append(of[-1])
            return await accept(*of)

        monkeypatch.setattr(house.services.ingest, "accept", noted)
        yield found
        found.writer.close()


async def values(house: House) -> list[tuple[int, Any]]:
    async with house.client("member") as http:
        return await exact(http, "x")


async def test_the_same_head_is_answered_the_same_and_is_read_once(line: Line) -> None:
    first = await line.warm()
    for n in range(2, 30):
        head, body = await line.ask(n - 1, [row(n, x=float(n))])
        assert head == first[0]
        assert body == first[1].replace(b'"position":1,', b'"position":%d,' % n)
    assert line.long == []
    assert await values(line.house) == [(n, float(n)) for n in range(1, 30)]


async def test_a_long_body_comes_in_pieces(line: Line) -> None:
    await line.warm()
    rows = [row(n, x=n / 7, y=float(n)) for n in range(2, 4000)]
    request = line.request(1, rows)
    for at in range(0, len(request), 9000):
        line.writer.write(request[at : at + 9000])
        await line.writer.drain()
        await asyncio.sleep(0.01)
    _, body = await line.answer()
    assert b'"rows":3998' in body
    assert line.long == []
    assert len(await values(line.house)) == 3999


async def test_a_body_whose_rest_is_long_in_coming_is_waited_for_the_long_way(line: Line) -> None:
    await line.warm()
    request = line.request(1, [row(2, x=2.0)])
    line.writer.write(request[:-5])
    await asyncio.sleep(1.3)
    line.writer.write(request[-5:])
    assert (await line.answer())[0].startswith(b"HTTP/1.1 200")
    assert len(line.long) == 1
    assert len(await values(line.house)) == 2


async def test_requests_that_do_not_wait_for_answers_are_answered_in_order(line: Line) -> None:
    await line.warm()
    for n in range(2, 6):
        line.writer.write(line.request(n - 1, [row(n, x=1.0)]))
    line.writer.write(b"".join(line.request(n - 1, [row(n, x=1.0)]) for n in range(6, 9)))
    bodies = [(await line.answer())[1] for _ in range(2, 9)]
    assert [int(re.findall(rb'"position":(\d+)', each)[0]) for each in bodies] == [*range(2, 9)]
    assert len(await values(line.house)) == 8


async def test_what_is_refused_is_refused_in_the_same_words(line: Line) -> None:
    told = [await line.ask(7, [row(8, x=8.0)])]
    line.writer.write(line.raw(b"no batch"))
    told.append(await line.answer())
    await line.warm()
    again = [await line.ask(7, [row(8, x=8.0)])]
    line.writer.write(line.raw(b"no batch"))
    again.append(await line.answer())
    for (head, body), (later, other) in zip(told, again, strict=True):
        assert head == later
        assert _nameless(other) == _nameless(body).replace(b"position 0.", b"position 1.").replace(
            b'"expected": 0', b'"expected": 1'
        )
    assert len(line.long) == 2
    assert (await line.ask(1, [row(2, x=2.0)]))[0].startswith(b"HTTP/1.1 200")
    assert await values(line.house) == [(1, 1.0), (2, 2.0)]


def _nameless(body: bytes) -> bytes:
    return re.sub(rb'"instance": "\w+"', b"", body)


async def test_what_says_more_than_rows_goes_the_long_way_and_is_applied(line: Line) -> None:
    await line.warm()
    line.writer.write(line.request(1, [row(2, x=2.0)]))
    line.writer.write(line.request(2, [record(3, Kind.CONFIG, {"set": {"lr": 9}})]))
    for position in (2, 3):
        assert b'"position":%d' % position in (await line.answer())[1]
    async with line.house.client("member") as http:
        assert (await http.get(RUN)).json()["config"] == {"lr": 9}


async def test_another_head_is_read(line: Line) -> None:
    await line.warm()
    for n in range(1, 4):
        for writer in ("w2", "w1"):
            start, position = (n - 1, n) if writer == "w2" else (n, n + 1)
            _, body = await line.ask(start, [row(position, x=1.0)], writer=writer)
            assert b'"rows":1' in body
    assert len(await values(line.house)) == 7


async def test_a_key_that_has_ended_opens_nothing_any_more(line: Line) -> None:
    await line.warm()
    accounts = line.house.services.accounts
    actor = line.house.actors["member"]
    for key in accounts.keys(actor):
        accounts.drop_key(actor, key.id)
    head, _ = await line.ask(1, [row(2, x=2.0)])
    assert head.startswith(b"HTTP/1.1 401")


async def test_a_run_that_is_gone_takes_nothing_any_more(line: Line) -> None:
    await line.warm()
    async with line.house.client("owner") as http:
        assert (await http.delete(RUN)).status_code == 204
    head, _ = await line.ask(1, [row(2, x=2.0)])
    assert head.startswith(b"HTTP/1.1 404")


async def test_the_writer_hears_of_a_wish_to_stop(line: Line) -> None:
    await line.warm()
    async with line.house.client("member") as http:
        await http.patch(RUN, json={"stop_requested": True})
    line.house.clock.tick(6)  # so long is the last answer of the catalog believed
    assert b'"stop":true' in (await line.ask(1, [row(2, x=2.0)]))[1]
    assert b'"stop":true' in (await line.ask(2, [row(3, x=3.0)]))[1]
    assert len(line.long) == 1


async def test_who_listens_hears_of_what_is_taken_and_the_writer_of_who_looks(line: Line) -> None:
    await line.warm()
    run = await line.house.services.runs.get(line.house.actors["member"], "ann", "vision", "first")
    topics = [project_topic(run.project_id), run_topic(run.number)]
    async with line.house.bus.subscribe(topics) as heard:
        assert b'"watched":true' in (await line.ask(1, [row(2, x=2.0)]))[1]
        assert heard.drain() == [RunMoved(run.project_id, run.number, "first", 2)]
    assert b'"watched":false' in (await line.ask(2, [row(3, x=3.0)]))[1]
    assert not line.long


async def test_what_is_rejected_of_a_batch_is_told_in_the_same_words(line: Line) -> None:
    odd = record(2, Kind.ROW, [1, 1, "no values"])
    told = json.loads((await line.ask(0, [odd], writer="w2"))[1])
    assert told.get("rejected"), told
    await line.warm()
    again = json.loads((await line.ask(1, [odd]))[1])
    assert not line.long
    assert again == told


async def test_what_is_remembered_for_one_is_not_given_to_another(house: House) -> None:
    known = KnownRuns(house.catalog, lifetime=5_000_000, size=10)
    of = ("ann", "vision", "first")
    member, viewer = house.actors["member"], house.actors["viewer"]
    recalled = known.recall(*of, Verb.CREATE)
    assert recalled(member) is None
    found = await known.one(member, *of, Verb.CREATE)
    assert recalled(member) is found
    assert recalled(viewer) is None
    assert recalled(replace(member, scope=Scope.READ)) is None
    assert recalled(member) is found
    house.clock.tick(6)
    assert recalled(member) is None


@pytest.mark.parametrize(
    "head",
    [
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST {path} HTTP/1.1\r\nHost: a.stranger\r\nContent-Length: 5\r\n\r\n",
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\n",
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
async def test_a_head_that_was_refused_is_refused_again(line: Line, head: str) -> None:
    await line.warm()
    said = head.format(path=f"{RUN}/writers/w1/batches").encode() + b"01234"
    line.writer.write(said)
    status = int((await line.reader.readuntil(b"\r\n"))[9:12])
    assert status in {400, 413, 421}
