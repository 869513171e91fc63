"""What a service is told, and the files that it is told of."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from pydantic import ValidationError

from deploy import services
from deploy.checks.finding import Finding
from shared.errors import CannotStart
from shared.settings import SECRETS_DIRECTORY, ServiceSettings, refusal_of, secret_files

PREFIX = str(ServiceSettings.model_config.get("env_prefix"))
FAILPOINT = "ONEVISIT_FAILPOINT"
# Read by the command line and by the steps of a deployment, or made known to tests.
_OTHERS = (SECRETS_DIRECTORY, "ONEVISIT_DATA_DIR", "ONEVISIT_MIGRATE_", "ONEVISIT_POSTGRES_", "ONEVISIT_TEST_")
_LEAST_BYTES = {"ONEVISIT_CURSOR_KEY_FILE": 32, "ONEVISIT_MASTER_KEY_FILE": 32, "ONEVISIT_INDEX_KEY_FILE": 32}


def read_settings(service: str) -> ServiceSettings:
    """What the environment tells it. Refuses (CannotStart) what is missing or wrong, in one line."""
    try:
        return class_of(service)()
    except ValidationError as error:
        raise refusal_of(error) from None


def class_of(service: str) -> type[ServiceSettings]:
    """The settings that this service has."""
    declared = vars(import_module(f"{service}.settings")).values()
    kinds = [each for each in declared if isinstance(each, type) and issubclass(each, ServiceSettings)]
    return next(each for each in kinds if each is not ServiceSettings)


def check_settings(service: str, settings: ServiceSettings, environment: Mapping[str, str]) -> list[Finding]:
    """Every reason for which the service must not start as it is told."""
    reasons = [*settings.unsafe(), *_missing(service, settings), *_surprising(environment)]
    told = [Finding("settings", reason, "set it right", stops=True) for reason in reasons]
    return told or [Finding("settings", "safe and complete")]


def check_files(settings: ServiceSettings) -> list[Finding]:
    """Every file of secrets is there, nobody else's, long enough, and like no other."""
    return list(_files(secret_files(settings)))


def _missing(service: str, settings: ServiceSettings) -> Iterator[str]:
    wanted = ["cursor_key_file"]
    if service in services.WITH_DATABASE:
        wanted += ["database_url", "nats_url", "client_key_file"]
    for name in wanted:
        if getattr(settings, name) is None:
            yield f"{PREFIX}{name.upper()} is missing"


def _surprising(environment: Mapping[str, str]) -> Iterator[str]:
    if FAILPOINT in environment:
        yield f"{FAILPOINT} ends or halts the process on purpose; it is for tests alone"
    for name in sorted(environment):
        if name.startswith(PREFIX) and name != FAILPOINT and not name.startswith(_OTHERS) and name not in _known():
            yield f"{name} is no setting: look at how it is spelled in docs/settings.md"


@cache
def _known() -> frozenset[str]:
    """Services may share an environment: what any of them knows is known."""
    return frozenset(f"{PREFIX}{name.upper()}" for each in services.ALL for name in class_of(each).model_fields)


def _files(named: Mapping[str, Path]) -> Iterator[Finding]:
    same: dict[bytes, list[str]] = defaultdict(list)
    for variable, path in named.items():
        what = f"{variable} ({path})"
        try:
            content, mode = path.read_bytes(), path.stat().st_mode
        except OSError as error:
            yield Finding(
                what, f"cannot be read: {os.strerror(error.errno or 0)}", "make it readable for us", stops=True
            )
            continue
        same[content].append(variable)
        yield _file(what, content, mode, least=_LEAST_BYTES.get(variable, 1))
    for variables in same.values():
        if len(variables) > 1:
            yield Finding(" and ".join(variables), "hold the same", "make another secret for each", stops=True)


def _file(what: str, content: bytes, mode: int, *, least: int) -> Finding:
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(what, f"may be read by others (mode {mode & 0o777:04o})", "chmod 0600", stops=True)
    if len(content) < least:
        return Finding(what, f"has fewer than {least} bytes", "make it anew: onevisit secrets init", stops=True)
    return Finding(what, "only ours")


def stop_if_unsafe(findings: list[Finding]) -> None:
    """Refuses (CannotStart) with a line for each finding that stops a service."""
    if lines := [each.line for each in findings if each.stops]:
        raise CannotStart("\n".join(lines))
