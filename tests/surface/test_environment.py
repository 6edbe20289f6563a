"""Variables of the environment: each row of their table, and every setting that wandb has."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.bad.user import QUIET, User
from tests.sdk.stub_server import StubServer
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.errors import ConfigError
from wanllmdb.settings import Settings, resolve
from wanllmdb.wire import Kind

ROWS = Rows()

# Every field of `wandb.Settings` of wandb 0.31.0.
THEIRS = """
allow_media_symlink allow_offline_artifacts allow_val_change anonymous api_key
azure_account_url_to_access_key app_url_override base_url code_dir config_paths console
console_multipart console_chunk_max_bytes console_chunk_max_seconds capture_loggers
credentials_file disable_code disable_git disable_git_fork_point disable_job_creation docker
email entity organization force fork_from git_commit git_remote git_remote_url git_root
heartbeat_seconds host http_proxy https_proxy identity_token_file ignore_globs init_timeout
finish_timeout finish_timeout_raises insecure_disable_ssl job_name job_source label_disable
launch launch_config_path login_timeout mode notebook_name program program_abspath
program_relpath project quiet reinit relogin resume resume_from resumed root_dir run_group run_id
run_job_type run_name run_notes run_tags sagemaker_disable save_code settings_system stop_fn
max_end_of_run_history_metrics max_end_of_run_summary_metrics show_colors show_emoji show_errors
show_info show_warnings silent stop_on_fatal_error strict summary_timeout summary_warnings
sweep_id sweep_param_path symlink sync_tensorboard table_raise_on_max_row_limit_exceeded
use_dot_wandb username x_cli_only_mode x_disable_meta x_disable_stats x_disable_viewer
x_disable_machine_info x_executable x_extra_http_headers x_file_stream_max_bytes
x_file_stream_max_line_bytes x_file_stream_transmit_interval x_file_stream_no_gzip
x_file_stream_retry_max x_file_stream_retry_wait_min_seconds x_file_stream_retry_wait_max_seconds
x_file_stream_timeout_seconds x_file_transfer_retry_max x_file_transfer_retry_wait_min_seconds
x_file_transfer_retry_wait_max_seconds x_file_transfer_timeout_seconds x_files_dir
x_flow_control_custom x_flow_control_disabled x_graphql_retry_max
x_graphql_retry_wait_min_seconds x_graphql_retry_wait_max_seconds x_graphql_timeout_seconds
x_history_value_encoding x_internal_check_process x_jupyter_name x_jupyter_path x_jupyter_root
x_label x_live_policy_rate_limit x_live_policy_wait_time x_log_level x_network_buffer x_primary
x_proxies x_runqueue_item_id x_save_requirements x_server_side_derived_summary
x_service_transport x_service_wait x_skip_transaction_log x_start_time x_stats_pid
x_stats_sampling_interval x_stats_neuron_monitor_config_path x_stats_dcgm_exporter
x_stats_open_metrics_endpoints x_stats_open_metrics_filters x_stats_open_metrics_http_headers
x_stats_disk_paths x_stats_cpu_count x_stats_cpu_logical_count x_stats_gpu_count x_stats_gpu_type
x_stats_gpu_device_ids x_stats_buffer_size x_stats_coreweave_metadata_base_url
x_stats_coreweave_metadata_endpoint x_stats_track_process_tree x_stats_no_cgroup
x_stats_self_usage x_sync x_sync_dir_suffix x_transaction_log_flush_interval
x_update_finish_state
""".split()  # noqa: SIM905 - a page of words reads better than a column of them

# Of those that are ours, a value that each can have; of all others anything will do.
WORDS: dict[str, Any] = {
    "base_url": "http://h:1",
    "console": "off",
    "mode": "offline",
    "resume": "allow",
    "fork_from": "a?_step=1",
    "resume_from": "a?_step=1",
    "reinit": "return_previous",
}
# Settings that older versions had, and that scripts still set.
OLD = """
start_method _disable_stats _disable_meta _service_wait problem log_internal timespec
table_raise_on_max_row_limit_exceeded x_gone_again sync_file disable_hints
""".split()  # noqa: SIM905


def init(user: User, **variables: str) -> Settings:
    """The settings of a run that begins in these surroundings."""
    for name, value in variables.items():
        user.patch.setenv(name, value)
    return wandb.init(settings={"console": "off"}).settings


def facts(user: User) -> dict[str, Any]:
    [run] = user.kept(Kind.RUN)
    return run["environment"]


@pytest.fixture(autouse=True)
def offline(user: User) -> None:
    user.patch.setenv("WANDB_MODE", "offline")


@ROWS.row("WANDB_MODE: online, offline, disabled, shared; dryrun=offline, run=online")
def _(user: User) -> None:
    del user
    for word, mode in (
        ("online", "online"), ("offline", "offline"), ("disabled", "disabled"),
        ("shared", "online"), ("dryrun", "offline"), ("run", "online"),
    ):  # fmt: skip
        settings = resolve({}, environ={"WANDB_MODE": word})
        assert (settings.mode, settings.shared) == (mode, word == "shared")


@ROWS.row("WANDB_MODE: lower case only, OFFLINE is an error; mode= beats it")
def _(user: User) -> None:
    user.patch.setenv("WANDB_MODE", "OFFLINE")
    with pytest.raises(wandb.UsageError, match="OFFLINE"):
        wandb.init()
    user.patch.setenv("WANDB_MODE", "online")
    assert wandb.init(mode="offline").settings.mode == "offline"


@ROWS.row("WANDB_PROJECT, _ENTITY, _RUN_ID, _NAME, _RUN_GROUP, _JOB_TYPE, _NOTES, _TAGS, _RESUME")
def _(user: User) -> None:
    variables = {
        "PROJECT": "p", "ENTITY": "e", "RUN_ID": "i", "NAME": "n", "RUN_GROUP": "g",
        "JOB_TYPE": "j", "NOTES": "t", "TAGS": "a,b", "RESUME": "allow",
    }  # fmt: skip
    init(user, **{f"WANDB_{name}": value for name, value in variables.items()})
    run = wandb.run
    assert run is not None
    assert (run.project, run.entity, run.id, run.name, run.group) == ("p", "e", "i", "n", "g")
    assert (run.job_type, run.notes, run.tags) == ("j", "t", ("a", "b"))
    assert run.settings.resume == "allow"


@ROWS.row("arguments beat environment; Settings beat it; keywords of init beat Settings")
def _(user: User) -> None:
    user.patch.setenv("WANDB_PROJECT", "environment")
    user.patch.setenv("WANDB_NAME", "environment")
    user.patch.setenv("WANDB_NOTES", "environment")
    settings = Settings(project="settings", run_name="settings", console="off")
    run = wandb.init(project="keyword", settings=settings)
    assert (run.project, run.name, run.notes) == ("keyword", "settings", "environment")


@ROWS.row('WANDB_TAGS splits on ",", stripped', ours=True)
def _(user: User) -> None:
    assert init(user, WANDB_TAGS="a,b , c,").tags == ("a", "b", "c")


@ROWS.row("WANDB_DIR, _CACHE_DIR, _DATA_DIR, _ARTIFACT_DIR; WANDB_CONFIG_DIR is named as not ours")
def _(user: User) -> None:
    names = ("DIR", "CACHE_DIR", "DATA_DIR", "ARTIFACT_DIR", "CONFIG_DIR")
    settings = init(user, **{f"WANDB_{name}": str(user.home / name) for name in names})
    found = (settings.dir, settings.cache_dir, settings.data_dir, settings.artifact_dir)
    assert found == tuple(str(user.home / name) for name in names[:4])
    assert settings.config_dir is None
    assert (user.home / "DIR" / "wanllmdb").is_dir()
    assert "WANDB_CONFIG_DIR" in user.said()


@ROWS.row("WANDB_API_KEY, WANDB_BASE_URL: ours are taken, those of W&B's cloud are left alone")
def _(user: User) -> None:
    del user
    key = "wl-" + "k" * 43
    found = resolve({}, environ={"WANDB_API_KEY": key, "WANDB_BASE_URL": "http://h:1"})
    assert (found.api_key, found.api_url) == (key, "http://h:1/api/v1")
    cloud = {"WANDB_API_KEY": "a" * 40, "WANDB_BASE_URL": "https://api.wandb.ai"}
    found = resolve({}, environ=cloud)
    assert (found.api_key, found.is_local) == (None, True)


@ROWS.row("no key and no TTY: UsageError 'No API key'; it is never asked for")
def _(user: User) -> None:
    user.patch.setenv("WANDB_MODE", "online")
    user.patch.setenv("WANDB_BASE_URL", "https://tracker.example")
    with pytest.raises(wandb.UsageError, match="No API key"):
        wandb.init(settings=QUIET)


@ROWS.row("unreachable server: the run is kept and synced later, no CommError", ours=True)
def _(user: User) -> None:
    user.patch.setenv("WANDB_INIT_TIMEOUT", "0.2")
    settings = {"api_url": "http://127.0.0.1:9", "api_key": "wl-" + "k" * 43, "finish_timeout": 0.1}
    run = user.begin(mode="online", settings=settings)
    run.log({"a": 1})
    assert user.rows == [(0, {"a": 1})]


@ROWS.row("WANDB_SILENT: no output at all; WANDB_QUIET: less")
def _(user: User) -> None:
    init(user, WANDB_SILENT="true")
    wandb.finish()
    assert user.said() == ""
    user.patch.delenv("WANDB_SILENT")
    assert init(user, WANDB_QUIET="true").quiet
    assert "run " not in user.said()


@ROWS.row("WANDB_CONSOLE: auto, wrap, off, redirect")
def _(user: User) -> None:
    del user
    for word, kept in (("auto", "auto"), ("wrap", "wrap"), ("off", "off"), ("redirect", "wrap")):
        assert resolve({}, environ={"WANDB_CONSOLE": word}).console == kept
    with pytest.raises(wandb.UsageError, match="console"):
        resolve({}, environ={"WANDB_CONSOLE": "loud"})


@ROWS.row("WANDB_DISABLED: mode=disabled, and said", ours=True)
def _(user: User) -> None:
    user.patch.delenv("WANDB_MODE")
    assert init(user, WANDB_DISABLED="true").mode == "disabled"
    assert "WANDB_DISABLED is set: nothing is recorded" in user.said()
    wandb.finish()
    assert init(user, WANDB_DISABLED="false", WANDB_MODE="offline").mode == "offline"


@ROWS.row("WANDB_SWEEP_ID, WANDB_SWEEP_PARAM_PATH: the sweep beats project, entity and id of init")
def _(user: User) -> None:
    Path("s.yaml").write_text("lr: {value: 9}\n")
    for name, value in (
        ("SWEEP_ID", "abc"), ("SWEEP_PARAM_PATH", "s.yaml"), ("PROJECT", "swept"), ("RUN_ID", "r1"),
    ):  # fmt: skip
        user.patch.setenv(f"WANDB_{name}", value)
    run = wandb.init(project="mine", id="other", name="n", config={"lr": 1}, settings=QUIET)
    assert (run.project, run.id, run.name, run.sweep_id) == ("swept", "r1", "n", "abc")
    assert dict(run.config) == {"lr": 9}
    assert "project (in a sweep), run_id (in a sweep)" in user.said()


@ROWS.row("WANDB_CONFIG_PATHS: files of config, weaker than init's")
def _(user: User) -> None:
    Path("one.yaml").write_text("a: {value: 1}\nb: {value: 1}\nc: {value: 1}\n")
    Path("two.yaml").write_text("b: {value: 2}\nc: {value: 2}\n")
    user.patch.setenv("WANDB_CONFIG_PATHS", "one.yaml, two.yaml")
    assert dict(user.begin(config={"c": 3}).config) == {"a": 1, "b": 2, "c": 3}
    user.finish()
    user.patch.setenv("WANDB_CONFIG_PATHS", "missing.yaml")
    with pytest.raises(ConfigError):
        user.begin()


@ROWS.row("WANDB_SAVE_CODE, WANDB_DISABLE_CODE (wins), WANDB_DISABLE_GIT")
def _(user: User) -> None:
    del user
    assert resolve({}, environ={"WANDB_SAVE_CODE": "true"}).save_code
    found = {"WANDB_DISABLE_CODE": "true", "WANDB_DISABLE_GIT": "1"}
    settings = resolve({}, environ=found)
    assert (settings.save_code, settings.code_tracking, settings.git_tracking) == (False,) * 3
    assert not Settings(code_tracking=True, disable_code=True).code_tracking


@ROWS.row("WANDB_IGNORE_GLOBS: a list of globs")
def _(user: User) -> None:
    assert init(user, WANDB_IGNORE_GLOBS="*.pt, logs/**").ignore_globs == ("*.pt", "logs/**")


@ROWS.row("WANDB_HOST, _USERNAME, _PROGRAM, _ARGS, _NOTEBOOK_NAME: what is told of the machine")
def _(user: User) -> None:
    user.patch.setenv("WANDB_HOST", "gpu-7")
    user.patch.setenv("WANDB_USERNAME", "ada")
    user.patch.setenv("WANDB_PROGRAM", "train.py")
    user.patch.setenv("WANDB_ARGS", '["--lr", "1", "--token=hf_' + "x" * 34 + '"]')
    user.patch.setenv("WANDB_NOTEBOOK_NAME", "study.ipynb")
    user.begin({"save_facts": True})
    found = facts(user)
    assert (found["host"], found["user"], found["program"]) == ("gpu-7", "ada", "train.py")
    assert (found["argv"][:2], found["notebook"]) == (["--lr", "1"], "study.ipynb")
    assert "x" * 34 not in str(found)  # a secret among them is cut out, as in what is found


@ROWS.row("WANDB_INIT_TIMEOUT, WANDB_HTTP_TIMEOUT: seconds, bounded")
def _(user: User) -> None:
    del user
    found = resolve({}, environ={"WANDB_INIT_TIMEOUT": "90", "WANDB_HTTP_TIMEOUT": "900"})
    assert (found.init_timeout, found.http_timeout) == (2.0, 120.0)
    assert resolve({}, environ={"WANDB_HTTP_TIMEOUT": "5"}).http_timeout == 5.0


@ROWS.row("WANDB_INSECURE_DISABLE_SSL: certificates are not looked at, and that is said")
def _(user: User) -> None:
    user.patch.setenv("WANDB_INSECURE_DISABLE_SSL", "true")
    settings = {"api_key": "wl-" + "k" * 43, "init_timeout": 0.1, "finish_timeout": 0.1}
    run = user.begin(mode="online", settings={**settings, "api_url": "https://127.0.0.1:9"})
    assert run.settings.network["WANLLMDB_INSECURE_DISABLE_SSL"] == "true"
    assert "insecure_disable_ssl" in user.said()


@ROWS.row("WANDB_IDENTITY_TOKEN_FILE, _SHOW_RUN, _ANONYMOUS, _X_*: named once as meaning nothing")
def _(user: User) -> None:
    names = ("IDENTITY_TOKEN_FILE", "SHOW_RUN", "ANONYMOUS", "X_STATS_GPU_COUNT")
    init(user, **{f"WANDB_{name}": "1" for name in names})
    said = user.said()
    assert all(f"WANDB_{name}" in said for name in names)
    wandb.finish()
    init(user)
    assert "mean nothing here" not in user.said()


@ROWS.row("WANDB_X_*, WANDB_<SETTING>: every field of Settings has one")
def _(user: User) -> None:
    del user
    found = resolve(
        {},
        environ={
            "WANDB_X_LABEL": "l", "WANDB_X_PRIMARY": "true", "WANDB_X_UPDATE_FINISH_STATE": "no",
            "WANDB_X_STATS_SAMPLING_INTERVAL": "7", "WANDB_HTTPS_PROXY": "http://proxy:3",
            "WANDB_ALLOW_VAL_CHANGE": "1", "WANDB_SYNC_TENSORBOARD": "yes",
            "WANDB_FORK_FROM": "a?_step=1", "WANDB_X_EXECUTABLE": "py", "WANDB_RUN_NAME": "n",
        },
    )  # fmt: skip
    assert (found.label, found.primary, found.update_finish_state) == ("l", True, False)
    assert (found.monitor_interval, found.https_proxy) == (7.0, "http://proxy:3")
    assert (found.allow_val_change, found.sync_tensorboard) == (True, True)
    assert (found.fork_from, found.executable, found.name) == ("a?_step=1", "py", "n")


@ROWS.row("WANDB_X_DISABLE_STATS, WANDB_X_DISABLE_META: turn off what they name")
def _(user: User) -> None:
    del user
    found = {"WANDB_X_DISABLE_STATS": "true", "WANDB_X_DISABLE_META": "true"}
    settings = resolve({}, environ=found)
    assert (settings.monitor_system, settings.save_facts) == (False, False)


@ROWS.row("WANDB_LOG_MODEL, _WATCH, _PROJECT_NAME, _START_METHOD: not ours, and nothing is said")
def _(user: User) -> None:
    init(user, WANDB_LOG_MODEL="end", WANDB_WATCH="all", WANDB_PROJECT_NAME="x", WANDB_SERVICE="1")
    assert "mean nothing" not in user.said()


@ROWS.row("a variable set between import and init counts, and between two runs, too", ours=True)
def _(user: User) -> None:
    for project in ("first", "second"):
        assert init(user, WANDB_PROJECT=project).project == project
        wandb.finish()


@ROWS.row("an empty variable says nothing")
def _(user: User) -> None:
    settings = init(user, WANDB_PROJECT="", WANDB_RUN_ID="", WANDB_TAGS="")
    assert settings.project == "uncategorized"
    assert settings.given.isdisjoint({"project", "run_id", "tags"})


@ROWS.row("precedence: defaults, files, .env, environment, Settings, keywords")
def _(user: User) -> None:
    folder = Path(".wanllmdb")
    folder.mkdir()
    (folder / "config.yaml").write_text("project: file\nname: file\nnotes: file\ngroup: file\n")
    Path(".env").write_text("WANLLMDB_NAME=env\nWANDB_NOTES=env\nWANDB_RUN_GROUP=env\n")
    user.patch.setenv("WANDB_NOTES", "environment")
    user.patch.setenv("WANDB_RUN_GROUP", "environment")
    run = wandb.init(settings=Settings(group="settings", console="off"), job_type="keyword")
    assert (run.project, run.name, run.notes) == ("file", "env", "environment")
    assert (run.group, run.job_type) == ("settings", "keyword")


@ROWS.row("WANLLMDB_USERNAME, WANLLMDB_PASSWORD: sign in where there is no key; no token on disk")
def _(user: User) -> None:
    with StubServer() as server:
        server.passwords["ada"] = "engine"
        user.patch.setenv("WANLLMDB_API_URL", f"{server.url}/api/v1")
        user.patch.setenv("WANLLMDB_METRIC_URL", f"{server.url}/api/v1")
        user.patch.setenv("WANLLMDB_USERNAME", "ada")
        user.patch.setenv("WANLLMDB_PASSWORD", "engine")
        user.patch.setenv("WANLLMDB_PROJECT", "p")
        wandb.init(mode="online", settings=QUIET).log({"a": 1})
        wandb.finish()
        assert server.requests[0] == ("/api/v1/auth/login", "")
        assert len(server.runs) == 1
        tokens = [key for key in server.keys if key.startswith("token-")]
    kept = b"".join(path.read_bytes() for path in user.home.rglob("*") if path.is_file())
    assert tokens
    assert not any(word.encode() in kept for word in (*tokens, "engine"))


@ROWS.row("the keys of .wanllmdb/config.yaml, and booleans as text")
def _(user: User) -> None:
    folder = user.home / ".wanllmdb"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "api_url: http://h:1/api/v1\nmetric_url: http://h:2/api/v1\nusername: ada\n"
        "password: engine\nproject: p\nmonitor_system: 'no'\nmonitor_interval: '5'\n"
    )
    found = resolve({})
    assert (found.api_url, found.metric_url) == ("http://h:1/api/v1", "http://h:2/api/v1")
    assert (found.username, found.password, found.project) == ("ada", "engine", "p")
    assert (found.monitor_system, found.monitor_interval) == (False, 5.0)
    del user


@ROWS.row("Settings.save(): chosen fields, 0600, no secret unless asked, what stood there stays")
def _(user: User) -> None:
    key = "wl-" + "k" * 43
    chosen = Settings(
        project="p",
        tags=["a"],
        run_id="i",
        api_key=key,
        password="engine",  # noqa: S106
        resume="allow",
    )
    path = chosen.save()
    assert path == user.home / ".wanllmdb/config.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "project: p\ntags:\n- a\n"
    path.write_text("entity: team\nproject: old\n")
    chosen.save(secrets=True)
    found = resolve({}, environ={"HOME": str(user.home)})
    assert (found.entity, found.project, found.tags, found.run_id) == ("team", "p", ("a",), None)
    assert (found.api_key, found.password) == (key, "engine")
    assert [each.name for each in path.parent.iterdir()] == ["config.yaml"]
    elsewhere = chosen.save(user.home / "deep" / "c.yaml")
    assert "engine" not in elsewhere.read_text()


@ROWS.row("Settings.save(): a file that is no mapping stays as it is")
def _(user: User) -> None:
    path = user.home / "c.yaml"
    for text in ("- a list\n", "[broken"):
        path.write_text(text)
        with pytest.raises(wandb.UsageError):
            Settings(project="p").save(path)
        assert path.read_text() == text


for field in THEIRS:

    def _field(user: User, field: str = field) -> None:
        del user
        value = WORDS.get(field, 1)
        if field == "sweep_param_path" or field.endswith(("_paths", "_globs", "_tags")):
            value = "1"
        if "_dir" in field or field in {
            "program",
            "x_executable",
            "notebook_name",
            "x_jupyter_name",
        }:
            value = "1"
        settings = Settings(**{field: value})
        getattr(settings, field)  # by wandb's name, too
        assert settings.ignored in {(), (field,)}

    ROWS.row(f"Settings({field}=)")(_field)

for field in OLD:

    def _old(user: User, field: str = field) -> None:
        del user
        settings = Settings(**{field: True})
        assert settings.ignored == (() if field.startswith("_disable") else (field,))

    ROWS.row(f"Settings({field}=) of an older wandb")(_old)


@ROWS.row("Settings(start_method=...): named once; a truly unknown field raises")
def _(user: User) -> None:
    user.begin({"start_method": "fork"})
    assert "these settings mean nothing here: start_method" in user.said()
    user.finish()
    with pytest.raises(wandb.UsageError, match="no_such_thing"):
        Settings(no_such_thing=1)


@ROWS.each()
def test_environment(check: Check, user: User) -> None:
    check(user)
    wandb.teardown()
