"""A department's register from before go-live: rows of it, and the catalogue that says what they may say."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson

from certificates.issuing.rules import CertificateNumber
from shared.contracts.sharing import EvidenceKind, NamedDepartment
from shared.schemas import Text
from shared.web.protocol import BoundedProtocol
from tests.certificates.seals import HEALTH, SECURITY, TYPE_CODE
from tests.certificates.world import CHILD, MOTHER, World
from tests.gateway.serving import serving
from tests.shared.evidence.grants import BIRTH, CARD, RECORD, RULES
from tests.support.tokens import Headers

NDJSON = "application/x-ndjson"
REGIONS = {CHILD: "330782", MOTHER: "330102"}


def _kind(code: str, held_as: str, issuer: str, **more: object) -> EvidenceKind:
    said = {"code": code, "type": held_as, "label": Text(zh=code, en=code), "issuer": issuer}
    return EvidenceKind.model_validate(said | {"attributes": ("name", "birth-date")} | more)


CATALOGUE = RULES.model_copy(
    update={
        "kinds": (
            _kind(BIRTH, "certificate", HEALTH.code),
            _kind(CARD, "certificate", SECURITY.code, one_per_holder=True),
            _kind(RECORD, "record", HEALTH.code),
        ),
        "vocabulary": {
            "name": {"type": "string", "minLength": 1, "maxLength": 50},
            "birth-date": {"type": "string", "format": "date"},
        },
        "departments": tuple(
            NamedDepartment(code=each.code, name=each.name, uscc=each.uscc) for each in (HEALTH, SECURITY)
        ),
    }
)


def a_number(serial: int, *, check: str | None = None, issuer: str = HEALTH.uscc) -> str:
    """A number that the department gave long ago; `check` replaces its check character."""
    number = str(CertificateNumber.compose(type_code=TYPE_CODE, issuer=issuer, serial=f"1999{serial:08d}"))
    return number if check is None else number[:-1] + check


def a_row(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """A birth certificate of 1999; `changes` replace fields, None leaves one out."""
    row = {
        "key": f"birth-{serial}",
        "kind": BIRTH,
        "party": str(CHILD),
        "number": a_number(serial),
        "claims": {"name": "𠮷娃", "birth-date": "1899-12-31"},
        "issued_on": "1999-12-31",
    } | changes
    return {name: value for name, value in row.items() if value is not None}


def a_card_row(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """A social security card, of which nobody has two."""
    number = a_number(serial, issuer=SECURITY.uscc)
    return a_row(serial, **{"key": f"card-{serial}", "kind": CARD, "number": number} | changes)


def lines(rows: Iterable[object]) -> bytes:
    """As a department sends them; what is bytes already is sent as it is."""
    return b"".join((row if isinstance(row, bytes) else orjson.dumps(row)) + b"\n" for row in rows)


def importer(world: World, department: str = HEALTH.code) -> Headers:
    return world.issuer.department(department, scopes=["evidence:import"])


async def send(
    world: World,
    *rows: object,
    name: UUID | None = None,
    by: str = HEALTH.code,
    from_line: int | None = None,
    body: Any = None,
) -> httpx2.Response:
    """Upload rows to the import of this name; of a new one unless told otherwise."""
    params: dict[str, Any] = {"type": "certificate", "import": str(name or uuid4())}
    if from_line is not None:
        params["from_line"] = from_line
    headers = importer(world, by) | {"content-type": NDJSON}
    content = lines(rows) if body is None else body
    return await world.http.post("/v1/imports", params=params, headers=headers, content=content)


async def rejections(world: World, name: UUID, *, by: str = HEALTH.code, **params: Any) -> list[dict[str, Any]]:
    """What the report says of refused lines, all pages."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        asked = {"type": "certificate"} | params | after
        page = await world.http.get(f"/v1/imports/{name}/rejections", params=asked, headers=importer(world, by))
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next"] is None:
            return found
        after = {"after": page.json()["next"]}


async def report_of(world: World, name: UUID) -> dict[str, Any]:
    """How far the import has come."""
    answer = await world.http.get(f"/v1/imports/{name}", params={"type": "certificate"}, headers=importer(world))
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def break_off(world: World, sent: bytes, *, name: UUID) -> None:
    """Upload so much over a real connection, of a body that should have been longer, and hang up."""
    transport = world.http._transport
    assert isinstance(transport, httpx2.ASGITransport)
    async with serving(transport.app, protocol=BoundedProtocol) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/imports?type=certificate&import={name} HTTP/1.1\r\nhost: {host}\r\n"
        headers = importer(world) | {"content-type": NDJSON, "content-length": str(len(sent) + 1)}
        writer.write((head + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n").encode())
        writer.write(sent)
        await writer.drain()
        await until(lambda: world.service.imports.at_work == 1)
        writer.close()
        await writer.wait_closed()
        await until(lambda: world.service.imports.at_work == 0)


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    while not happened():  # noqa: ASYNC110 - the service tells nobody
        await asyncio.sleep(0.01)
