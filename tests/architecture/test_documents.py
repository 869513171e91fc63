"""The registers of problems and settings are complete, true, and say one thing once."""

import re
from pathlib import Path

import pytest

from shared.errors import ServiceError
from tests.architecture.generate import PREFIX, pages, problems, settings

ROOT = Path(__file__).parents[2]
SOURCES = [path for name in ("shared", "deploy", *settings()) for path in (ROOT / name).rglob("*.py")]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_register_is_what_the_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == pages()[path], "run: make docs"


@pytest.mark.parametrize("code", problems())
def test_a_code_means_one_thing(code: str) -> None:
    assert len({(error.status, error.title_en, error.title_zh) for error in problems()[code]}) == 1


def test_no_two_codes_are_told_alike() -> None:
    """Who reads only the title and the status must be able to tell refusals apart."""
    told = [(errors[0].status, errors[0].title_en) for errors in problems().values()]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("code", problems())
def test_a_code_is_kebab_case_and_told_in_both_languages(code: str) -> None:
    error: type[ServiceError] = problems()[code][0]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert (error.title_en.isascii(), error.title_zh.isascii()) == (True, False)


def test_every_variable_that_the_code_names_is_a_setting_or_on_the_page() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = {name for path in SOURCES for name in re.findall(rf"{PREFIX}[A-Z_]+[A-Z]\b", path.read_text("utf-8"))}
    # Those of the command line, which `onevisit --help` and `onevisit migrate --help` explain.
    named -= {f"{PREFIX}DATA_DIR"}
    assert {name for name in named if f"`{name}" not in page} == set()
