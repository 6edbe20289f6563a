"""How a run begins: settings, identity, journal, sender, and what goes along with it.

The run exists on this machine before any server is asked. A server that says no takes it
back; one that says nothing changes nothing.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wanllmdb import incarnation, naming, oversize, provenance, resumption
from wanllmdb.attachments import attachments, unkept
from wanllmdb.clock import Steady
from wanllmdb.companions import accompany
from wanllmdb.config import First, adopt
from wanllmdb.config_forms import gathered, read_yaml
from wanllmdb.console import Voice
from wanllmdb.credentials import find_key, place
from wanllmdb.directories import run_directory, spool_root
from wanllmdb.errors import ArgumentError
from wanllmdb.guard import guarded
from wanllmdb.identity import Identity
from wanllmdb.moment import parse_moment
from wanllmdb.moulds import Mould, Moulds
from wanllmdb.offline import offline
from wanllmdb.run import Run, attach
from wanllmdb.settings import Settings, resolve
from wanllmdb.spool import Spool, new_writer
from wanllmdb.surroundings import NOWHERE, temporary, working_directory
from wanllmdb.values import LOGGED
from wanllmdb.wire import encode

# Arguments of wandb's init that mean nothing here.
_IGNORED: Final = frozenset({"anonymous", "magic", "force", "tensorboard"})


# What was said to mean nothing, in this process.
_told: set[str] = set()

# What a run that never began was told.
UNKNOWN: Final = Settings(mode="disabled")


@dataclass(frozen=True)
class Request:
    """What `init` was asked for."""

    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Settings | Mapping[str, Any] | None = None
    config: Any = None
    include: Any = None
    exclude: Any = None
    foreign: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Nowhere:
    """The journal of a disabled run: takes everything, keeps nothing."""

    def __init__(self) -> None:
        self.moulds = Moulds()

    def append_values(self, mould: Mould, step: int, time_us: int, values: Iterable[Any]) -> bool:
        del mould, step, time_us, values
        return True

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        del row
        return None

    def append(self, kind: int, payload: bytes) -> bool:
        del kind, payload
        return True


def resolved(request: Request) -> Settings:
    """All that the arguments and the surroundings say.

    Raises:
        UsageError: something cannot be meant.
        ArgumentError: there is no such argument.
    """
    unknown = set(request.foreign) - _IGNORED
    if unknown:
        raise ArgumentError(f"init() got an unexpected keyword argument {min(unknown)!r}")
    base = request.settings
    if isinstance(base, Settings):
        chosen = {**base.chosen(), "ignored": base.ignored}
    else:
        chosen = dict(base or {})
    return resumption.checked(resolve({**chosen, **request.given}))


def begin(request: Request, settings: Settings, ended: Callable[[Run], None]) -> Run:
    """A run that may be logged to.

    Raises:
        Error: an argument cannot be meant, or a server that answered says no.
    """
    voice = Voice(silent=settings.silent, quiet=settings.quiet)
    _warn_of_foreign(request, settings, voice)
    config = _first_config(request, settings)
    if settings.mode == "disabled":
        return _disabled(settings, config, voice, ended)
    if settings.resume == "auto":
        return resumption.begin(settings, lambda told: _kept(told, config, voice, ended), voice)
    return _kept(settings, config, voice, ended)


def say_active(run: Run) -> None:
    """A second `init` returned the run that is open."""
    Voice(silent=run.settings.silent, quiet=run.settings.quiet).say(
        f"run {run.name} is active, and init() returned it; "
        'pass reinit="finish_previous" to begin another.'
    )


@guarded()
def _warn_of_foreign(request: Request, settings: Settings, voice: Voice) -> None:
    ignored = {*settings.ignored, *(key for key in _IGNORED if request.foreign.get(key))} - _told
    if ignored:
        _told.update(ignored)
        voice.warn(f"these settings mean nothing here: {', '.join(sorted(ignored))}")
    if settings.insecure_disable_ssl and settings.mode == "online":
        voice.warn("insecure_disable_ssl: anybody may pretend to be the server")
    if os.environ.get("WANDB_DISABLED") and settings.mode == "disabled":
        voice.warn("WANDB_DISABLED is set: nothing is recorded")


def _warn_of_cut(settings: Settings, identity: Identity, voice: Voice) -> None:
    """Say what of the texts that were given a server would not take."""
    for name in ("name", "notes", "group", "job_type"):
        given, kept = getattr(settings, name), getattr(identity, name)
        if given and given != kept:
            voice.warn(f"of {name}= the first {len(kept)} characters are kept, as plain text")


def _first_config(request: Request, settings: Settings) -> First:
    """The config of `init` on top of what files say, and what a sweep says over all of it."""
    found = gathered(
        request.config,
        paths=settings.config_paths,
        include=request.include,
        exclude=request.exclude,
    )
    return First(found, read_yaml(settings.sweep_param_path) if settings.sweep_param_path else None)


def _identity(settings: Settings, directory: Path, *, started_ns: int) -> Identity:
    run_id, back = settings.run_id, settings.resume_from
    if back is not None:
        run_id = parse_moment("resume_from", back).id
    # Of an id that several processes were given, all make the same name.
    chance = naming.chance() if run_id is None else random.Random(run_id)  # noqa: S311
    from_there = resumption.first_step(settings)
    return Identity(
        id=naming.checked_id(run_id) if run_id is not None else naming.new_id(naming.chance()),
        name=naming.label(settings.name or naming.new_name(chance)),
        project=naming.checked_project(settings.project or ""),
        entity=naming.checked_owner(settings.entity),
        directory=directory,
        started_ns=started_ns,
        notes=naming.note(settings.notes) if settings.notes else None,
        tags=naming.checked_tags(settings.tags),
        group=naming.label(settings.group) if settings.group else None,
        job_type=naming.label(settings.job_type) if settings.job_type else None,
        first_step=from_there,
    )


def _disabled(settings: Settings, first: First, voice: Voice, ended: Callable[[Run], None]) -> Run:
    """A run that behaves like one, and is kept nowhere."""
    identity = _identity(settings, temporary(), started_ns=time.time_ns())
    identity.directory /= f"wanllmdb-disabled-{os.getuid()}-{identity.id}"
    identity.name = settings.name or f"dummy-{identity.id}"
    identity.project, identity.entity = settings.project or "dummy", settings.entity or "dummy"
    run = Run(identity, settings, journal=Nowhere(), voice=voice, keep=unkept(), ended=ended)
    adopt(run.config, first)
    return run


def unrecorded(settings: Settings, error: Exception, ended: Callable[[Run], None]) -> Run:
    """What `init` returns when it failed inside: the script goes on, and nothing is recorded."""
    voice = Voice(silent=settings.silent, quiet=settings.quiet)
    voice.warn(f"init failed inside, nothing is recorded: {type(error).__name__}: {error}")
    return _disabled(Settings(mode="disabled"), First({}), voice, ended)


def _kept(settings: Settings, first: First, voice: Voice, ended: Callable[[Run], None]) -> Run:
    """A run with a journal on this machine, and a server unless it is offline."""
    clock = Steady()
    started_ns = clock()
    identity = _identity(settings, Path(), started_ns=started_ns)
    _warn_of_cut(settings, identity, voice)
    key = find_key(settings) if settings.mode == "online" else None
    root, reason = _root(settings)
    directory = run_directory(root, identity.id, started_ns)
    identity.directory = directory / "files"
    if root == NOWHERE:
        voice.warn(f"{reason}: THE RUN IS KEPT IN MEMORY ONLY, and what no server has is lost")
    elif reason:
        voice.warn(f"{reason}; the run is kept in {directory}")
    writer = new_writer()
    told, cut = oversize.fitted(first.told)
    payload = _payload(identity, settings, told)
    payload["writer_facts"] = incarnation.facts(
        settings, writer, spool_root=root, run_id=identity.id
    )
    spool = _journal(identity, settings, directory, payload, writer=writer, tell=voice.warn)
    keep = attachments(identity.directory, spool.append, full=lambda: spool.full, warn=voice.warn)
    run = Run(
        identity,
        settings,
        journal=spool,
        voice=voice,
        keep=keep,
        ended=ended,
        clock=clock,
    )
    keep.describe_in(run.config)
    adopt(run.config, first)
    if cut:
        run._keep_whole(first.told, cut)
    if settings.mode == "online":
        # Imported here: who stays offline needs nothing of what sends.
        from wanllmdb.outlet import online

        attach(run, outlet=online(run, spool, payload, key=key, voice=voice))
    else:
        attach(run, outlet=offline(run, spool, payload, key=key, voice=voice))
    accompany(run, spool.append)
    return run


def _root(settings: Settings) -> tuple[Path, str | None]:
    """Where runs are kept, `NOWHERE` if that is nowhere, and why."""
    try:
        return spool_root(settings)
    except OSError as error:
        return NOWHERE, f"nothing can be written on this machine ({error.strerror or error})"


def _journal(
    identity: Identity,
    settings: Settings,
    directory: Path,
    payload: Mapping[str, Any],
    *,
    writer: str,
    tell: Callable[[str], None],
) -> Spool:
    header = {
        "run": identity.id,
        "project": identity.project,
        "owner": identity.entity,
        # Whoever sends what is left must know where it was meant to go.
        "server": place(settings.api_url) if settings.mode == "online" else "",
    }
    # Who sends what is left does so after the fact: then nothing of it can be refused.
    kept = {**payload, "writer_facts": {**payload["writer_facts"], "deferred": True}}
    return Spool.create(
        directory,
        header,
        writer=writer,
        run=encode(kept),
        most_bytes=settings.spool_limit,
        tell=tell,
        insist=False,  # it could be written a moment ago
        in_memory=NOWHERE in directory.parents,
    )


def _payload(identity: Identity, settings: Settings, config: dict[str, Any]) -> dict[str, Any]:
    """What the server is told of a run when it begins: the body of `POST /api/v1/runs`."""
    said: dict[str, Any] = {
        "id": identity.id,
        "project": identity.project,
        "owner": identity.entity,
        "name": identity.name if _names_itself(settings) else None,
        "config": config,
        "tags": list(identity.tags),
        "notes": identity.notes,
        "group": identity.group,
        "job_type": identity.job_type,
        "resume": settings.resume,
        **resumption.moments(settings),
        "started_at": identity.started_ns // 1000,
    }
    if settings.save_facts:
        facts = {**provenance.quick_facts(sys.argv, working_directory()), **settings.facts()}
        # A file name may be no text: as a value it is written out.
        said["environment"] = LOGGED.convert(facts)
    return {key: value for key, value in said.items() if value is not None}


def _names_itself(settings: Settings) -> bool:
    """Whether the run may say its name: one that exists already keeps the name it has."""
    return settings.name is not None or (settings.run_id is None and not settings.resume_from)
