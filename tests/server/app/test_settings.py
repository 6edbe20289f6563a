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
    "given",
    [
        {"port": "x"},
        {"port": "65536"},
        {"port": "-1"},
        {"public_url": "ftp://x"},
        {"role": "metric"},
        {"internal_key": "short"},
        {"metrics_port": "0", "role": "api"},
    ],
)
def test_what_a_setting_cannot_be_is_named(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(given))):
        load(given, {})


def test_processes_find_the_metric_service_on_this_machine_unless_told_otherwise() -> None:
    assert load({}, {}).internal_url == "http://127.0.0.1:8001"
    assert load({"host": "0.0.0.0"}, {}).internal_url == "http://127.0.0.1:8001"  # noqa: S104
    assert load({"host": "10.0.0.5"}, {}).internal_url == "http://10.0.0.5:8001"
    told = load({}, {"WANLLMDB_SERVER_METRICS_INTERNAL_URL": "https://metrics.example/"})
    assert told.internal_url == "https://metrics.example"


def test_clients_are_told_of_a_metric_port_that_is_surely_theirs_too() -> None:
    assert load({}, {}).told_metric_url is None
    assert load({"role": "api"}, {}).told_metric_url == "http://127.0.0.1:8001"
    assert load({"role": "api", "host": "0.0.0.0"}, {}).told_metric_url is None  # noqa: S104
    given = {"role": "api", "host": "0.0.0.0", "metric_url": "https://m"}  # noqa: S104
    assert load(given, {}).told_metric_url == "https://m"


def test_the_key_between_processes_is_not_shown() -> None:
    key = "k" * 40
    told = load({}, {"WANLLMDB_SERVER_INTERNAL_KEY": key})
    assert told.internal_key == key
    assert key not in repr(told)
