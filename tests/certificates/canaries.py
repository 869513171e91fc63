"""The right person's, always: many ask at once for their own certificates, and each reply is searched for all others.

Every requester's certificate says something that no other's does (a canary), and is about a party of its own. A reply
that holds another's canary or party is a crossing; one that lacks its own is wrong as well. A form of reply is a row of
`FORMS`: how it is asked for, and every text that is in it, unpacked.
"""

import asyncio
import random
import re
import shutil
import subprocess
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID, uuid4

import httpx2
import orjson
from joserfc.util import urlsafe_b64decode

from certificates.documents.opening import open_pdf
from tests.certificates.wallets import Wallet
from tests.certificates.world import World, a_decided_case, a_yield

REQUESTERS = 200
CANCELLED = 0.1
MARK = re.compile(r"CANARY[0-9A-F]{12}|ca9a0000-0000-4000-8000-[0-9a-f]{12}")


@dataclass(frozen=True)
class Requester:
    """Somebody with one certificate, which says `canary`."""

    party: UUID
    canary: str
    certificate: UUID
    wallet: Wallet = field(default_factory=Wallet)


@dataclass
class Counted:
    """What came of it: replies by form, requests that were cancelled, what the service was too busy for, and what was
    wrong with which reply.
    """

    replies: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    busy: int = 0
    crossings: list[str] = field(default_factory=list)


Ask = Callable[[World, Requester], Awaitable[httpx2.Response]]
Texts = Callable[[World, httpx2.Response], Sequence[str]]


@dataclass(frozen=True)
class Form:
    """A kind of reply. `says_canary`: that it holds the canary itself, and not its holder's party alone."""

    ask: Ask
    texts: Texts
    says_canary: bool = True


async def settle(world: World, count: int = REQUESTERS) -> list[Requester]:
    """So many people with a certificate each."""
    found = []
    for number in range(count):
        party = UUID(f"ca9a0000-0000-4000-8000-{number:012x}")
        canary = f"CANARY{random.getrandbits(48):012X}"
        claims = {"name": canary, "birth-date": "2026-03-01", "sex": "female"}
        certificate = await world.issued(a_decided_case(a_yield(party=party, claims=claims)))
        found.append(Requester(party, canary, certificate))
    return found


