"""Programs of others: what may be absent on a desk may not be where all of them were installed."""

import re
from pathlib import Path

import pytest

from tests.support.programs import program

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'\bpackage="([a-z0-9.+-]+)"')


def test_a_program_that_is_there_is_found() -> None:
    assert Path(program("sh", package="dash")).is_file()


def test_without_a_program_its_tests_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEVISIT_TEST_REQUIRE_PROGRAMS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        program("no-such-program", package="nowhere")


def test_where_programs_must_be_there_its_tests_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEVISIT_TEST_REQUIRE_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        program("no-such-program", package="nowhere")


def test_the_packages_that_tests_need_are_those_that_are_installed_for_them() -> None:
    tests = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    named = {name for path in tests for name in NAMED.findall(path.read_text("utf-8"))}
    assert named == set((ROOT / ".ci" / "packages").read_text("utf-8").split())
