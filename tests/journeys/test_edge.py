"""The edge before strangers: whoever sends long bodies and never ends them has nobody cut off, and is in no log."""

import os
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import Platform

# Together more than the edge may have of memory.
SENDERS, LONG = 20, 20_900_000


@pytest.fixture
def compose() -> str:
    """The command that speaks to the stack."""
    if "ONEVISIT_TEST_COMPOSE" not in os.environ:
        pytest.skip("only the stack of containers has an edge; see make test-compose")
    return os.environ["ONEVISIT_TEST_COMPOSE"]


@contextmanager
def sent(platform: Platform, *, declared: int, sends: int) -> Generator[ssl.SSLSocket]:
    """A request whose body is declared to be so long, and of which so much is sent, if it is let."""
    at = urlsplit(platform.url)
    assert at.hostname
    with (
        socket.create_connection((at.hostname, at.port or 443), timeout=10) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=at.hostname) as connection,
    ):
        head = f"POST /v1/verifications HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {declared}\r\n\r\n".encode())
        try:
            for start in range(0, sends, 65_536):
                connection.sendall(b"a" * min(65_536, sends - start))
        except OSError:
            pass  # it has answered, and listens no more
        yield connection


def status(connection: ssl.SSLSocket) -> bytes:
    return connection.recv(12)


def test_long_bodies_that_never_end_are_refused_and_cut_nobody_off(platform: Platform, compose: str) -> None:
    with ExitStack() as senders:
        others = senders.enter_context(sent(platform, declared=200_000, sends=100_000))
        held = [senders.enter_context(sent(platform, declared=LONG, sends=LONG - 1)) for _ in range(SENDERS)]
        assert {status(each) for each in held} == {b"HTTP/1.1 413"}
        others.sendall(b"a" * 100_000)
        assert status(others) == b"HTTP/1.1 400"
    assert "exited on signal" not in log_of_the_edge(compose)


def test_the_edge_logs_nobodys_address_and_no_path(platform: Platform, compose: str) -> None:
    with sent(platform, declared=200_000, sends=200_000) as connection:
        assert status(connection) == b"HTTP/1.1 400"
    log = log_of_the_edge(compose)
    assert "client:" not in log
    assert "/v1/" not in log


def log_of_the_edge(compose: str) -> str:
    said = subprocess.run([compose, "logs", "--no-color", "edge"], capture_output=True, text=True, check=True)
    return said.stdout + said.stderr
