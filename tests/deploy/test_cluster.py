"""The cluster's files: as durable as the embedded servers, and the same addresses everywhere."""

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import make_url

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
