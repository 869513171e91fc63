"""The cluster's files: as durable as the embedded servers, the same addresses everywhere, no stranger among servers."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from deploy.containers.bus import ROUTE_USER, SERVERS, clustered
from deploy.embedded import ports
from deploy.embedded.nats import _binary, as_configuration, server_settings
from deploy.embedded.postgres import SETTINGS

DEPLOY = Path(__file__).parents[2] / "deploy"
CLUSTER = DEPLOY / "cluster"
# Where it listens is a matter of the machine.
OF_THE_MACHINE = {"listen_addresses", "unix_socket_directories"}


def patroni() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CLUSTER / "postgres" / "patroni.yml").read_text())
    return loaded


def addresses() -> dict[str, str]:
    lines = (CLUSTER / "cluster.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def services(path: Path) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Reads compose's `!override` as what it is on."""

    Loader.add_constructor("!override", lambda loader, node: loader.construct_mapping(node, deep=True))  # type: ignore[arg-type]
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader)["services"]  # noqa: S506 - a safe one
    return loaded


def test_patroni_is_told_what_every_postgresql_of_ours_is_told() -> None:
    told = patroni()["bootstrap"]["dcs"]["postgresql"]["parameters"]
    wanted = {name: value.strip("'") for name, value in SETTINGS.items() if name not in OF_THE_MACHINE}
    assert {name: str(told.get(name)) for name in wanted} == wanted


def test_a_commit_is_acknowledged_when_both_have_it() -> None:
    dcs = patroni()["bootstrap"]["dcs"]
    assert dcs["synchronous_mode"]
    # What Patroni itself demands, so that a primary which cannot reach etcd steps down before another is promoted.
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]


def test_every_address_names_every_server() -> None:
    servers = services(CLUSTER / "servers.yaml")
    databases = {f"{name}:5432" for name in servers if name.startswith("postgres-")}
    told = addresses()
    for name, address in told.items():
        if address.startswith("postgresql"):
            assert set(make_url(address).query["host"]) == databases, name
    assert {url.removeprefix("tls://") for url in told["ONEVISIT_NATS_URL"].split(",")} == {
        f"{name}:4222" for name in servers if name.startswith("nats-")
    }


def test_every_address_is_one_that_the_compose_file_asks_for() -> None:
    asked = (DEPLOY / "compose.yaml").read_text()
    assert [name for name in addresses() if f"${{{name}:-" not in asked] == []


def test_there_are_two_of_each_service() -> None:
    two = services(CLUSTER / "compose.yaml")
    assert {name: two[name]["deploy"]["replicas"] for name in two if "deploy" in two[name]} == dict.fromkeys(
        ("identity", "licensing", "certificates", "records", "gateway"), 2
    )


def test_only_postgresql_reaches_where_its_leader_is_agreed_on() -> None:
    servers = services(CLUSTER / "servers.yaml")
    agreeing = {name for name, each in servers.items() if "agreement" in each["networks"]}
    assert agreeing == {"etcd-1", "etcd-2", "etcd-3", "postgres-1", "postgres-2"}
    assert [name for name in agreeing if name.startswith("etcd") and servers[name]["networks"] != ["agreement"]] == []
    for path in (DEPLOY / "compose.yaml", CLUSTER / "compose.yaml", CLUSTER / "bus.yaml"):
        assert "agreement" not in path.read_text(), path


def test_every_server_of_the_bus_comes_to_every_other_with_the_password() -> None:
    told: Any = clustered({}, password="hush")["cluster"]
    assert told["routes"] == [f"nats://{ROUTE_USER}:hush@{server}:6222" for server in SERVERS]
    for name, each in services(CLUSTER / "servers.yaml").items():
        if name.startswith("nats-"):
            assert each["command"] == ["--config", "/run/secrets/cluster.conf", "--name", name]


@pytest.fixture
async def routes(tmp_path: Path) -> AsyncGenerator[int]:
    """The port at which one server of a bus waits for the others."""
    client, port = ports.free_ports(2)
    told: Any = clustered({"listen": f"127.0.0.1:{client}", **server_settings(tmp_path)}, password="hush")
    itself = told["cluster"]["routes"][0].replace(f"{SERVERS[0]}:6222", f"127.0.0.1:{port}")
    told["cluster"] |= {"listen": f"127.0.0.1:{port}", "routes": [itself]}
    (tmp_path / "cluster.conf").write_text(as_configuration(told))
    argv = ("--config", str(tmp_path / "cluster.conf"), "--name", "nats-1", "--log", str(tmp_path / "log"))
    server = await asyncio.create_subprocess_exec(_binary(), *argv)
    try:
        await asyncio.to_thread(ports.wait_until, lambda: ports.answers(port), seconds=30)
        yield port
    finally:
        server.terminate()
        await server.wait()


async def answer_to_a_server(port: int, **shown: str) -> bytes:
    """What the bus says to whoever comes as one of its servers, up to where it is clear whether it believes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        said = {"server_id": "N" + "A" * 55, "cluster": "onevisit", "headers": True}
        connects = {"name": "stranger", "verbose": False, **said, **shown}
        writer.write(f"CONNECT {json.dumps(connects)}\r\nINFO {json.dumps({**said, 'version': '2.12.0'})}\r\n".encode())
        async with asyncio.timeout(10):
            heard = b""
            while b"-ERR" not in heard and b"RS+" not in heard and (more := await reader.read(4096)):
                heard += more
        return heard
    finally:
        writer.close()


async def test_whoever_comes_as_a_server_of_the_bus_and_lacks_the_password_is_shown_out(routes: int) -> None:
    for shown in ({}, {"user": ROUTE_USER}, {"user": ROUTE_USER, "pass": "guess"}):
        heard = await answer_to_a_server(routes, **shown)
        assert b"Authorization Violation" in heard
        assert b"RS+" not in heard
    # It is that which keeps strangers out: with it, one is told what everybody listens to.
    assert b"RS+" in await answer_to_a_server(routes, user=ROUTE_USER, **{"pass": "hush"})
