"""What is no whole backup, or not for this program, is refused in one line before anything is touched."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.backup import manifest
from deploy.backup.manifest import Contents, Head, Manifest, Table
from deploy.backup.versions import refuse_unknown
from deploy.embedded.errors import LaunchError

CONTENTS = Contents(
    revision="0001",
    server_version=180000,
    tables={"cases": Table(rows=2, digest="aa"), "drafts": Table(rows=0, digest="bb")},
    last_position=7,
    heads={"evt.note": Head(sequence=7, position=7, hash="00")},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "licensing.dump.age").write_bytes(b"sealed")
    files = {"licensing.dump.age": manifest.file_of(tmp_path / "licensing.dump.age")}
    at = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
    manifest.write(
        tmp_path,
        Manifest(format=manifest.FORMAT, version="1", cut_at=at, services={"licensing": CONTENTS}, files=files),
    )
    return tmp_path


def test_what_was_written_is_read_and_every_file_is_as_it_was(folder: Path) -> None:
    said = manifest.read(folder)
    assert said.services == {"licensing": CONTENTS}
    manifest.refuse_damaged(folder, said)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"is no backup: it has no manifest\.json"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "files": 3}'])
def test_a_manifest_that_cannot_be_read_is_a_damaged_backup(folder: Path, content: str) -> None:
    (folder / manifest.NAME).write_text(content)
    with pytest.raises(LaunchError, match="the backup is damaged"):
        manifest.read(folder)


def test_a_later_format_is_refused_as_that(folder: Path) -> None:
    later = {**json.loads((folder / manifest.NAME).read_text()), "format": 2, "something": "new"}
    (folder / manifest.NAME).write_text(json.dumps(later))
    with pytest.raises(LaunchError, match="of a newer OneVisit"):
        manifest.read(folder)


def test_a_revision_that_this_program_does_not_know_is_refused() -> None:
    refuse_unknown("licensing", CONTENTS.revision, what="The backup")
    with pytest.raises(LaunchError, match="licensing is at revision 9999, which this one does not know"):
        refuse_unknown("licensing", "9999", what="The backup")


def test_a_changed_file_has_a_wrong_checksum(folder: Path) -> None:
    (folder / "licensing.dump.age").write_bytes(b"Sealed")
    with pytest.raises(LaunchError, match="wrong checksum"):
        manifest.refuse_damaged(folder, manifest.read(folder))


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "licensing.dump.age").unlink()
    with pytest.raises(LaunchError, match=r"licensing\.dump\.age is missing"):
        manifest.refuse_damaged(folder, manifest.read(folder))


def test_every_difference_is_named() -> None:
    assert manifest.differences(CONTENTS, CONTENTS) == []
    found = CONTENTS.model_copy(
        update={
            "tables": {"cases": Table(rows=2, digest="ab")},
            "heads": {"evt.note": Head(sequence=7, position=7, hash="01")},
            "last_position": 8,
        }
    )
    assert manifest.differences(CONTENTS, found) == [
        "table cases",
        "table drafts",
        "head of evt.note",
        "last position",
    ]
