"""The names that a run gets when nobody gave it one, and the rules for those that were given.

Ids and names are made here, not by the server, so that a run that began offline has both.
"""

from __future__ import annotations

import hashlib
import random
import re
from typing import Final

from wanllmdb.errors import UsageError
from wanllmdb.values import text

ID_LENGTH: Final = 8
MAX_NAME: Final = 128
MAX_LABEL: Final = 256
MAX_NOTES: Final = 65_536
MAX_TAG: Final = 64
MAX_TAGS: Final = 256
DEFAULT_PROJECT: Final = "uncategorized"

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
MAX_ID_BYTES: Final = 256
# What separates ids from other things in paths, queries and lists; what nobody can see or type.
_NO_ID: Final = re.compile(
    r"[:;,#?/'\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_OWNER: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_PROJECT_FORBIDDEN: Final = re.compile(r"[/\\#?%:\x00-\x1f\x7f]")

_ADJECTIVES: Final = (  # noqa: SIM905 - a page of words reads better than a column of them
    "agile amber ancient autumn bold brave breezy bright brisk calm candid clear clever "
    "cosmic crimson crisp curious dapper daring deep devout eager earnest easy electric "
    "fair fancy fast fearless firm fluent fresh gentle glad golden good grand happy hardy "
    "honest humble icy jolly keen kind light lively logical lucky lunar mellow mild misty "
    "noble olive patient playful polished proud pure quick quiet rapid rare royal rural "
    "scarlet serene sharp silver sincere smart smooth solar spring stellar still sunny "
    "super swift tidy treasured true upbeat valiant vivid warm wild wise young zesty"
).split()
_NOUNS: Final = (  # noqa: SIM905
    "aurora badger bay beacon bird blossom breeze bridge brook canyon cedar cloud comet "
    "coral cosmos creek crow dawn deer dew dream dune eagle eclipse elm ember falcon fern "
    "field fire firefly flower fog forest fox frog galaxy garden glacier glade grass grove "
    "harbor haze hill horizon island jazz lake lark leaf lion meadow meteor mist moon moss "
    "mountain night oak ocean otter owl paper pebble pine planet plasma pond prairie puddle "
    "rain resonance river salad sea serenity shadow sky smoke snow sound spark star stone "
    "stream sun sunset surf thunder tree tulip universe valley violet voice water wave wind"
).split()


def new_id(chance: random.Random) -> str:
    """Eight of [a-z0-9]: 2.8e12 ids, enough for a project's runs not to meet."""
    return "".join(chance.choices(_ALPHABET, k=ID_LENGTH))


def new_name(chance: random.Random) -> str:
    """A name that can be said aloud: adjective-noun-number."""
    return f"{chance.choice(_ADJECTIVES)}-{chance.choice(_NOUNS)}-{chance.randint(1, 999)}"


def chance() -> random.Random:
    """Randomness that a user's `random.seed(0)` neither steers nor feels."""
    return random.SystemRandom()


def checked_id(run_id: str) -> str:
    """The id, if it can be one; else `UsageError` with one that could."""
    bare = run_id.strip()
    long = len(run_id.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES
    if not bare or bare != run_id or bare in {".", ".."} or long or _NO_ID.search(run_id):
        raise UsageError(
            f"The run id {run_id[:80]!r} cannot be one: it has 1 to {MAX_ID_BYTES} bytes, none of "
            f": ; , # ? / ' \\ or controls, no spaces around it, and is not '.' or '..'. "
            f"Try {slug(run_id)!r}; a name= may be any text."
        )
    return run_id


def checked_owner(owner: str | None) -> str | None:
    """The user or team of the run, if it can be one; else `UsageError` with one that could."""
    if not owner:
        return None
    if not _OWNER.match(owner):
        raise UsageError(
            f"The entity {owner[:80]!r} is no user or team: it has 1 to 64 characters of "
            f"A-Z a-z 0-9 . _ -. Try {slug(owner)[:64]!r}, or leave it out."
        )
    return owner


def checked_project(project: str) -> str:
    """The project's name, if it can be one; the default when it is empty; else `UsageError`."""
    if not project:
        return DEFAULT_PROJECT
    if len(project) > MAX_NAME:
        raise UsageError(f"A project's name has at most {MAX_NAME} characters.")
    fault = _PROJECT_FORBIDDEN.search(project) or text(project) != project
    if fault or project in {".", "..", "compare"} or project != project.strip():
        raise UsageError(
            f"The project {project!r} has a character that it cannot have: none of / \\ # ? % : "
            f"and no spaces around it. Try {slug(project)!r}."
        )
    return project


def checked_tags(tags: object) -> tuple[str, ...]:
    """Tags as a tuple without repetition; a bare string is one tag, not its characters."""
    if tags is None:
        return ()
    if isinstance(tags, str):
        tags = (tags,)
    if not isinstance(tags, (list, tuple, set, frozenset)):
        raise UsageError("Tags are a list of strings.")
    for tag in tags:
        if not isinstance(tag, str) or not 1 <= len(tag) <= MAX_TAG or _CONTROL.search(tag):
            raise UsageError(f"A tag is a string of 1 to {MAX_TAG} characters, not {tag!r:.200}.")
    found = tuple(dict.fromkeys(map(text, tags)))
    if len(found) > MAX_TAGS:
        raise UsageError(f"A run has at most {MAX_TAGS} tags, not {len(found):,}.")
    return found


def label(given: str) -> str:
    """A name, a group or a job type as a server takes it: a line of at most 256 characters."""
    return text(_CONTROL.sub(" ", given))[:MAX_LABEL]


def note(given: str) -> str:
    """Notes as a server takes them: any text of at most 65 536 characters."""
    return text(given)[:MAX_NOTES]


def folder(run_id: str) -> str:
    """The id as a part of the name of a folder, on any system; no other id has the same."""
    plain = slug(run_id)
    if plain == run_id:
        return plain
    return f"{plain}~{hashlib.sha256(run_id.encode()).hexdigest()[:12]}"


def slug(given: str) -> str:
    """The nearest text that is safe in any path: [A-Za-z0-9._-], at most 100 characters."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", given).strip("-.")[:100] or "run"
