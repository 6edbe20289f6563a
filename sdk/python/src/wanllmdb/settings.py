"""Settings: what a run was told before it began. Frozen; found once per `init`.

Strongest first: arguments of `init`, a `Settings` object, the environment (WANLLMDB_*, then
WANDB_*), `.env`, `.wanllmdb/config.yaml` of the project, the same of the home, defaults.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from wanllmdb.errors import UsageError
from wanllmdb.moment import parse_moment
from wanllmdb.sources import ambient
from wanllmdb.surroundings import expanded, working_directory

DEFAULT_URL: Final = "http://127.0.0.1:8000"
API_PATH: Final = "/api/v1"
MODES: Final = {
    "online": "online",
    "run": "online",
    "shared": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
}
CONSOLES: Final = {
    "auto": "auto",
    "wrap": "wrap",
    "wrap_raw": "wrap",
    "wrap_emu": "wrap",
    "redirect": "wrap",
    "off": "off",
}
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _also(*spellings: str, default: Any = None) -> Any:
    """A field that wandb's `Settings` or its environment call by other names, too."""
    return field(default=default, metadata={"spellings": spellings})


@dataclass(frozen=True, init=False, repr=False)
class Settings:
    """What a run was told. Build one with the names below, or with those of wandb's `Settings`.

    Attributes:
        api_url: the server's API, `http://host:port/api/v1`; given with or without the path.
        metric_url: another address for metrics only; None asks the API's server for all.
        mode: online, offline or disabled.
        dir: where runs are kept instead of the state directory of the user.
        spool_dir: the very directory of the spool; wins over `dir`.
        spool_limit: what one run may take of this disk, in bytes or as "2GiB"; 0 for no limit, None
            for 2 GiB, or a tenth of what is free if that is less.
        config_dir: where keys lie, instead of `~/.wanllmdb`.
        ca_file: certificates to trust, a file or a folder, instead of the system's.
        console: wrap (keep what is printed), off, or auto (off in notebooks).
        flush_rows, flush_interval: a batch is sent after so many metrics or seconds.
        init_timeout: how long `init` may wait for a server, at most two seconds; the default leaves
            room for the rest of `init` within two seconds.
        finish_timeout: how long `finish` may go on sending while the server keeps answering.
        fork_from, resume_from: `<run>?_step=<n>`: begin with what that run shows up to the step;
            go on with that run behind the step.
        shared: several processes log to the run at once, and none of them goes on from another;
            `mode="shared"` says the same.
        label: what this process is called among them; else its rank, if it has one.
        primary: the run ends with this process.
        update_finish_state: false: the end of this process is not the run's.
        preemption: the signals by which a scheduler tells the script to go; True is SIGTERM.
        given: the names of the fields that somebody chose.
    """

    api_url: str = _also("base_url", default=DEFAULT_URL + API_PATH)
    metric_url: str | None = None
    api_key: str | None = None
    username: str | None = None
    password: str | None = None
    entity: str | None = None
    project: str | None = None
    run_id: str | None = _also("id")
    name: str | None = _also("run_name")
    notes: str | None = _also("run_notes")
    tags: tuple[str, ...] = _also("run_tags", default=())
    group: str | None = _also("run_group")
    job_type: str | None = _also("run_job_type")
    resume: str | None = None
    fork_from: str | None = None
    resume_from: str | None = None
    shared: bool = False
    label: str | None = _also("x_label")
    primary: bool | None = _also("x_primary")
    update_finish_state: bool = _also("x_update_finish_state", default=True)
    mode: str = "online"
    dir: str | None = _also("root_dir")
    spool_dir: str | None = None
    spool_limit: int | None = None
    config_dir: str | None = None
    ca_file: str | None = None
    console: str = "auto"
    silent: bool = False
    quiet: bool = False
    git_tracking: bool = True
    save_facts: bool = True
    monitor_system: bool = True
    monitor_interval: float = _also("x_stats_sampling_interval", default=30.0)
    flush_rows: int = 1000
    flush_interval: float = 5.0
    init_timeout: float = 1.7
    finish_timeout: float = 60.0
    allow_val_change: bool = False
    reinit: str | bool | None = None
    preemption: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()

    def __init__(self, **given: Any) -> None:
        chosen, ignored = _translated(given)
        for each in fields(self):
            object.__setattr__(self, each.name, chosen.get(each.name, each.default))
        object.__setattr__(self, "given", frozenset(chosen))
        object.__setattr__(self, "ignored", ignored)

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in sorted(self.given)}
        for secret in ("api_key", "password"):
            if shown.get(secret):
                shown[secret] = "..."
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def chosen(self) -> dict[str, Any]:
        """The fields that somebody chose."""
        return {name: getattr(self, name) for name in self.given}

    @property
    def base_url(self) -> str:
        """The address of the server's page."""
        return self.api_url.removesuffix(API_PATH)

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine."""
        return urlsplit(self.api_url).hostname in _LOOPBACK


def resolve(
    arguments: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
) -> Settings:
    """The settings of one run, from all that may say something about them.

    Args:
        arguments: what the caller said; a value of None says nothing.
        environ: instead of that of the process.
        cwd: instead of the working directory.
        home: instead of the user's home.
    """
    environ = os.environ if environ is None else environ
    found = dict(ambient(names(), environ, cwd or working_directory(), home or _home(environ)))
    for variable, (name, value) in _SWITCHES.items():
        if environ.get(variable, "").strip().lower() in _YES:
            found.setdefault(name, value)
    found.update((key, value) for key, value in arguments.items() if value is not None)
    return Settings(**found)


def _home(environ: Mapping[str, str]) -> Path:
    return expanded(environ.get("HOME") or "~")


def names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field that a file or the environment may set, with its other spellings."""
    for each in fields(Settings):
        if each.name not in {"given", "ignored"}:
            yield each.name, each.metadata.get("spellings", ())


