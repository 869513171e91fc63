"""NATS with JetStream for tests. Every test starts with a server that holds no stream.

async def test_something(nats_server: str) -> None:
    nc = await nats.connect(nats_server)

async def test_a_lost_store_is_fed_again(nats_private: Nats) -> None:
    nats_private.stop(); nats_private.wipe(); nats_private.start()      # same URL: nats_private.url
"""

import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import nats
import pytest

from deploy.embedded import ports
from deploy.embedded.nats import Nats
from tests.support import containers
from tests.support.servers import kept


@pytest.fixture(scope="session")
def nats_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """URL of the server of this test process: ONEVISIT_TEST_NATS_URL, else one of its own, in a container if it can."""
    given = os.environ.get("ONEVISIT_TEST_NATS_URL")
    if given:
        yield given
        return
    if containers.engine_answers():
        with kept("nats", tmp_path_factory.mktemp("nats-container")) as url:
            yield url
        return
    server = _server(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
async def nats_server(nats_process: str) -> AsyncGenerator[str]:
    """URL of a server that is empty now and emptied afterwards."""
    await _delete_streams(nats_process)
    yield nats_process
    await _delete_streams(nats_process)


@pytest.fixture
def nats_private(tmp_path: Path) -> Generator[Nats]:
    """A running server that this test may stop, kill, wipe and start again on the same port."""
    server = _server(tmp_path / "nats-private")
    server.start()
    yield server
    server.stop()


def _server(directory: Path) -> Nats:
    port, monitoring_port = ports.free_ports(2)
    directory.mkdir(exist_ok=True)
    # Tests lose nothing with the power, so that a publish need not wait for the disk.
    return Nats(
        directory,
        port=port,
        monitoring_port=monitoring_port,
        log=directory / "nats.log",
        sync_interval="2m",
    )


async def _delete_streams(url: str) -> None:
    client = await nats.connect(url)
    stream_manager = client.jetstream()
    for stream in await stream_manager.streams_info():
        await stream_manager.delete_stream(str(stream.config.name))
    await client.close()
