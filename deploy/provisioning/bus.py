"""Who may do what on the bus, as the configuration of nats-server.

Services are static users of the account PLATFORM, so that identity's outage stops no relay. Each department has an
account of its own, where nothing of another's can be named, and reaches three things of PLATFORM, no more: pulling,
looking at and acknowledging a consumer of the stream. Identity says who is a department, and which consumers are its
own (auth callout). Which account is whose is identity's to say too: there are more than departments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PLATFORM, SYSTEM, NOBODY = "PLATFORM", "SYS", "NOBODY"
# Identity's second user; and the one that people use who look after the bus, or measure it.
SYSTEM_USER, OPERATOR = "nats-system", "nats-operator"
# Longer than a database needs that is busy, shorter than a client waits.
ANSWER_SECONDS = 4
# Of one department: more than its systems need, and few enough that all departments leave the server room for services.
MAX_CONNECTIONS = 400
# `response_type: stream` is what keeps a reply subject harmless: the server answers to a subject of its own making, and
# the one that the asker named means something in the asker's account only.
SHARED: tuple[dict[str, object], ...] = (
    {"service": "$JS.API.CONSUMER.MSG.NEXT.EVT.*", "response_type": "stream"},
    {"service": "$JS.API.CONSUMER.INFO.EVT.*"},
    {"service": "$JS.ACK.EVT.>", "response_type": "stream"},
)
# What each service says: its own entities' events, so that whoever has got into one of them speaks for no other.
SAYS: Mapping[str, Sequence[str]] = {
    "identity": ("evt.party.>",),
    "licensing": (
        "evt.thing.>",
        "evt.application.>",
        "evt.case.>",
        "evt.rating.>",
        "int.evidence.>",
        "to.*.correction-ticket.>",
    ),
    "certificates": ("evt.certificate.>", "evt.delivery.>", "to.*.certificate.>"),
    "records": ("evt.record.>", "to.*.evidence.>"),
}
# Each for the data that it holds.
_ALL_SAY = "int.data.accessed.>"
# What relays and subscribers do; not among it: deleting or purging the stream, and listening to the bus at large.
_PUBLISH = (
    _ALL_SAY,
    "$JS.API.STREAM.INFO.EVT",
    "$JS.API.STREAM.CREATE.EVT",
    "$JS.API.STREAM.MSG.GET.EVT",
    "$JS.API.DIRECT.GET.EVT",
    "$JS.API.DIRECT.GET.EVT.>",
    "$JS.API.CONSUMER.>",
    "$JS.ACK.EVT.>",
)
_CALLOUT = "$SYS.REQ.USER.AUTH"
# Bounds that are narrow enough empty a stream. One service widens it for all, when there are more servers to keep it.
_UPDATE = "$JS.API.STREAM.UPDATE.EVT"
# The server gives an account without JetStream its whole API all the same, for the sake of the answer "not enabled".
# That answer would come beside the one of PLATFORM, and at times before it. An account that imports this one subject
# from elsewhere is left alone (enableJetStreamInfoServiceImportOnly in the server's source); here it leads nowhere.
_NOTHING = "nothing"
_NO_JETSTREAM_OF_ITS_OWN = {"service": {"account": NOBODY, "subject": _NOTHING}, "to": "$JS.API.INFO"}


@dataclass(frozen=True)
class BusAccess:
    """The users of the bus, and the key that identity signs with."""

    services: Mapping[str, str]
    system_password: str
    operator_password: str
    issuer: str

    def configuration(self) -> dict[str, object]:
        """The part of the server's configuration that says who may do what."""
        # Brings a web framework with it, which no other command of the command line needs.
        from identity.bus.rules import ACCOUNTS, account  # noqa: PLC0415

        departments = [account(number + 1) for number in range(ACCOUNTS)]
        operator = {"user": OPERATOR, "password": self.operator_password}
        users = [*(_service(name, password) for name, password in self.services.items()), operator]
        return {
            "accounts": {
                PLATFORM: {
                    "jetstream": "enabled",
                    "users": users,
                    "exports": [{**shared, "accounts": departments} for shared in SHARED],
                },
                **{name: _department() for name in departments},
                NOBODY: {"exports": [{"service": _NOTHING, "accounts": departments}]},
                SYSTEM: {"users": [_system(self.system_password)]},
            },
            "system_account": SYSTEM,
            "authorization": {
                "timeout": ANSWER_SECONDS,
                "auth_callout": {
                    "issuer": self.issuer,
                    "account": PLATFORM,
                    "auth_users": [*map(nats_user, self.services), SYSTEM_USER, OPERATOR],
                    # Whoever held the key could let in departments, and nobody else.
                    "allowed_accounts": departments,
                },
            },
        }


def nats_user(service: str) -> str:
    """The static user of a service on the bus."""
    return f"nats-{service}"


def _import(shared: Mapping[str, object]) -> dict[str, object]:
    return {"service": {"account": PLATFORM, "subject": shared["service"]}}


def _department() -> dict[str, object]:
    imports = [*map(_import, SHARED), _NO_JETSTREAM_OF_ITS_OWN]
    return {"imports": imports, "limits": {"max_connections": MAX_CONNECTIONS}}


def _service(name: str, password: str) -> dict[str, object]:
    may = [*SAYS.get(name, ()), *_PUBLISH]
    permissions: dict[str, object] = {"publish": may, "subscribe": ["_INBOX.>"]}
    if name == "identity":
        permissions["publish"] = [*may, _UPDATE]
        permissions["subscribe"] = ["_INBOX.>", _CALLOUT]
        permissions["allow_responses"] = True
    return {"user": nats_user(name), "password": password, "permissions": permissions}


def _system(password: str) -> dict[str, object]:
    """Identity's second user: sees who is connected and cuts off, and asks how the store is kept; no more."""
    permissions = {
        "publish": ["$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.SERVER.*.KICK"],
        "subscribe": ["_INBOX.>"],
    }
    return {"user": SYSTEM_USER, "password": password, "permissions": permissions}
