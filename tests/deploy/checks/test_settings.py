"""What a service must not be told outside a demonstration: each refused, in one clear line that repeats no value."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import services
from deploy.checks.settings import check_files, check_settings, class_of, read_settings, stop_if_unsafe
from shared.errors import CannotStart
from shared.settings import ServiceSettings
from tests.support.services import URLS

PASSWORD = "p" * 32
COMPOSE = Path(__file__).parents[3] / "deploy" / "compose.yaml"
Change = Callable[[dict[str, Any], dict[str, str]], None]


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """What is safe, for identity: it has most secrets."""
    for name in ("client", "cursor", "master", "index", "seed"):
        path = tmp_path / name
        path.touch(mode=0o600)
        path.write_bytes(os.urandom(32))
    return {
        **URLS,
        "issuer": "https://onevisit.example",
        "database_url": "postgresql+asyncpg://identity@postgres/identity",
        "database_password": PASSWORD,
        "nats_url": "tls://nats:4222",
        "nats_user": "nats-identity",
        "nats_password": PASSWORD,
        "client_key_file": tmp_path / "client",
        "cursor_key_file": tmp_path / "cursor",
        "master_key_file": tmp_path / "master",
        "index_key_file": tmp_path / "index",
        "nats_issuer_seed_file": tmp_path / "seed",
        "code_sender_url": "https://messages.example/codes",
    }


def lines(told: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """The lines with which it does not start."""
    try:
        settings = class_of("identity").model_validate(dict(told))
        stop_if_unsafe([*check_settings("identity", settings, environment), *check_files(settings)])
    except CannotStart as refusal:
        return str(refusal).splitlines()
    return []


def test_what_is_safe_is_not_refused(told: dict[str, Any]) -> None:
    assert lines(told, {"ONEVISIT_ISSUER": "https://onevisit.example", "ONEVISIT_SEAL_DIRECTORY": "/seals"}) == []


def said(name: str, value: object) -> Change:
    return lambda told, _: told.__setitem__(name, value)


def unsaid(name: str) -> Change:
    return lambda told, _: told.__delitem__(name)


def surrounded(name: str, value: str) -> Change:
    return lambda _, environment: environment.__setitem__(name, value)


def readable(name: str) -> Change:
    return lambda told, _: told[name].chmod(0o640)


def holding(name: str, content: bytes) -> Change:
    return lambda told, _: told[name].write_bytes(content) and None


def the_same(name: str, other: str) -> Change:
    return lambda told, _: told[name].write_bytes(told[other].read_bytes()) and None


BAD: dict[str, tuple[Change, str]] = {
    "no TLS at the edge": (said("issuer", "http://onevisit.example"), "ONEVISIT_ISSUER must be https://"),
    "issuer empty": (said("issuer", ""), "ONEVISIT_ISSUER must be https://"),
    "log level DEBUG": (said("log_level", "DEBUG"), "ONEVISIT_LOG_LEVEL=DEBUG"),
    "no TLS to the bus": (said("nats_url", "nats://nats:4222"), "ONEVISIT_NATS_URL must be tls://"),
    "no TLS for departments": (said("nats_public_url", "nats://city:4222"), "ONEVISIT_NATS_PUBLIC_URL must be tls://"),
    "no user of the bus": (unsaid("nats_user"), "ONEVISIT_NATS_USER and ONEVISIT_NATS_PASSWORD are missing"),
    "no password of the bus": (unsaid("nats_password"), "ONEVISIT_NATS_USER and ONEVISIT_NATS_PASSWORD are missing"),
    "short password of the bus": (said("nats_password", "secret"), "need 16 characters or more"),
    "short password of the database": (said("database_password", "postgres"), "need 16 characters or more"),
    "short password of the system": (said("nats_system_password", "secret"), "ONEVISIT_NATS_SYSTEM_PASSWORD needs 16"),
    "no database": (unsaid("database_url"), "ONEVISIT_DATABASE_URL is missing"),
    "no bus": (unsaid("nats_url"), "ONEVISIT_NATS_URL is missing"),
    "no client key": (unsaid("client_key_file"), "ONEVISIT_CLIENT_KEY_FILE is missing"),
    "no cursor key": (unsaid("cursor_key_file"), "ONEVISIT_CURSOR_KEY_FILE is missing"),
    "unknown key": (surrounded("ONEVISIT_DATABASE_POOOL", "10"), "ONEVISIT_DATABASE_POOOL is no setting"),
    "a failpoint": (surrounded("ONEVISIT_FAILPOINT", "relay.leading:crash"), "ONEVISIT_FAILPOINT ends or halts"),
    "key readable by group": (readable("master_key_file"), "may be read by others (mode 0640); chmod 0600"),
    "short secret": (holding("cursor_key_file", b"short"), "has fewer than 32 bytes"),
    "empty secret": (holding("nats_issuer_seed_file", b""), "has fewer than 1 bytes"),
    "same key for two purposes": (
        the_same("cursor_key_file", "index_key_file"),
        "ONEVISIT_CURSOR_KEY_FILE and ONEVISIT_INDEX_KEY_FILE: hold the same; make another secret for each",
    ),
    "missing secret": (said("master_key_file", Path("/nowhere/master.key")), "cannot be read: No such file"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_unsafe_is_refused_in_one_clear_line(what: str, told: dict[str, Any]) -> None:
    change, expected = BAD[what]
    environment: dict[str, str] = {}
    change(told, environment)
    (line,) = lines(told, environment)
    assert expected in line
    assert not any(secret in line for secret in (PASSWORD, "postgres:", "=secret", "relay.leading"))


def test_everything_that_is_wrong_is_said_at_once(told: dict[str, Any]) -> None:
    environment: dict[str, str] = {}
    for change in (BAD["log level DEBUG"][0], BAD["no TLS to the bus"][0], BAD["key readable by group"][0]):
        change(told, environment)
    assert len(lines(told, environment)) == 3


@pytest.mark.parametrize(("networks", "count"), [("172.16.0.0/12", 0), ("10.0.0.0/8,0.0.0.0/0", 1), ("::/0", 1)])
def test_the_gateway_does_not_believe_everybody_for_whom_they_ask(networks: str, count: int, tmp_path: Path) -> None:
    told = {**URLS, "issuer": "https://onevisit.example", "cursor_key_file": tmp_path, "edge_networks": networks}
    found = check_settings("gateway", class_of("gateway").model_validate(told), {})
    assert [each.stops for each in found if "ONEVISIT_EDGE_NETWORKS" in each.says] == [True] * count


WRONG = {
    "missing": ({}, "ONEVISIT_ISSUER: Field required"),
    "zone unknown": ({"ZONE": "Asia/Nowhere"}, "ONEVISIT_ZONE: not a time zone"),
    "no number": ({"DATABASE_POOL": "many"}, "ONEVISIT_DATABASE_POOL: Input should be a valid integer"),
    "out of range": ({"DATABASE_POOL": "100000"}, "ONEVISIT_DATABASE_POOL: Input should be less than or equal to 200"),
}


@pytest.mark.parametrize("what", WRONG)
def test_settings_that_cannot_be_read_are_one_line_too(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changes, expected = WRONG[what]
    for name, value in changes.items():
        monkeypatch.setenv(f"ONEVISIT_{name}", value)
    with pytest.raises(CannotStart) as refusal:
        read_settings("records")
    assert expected in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not any(value in str(refusal.value) for value in changes.values())


@pytest.mark.parametrize("service", services.ALL)
def test_what_the_containers_are_told_are_settings(service: str) -> None:
    environment = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"][service]["environment"]
    settings = ServiceSettings.model_validate({**URLS, "issuer": "https://onevisit.example"})
    found = check_settings(service, settings, {name: str(value) for name, value in environment.items()})
    assert [each.says for each in found if "is no setting" in each.says] == []
