"""`wanllmdb stop`: ask a run's script to stop, as if somebody pressed Ctrl-C there."""

from __future__ import annotations

import argparse

from wanllmdb.commands.answer import (
    OK,
    Commands,
    answer,
    ask,
    connect,
    declare,
    order,
    run_place,
    settings_of,
)


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "stop", _stop, "ask a run's script to stop")
    command.add_argument("run", metavar="[[OWNER/]PROJECT/]RUN", help="which run")


def _stop(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    http = connect(settings)
    place = run_place(settings, http, arguments.run)
    run = ask(http, place)
    asked = run["finished_at"] is None
    if asked:
        run = order(http, "PATCH", place, {"stop_requested": True})
    name = f"{run['owner']}/{run['project']}/{run['id']}"
    said = {"run": name, "state": run["state"], "asked": asked}
    text = f"{name} has ended already: {run['state']}."
    if asked:
        text = f"{name} is asked to stop. It hears of it within 15 seconds and may clean up first."
    answer(arguments, said, text)
    return OK
