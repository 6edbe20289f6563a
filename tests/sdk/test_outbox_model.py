"""Whatever happens between spool, outbox and server, each record is stored once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.sdk.journals import keep

from wanllmdb import frame, journal, wire
from wanllmdb.outbox import Outbox
from wanllmdb.segment import number_of, records
from wanllmdb.sink import Ack, GapError, OpenedRun, Pulse, RefusedError, SinkError, UnreachableError
from wanllmdb.spool import Spool


class MemorySink:
    """The contract of a sink in memory, with a script of what goes wrong next."""

    def __init__(self) -> None:
        self.position = 0
        self.rows: list[int] = []
        self.positions: list[int] = []
        self.values: list[dict[str, Any]] = []
        self.tallies: list[Any] = []
        self.poison: set[int] = set()
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
        fresh = [row for row in wire.rows(batch) if row.position > self.position]
        if self.poison.intersection(row.step for row in fresh):
            raise RefusedError(400, "poison", "")
        for position, step, _, values in fresh:
            self.rows.append(step)
            self.positions.append(position)
            self.values.append(values)
        said = wire.picked(batch, (wire.Kind.TALLY,))
        self.tallies += [each.payload for each in said if each.position > self.position]
        torn = [position for position in wire.torn(batch) if position > self.position]
        self.position = max(self.position, batch.end)
        if fault == "lost":
            raise UnreachableError("lost")
        rejected = tuple({"position": position, "code": "damaged"} for position in torn)
        return Ack(self.position, rejected=rejected)

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


LATE = 1_000_000  # steps of rows that arrive in a segment after its end
POISON = set(range(7, 10_000, 23))
SHAPES = {
    "row": lambda n: {f"only-{n}": n * 0.5},
    "narrow": lambda n: {"x": n * 0.5},
    "wide": lambda n: {"x": float(n), "seen": n, "lr": 0.1},
    "text": lambda n: {"x": float(n), "note": "WLSP\x01 is no frame"},
}


class Delivery(RuleBasedStateMachine):
    """Appends, sends that fail in every way, restarts, lost marks, a server that forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = Path(self.folder.name) / "r"
        self.spool = Spool.create(self.directory, {"run": "r"}, writer="w", segment_bytes=3000)
        self.sink = MemorySink()
        self.sink.poison = POISON
        self.logged: list[dict[str, Any]] = []
        self.late = 0
        self.is_to_die = self.dead = False
        self.now = 0.0
        self.outbox = self.an_outbox()

    def an_outbox(self) -> Outbox:
        return Outbox(
            self.directory,
            "w",
            live=lambda: not (self.spool.closed or self.dead),
            adopt=None if self.dead else self.spool.append,
            buries=self.dead,
            clock=lambda: self.now,
        )

    @rule()
    def be_about_to_die(self) -> None:
        """In the end the writer is killed, and another process finishes its journal."""
        self.is_to_die = True

    @rule(shapes=st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=12))
    def append(self, shapes: list[str]) -> None:
        for shape in shapes:
            step = len(self.logged)
            self.logged.append(SHAPES[shape](step))
            assert keep(self.spool, step, self.logged[-1])

    @rule()
    def roll(self) -> None:
        self.spool.roll()

    @rule()
    def name_the_forms_again(self) -> None:
        self.spool._pen.turn()

    @rule()
    def write_late(self) -> None:
        """As a thread does that was about to write when its segment ended."""
        paths = journal.segments(self.directory, "w")
        mould = self.spool.moulds.known.get(("x",))
        if len(paths) < 2 or mould is None:
            return
        payload = mould.payload(LATE + self.late, 0, [0.25])
        fd = os.open(paths[-2], os.O_WRONLY | os.O_APPEND)
        os.write(fd, frame.frame(wire.Kind.VALUES, payload, 1))
        os.close(fd)
        self.late += 1

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
    @precondition(lambda self: self.sink.rows and not self.late)
    def forget_what_is_still_in_the_spool(self, share: float) -> None:
        """As a server does whose newest records were not yet safe when it lost power."""
        first = journal.segments(self.directory, "w")[0]
        if number_of(first) > 0:
            return  # older ones are pruned: what the server forgot of them is gone
        sink, keep = self.sink, int(len(self.sink.rows) * share)
        sink.rows, sink.values = sink.rows[:keep], sink.values[:keep]
        sink.positions = sink.positions[:keep]
        sink.position = sink.positions[-1] if keep else 0

    @property
    def expected(self) -> list[int]:
        return [step for step in range(len(self.logged)) if step not in POISON]

    @invariant()
    def nothing_is_doubled_or_out_of_order_or_another(self) -> None:
        late = [step for step in self.sink.rows if step >= LATE]
        rows = [step for step in self.sink.rows if step < LATE]
        assert rows == self.expected[: len(rows)]
        assert len(late) == len(set(late)) <= self.late
        for step, values in zip(self.sink.rows, self.sink.values, strict=True):
            assert values == ({"x": 0.25} if step >= LATE else self.logged[step])

    def teardown(self) -> None:
        try:
            self.everything_arrives()
        finally:
            self.folder.cleanup()

    def everything_arrives(self) -> None:
        self.append(["narrow"])  # what a server forgot is noticed with the next record
        self.sink.script = []
        if self.is_to_die:
            self.dead = True
            self.restart()
        else:
            self.spool.close()
        for turn in range(1000):
            if self.outbox.finish():
                break
            self.now += 1.0
            self.outbox.send(self.sink, RUN)
            if self.dead and turn % 2:
                self.restart()  # whoever finishes it may be killed, too
        self.outbox.close()
        assert [each["rows"] is None for each in self.sink.tallies] == [self.dead]
        rows = [step for step in self.sink.rows if step < LATE]
        assert rows == self.expected
        late = len(self.sink.rows) - len(rows)
        # What arrived so late that the journal had ended is counted, by who could.
        assert late + self.spool.lost.get("closed", 0) == self.late or self.dead
        assert self.outbox.gaps == 0
        rejected = self.directory / journal.REJECTED
        refused = [payload[0] for _, _, payload in records(rejected)] if rejected.exists() else []
        assert set(refused) == POISON.intersection(range(len(self.logged)))
        assert self.directory.exists() == bool(refused)
        assert self.outbox.damaged == 0


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
