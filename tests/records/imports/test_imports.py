"""Records from before go-live are loaded as certificates are (tests/certificates/imports), and are records like any."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest

from tests.records.world import BIRTH, CHILD, MOTHER, PAGE, STRANGER, World
from tests.shared.evidence.grants import a_grant
from tests.support.tokens import Headers

NDJSON = {"content-type": "application/x-ndjson"}


def a_row(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """A birth record of 1899; `changes` replace fields, None leaves one out."""
    row = {
        "key": f"birth-{serial}",
        "kind": BIRTH,
        "party": str(CHILD),
        "claims": {"sex": "female", "birth-date": "1899-03-01"},
        "as_of": "1899-03-02",
    } | changes
    return {name: value for name, value in row.items() if value is not None}


def importer(world: World, department: str = "hospital") -> Headers:
    return world.issuer.department(department, scopes=["evidence:import"])


async def send(world: World, *rows: object, name: UUID | None = None, by: str = "hospital") -> httpx2.Response:
    params = {"type": "record", "import": str(name or uuid4())}
    content = b"\n".join(orjson.dumps(row) for row in rows)
    return await world.http.post("/v1/imports", params=params, headers=importer(world, by) | NDJSON, content=content)


async def rejected(world: World, name: UUID) -> list[tuple[int, str, str]]:
    url = f"/v1/imports/{name}/rejections"
    page = await world.http.get(url, params={"type": "record"}, headers=importer(world))
    return [(each["line"], each["code"], each["field"]) for each in page.json()["items"]]


async def test_a_row_becomes_a_record_that_says_where_it_comes_from(world: World) -> None:
    assert (await send(world, a_row())).json()["added"] == 1
    (row,) = await world.rows("SELECT * FROM records")
    shown = await world.http.get(f"/v1/records/{row['id']}", headers=world.issuer.department("hospital"))
    assert (shown.json()["origin"], shown.json()["as_of"]) == ("imported", "1899-03-02")
    assert (row["region"], row["valid_from"].isoformat(), row["officer"] is None) == ("330782", "1899-03-02", False)


async def test_it_is_evidence_as_any_other(world: World) -> None:
    await send(world, a_row())
    asked = {"items": ("birth-medical-certificate",), "kinds": (BIRTH,), "parties": (CHILD,)}
    grant = world.neighbours.signed(a_grant(sub="health-commission", **asked))
    search = {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": grant}
    headers = world.issuer.department("health-commission")
    found = (await world.http.post("/v1/evidence/search", json=search, headers=headers)).json()["evidence"]
    assert [(each["origin"], each["claims"]["birth-date"]) for each in found] == [("imported", "1899-03-01")]


async def test_it_may_be_corrected_and_what_is_right_is_filed(world: World) -> None:
    await send(world, a_row())
    (row,) = await world.rows("SELECT id FROM records")
    answer = await world.correct(row["id"])
    assert (answer.status_code, answer.json()["origin"]) == (201, "filed")


async def test_a_key_is_loaded_once(world: World) -> None:
    await send(world, a_row(1))
    answer = await send(world, a_row(1, party=str(MOTHER)), a_row(2), a_row(2))
    assert (answer.json()["added"], answer.json()["repeated"]) == (1, 2)


async def test_what_was_loaded_is_told_once_for_each_region(world: World) -> None:
    name = uuid4()
    await send(world, a_row(1), a_row(2), name=name)
    assert [(event["topic"], event["data"]) for event in await world.events()] == [
        (
            f"evt.record.imported.{BIRTH}.33.07.82",
            {"import_id": str(name), "kind": BIRTH, "issuer": "hospital", "count": 2},
        )
    ]


async def test_a_row_with_a_fault_is_on_the_report(world: World) -> None:
    name = uuid4()
    faults = [
        a_row(1, as_of="2026-03-12"),
        a_row(2, as_of=None),
        a_row(3, number="1"),
        a_row(4, kind=PAGE),
        a_row(5, kind="resident-identity"),
        a_row(6, party=str(STRANGER)),
        a_row(7, claims={"birth-weight-grams": 12}),
        a_row(8, valid_from="1899-03-02", valid_until="1899-03-01"),
    ]
    await send(world, *faults, name=name)
    assert await rejected(world, name) == [
        (1, "date-not-fitting", "/as_of"),
        (2, "row-not-valid", "/as_of"),
        (3, "row-not-valid", ""),
        (4, "kind-not-known", "/kind"),
        (5, "not-the-issuer", "/kind"),
        (6, "party-not-known", "/party"),
        (7, "claims-not-valid", "/claims/birth-weight-grams"),
        (8, "date-not-fitting", "/valid_until"),
    ]
    assert await world.rows("SELECT 1 FROM records") == []


CALLERS = {"nobody": 401, "department": 403, "person": 403, "service": 403, "app": 403, "ops": 403, "importer": 200}


@pytest.mark.parametrize("caller", CALLERS)
async def test_only_a_department_that_may_import_gets_in(world: World, caller: str) -> None:
    headers = {
        "nobody": {},
        "department": world.issuer.department("hospital"),
        "person": world.issuer.person(CHILD),
        "service": world.issuer.service("licensing", audience="records"),
        "app": world.issuer.app(),
        "ops": world.issuer.ops("evidence:import"),
        "importer": importer(world),
    }[caller]
    params = {"type": "record", "import": str(uuid4())}
    answer = await world.http.post("/v1/imports", params=params, headers=headers | NDJSON, content=b"")
    expected = CALLERS[caller]
    assert answer.status_code == expected
    for path in ("", "/rejections"):
        url = f"/v1/imports/{uuid4()}{path}"
        seen = await world.http.get(url, params={"type": "record"}, headers=headers)
        assert seen.status_code == (404 if expected == 200 else expected)


async def test_nothing_is_loaded_before_the_catalogue_is(unloaded: World) -> None:
    answer = await send(unloaded, a_row())
    assert (answer.status_code, answer.json()["code"]) == (503, "sharing-rules-not-loaded")
