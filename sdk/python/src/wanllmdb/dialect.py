"""Dialect: the settings of wandb, of now and of old, and what each of them means here.

A name is a field of ours under another spelling (`Settings` says which), the opposite of one,
or means nothing here and is accepted: who set it is told so once, by name. Any other name is a
mistake. Names that begin with `x_` or `_` come and go between versions, so that all are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

THEIRS: Final = "WANDB_"

# Settings that say the opposite of one of ours. They win over it: who turns something off
# does not want it, whatever turned it on.
NEGATED: Final = {
    "disable_git": "git_tracking",
    "disable_code": "code_tracking",
    "x_disable_stats": "monitor_system",
    "_disable_stats": "monitor_system",
    "x_disable_meta": "save_facts",
    "_disable_meta": "save_facts",
}

# Switches of the environment, and the setting each one turns.
SWITCHES: Final[Mapping[str, tuple[str, Any]]] = {
    "WANDB_DISABLED": ("mode", "disabled"),
    **{
        f"{THEIRS}{name.upper()}": (field, False)
        for name, field in NEGATED.items()
        if not name.startswith("_")
    },
}

# Variables that say something else than their name does among our settings.
RENAMED: Final = {
    "WANDB_USERNAME": "user",  # whose run it is, for people; an account has a password
    "WANDB_ARGS": "arguments",
}

# What only one run can be told, or what leads to a secret: no file of settings has it.
PASSING: Final = frozenset(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        "run_id resume fork_from resume_from sweep_id sweep_param_path label primary program "
        "arguments notebook_name"
    ).split()
)

_NOTHING: Final = frozenset(
    (  # noqa: SIM905
        "allow_media_symlink allow_offline_artifacts anonymous app_url app_url_override "
        "azure_account_url_to_access_key capture_loggers code_dir colab_url "
        "console_chunk_max_bytes console_chunk_max_seconds console_multipart credentials_file "
        "deployment disable_git_fork_point disable_hints disable_job_creation docker email "
        "files_dir finish_timeout_raises force git_commit git_remote git_remote_url git_root "
        "heartbeat_seconds identity_token_file is_local job_name job_source jupyter_name "
        "jupyter_path jupyter_root label_disable launch launch_config_path log_dir log_internal "
        "magic max_end_of_run_history_metrics max_end_of_run_summary_metrics organization "
        "problem program_abspath program_relpath relogin resume_fname resumed sagemaker_disable "
        "save_requirements settings_system settings_system_file settings_workspace show_colors "
        "show_emoji show_errors show_info show_run show_warnings start_datetime start_method "
        "start_time stop_fn stop_on_fatal_error strict summary_errors summary_timeout "
        "summary_warnings sweep_url symlink sync_dir sync_file "
        "table_raise_on_max_row_limit_exceeded timespec tmp_dir use_dot_wandb wandb_dir"
    ).split()
)

# Of the environment, variables of wandb that are not named for a setting and that people count on.
_VARIABLES: Final = frozenset({"config_dir"})


def means_nothing(name: str) -> bool:
    """Whether it is a setting of wandb that is accepted and has no meaning here."""
    return name in _NOTHING or name.startswith(("x_", "_"))


def idle(environ: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    """The variables of wandb's settings that are set and mean nothing here.

    Args:
        environ: the environment.
        known: every spelling of our fields.
    """
    for variable in environ:
        name = variable.removeprefix(THEIRS).lower()
        if not variable.startswith(THEIRS) or name.startswith("_") or not environ[variable].strip():
            continue
        if name in _VARIABLES or (
            name not in known and name not in NEGATED and means_nothing(name)
        ):
            yield variable
