"""Settings are found in a fixed order, and what cannot be meant is said by name."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

import wanllmdb as wandb
from wanllmdb.credentials import checked, find_key, local_key, place, save_key
from wanllmdb.errors import AuthenticationError, UsageError
from wanllmdb.settings import Settings, parse_url, resolve

GIVEN = "wl-" + "g" * 43


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A home, and a project in it."""
    home = tmp_path / "home"
    project = home / "code" / "project"
    project.mkdir(parents=True)
    return home, project


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(
    places: tuple[Path, Path], arguments: dict[str, Any] | None = None, **environ: str
) -> Settings:
    home, project = places
    return resolve(arguments or {}, environ=environ, cwd=project, home=home)


def test_each_source_is_stronger_than_the_next(places: tuple[Path, Path]) -> None:
    home, project = places
    assert found(places).project is None
    write(home / ".wanllmdb/config.yaml", "project: home")
    assert found(places).project == "home"
    write(home / "code/.wanllmdb/config.yaml", "project: file")
    assert found(places).project == "file"
    write(project / ".env", "WANLLMDB_PROJECT=dotenv\n")
    assert found(places).project == "dotenv"
    assert found(places, WANDB_PROJECT="theirs").project == "theirs"
    assert found(places, WANDB_PROJECT="theirs", WANLLMDB_PROJECT="ours").project == "ours"
    assert found(places, {"project": "argument"}, WANLLMDB_PROJECT="ours").project == "argument"


def test_an_argument_of_none_and_an_empty_variable_say_nothing(places: tuple[Path, Path]) -> None:
    assert found(places, {"project": None}, WANDB_PROJECT="p").project == "p"
    assert found(places, WANLLMDB_PROJECT="", WANDB_PROJECT="p").project == "p"


def test_every_key_of_the_config_file_is_understood(places: tuple[Path, Path]) -> None:
    home, _ = places
    write(
        home / ".wanllmdb/config.yaml",
        """
        api_url: http://localhost:8000/api/v1
        metric_url: http://localhost:8001/api/v1
        username: ada
        password: engine
        project: default-project
        monitor_system: false
        monitor_interval: 10
        something_else: 1
        """,
    )
    settings = found(places)
    assert settings.api_url == "http://localhost:8000/api/v1"
    assert settings.metric_url == "http://localhost:8001/api/v1"
    assert (settings.username, settings.password) == ("ada", "engine")
    assert (settings.project, settings.monitor_system) == ("default-project", False)
    assert settings.monitor_interval == 10.0


def test_every_variable_of_the_specification_is_understood(places: tuple[Path, Path]) -> None:
    settings = found(
        places,
        WANLLMDB_API_URL="http://localhost:8000/api/v1",
        WANLLMDB_METRIC_URL="http://localhost:8001/api/v1",
        WANLLMDB_USERNAME="ada",
        WANLLMDB_PASSWORD="engine",  # noqa: S106
        WANLLMDB_PROJECT="p",
        WANLLMDB_MONITOR_SYSTEM="false",
        WANLLMDB_MONITOR_INTERVAL="5",
    )
    assert (settings.username, settings.password, settings.project) == ("ada", "engine", "p")
    assert settings.metric_url == "http://localhost:8001/api/v1"
    assert (settings.monitor_system, settings.monitor_interval) == (False, 5.0)


def test_variables_of_wandb_are_understood(places: tuple[Path, Path]) -> None:
    settings = found(
        places,
        WANDB_BASE_URL="https://track.example",
        WANDB_MODE="dryrun",
        WANDB_ENTITY="team",
        WANDB_RUN_ID="id",
        WANDB_NAME="name",
        WANDB_RUN_GROUP="group",
        WANDB_JOB_TYPE="job",
        WANDB_NOTES="notes",
        WANDB_TAGS="a,b , c",
        WANDB_RESUME="allow",
        WANDB_DIR="/scratch",
        WANDB_CONSOLE="off",
        WANDB_SILENT="true",
        WANDB_DISABLE_GIT="true",
    )
    assert settings.api_url == "https://track.example/api/v1"
    assert (settings.mode, settings.entity, settings.run_id) == ("offline", "team", "id")
    assert (settings.name, settings.group, settings.job_type) == ("name", "group", "job")
    assert (settings.notes, settings.tags) == ("notes", ("a", "b", "c"))
    assert (settings.resume, settings.dir, settings.console) == ("allow", "/scratch", "off")
    assert (settings.silent, settings.git_tracking) == (True, False)


def test_what_is_meant_for_another_service_is_left_alone(places: tuple[Path, Path]) -> None:
    settings = found(
        places, WANDB_API_KEY="a" * 40, WANDB_BASE_URL="https://api.wandb.ai", WANDB_USERNAME="x"
    )
    assert (settings.api_key, settings.username) == (None, None)
    assert settings.api_url == "http://127.0.0.1:8000/api/v1"


def test_a_dotenv_file_may_be_written_in_the_usual_ways(places: tuple[Path, Path]) -> None:
    _, project = places
    write(
        project / ".env",
        "# comment\nexport WANLLMDB_PROJECT='quoted'\nWANDB_NOTES=why # because\nOTHER=1\nbroken\n",
    )
    settings = found(places)
    assert (settings.project, settings.notes) == ("quoted", "why")


def test_a_file_where_anybody_may_write_is_not_read(places: tuple[Path, Path]) -> None:
    _, project = places
    write(project / ".env", "WANLLMDB_PROJECT=evil\n")
    project.chmod(0o777)
    assert found(places).project is None


