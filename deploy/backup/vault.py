"""Nothing of a backup but its manifest is readable without the passphrase.

Every file is an age file (age-encryption.org/v1), so that a backup can be opened with tools that everybody has:
`age -d keys.age | tar x` asks for the passphrase; `age -d -i data-key identity.dump.age | pg_restore ...`.
"""

import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, cast

import pyrage

from deploy.embedded.errors import LaunchError

KEYS = "keys.age"
# The key of all other files, beside the platform's own in the file that the passphrase opens.
DATA_KEY = "data-key"
SHORTEST = 12


class Writing(Protocol):
    """What bytes are written into."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class Vault:
    """Seals the files of one backup."""

    def __init__(self, key: "pyrage.x25519.Identity | None" = None) -> None:
        self._key = key or pyrage.x25519.Identity.generate()

    def seal(self, source: IO[bytes], target: Writing) -> None:
        """What can be read from `source` is in `target`, sealed."""
        pyrage.encrypt_io(cast("io.BufferedIOBase", source), cast("io.BufferedIOBase", target), [self._key.to_public()])

    def open(self, source: IO[bytes], target: Writing) -> None:
        """What was sealed is in `target`; refuses what was changed since, or was sealed with another key."""
        try:
            pyrage.decrypt_io(cast("io.BufferedIOBase", source), cast("io.BufferedIOBase", target), [self._key])
        except (pyrage.DecryptError, OSError) as error:
            # One of the disk or of a pipe has a number; one of what is read has none.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise LaunchError("A file of the backup is not of this backup, or was changed") from None

    def seal_keys(self, secrets: Mapping[str, bytes], path: Path, *, passphrase: str) -> None:
        """The platform's secrets, by their paths, and this vault's own key can be had with the passphrase alone."""
        path.write_bytes(pyrage.passphrase.encrypt(_packed({DATA_KEY: str(self._key).encode(), **secrets}), passphrase))

    @classmethod
    def unseal(cls, path: Path, *, passphrase: str) -> tuple["Vault", dict[str, bytes]]:
        """The vault of a backup and the platform's secrets."""
        try:
            secrets = dict(_unpacked(pyrage.passphrase.decrypt(path.read_bytes(), passphrase)))
        except pyrage.DecryptError:
            raise LaunchError(f"The passphrase does not open {path}") from None
        key = secrets.pop(DATA_KEY).decode()
        return cls(pyrage.x25519.Identity.from_str(key)), secrets


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _unpacked(packed: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            content = archive.extractfile(member)
            if content is None or path.is_absolute() or ".." in path.parts:
                raise LaunchError(f"{KEYS} holds what does not belong there; the backup is damaged")
            yield member.name, content.read()
