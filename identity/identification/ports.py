"""How a one-time code reaches its person."""

from typing import Protocol
from uuid import UUID

import httpx2
import structlog

log = structlog.get_logger(__name__)


class CodeSender(Protocol):
    """Delivers a code, best effort: the person asks for another one if it does not arrive."""

    async def send(self, *, identification: UUID, phone: str | None, code: str) -> None: ...


class LogCodeSender:
    """Into the log, for a demonstration on one machine. Settings refuse it everywhere else."""

    async def send(self, *, identification: UUID, phone: str | None, code: str) -> None:  # noqa: ARG002 - not for logs
        log.warning("one-time code", identification=str(identification), code=code)


class HttpCodeSender:
    """To the operator's message gateway, as JSON `{identification, phone, code}`."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def send(self, *, identification: UUID, phone: str | None, code: str) -> None:
        if phone is None:
            return
        body = {"identification": str(identification), "phone": phone, "code": code}
        try:
            (await self._http.post(self._url, json=body)).raise_for_status()
        except httpx2.HTTPError as error:
            log.warning("one-time code not delivered", identification=str(identification), cause=type(error).__name__)