async def trial(world: World, requesters: Sequence[Requester], *, replies: int, seed: int) -> Counted:
    """All ask at once and again, each in an order of its own, until there are so many replies. Some hang up."""
    counted = Counted()
    each = -(-replies // len(requesters))
    heard = await asyncio.gather(
        *(_insist(world, one, each, random.Random(seed + place), counted) for place, one in enumerate(requesters))
    )
    # Searched afterwards: whoever searches keeps the service from answering the others.
    for requester, replies_to in zip(requesters, heard, strict=True):
        for name, reply in replies_to:
            counted.replies[name] += 1
            if wrong := faults(world, requester, FORMS[name], reply):
                counted.crossings.append(f"{name}: {wrong}")
    return counted


async def _insist(
    world: World, requester: Requester, replies: int, chance: random.Random, counted: Counted
) -> list[tuple[str, httpx2.Response]]:
    heard: list[tuple[str, httpx2.Response]] = []
    while len(heard) < replies:
        name = chance.choice([*FORMS])
        asking = asyncio.ensure_future(FORMS[name].ask(world, requester))
        if chance.random() < CANCELLED:
            await asyncio.wait([asking], timeout=chance.random() / 10)
            if asking.cancel():
                counted.cancelled += 1
            await asyncio.gather(asking, return_exceptions=True)
            continue
        reply = await asking
        if reply.status_code in (500, 503):  # too many at once for this machine: nothing was said
            counted.busy += 1
            await asyncio.sleep(chance.random())
            continue
        heard.append((name, reply))
    return heard


def faults(world: World, requester: Requester, form: Form, reply: httpx2.Response) -> str | None:
    """What is wrong with a reply: that it is none, another's, or not its own."""
    if reply.is_error:
        return f"status {reply.status_code}"
    found = {mark for text in form.texts(world, reply) for mark in MARK.findall(text)}
    if found - {requester.canary, str(requester.party)}:
        return "another's"
    if (requester.canary if form.says_canary else str(requester.party)) not in found:
        return "not its own"
    return None


def _get(path: str, **headers: str) -> Ask:
    async def ask(world: World, requester: Requester) -> httpx2.Response:
        url = path.format(certificate=requester.certificate)
        return await world.http.get(url, headers=world.issuer.person(requester.party) | headers)

    return ask


async def _into_wallet(world: World, requester: Requester) -> httpx2.Response:
    nonce = (await world.http.post("/v1/credential-nonces")).json()["c_nonce"]
    body = {"proof": requester.wallet.proof(nonce, at=world.service.clock())}
    headers = world.issuer.person(requester.party) | {"idempotency-key": str(uuid4())}
    return await world.http.post(f"/v1/certificates/{requester.certificate}/credential", json=body, headers=headers)


def _copied(form: str) -> Ask:
    """A copy for one purpose, made once and asked for again."""

    async def ask(world: World, requester: Requester) -> httpx2.Response:
        path = f"/v1/certificates/{requester.certificate}/copies"
        headers = world.issuer.person(requester.party) | {"idempotency-key": "a-copy-of-mine"}
        wish = {"purpose": "school enrolment", "valid_until": "2026-03-31"}
        made = await world.http.post(path, json=wish, headers=headers)
        return made if made.is_error else await world.http.get(f"{path}/{made.json()['id']}/{form}", headers=headers)

    return ask


def _as_text(_: World, reply: httpx2.Response) -> list[str]:
    return [reply.text]


def _of_document(_: World, reply: httpx2.Response) -> list[str]:
    return [reply.text, *_unpacked(reply.json()["seal"])]


def _of_seal(_: World, reply: httpx2.Response) -> list[str]:
    return _unpacked(reply.text)


def _of_credential(_: World, reply: httpx2.Response) -> list[str]:
    signed, *disclosures = reply.json()["credential"].split("~")
    return [*_unpacked(signed), *(urlsafe_b64decode(each.encode()).decode() for each in disclosures if each)]


def _of_pdf(world: World, reply: httpx2.Response) -> list[str]:
    return _in_pdf(reply.content, world.service.signer.root_pem, world.service.signer.root_crl)


@lru_cache(maxsize=2 * REQUESTERS)
def _in_pdf(pdf: bytes, root_pem: bytes, crl: bytes) -> list[str]:
    """The sealed file in it, every stream of it, and its page as somebody reads it (where there is pdftotext)."""
    file = open_pdf(pdf, root_pem, crls=[crl]).file
    return [file.decode(), *_unpacked(orjson.loads(file)["seal"]), *_streams(pdf), *_page(pdf)]


def _unpacked(jws: str) -> list[str]:
    return [urlsafe_b64decode(part.encode()).decode() for part in jws.split(".")[:2]]


def _streams(pdf: bytes) -> list[str]:
    found = []
    for start in re.finditer(rb"stream\r?\n", pdf):
        inflating = zlib.decompressobj()
        try:
            found.append(inflating.decompress(pdf[start.end() :]).decode("latin-1"))
        except zlib.error:
            continue
    return found


def _page(pdf: bytes) -> list[str]:
    program = shutil.which("pdftotext")
    if program is None:
        return []
    done = subprocess.run([program, "-", "-"], input=pdf, capture_output=True, check=True)
    return [done.stdout.decode()]


FORMS: dict[str, Form] = {
    "view": Form(_get("/v1/certificates/{certificate}"), _as_text, says_canary=False),
    "list": Form(_get("/v1/certificates?holder=me"), _as_text, says_canary=False),
    "document": Form(_get("/v1/certificates/{certificate}/document"), _of_document),
    "seal": Form(_get("/v1/certificates/{certificate}/document", accept="application/jose"), _of_seal),
    "pdf": Form(_get("/v1/certificates/{certificate}/document.pdf"), _of_pdf),
    "copy": Form(_copied("document"), _of_document),
    "copy-pdf": Form(_copied("document.pdf"), _of_pdf),
    "credential": Form(_into_wallet, _of_credential),
}
