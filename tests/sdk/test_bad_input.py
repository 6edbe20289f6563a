"""Bad input, row by row of the matrix: it is kept, or cut, or refused in time, and counted.

Every case goes through what a user has: `init`, `log`, `config`, `print`; and after every case
the account must balance: logged = kept + counted losses. A value is tried twice, as the first of
its key and where the key has been a number for a while, because these are two ways inside.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sdk.bad import beginnings, moments, numbers, outputs, sizes
from tests.sdk.bad.user import Case, User, parameters

TABLES = (each.TABLE for each in (numbers, sizes, moments, beginnings, outputs))


@pytest.fixture
def user(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    return User(home, monkeypatch, capsys)


@pytest.mark.parametrize("case", parameters(TABLES))
def test_bad_input_is_kept_or_cut_or_refused_and_counted(case: Case, user: User) -> None:
    case.check(user)
