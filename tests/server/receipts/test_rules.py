"""The account of a run: what is complete, what is not and why, and what cannot be said yet."""

from __future__ import annotations

from typing import Any

import pytest

from wanllmdb_server.domain.receipt import (
    Count,
    Heard,
    LostValues,
    Receipt,
    State,
    Tally,
    WriterTotals,
)
from wanllmdb_server.domain.reckoning import receipt_of


def heard(*tallies: Tally, ended: bool = True, **more: Any) -> Heard:
    told: dict[str, Any] = {"host": None, "losses": (), "announced": {}}
    return Heard(ended=ended, tallies=tallies, **(told | more))


def kept(rows: int | None, points: int | None = 0, refused: int = 0) -> WriterTotals:
    return WriterTotals(rows or 0, rows, points, refused)


def codes(receipt: Receipt) -> list[tuple[str, int | None]]:
    return [(reason.code, reason.count) for reason in receipt.reasons]


def test_a_run_whose_writers_said_what_is_stored_is_complete() -> None:
    told = heard(Tally("a", 10, {}), Tally("b", 5, {}), announced={"a": "", "b": ""})
    receipt = receipt_of(told, {"a": kept(10, 40), "b": kept(5, 5)})
    assert (receipt.state, receipt.reasons) == (State.COMPLETE, ())
    assert (receipt.rows, receipt.stored, receipt.lost) == (15, 15, {})
    assert (receipt.points, receipt.found, receipt.damaged) == (45, None, ())
    assert [(w.writer, w.said, w.stored) for w in receipt.writers] == [("a", 10, 10), ("b", 5, 5)]


def test_a_writer_of_nothing_is_complete() -> None:
    receipt = receipt_of(heard(Tally("a", 0, {}), announced={"a": ""}), {})
    assert (receipt.state, receipt.rows, receipt.stored) == (State.COMPLETE, 0, 0)


def test_points_that_were_answered_one_by_one_need_no_tally() -> None:
    receipt = receipt_of(heard(), {"json-7-batch": kept(3, 3), "json-x": kept(0)})
    assert (receipt.state, receipt.rows, receipt.stored) == (State.COMPLETE, 3, 3)
    assert receipt.points == 3


def test_rows_that_never_reached_the_disk_are_lost_by_reason() -> None:
    told = heard(
        Tally("a", 100, {"disk": 12, "too-large": 1}),
        losses=[LostValues("a", "disk", 12, "No space left on device")],
    )
    receipt = receipt_of(told, {"a": kept(87)})
    assert receipt.state is State.INCOMPLETE
    assert codes(receipt) == [("disk", 12), ("too-large", 1)]
    assert receipt.lost == {"disk": 12, "too-large": 1}  # told twice, counted once
    assert receipt.reasons[0].detail == "No space left on device"
    assert receipt.reasons[0].text.startswith("12 rows never reached the disk of the writer")
    assert receipt.reasons[1].text.startswith("1 row never")


def test_the_same_reason_of_another_writer_is_another_loss() -> None:
    told = heard(
        Tally("a", 10, {"disk": 2}), Tally("b", 10, {}), losses=[LostValues("b", "disk", 3)]
    )
    receipt = receipt_of(told, {"a": kept(8), "b": kept(10)})
    assert codes(receipt) == [("disk", 2), ("disk", 3)]
    assert receipt.lost == {"disk": 5}


def test_rows_that_are_not_here_are_missing_and_it_is_said_where_they_may_be() -> None:
    receipt = receipt_of(heard(Tally("a", 4200, {"disk": 7}), host="node7"), {"a": kept(70)})
    assert receipt.state is State.INCOMPLETE
    assert codes(receipt) == [("disk", 7), ("missing", 4123)]
    assert receipt.reasons[1].text == "4 123 rows of writer a are not here"
    assert "node7" in receipt.reasons[1].remedy
    assert "wanllmdb sync" in receipt.reasons[1].remedy


def test_more_rows_than_were_said_are_not_complete() -> None:
    receipt = receipt_of(heard(Tally("a", 10, {})), {"a": kept(11)})
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("surplus", 1)])


def test_values_that_could_not_be_kept_are_told_with_an_example() -> None:
    losses = [
        LostValues("a", "unloggable", 2, "'x' has a lock"),
        LostValues("a", "unloggable", 3, "'y' has a socket"),
        LostValues("a", "of a later version", 1),
    ]
    receipt = receipt_of(heard(Tally("a", 10, {}), losses=losses), {"a": kept(10)})
    assert receipt.state is State.INCOMPLETE
    assert codes(receipt) == [("unloggable", 5), ("of a later version", 1)]
    assert receipt.reasons[0].detail == "'x' has a lock"
    assert "of a later version" in receipt.reasons[1].text


def test_values_that_the_store_refused_are_told() -> None:
    receipt = receipt_of(heard(Tally("a", 10, {})), {"a": kept(10, refused=4)})
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("refused", 4)])


def test_a_run_that_goes_on_is_open_whatever_is_lost() -> None:
    told = heard(ended=False, losses=[LostValues("a", "disk", 3)], announced={"a": ""})
    receipt = receipt_of(told, {"a": kept(10)})
    assert receipt.state is State.OPEN
    assert codes(receipt) == [("disk", 3), ("running", None)]
    assert (receipt.rows, receipt.stored) == (None, 10)


