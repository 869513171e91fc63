"""Documents that are made once and sent often, and not at all to who has them."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from gateway.edge.model import Exchange
from gateway.edge.rules import Header

CACHEABLE: Header = (b"cache-control", b"public, max-age=60")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it is sent."""

    body: bytes
    etag: bytes

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The document, with a tag of what it holds."""
        return cls(body, b'"' + sha256(body).hexdigest()[:32].encode() + b'"')

    async def answer(
        self, exchange: Exchange, *, media: str = "application/json", headers: list[Header] | None = None
    ) -> None:
        """Send it, or only say that it is still the same (RFC 9110 section 13.1.2)."""
        said = [CACHEABLE, (b"etag", self.etag), *(headers or [])]
        asked = exchange.head.known.get(b"if-none-match", b"").split(b",")
        if any(tag.strip().removeprefix(b"W/") in (self.etag, b"*") for tag in asked):
            await exchange.begin(304, said)
            await exchange.write(b"")
        else:
            await exchange.answer(200, self.body, media=media, headers=said)
