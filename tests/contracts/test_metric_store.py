"""What every MetricStore promises: one suite, run against each of them."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.contracts.stores import RUN, T0, Writer, pack

from wanllmdb.wire import MAX_DEPTH, MAX_KEY_BYTES, Kind, WireError
from wanllmdb_server.domain.series import Curve, KeyStats, Points, Series, Window
from wanllmdb_server.metrics.store import MetricStore, PositionGapError

LOSS = Series(RUN, "loss")
ALL = Window()


async def draw(store: MetricStore, buckets: int = 10_000, window: Window = ALL) -> Curve:
    [curve] = await store.curves([LOSS], window, buckets)
    return curve


async def stats(store: MetricStore, key: str = "loss") -> KeyStats:
    [found] = (await store.keys([RUN], [key]))[RUN]
    return found


async def everything(store: MetricStore, series: Series = LOSS, limit: int = 1000) -> Points:
    return await store.points(series, ALL, limit=limit)


# -- what is kept


async def test_rows_are_visible_to_every_question_when_append_returns(store: MetricStore) -> None:
    accepted = await Writer(store).log((1, {"loss": 0.5}), (2, {"loss": 0.25}))
    assert (accepted.position, accepted.rows, accepted.rejected) == (2, 2, [])
    assert (await draw(store)).last.tolist() == [0.5, 0.25]
    assert (await everything(store)).value == [0.5, 0.25]
    assert (await stats(store)).last == 0.25
    [tail] = await store.tail([LOSS], [0])
    assert tail.value.tolist() == [0.5, 0.25]
    assert await store.positions(RUN) == {"w": 2}


async def test_a_batch_sent_twice_is_kept_once(store: MetricStore) -> None:
    batch = Writer(store).batch([(1, {"loss": 0.5}), (2, {"loss": 0.4})])
    first = await store.append(RUN, batch)
    again = await store.append(RUN, batch)
    assert (first.position, first.rows) == (2, 2)
    assert (again.position, again.rows) == (2, 0)
    assert (await everything(store)).value == [0.5, 0.4]


async def test_of_an_overlapping_batch_only_the_new_rows_are_kept(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log((1, {"loss": 0.5}), (2, {"loss": 0.4}))
    overlap = pack(
        [(at, Kind.ROW, (at, T0, {"loss": 1.0 / at})) for at in (2, 3, 4)], start=1, writer="w"
    )
    accepted = await store.append(RUN, overlap)
    assert (accepted.position, accepted.rows) == (4, 2)
    assert (await everything(store)).value == [0.5, 0.4, 1 / 3, 0.25]


async def test_a_batch_behind_a_gap_is_refused_with_the_position_that_is_expected(
    store: MetricStore,
) -> None:
    writer = Writer(store)
    await writer.log((1, {"loss": 0.5}))
    writer.position = 5
    with pytest.raises(PositionGapError) as caught:
        await writer.log((2, {"loss": 0.4}))
    assert caught.value.expected == 1
    assert await store.positions(RUN) == {"w": 1}
    assert (await stats(store)).logged == 1


async def test_a_writer_never_seen_begins_at_zero(store: MetricStore) -> None:
    writer = Writer(store)
    writer.position = 3
    with pytest.raises(PositionGapError) as caught:
        await writer.log((1, {"loss": 0.5}))
    assert caught.value.expected == 0


async def test_writers_of_one_run_have_positions_of_their_own(store: MetricStore) -> None:
    for name, value in (("rank-0", 1.0), ("rank-1", 2.0)):
        await Writer(store, name=name).log((1, {"loss": value}))
    assert await store.positions(RUN) == {"rank-0": 1, "rank-1": 1}
    assert await store.positions(RUN, ["rank-1", "nobody"]) == {"rank-1": 1}
    assert (await everything(store)).value == [1.0, 2.0]


async def test_batches_sent_at_once_are_each_kept_once(store: MetricStore) -> None:
    writers = [Writer(store, name=f"rank-{n}") for n in range(5)]
    batches = []
    for writer in writers:
        for step in range(10):
            batches.append(writer.batch([(step, {"loss": float(step)})]))
            writer.position += 1
    await asyncio.gather(*(store.append(RUN, batch) for batch in batches * 2))
    assert (await stats(store)).logged == 50
    assert set((await store.positions(RUN)).values()) == {10}


async def test_records_of_other_kinds_only_move_the_position(store: MetricStore) -> None:
    records = [
        (1, Kind.CONFIG, {"set": {"lr": 0.1}}),
        (2, Kind.ROW, (1, T0, {"loss": 0.5})),
        (3, Kind.SUMMARY, {"set": {"best": 0.5}}),
        (4, 40, "something of a later version"),
    ]
    accepted = await store.append(RUN, pack(records))
    assert (accepted.position, accepted.rows, accepted.rejected) == (4, 1, [])
    assert [found.key for found in (await store.keys([RUN]))[RUN]] == ["loss"]


async def test_what_was_printed_and_measured_is_kept_as_rows(store: MetricStore) -> None:
    records = [
        (1, Kind.SYSTEM, (7, T0, {"system/cpu": 0.5})),
        (2, Kind.CONSOLE, ("stdout", 3, T0, "epoch 1")),
        (3, Kind.CONSOLE, ("elsewhere", 3, T0, "?")),
    ]
    accepted = await store.append(RUN, pack(records))
    assert (accepted.position, accepted.rows) == (3, 2)
    assert [(place, code) for place, code, _ in accepted.rejected] == [(3, "malformed-row")]
    found = {each.key for each in (await store.keys([RUN]))[RUN]}
    assert found == {"system/cpu", "console/stdout/w"}


async def test_a_batch_without_rows_moves_the_position(store: MetricStore) -> None:
    accepted = await store.append(RUN, pack([(9, Kind.CONFIG, {"set": {}})]))
    assert (accepted.position, accepted.rows) == (9, 0)
    assert await store.positions(RUN) == {"w": 9}
    assert await store.keys([RUN]) == {RUN: []}


async def test_a_damaged_body_is_refused_and_nothing_of_it_kept(store: MetricStore) -> None:
    batch = Writer(store).batch([(1, {"loss": 0.5})])
    for damaged in (
        replace(batch, body=batch.body[:-3]),
        replace(batch, body=b""),
        replace(batch, body=bytes(len(batch.body))),
        replace(batch, count=2),
        replace(batch, end=7),
    ):
        with pytest.raises(WireError):
            await store.append(RUN, damaged)
    assert await store.positions(RUN) == {}
    assert await store.keys([RUN]) == {RUN: []}


async def test_a_forgotten_run_is_as_if_it_had_never_been(store: MetricStore) -> None:
    await Writer(store).log_series([0.5] * 150)
    await Writer(store, run=8).log((1, {"loss": 8.0}))
    await store.forget(RUN)
    await store.forget(RUN)
    assert await store.positions(RUN) == {}
    assert await store.keys([RUN, 8]) == {RUN: [], 8: [(await store.keys([8]))[8][0]]}
    assert (await draw(store)).logged == 0
    assert (await everything(store)).value == []
    await Writer(store).log((5, {"loss": 0.1}))
    assert (await everything(store)).value == [0.1]


# -- values


async def test_nan_and_infinities_are_counted_and_never_among_low_high_and_mean(
    store: MetricStore,
) -> None:
    values = [1.0, math.nan, 3.0, math.inf, -math.inf, math.nan]
    await Writer(store).log(*[(1, {"loss": value}) for value in values])
    curve = await draw(store)
    assert (curve.low[0], curve.high[0], curve.mean[0]) == (1.0, 3.0, 2.0)
    assert (curve.count[0], curve.nan[0], curve.posinf[0], curve.neginf[0]) == (2, 2, 1, 1)
    assert math.isnan(curve.last[0])
    found = await stats(store)
    assert (found.low, found.high, found.mean) == (1.0, 3.0, 2.0)
    assert (found.nan, found.posinf, found.neginf) == (2, 1, 1)
    assert str((await everything(store)).value) == str(values)


async def test_a_series_of_nothing_finite_has_no_low_high_or_mean(store: MetricStore) -> None:
    await Writer(store).log((1, {"loss": math.inf}), (2, {"loss": math.nan}))
    found = await stats(store)
    assert (found.low, found.high, found.mean) == (None, None, None)
    curve = await draw(store)
    assert np.isnan(curve.low).all()
    assert np.isnan(curve.mean).all()
    assert curve.count.tolist() == [0, 0]


async def test_booleans_are_numbers(store: MetricStore) -> None:
    await Writer(store).log((1, {"loss": True}), (2, {"loss": False}))
    assert (await stats(store)).kind == "number"
    assert (await draw(store)).last.tolist() == [1.0, 0.0]


async def test_points_give_large_integers_back_exactly(store: MetricStore) -> None:
    values = [2**53 + 1, -(2**53) - 1, 2**64 - 1, -(2**63), 3]
    await Writer(store).log(*[(step, {"loss": value}) for step, value in enumerate(values)])
    assert (await everything(store)).value == values
    assert (await draw(store)).last.tolist() == [float(value) for value in values]


async def test_floats_come_back_bit_for_bit(store: MetricStore) -> None:
    values = [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3, -1e-300]
    await Writer(store).log(*[(step, {"loss": value}) for step, value in enumerate(values)])
    found = (await everything(store)).value
    assert [value.hex() for value in found] == [value.hex() for value in values]


async def test_nested_values_are_flattened_into_their_keys(store: MetricStore) -> None:
    await Writer(store).log((1, {"train": {"loss": 0.5, "by": {"head": 2}}, "_step": 3}))
    found = (await store.keys([RUN]))[RUN]
    assert [(each.key, each.last) for each in found] == [
        ("_step", 3.0),
        ("train.by.head", 2.0),
        ("train.loss", 0.5),
    ]


async def test_what_is_no_number_is_an_object_and_comes_back_as_it_was(store: MetricStore) -> None:
    image = {"_type": "image-file", "path": "media/a.png", "size": {"w": 2}}
    values = ["text", None, [1, [2.5, "x"], {"a": None}], {}, image]
    await Writer(store).log(*[(step, {"loss": value}) for step, value in enumerate(values)])
    assert (await everything(store)).value == values
    found = await stats(store)
    assert (found.kind, found.logged, found.last) == ("object", 5, image)
    assert (found.first_step, found.last_step, found.last_time) == (0, 4, T0 + 5000)
    curve = await draw(store)
    assert (curve.logged, len(curve.bin)) == (0, 0)


async def test_an_object_of_any_size_is_the_last_value(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log((1, {"loss": "short"}), (2, {"loss": "long" * 20_000}), (0, {"loss": "late"}))
    await writer.log((1, {"loss": "again"}))
    assert (await stats(store)).last == "long" * 20_000
    assert [len(value) for value in (await everything(store)).value] == [4, 5, 5, 80_000]


async def test_a_key_of_numbers_and_objects_is_a_series_of_numbers_with_objects_among_its_points(
    store: MetricStore,
) -> None:
    await Writer(store).log((1, {"loss": "n/a"}), (2, {"loss": 0.5}), (3, {"loss": None}))
    found = await stats(store)
    assert (found.kind, found.logged, found.last) == ("number", 1, 0.5)
    assert (await everything(store)).value == ["n/a", 0.5, None]
    assert (await draw(store)).logged == 1


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


async def test_what_cannot_be_kept_is_rejected_value_by_value(store: MetricStore) -> None:
    long = "k" * (MAX_KEY_BYTES + 1)
    rows: list[tuple[int, int, Any]] = [
        (1, Kind.ROW, (1, T0, {"loss": 0.5, long: 1.0})),
        (2, Kind.ROW, (2, T0, {"loss": 0.25, "deep": nested(MAX_DEPTH + 1), 3: "no text"})),
        (3, Kind.ROW, (1 << 63, T0, {"loss": 9.0})),
        (4, Kind.ROW, "no row"),
        (5, Kind.ROW, (3, T0, {"loss": 0.125, "bytes": b"raw", "deep": nested(MAX_DEPTH)})),
    ]
    accepted = await store.append(RUN, pack(rows))
    assert (accepted.position, accepted.rows) == (5, 3)
    assert sorted((position, code) for position, code, _ in accepted.rejected) == [
        (1, "bad-key"),
        (2, "bad-key"),
        (2, "too-deep"),
        (3, "malformed-row"),
        (4, "malformed-row"),
        (5, "bad-value"),
    ]
    assert (await everything(store)).value == [0.5, 0.25, 0.125]
    assert [found.key for found in (await store.keys([RUN]))[RUN]] == ["deep", "loss"]


async def test_the_longest_key_is_a_key(store: MetricStore) -> None:
    key = "é" * (MAX_KEY_BYTES // 2)
    accepted = await Writer(store).log((1, {key: 0.5}))
    assert accepted.rejected == []
    assert (await stats(store, key)).last == 0.5


@pytest.mark.parametrize("key", ["", ".", "a\0b", "tab\t\"quote\" 'x'", "日本/損失", "🙂"])
async def test_a_key_may_be_any_text(store: MetricStore, key: str) -> None:
    await Writer(store).log((1, {key: 0.5, f"{key}2": "object"}))
    assert [each.key for each in (await store.keys([RUN]))[RUN]] == [key, f"{key}2"]
    [curve] = await store.curves([Series(RUN, key)], ALL, 10)
    assert curve.last.tolist() == [0.5]


# -- curves


async def test_steps_may_repeat_jump_and_go_back(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log((5, {"loss": 1.0}), (5, {"loss": 2.0}), (-3, {"loss": 3.0}))
    await writer.log((10**12, {"loss": 4.0}), (5, {"loss": 0.5}), (0, {"loss": 6.0}))
    assert (await everything(store)).step == [-3, 0, 5, 5, 5, 10**12]
    assert (await everything(store)).value == [3.0, 6.0, 1.0, 2.0, 0.5, 4.0]
    curve = await draw(store, window=Window(None, 100))
    assert curve.width == 1
    assert curve.step.tolist() == [-3, 0, 5]
    assert curve.last.tolist() == [3.0, 6.0, 0.5]
    assert (curve.low[2], curve.high[2], curve.count[2]) == (0.5, 2.0, 3)
    assert (curve.time - T0).tolist() == [3000, 6000, 5000]
    found = await stats(store)
    assert (found.first_step, found.last_step, found.last, found.logged) == (-3, 10**12, 4.0, 6)


async def test_the_extreme_steps_of_64_bits_are_steps(store: MetricStore) -> None:
    low, high = -(1 << 63), (1 << 63) - 1
    await Writer(store).log((high, {"loss": 1.0}), (low, {"loss": 2.0}), (0, {"loss": 3.0}))
    assert (await everything(store)).step == [low, 0, high]
    for buckets in (1, 2, 10, 10_000):
        curve = await draw(store, buckets)
        assert curve.count.sum() == 3
        assert len(curve.bin) <= max(buckets, 2)
        assert (curve.bin == [step // curve.width for step in curve.step.tolist()]).all()


async def test_a_spike_is_in_the_curve_at_every_zoom(store: MetricStore) -> None:
    values = [1.0] * 3000
    values[1234], values[77] = 99.0, -99.0
    await Writer(store).log_series(values)
    for buckets in (1, 2, 3, 10, 50, 188, 189, 400, 3000):
        curve = await draw(store, buckets)
        assert len(curve.bin) <= buckets
        assert (curve.high.max(), curve.low.min()) == (99.0, -99.0)
        assert curve.bin[curve.high.argmax()] == 1234 // curve.width
        assert curve.count.sum() == curve.logged == 3000
        assert np.average(curve.mean, weights=curve.count) == pytest.approx(1.0 - 2 / 3000)


async def test_nan_and_infinities_are_counted_exactly_at_every_zoom(store: MetricStore) -> None:
    values = [math.nan if n % 7 == 0 else math.inf if n % 11 == 0 else 1.0 for n in range(2000)]
    await Writer(store).log_series(values)
    for buckets in (1, 5, 60, 500, 2000):
        curve = await draw(store, buckets)
        assert curve.nan.sum() == sum(map(math.isnan, values))
        assert curve.posinf.sum() == values.count(math.inf)
        assert curve.neginf.sum() == 0
        assert curve.count.sum() == values.count(1.0)


async def test_all_series_of_a_question_share_the_finest_grid_that_fits(store: MetricStore) -> None:
    await Writer(store).log_series(range(100), key="loss")
    await Writer(store, name="b").log_series(range(10), key="acc", first=1000)
    both = [LOSS, Series(RUN, "acc"), Series(RUN, "nobody"), LOSS]
    curves = await store.curves(both, ALL, 64)
    assert [curve.series for curve in curves] == both
    assert {curve.width for curve in curves} == {16}
    assert curves[0].bin.tolist() == list(range(7))
    assert curves[1].bin.tolist() == [62, 63]
    assert curves[3].bin.tolist() == curves[0].bin.tolist()
    [alone] = await store.curves([Series(RUN, "acc")], ALL, 64)
    assert alone.width == 1


async def test_a_bucket_is_aligned_to_step_zero_and_whole_whatever_the_window(
    store: MetricStore,
) -> None:
    await Writer(store).log_series([float(n) for n in range(1000)])
    whole = await draw(store, 100)
    cut = await draw(store, 30, Window(100, 500))
    assert whole.width == cut.width == 16
    assert cut.bin.tolist() == list(range(6, 32))
    at = slice(6, 32)
    for name in ("bin", "step", "time", "last", "low", "high", "mean", "count"):
        assert (getattr(whole, name)[at] == getattr(cut, name)).all(), name
    assert cut.logged == 1000


async def test_a_window_without_points_is_an_empty_curve(store: MetricStore) -> None:
    await Writer(store).log_series(range(10))
    for window in (Window(100, None), Window(None, -1), Window(5, 4)):
        curve = await draw(store, 10, window)
        assert (len(curve.bin), curve.width, curve.logged) == (0, 1, 10)


async def test_a_series_that_nobody_logged_is_an_empty_curve(store: MetricStore) -> None:
    curve = await draw(store)
    assert (len(curve.bin), curve.logged, curve.width) == (0, 0, 1)
    assert curve.bin.dtype == np.int64
    assert curve.mean.dtype == np.float64
    assert curve.count.dtype == np.uint32
    assert await store.curves([], ALL, 10) == []


async def test_the_mean_of_a_bucket_lies_between_its_low_and_high(store: MetricStore) -> None:
    for at, value in enumerate((0.1, 1e308, -1.7976931348623157e308, 5e-324)):
        await Writer(store, run=at).log(*[(1, {"loss": value})] * 3)
        [curve] = await store.curves([Series(at, "loss")], ALL, 10)
        assert curve.low[0] == curve.mean[0] == curve.high[0] == value


# -- points, page after page


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_pages_of_points_follow_each_other_without_loss_or_repetition(
    store: MetricStore, limit: int
) -> None:
    writer = Writer(store)
    rows: list[tuple[int, dict[str, Any]]] = [
        (step // 4, {"loss": float(step)} if step % 3 else {"loss": f"text {step}"})
        for step in range(20)
    ]
    await writer.log(*rows[10:])
    await writer.log(*rows[:10])
    whole = await everything(store)
    assert whole.cursor is None
    assert sorted(map(str, whole.value)) == sorted(str(row["loss"]) for _, row in rows)
    steps, values, cursor = [], [], None
    while True:
        page = await store.points(LOSS, ALL, limit=limit, cursor=cursor)
        assert len(page.step) == len(page.time) == len(page.value) <= limit
        steps += page.step
        values += page.value
        cursor = page.cursor
        if cursor is None:
            break
        assert len(page.step) == limit
    assert (steps, values) == (whole.step, whole.value)


async def test_points_are_those_in_the_window_both_ends_included(store: MetricStore) -> None:
    await Writer(store).log_series([float(n) for n in range(250)])
    page = await store.points(LOSS, Window(98, 203), limit=5)
    assert page.step == [98, 99, 100, 101, 102]
    page = await store.points(LOSS, Window(98, 203), limit=1000, cursor=page.cursor)
    assert page.step == list(range(103, 204))
    assert page.cursor is None
    assert (await store.points(LOSS, Window(900, None), limit=5)).step == []


async def test_a_cursor_that_no_store_gave_is_an_error(store: MetricStore) -> None:
    await Writer(store).log_series(range(10))
    for cursor in ("", "x", "1.2", "-", "1.2.3.4", "٣.0.0", "1e3"):
        with pytest.raises(ValueError, match="cursor"):
            await store.points(LOSS, ALL, limit=5, cursor=cursor)


# -- live


async def test_a_tail_is_what_came_after_a_count_in_order_of_arrival(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log((5, {"loss": 1.0}), (3, {"loss": 2.0}))
    curve = await draw(store)
    await writer.log((4, {"loss": 3.0}), (4, {"acc": 9.0}), (1, {"loss": math.nan}))
    [tail, acc, nobody] = await store.tail(
        [LOSS, Series(RUN, "acc"), Series(RUN, "nobody")], [curve.logged, 0, 0]
    )
    assert (tail.start, tail.step.tolist()) == (2, [4, 1])
    assert tail.value[0] == 3.0
    assert math.isnan(tail.value[1])
    assert tail.time.tolist() == [T0 + 3000, T0 + 5000]
    assert acc.value.tolist() == [9.0]
    assert (nobody.start, len(nobody.step)) == (0, 0)


async def test_a_tail_with_nothing_new_is_empty(store: MetricStore) -> None:
    await Writer(store).log_series(range(120))
    [tail] = await store.tail([LOSS], [120])
    assert (tail.start, len(tail.step), len(tail.time), len(tail.value)) == (120, 0, 0, 0)


async def test_a_live_viewer_misses_nothing_while_points_are_sealed(store: MetricStore) -> None:
    writer = Writer(store)
    seen: list[float] = []
    for part in range(5):
        await writer.log_series([float(part * 50 + n) for n in range(50)], first=part * 50)
        if part % 2:
            await store.seal(RUN)
        [tail] = await store.tail([LOSS], [len(seen)])
        assert tail.start == len(seen)
        seen += tail.value.tolist()
    assert seen == [float(n) for n in range(250)]


# -- keys


async def test_keys_are_sorted_and_of_the_runs_asked(store: MetricStore) -> None:
    await Writer(store, run=1).log((3, {"b": 1.0, "a": 2.0}), (4, {"c": "x"}))
    await Writer(store, run=2).log((1, {"z": 1.0}))
    found = await store.keys([2, 1, 99])
    assert {run: [each.key for each in keys] for run, keys in found.items()} == {
        1: ["a", "b", "c"],
        2: ["z"],
        99: [],
    }
    named = await store.keys([1, 2], ["c", "z", "nobody"])
    assert {run: [each.key for each in keys] for run, keys in named.items()} == {1: ["c"], 2: ["z"]}


async def test_statistics_cover_all_points_in_and_out_of_chunks(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log_series([float(n) for n in range(150)])
    await store.seal(RUN)
    await writer.log((-5, {"loss": 1000.0}), (149, {"loss": -1.0}), (10, {"loss": math.inf}))
    found = await stats(store)
    assert (found.logged, found.low, found.high) == (153, -1.0, 1000.0)
    assert (found.first_step, found.last_step, found.last) == (-5, 149, -1.0)
    assert found.mean == pytest.approx((149 * 75 + 1000 - 1) / 152)
    assert found.posinf == 1


async def test_sealing_a_run_changes_no_answer(store: MetricStore) -> None:
    writer = Writer(store)
    await writer.log_series([math.sin(n) for n in range(500)])
    await writer.log_series([math.cos(n) for n in range(300)], first=250)
    before = [await draw(store, buckets) for buckets in (7, 100, 1000)], await stats(store)
    await store.seal(RUN)
    await store.seal(RUN)
    await store.seal(12345)
    after = [await draw(store, buckets) for buckets in (7, 100, 1000)], await stats(store)
    assert str(before) == str(after)
