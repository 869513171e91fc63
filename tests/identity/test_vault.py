"""What is sealed opens again for the same party and purpose, and for nothing else."""

import secrets
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from identity.vault import KeysNotSafe, Vault

NUMBER = "330102188808080018"
ALICE, BOB = uuid4(), uuid4()


@pytest.fixture
def vault() -> Vault:
    return Vault(master_key=secrets.token_bytes(32), index_key=secrets.token_bytes(32))


def test_what_is_sealed_for_a_party_opens_again(vault: Vault) -> None:
    key = vault.new_party_key(ALICE)
    sealed = vault.seal_for(ALICE, key, NUMBER, purpose="number")
    assert vault.open_for(ALICE, key, sealed, purpose="number") == NUMBER


def test_sealing_twice_gives_two_ciphertexts_without_the_number(vault: Vault) -> None:
    key = vault.new_party_key(ALICE)
    first, second = (vault.seal_for(ALICE, key, NUMBER, purpose="number") for _ in range(2))
    assert first != second
    assert NUMBER.encode() not in first


def test_a_row_moved_to_another_party_or_column_does_not_open(vault: Vault) -> None:
    key = vault.new_party_key(ALICE)
    sealed = vault.seal_for(ALICE, key, NUMBER, purpose="number")
    for party, purpose in ((BOB, "number"), (ALICE, "phone")):
        with pytest.raises(InvalidTag):
            vault.open_for(party, key, sealed, purpose=purpose)


def test_a_changed_byte_does_not_open(vault: Vault) -> None:
    sealed = bytearray(vault.seal(b"secret", purpose="signing-key:1"))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        vault.open(bytes(sealed), purpose="signing-key:1")


def test_the_blind_index_is_stable_and_differs_by_text_purpose_and_key(vault: Vault) -> None:
    other = Vault(master_key=secrets.token_bytes(32), index_key=secrets.token_bytes(32))
    index = vault.blind_index(NUMBER, purpose="number")
    assert index == vault.blind_index(NUMBER, purpose="number")
    assert len({index, vault.blind_index(NUMBER, purpose="code"), other.blind_index(NUMBER, purpose="number")}) == 3


@pytest.mark.parametrize(
    ("master", "index"),
    [
        pytest.param(secrets.token_bytes(31), secrets.token_bytes(32), id="a short key"),
        pytest.param(bytes(range(32)), bytes(range(32)), id="one key for two purposes"),
        pytest.param(b"\0" * 32, secrets.token_bytes(32), id="a constant key"),
    ],
)
def test_unsafe_keys_are_refused(tmp_path: Path, master: bytes, index: bytes) -> None:
    (tmp_path / "master").write_bytes(master)
    (tmp_path / "index").write_bytes(index)
    with pytest.raises(KeysNotSafe):
        Vault.load(master_key_file=tmp_path / "master", index_key_file=tmp_path / "index")


def test_a_missing_key_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(KeysNotSafe, match="cannot be read"):
        Vault.load(master_key_file=tmp_path / "none", index_key_file=tmp_path / "none")
