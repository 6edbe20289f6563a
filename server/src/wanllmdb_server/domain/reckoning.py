"""Reckoning: the receipt of a run, from what its writers said and what the store counted.

Every reason says in words what is wrong, and what can be done about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wanllmdb_server.domain.receipt import (
    ANSWERED_PREFIX,
    NO_HISTORY,
    Count,
    Heard,
    LostValues,
    Reason,
    Receipt,
    State,
    Tally,
    WriterAccount,
    WriterTotals,
)
from wanllmdb_server.domain.run import CRASHED_AFTER_S


def receipt_of(
    heard: Heard,
    totals: Mapping[str, WriterTotals],
    count: Count | None = None,
    noticed: Sequence[str] = (),
) -> Receipt:
    """The account of a run; with `count` it is one of the points that are there now.

    Without it, `noticed` is what was found damaged so far.
    """
    totals = totals if count is None else count.writers
    damaged = tuple(noticed) if count is None else count.damaged
    writers = _accounts(heard, totals)
    values = _values_lost(heard)
    wrong = [
        *_rows_wrong(heard, writers),
        *_values_wrong(totals, values),
        *_points_wrong(count, damaged),
    ]
    unsaid = [] if wrong and heard.ended else _unsaid(heard, writers)
    state = State.OPEN if unsaid else State.INCOMPLETE if wrong else State.COMPLETE
    return Receipt(
        state=state,
        rows=_sum(each.said for each in writers),
        logged=_logged(heard, writers),
        stored=sum(each.stored or 0 for each in writers),
        lost=_by_reason(heard, values),
        points=_sum(each.points for each in totals.values()),
        found=None if count is None else count.points,
        damaged=damaged,
        reasons=(*wrong, *unsaid),
        notes=(*_notes(writers), *_released(count)),
        writers=writers,
    )


def _accounts(heard: Heard, totals: Mapping[str, WriterTotals]) -> tuple[WriterAccount, ...]:
    tallies = {each.writer: each for each in heard.tallies}
    return tuple(
        _account(writer, heard.announced.get(writer, ""), tallies.get(writer), totals.get(writer))
        for writer in sorted({*totals, *tallies, *heard.announced})
    )


def _account(
    writer: str, label: str, tally: Tally | None, kept: WriterTotals | None
) -> WriterAccount:
    stored = 0 if kept is None else kept.rows
    return WriterAccount(
        writer,
        label=label,
        killed=tally is not None and tally.killed,
        said=_said(writer, tally, stored),
        stored=stored,
        lost=0 if tally is None else sum(tally.lost.values()),
        points=0 if kept is None else kept.points,
    )


def _said(writer: str, tally: Tally | None, stored: int | None) -> int | None:
    """How many rows there were to store.

    Of a killed writer that is what its journal held: what is stored. What was damaged in it
    is among the refused.
    """
    if tally is None:
        return stored if writer.startswith(ANSWERED_PREFIX) else None
    if tally.rows is None:
        return None if stored is None else stored + sum(tally.lost.values())
    return tally.rows


def _logged(heard: Heard, writers: Iterable[WriterAccount]) -> int | None:
    logged = {tally.writer: tally.logged for tally in heard.tallies}
    return _sum(
        each.stored if each.writer.startswith(ANSWERED_PREFIX) else logged.get(each.writer)
        for each in writers
    )


def _notes(writers: Iterable[WriterAccount]) -> Iterable[str]:
    for each in writers:
        if each.killed:
            yield (
                f"writer {_named(each)} was killed before it could say its total;"
                " another process read its journal to the end"
            )


def _released(count: Count | None) -> Iterable[str]:
    if count is not None and count.released:
        yield f"{_many(count.released, 'point')} were deleted by the retention of the project"


def _values_lost(heard: Heard) -> list[LostValues]:
    """The losses that are not among the rows of a tally: those are told in both ways."""
    tallied = {(tally.writer, reason) for tally in heard.tallies for reason in tally.lost}
    return [each for each in heard.losses if (each.writer, each.reason) not in tallied]


def _by_reason(heard: Heard, values: Iterable[LostValues]) -> dict[str, int]:
    lost: dict[str, int] = {}
    rows = ((reason, n) for tally in heard.tallies for reason, n in tally.lost.items())
    for reason, n in (*rows, *((each.reason, each.count) for each in values)):
        lost[reason] = lost.get(reason, 0) + n
    return lost


def _rows_wrong(heard: Heard, writers: Iterable[WriterAccount]) -> Iterable[Reason]:
    details = {(each.writer, each.reason): each.detail for each in heard.losses}
    for tally in heard.tallies:
        for reason, n in tally.lost.items():
            yield Reason(
                reason,
                n,
                f"{_many(n, 'row')} never reached the disk of the writer: {_told(reason)}",
                details.get((tally.writer, reason), ""),
            )
    for each in writers:
        if each.said is None or each.stored is None:
            continue
        missing = each.said - each.lost - each.stored
        if missing > 0:
            yield Reason(
                "missing",
                missing,
                f"{_many(missing, 'row')} of writer {_named(each)} are not here",
                remedy=_sync(heard.host),
            )
        elif missing < 0:
            yield Reason(
                "surplus",
                -missing,
                f"{_many(-missing, 'row')} more came of writer {_named(each)} than it said",
            )


def _values_wrong(
    totals: Mapping[str, WriterTotals], values: Iterable[LostValues]
) -> Iterable[Reason]:
    counted: dict[str, Reason] = {}
    for each in values:
        before = counted.get(each.reason)
        n = each.count + (before.count or 0 if before else 0)
        text = f"{_many(n, 'value')} could not be kept: {_told(each.reason)}"
        if each.reason == NO_HISTORY:
            text = _told(each.reason)
        detail = (before.detail if before else "") or each.detail
        counted[each.reason] = Reason(each.reason, n, text, detail)
    yield from counted.values()
    refused = sum(each.refused or 0 for each in totals.values())
    if refused:
        yield Reason(
            "refused",
            refused,
            f"{_many(refused, 'value')} were refused: "
            "damaged, not a row, or beyond what a run can hold",
        )


def _points_wrong(count: Count | None, damaged: Sequence[str]) -> Iterable[Reason]:
    for each in damaged:
        yield Reason("damaged", None, f"{each} can no longer be read", remedy=_RESTORE)
    if count is None:
        return
    counted = _sum(each.points for each in count.writers.values())
    there = count.points + count.released
    if counted is not None and counted > there:
        gone = counted - there
        yield Reason(
            "points-gone",
            gone,
            f"{_many(gone, 'point')} of {_figure(counted)} that were taken are not there",
            remedy=_RESTORE,
        )
    elif counted is not None and counted < there:
        more = there - counted
        yield Reason("points-surplus", more, f"{_many(more, 'point')} more than were taken")


def _unsaid(heard: Heard, writers: Iterable[WriterAccount]) -> list[Reason]:
    """Why nothing final can be said yet."""
    if not heard.ended:
        silent = heard.tallies and all(each.killed for each in heard.tallies)
        text = "the run has not ended"
        if silent:
            text += f": what was killed has ended {CRASHED_AFTER_S:g} s after it was last heard"
        return [Reason("running", None, text)]
    unsaid: list[Reason] = []
    for each in writers:
        if each.said is None and not each.killed:
            unsaid.append(
                Reason(
                    "no-total",
                    None,
                    f"writer {_named(each)} said no total: it was killed before it could, "
                    "or the rest of it is still to come",
                    remedy=_sync(heard.host),
                )
            )
        elif each.stored is None:
            text = f"writer {_named(each)} began before this server counted what it takes"
            unsaid.append(Reason("not-counted", None, text))
    return unsaid


_RESTORE: Final = "Restore the data directory from a backup."

_TOLD: Final[Mapping[str, str]] = {
    "disk": "its disk was full or failed for longer than its memory lasted",
    "closed": "logged after the run was finished",
    "too-large": "larger than a record may be",
    "unspoolable": "it could not be written down",
    "unloggable": "of a type that cannot be kept",
    "raised": "reading it raised an error",
    "key-too-long": "the key was too long, and was cut",
    "too-many-keys": "the run had as many keys as it may have",
    "bad-step": "their step was no integer, and was taken as the nearest one",
    "fault": "a fault inside wanLLMDB",
    NO_HISTORY: "the history that it was to begin with is not here",
    "console": "printed faster than it could be kept",
    "slow-disk": "its disk was too slow, for longer than its memory lasted",
    "spool-limit": "thinned, as the folder of the run was as large as it may be",
    "spool-limit-values": "thinned, as the folder of the run was as large as it may be",
    "spool-limit-console": "printed while the folder of the run was as large as it may be",
    "spool-limit-system": "measured while the folder of the run was as large as it may be",
    "spool-limit-media": "the folder of the run was as large as it may be",
}


def _told(reason: str) -> str:
    return _TOLD.get(reason, reason)


def _named(writer: WriterAccount) -> str:
    return f"{writer.label} ({writer.writer})" if writer.label else writer.writer


def _sync(host: str | None) -> str:
    place = f"on host {host}" if host else "on the machine where it ran"
    return f"If the folder of the writer is still {place}, run: wanllmdb sync"


def _many(count: int, thing: str) -> str:
    return f"{_figure(count)} {thing}{'' if count == 1 else 's'}"


def _figure(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; None if one of them is not known."""
    total = 0
    for each in counts:
        if each is None:
            return None
        total += each
    return total
