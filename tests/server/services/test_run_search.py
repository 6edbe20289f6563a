"""Runs are found by their words, in any order, page by page, whatever is asked."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.server.world import World

from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.errors import MalformedError, ServerError
from wanllmdb_server.domain.filter import RunFilter, parse_sort, parse_states, parse_words
from wanllmdb_server.domain.run import Finish, Run, RunChanges
from wanllmdb_server.services.run_search import Wanted


async def find(
    world: World, q: str = "", sort: str = "-created_at", state: str = "", **options: object
) -> list[str]:
    """The ids of all runs that are found, gathered page by page."""
    wanted = Wanted(
        RunFilter(parse_words(q), parse_states([state])),
        parse_sort(sort),
        **options,  # type: ignore[arg-type]
    )
    found: list[str] = []
    while True:
        page = await world.services.run_search.find(world.actors["owner"], "ann", "search", wanted)
        found += [run.id for run in page.items]
        if page.next is None:
            assert page.total == len(found)
            return found
        assert len(page.items) == wanted.limit
        wanted = Wanted(wanted.filter, wanted.sort, wanted.limit, page.next, wanted.full)


@pytest.fixture
async def runs(world: World) -> list[Run]:
    """Five runs: a to e, of different learning rates and losses."""
    made: list[Run] = []
    rates: list[object] = [0.1, 1, "auto", None, 1e-3]
    for index, (run_id, rate) in enumerate(zip("abcde", rates, strict=True)):
        world.clock.tick(1)
        config = {"opt": {"lr": rate}, "model": f"ResNet{index}"} if rate is not None else {}
        new = NewRun(id=run_id, name=f"Run {'zyxwv'[index]}", config=config, tags=("Größe",))
        begun = await world.services.runs.create(world.actors["owner"], "search", new)
        made.append(begun.run)
    for run, loss in zip(made, [3.0, 1.0, 2.0, float("nan"), float("inf")], strict=True):
        world.store.log(run.number, 1, loss=loss, text="words")
    return made


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created_at", "abcde"),
        ("-created_at", "edcba"),
        ("name", "edcba"),
        ("-name", "abcde"),
        ("user", "abcde"),
        ("-state", "edcba"),
        ("duration", "abcde"),
        ("config.opt.lr", "eabcd"),
        ("-config.opt.lr", "baecd"),
        ("config.absent", "abcde"),
        ("summary.loss", "bcaed"),
        ("-summary.loss", "eacbd"),
        ("summary.text", "abcde"),
    ],
)
async def test_every_order_holds_across_pages(
    world: World, sort: str, expected: str, limit: int
) -> None:
    assert "".join(await find(world, sort=sort, limit=limit)) == expected


async def test_a_summary_that_was_set_counts_before_what_was_logged(
    world: World, runs: list[Run]
) -> None:
    apply_changes(world.catalog, runs[0].number, RunChanges(summary={"loss": 0}), now=0)
    assert "".join(await find(world, sort="summary.loss")) == "abced"


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("", "edcba"),
        ("resnet1", "b"),
        ("RESNET run", "ecba"),
        ("run z", "a"),
        ("GRÖSSE", "edcba"),
        ("größe", "edcba"),
        ("auto", "c"),
        ("0.001", "e"),
        ("absent", ""),
        ("%", ""),
        ("_", ""),
        ("run%", ""),
        ("a' OR '1'='1", ""),
        ("\\", ""),
        ("/", ""),
        ("*", ""),
        ("\x00", "edcba"),
    ],
)
async def test_every_word_must_occur_as_it_stands(world: World, q: str, expected: str) -> None:
    assert "".join(await find(world, q=q)) == expected


async def test_runs_are_found_by_state(world: World, runs: list[Run]) -> None:
    apply_changes(world.catalog, runs[2].number, RunChanges(finish=Finish(1)), now=0)
    assert await find(world, state="failed") == ["c"]
    assert await find(world, state="failed,running") == list("edcba")
    assert await find(world, state="crashed") == []


async def test_what_is_changed_is_found_anew(world: World, runs: list[Run]) -> None:
    changes = RunChanges(notes="remember the milk", tags=("blue",), config={"opt": {"lr": 7}})
    apply_changes(world.catalog, runs[3].number, changes, now=0)
    for q in ("milk", "blue", "7"):
        assert await find(world, q=q) == ["d"]
    assert await find(world, q="größe", sort="name") == ["e", "c", "b", "a"]


async def test_a_lite_list_leaves_the_mappings_out(world: World, runs: list[Run]) -> None:
    owner = world.actors["owner"]
    lite = await world.services.run_search.find(owner, "ann", "search", Wanted(full=False))
    assert all(run.config == run.summary == run.environment == {} for run in lite.items)
    full = await world.services.run_search.find(owner, "ann", "search", Wanted())
    assert full.items[-1].config == runs[0].config
    assert full.items[-1].summary == {"loss": 3.0, "text": "words"}


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("sort", ["name", "config.opt.lr"])
async def test_a_cursor_is_good_for_its_own_list_only(world: World, sort: str) -> None:
    owner, search = world.actors["owner"], world.services.run_search
    wanted = Wanted(RunFilter(), parse_sort(sort), 2)
    cursor = (await search.find(owner, "ann", "search", wanted)).next
    assert cursor is not None
    for other in (
        Wanted(RunFilter(), parse_sort("-" + sort), 2, cursor),
        Wanted(RunFilter(("x",)), parse_sort(sort), 2, cursor),
        Wanted(RunFilter(), parse_sort(sort), 2, cursor[:-1]),
        Wanted(RunFilter(), parse_sort(sort), 2, cursor + "A"),
        Wanted(RunFilter(), parse_sort(sort), 2, _flipped(cursor)),
    ):
        with pytest.raises(MalformedError) as caught:
            await search.find(owner, "ann", "search", other)
        assert caught.value.code == "bad-cursor"
    again = Wanted(RunFilter(), parse_sort(sort), 2, cursor)
    with pytest.raises(MalformedError):
        await search.find(owner, "ann", "vision", again)


def _flipped(cursor: str) -> str:
    middle = len(cursor) // 2
    return cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]


async def test_runs_with_equal_values_are_all_shown_once(world: World) -> None:
    owner = world.actors["owner"]
    for n in range(25):
        new = NewRun(id=f"r{n}", config={"same": 1})
        await world.services.runs.create(owner, "search", new)
    for sort in ("created_at", "-user", "config.same", "-config.same", "-summary.absent"):
        found = await find(world, sort=sort, limit=7)
        assert sorted(found) == sorted(f"r{n}" for n in range(25))


ANY_TEXT = st.text(max_size=40) | st.text("%_\\'\"*()-;/ :^~\x00", max_size=20)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    q=ANY_TEXT,
    sort=ANY_TEXT,
    cursor=st.none() | ANY_TEXT,
    prefix=st.sampled_from(["", "config.", "summary.", "-config."]),
)
async def test_no_search_ever_fails(
    world: World, q: str, sort: str, cursor: str | None, prefix: str
) -> None:
    asked = {"q": q, "sort": prefix + sort or "name"} | ({"cursor": cursor} if cursor else {})
    async with world.client("owner") as client:
        answer = await client.get("/api/v1/projects/ann/vision/runs", params=_sendable(asked))
        assert answer.status_code in {200, 400, 422}, answer.text


def _sendable(asked: dict[str, str]) -> dict[str, str]:
    """The parameters, with half characters as they can come over HTTP."""
    return {name: text.encode("utf-8", "replace").decode() for name, text in asked.items()}


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    forge=st.lists(st.none() | st.integers() | st.text() | st.floats() | st.booleans(), max_size=5)
)
async def test_no_forged_cursor_ever_fails(world: World, forge: list[object]) -> None:
    from wanllmdb_server.domain.cursor import write_cursor

    project = world.services.projects.get(world.actors["owner"], "ann", "vision").id
    for sort in ("name", "created_at", "config.lr"):
        of = f"runs {project} {sort} [] ()"
        wanted = Wanted(RunFilter(), parse_sort(sort), 2, write_cursor(of, *forge))  # type: ignore[arg-type]
        try:
            await world.services.run_search.find(world.actors["owner"], "ann", "vision", wanted)
        except ServerError as error:
            assert error.code == "bad-cursor"  # noqa: PT017


async def test_the_order_by_a_key_is_the_order_of_python(world: World) -> None:
    dice = random.Random(7)
    make: list[Callable[[], object]] = [
        lambda: dice.randint(-5, 5),
        lambda: dice.random(),
        lambda: dice.choice("abc"),
        lambda: None,
    ]
    values = {f"r{n:02}": dice.choice(make)() for n in range(40)}
    for run_id, value in values.items():
        new = NewRun(id=run_id, config={"k": value})
        await world.services.runs.create(world.actors["owner"], "search", new)

    def place(run_id: str) -> tuple[int, float, str, str]:
        value = values[run_id]
        if isinstance(value, int | float):
            return (0, value, "", run_id)
        return (1, 0, value, run_id) if isinstance(value, str) else (2, 0, "", run_id)

    assert await find(world, sort="config.k", limit=6) == sorted(values, key=place)
