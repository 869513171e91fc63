"""Loading a year over HTTP, what a notice that cannot be right gets, and who may look."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from shared.database import Database
from tests.licensing.calendar.notices import HOLIDAYS, SOURCE, named, notice
from tests.support.tokens import Headers, Issuer


@pytest.fixture
def administrator(issuer: Issuer) -> Headers:
    return issuer.ops("calendar:administer")


async def days(database: Database, year: int) -> dict[str, bool]:
    statement = text("SELECT date::text AS date, is_workday FROM calendar_days WHERE extract(year FROM date) = :year")
    async with database.read() as conn:
        return {row.date: row.is_workday for row in await conn.execute(statement, {"year": year})}


def renamed(festival: str) -> list[dict[str, str]]:
    """The notice's holidays, with this festival's under another name."""
    return named({day: "放假" if name.startswith(festival) else name for day, name in HOLIDAYS.items()})


async def test_a_year_is_loaded_whole_from_the_two_lists_of_its_notice(
    http: httpx2.AsyncClient, database: Database, administrator: Headers
) -> None:
    reply = await http.put("/v1/calendar/years/2027", json=notice(), headers=administrator)
    assert reply.json() == {"year": 2027, "workdays": 247, "source_doc": SOURCE}
    loaded = await days(database, 2027)
    assert len(loaded) == 365
    assert (loaded["2027-01-01"], loaded["2027-01-31"], loaded["2027-01-30"]) == (False, True, False)


async def test_a_later_notice_replaces_the_year_and_both_are_in_the_books(
    http: httpx2.AsyncClient, database: Database, administrator: Headers, issuer: Issuer
) -> None:
    for sent in (notice(), notice(makeup_workdays=[], source_doc="更正")):
        reply = await http.put("/v1/calendar/years/2027", json=sent, headers=administrator)
        assert reply.status_code == 200
    assert (await days(database, 2027))["2027-01-31"] is False
    books = (await http.get("/v1/admin/content-acts", headers=issuer.ops("platform:administer"))).json()["items"]
    loads = [
        (act["by"], act["subject"], act["details"]["source_doc"]) for act in books if act["act"] == "calendar.loaded"
    ]
    assert loads == [("ops:ops", "2027", "更正"), ("ops:ops", "2027", SOURCE)]


async def test_everybody_sees_which_years_are_loaded_and_their_special_days(
    http: httpx2.AsyncClient, administrator: Headers
) -> None:
    await http.put("/v1/calendar/years/2027", json=notice(), headers=administrator)
    years = (await http.get("/v1/calendar/years")).json()["items"]
    assert [(each["year"], each["workdays"]) for each in years] == [(2026, 248), (2027, 247)]
    shown = (await http.get("/v1/calendar/years/2027")).json()
    assert (shown["holidays"], shown["makeup_workdays"]) == (notice()["holidays"], notice()["makeup_workdays"])
    missing = await http.get("/v1/calendar/years/2031")
    assert (missing.status_code, missing.json()["code"]) == (404, "calendar-year-not-found")


@pytest.mark.parametrize(
    ("sent", "wrong", "missing"),
    [
        (
            notice(holidays=[*notice()["holidays"], {"date": "2028-01-01", "name": "元旦"}]),
            "2028-01-01 of-another-year",
            "",
        ),
        (notice(makeup_workdays=[{"date": "2027-01-02", "name": "上班"}]), "2027-01-02 holiday-and-workday", ""),
        (notice(makeup_workdays=[{"date": "2027-03-01", "name": "上班"}]), "2027-03-01 works-anyway", ""),
        (notice(without="2027-05-02"), "2027-05-02 statutory-holiday-missing", ""),
        (notice(holidays=renamed("中秋")), "", "中秋"),
        (notice(holidays=renamed("春节")), "", "春节"),
    ],
)
async def test_a_notice_with_a_contradiction_or_a_hole_is_told_which_day_it_is(
    http: httpx2.AsyncClient,
    database: Database,
    administrator: Headers,
    sent: dict[str, Any],
    wrong: str,
    missing: str,
) -> None:
    reply = await http.put("/v1/calendar/years/2027", json=sent, headers=administrator)
    told = reply.json()
    assert (reply.status_code, told["code"]) == (422, "calendar-not-consistent")
    assert " ".join(f"{each['day']} {each['why']}" for each in told["wrong"]) == wrong
    assert told["missing"] == ([missing] if missing else [])
    assert await days(database, 2027) == {}


@pytest.mark.parametrize(
    ("year", "change", "code"),
    [
        (2027, {"holidays": []}, "calendar-not-consistent"),
        (2027, {"holidays": [{"date": "2027-02-29", "name": "元旦"}]}, "invalid-request"),
        (2027, {"source_doc": ""}, "invalid-request"),
        (2027, {"country": "CN"}, "invalid-request"),
        (1999, {}, "invalid-request"),
        (10000, {}, "invalid-request"),
    ],
)
async def test_a_notice_that_cannot_be_right_changes_nothing(
    http: httpx2.AsyncClient, database: Database, administrator: Headers, year: int, change: dict[str, Any], code: str
) -> None:
    reply = await http.put(f"/v1/calendar/years/{year}", json=notice(**change), headers=administrator)
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert await days(database, 2027) == {}


async def test_a_day_that_is_named_twice_is_told(http: httpx2.AsyncClient, administrator: Headers) -> None:
    twice = notice(makeup_workdays=[{"date": "2027-01-31", "name": name} for name in ("上班", "调休")])
    reply = await http.put("/v1/calendar/years/2027", json=twice, headers=administrator)
    assert reply.json()["errors"] == [{"pointer": "/body", "reason": "named twice: 2027-01-31"}]


async def test_no_year_is_left_out_between_those_that_are_loaded(
    http: httpx2.AsyncClient, database: Database, administrator: Headers
) -> None:
    later = {day.replace(year=2029): name for day, name in HOLIDAYS.items()}
    reply = await http.put(
        "/v1/calendar/years/2029", json=notice(holidays=named(later), makeup_workdays=[]), headers=administrator
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "calendar-year-missing")
    assert reply.json()["years"] == [2027, 2028]
    assert await days(database, 2029) == {}
