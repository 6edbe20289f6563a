"""What holds for all tests: figures are told at the end, and what a file shares is made once."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest
from tests import sharing
from xdist.remote import Producer

Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """`figure("F01: 60 kills, 0 lost")`: say what was measured, in the summary of all tests."""
    return lambda text: record_property("figure", text)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after all others, who shuffle
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    yield
    items.sort(key=sharing.rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> sharing.SharedFiles:
    config.option.loadscopereorder = False
    return sharing.SharedFiles(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for each in sorted(figures):
            terminalreporter.line(each)
