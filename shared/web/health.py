"""`/healthz` (the process lives), `/readyz` (it can do its work, else 503 naming what is missing), `/metrics`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from shared.auth import public
from shared.background import running
from shared.cancellation import going_on
from shared.telemetry import READY

WATCH_SECONDS = 5.0

# A check answers None when all is well, else a short reason.
Check = Callable[[], Awaitable[str | None]]


def health_router(service: str, checks: Mapping[str, Check]) -> APIRouter:
    """The three routes that operations need; reasons name parts of ours, never data."""
    router = APIRouter(tags=["operations"], include_in_schema=False, dependencies=[public()])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        missing = await look(service, checks)
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def look(service: str, checks: Mapping[str, Check]) -> dict[str, str]:
    """The parts that cannot do their work, and why; the metric says so too."""
    reasons = {name: await _safely(check) for name, check in checks.items()}
    for name, reason in reasons.items():
        READY.labels(service, name).set(not reason)
    return {name: reason for name, reason in reasons.items() if reason}


@asynccontextmanager
async def watched(service: str, checks: Mapping[str, Check]) -> AsyncGenerator[None]:
    """While the block runs, readiness is a metric too: whoever collects metrics need not ask `/readyz`."""

    async def watch() -> None:
        while going_on():
            await look(service, checks)
            await asyncio.sleep(WATCH_SECONDS)

    async with running({"readiness": watch}):
        yield


async def _safely(check: Check) -> str | None:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a failing check is an answer
        return type(error).__name__
