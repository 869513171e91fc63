"""Status lists (Token Status List, draft-ietf-oauth-status-list-21): made, and read by who verifies offline. Pure.

Two bits for each certificate. A list says what the issuer did; the days of validity stand in the certificate itself.
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Annotated, Literal

import orjson
from cryptography import x509
from pydantic import Field

from certificates.issuing.model import State
from certificates.issuing.rules import STATUS_LIST_LENGTH
from certificates.sealing.authority import Office
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import Sign, compact_jws, header_for, holder_of, open_seal
from certificates.sealing.schemas import Seconds, StatusEntry
from certificates.status.errors import NotAStatusList
from shared.schemas import Strict

TYPE = "statuslist+jwt"
PATH = "/v1/status-lists/"
BITS = 2
LIST_BYTES = STATUS_LIST_LENGTH * BITS // 8
# How long who fetched a list goes by it, and how long it may be gone by at all, e.g. by an inspector without a network.
TTL = timedelta(seconds=60)
LIFETIME = timedelta(days=1)
SKEW = timedelta(seconds=60)


class Status(IntEnum):
    """What a list says of a certificate. 0 to 2 are registered values (section 7.1), 3 is left to the application."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    EXPIRED = 3


_STATUS: Mapping[State, Status] = {
    State.VALID: Status.VALID,
    State.WITHHELD: Status.SUSPENDED,
    State.EXPIRED: Status.EXPIRED,
}


class _Packed(Strict):
    bits: Literal[2]
    lst: str


class _Claims(Strict):
    """The claims of our lists; the order is that of their bytes.

    `crl_number`, which is our own: the root's list of revoked certificates that there was then (RFC 5280 section
    5.2.3). So who has a fresh status list cannot be given a CRL from before a key was stolen.
    """

    crl_number: Annotated[int, Field(ge=0)]
    exp: Seconds
    iat: Seconds
    status_list: _Packed
    sub: str
    ttl: int


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was found genuine: whose and which one it is, of when and by whom, and what it says.

    Whether whose it is was revoked, and whether the reader's CRL is at least `crl_number`, is still to be asked.
    """

    platform: str
    number: int
    made_at: datetime
    states: bytes
    signed_by: x509.Certificate
    crl_number: int

    def status_of(self, index: int) -> Status:
        """What it says of an entry. Refuses (NotAStatusList) an index outside of the list."""
        if not 0 <= index < STATUS_LIST_LENGTH:
            raise NotAStatusList("another-list")
        return Status(self.states[index // 4] >> index % 4 * BITS & 3)


def status_of(state: State) -> Status:
    """What a list says of a certificate in this state. However it ended, unless by time, it is invalid."""
    return _STATUS.get(state, Status.INVALID)


def list_uri(platform: str, number: int) -> str:
    """The name and address of a list, as `status.status_list.uri` says it."""
    return f"{platform}{PATH}{number}"


def packed(places: Mapping[State, Iterable[int]]) -> bytes:
    """The list as bytes: four certificates a byte, from the lowest bits up (section 4.1). Who is not named is valid."""
    each = bytearray(STATUS_LIST_LENGTH)
    for state, indexes in places.items():
        status = status_of(state)
        for index in indexes:
            each[index] = status
    # Numbers of a million bits: no status is greater than 3, so that none reaches into its neighbour's byte.
    quarters = (int.from_bytes(each[quarter::4], "little") << quarter * BITS for quarter in range(4))
    return sum(quarters).to_bytes(LIST_BYTES, "little")


def signed_list(
    states: bytes, *, uri: str, certificate: x509.Certificate, sign: Sign, crl_number: int, at: datetime
) -> str:
    """The token (section 5.1) that says so as of `at`, by the key of the platform's status office."""
    made = int(at.timestamp())
    claims = _Claims(
        crl_number=crl_number,
        exp=made + int(LIFETIME.total_seconds()),
        iat=made,
        status_list=_Packed(bits=2, lst=urlsafe_b64encode(zlib.compress(states, 9)).rstrip(b"=").decode()),
        sub=uri,
        ttl=int(TTL.total_seconds()),
    )
    return compact_jws(header_for(certificate, typ=TYPE), orjson.dumps(claims.model_dump()), sign)


def state_in(token: str, entry: StatusEntry, root_pem: bytes, at: datetime) -> Status:
    """What this token says at this moment of the certificate with this entry. Refuses as `open_list`."""
    return open_list(token, entry.list, root_pem, at).status_of(entry.index)


def open_list(token: str, number: int, root_pem: bytes, at: datetime) -> StatusList:
    """The list of this number. Refuses (NotAStatusList) one that the platform's status office did not sign, whose
    time is over, and another list. Nothing is inflated beyond the size of a list, and nothing before it is trusted.
    """
    try:
        opened = open_seal(token, root_pem, typ=TYPE)
    except SealRefused as refusal:
        raise NotAStatusList(refusal.code) from None
    if holder_of(opened.certificate) != Office.STATUS:
        raise NotAStatusList("not-by-status-office")
    claims = _claims(opened.payload)
    made_at = datetime.fromtimestamp(claims.iat, UTC)
    if not opened.was_in_time(made_at):
        raise NotAStatusList("seal-not-in-time")
    if made_at > at + SKEW:
        raise NotAStatusList("from-the-future")
    if at.timestamp() > claims.exp:
        raise NotAStatusList("too-old")
    platform, _, name = claims.sub.rpartition(PATH)
    if name != str(number):
        raise NotAStatusList("another-list")
    return StatusList(
        platform=platform,
        number=number,
        made_at=made_at,
        states=_unpacked(claims.status_list.lst),
        signed_by=opened.certificate,
        crl_number=claims.crl_number,
    )


def _claims(payload: bytes) -> _Claims:
    try:
        claims = _Claims.model_validate_json(payload)
    except ValueError:
        raise NotAStatusList("content-wrong") from None
    return claims


def _unpacked(lst: str) -> bytes:
    inflating = zlib.decompressobj()
    try:
        states = inflating.decompress(urlsafe_b64decode(lst + "=" * (-len(lst) % 4)), LIST_BYTES + 1)
    except (ValueError, zlib.error):
        raise NotAStatusList("content-wrong") from None
    if not inflating.eof or inflating.unused_data or len(states) != LIST_BYTES:
        raise NotAStatusList("content-wrong")
    return states
