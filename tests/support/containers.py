"""Servers of tests in containers, where an engine answers that has the images; the same tests run on either kind.

ONEVISIT_TEST_SERVERS=embedded leaves the engine alone.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from deploy.embedded.postgres import SETTINGS

POSTGRES, NATS = "postgres:18", "nats:2.12-alpine"
_SOCKET = Path("/var/run/docker.sock")
# Where a container listens is its image's business.
_OF_THE_IMAGE = frozenset({"listen_addresses", "unix_socket_directories"})
# Text sorts by its bytes, as on the servers of deploy/; an image's own locale may sort otherwise.
_INITDB = "--encoding=UTF8 --locale=C --data-checksums"


@cache
def engine_answers() -> bool:
    """Whether servers can be had from an engine, now and without a registry."""
    if os.environ.get("ONEVISIT_TEST_SERVERS") == "embedded":
        return False
    if not _SOCKET.exists() and "DOCKER_HOST" not in os.environ:
        return False
    import docker  # noqa: PLC0415 - slow to load, and most machines have no engine
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=5)
        try:
            for image in (POSTGRES, NATS):
                client.images.get(image)
        finally:
            client.close()
    except (DockerException, OSError):
        return False
    return True


@contextmanager
def postgres(password: str, settings: Mapping[str, str], *, disks: Mapping[str, str] | None = None) -> Generator[str]:
    """A PostgreSQL, set as the embedded one and then as told; answers its URL as the superuser.

    `disks` are of memory: where, and with which options.
    """
    _without_reaper()
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - as above

    container = PostgresContainer(
        POSTGRES,
        username="postgres",
        password=password,
        dbname="postgres",
        driver="asyncpg",
        shm_size="256m",
    )
    container.tmpfs.update(disks or {})
    told = {name: value for name, value in {**SETTINGS, **settings}.items() if name not in _OF_THE_IMAGE}
    options = " ".join(f"-c {name}={value.strip(chr(39))}" for name, value in told.items())
    with container.with_env("POSTGRES_INITDB_ARGS", _INITDB).with_command(f"postgres {options}"):
        yield str(container.get_connection_url(host="127.0.0.1"))


@contextmanager
def nats() -> Generator[str]:
    """A NATS with JetStream; answers its URL. Anybody may do anything."""
    _without_reaper()
    from testcontainers.community.nats import NatsContainer  # noqa: PLC0415 - as above

    with NatsContainer(NATS, jetstream=True) as container:
        yield f"nats://127.0.0.1:{container.get_exposed_port(container.client_port)}"


def _without_reaper() -> None:
    # Its image is one more that must be had; the keeper ends what it started, however the tests end.
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - as above

    testcontainers_config.ryuk_disabled = True
