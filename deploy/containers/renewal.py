"""A password is replaced while the platform runs: it is another in the keeper and in the folders, and the servers are
to be told in the order that is answered.
"""

from deploy import services
from deploy.containers.folders import Folders
from deploy.embedded.errors import LaunchError
from deploy.embedded.postgres import SUPERUSER
from deploy.provisioning.bus import OPERATOR, SYSTEM_USER, nats_user
from deploy.provisioning.postgres import owner_of

_COMPOSE = "docker compose -f deploy/compose.yaml"
_TELL_ROLES = f"{_COMPOSE} run --rm --no-deps provision"
_TELL_BUS = f"{_COMPOSE} kill -s HUP nats"
# The superuser is told by itself, through the socket that asks for no password.
_TELL_SUPERUSER = f"{_COMPOSE} exec -T postgres psql --quiet -h /tmp <deploy/postgres/superuser.sql"


def renewable() -> dict[str, list[str]]:
    """Every password that can be replaced: a role of PostgreSQL or a user of the bus, and what is to be run then."""
    roles = {name: [_TELL_ROLES, _restart(name)] for name in services.WITH_DATABASE}
    owners = {owner_of(name): [_TELL_ROLES] for name in services.WITH_DATABASE}
    users = {nats_user(name): [_TELL_BUS, _restart(name)] for name in services.WITH_DATABASE}
    others = {SYSTEM_USER: [_TELL_BUS, _restart("identity")], OPERATOR: [_TELL_BUS], SUPERUSER: [_TELL_SUPERUSER]}
    return roles | owners | users | others


def renew(folders: Folders, name: str) -> list[str]:
    """The keeper and the folders hold another password; answers what is to be run, so that both ends know it.

    Until then what is connected goes on with the old one. Interrupted, what `secrets init` does puts the folders right.
    Refuses a name that has no password (LaunchError), and names those that have.
    """
    known = renewable()
    if name not in known:
        raise LaunchError(f"{name!r} has no password that is replaced here; there are: {', '.join(known)}")
    folders.fill()
    folders.home.renew_password(name)
    folders.fill()
    return known[name]


def _restart(service: str) -> str:
    return f"{_COMPOSE} restart {service}"
