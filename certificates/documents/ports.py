"""Who says when: time-stamping authorities (RFC 3161), elsewhere by HTTP or the platform's own."""

import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, Self

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.documents.errors import NoTimestamps, TimestampUnavailable
from certificates.documents.timestamps import (
    MAX_BYTES,
    REPLY_TYPE,
    REQUEST_TYPE,
    NotATimestamp,
    Timestamp,
    new_request,
    new_token,
    open_timestamp,
    read_reply,
)
from certificates.sealing.authority import Office
from certificates.sealing.ports import Signer
from shared.clock import Clock

TIMEOUT = httpx2.Timeout(5.0, connect=2.0)


class TimestampAuthority(Protocol):
    """Gives timestamps that a verifier will believe who trusts one of `anchors`."""

    @property
    def anchors(self) -> Sequence[x509.Certificate]:
        """The certificates of whoever issued this authority's own."""
        ...

    @property
    def crls(self) -> Sequence[bytes]:
        """Their lists of revoked certificates, in DER."""
        ...

    @property
    def office(self) -> Office | None:
        """Whose key stamps, if it is one of ours."""
        ...

    async def stamp(self, imprint: bytes) -> Timestamp:
        """A timestamp now, of a message with this SHA-256. Refuses (TimestampUnavailable) where there is none."""
        ...


class OwnTimestamps:
    """The platform's own office for timestamps: its clock is this machine's."""

    office = Office.TIMESTAMP

    def __init__(self, signer: Signer, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock

    @property
    def anchors(self) -> Sequence[x509.Certificate]:
        return [x509.load_pem_x509_certificate(self._signer.root_pem)]

    @property
    def crls(self) -> Sequence[bytes]:
        return [self._signer.root_crl]

    async def stamp(self, imprint: bytes) -> Timestamp:
        certificate = self._signer.certificate_of(self.office)
        stamp = partial(
            new_token,
            imprint,
            certificate=certificate,
            sign=partial(self._signer.sign, certificate),
            serial=secrets.randbits(127) + 1,
            at=self._clock(),
        )
        return open_timestamp(await self._signer.apart(stamp), imprint, anchors=self.anchors)


class HttpTimestamps:
    """An authority elsewhere, by RFC 3161 section 3.4. `anchors` and `crls` are what its operator publishes."""

    office = None

    def __init__(
        self, http: httpx2.AsyncClient, url: str, *, anchors: Sequence[x509.Certificate], crls: Sequence[bytes] = ()
    ) -> None:
        self._http = http
        self._url = url
        self.anchors = anchors
        self.crls = crls

    @classmethod
    def from_chain(cls, http: httpx2.AsyncClient, url: str, chain: Path | None) -> Self:
        """An authority whose issuers' certificates and lists of revoked certificates are in this PEM file.

        Refuses (NoTimestamps) where there is no certificate in it: nobody could be believed.
        """
        found = chain.read_bytes() if chain is not None else b""
        if b"-----BEGIN CERTIFICATE-----" not in found:
            raise NoTimestamps("ONEVISIT_TIMESTAMP_CHAIN_FILE must hold the certificates of who issued the authority's")
        return cls(http, url, anchors=x509.load_pem_x509_certificates(found), crls=_crls_in(found))

    async def stamp(self, imprint: bytes) -> Timestamp:
        nonce = secrets.randbits(63) + 1
        try:
            reply = await self._ask(new_request(imprint, nonce=nonce))
            return read_reply(reply, imprint, nonce=nonce, anchors=self.anchors)
        except (httpx2.HTTPError, NotATimestamp):
            raise TimestampUnavailable(retry_after=1) from None

    async def _ask(self, query: bytes) -> bytes:
        headers = {"content-type": REQUEST_TYPE, "accept": REPLY_TYPE}
        reply = bytearray()
        async with self._http.stream("POST", self._url, content=query, headers=headers, timeout=TIMEOUT) as response:
            if response.status_code != 200:
                raise NotATimestamp
            async for part in response.aiter_bytes():
                reply += part
                if len(reply) > MAX_BYTES:
                    raise NotATimestamp
        return bytes(reply)


def _crls_in(pem: bytes) -> list[bytes]:
    end = b"-----END X509 CRL-----"
    blocks = [part + end for part in pem.split(end)[:-1]]
    return [
        x509.load_pem_x509_crl(block[block.index(b"-----BEGIN X509 CRL-----") :]).public_bytes(Encoding.DER)
        for block in blocks
    ]
