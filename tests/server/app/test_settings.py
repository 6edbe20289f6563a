"""Settings: arguments before the environment before the defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanllmdb_server.settings import SettingsError, load


def test_arguments_win_over_the_environment_and_that_over_defaults() -> None:
    environ = {"WANLLMDB_SERVER_PORT": "9000", "WANLLMDB_SERVER_HOST": "::1", "HOME": "/h"}
    told = load({"port": "9001", "host": None}, environ)
    assert (told.port, told.host, told.metrics_port) == (9001, "::1", 8001)
    assert told.url == "http://[::1]:9001"
    assert told.data_dir == Path("/h/.local/share/wanllmdb")
    assert told.config_dir == Path("/h/.wanllmdb")


def test_folders_may_be_told_by_the_environment() -> None:
    environ = {"HOME": "/h", "XDG_DATA_HOME": "/x", "WANLLMDB_CONFIG_DIR": "/c"}
    told = load({}, environ)
    assert told.data_dir == Path("/x/wanllmdb")
    assert told.config_dir == Path("/c")


def test_allowed_hosts_are_names_without_spaces_and_case() -> None:
    told = load({}, {"WANLLMDB_SERVER_ALLOWED_HOSTS": "Train.example, ,b"})
    assert told.allowed_hosts == ("train.example", "b")


OF_THIS_MACHINE = ["127.0.0.1", "127.9.9.9", "localhost", "::1"]
OF_OTHERS = ["0.0.0.0", "::", "192.168.1.1", "example"]  # noqa: S104


@pytest.mark.parametrize("host", [*OF_THIS_MACHINE, *OF_OTHERS])
def test_only_this_machine_reaches_loopback(host: str) -> None:
    assert load({"host": host}, {}).loopback is (host in OF_THIS_MACHINE)


@pytest.mark.parametrize(
    "given", [{"port": "x"}, {"port": "65536"}, {"port": "-1"}, {"public_url": "ftp://x"}]
)
def test_what_a_setting_cannot_be_is_named(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(given))):
        load(given, {})
