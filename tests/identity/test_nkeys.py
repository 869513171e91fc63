"""The keys and signed statements of NATS, against what NATS' own library makes of the same bytes."""

import base64
from pathlib import Path

import pytest

from identity.bus.nkeys import AccountKey, SeedRefused, read_unverified

# Of the 32 bytes 0, 1, 2, …, by nkeys 0.2.1 of nats-io.
SEED = "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI"
PUBLIC = "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
SEED_OF_A_USER = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"


def test_a_seed_and_its_public_key_are_as_nats_writes_them(tmp_path: Path) -> None:
    (tmp_path / "seed").write_text(f"{SEED}\n")
    key = AccountKey.load(tmp_path / "seed")
    assert (key.seed(), key.public) == (SEED, PUBLIC)
    assert AccountKey.from_seed(AccountKey.generate().seed()).public != PUBLIC


@pytest.mark.parametrize("seed", ["", "SA", SEED[:-1], SEED[:-1] + "A", SEED_OF_A_USER, PUBLIC, "密", "1" * 58])
def test_what_is_no_seed_of_an_account_is_refused(seed: str) -> None:
    with pytest.raises(SeedRefused):
        AccountKey.from_seed(seed)


def test_a_statement_names_its_issuer_and_can_be_read() -> None:
    token = AccountKey.from_seed(SEED).sign({"sub": "x", "iss": "somebody else"})
    assert read_unverified(token.encode()) == {"sub": "x", "iss": PUBLIC}
    header = token.split(".")[0]
    assert base64.urlsafe_b64decode(header + "==") == b'{"typ":"JWT","alg":"ed25519-nkey"}'


@pytest.mark.parametrize("token", [b"", b"a", b"a.b", b"a.!!.c", b"a.W10.c", b"\xff.\xff.\xff"])
def test_what_is_no_statement_is_refused(token: bytes) -> None:
    with pytest.raises(ValueError, match="not a JWT of NATS"):
        read_unverified(token)
