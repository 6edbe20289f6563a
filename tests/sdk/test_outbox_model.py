"""Whatever happens between spool, outbox and server, each record is stored once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wanllmdb import journal, wire
from wanllmdb.outbox import Outbox
from wanllmdb.segment import number_of, read_segment
from wanllmdb.sink import Ack, GapError, OpenedRun, Pulse, RefusedError, SinkError, UnreachableError
from wanllmdb.spool import Spool


class MemorySink:
    """The contract of a sink in memory, with a script of what goes wrong next."""

    def __init__(self) -> None:
        self.position = 0
        self.rows: list[int] = []
        self.files: dict[str, bytes] = {}
        self.script: list[str] = []

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        return OpenedRun(payload, resumed=False, last_step=None, url="")

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        fault = self.script.pop(0) if self.script else ""
        if fault == "reset":
            raise UnreachableError("reset")
        if fault == "later":
            raise UnreachableError("later", retry_after=1.0)
        if fault == "refuse":
            raise RefusedError(401, "wrong-key", "")
        batch = wire.unpack(writer, content)
        if batch.start > self.position:
            raise GapError(self.position)
        for record in wire.records(batch):
            if record.position > self.position and record.kind == wire.Kind.ROW:
                self.rows.append(record.payload[0])
        self.position = max(self.position, batch.end)
        if fault == "lost":
            raise UnreachableError("lost")
        return Ack(self.position)

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        return Pulse()

    def put_file(
        self,
        owner: str,
        project: str,
        run: str,
        path: str,
        content: bytes,
        *,
        digest: str,
        mime: str,
    ) -> None:
        self.files[path] = content

    def close(self) -> None:
        """Nothing is open."""


RUN = OpenedRun({"id": "r", "owner": "o", "project": "p"}, resumed=False, last_step=None, url="")


class Delivery(RuleBasedStateMachine):
    """Appends, sends that fail in every way, restarts, lost marks, a server that forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = Path(self.folder.name) / "r"
        self.spool = Spool.create(self.directory, {"run": "r"}, writer="w", segment_bytes=3000)
        self.sink = MemorySink()
        self.logged = 0
        self.now = 0.0
        self.outbox = self.an_outbox()

    def an_outbox(self) -> Outbox:
        return Outbox(
            self.directory,
            "w",
            live=lambda: not self.spool.closed,
            adopt=self.spool.append,
            clock=lambda: self.now,
        )

    @rule(count=st.integers(min_value=1, max_value=12))
    def append(self, count: int) -> None:
        for _ in range(count):
            assert self.spool.append(wire.Kind.ROW, wire.encode([self.logged, 0, {"x": 0.5}]))
            self.logged += 1

    @rule()
    def roll(self) -> None:
        self.spool.roll()

    @rule(script=st.lists(st.sampled_from(["", "reset", "later", "lost", "refuse"]), max_size=3))
    def send(self, script: list[str]) -> None:
        self.sink.script = list(script)
        self.now += 0.1
        self.outbox.fill()
        try:
            self.outbox.send(self.sink, RUN)
        except SinkError:
            return

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = self.an_outbox()

    @rule()
    def lose_the_mark(self) -> None:
        (self.directory / "w.ack").unlink(missing_ok=True)
        self.restart()

    @rule(share=st.floats(min_value=0, max_value=1))
    @precondition(lambda self: self.sink.rows)
    def forget_what_is_still_in_the_spool(self, share: float) -> None:
        """As a server does whose newest records were not yet safe when it lost power."""
        first = journal.segments(self.directory, "w")[0]
        if number_of(first) > 0:
            return  # older ones are pruned: what the server forgot of them is gone
        keep = int(len(self.sink.rows) * share)
        positions = self.positions()
        self.sink.rows = self.sink.rows[:keep]
        self.sink.position = positions[keep - 1] if keep else 0

    def positions(self) -> list[int]:
        return [
            frame.position
            for path in journal.segments(self.directory, "w")
            for frame in read_segment(path)
        ]

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        assert self.sink.rows == list(range(len(self.sink.rows)))

    def teardown(self) -> None:
        self.append(1)  # what a server forgot is noticed with the next record
        self.spool.close()
        self.sink.script = []
        for _ in range(1000):
            if self.outbox.finish():
                break
            self.now += 1.0
            self.outbox.send(self.sink, RUN)
        self.outbox.close()
        self.folder.cleanup()
        assert self.sink.rows == list(range(self.logged))
        assert self.outbox.gaps == 0
        assert not self.directory.exists()


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
