"""Signed data: one form, whatever its length."""

from hashlib import sha256

import pytest

from certificates.documents.cms import NotSignedData, Signed, attributes_for, der_signature, opened, signed_data
from certificates.documents.timestamps import new_token
from certificates.sealing.authority import Office
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT, HEALTH


@pytest.fixture(scope="module")
def city() -> City:
    return City()


def signed(city: City, *, timestamp: bytes | None = None) -> Signed:
    certificate = city.signer.certificate_of(HEALTH.code)
    attributes = attributes_for("data", sha256(b"a file").digest(), certificate)
    signature = der_signature(city.signer.sign(certificate, attributes))
    return Signed(certificate, attributes, signature, timestamp=timestamp)


def a_token(city: City, *, length: int) -> bytes:
    """A timestamp token that is so many bytes longer than the shortest."""
    stamping = city.signer.certificate_of(Office.TIMESTAMP)
    return new_token(
        bytes(32),
        certificate=stamping,
        sign=lambda message: city.signer.sign(stamping, message),
        serial=1,
        at=AT,
        nonce=1 << 8 * length,
    )


def test_it_is_read_as_it_was_written_at_any_length(city: City) -> None:
    """Lengths of which the last byte is 0x80 are among them, at each level, which asn1crypto takes for indefinite."""
    for length in range(300):
        parts = signed(city, timestamp=a_token(city, length=length))
        assert opened(signed_data(parts)) == parts


@pytest.mark.parametrize("der", [b"", b"\0", b"\x30\x80\0\0", b"\x30\x80" * 500, b"\x30\x03\x02\x01\x01"], ids=repr)
def test_anything_else_is_refused(der: bytes) -> None:
    with pytest.raises(NotSignedData):
        opened(der)


def test_nothing_may_follow(city: City) -> None:
    with pytest.raises(NotSignedData):
        opened(signed_data(signed(city)) + b"\0")
