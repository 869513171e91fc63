"""Filing and correcting over HTTP: what becomes true, what is refused, and that refusals leave nothing behind."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.records.world import BIRTH, CHILD, CLAIMS, IDENTITY, PAGE, STRANGER, World

pytestmark = pytest.mark.usefixtures("postgres")


class TestFiling:
    async def test_a_department_files_what_it_holds_and_the_event_goes_where_the_party_lives(
        self, world: World
    ) -> None:
        answer = await world.file()
        assert answer.status_code == 201
        view = answer.json()
        assert (view["kind"], view["issuer"], view["version"]) == (BIRTH, "hospital", 1)
        assert view["as_of"] == view["valid_from"] == "2026-03-11"
        assert "claims" not in view
        (event,) = await world.events()
        assert event["topic"] == "evt.record.filed.birth-record.33.07.82"
        assert event["data"] == {
            "record": view["id"],
            "kind": BIRTH,
            "party": str(CHILD),
            "issuer": "hospital",
            "as_of": "2026-03-11",
            "case": None,
            "index": None,
        }

    async def test_the_officer_who_filed_is_on_record(self, world: World) -> None:
        answer = await world.file()
        assert answer.json()["history"][0]["officer"] == "019a0000-0000-7000-8000-000000000001"

    async def test_filing_again_with_the_same_key_changes_nothing(self, world: World) -> None:
        first, second = await world.file(key="same-key-1"), await world.file(key="same-key-1")
        assert first.json() == second.json()
        assert len(await world.rows("SELECT id FROM records")) == len(await world.events()) == 1

    async def test_twenty_at_once_with_one_key_make_one_record(self, world: World) -> None:
        answers = await asyncio.gather(*(world.file(key="same-key-1") for _ in range(20)))
        assert Counter(answer.status_code for answer in answers) == {201: 20}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len(await world.events()) == 1

    async def test_one_key_with_two_bodies_is_refused(self, world: World) -> None:
        await world.file(key="same-key-1")
        answer = await world.file(key="same-key-1", claims={"sex": "male"})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")

    async def test_another_departments_key_is_its_own(self, world: World) -> None:
        await world.file(key="same-key-1")
        answer = await world.file(by="public-security", kind=IDENTITY, claims={"name": "王"}, key="same-key-1")
        assert answer.status_code == 201


class TestRefusals:
    @pytest.mark.parametrize("department", ["health-commission", "public-security", "tax"])
    async def test_a_department_that_is_not_the_issuer_is_refused(self, world: World, department: str) -> None:
        answer = await world.file(by=department)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-the-issuer")
        assert await world.is_untouched()

    async def test_an_unknown_party_is_refused(self, world: World) -> None:
        answer = await world.file(party=str(STRANGER))
        assert (answer.status_code, answer.json()["code"]) == (422, "party-not-known")
        assert await world.is_untouched()

    async def test_nothing_is_filed_before_the_catalogue_is_known(self, unloaded: World) -> None:
        answer = await unloaded.file()
        assert (answer.status_code, answer.json()["code"]) == (503, "catalogue-not-loaded")
        ready = await unloaded.http.get("/readyz")
        assert ready.status_code == 503

    async def test_without_identity_nothing_is_filed_and_it_is_named(self, world: World) -> None:
        await world.service.tokens().token_for("identity")
        world.neighbours.silent.add("identity")
        answer = await world.file()
        assert (answer.status_code, answer.json()["service"]) == (503, "identity")
        assert await world.is_untouched()

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "no-such-kind"},
            {"kind": PAGE},
            {"kind": "SECRET.*.>"},
            {"kind": None},
            {"party": "SECRET"},
            {"party": 7},
            {"claims": {"sex": "SECRET"}},
            {"claims": {"SECRET": 1}},
            {"claims": {"birth-date": "2025-02-29", "birth-place": "SECRET"}},
            {"claims": {}},
            {"claims": []},
            {"claims": {f"SECRET-{number}": 1 for number in range(101)}},
            {"claims": {"sex": {"$gt": "SECRET"}}},
            {"valid_from": "2025-02-29"},
            {"valid_from": "0000-00-00"},
            {"valid_from": "9999-12-31"},
            {"valid_from": "10000-01-01"},
            {"valid_from": 1772323200},
            {"valid_from": 1772323200000},
            {"valid_from": "2026-03-01T00:00:00"},
            {"valid_from": "2026-03-01T00:00:00Z"},
            {"issuer": "SECRET"},
            {"id": "SECRET", "as_of": "2020-01-01"},
            {"__proto__": {"SECRET": 1}},
        ],
        ids=str,
    )
    async def test_bad_input_is_a_problem_that_repeats_nothing_and_leaves_nothing(
        self, world: World, changes: dict[str, Any]
    ) -> None:
        answer = await world.file(**changes)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert "SECRET" not in answer.text
        assert await world.is_untouched()

    @pytest.mark.parametrize(
        "body",
        [
            b'{"kind": "birth-record", "kind": "birth-record"}',
            b'{"kind": NaN}',
            b'{"kind": 1e400}',
            b'{"kind": "\\ud800"}',
            b'{"kind": "\\u0000"}',
            b'{"kind": "\xff"}',
            b'\xef\xbb\xbf{"kind": "x"}',
            b"[" * 100_000,
            b'{"claims": {"birth-weight-grams": ' + b"9" * 10_000 + b"}}",
            b"{",
        ],
    )
    async def test_what_is_not_strict_json_is_refused(self, world: World, body: bytes) -> None:
        headers = world.headers("hospital") | {"content-type": "application/json"}
        answer = await world.http.post("/v1/records", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")
        assert await world.is_untouched()

    @pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space inside"])
    async def test_a_key_that_is_none_is_refused(self, world: World, key: str) -> None:
        headers = world.issuer.department("hospital") | ({"idempotency-key": key} if key else {})
        answer = await world.file(headers=headers)
        assert answer.status_code == 422
        assert await world.is_untouched()


class TestCorrections:
    async def test_a_correction_is_a_version_of_its_own_and_the_old_one_stays(self, world: World) -> None:
        record = await world.filed()
        answer = await world.correct(record)
        assert answer.status_code == 201
        view = answer.json()
        assert [(each["version"], each["reason"]) for each in view["history"]] == [(1, None), (2, "Weighed again")]
        rows = await world.rows("SELECT version, claims, predecessor FROM records ORDER BY version")
        assert [row["claims"]["birth-weight-grams"] for row in rows] == [3200, 3210]
        assert rows[1]["predecessor"] == record

    async def test_the_event_names_both_versions(self, world: World) -> None:
        record = await world.filed()
        corrected = (await world.correct(record)).json()["id"]
        (event,) = await world.events("record.corrected%")
        assert (event["data"]["record"], event["data"]["predecessor"]) == (corrected, str(record))
        assert (event["topic"], event["version"]) == ("evt.record.corrected.birth-record.33.07.82", 2)

    async def test_only_the_latest_version_can_be_corrected(self, world: World) -> None:
        record = await world.filed()
        second = (await world.correct(record)).json()["id"]
        answer = await world.correct(record)
        assert (answer.status_code, answer.json()["code"]) == (409, "record-already-corrected")
        assert answer.json()["record"] == second
        assert (await world.correct(UUID(second))).json()["version"] == 3

    async def test_of_ten_corrections_at_once_one_holds(self, world: World) -> None:
        record = await world.filed()
        answers = await asyncio.gather(*(world.correct(record) for _ in range(10)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
        assert len(await world.events("record.corrected%")) == 1

    async def test_correcting_again_with_the_same_key_changes_nothing(self, world: World) -> None:
        record = await world.filed()
        first, second = await world.correct(record, key="same-key-1"), await world.correct(record, key="same-key-1")
        assert first.json() == second.json()
        assert len(await world.events("record.corrected%")) == 1

    async def test_another_department_learns_nothing_of_the_record(self, world: World) -> None:
        record = await world.filed()
        absent = await world.correct(uuid4())
        foreign = await world.correct(record, by="public-security")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json()["code"] == absent.json()["code"] == "record-not-found"

    @pytest.mark.parametrize(
        "changes", [{"claims": {"sex": "SECRET"}}, {"claims": {}}, {"reason": " "}, {"reason": "a\x07"}, {"kind": "x"}]
    )
    async def test_a_bad_correction_leaves_nothing(self, world: World, changes: dict[str, Any]) -> None:
        record = await world.filed()
        answer = await world.correct(record, **changes)
        assert answer.status_code == 422
        assert "SECRET" not in answer.text
        assert not await world.events("record.corrected%")

    async def test_the_database_itself_keeps_what_was_filed(self, world: World) -> None:
        await world.filed()
        for statement in ("UPDATE records SET claims = '{}'", "DELETE FROM records"):
            with pytest.raises(Exception, match="append-only"):
                await world.rows(statement)


class TestReading:
    async def test_the_issuer_sees_dates_and_history_but_no_claims(self, world: World) -> None:
        record = await world.filed()
        await world.correct(record)
        answer = await world.http.get(f"/v1/records/{record}", headers=world.issuer.department("hospital"))
        assert [each["version"] for each in answer.json()["history"]] == [1, 2]
        assert all(str(value) not in answer.text for value in CLAIMS.values() if value != "2026-03-11")

    async def test_others_get_what_they_would_get_if_there_were_none(self, world: World) -> None:
        record = await world.filed()
        headers = world.issuer.department("tax")
        foreign = await world.http.get(f"/v1/records/{record}", headers=headers)
        absent = await world.http.get(f"/v1/records/{uuid4()}", headers=headers)
        assert (foreign.status_code, foreign.json()["code"]) == (absent.status_code, absent.json()["code"])
        assert foreign.status_code == 404
