"""A row with a fault is on the report by line, code and field; all others are loaded. Never the value, never a 500."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import orjson
import pytest

from shared.imports import model
from tests.certificates.imports.registers import a_number, a_row, importer, rejections, send
from tests.certificates.world import World
from tests.shared.evidence.grants import CARD, RECORD

CANARY = "canary-4711"

FAULTS: list[tuple[Any, str, str]] = [
    (b"{", "malformed-json", ""),
    (b'{"key": "a", "key": "b"}', "malformed-json", ""),
    (b'{"key": NaN}', "malformed-json", ""),
    (b"\xff\xfe{}", "malformed-json", ""),
    (orjson.dumps(a_row())[:-1] + b', "x": "\\u0000"}', "malformed-json", ""),
    (b"[" * 100_000, "row-too-long", ""),
    (b"[" * 20_000 + b"]" * 5_000, "malformed-json", ""),
    (b"[]", "row-not-valid", ""),
    (b"1e3", "row-not-valid", ""),
    ({}, "row-not-valid", "/key"),
    (a_row(key=None), "row-not-valid", "/key"),
    (a_row(key=""), "row-not-valid", "/key"),
    (a_row(key="k" * 129), "row-not-valid", "/key"),
    (a_row(key="k\u202e"), "row-not-valid", "/key"),
    (a_row(party="330782188806060026"), "row-not-valid", "/party"),
    (a_row(party=None), "row-not-valid", "/party"),
    (a_row(**{CANARY: 1}), "row-not-valid", ""),
    (a_row(state="valid"), "row-not-valid", ""),
    (a_row(kind="no-such-kind"), "kind-not-known", "/kind"),
    (a_row(kind=RECORD), "kind-not-known", "/kind"),
    (a_row(kind="NOT A CODE"), "row-not-valid", "/kind"),
    (a_row(kind=CARD), "not-the-issuer", "/kind"),
    (a_row(party=str(uuid4())), "party-not-known", "/party"),
    (a_row(claims={}), "claims-not-valid", "/claims"),
    (a_row(claims=[]), "row-not-valid", "/claims"),
    (a_row(claims={CANARY: "x"}), "claims-not-valid", "/claims"),
    (a_row(claims={"name": ""}), "claims-not-valid", "/claims/name"),
    (a_row(claims={"name": CANARY * 9}), "claims-not-valid", "/claims/name"),
    (a_row(claims={"name": {"$gt": ""}}), "claims-not-valid", "/claims/name"),
    (a_row(claims={"birth-date": "2025-02-29"}), "claims-not-valid", "/claims/birth-date"),
    (a_row(number=""), "number-not-valid", "/number"),
    (a_row(number="浙B33000012"), "number-not-valid", "/number"),
    (a_row(number=a_number(1) + "\n"), "number-not-valid", "/number"),
    (a_row(number=a_number(1).replace("1999", "9" * 40)), "number-not-valid", "/number"),
    (a_row(number=CANARY * 20), "row-not-valid", "/number"),
    (a_row(number=7), "row-not-valid", "/number"),
    # The D series: days that are none, not yet, no more, or the other way round.
    (a_row(issued_on="2025-02-29"), "row-not-valid", "/issued_on"),
    (a_row(issued_on="0000-00-00"), "row-not-valid", "/issued_on"),
    (a_row(issued_on="10000-01-01"), "row-not-valid", "/issued_on"),
    (a_row(issued_on=946598400), "row-not-valid", "/issued_on"),
    (a_row(issued_on="1999-12-31T00:00:00Z"), "row-not-valid", "/issued_on"),
    (a_row(issued_on="2026-03-12"), "date-not-fitting", "/issued_on"),
    (a_row(issued_on="1799-12-31"), "date-not-fitting", "/issued_on"),
    (a_row(valid_from="2036-01-01"), "date-not-fitting", "/valid_from"),
    (a_row(valid_until="1999-12-30"), "date-not-fitting", "/valid_until"),
    (a_row(valid_until="9999-12-31"), "date-not-fitting", "/valid_until"),
]


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{code}{field}" for _, code, field in FAULTS])
def test_the_faults_are_all_different_rows(number: int) -> None:
    assert FAULTS[number][0] not in [row for row, _, _ in FAULTS[:number]]


async def test_every_fault_has_its_line_code_and_field_and_the_rows_around_it_are_loaded(world: World) -> None:
    name = uuid4()
    around = [a_row(serial, key=f"good-{serial}") for serial in range(1000, 1000 + len(FAULTS))]
    rows = [row for fault, good in zip(FAULTS, around, strict=True) for row in (fault[0], good)]
    answer = await send(world, *rows, name=name)
    assert answer.status_code == 200, answer.text
    found = await rejections(world, name, limit=7)
    assert [(each["line"], each["code"], each["field"]) for each in found] == [
        (2 * place + 1, code, field) for place, (_, code, field) in enumerate(FAULTS)
    ]
    assert (answer.json()["added"], answer.json()["rejected"]) == (len(FAULTS), len(FAULTS))
    assert CANARY not in str(found)
    assert all(each["en"].isascii() and not each["zh"].isascii() for each in found)


async def test_a_number_that_another_certificate_bears_stays_its_own(world: World) -> None:
    name, issued = uuid4(), await world.issued()
    (held,) = await world.rows("SELECT number FROM certificates")
    rows = [a_row(1, number=held["number"]), a_row(2), a_row(3, number=a_number(2)), a_row(2)]
    answer = await send(world, *rows, name=name)
    assert [(each["line"], each["code"]) for each in await rejections(world, name)] == [
        (1, "number-taken"),
        (3, "number-taken"),
    ]
    assert (answer.json()["added"], answer.json()["repeated"]) == (1, 1)
    assert [row["id"] for row in await world.rows("SELECT id FROM certificates WHERE origin = 'issued'")] == [issued]


async def test_a_line_without_end_does_not_fill_the_memory(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"a" * model.MAX_LINE_BYTES
        yield b"\n" + orjson.dumps(a_row())

    name = uuid4()
    answer = await send(world, name=name, body=endless())
    assert (answer.json()["added"], answer.json()["next_line"]) == (1, 3)
    assert [each["code"] for each in await rejections(world, name)] == ["row-too-long"]


async def test_a_cursor_of_somebody_else_is_refused(world: World) -> None:
    name = uuid4()
    await send(world, a_row(), name=name)
    for cursor in ("x", "LTE", "!!!!"):
        asked = {"type": "certificate", "after": cursor}
        page = await world.http.get(f"/v1/imports/{name}/rejections", params=asked, headers=importer(world))
        assert (page.status_code, page.json()["code"]) == (422, "cursor-not-valid")
