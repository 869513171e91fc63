"""Connections to PostgreSQL: where there are several servers, to the one that takes writes, whichever that is now.

An address names one server, or all of them (as SQLAlchemy writes it: `…@/licensing?host=a:5432&host=b:5432`).
"""

import socket
from collections.abc import Iterable
from typing import Any

import asyncpg
import structlog
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.asyncpg import dialect

# For each server by itself: one whose machine is gone must not use up the time of the next.
CONNECT_SECONDS = 3.0
# A machine that is gone says no goodbye. Unnoticed, its connections would be waited on for a quarter of an hour.
SILENCE_SECONDS = 10
_KEEPALIVE = (
    ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3))
    if hasattr(socket, "TCP_KEEPIDLE")
    else ()
)
_NOT_NOW = (OSError, asyncpg.CannotConnectNowError, asyncpg.exceptions.TargetServerAttributeNotMatched)
log = structlog.get_logger(__name__)


class NoServer(ConnectionError):
    """No server of this database takes writes now; soon one may."""


class Servers:
    """The servers of one database. The one that took the last connection is asked first."""

    def __init__(self, address: str) -> None:
        _, told = dialect().create_connect_args(make_url(address))  # type: ignore[no-untyped-call]
        hosts, ports = told.pop("host", "localhost"), told.pop("port", 5432)
        self._servers = list(zip(hosts, ports, strict=True)) if isinstance(hosts, list) else [(hosts, ports)]
        self._told: dict[str, Any] = {"target_session_attrs": "read-write"} if len(self._servers) > 1 else {}
        self._told |= told

    async def connect(self) -> asyncpg.Connection:
        """A new connection. Raises `NoServer` where none of them takes writes."""
        reasons = []
        for server in list(self._servers):
            host, port = server
            try:
                conn = await asyncpg.connect(host=host, port=port, timeout=CONNECT_SECONDS, **self._told)
            except _NOT_NOW as error:
                reasons.append(type(error).__name__)
                continue
            self._prefer(server)
            _notice_silence(conn)
            return conn
        raise NoServer(", ".join(reasons))

    def _prefer(self, server: tuple[str, int]) -> None:
        if self._servers[0] != server:
            self._servers.remove(server)
            self._servers.insert(0, server)
            log.info("another server of the database", host=server[0])


def _notice_silence(conn: asyncpg.Connection) -> None:
    """Whatever waits on this connection fails soon after the other side is gone."""
    line = conn._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg has no setting for it
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    _set(line, socket.SOL_SOCKET, [(socket.SO_KEEPALIVE, 1)])
    _set(line, socket.IPPROTO_TCP, _KEEPALIVE)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux alone has it
        _set(line, socket.IPPROTO_TCP, [(socket.TCP_USER_TIMEOUT, SILENCE_SECONDS * 1000)])


def _set(line: socket.socket, level: int, options: Iterable[tuple[int, int]]) -> None:
    for option, value in options:
        line.setsockopt(level, option, value)
