"""Makes an empty deployment what a backup says, and proves it by the same digests."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.backup import contents, manifest
from deploy.backup.manifest import Contents, Manifest
from deploy.backup.programs import Running
from deploy.backup.refusals import in_one_line
from deploy.backup.take import dump_of
from deploy.backup.vault import KEYS, Vault
from deploy.backup.versions import refuse_unknown
from deploy.embedded.errors import LaunchError

Say = Callable[[str], None]
_MAJOR = 10_000


@dataclass(frozen=True)
class Opened:
    """A backup that is whole, of no newer version, and opened by its passphrase."""

    folder: Path
    manifest: Manifest
    vault: Vault
    secrets: Mapping[str, bytes]


def opened(folder: Path, *, passphrase: str, say: Say) -> Opened:
    """The backup in a folder, every file checked; refuses in one line what cannot be restored by this program."""
    said = manifest.read(folder)
    for service, expected in said.services.items():
        refuse_unknown(service, expected.revision, what="The backup")
    say(f"checking {len(said.files)} files, {sum(each.bytes for each in said.files.values()) / 2**20:.1f} MB")
    manifest.refuse_damaged(folder, said)
    vault, secrets = Vault.unseal(folder / KEYS, passphrase=passphrase)
    return Opened(folder, said, vault, secrets)


async def refuse_filled(urls: Mapping[str, str], said: Manifest) -> None:
    """Every database is there, is empty, and is of a PostgreSQL that can read the backup's."""
    for service, expected in said.services.items():
        conn = await contents.connect(urls[service])
        try:
            if not await contents.is_empty(conn):
                raise LaunchError(
                    f"The database of {service} is not empty; a backup is restored into an empty one only"
                )
            version = int(await conn.fetchval("SHOW server_version_num"))
        finally:
            await conn.close()
        if version // _MAJOR < expected.server_version // _MAJOR:
            raise LaunchError(
                f"The backup is of PostgreSQL {expected.server_version // _MAJOR}; {service} has {version // _MAJOR}"
            )


async def restore(backup: Opened, urls: Mapping[str, str], *, say: Say) -> None:
    """Every database holds the rows and heads that the manifest names; refuses to call anything else restored."""
    with in_one_line("The restore"):
        await _restore(backup, urls, say=say)


async def _restore(backup: Opened, urls: Mapping[str, str], *, say: Say) -> None:
    await refuse_filled(urls, backup.manifest)
    for service, expected in backup.manifest.services.items():
        say(f"{service}: {sum(table.rows for table in expected.tables.values())} rows in {len(expected.tables)} tables")
        await asyncio.to_thread(_load, backup.folder / dump_of(service), urls[service], backup.vault)
        await _compare(service, expected, urls[service])
        say(f"{service}: every digest and head is the backup's")


def _load(path: Path, url: str, vault: Vault) -> None:
    """All of it, or nothing: one transaction."""
    arguments = ["--no-owner", "--single-transaction", "--exit-on-error", "--no-password"]
    database = f"--dbname={url.rpartition('/')[2].partition('?')[0]}"
    with path.open("rb") as source, Running("pg_restore", [*arguments, database], url, reads=True) as load:
        vault.open(source, load.input)
        load.input.flush()


async def _compare(service: str, expected: Contents, url: str) -> None:
    conn = await contents.connect(url)
    try:
        # Nobody has counted the rows for the planner yet.
        await conn.execute("ANALYZE")
        differing = manifest.differences(expected, await contents.contents_of(conn))
    finally:
        await conn.close()
    if differing:
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        raise LaunchError(
            f"{service} was restored, but {differing[0]}{more} is not what the backup says; do not use it"
        )
