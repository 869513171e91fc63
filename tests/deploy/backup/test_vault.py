"""Nothing in a backup is readable without its passphrase, and nothing that was changed is believed."""

import io
from pathlib import Path

import pytest

from deploy.backup.vault import Vault
from deploy.embedded.errors import LaunchError

PASSPHRASE = "a passphrase for tests"
SECRETS = {"keys/index.key": bytes(range(32)), "secrets.json": b'{"postgres": "s3cret"}'}


def sealed(vault: Vault, content: bytes) -> bytes:
    target = io.BytesIO()
    vault.seal(io.BytesIO(content), target)
    return target.getvalue()


def test_the_passphrase_gives_back_every_secret_and_opens_every_file(tmp_path: Path) -> None:
    vault, content = Vault(), bytes(300_000)
    vault.seal_keys(SECRETS, tmp_path / "keys.age", passphrase=PASSPHRASE)
    found, secrets = Vault.unseal(tmp_path / "keys.age", passphrase=PASSPHRASE)
    opened = io.BytesIO()
    found.open(io.BytesIO(sealed(vault, content)), opened)
    assert (secrets, opened.getvalue()) == (SECRETS, content)


def test_no_secret_stands_in_the_file_in_clear(tmp_path: Path) -> None:
    Vault().seal_keys(SECRETS, tmp_path / "keys.age", passphrase=PASSPHRASE)
    written = (tmp_path / "keys.age").read_bytes()
    assert not [secret for secret in (*SECRETS.values(), b"index.key", b"AGE-SECRET-KEY") if secret in written]


def test_another_passphrase_opens_nothing(tmp_path: Path) -> None:
    Vault().seal_keys(SECRETS, tmp_path / "keys.age", passphrase=PASSPHRASE)
    with pytest.raises(LaunchError, match="The passphrase does not open"):
        Vault.unseal(tmp_path / "keys.age", passphrase="another passphrase")


@pytest.mark.parametrize("place", [0, 20, 200, -1])
def test_a_file_with_one_other_byte_is_refused(place: int) -> None:
    vault = Vault()
    changed = bytearray(sealed(vault, b"rows" * 100))
    changed[place] ^= 1
    with pytest.raises(LaunchError, match="not of this backup, or was changed"):
        vault.open(io.BytesIO(bytes(changed)), io.BytesIO())


def test_a_file_of_another_backup_is_refused() -> None:
    with pytest.raises(LaunchError, match="not of this backup, or was changed"):
        Vault().open(io.BytesIO(sealed(Vault(), b"rows")), io.BytesIO())


def test_a_file_that_was_cut_short_is_refused() -> None:
    vault = Vault()
    with pytest.raises(LaunchError, match="not of this backup, or was changed"):
        vault.open(io.BytesIO(sealed(vault, bytes(200_000))[:-30_000]), io.BytesIO())
