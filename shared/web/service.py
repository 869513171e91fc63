"""The application factory: settings and routers in, a service out. What all services do alike is done here."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

from shared import logging, tracing
from shared.auth import Revocations, ServiceTokens, TokenVerifier
from shared.clock import Clock, now
from shared.database import Database
from shared.errors import CannotStart
from shared.http import ServiceClient, new_client
from shared.jose import FetchedKeys, Keys, SigningKey
from shared.settings import ServiceSettings
from shared.web import problems
from shared.web.bodies import StrictBodies
from shared.web.context import RequestContext
from shared.web.health import Check, health_router, watched
from shared.web.revocations import heeded

PLATFORM_AUDIENCE = "onevisit"


@dataclass
class Service:
    """What every request of a service may need. Each service extends it with its own parts."""

    name: str
    settings: ServiceSettings
    http: httpx2.AsyncClient = field(default_factory=new_client)
    clock: Clock = now
    keys: Keys | None = None

    def __post_init__(self) -> None:
        settings = self.settings
        url = settings.database_address()
        self.database_or_none = Database(url, pool_size=settings.database_pool) if url is not None else None
        self.identity_keys: Keys = self.keys or self.keys_of("identity")
        # Tokens of people and departments name the platform; those of our own services name the called service.
        audiences = (PLATFORM_AUDIENCE, self.name)
        self.verifier = TokenVerifier(self.identity_keys, issuer=settings.issuer, audiences=audiences, clock=self.clock)

    @property
    def database(self) -> Database:
        if self.database_or_none is None:
            raise CannotStart(f"{self.name} runs without a database: set ONEVISIT_DATABASE_URL")
        return self.database_or_none

    def tokens(self) -> ServiceTokens:
        """This service's own credentials at identity."""
        path = self.settings.client_key_file
        if path is None:
            raise CannotStart(f"{self.name} has no client key: set ONEVISIT_CLIENT_KEY_FILE")
        if not hasattr(self, "_tokens"):
            self._tokens = ServiceTokens(
                self.http,
                client_id=self.name,
                key=SigningKey.load(path),
                identity_url=self.settings.identity_url,
                issuer=self.settings.issuer,
                clock=self.clock,
            )
        return self._tokens

    def neighbour(self, name: str, *, with_token: bool = True) -> ServiceClient:
        """A client of the service called `name`, at the address that the settings give."""
        address: str = getattr(self.settings, f"{name}_url")
        return ServiceClient(self.http, name=name, base_url=address, tokens=self.tokens() if with_token else None)

    def keys_of(self, name: str) -> Keys:
        """The published keys of the service called `name`, by which what it signed is verified."""
        return FetchedKeys(partial(self.neighbour(name, with_token=False).get, "/.well-known/jwks.json"))

    async def revocations(self) -> Revocations:
        """Whose tokens are good no more, as identity says now."""
        answer = await self.neighbour("identity").get("/internal/revocations")
        # Identity may be newer than we are: what it has added since is not for us.
        return Revocations.model_validate(answer, extra="ignore")

    async def close(self) -> None:
        await self.http.aclose()
        if self.database_or_none is not None:
            await self.database_or_none.close()


Part = Callable[[Any], AbstractAsyncContextManager[Any]]


async def service_of(request: Request) -> Any:
    """The `Service` behind a request. Async, because FastAPI takes a thread for every dependency that is not."""
    return request.app.state.service


def create_service(
    service: Service,
    *,
    routers: Sequence[APIRouter],
    parts: Sequence[Part] = (),
    readiness: Mapping[str, Check] | None = None,
    form_paths: frozenset[str] = frozenset(),
    streamed: Mapping[str, str] | None = None,
) -> FastAPI:
    """The ASGI application of one service. `parts` run from start to stop (relay, subscribers, timers).

    `streamed`: paths whose bodies their routes read as they come, and the media type of each.

    Tokens of whoever was revoked are refused by every service that has credentials to ask identity with.
    """
    logging.configure(service=service.name, level=service.settings.log_level)
    tracing.configure(service=service.name, settings=service.settings)
    checks: dict[str, Check] = {
        **({"database": service.database_or_none.trouble} if service.database_or_none else {}),
        **(readiness or {}),
    }

    app = FastAPI(
        title=f"OneVisit {service.name}",
        version="1",
        lifespan=partial(_living, service, parts, checks),
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses=problems.PROBLEM_RESPONSES,
        redirect_slashes=False,
    )
    app.state.service = service
    problems.install(app)
    bound = service.settings.max_body_bytes
    app.add_middleware(StrictBodies, max_bytes=bound, form_paths=form_paths, streamed=streamed or {})
    app.add_middleware(RequestContext, service=service.name)
    for router in (*routers, health_router(service.name, checks)):
        app.include_router(router)
    return app


@asynccontextmanager
async def _living(
    service: Service, parts: Sequence[Part], checks: Mapping[str, Check], _: FastAPI
) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, tracing.close)
        stack.push_async_callback(service.close)
        if service.settings.client_key_file is not None:
            seconds = service.settings.revocations_seconds
            await stack.enter_async_context(heeded(service.verifier, service.revocations, seconds=seconds))
        for part in parts:
            await stack.enter_async_context(part(service))
        await stack.enter_async_context(watched(service.name, checks))
        yield


def _operation_id(route: APIRoute) -> str:
    return route.name
