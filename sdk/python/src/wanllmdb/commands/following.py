"""`wanllmdb sync --watch`: follow spools that others write until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import sys
import time

from wanllmdb.commands.answer import OK, say
from wanllmdb.commands.waiting import destination, sink_of, spools, told
from wanllmdb.lookout import TURN_SECONDS, News, Watch
from wanllmdb.relay import Leftover
from wanllmdb.settings import Settings
from wanllmdb.sink import Sink


def follow(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look again every second; ends with Ctrl-C, and leaves everything to be gone on with."""
    roots = spools(settings, arguments.directories)

    def sink(leftover: Leftover) -> Sink:
        return sink_of(told(settings, destination(settings, leftover)))

    watch = Watch(roots, sink, _tell_json if arguments.json else _tell)
    say(f"Following {', '.join(map(str, roots))}; Ctrl-C ends it, and nothing is lost by that.")
    try:
        while True:
            began = time.monotonic()
            watch.turn()
            time.sleep(max(0.0, TURN_SECONDS - (time.monotonic() - began)))
    except KeyboardInterrupt:
        return OK
    finally:
        watch.close()


def _tell(news: News) -> None:
    leftover = news.leftover
    where = f" from {leftover.host}" if leftover.host else ""
    name = leftover.run.get("name") or leftover.run.get("id")
    lines = {
        "following": f"{name}{where}: {news.url}",
        "finished": f"{name}{where}: all of it is there, {news.sent:,} records",
        "problem": f"{name}{where}: {news.detail}; tried again by itself",
        "recovered": f"{name}{where}: goes on",
    }
    sys.stdout.write(f"{lines[news.what]}\n")
    sys.stdout.flush()


def _tell_json(news: News) -> None:
    said = {
        "event": news.what,
        "run": news.leftover.run.get("id"),
        "writer": news.leftover.writer,
        "host": news.leftover.host,
        "url": news.url,
        "sent": news.sent,
        "detail": news.detail,
    }
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()
