"""The demonstration's people, departments and credentials: private keys in the data directory, public halves in the
bootstrap document that identity loads. Made once; later runs find the same keys.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import yaml

from certificates.sealing import keys
from deploy import services
from deploy.embedded import offices
from deploy.embedded.home import Home
from shared.clock import now
from shared.contracts.numbers import PRINT_SCOPE
from shared.jose import SigningKey

Document = dict[str, Any]

_WORLD = Path(__file__).with_name("world.yaml")
# What one of our own services may do beside what all may.
_SCOPES_OF_SERVICES = {"certificates": [PRINT_SCOPE]}


def world() -> Document:
    """The fictional people and offices, as written."""
    return cast("Document", yaml.safe_load(_WORLD.read_text(encoding="utf-8")))


def seed(home: Home) -> Document:
    """Every key and seal exists and the bootstrap document names its public half; answers the document."""
    needed, invented = platform(home), fiction(home)
    document = {**invented, "clients": [*needed["clients"], *invented["clients"]]}
    keys.init(keys.KeyDesk.of(home.seals), keys.read_departments(offices.CATALOGUE), at=now())
    home.write_secret(home.bootstrap, json.dumps(document, ensure_ascii=False, indent=2))
    return document


def platform(home: Home) -> Document:
    """What every platform needs before anybody comes: its departments and its own services."""
    return {
        "departments": [_department(entry, {}) for entry in offices.departments()],
        "clients": [_with_key(home, client) for client in _our_clients()],
    }


def fiction(home: Home) -> Document:
    """What only a demonstration has: officers, duties, credentials of everybody, and people with cards."""
    told = world()
    return {
        "departments": [_department(entry, told["departments"]) for entry in offices.departments()],
        "officers": [_officer(code, entry) for code, entry in told["departments"].items()],
        "clients": [_with_key(home, client) for client in (*_clients_of_departments(told), *told["clients"])],
        "people": [_with_card(home, person) for person in told["people"]],
        "relations": told["relations"],
    }


def officer_id(department: str) -> UUID:
    """The demo officer of a department; the same in every world, so that tests and examples can name them."""
    digest = bytearray(hashlib.sha256(f"officer:{department}".encode()).digest()[:16])
    digest[:6] = bytes(6)
    digest[6] = 0x70 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    return UUID(bytes=bytes(digest))


def _key(home: Home, path: Path) -> SigningKey:
    if not path.exists():
        home.write_secret(path, SigningKey.generate().pem())
    return SigningKey.load(path)


def _department(entry: Document, fiction: Document) -> Document:
    name = entry["name"]
    return {
        "code": entry["code"],
        "name_zh": name["zh"],
        "name_en": name["en"],
        "uscc": entry["uscc"],
        "region": entry["region"],
        "duties": fiction.get(entry["code"], {}).get("duties", []),
    }


def _officer(department: str, entry: Document) -> Document:
    name = entry["officer"]
    return {
        "id": str(officer_id(department)),
        "department": department,
        "name_zh": name["zh"],
        "name_en": name["en"],
        "roles": ["officer"],
    }


def _our_clients() -> list[Document]:
    return [
        {"client_id": name, "kind": "service", "scopes": ["internal", *_SCOPES_OF_SERVICES.get(name, ())]}
        for name in services.ALL
    ]


def _clients_of_departments(told: Document) -> list[Document]:
    return [
        {
            "client_id": code,
            "kind": "department",
            "department": code,
            "scopes": entry["scopes"],
            "roles": entry.get("roles", []),
        }
        for code, entry in told["departments"].items()
    ]


def _with_key(home: Home, client: Document) -> Document:
    key = _key(home, home.client_key(client["client_id"]))
    return {"roles": [], **client, "jwks": {"keys": [key.public_jwk()]}}


def _with_card(home: Home, person: Document) -> Document:
    return {**person, "card_jwk": _key(home, home.card_key(person["name"])).public_jwk()}
