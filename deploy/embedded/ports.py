"""Loopback ports: which are free, and when a server answers on one."""

import random
import socket
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do it: a connection of an earlier run in TIME_WAIT does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Distinct free ports below the range from which the kernel takes the ports of outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = random.randint(20_000, 32_000)  # noqa: S311 - a port is no secret
        if port not in found and is_free(port):
            found.append(port)
    return found


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.01) -> bool:
    """Whether the condition became true within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True
