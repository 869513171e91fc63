"""A time-stamping authority that answers by HTTP (RFC 3161), with a city's key."""

from collections.abc import Callable

import httpx2
from asn1crypto import cms, tsp

from certificates.documents.ports import HttpTimestamps
from certificates.documents.timestamps import REPLY_TYPE, new_token
from certificates.sealing.authority import Office
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT

URL = "http://stamps.test/"
# PKIStatus 2, rejection, and no token.
REFUSAL = bytes.fromhex("3005300302 0102".replace(" ", ""))
Answer = Callable[[httpx2.Request], httpx2.Response]


def by_http(city: City, answer: Answer) -> HttpTimestamps:
    """An authority that this city's root is said to have issued, and that answers so."""
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return HttpTimestamps(http, URL, anchors=[city.root.certificate])


def stamping(city: City, *, imprint: bytes | None = None) -> Answer:
    """Stamps what it is asked for; or else always the same."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        query = tsp.TimeStampReq.load(request.content, strict=True)
        asked = query["message_imprint"]["hashed_message"].native
        return replying(reply_with(token_of(city, imprint or asked, nonce=query["nonce"].native)))

    return answer


def replying(reply: bytes, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, content=reply, headers={"content-type": REPLY_TYPE})


def reply_with(token: bytes) -> bytes:
    granted = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(granted).dump())


def token_of(city: City, imprint: bytes, *, nonce: int | None) -> bytes:
    certificate = city.signer.certificate_of(Office.TIMESTAMP)
    return new_token(
        imprint,
        certificate=certificate,
        sign=lambda message: city.signer.sign(certificate, message),
        serial=1,
        at=AT,
        nonce=nonce,
    )
