"""The status lists of this process: made when somebody asks, and kept for a while."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.sealing.authority import Office
from certificates.sealing.commands import note_uses
from certificates.sealing.errors import NoSealKey
from certificates.sealing.model import Form
from certificates.sealing.ports import Signer
from certificates.sealing.rules import number_of_crl, was_valid
from certificates.status import queries
from certificates.status.errors import StatusListNotFound
from certificates.status.rules import list_uri, packed, signed_list
from certificates.status.schemas import VerificationBundle
from shared.clock import Clock
from shared.database import Database

# With the 60 seconds for which a reader keeps a list, what was done is seen offline after a minute and a half at most.
KEPT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Made:
    """A list or a bundle of them, as of when it is, and a name for its bytes."""

    text: str
    at: datetime
    etag: str

    @classmethod
    def of(cls, text: str, at: datetime) -> Self:
        return cls(text, at, f'"{sha256(text.encode()).hexdigest()[:32]}"')


async def sign_lists(
    conn: AsyncConnection, numbers: Sequence[int], *, signer: Signer, platform: str, at: datetime
) -> dict[int, str]:
    """A token for each of these lists, as of `at`, and on record that the platform's status office signed them.

    Refuses (NoSealKey) where that office has no key here whose certificate is valid now.
    """
    certificate = signer.certificate_of(Office.STATUS)
    if not was_valid(certificate, at):
        raise NoSealKey(holder=Office.STATUS)
    crl_number = number_of_crl(signer.root_crl)
    found = await queries.places_of(conn, numbers)
    made = {}
    for number, places in found.items():
        uri, sign = list_uri(platform, number), partial(signer.sign, certificate)
        states = packed(places)
        made[number] = await signer.apart(
            partial(signed_list, states, uri=uri, certificate=certificate, sign=sign, crl_number=crl_number, at=at)
        )
        # A list takes milliseconds; requests that wait get their turn between two.
        await asyncio.sleep(0)
    await note_uses(conn, Form.STATUS_LIST, [(Office.STATUS, certificate, None) for _ in made], at=at)
    return made


class StatusLists:
    """Gives lists that are at most half a minute old, and made since a seal was last revoked. However many ask, each is
    made once at a time.
    """

    def __init__(self, database: Database, *, signer: Signer, platform: str, clock: Clock) -> None:
        self._database = database
        self._signer = signer
        self._platform = platform
        self._clock = clock
        self._count = 0
        self._made: dict[int, Made] = {}
        self._bundle: Made | None = None
        self._crl = signer.root_crl
        self._making = asyncio.Lock()

    async def current(self, number: int) -> Made:
        """The list of this number. Refuses (StatusListNotFound) where there is none."""
        if number >= self._count and number >= await self.count():
            raise StatusListNotFound
        return (await self.current_of([number]))[number]

    async def bundle(self) -> Made:
        """All lists and all seals, as one JSON document."""
        self._forget_what_revoked_keys_signed()
        if self._bundle is None or self._is_old(self._bundle):
            lists = await self.current_of(range(await self.count()))
            made_at = min((made.at for made in lists.values()), default=self._clock())
            content = VerificationBundle(
                made_at=made_at,
                lists=tuple(lists[number].text for number in sorted(lists)),
                seals=tuple(_base64(each.public_bytes(Encoding.DER)) for each in self._all_seals()),
                crl=_base64(self._signer.root_crl),
            )
            self._bundle = Made.of(content.model_dump_json(), made_at)
        return self._bundle

    async def current_of(self, numbers: Sequence[int]) -> dict[int, Made]:
        """These lists, which exist. Those that are too old are made again, in one transaction."""
        self._forget_what_revoked_keys_signed()
        if self._old(numbers):
            async with self._making:
                if old := self._old(numbers):
                    await self._make(old)
        return {number: self._made[number] for number in numbers}

    async def count(self) -> int:
        """How many lists there are now."""
        async with self._database.read() as conn:
            self._count = await queries.count_lists(conn)
        return self._count

    def _forget_what_revoked_keys_signed(self) -> None:
        if self._signer.root_crl != self._crl:
            self._crl, self._bundle = self._signer.root_crl, None
            self._made.clear()

    def _old(self, numbers: Sequence[int]) -> list[int]:
        return [number for number in numbers if number not in self._made or self._is_old(self._made[number])]

    def _is_old(self, made: Made) -> bool:
        return made.at < self._clock() - KEPT

    def _all_seals(self) -> Iterator[x509.Certificate]:
        for _, certificates in sorted(self._signer.certificates().items()):
            yield from certificates

    async def _make(self, numbers: Sequence[int]) -> None:
        at = self._clock()
        async with self._database.transaction() as conn:
            tokens = await sign_lists(conn, numbers, signer=self._signer, platform=self._platform, at=at)
        self._made.update({number: Made.of(token, at) for number, token in tokens.items()})


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