def test_the_search_ends_at_the_root_of_a_repository(places: tuple[Path, Path]) -> None:
    home, project = places
    write(home / "code/.env", "WANLLMDB_PROJECT=outer\n")
    (project / ".git").mkdir()
    assert found(places).project is None


def test_another_config_directory_may_be_named(places: tuple[Path, Path], tmp_path: Path) -> None:
    write(tmp_path / "conf/config.yaml", "project: elsewhere")
    assert found(places, WANLLMDB_CONFIG_DIR=str(tmp_path / "conf")).project == "elsewhere"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://h:8000", "http://h:8000/api/v1"),
        ("http://h:8000/", "http://h:8000/api/v1"),
        ("http://h:8000/api/v1", "http://h:8000/api/v1"),
        ("http://h:8000/api/v1/", "http://h:8000/api/v1"),
        ("https://h/prefix", "https://h/prefix/api/v1"),
        ("h:8000", "http://h:8000/api/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/api/v1"),
    ],
)
def test_an_address_may_be_given_with_or_without_the_path(given: str, url: str) -> None:
    assert parse_url(given) == url
    assert Settings(api_url=given).base_url == url.removesuffix("/api/v1")


@pytest.mark.parametrize("given", ["", "ftp://h", "http://", "http://h:port", "http://h:99999"])
def test_what_is_no_address_is_said(given: str) -> None:
    with pytest.raises(UsageError):
        parse_url(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "OFFLINE"),
        ("mode", "sometimes"),
        ("console", "loud"),
        ("monitor_interval", 0),
        ("monitor_interval", "often"),
        ("silent", "perhaps"),
        ("resume", "maybe"),
        ("flush_rows", -1),
    ],
)
def test_a_value_that_cannot_be_meant_is_said_by_name(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=name):
        Settings(**{name: value})


@pytest.mark.parametrize(
    ("word", "mode"), [("online", "online"), ("run", "online"), ("dryrun", "offline")]
)
def test_old_words_for_modes_are_understood(word: str, mode: str) -> None:
    assert Settings(mode=word).mode == mode


def test_settings_of_wandb_are_accepted_and_unknown_ones_are_not() -> None:
    settings = Settings(
        x_disable_stats=True, _disable_meta=True, base_url="h:1", start_method="fork", x_any=1
    )
    assert (settings.monitor_system, settings.save_facts) == (False, False)
    assert settings.api_url == "http://h:1/api/v1"
    assert settings.ignored == ("start_method", "x_any")
    with pytest.raises(UsageError, match="no_such_thing"):
        Settings(no_such_thing=1)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().mode = "offline"  # type: ignore[misc]


def test_settings_show_no_secret() -> None:
    shown = repr(Settings(api_key="wl-secret", password="hidden", project="p"))  # noqa: S106
    assert shown == "Settings(api_key='...', password='...', project='p')"


class TestKeys:
    def test_a_saved_key_is_its_owners_alone_and_for_its_server_alone(self, tmp_path: Path) -> None:
        here = Settings(api_url="http://localhost:8000", config_dir=str(tmp_path))
        path = save_key(here, "wl-key", "ada")
        save_key(Settings(api_url="https://other", config_dir=str(tmp_path)), "wl-2", "ada")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert find_key(here) == "wl-key"
        same = Settings(api_url="http://127.0.0.1:8000", config_dir=str(tmp_path))
        assert find_key(same) == "wl-key"
        other_port = Settings(api_url="http://127.0.0.1:8001", config_dir=str(tmp_path))
        assert find_key(other_port) is None

    def test_the_local_key_is_found_by_any_spelling_of_the_address(self, tmp_path: Path) -> None:
        write(tmp_path / "local/127.0.0.1-8000.json", '{"url": "u", "key": "wl-l", "user": "ada"}')
        for host in ("127.0.0.1", "localhost", "[::1]"):
            settings = Settings(api_url=f"http://{host}:8000", config_dir=str(tmp_path))
            assert local_key(settings) == "wl-l"

    def test_a_given_key_wins_over_a_saved_one(self, tmp_path: Path) -> None:
        settings = Settings(api_key=f" {GIVEN}\n", config_dir=str(tmp_path))
        save_key(settings, "wl-saved", "ada")
        assert find_key(settings) == GIVEN

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"key": 3}'])
    def test_a_damaged_file_holds_no_key(self, tmp_path: Path, content: str) -> None:
        write(tmp_path / "local/127.0.0.1-8000.json", content)
        write(tmp_path / "credentials.json", content)
        assert find_key(Settings(config_dir=str(tmp_path))) is None

    @pytest.mark.parametrize("key", ["", "  ", "two words", "ümlaut", "line\nbreak"], ids=repr)
    def test_a_key_that_no_header_can_hold_is_refused(self, key: str) -> None:
        with pytest.raises(AuthenticationError):
            checked(key)

    def test_a_place_is_the_server_and_not_the_path(self) -> None:
        assert place("https://H.example/api/v1") == "https://h.example:443"
        assert place("http://localhost/api/v1") == "http://127.0.0.1:80"


def test_the_environment_of_the_process_is_used_by_default(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_PROJECT", "p")
    assert resolve({}).project == "p"
    assert os.environ["HOME"] == str(home)


def test_a_run_tells_which_run_its_settings_are_of(home: Path) -> None:
    run = wandb.init(project="p", mode="offline", settings={"console": "off"})
    settings = run.settings
    assert (settings.run_id, settings.project, settings.entity) == (run.id, "p", None)
    assert settings.chosen() == {"project": "p", "mode": "offline", "console": "off"}