@pytest.mark.parametrize("announced", [{"a": "", "b": ""}, {"a": ""}])
def test_a_writer_that_said_no_total_leaves_the_account_open(announced: dict[str, str]) -> None:
    totals = {"a": kept(10)} | ({} if "b" in announced else {"b": kept(3)})
    receipt = receipt_of(heard(Tally("a", 10, {}), announced=announced), totals)
    assert (receipt.state, codes(receipt)) == (State.OPEN, [("no-total", None)])
    assert "writer b" in receipt.reasons[0].text


def test_what_is_known_to_be_lost_closes_the_account_of_a_run_that_has_ended() -> None:
    told = heard(Tally("a", 10, {"disk": 2}), announced={"a": "", "b": ""})
    receipt = receipt_of(told, {"a": kept(8)})
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("disk", 2)])


def test_a_writer_from_before_the_counting_leaves_the_account_open() -> None:
    receipt = receipt_of(heard(Tally("a", 10, {})), {"a": kept(None, None)})
    assert (receipt.state, codes(receipt)) == (State.OPEN, [("not-counted", None)])
    assert receipt.points is None


def test_a_count_that_finds_what_was_taken_is_the_proof() -> None:
    totals = {"a": kept(10, 30)}
    receipt = receipt_of(heard(Tally("a", 10, {})), {}, Count(30, (), totals))
    assert (receipt.state, receipt.points, receipt.found) == (State.COMPLETE, 30, 30)


def test_points_that_are_gone_and_damage_are_told() -> None:
    count = Count(18, ("The values of loss (body 7)",), {"a": kept(10, 30)})
    receipt = receipt_of(heard(Tally("a", 10, {})), {}, count)
    assert receipt.state is State.INCOMPLETE
    assert codes(receipt) == [("damaged", None), ("points-gone", 12)]
    assert receipt.reasons[0].text == "The values of loss (body 7) can no longer be read"
    assert "backup" in receipt.reasons[0].remedy


def test_points_beyond_those_that_were_taken_are_told() -> None:
    receipt = receipt_of(heard(Tally("a", 1, {})), {}, Count(31, (), {"a": kept(1, 30)}))
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("points-surplus", 1)])


def test_points_that_nobody_counted_prove_nothing_against_the_run() -> None:
    count = Count(31, (), {"a": kept(None, None)})
    receipt = receipt_of(heard(Tally("a", 1, {})), {}, count)
    assert (receipt.state, codes(receipt)) == (State.OPEN, [("not-counted", None)])


def test_rows_that_were_logged_are_told_from_those_that_the_machine_made() -> None:
    told = heard(Tally("a", 1010, {}, logged=1000), Tally("b", 7, {}, logged=5))
    totals = {"a": kept(1010), "b": kept(7), "json-1": kept(3)}
    receipt = receipt_of(told, totals)
    assert (receipt.state, receipt.stored, receipt.logged) == (State.COMPLETE, 1020, 1008)
    older = receipt_of(heard(Tally("a", 1010, {}), Tally("b", 7, {}, logged=5)), totals)
    assert (older.state, older.logged) == (State.COMPLETE, None)


def test_what_a_killed_writer_had_on_its_disk_is_all_that_it_wrote() -> None:
    told = heard(Tally("a", None, {}), announced={"a": "rank 3"})
    receipt = receipt_of(told, {"a": kept(1000)})
    assert (receipt.state, receipt.reasons) == (State.COMPLETE, ())
    assert (receipt.rows, receipt.stored, receipt.logged) == (1000, 1000, None)
    [writer] = receipt.writers
    assert (writer.label, writer.killed, writer.said) == ("rank 3", True, 1000)
    [note] = receipt.notes
    assert note.startswith("writer rank 3 (a) was killed")
    assert "read its journal to the end" in note


def test_a_killed_writer_whose_journal_was_damaged_is_not_complete() -> None:
    receipt = receipt_of(heard(Tally("a", None, {})), {"a": kept(999, refused=1)})
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("refused", 1)])
    assert "damaged" in receipt.reasons[0].text


def test_a_killed_writer_that_told_of_a_loss_is_not_complete() -> None:
    told = heard(Tally("a", None, {}), losses=[LostValues("a", "disk", 3)])
    receipt = receipt_of(told, {"a": kept(999)})
    assert (receipt.state, codes(receipt)) == (State.INCOMPLETE, [("disk", 3)])


def test_a_killed_writer_from_before_the_counting_leaves_the_account_open() -> None:
    receipt = receipt_of(heard(Tally("a", None, {})), {"a": kept(None, None)})
    assert (receipt.state, codes(receipt)) == (State.OPEN, [("not-counted", None)])


def test_a_killed_run_is_open_until_its_silence_has_lasted() -> None:
    receipt = receipt_of(heard(Tally("a", None, {}), ended=False), {"a": kept(5)})
    assert (receipt.state, codes(receipt)) == (State.OPEN, [("running", None)])
    assert receipt.reasons[0].text.endswith("s after it was last heard")
