"""What a backup says of itself: which versions, which rows, how far the events had come, and what each file must be."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.embedded.errors import LaunchError

FORMAT = 1
NAME = "manifest.json"
_CHUNK = 1024 * 1024


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Table(_Frozen):
    """How many rows a table had, and a digest of all of them in whatever order."""

    rows: int
    digest: str


class Head(_Frozen):
    """The last event of a topic: its number there, its place among the service's events, the running hash (hex)."""

    sequence: int
    position: int
    hash: str


class Contents(_Frozen):
    """One service's database at the cut."""

    revision: str | None
    server_version: int
    tables: Mapping[str, Table]
    last_position: int
    heads: Mapping[str, Head]


class File(_Frozen):
    """A file of the backup, as it lies there."""

    bytes: int
    sha256: str


class Manifest(_Frozen):
    """Written last: a folder without one is no backup."""

    format: int
    version: str
    cut_at: datetime
    services: Mapping[str, Contents]
    files: Mapping[str, File]


def read(folder: Path) -> Manifest:
    """The manifest of a backup; refuses what is none, and one of a later format."""
    path = folder / NAME
    try:
        said = json.loads(path.read_bytes())
        number = said["format"]
    except FileNotFoundError:
        raise LaunchError(f"{folder} is no backup: it has no {NAME}; perhaps making it was interrupted") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise LaunchError(f"{path} cannot be read; the backup is damaged") from None
    if number != FORMAT:
        raise LaunchError(f"{folder} is of a newer OneVisit (backup format {number}; this one reads {FORMAT})")
    try:
        return Manifest.model_validate(said)
    except ValidationError:
        raise LaunchError(f"{path} cannot be read; the backup is damaged") from None


def write(folder: Path, manifest: Manifest) -> None:
    """The folder is a backup from now on."""
    draft = folder / f"{NAME}.new"
    draft.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.rename(folder / NAME)


def file_of(path: Path) -> File:
    """Size and checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return File(bytes=path.stat().st_size, sha256=digest.hexdigest())


def refuse_damaged(folder: Path, manifest: Manifest) -> None:
    """Every file is there and is what it was."""
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise LaunchError(f"{path} is missing; the backup is damaged")
        if file_of(path) != expected:
            raise LaunchError(f"{path} has a wrong checksum; the backup is damaged")


def differences(expected: Contents, found: Contents) -> list[str]:
    """What is not as it was, by name; empty where a restored database is the one that was backed up."""
    names = sorted(expected.tables.keys() | found.tables.keys())
    differing = [f"table {name}" for name in names if expected.tables.get(name) != found.tables.get(name)]
    topics = sorted(expected.heads.keys() | found.heads.keys())
    differing += [f"head of {topic}" for topic in topics if expected.heads.get(topic) != found.heads.get(topic)]
    if expected.last_position != found.last_position:
        differing.append("last position")
    return differing
