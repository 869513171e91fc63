"""Every event ever released can still be read, and means what it meant: a sample and its schemas per type and version.

What is kept is never changed or deleted. Where this fails, a contract changed otherwise than by adding: make a new
version; or something was added: `make freeze` writes it down.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from shared.contracts.event_types import event_types
from shared.contracts.titles import TITLES
from tests.contracts import published
from tests.contracts.compatibility import breaks, changed

CONTRACTS = {name: each.contract for name, each in event_types().items()}


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {path.stem for path in published.SAMPLES.glob("*.json")} == set(CONTRACTS)
    assert {path.stem.rpartition("-")[0] for path in published.SCHEMAS.glob("*.json")} == set(CONTRACTS), "make freeze"


def test_every_event_has_a_title_in_both_languages() -> None:
    assert TITLES.keys() == CONTRACTS.keys()
    assert all(title.en.isascii() and not title.zh.isascii() for title in TITLES.values())


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_released_event_is_read_and_written_as_it_was(name: str) -> None:
    sample = published.sample_of(name)
    written = CONTRACTS[name].model_validate(sample).model_dump(mode="json")
    assert _holds(written, sample)


def _holds(written: Any, sample: Any) -> bool:
    """Whether all that the sample says is said; fields that were added since say more."""
    if isinstance(sample, dict):
        return all(_holds(written[field], value) for field, value in sample.items())
    if isinstance(sample, list):
        return len(written) == len(sample) and all(map(_holds, written, sample))
    return bool(written == sample)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_what_is_new_since_may_be_missing(name: str) -> None:
    """Readers meet events older than themselves: whatever is not in the golden file has a default."""
    added = set(CONTRACTS[name].model_fields) - set(published.sample_of(name))
    assert all(not CONTRACTS[name].model_fields[field].is_required() for field in added)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_schema_keeps_every_promise_that_was_published(name: str) -> None:
    schema = event_types()[name].schema()
    assert [reason for old in published.schemas_of(name) for reason in breaks(old, schema)] == []


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_what_was_added_is_published(name: str) -> None:
    assert not changed(published.schemas_of(name)[-1], event_types()[name].schema()), "run: make freeze"


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_every_schema_ever_published_accepts_the_released_event(name: str) -> None:
    for schema in published.schemas_of(name):
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(published.sample_of(name))


def test_nothing_published_was_edited_or_deleted() -> None:
    assert published.lines() == [published.line_of(path) for path in published.files()], "run: make freeze"


def test_no_line_of_the_manifest_was_ever_taken_back() -> None:
    """Who edits a file and its digest alike is told by the history."""
    assert _taken_back(published.MANIFEST) == []


def test_a_digest_that_is_edited_along_with_its_file_is_noticed(tmp_path: Path) -> None:
    manifest = tmp_path / published.MANIFEST.name
    for lines in (["a  one.json"], ["a  one.json", "b  two.json"], ["c  one.json", "b  two.json"]):
        manifest.write_text("".join(f"{line}\n" for line in lines))
        for command in (["init", "-q"], ["add", manifest.name], ["commit", "-qm", "x"]):
            _git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.org", *command)
    assert _taken_back(manifest) == ["a  one.json"]


def _taken_back(manifest: Path) -> list[str]:
    changes = _git(manifest.parent, "log", "--format=", "--unified=0", "-p", "--", manifest.name)
    return re.findall(r"^-(?!--)(.+)$", changes, re.MULTILINE)


def _git(directory: Path, *arguments: str) -> str:
    if shutil.which("git") is None:
        pytest.skip("no git")
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        pytest.skip(f"not a checkout: {done.stderr}")
    return done.stdout


PERSONAL = {"name", "number", "id_number", "phone", "address", "claims", "value"}


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_events_are_thin(name: str) -> None:
    assert not PERSONAL & set(CONTRACTS[name].model_fields)
