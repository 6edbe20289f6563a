"""Where a run's journal empties to: a server, now or later.

`online` asks the server once, for two seconds at most. What it answers is taken over by the
run; if it says no, the run never was; if it says nothing, the sender goes on asking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from wanllmdb import incarnation, relay, uploads
from wanllmdb.appearance import RunStatus
from wanllmdb.config import inherit
from wanllmdb.console import Voice
from wanllmdb.credentials import KeyWatch, place
from wanllmdb.directories import is_scratch, lasting
from wanllmdb.errors import AuthenticationError, CommError, UsageError
from wanllmdb.evacuation import evacuated
from wanllmdb.exits import interrupt_main
from wanllmdb.freight import Freight, Moved
from wanllmdb.http import Login
from wanllmdb.login import patience
from wanllmdb.offline import is_nameless, losses_told, title
from wanllmdb.public.values import logged
from wanllmdb.rows import Steps
from wanllmdb.run import Run
from wanllmdb.seams import Outlet
from wanllmdb.sender import Report, Sender
from wanllmdb.settings import Settings
from wanllmdb.sink import HttpSink, OpenedRun, RefusedError
from wanllmdb.spool import Spool
from wanllmdb.summary import inherit as remember
from wanllmdb.wire import Kind, encode

PREDECESSORS_SHARE: Final = 0.6  # of what `init` may wait
UNREACHABLE_SECONDS: Final = 4.5  # `finish` as a whole stays under five


class Online:
    """Sends while the run goes on, and what is left when it ends."""

    def __init__(self, run: Run, sender: Sender) -> None:
        self._run = run
        self._sender = sender

    def status(self) -> RunStatus:
        kept = self._sender.kept
        return RunStatus(kept, self._sender.pending)

    def hurry(self, seconds: float) -> None:
        self._sender.hurry(seconds)

    def finish(self, *, at_once: bool) -> str:
        seconds = 0.0 if at_once else self._run.settings.finish_timeout
        report = self._sender.finish(
            budget_unreachable=min(seconds, UNREACHABLE_SECONDS), budget_progress=seconds
        )
        if not report.kept:
            uploads.tidy(Path(report.directory))
        elif is_scratch(Path(report.directory), self._run.settings):
            report = _brought_away(report, self._run.settings)
        return _farewell(self._run, report)


def online(
    run: Run, spool: Spool, payload: Mapping[str, Any], *, key: str | None, voice: Voice
) -> Outlet:
    """A run whose rows go to a server as they are logged.

    Raises:
        UsageError: there is no key for this server, or the run is not as `resume` wants it.
        AuthenticationError: the server does not know the key.
    """
    settings = run.settings
    if key is None and not settings.is_local and not settings.password:
        spool.discard()
        raise UsageError(
            f"No API key is configured for {settings.base_url}. Run `wanllmdb login "
            f"--host {settings.base_url}`, or set WANLLMDB_API_KEY."
        )
    sink, moved = _sink(settings, key), Moved(silent=settings.silent or settings.quiet)
    sender = Sender(
        spool,
        sink,
        payload,
        freight=Freight(
            spool.directory, lambda: sink.carrier(moved), tell=voice.warn, rested=moved.clear
        ),
        flush_rows=settings.flush_rows,
        flush_seconds=settings.flush_interval,
        on_stop=lambda: _stop(run, voice),
        on_opened=lambda opened: _settle(run, spool, payload, opened),
        on_trouble=voice.warn,
    )
    began = time.monotonic()
    if payload["writer_facts"].get("gone"):
        _send_predecessors(run, spool, _sink(settings, key))
    sender.start()
    try:
        opened = sender.wait(max(0.1, settings.init_timeout - (time.monotonic() - began)))
    except RefusedError as error:
        sender.finish(budget_unreachable=0.0, budget_progress=0.0)
        spool.discard()
        raise _said_no(error, settings, key) from error
    if opened is None:
        _defer(payload)
    voice.say(title(run))
    why = sender.trouble or f"{settings.base_url} does not answer"
    voice.say(run.url or f"{why}; kept in {spool.directory} until that changes")
    if opened is not None:
        relay.start(
            spool.directory.parent,
            _sink(settings, key),
            except_writer=spool.writer,
            server=place(settings.api_url),
        )
    return Online(run, sender)


def _send_predecessors(run: Run, spool: Spool, sink: HttpSink) -> None:
    """Send what dead writers of this run left here, so that it goes on behind their last step.

    Waits a moment for that, and not at all for a server that does not answer at once; the rest
    of it is sent with all other leftovers.
    """
    given_up = threading.Event()
    root = spool.directory.parent

    def give_up(_seconds: float) -> None:
        given_up.set()

    def work() -> None:
        for directory in incarnation.directories(root, run.id):
            found = [
                each
                for each in relay.leftovers(directory)
                if each.run.get("id") == run.id and each.server == place(run.settings.api_url)
            ]
            relay.sync(found, sink, sleep=give_up, stopped=given_up.is_set)

    thread = threading.Thread(target=work, name="wanllmdb-predecessors", daemon=True)
    thread.start()
    thread.join(PREDECESSORS_SHARE * run.settings.init_timeout)
    given_up.set()


def _sink(settings: Settings, key: str | None) -> HttpSink:
    login = None
    if settings.username and settings.password:
        login = Login(settings.username, settings.password)
    return HttpSink(
        settings.api_url,
        key or login,
        metric_url=settings.metric_url,
        timeouts=patience(settings),
        ca_file=settings.ca_file,
        environ=settings.network,
        fresh_key=KeyWatch(settings).fresh,
    )


def _defer(payload: Mapping[str, Any]) -> None:
    """From now on the run goes on, whatever the server says of how it was to begin."""
    payload["writer_facts"]["deferred"] = True


def _settle(run: Run, spool: Spool, payload: Mapping[str, Any], opened: OpenedRun) -> None:
    """Take over what the server knows of the run; called by the sender, maybe much later."""
    _defer(payload)
    identity = run._identity
    identity.entity, identity.project = opened.owner, opened.project
    identity.url = opened.url
    identity.project_url = opened.url.partition("/runs/")[0] or None
    identity.resumed = opened.resumed
    name = opened.run.get("name")
    if is_nameless(run) and not opened.resumed and name in {None, opened.id}:
        spool.append(Kind.PATCH, encode({"name": run.name}))
    elif run.settings.name is None and name:
        identity.name = str(name)
    if opened.resumed or run.settings.fork_from or run.settings.resume_from:
        inherit(run.config, opened.run.get("config") or {})
    if opened.resumed:
        _go_on(run, spool, opened)
    first = _first_step(opened)
    if first is not None and run.logged == 0:
        identity.first_step = first
        run._steps = Steps(first)


def _go_on(run: Run, spool: Spool, opened: OpenedRun) -> None:
    """Go on with the summary of a run that was there."""
    known = {key: logged(value) for key, value in (opened.run.get("summary") or {}).items()}
    with run._lock:
        run._metrics.folds.go_on_from(known)
        gone = remember(run.summary, known, opened.summary_set)
        run._straighten()
    if gone:
        spool.append(Kind.SUMMARY, encode({"set": {}, "unset": sorted(gone)}))


def _first_step(opened: OpenedRun) -> int | None:
    """Where this process goes on; a server of before says only where the others stand."""
    if opened.first_step is not None or not opened.resumed or opened.last_step is None:
        return opened.first_step
    return opened.last_step + 1


def _stop(run: Run, voice: Voice) -> None:
    """Somebody asked from afar that the run ends: as if they had pressed Ctrl-C here."""
    if run.is_over:
        return
    run._stopped = True
    voice.warn("the run was asked to stop")
    interrupt_main()


def _said_no(error: RefusedError, settings: Settings, key: str | None) -> Exception:
    """What the user is told when the server refuses the run."""
    if error.status in {401, 403}:
        shown = f"the API key {key[:6]}..." if key else "a run without an API key"
        return AuthenticationError(
            f"{settings.base_url} refuses {shown}: {(error.detail or error.code).rstrip('.')}. "
            f"Run `wanllmdb login --host {settings.base_url}`, or set WANLLMDB_API_KEY."
        )
    wish = _wish(settings)
    if wish and (error.status in {404, 409} or error.code == "step-not-found"):
        return UsageError(f"{wish}: {error.detail or error.code}{_HINTS.get(settings.resume, '')}")
    if error.status == 422:
        return UsageError(f"{settings.base_url} refuses the run: {error.detail or error.code}")
    return CommError(
        f"{settings.base_url} refuses the run ({error.status}): {error.detail or error.code}"
    )


_HINTS: Final[Mapping[str | None, str]] = {
    "must": ' To begin it, give resume="allow".',
    "never": ' To go on with it, give resume="allow"; to begin another, give another id or none.',
}


def _wish(settings: Settings) -> str:
    """What was asked for that the server may have to refuse."""
    if settings.resume in {"must", "never"}:
        return f'resume="{settings.resume}"'
    if settings.fork_from:
        return f'fork_from="{settings.fork_from}"'
    return f'resume_from="{settings.resume_from}"' if settings.resume_from else ""


def _brought_away(report: Report, settings: Settings) -> Report:
    """What is left goes from the job's own disk, which ends with the job, to one that stays."""
    moved = evacuated(Path(report.directory), lasting(settings))
    if moved is not None:
        return replace(report, directory=str(moved))
    why = "it could not be copied from this disk, which may be gone when the job is"
    return replace(report, problem=why)


def _farewell(run: Run, report: Report) -> str:
    """The last line: how much is safe where, and what is not."""
    lost = losses_told(run, report.lost)
    refused = sum(report.rejected.values())
    if refused:
        lost += f" · {refused:,} refused by the server: {', '.join(sorted(report.rejected))}"
    if gone := report.lost.get("memory"):
        return (
            f"synced {report.sent:,} of {report.sent + gone:,} records; {gone:,} are lost: no disk "
            f"could be written, and the server did not take them in time"
        )
    if not report.kept:
        return f"synced {run.logged:,} rows · {run.url}{lost}"
    whole = report.sent + report.kept
    why = f" ({report.problem})" if report.problem else ""
    return (
        f"synced {report.sent:,} of {whole:,} records; {report.kept:,} kept in "
        f"{report.directory}{why} and sent by the next run or `wanllmdb sync`{lost}"
    )
