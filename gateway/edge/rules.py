"""Verdicts on the head of a request. Pure. What may pass is listed; everything else stays outside.

Dropped by not being listed: hop-by-hop headers, `Forwarded`, `X-Forwarded-*`, `X-Original-*`, method overrides,
cookies, ranges, and whatever a server behind might one day believe.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from gateway.edge.errors import AddressTooLong, HeaderRepeated, HostNotOurs
from shared.errors import Malformed
from shared.web.problems import HeadersTooLarge

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network

MAX_HEADERS = 100
MAX_HEADER_BYTES = 16 * 1024
MAX_QUERY_BYTES = 4 * 1024
SUBSCRIBER_BITS = 64

PASSED_ON = frozenset(
    {
        b"accept",
        b"accept-language",
        b"authorization",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-none-match",
        b"last-event-id",
        b"prefer",
        b"grant",  # signed by licensing or identity, and believed for that alone
        b"representation",  # signed by identity: it is believed for its signature, not for having come this way
        b"tracestate",
    }
)
ONCE_ONLY = frozenset(
    {b"host", b"authorization", b"content-length", b"content-type", b"transfer-encoding", b"idempotency-key"}
)
READ_HERE = ONCE_ONLY | {b"accept-language", b"content-encoding", b"if-none-match", b"x-forwarded-for"}

# Ours to say, not the services': the connection with the client is the gateway's.
KEPT_FROM_REPLIES = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"transfer-encoding",
        b"trailer",
        b"upgrade",
        b"proxy-authenticate",
        b"proxy-connection",
        b"te",
        b"server",
        b"date",
        b"x-correlation-id",
    }
)

_QUERY = re.compile(rb"[\x21-\x7e]*")
_LOCAL = re.compile(rb"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of an acceptable request: `known` are read here, `passed_on` go to the services."""

    known: dict[bytes, bytes]
    passed_on: list[Header]

    @property
    def has_body(self) -> bool:
        return self.known.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.known


def check_head(headers: Iterable[Header]) -> Head:
    """The head, if it is of acceptable size and says everything once."""
    known: dict[bytes, bytes] = {}
    passed_on: list[Header] = []
    size = count = 0
    for header in headers:
        name, value = header
        count += 1
        size += len(name) + len(value)
        if name in READ_HERE:
            if name in known and name in ONCE_ONLY:
                raise HeaderRepeated
            known[name] = value
        if name in PASSED_ON:
            passed_on.append(header)
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise HeadersTooLarge
    _check_length(known)
    return Head(known, passed_on)


def _check_length(known: dict[bytes, bytes]) -> None:
    length = known.get(b"content-length")
    if length is not None and (not length.isdigit() or len(length) > 19 or b"transfer-encoding" in known):
        raise Malformed


def check_host(host: bytes | None, *, ours: frozenset[bytes], local: bool) -> None:
    """Refuse a Host that is not ours: nothing behind may build an address from what a stranger wrote."""
    given = (host or b"").lower()
    if given not in ours and not (local and _LOCAL.fullmatch(given)):
        raise HostNotOurs


def address_of(peer: str, forwarded: bytes | None, *, edges: Sequence[Network]) -> str:
    """Who asks: the peer, or whom our own edge says that it speaks for. What stood before is the client's.

    Of IPv6 the network of one subscriber (/64, RFC 6177): who has one has more addresses in it than can be counted.
    """
    if not edges or forwarded is None or not _is_in(peer, edges):
        return _subscriber(peer)
    return _subscriber(forwarded.rpartition(b",")[2].strip().decode("latin-1"), otherwise=peer)


def _subscriber(named: str, *, otherwise: str | None = None) -> str:
    try:
        address = ip_address(named)
    except ValueError:
        return named if otherwise is None else _subscriber(otherwise)
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), SUBSCRIBER_BITS), strict=False))


def _is_in(peer: str, networks: Sequence[Network]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)


def check_query(query: bytes) -> None:
    """Refuse a query that is too long or holds bytes that no query holds."""
    if len(query) > MAX_QUERY_BYTES:
        raise AddressTooLong
    if not _QUERY.fullmatch(query):
        raise Malformed


def reply_headers(headers: Iterable[Header]) -> list[Header]:
    """What of a service's reply headers is for the client."""
    return [header for header in headers if header[0] not in KEPT_FROM_REPLIES]