def parse_url(text: str) -> str:
    """An address of a server as its API's: `host:8000` and `http://host:8000/` are fine.

    Raises:
        UsageError: it is no address of a server.
    """
    url = text.strip()
    url = (url if "://" in url else f"http://{url}").rstrip("/")
    try:
        parts = urlsplit(url)
        ok = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        account = "@" in parts.netloc
    except ValueError:
        ok = account = False
    if account:
        raise UsageError(
            "The address of a server has no account in it; the key is given by "
            "`wanllmdb login` or WANLLMDB_API_KEY."
        )
    if not ok:
        raise UsageError(f"{text!r} is no address of a server; expected http://host:port.")
    return url if url.endswith(API_PATH) else url + API_PATH


def _translated(given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fields by our names, and the names of wandb's settings that mean nothing here."""
    spelled = {other: name for name, others in names() for other in (name, *others)}
    chosen: dict[str, Any] = {}
    ignored: list[str] = []
    for key, value in given.items():
        negated = _NEGATED.get(key)
        if key in spelled:
            chosen[spelled[key]] = _checked(spelled[key], value)
            if key == "mode" and value == "shared":
                chosen["shared"] = True
        elif negated:
            chosen[negated] = not _flag(key, value)
        elif key in _FOREIGN or key.startswith(("x_", "_", "sweep_", "init_", "show_")):
            ignored.append(key)
        else:
            raise UsageError(f"There is no setting {key!r}.")
    return chosen, tuple(ignored)


def _checked(name: str, value: Any) -> Any:
    """The value as its field's type wants it; `UsageError` names the setting that cannot be."""
    check = _CHECKS.get(name)
    if check is None or value is None:
        return value
    try:
        return check(name, value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The setting {name} cannot be {value!r}.") from error


def _flag(name: str, value: Any) -> bool:
    del name
    if isinstance(value, str):
        text = value.strip().lower()
        if text in {"", "0", "false", "no", "off", "n", "f"}:
            return False
        if text in _YES:
            return True
        raise ValueError(text)
    return bool(value)


def _positive(name: str, value: Any) -> float:
    del name
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError(number)
    return number


def _one_of(words: Mapping[str, str]) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if value not in words:
            raise UsageError(f"The {name} {value!r} is none of {', '.join(words)}.")
        return words[value]

    return check


def bytes_of(value: Any) -> int:
    """A number of bytes: 0, 1048576, "512 MiB", "2GB". Raises `ValueError`."""
    text = str(value).strip().lower().removesuffix("b")
    binary = text.endswith("i")
    text = text.removesuffix("i")
    power = " kmgt".find(text[-1:] or " ")
    if binary and power < 1:
        raise ValueError(value)
    number = float(text[:-1] if power > 0 else text) * (1024 if binary else 1000) ** max(0, power)
    if not 0 <= number < 1 << 63:
        raise ValueError(value)
    return int(number)


def _tags(name: str, value: Any) -> tuple[str, ...]:
    del name
    if isinstance(value, str):
        return tuple(tag.strip() for tag in value.split(",") if tag.strip())
    return tuple(value)


def _resume(name: str, value: Any) -> str | None:
    if isinstance(value, bool) or str(value).lower() in {"true", "false"}:
        return "auto" if _flag(name, value) else None
    return _one_of({word: word for word in ("allow", "must", "never", "auto")})(name, value)


def _moment(name: str, value: Any) -> str:
    parse_moment(name, str(value))
    return str(value).strip()


def _preemption(name: str, value: Any) -> tuple[str, ...]:
    del name
    from wanllmdb.preemption import names

    return names(value)


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "api_url": lambda _, value: parse_url(str(value)),
    "metric_url": lambda _, value: parse_url(str(value)),
    "api_key": lambda _, value: str(value).strip() or None,
    "dir": lambda _, value: os.fspath(value),
    "spool_dir": lambda _, value: os.fspath(value),
    "spool_limit": lambda _, value: bytes_of(value),
    "config_dir": lambda _, value: os.fspath(value),
    "ca_file": lambda _, value: os.fspath(value),
    "tags": _tags,
    "resume": _resume,
    "fork_from": _moment,
    "resume_from": _moment,
    "label": lambda _, value: str(value),
    "preemption": _preemption,
    "mode": _one_of(MODES),
    "console": _one_of(CONSOLES),
    "monitor_interval": _positive,
    "flush_rows": lambda name, value: int(_positive(name, value)),
    "flush_interval": _positive,
    "init_timeout": lambda name, value: min(_positive(name, value), 2.0),
    "finish_timeout": _positive,
    **dict.fromkeys(
        (
            "silent",
            "quiet",
            "git_tracking",
            "save_facts",
            "monitor_system",
            "allow_val_change",
            "shared",
            "primary",
            "update_finish_state",
        ),
        _flag,
    ),
}

_YES: Final = frozenset({"1", "true", "yes", "on", "y", "t"})

# Switches of wandb's environment, and the setting each one turns.
_SWITCHES: Final = {
    "WANDB_DISABLED": ("mode", "disabled"),
    "WANDB_DISABLE_GIT": ("git_tracking", False),
}

# Settings of wandb that say the opposite of one of ours.
_NEGATED: Final = {
    "disable_git": "git_tracking",
    "x_disable_stats": "monitor_system",
    "_disable_stats": "monitor_system",
    "x_disable_meta": "save_facts",
    "_disable_meta": "save_facts",
}

# Settings of wandb, of now and of old, that have no meaning here: accepted, and said so once.
_FOREIGN: Final = frozenset(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        "allow_offline_artifacts anonymous app_url azure_account_url_to_access_key code_dir "
        "colab_url config_paths disable_code disable_job_creation docker email executable "
        "files_dir git_commit git_remote git_remote_url git_root heartbeat_seconds "
        "host host_name http_proxy https_proxy identity_token_file ignore_globs "
        "insecure_disable_ssl job_name job_source label_disable launch log_dir log_internal "
        "login_timeout max_end_of_run_history_metrics max_end_of_run_summary_metrics "
        "notebook_name organization problem program program_abspath program_relpath relogin "
        "resumed save_code settings_system settings_system_file settings_workspace "
        "start_method strict summary_errors summary_timeout summary_warnings symlink "
        "sync_tensorboard table_raise_on_max_row_limit_exceeded timespec wandb_dir"
    ).split()
)
