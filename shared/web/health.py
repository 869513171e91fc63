"""`/healthz` (the process lives), `/readyz` (it can do its work, else 503 naming what is missing), `/metrics`."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from shared.auth import public

# A check answers None when all is well, else a short reason.
Check = Callable[[], Awaitable[str | None]]


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """The three routes that operations need; reasons name parts of ours, never data."""
    router = APIRouter(tags=["operations"], include_in_schema=False, dependencies=[public()])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        reasons = {name: await _safely(check) for name, check in checks.items()}
        missing = {name: reason for name, reason in reasons.items() if reason}
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _safely(check: Check) -> str | None:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a failing check is an answer
        return type(error).__name__
