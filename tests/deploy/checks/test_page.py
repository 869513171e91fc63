"""docs/operations/checks.md is about what there is, and deploy/doctor.sh looks at all of it."""

import re
from pathlib import Path

import pytest

from deploy import services

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operations" / "checks.md").read_text("utf-8")
LINES = PAGE.partition("## Lines")[2].partition("## What bad input gets")[0]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:tests|deploy|shared)/[\w/]*(?:\.\w+)?)`", PAGE))))
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("module", ["bus", "database", "store", "ending", "settings"])
def test_each_thing_that_is_looked_at_has_a_line(module: str) -> None:
    """Those with a name of their own; the others are named by a file, a consumer or a host."""
    source = (ROOT / "deploy" / "checks" / f"{module}.py").read_text("utf-8")
    named = set(re.findall(r'(?:found|Finding)\(\s*"(\w[^"]+)"', source))
    assert {what for what in named if what not in LINES} == set()


def test_doctor_looks_at_every_service_of_the_stack() -> None:
    script = (ROOT / "deploy" / "doctor.sh").read_text("utf-8")
    named = re.search(r"^for service in (.*); do$", script, re.MULTILINE)
    assert named is not None
    assert set(named[1].split()) == set(services.ALL)
