"""Run: one execution, its states, and how they follow from what is heard of it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import quote

from wanllmdb_server.domain.alert import Alert
from wanllmdb_server.domain.receipt import Tally
from wanllmdb_server.domain.series import KeyStats

# A living writer says something every 15 seconds, and every 5 while somebody looks.
LOOK_EVERY_S: Final = 5.0  # how often silence is looked for
UNREACHABLE_AFTER_S: Final = 45.0  # three signs of life are missing: maybe the network
CRASHED_AFTER_S: Final = 90.0 - LOOK_EVERY_S  # shown as crashed within 90 s of the last sign
SYSTEM_PREFIX: Final = "system/"  # keys of the machine's own figures, in no summary
CONSOLE_PREFIX: Final = "console/"  # keys of what the script printed, a line a point
MAX_TEXT: Final = 65_536  # characters of notes; names, groups and tags are shorter
MAX_NAME: Final = 256
MAX_TAGS: Final = 256
MAX_SIGNAL: Final = 64

MAX_ID_BYTES: Final = 256
# What separates ids from other things in paths, queries and lists; what nobody can see or type.
_NO_ID = re.compile(
    r"[:;,#?/'\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RunState(enum.StrEnum):
    """How a run stands: by its silence while it is open, by its end when that was heard.

    An open run is running again as soon as anything is heard of it, after any time.
    """

    RUNNING = "running"
    UNREACHABLE = "unreachable"  # silent for a while; nobody knows more
    CRASHED = "crashed"  # silent for so long that nobody waits any more
    PREEMPTED = "preempted"  # told to go by its scheduler, and gone
    KILLED = "killed"  # somebody asked it to stop, and it ended
    FINISHED = "finished"  # exit code 0
    FAILED = "failed"  # another exit code


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the catalog holds it. Times are microseconds since the epoch.

    Attributes:
        number: the catalog's number, the key of the metric store.
        id: chosen by the client, unique in its project.
        owner, project: names.
        color: index into the ring of run colours, given at creation.
        config: what the user set; `environment` what was found (host, git, argv, versions).
        summary: what the user set explicitly; the last value of each key is in the store.
        preempting: by which signal the script was told to go, since it last began.
        logged, lost: what the SDK counted, None until it said so.
        alerts: how many its script said.
    """

    number: int
    id: str
    project_id: int
    owner: str
    project: str
    name: str
    state: RunState
    color: int
    created_at: int
    started_at: int
    heartbeat_at: int
    finished_at: int | None = None
    exit_code: int | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    user: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    stop_requested: bool = False
    preempting: str | None = None
    logged: int | None = None
    lost: int | None = None
    forked_from: Fork | None = None
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a run comes from: what was shown of another up to a step. That may be gone since."""

    owner: str
    project: str
    id: str
    name: str
    step: int
    number: int


@dataclass(frozen=True, slots=True)
class Finish:
    """A writer says that its script has ended.

    Attributes:
        exit_code: 0 is success.
        time: when, on the writer's clock in microseconds; None is now. A finish from before
            the run was resumed changes nothing.
        logged, lost: rows as the writer counted them.
        writer: who says so; None: somebody who ends the run for it.
        stopped: whether it ended because it was asked to; None: the writer does not say.
    """

    exit_code: int
    time: int | None = None
    logged: int | None = None
    lost: int | None = None
    stopped: bool | None = None
    writer: str | None = None


@dataclass(frozen=True, slots=True)
class Preemption:
    """A writer says that its script was told to go, by which signal and when (microseconds).

    One from before the run was resumed changes nothing.
    """

    signal: str
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """A writer says that it could not keep something. Writer and position identify it."""

    writer: str
    position: int
    reason: str
    count: int
    detail: str = ""


def _empty() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanges:
    """What was heard about a run, to be applied at once; applied twice it is as once.

    None leaves a field as it is; an empty text or tuple empties it. `config` and `summary`
    replace the named keys only, and so does `environment`.
    """

    config: Mapping[str, Any] = field(default_factory=_empty)
    summary: Mapping[str, Any] = field(default_factory=_empty)
    summary_unset: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=_empty)
    environment_unset: tuple[str, ...] = ()
    name: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] | None = None
    group: str | None = None
    job_type: str | None = None
    stop_requested: bool | None = None
    preemption: Preemption | None = None
    finish: Finish | None = None
    losses: tuple[Loss, ...] = ()
    tallies: tuple[Tally, ...] = ()
    alerts: tuple[Alert, ...] = ()
    sign_of_life: bool = False

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to apply."""
        return self == RunChanges()


