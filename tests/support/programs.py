"""Programs of others by which tests check ours: without one its tests are skipped, or fail where it must be there.

ONEVISIT_TEST_REQUIRE_PROGRAMS=1 says that it must: .ci/run sets it once .ci/packages are installed.
"""

import os
import shutil
from typing import NoReturn

import pytest


def needs(*programs: str, package: str) -> pytest.MarkDecorator:
    """Marks tests that start these programs, which are in a Debian package of that name."""
    return pytest.mark.needs(*programs, package=package)


def program(name: str, *, package: str) -> str:
    """Where the program is. Without it the test is skipped, or fails."""
    found = shutil.which(name)
    return found if found is not None else lacking(name, package=package)


def lacking(what: str, *, package: str) -> NoReturn:
    """The test cannot go on: it is skipped, or fails where this must be there."""
    said = f"{what} is not installed (Debian package {package})"
    if os.environ.get("ONEVISIT_TEST_REQUIRE_PROGRAMS") == "1":
        pytest.fail(said, pytrace=False)
    pytest.skip(said)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*programs, package): programs of others that the test starts")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            program(name, package=mark.kwargs["package"])
