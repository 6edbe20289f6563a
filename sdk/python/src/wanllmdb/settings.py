"""Settings: what a run was told before it began. Frozen; found once per `init`.

Strongest first: arguments of `init`, a `Settings` object, the environment (WANLLMDB_*, then
WANDB_*), `.env`, `.wanllmdb/config.yaml` of the project, the same of the home, defaults. Within
a sweep, what the sweep says of the project, the owner and the id beats all.
"""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from wanllmdb import dialect
from wanllmdb.errors import UsageError
from wanllmdb.reading import API_PATH, YES, checked, flag, parse_url
from wanllmdb.sources import ambient, write_file
from wanllmdb.surroundings import expanded, working_directory

__all__ = ["API_PATH", "DEFAULT_URL", "Settings", "names", "parse_url", "resolve"]

DEFAULT_URL: Final = "http://127.0.0.1:8000"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRETS: Final = ("api_key", "password")


def _also(*spellings: str, default: Any = None) -> Any:
    """A field that wandb's `Settings` or its environment call by other names, too."""
    return field(default=default, metadata={"spellings": spellings})


@dataclass(frozen=True, init=False, repr=False)
class Settings:
    """What a run was told. Build one with the names below, or with those of wandb's `Settings`.

    Attributes:
        api_url: the server's API, `http://host:port/api/v1`; given with or without the path.
        metric_url: another address for metrics only; None asks the API's server for all.
        username, password: an account to sign in with where there is no key.
        mode: online, offline or disabled.
        dir: where runs are kept instead of the state directory of the user.
        spool_dir: the very directory of the spool; wins over `dir`.
        spool_limit: what one run may take of this disk, in bytes or as "2GiB"; 0 for no limit, None
            for 2 GiB, or a tenth of what is free if that is less.
        config_dir: where keys lie, instead of `~/.wanllmdb`.
        cache_dir, data_dir, artifact_dir: where artifacts are cached, made, and downloaded to.
        ca_file: certificates to trust, a file or a folder, instead of the system's.
        insecure_disable_ssl: no certificate is looked at; said at every start.
        http_proxy, https_proxy: instead of the variables of these names.
        http_timeout: seconds to wait for an answer, at most 120.
        console: wrap (keep what is printed), off, or auto, which is wrap.
        flush_rows, flush_interval: a batch is sent after so many metrics or seconds.
        init_timeout: how long `init` may wait for a server, at most two seconds; the default leaves
            room for the rest of `init` within two seconds.
        finish_timeout: how long `finish` may go on sending while the server keeps answering.
        login_timeout: how long `login` waits for somebody to type a key; None for ever.
        fork_from, resume_from: `<run>?_step=<n>`: begin with what that run shows up to the step;
            go on with that run behind the step.
        shared: several processes log to the run at once, and none of them goes on from another;
            `mode="shared"` says the same.
        label: what this process is called among them; else its rank, if it has one.
        primary: the run ends with this process.
        save_facts: what is found of the script and its machine is kept.
        save_code: the script is kept, too.
        code_tracking: false: nothing of the code is kept, neither the script nor what git says of
            changes to it.
        ignore_globs: files of these names are not saved.
        config_paths: files with a config that `init` begins with.
        sweep_id, sweep_param_path: the sweep that the run is of, and the values that it was given.
        host, user, program, arguments, executable, notebook_name: what is told of the script and
            its machine, instead of what is found.
        sync_tensorboard: what is written for TensorBoard is kept as rows.
        monitor_gym: videos that gymnasium records are kept.
        update_finish_state: false: the end of this process is not the run's.
        preemption: the signals by which a scheduler tells the script to go; True is SIGTERM.
        ignored: names that were given and mean nothing here.
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
    cache_dir: str | None = None
    data_dir: str | None = None
    artifact_dir: str | None = None
    ca_file: str | None = None
    insecure_disable_ssl: bool = False
    http_proxy: str | None = None
    https_proxy: str | None = None
    http_timeout: float | None = _also("x_graphql_timeout_seconds")
    console: str = "auto"
    silent: bool = False
    quiet: bool = False
    git_tracking: bool = True
    save_facts: bool = True
    save_code: bool = False
    code_tracking: bool = True
    ignore_globs: tuple[str, ...] = ()
    config_paths: tuple[str, ...] = ()
    sweep_id: str | None = None
    sweep_param_path: str | None = None
    sync_tensorboard: bool = False
    monitor_gym: bool = False
    monitor_system: bool = True
    monitor_interval: float = _also("x_stats_sampling_interval", default=30.0)
    flush_rows: int = 1000
    flush_interval: float = 5.0
    init_timeout: float = 1.7
    finish_timeout: float = 60.0
    login_timeout: float | None = None
    allow_val_change: bool = False
    reinit: str | bool | None = None
    preemption: tuple[str, ...] = ()
    host: str | None = _also("host_name")
    user: str | None = None
    program: str | None = None
    arguments: tuple[str, ...] | None = None
    executable: str | None = _also("x_executable")
    notebook_name: str | None = _also("x_jupyter_name")
    ignored: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()

    def __init__(self, **given: Any) -> None:
        chosen, ignored = _translated(given)
        for each in fields(self):
            object.__setattr__(self, each.name, chosen.get(each.name, each.default))
        object.__setattr__(self, "given", frozenset(chosen))
        object.__setattr__(self, "ignored", ignored)

    def __getattr__(self, name: str) -> Any:
        """A setting by the name that wandb has for it; None where it means nothing here."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _spelled():
            return getattr(self, _spelled()[name])
        if name in dialect.NEGATED:
            return not getattr(self, dialect.NEGATED[name])
        if dialect.means_nothing(name):
            return None
        raise AttributeError(f"There is no setting {name!r}.")

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in sorted(self.given)}
        shown.update((name, "...") for name in _SECRETS if shown.get(name))
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def chosen(self) -> dict[str, Any]:
        """The fields that somebody chose."""
        return {name: getattr(self, name) for name in self.given}

    def of(self, *, run_id: str, project: str, entity: str | None) -> Settings:
        """These, where a run is asked for its own; `given` says still what somebody chose."""
        told = object.__new__(Settings)
        vars(told).update(vars(self), run_id=run_id, project=project, entity=entity)
        return told

    def save(self, path: str | os.PathLike[str] | None = None, *, secrets: bool = False) -> Path:
        """Keep the fields that somebody chose in a file that later runs find; returns where.

        What else stands in the file stays there. What only one run can be told (its id, what it
        resumes) is left out, and so are the key and the password unless `secrets` is set. The
        file is its owner's alone, and whole or as it was.

        Args:
            path: instead of `config.yaml` in the directory of keys.
            secrets: keep the key and the password, too.
        """
        directory = expanded(self.config_dir or "~/.wanllmdb")
        place = directory / "config.yaml" if path is None else expanded(os.fspath(path))
        left_out = {*dialect.PASSING, *(() if secrets else _SECRETS)}
        write_file(place, {k: v for k, v in sorted(self.chosen().items()) if k not in left_out})
        return place

    @property
    def base_url(self) -> str:
        """The address of the server's page."""
        return self.api_url.removesuffix(API_PATH)

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine."""
        return urlsplit(self.api_url).hostname in _LOOPBACK

    @property
    def network(self) -> Mapping[str, str]:
        """The environment that connections go by: above it what was said of proxies and TLS."""
        said = {"http_proxy": self.http_proxy, "https_proxy": self.https_proxy}
        above = {name: value for name, value in said.items() if value}
        if self.insecure_disable_ssl:
            above["WANLLMDB_INSECURE_DISABLE_SSL"] = "true"
        return ChainMap(above, os.environ) if above else os.environ

    def facts(self) -> dict[str, Any]:
        """What was said of the script and its machine, in the words of a run's environment."""
        from wanllmdb.redaction import clean_argv

        said = {
            "host": self.host,
            "user": self.user or (self.username if not self.password else None),
            "program": self.program,
            "argv": list(clean_argv(self.arguments)) if self.arguments else None,
            "executable": self.executable,
            "notebook": self.notebook_name,
            "sweep": self.sweep_id,
        }
        return {name: value for name, value in said.items() if value}


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
    for variable, (name, value) in dialect.SWITCHES.items():
        if environ.get(variable, "").strip().lower() in YES:
            found.setdefault(name, value)
    said = {key: value for key, value in arguments.items() if value is not None}
    idle = [*dialect.idle(environ, _spelled()), *said.pop("ignored", ())]
    if found.get("sweep_id"):
        beaten = (name for name in ("project", "entity", "run_id") if name in found)
        idle += [f"{each} (in a sweep)" for each in beaten if said.pop(each, None) is not None]
    found.update(said)
    settings = Settings(**found)
    object.__setattr__(settings, "ignored", tuple(dict.fromkeys((*settings.ignored, *idle))))
    return settings