def state_at_end(finish: Finish, *, preempting: str | None, stop_requested: bool) -> RunState:
    """The state of a run whose script has ended.

    What the writer says of the stop wins over what was requested: it may have ended by itself
    before it heard. Exit code 0 is success, whatever the scheduler said.
    """
    if stop_requested if finish.stopped is None else finish.stopped:
        return RunState.KILLED
    if finish.exit_code == 0:
        return RunState.FINISHED
    return RunState.FAILED if preempting is None else RunState.PREEMPTED


def state_in_silence(silent: int, *, preempting: str | None, stop_requested: bool) -> RunState:
    """The state of an open run of which nothing was heard for so many microseconds."""
    if silent <= UNREACHABLE_AFTER_S * 1_000_000:
        return RunState.RUNNING
    if preempting is not None:
        return RunState.PREEMPTED
    if silent <= CRASHED_AFTER_S * 1_000_000:
        return RunState.UNREACHABLE
    return RunState.KILLED if stop_requested else RunState.CRASHED


def id_fault(run_id: str) -> str | None:
    """Why `run_id` cannot be a run's id, or None if it can."""
    if not run_id or _NO_ID.search(run_id):
        return "A run's id has at least one character, and none of : ; , # ? / ' \\ or controls."
    if len(run_id.encode()) > MAX_ID_BYTES:
        return f"A run's id has at most {MAX_ID_BYTES} bytes."
    if run_id in {".", ".."} or run_id != run_id.strip():
        return f"'{run_id}' cannot be a run's id."
    return None


def page_path(owner: str, project: str, run_id: str) -> str:
    """Where the page of a run is: a path of a URL, in which names may have any characters."""
    return "/{}/{}/runs/{}".format(*(quote(each, safe="") for each in (owner, project, run_id)))


def text_fault(text: str, limit: int = MAX_NAME) -> str | None:
    """Why `text` cannot be a name, a tag or a group, or None if it can."""
    if len(text) > limit:
        return f"At most {limit} characters."
    if _CONTROL.search(text):
        return "No control characters."
    return None


def joined_config(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A config with what is set anew.

    What stands below a key that begins with an underscore describes the run to its readers, a
    part by each writer (how its charts are drawn): mappings there are joined, two levels deep.
    """
    found = {**before, **new}
    for key in new:
        if key.startswith("_"):
            found[key] = _joined(before.get(key), new[key], depth=2)
    return found


def _joined(before: Any, new: Any, *, depth: int) -> Any:
    if depth == 0 or not isinstance(before, dict) or not isinstance(new, dict):
        return new
    old, fresh = cast("dict[str, Any]", before), cast("dict[str, Any]", new)
    return old | {key: _joined(old.get(key), fresh[key], depth=depth - 1) for key in fresh}


def is_users_key(key: str) -> bool:
    """Whether a key is one that the user logged, and not what was found beside it."""
    return not key.startswith((SYSTEM_PREFIX, CONSOLE_PREFIX))


def merged_summary(explicit: Mapping[str, Any], keys: Iterable[KeyStats]) -> dict[str, Any]:
    """The summary as it is shown: the last value of every key, under what the user set.

    What is set to None is absent, whatever was logged.
    """
    last = {each.key: each.last for each in keys if is_users_key(each.key)}
    shown = {key: value for key, value in explicit.items() if value is not None}
    return {key: value for key, value in last.items() if key not in explicit} | shown
