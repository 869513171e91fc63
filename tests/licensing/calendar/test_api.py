"""Loading a year over HTTP, and what a notice that cannot be right gets."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from shared.database import Database
from tests.support.tokens import Headers, Issuer

NEW_YEAR = [{"date": f"2027-01-0{day}", "name": "元旦"} for day in (1, 2, 3)]
NOTICE: dict[str, Any] = {
    "source_doc": "国办发明电〔2026〕8号",
    "holidays": NEW_YEAR,
    "makeup_workdays": [{"date": "2027-01-10", "name": "调休上班"}],
}


@pytest.fixture
def administrator(issuer: Issuer) -> Headers:
    return issuer.ops("calendar:administer")


async def days(database: Database, year: int) -> dict[str, bool]:
    statement = text("SELECT date::text AS date, is_workday FROM calendar_days WHERE extract(year FROM date) = :year")
    async with database.read() as conn:
        return {row.date: row.is_workday for row in await conn.execute(statement, {"year": year})}


async def test_a_year_is_loaded_whole_from_the_two_lists_of_its_notice(
    http: httpx2.AsyncClient, database: Database, administrator: Headers
) -> None:
    reply = await http.put("/v1/calendar/years/2027", json=NOTICE, headers=administrator)
    assert reply.json() == {"year": 2027, "workdays": 261, "source_doc": NOTICE["source_doc"]}
    loaded = await days(database, 2027)
    assert len(loaded) == 365
    assert (loaded["2027-01-01"], loaded["2027-01-10"], loaded["2027-01-09"]) == (False, True, False)


async def test_a_later_notice_replaces_the_year(
    http: httpx2.AsyncClient, database: Database, administrator: Headers
) -> None:
    for notice in (NOTICE, NOTICE | {"makeup_workdays": []}):
        reply = await http.put("/v1/calendar/years/2027", json=notice, headers=administrator)
        assert reply.status_code == 200
    assert (await days(database, 2027))["2027-01-10"] is False


@pytest.mark.parametrize(
    ("year", "change", "code"),
    [
        (2027, {"holidays": [{"date": "2028-01-01", "name": "元旦"}]}, "calendar-not-consistent"),
        (2027, {"makeup_workdays": [{"date": "2027-01-01", "name": "调休上班"}]}, "calendar-not-consistent"),
        (2027, {"holidays": [{"date": "2027-02-29", "name": "元旦"}]}, "invalid-request"),
        (2027, {"source_doc": ""}, "invalid-request"),
        (2027, {"country": "CN"}, "invalid-request"),
        (1999, {}, "invalid-request"),
        (10000, {}, "invalid-request"),
    ],
)
async def test_a_notice_that_cannot_be_right_changes_nothing(
    http: httpx2.AsyncClient,
    database: Database,
    administrator: Headers,
    year: int,
    change: dict[str, Any],
    code: str,
) -> None:
    reply = await http.put(f"/v1/calendar/years/{year}", json=NOTICE | change, headers=administrator)
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert await days(database, 2027) == {}