def _home(environ: Mapping[str, str]) -> Path:
    return expanded(environ.get("HOME") or "~")


def names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field that a file or the environment may set, with its other spellings."""
    for each in fields(Settings):
        if each.name not in {"given", "ignored"}:
            yield each.name, each.metadata.get("spellings", ())


def _spelled() -> Mapping[str, str]:
    """Every spelling of a field, and the field."""
    if not _SPELLED:
        _SPELLED.update((other, name) for name, others in names() for other in (name, *others))
    return _SPELLED


_SPELLED: Final[dict[str, str]] = {}


def _translated(given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fields by our names, and the names of wandb's settings that mean nothing here."""
    spelled = _spelled()
    chosen: dict[str, Any] = {}
    negated: dict[str, Any] = {}
    ignored: list[str] = []
    for key, value in given.items():
        if key in {"given", "ignored"}:
            continue  # of another `Settings`, all of whose fields were handed on
        if key in spelled:
            chosen[spelled[key]] = checked(spelled[key], value)
            if key == "mode" and value == "shared":
                chosen["shared"] = True
        elif key in dialect.NEGATED:
            if value is not None:
                negated[dialect.NEGATED[key]] = not flag(key, value)
        elif dialect.means_nothing(key):
            ignored.append(key)
        else:
            raise UsageError(f"There is no setting {key!r}.")
    return {**chosen, **negated}, tuple(ignored)
