"""Openings: a writer comes, and its run is new, goes on, or has one writer more.

Whatever is opened twice by the same writer is opened once: what it was told at first is what
it is told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, update

from wanllmdb_server.catalog.access import find_run, run_not_found
from wanllmdb_server.catalog.changes import changed_columns
from wanllmdb_server.catalog.runs import NewRun, insert_run, read_run, run_number
from wanllmdb_server.catalog.tables import runs
from wanllmdb_server.catalog.writers import add_writer, read_writers
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import ConflictError, Fault, InvalidError, NotFoundError
from wanllmdb_server.domain.receipt import NO_HISTORY
from wanllmdb_server.domain.run import Fork, Loss, Run, RunChanges, RunState
from wanllmdb_server.domain.writer import Moment, Place, Writer, is_living, place

Resume = Literal["allow", "must", "never"]
Outcome = Literal["created", "resumed", "joined", "known"]


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a run is opened.

    Attributes:
        resume: what is wanted of a run of this id; None is as `allow`.
        fork: begin with what another run shows up to a step.
        rewind: go on behind this step of the run itself.
    """

    resume: Resume | None = None
    fork: Moment | None = None
    rewind: Moment | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that was opened. `writer` is None for who is no writer of its own."""

    number: int
    outcome: Outcome
    writer: Writer | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """Where a run is opened: by whom, in which project, and when.

    `since`: before that, nobody listened to writers. `last_steps`: of runs, by number.
    """

    connection: Connection
    actor: Actor
    project_id: int
    owner: str
    project: str
    last_steps: dict[int, int | None]
    now: int
    since: int


def open_run(door: Door, new: NewRun, terms: Terms) -> Opened:
    """Open a run for a writer.

    Raises:
        ConflictError: `never`, and somebody else has begun it; or it is there, and was not
            forked from there; code `run-exists`.
        NotFoundError: `must`, or to go back, and there is no such run; code `run-not-found`.
            Or there is no such run to fork from.
        InvalidError: there is no such step; code `step-not-found`.
    """
    number = run_number(door.connection, door.project_id, new.id)
    if number is None:
        return _create(door, new, terms)
    known = read_writers(door.connection, number, since=door.since)
    mine = next((each for each in known if each.name == new.writer), None)
    if mine is not None:
        return Opened(number, "known", mine, goes_on=_began_attempt(mine, known))
    if new.facts.opener not in {None, new.writer}:
        return Opened(number, "known")
    _check_terms(door, number, new, terms)
    if new.writer is None:
        if terms.resume is None:
            return Opened(number, "known")
        _go_on(door, number, new)
        return Opened(number, "resumed")
    return _enter(door, number, new, terms, known)


def find_source(connection: Connection, actor: Actor, home: tuple[str, str], of: Moment) -> Run:
    """The run that is forked from, as the actor may read it; `home` is owner and project.

    Raises:
        NotFoundError: it is not there, or not the actor's to read; code `run-not-found`.
    """
    owner, project, run = (*home, of.run)
    if of.run.count("/") == 2:
        owner, project, run = of.run.split("/")
    return find_run(connection, actor, owner, project, run, Resource.RUN, Verb.READ, full=True)


def _create(door: Door, new: NewRun, terms: Terms) -> Opened:
    """A run that was not there before."""
    deferred = new.facts.deferred
    if not deferred and (terms.resume == "must" or terms.rewind is not None):
        raise run_not_found(new.id)
    fork, lost = _fork(door, new, terms.fork) if terms.fork is not None else (None, "")
    if fork is not None:
        new = replace(new, config={**fork[1], **new.config})
    number = insert_run(
        door.connection,
        door.actor,
        door.project_id,
        new,
        forked_from=fork and fork[0],
        now=door.now,
    )
    if new.writer is None:
        return Opened(number, "created")
    first_step = None
    for moment in (terms.fork, terms.rewind):
        first_step = moment.step + 1 if moment is not None else first_step
    found = place(new.writer, new.facts, _began(door, new), [], door.now)
    writer = _writer(door, new, found, first_step=first_step)
    add_writer(door.connection, number, writer, now=door.now)
    if terms.rewind is not None:
        lost = f"there was no run '{new.id}' to go back in"
    if lost:
        _tell_loss(door, number, new.writer, lost)
    return Opened(number, "created", writer, goes_on=found.goes_on)


def _fork(
    door: Door, new: NewRun, moment: Moment
) -> tuple[tuple[Fork, dict[str, object]] | None, str]:
    """Where the run is forked from with the config there; or None, and why there is nothing."""
    try:
        source = find_source(door.connection, door.actor, (door.owner, door.project), moment)
        _check_step(door.last_steps.get(source.number), moment, "/fork_from/step")
    except (NotFoundError, InvalidError) as error:
        if not new.facts.deferred:
            raise
        return None, f"nothing was forked from {moment.run} at step {moment.step}: {error}"
    names = (source.owner, source.project, source.id, source.name)
    return (Fork(*names, moment.step, source.number), source.config), ""


def _check_terms(door: Door, number: int, new: NewRun, terms: Terms) -> None:
    """Whether a run that is there may be opened so by another writer."""
    if terms.resume == "never":
        raise ConflictError(f"There is a run '{new.id}' already.", code="run-exists")
    if terms.fork is not None:
        forked = read_run(door.connection, number, full=False).forked_from
        if forked is None or (forked.id, forked.step) != (
            terms.fork.run.rpartition("/")[2],
            terms.fork.step,
        ):
            raise ConflictError(
                f"There is a run '{new.id}' already, which was not forked from "
                f"{terms.fork.run} at step {terms.fork.step}.",
                code="run-exists",
            )


def _check_step(last: int | None, moment: Moment, pointer: str) -> None:
    if last is None or moment.step > last:
        there = "nothing was logged to it" if last is None else f"its last step is {last}"
        detail = f"The run '{moment.run}' has no step {moment.step}: {there}."
        raise InvalidError(
            detail, code="step-not-found", faults=[Fault(pointer, "step-not-found", detail)]
        )


def _enter(door: Door, number: int, new: NewRun, terms: Terms, known: Sequence[Writer]) -> Opened:
    """One writer more: it goes on from those before it, or stands beside them."""
    assert new.writer is not None  # noqa: S101
    found = place(new.writer, new.facts, _began(door, new), known, door.now)
    newest = max((each.attempt for each in known), default=0)
    here = [each for each in known if each.attempt == newest]
    last = door.last_steps.get(number)
    back = terms.rewind.step if terms.rewind is not None else None
    if not known:  # a run that was begun without a writer
        found = Place(1, goes_on=True)
    if back is not None and not _rewound_with(here, back, found, door.now):
        if not new.facts.deferred:
            _check_step(last, Moment(new.id, back), "/resume_from/step")
        found = Place(newest + 1, goes_on=True)
    if found.goes_on:
        writer = _writer(door, new, found, first_step=_behind(last if back is None else back))
        writer = replace(writer, resumed=True, rewound_to=back)
        _go_on(door, number, new)
    else:
        writer = _beside(door, new, found, known, last)
        if found.attempt == newest:
            _go_along(door, number, new)
    add_writer(door.connection, number, writer, now=door.now)
    return Opened(number, "resumed" if found.goes_on else "joined", writer, found.goes_on)


def _rewound_with(here: Sequence[Writer], back: int, found: Place, now: int) -> bool:
    """Whether a sibling has rewound the run to this step already: 8 ranks do so once."""
    siblings = [each for each in here if each.rewound_to == back or each.first_step == back + 1]
    return not found.goes_on and any(is_living(each, now) for each in siblings)


def _beside(
    door: Door, new: NewRun, found: Place, known: Sequence[Writer], last: int | None
) -> Writer:
    """A writer among others. A rank begins where its siblings began, others behind the last."""
    siblings = [each for each in known if each.attempt == found.attempt]
    writer = _writer(door, new, found, first_step=_behind(last))
    label = new.facts.label
    is_first = label is not None and all(each.facts.label != label for each in siblings)
    if siblings and (new.facts.shared or is_first):
        first = siblings[0]
        return replace(writer, first_step=first.first_step, resumed=first.resumed)
    return replace(writer, resumed=True)


def _began_attempt(mine: Writer, known: Sequence[Writer]) -> bool:
    """Whether this writer is the one that went on, and not one that joined it."""
    siblings = [each for each in known if each.attempt == mine.attempt]
    return mine.attempt > 0 and siblings[0].name == mine.name


def _writer(door: Door, new: NewRun, found: Place, *, first_step: int | None) -> Writer:
    return Writer(
        name=new.writer or "",
        attempt=found.attempt,
        began=_began(door, new),
        seen_at=door.now,
        first_step=first_step,
        facts=new.facts,
    )


def _began(door: Door, new: NewRun) -> int:
    return door.now if new.started_at is None else new.started_at


def _behind(step: int | None) -> int | None:
    return None if step is None else step + 1


def _go_on(door: Door, number: int, new: NewRun) -> None:
    """The run goes on: what it was told before is over."""
    anew = {"preempting": None, "resumed_at": new.started_at or 0, "stop_requested": False}
    _reopen(door, number, new, anew, forget=("traceback",))


def _go_along(door: Door, number: int, new: NewRun) -> None:
    """The run has one writer more, and so it runs."""
    _reopen(door, number, new, {})


def _reopen(
    door: Door, number: int, new: NewRun, also: dict[str, object], *, forget: tuple[str, ...] = ()
) -> None:
    changes = RunChanges(
        config=new.config,
        environment=new.environment,
        environment_unset=forget,
        name=new.name,
        tags=new.tags,
        notes=new.notes,
        group=new.group,
        job_type=new.job_type,
    )
    values = changed_columns(door.connection, number, changes, now=door.now)
    running = {
        "state": RunState.RUNNING,
        "finished_at": None,
        "exit_code": None,
        "heartbeat_at": door.now,
    }
    door.connection.execute(
        update(runs).where(runs.c.number == number).values({**values, **running, **also})
    )


def _tell_loss(door: Door, number: int, writer: str, detail: str) -> None:
    """Say on the run that its history is not there; rows of its own are not among it."""
    loss = Loss(writer=writer, position=0, reason=NO_HISTORY, count=0, detail=detail)
    changes = RunChanges(losses=(loss,))
    values = changed_columns(door.connection, number, changes, now=door.now)
    door.connection.execute(update(runs).where(runs.c.number == number).values(values))
