"""Takes a backup, while the platform works."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deploy.backup import manifest
from deploy.backup.contents import contents_of
from deploy.backup.cut import Snapshot, cut
from deploy.backup.manifest import Contents, Manifest
from deploy.backup.programs import Running
from deploy.backup.refusals import in_one_line
from deploy.backup.vault import KEYS, SHORTEST, Vault
from deploy.embedded.errors import LaunchError

Say = Callable[[str], None]
# The one that every build of PostgreSQL has; higher levels cost more than they save.
_COMPRESSION = "gzip:3"


def take(urls: Mapping[str, str], secrets: Mapping[str, bytes], folder: Path, *, passphrase: str, say: Say) -> Manifest:
    """The folder is a backup of these databases at one cut, with these secrets sealed.

    It appears whole or not at all.
    """
    if len(passphrase) < SHORTEST:
        raise LaunchError(f"The passphrase is too short; take at least {SHORTEST} characters")
    if folder.exists():
        raise LaunchError(f"{folder} is there already; name a new folder")
    building = folder.with_name(f"{folder.name}.partial")
    try:
        building.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise LaunchError(f"{building} cannot be made ({error.strerror})") from None
    try:
        with in_one_line("The backup"):
            made = _fill(building, urls, secrets, passphrase=passphrase, say=say)
            building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return made


def _fill(
    folder: Path, urls: Mapping[str, str], secrets: Mapping[str, bytes], *, passphrase: str, say: Say
) -> Manifest:
    vault = Vault()
    at, found = asyncio.run(_dump_all(urls, folder, vault, say))
    vault.seal_keys(secrets, folder / KEYS, passphrase=passphrase)
    say(f"keys: {len(secrets)} files, sealed")
    files = {path.name: manifest.file_of(path) for path in sorted(folder.iterdir())}
    made = Manifest(format=manifest.FORMAT, version=_version(), cut_at=at, services=found, files=files)
    manifest.write(folder, made)
    return made


async def _dump_all(
    urls: Mapping[str, str], folder: Path, vault: Vault, say: Say
) -> tuple[datetime, dict[str, Contents]]:
    async with cut(urls) as taken:
        say(f"the cut is at {taken.at:%Y-%m-%d %H:%M:%S.%f} UTC; the platform works on")
        return taken.at, {
            service: await _dump_one(service, snapshot, folder / dump_of(service), vault, say)
            for service, snapshot in taken.snapshots.items()
        }


async def _dump_one(service: str, snapshot: Snapshot, path: Path, vault: Vault, say: Say) -> Contents:
    size = await snapshot.conn.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    say(f"{service}: {size} to read")
    found, _ = await asyncio.gather(contents_of(snapshot.conn), asyncio.to_thread(_dump, snapshot, path, vault))
    rows = sum(table.rows for table in found.tables.values())
    say(f"{service}: {rows} rows in {len(found.tables)} tables")
    return found


def dump_of(service: str) -> str:
    """What the sealed dump of a service's database is called."""
    return f"{service}.dump.age"


def _dump(snapshot: Snapshot, path: Path, vault: Vault) -> None:
    arguments = ["--format=custom", f"--compress={_COMPRESSION}", f"--snapshot={snapshot.name}", "--no-password"]
    with Running("pg_dump", arguments, snapshot.url, reads=False) as dump, path.open("wb") as target:
        vault.seal(dump.output, target)
        target.flush()
        os.fsync(target.fileno())


def _version() -> str:
    try:
        return version("onevisit")
    except PackageNotFoundError:
        return "unknown"
