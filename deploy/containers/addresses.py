"""Where operations connect: a URL in the environment, and its password in the environment or in a file of secrets."""

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deploy.embedded.errors import LaunchError
from deploy.provisioning.postgres import owner_of
from shared.settings import SECRETS_DIRECTORY


def owner_address(service: str) -> str:
    """The service's database, as the role that owns its tables."""
    return _address(f"ONEVISIT_MIGRATE_{service.upper()}", what=f"{service}: set it to the database as its owner")


def superuser_address() -> str:
    """The cluster, as whoever may make roles and databases in it."""
    return _address("ONEVISIT_POSTGRES", what="set it to the cluster as its superuser")


def role_passwords(services: Sequence[str]) -> dict[str, str]:
    """The password of each service's role, and of the one that owns its tables."""
    roles = [role for service in services for role in (service, owner_of(service))]
    return {role: _wanted(f"ONEVISIT_{role.upper()}_PASSWORD") for role in roles}


def _address(prefix: str, *, what: str) -> str:
    given = os.environ.get(f"{prefix}_URL")
    if not given:
        raise LaunchError(f"{prefix}_URL is missing; {what} (postgresql+asyncpg://...)")
    try:
        url = make_url(given)
    except ArgumentError:
        raise LaunchError(f"{prefix}_URL is no address of a database; {what} (postgresql+asyncpg://...)") from None
    if url.password is None:
        url = url.set(password=_wanted(f"{prefix}_PASSWORD"))
    return url.render_as_string(hide_password=False)


def _wanted(variable: str) -> str:
    secret = _secret(variable)
    if not secret:
        raise LaunchError(
            f"{variable} is missing: neither the environment nor a file {variable.lower()} in"
            f" {os.environ.get(SECRETS_DIRECTORY) or f'the directory that {SECRETS_DIRECTORY} names'} has it"
        )
    return secret


def _secret(variable: str) -> str | None:
    if variable in os.environ:
        return os.environ[variable]
    path = Path(os.environ.get(SECRETS_DIRECTORY, "/nowhere"), variable.lower())
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None
