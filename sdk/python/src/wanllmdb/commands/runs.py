"""`wanllmdb runs`: the runs of a project, or without one the projects."""

from __future__ import annotations

import argparse

from wanllmdb.commands.answer import (
    OK,
    Commands,
    answer,
    ask,
    connect,
    declare,
    project_place,
    settings_of,
)


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "runs", _runs, "list runs of a project")
    command.add_argument("--project", metavar="[OWNER/]PROJECT", help="which project")
    command.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (20)")


def _runs(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    http = connect(settings)
    place = project_place(settings, http, arguments.project)
    if place is None:
        found = ask(http, "/api/v1/projects?limit=100").get("items", [])
        lines = [f"{each['owner']}/{each['name']}  {each['runs']} runs" for each in found]
        answer(arguments, {"projects": found}, "\n".join(lines) or "There is no project yet.")
        return OK
    found = ask(http, f"{place}/runs?limit={arguments.limit}&sort=-created_at").get("items", [])
    lines = [
        f"{run['id']:<10} {run['state']:<9} {run['name']}  {settings.base_url}{run['url']}"
        for run in found
    ]
    answer(arguments, {"runs": found}, "\n".join(lines) or "There is no run in this project.")
    return OK
