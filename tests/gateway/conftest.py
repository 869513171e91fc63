"""A gateway in front of four stand-in services; a test replaces, slows down or kills any of them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import Gateway, create_app
from gateway.settings import GatewaySettings
from shared.messaging.cursor import CursorKey
from shared.web.protocol import BoundedProtocol
from shared.web.service import Service
from tests.gateway.serving import StandIn, dead_url, serving
from tests.support.clock import FrozenClock
from tests.support.tokens import ISSUER, Issuer

CURSOR_KEY = CursorKey(b"k" * 32)
SERVICES = ("identity", "licensing", "certificates", "records")


@dataclass
class Platform:
    """What a test sees: the gateway's URL, a client of it, and the services behind it."""

    url: str
    client: httpx2.AsyncClient
    services: dict[str, StandIn]
    gateway: Gateway
    issuer: Issuer

    def seen(self) -> int:
        """How many requests have reached any service."""
        return sum(len(service.seen) for service in self.services.values())


OpenPlatform = Callable[..., AbstractAsyncContextManager[Platform]]


@asynccontextmanager
async def _open(issuer: Issuer, *, dead: tuple[str, ...] = (), **settings: Any) -> AsyncGenerator[Platform]:
    services = {name: StandIn(name) for name in SERVICES}
    async with AsyncExitStack() as stack:
        urls = {
            f"{name}_url": dead_url() if name in dead else await stack.enter_async_context(serving(service))
            for name, service in services.items()
        }
        configured = GatewaySettings(**{"profile": "embedded", "issuer": ISSUER, **urls, **settings})
        service = Service(name="gateway", settings=configured, clock=issuer.clock, keys=issuer.keys())
        gateway = create_app(configured, service=service)
        url = await stack.enter_async_context(serving(gateway, protocol=BoundedProtocol))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=20, trust_env=False))
        stack.push_async_callback(gateway.close)
        yield Platform(url, client, services, gateway, issuer)


@pytest.fixture
def open_platform(clock: FrozenClock, tmp_path: Path) -> OpenPlatform:
    """Opens a platform with settings, or with dead services, of the test's choice."""
    (tmp_path / "cursor.key").write_bytes(CURSOR_KEY.secret)
    return partial(_open, Issuer(clock), cursor_key_file=tmp_path / "cursor.key")


@pytest.fixture
async def platform(open_platform: OpenPlatform) -> AsyncGenerator[Platform]:
    """A platform with the usual settings, all services up."""
    async with open_platform() as opened:
        yield opened
