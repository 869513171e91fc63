"""Certificates from before go-live are loaded once, told in batches, and are certificates like any other."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import orjson

from certificates.issuing.rules import CertificateNumber
from certificates.verification.offline import open_document
from shared.auth import Revocations
from shared.imports import model
from tests.certificates.imports.registers import (
    a_number,
    a_row,
    break_off,
    importer,
    lines,
    rejections,
    report_of,
    send,
    until,
)
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import CHILD, MOTHER, World
from tests.shared.evidence.grants import BIRTH
from tests.support.clock import FrozenClock
from tests.support.statements import statements_of


async def test_a_row_becomes_a_certificate_that_says_where_it_comes_from(world: World) -> None:
    answer = await send(world, a_row(valid_until="2099-12-31"))
    assert answer.status_code == 200, answer.text
    shown = await world.http.get("/v1/certificates", headers=world.issuer.person(CHILD))
    (certificate,) = shown.json()["items"]
    assert certificate | {"id": ""} == {
        "id": "",
        "number": a_number(1),
        "version": "001",
        "kind": BIRTH,
        "kind_label": {"zh": BIRTH, "en": BIRTH},
        "holder": str(CHILD),
        "issuer": HEALTH.code,
        "issuer_name": HEALTH.name.model_dump(),
        "issued_on": "1999-12-31",
        "valid_from": "1999-12-31",
        "valid_until": "2099-12-31",
        "state": "valid",
        "state_code": "01",
        "predecessor": None,
        "origin": "imported",
        "check_mismatch": False,
        "issuer_mismatch": False,
    }


async def test_the_report_counts_what_became_of_the_rows(world: World) -> None:
    name = uuid4()
    bad = a_row(4, party=str(uuid4()))
    answer = await send(world, a_row(1), a_row(2, number=a_number(2, check="?")), b"", bad, name=name)
    report = answer.json()
    assert {key: report[key] for key in ("id", "type", "next_line", "added", "repeated", "rejected")} == {
        "id": str(name),
        "type": "certificate",
        "next_line": 5,
        "added": 1,
        "repeated": 0,
        "rejected": 2,
    }
    assert await report_of(world, name) == report


async def test_a_check_character_that_does_not_agree_is_flagged_and_not_refused(world: World) -> None:
    wrong = a_number(1, check="M" if a_number(1)[-1] != "M" else "N")
    assert not CertificateNumber.parse(wrong).agrees
    answer = await send(world, a_row(number=wrong))
    assert (answer.json()["added"], answer.json()["mismatched"], answer.json()["rejected"]) == (1, 1, 0)
    verdict = (await world.http.post("/v1/verifications", json={"number": wrong})).json()
    assert (verdict["genuine"], verdict["state"], verdict["origin"]) == (True, "in force", "imported")
    assert [reason["code"] for reason in verdict["reasons"]] == ["check-mismatch"]


class TestTheBodyInItsNumber:
    async def test_another_than_its_issuer_is_flagged_and_not_refused(self, world: World) -> None:
        number = a_number(1, issuer=SECURITY.uscc)
        answer = await send(world, a_row(number=number))
        assert (answer.json()["added"], answer.json()["mismatched"], answer.json()["rejected"]) == (1, 1, 0)
        verdict = (await world.http.post("/v1/verifications", json={"number": number})).json()
        assert (verdict["genuine"], verdict["state"]) == (True, "in force")
        assert [reason["code"] for reason in verdict["reasons"]] == ["issuer-mismatch"]
        shown = await world.http.get("/v1/certificates", headers=world.issuer.person(CHILD))
        (certificate,) = shown.json()["items"]
        assert (certificate["check_mismatch"], certificate["issuer_mismatch"]) == (False, True)

    async def test_both_flags_are_told_and_the_certificate_is_counted_once(self, world: World) -> None:
        right = a_number(1, issuer=SECURITY.uscc)
        number = right[:-1] + ("M" if right[-1] != "M" else "N")
        answer = await send(world, a_row(number=number))
        assert answer.json()["mismatched"] == 1
        verdict = (await world.http.post("/v1/verifications", json={"number": number})).json()
        assert [reason["code"] for reason in verdict["reasons"]] == ["check-mismatch", "issuer-mismatch"]

    async def test_a_bare_region_names_no_body(self, world: World) -> None:
        number = a_number(1, issuer="330782")
        answer = await send(world, a_row(number=number))
        assert (answer.json()["added"], answer.json()["mismatched"]) == (1, 0)

    async def test_one_issued_anew_bears_the_issuer_s_own(self, world: World) -> None:
        await send(world, a_row(number=a_number(1, issuer=SECURITY.uscc), valid_until="2026-12-31"))
        (row,) = await world.rows("SELECT id FROM certificates")
        headers = world.issuer.department(HEALTH.code, scopes=["certificates:manage"]) | {"idempotency-key": "k" * 8}
        path = f"/v1/certificates/{row['id']}/renewal"
        new = (await world.http.post(path, json={"reason": "its time"}, headers=headers)).json()
        assert (CertificateNumber.parse(new["number"]).issuer, new["issuer_mismatch"]) == (HEALTH.uscc, False)


async def test_an_imported_number_is_verified_as_any_other(world: World) -> None:
    await send(world, a_row())
    verdict = (await world.http.post("/v1/verifications", json={"number": a_number(1)})).json()
    assert (verdict["genuine"], verdict["state"], verdict["origin"], verdict["reasons"]) == (
        True,
        "in force",
        "imported",
        [],
    )


class TestSendingAgain:
    async def test_everything_again_changes_nothing(self, world: World) -> None:
        name = uuid4()
        first = (await send(world, a_row(1), a_row(2), name=name)).json()
        events = len(await world.events())
        second = (await send(world, a_row(1), a_row(2), a_row(3), name=name)).json()
        assert (first["added"], second["added"], second["repeated"]) == (2, 3, 2)
        assert len(await world.rows("SELECT 1 FROM certificates")) == 3
        assert len(await world.events()) == events + 1

    async def test_a_key_is_loaded_once_in_whatever_import_and_whatever_it_says(self, world: World) -> None:
        await send(world, a_row(1))
        answer = await send(world, a_row(1, number=a_number(99), party=str(MOTHER)))
        assert (answer.json()["added"], answer.json()["repeated"]) == (0, 1)
        assert await world.rows("SELECT number, holder FROM certificates") == [{"number": a_number(1), "holder": CHILD}]

    async def test_a_line_that_was_put_right_is_off_the_report(self, world: World) -> None:
        name = uuid4()
        await send(world, a_row(1), b"{", name=name)
        assert [each["line"] for each in await rejections(world, name)] == [2]
        answer = await send(world, a_row(2), name=name, from_line=2)
        assert (answer.json()["added"], answer.json()["rejected"], answer.json()["next_line"]) == (2, 0, 3)
        assert await rejections(world, name) == []

    async def test_an_upload_that_breaks_off_goes_on_from_the_line_that_the_report_names(self, world: World) -> None:
        name = uuid4()
        rows = [a_row(serial) for serial in range(model.BATCH_LINES + 10)]

        await break_off(world, lines(rows[:-1]) + orjson.dumps(rows[-1])[:-20], name=name)
        report = await report_of(world, name)
        assert (report["added"], report["next_line"]) == (model.BATCH_LINES, model.BATCH_LINES + 1)
        left = rows[report["next_line"] - 1 :]
        answer = await send(world, *left, name=name, from_line=report["next_line"])
        assert (answer.json()["added"], answer.json()["repeated"], answer.json()["rejected"]) == (len(rows), 0, 0)

    async def test_two_uploads_of_the_same_rows_at_once_load_each_once(self, world: World) -> None:
        rows = [a_row(serial) for serial in range(300)]
        answers = await asyncio.gather(send(world, *rows), send(world, *reversed(rows)), send(world, *rows))
        assert sum(answer.json()["added"] for answer in answers) == 300
        assert sum(answer.json()["repeated"] for answer in answers) == 600
        assert sum(answer.json()["rejected"] for answer in answers) == 0


class TestEvents:
    async def test_a_batch_is_told_once_for_each_region_and_names_nobody(self, world: World) -> None:
        name = uuid4()
        await send(world, a_row(1), a_row(2), a_row(3, party=str(MOTHER)), name=name)
        events = await world.events()
        assert [(event["topic"], event["data"]["count"]) for event in events] == [
            (f"evt.certificate.imported.{BIRTH}.33.01.02", 1),
            (f"evt.certificate.imported.{BIRTH}.33.07.82", 2),
        ]
        assert {event["subject"] for event in events} == {name}
        assert [event["version"] for event in events] == [1, 2]
        assert events[0]["data"] == {"import_id": str(name), "kind": BIRTH, "issuer": HEALTH.code, "count": 1}

    async def test_nothing_loaded_is_not_told(self, world: World) -> None:
        await send(world, b"[]", a_row(party=str(uuid4())))
        assert await world.events() == []


class TestLife:
    async def test_its_issuer_may_revoke_it(self, world: World) -> None:
        await send(world, a_row())
        (row,) = await world.rows("SELECT id, status_list, status_index FROM certificates")
        headers = world.issuer.department(HEALTH.code, scopes=["certificates:manage"]) | {"idempotency-key": "k" * 8}
        act = {"ground": "fraud", "reason": "forged"}
        answer = await world.http.post(f"/v1/certificates/{row['id']}/revocation", json=act, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
        verdict = (await world.http.post("/v1/verifications", json={"number": a_number(1)})).json()
        assert (verdict["genuine"], verdict["state"]) == (True, "revoked")

    async def test_it_expires_when_its_last_day_is_over(self, world: World, clock: FrozenClock) -> None:
        await send(world, a_row(1, valid_until="2026-03-11"), a_row(2, valid_until="2026-03-10"))
        states = {row["source_key"]: row["state"] for row in await world.rows("SELECT * FROM certificates")}
        assert states == {"birth-1": "valid", "birth-2": "expired"}
        assert [row["kind"] for row in await world.rows("SELECT kind FROM timers")] == ["certificate-expiry"]

    async def test_it_has_no_document_until_it_is_issued_anew(self, world: World) -> None:
        await send(world, a_row())
        (row,) = await world.rows("SELECT id FROM certificates")
        for form in ("document", "document.pdf"):
            answer = await world.http.get(f"/v1/certificates/{row['id']}/{form}", headers=world.issuer.person(CHILD))
            assert (answer.status_code, answer.json()["code"]) == (409, "certificate-not-sealed")

    async def test_it_may_be_renewed_and_is_then_sealed(self, world: World) -> None:
        await send(world, a_row(number=a_number(1, check="0"), valid_until="2026-12-31"))
        (row,) = await world.rows("SELECT id, number FROM certificates")
        headers = world.issuer.department(HEALTH.code, scopes=["certificates:manage"]) | {"idempotency-key": "k" * 8}
        new = await world.http.post(
            f"/v1/certificates/{row['id']}/renewal", json={"reason": "its time"}, headers=headers
        )
        assert (new.status_code, new.json()["origin"], new.json()["check_mismatch"]) == (201, "issued", False)
        url = f"/v1/certificates/{new.json()['id']}/document"
        document = await world.http.get(url, headers=world.issuer.person(CHILD))
        content = open_document(document.content, world.service.signer.root_pem)
        assert (content.predecessor, content.version) == (row["number"], "002")

    async def test_a_place_in_the_status_lists_is_its_own(self, world: World) -> None:
        await send(world, *(a_row(serial) for serial in range(20)))
        issued = await world.issued()
        rows = await world.rows("SELECT id, status_list, status_index FROM certificates")
        assert len({(row["status_list"], row["status_index"]) for row in rows}) == 21
        assert issued in {row["id"] for row in rows}


class TestBounds:
    async def test_rows_are_loaded_by_the_hundred_and_not_one_by_one(self, world: World) -> None:
        rows = [a_row(serial, valid_until="2099-01-01") for serial in range(400)]
        with statements_of(world.service.database) as sent:
            await send(world, *rows)
        assert len(sent) <= 16

    async def test_no_more_uploads_at_once_than_fit(self, world: World) -> None:
        held = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield lines([a_row()])
            await held.wait()

        async def begun(uploads: int, *, by: str) -> list[asyncio.Task[httpx2.Response]]:
            before = world.service.imports.at_work
            sending = [asyncio.create_task(send(world, body=slow(), by=by)) for _ in range(uploads)]
            await until(lambda: world.service.imports.at_work == before + uploads)
            return sending

        waiting = await begun(model.UPLOADS_OF_ONE, by=HEALTH.code)
        assert (await send(world, a_row())).json()["code"] == "too-many-imports"
        # There is room for others, until there is none.
        waiting += await begun(model.UPLOADS_AT_ONCE - model.UPLOADS_OF_ONE, by="tax")
        refused = await send(world, a_row(), by=SECURITY.code)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-imports")
        held.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * model.UPLOADS_AT_ONCE

    async def test_an_import_is_its_departments_own(self, world: World) -> None:
        name = uuid4()
        await send(world, a_row(), name=name)
        other = await send(world, a_row(), name=name, by=SECURITY.code)
        assert (other.status_code, other.json()["code"]) == (409, "import-of-another")
        for path in (f"/v1/imports/{name}", f"/v1/imports/{name}/rejections"):
            seen = await world.http.get(path, params={"type": "certificate"}, headers=importer(world, SECURITY.code))
            assert (seen.status_code, seen.json()["code"]) == (404, "import-not-found")

    async def test_whoever_is_revoked_meanwhile_loads_no_further_batch(self, world: World) -> None:
        async def rows() -> AsyncIterator[bytes]:
            yield lines(a_row(serial) for serial in range(model.BATCH_LINES))
            yield b""
            world.service.verifier.heed(Revocations(clients={HEALTH.code: world.service.clock()}))
            yield lines([a_row(model.BATCH_LINES)])

        answer = await send(world, body=rows())
        assert answer.status_code == 401
        assert len(await world.rows("SELECT 1 FROM certificates")) == model.BATCH_LINES

    async def test_another_type_and_another_media_type_are_refused(self, world: World) -> None:
        headers = importer(world) | {"content-type": "application/x-ndjson"}
        params = {"type": "record", "import": str(uuid4())}
        refused = await world.http.post("/v1/imports", params=params, headers=headers, content=b"")
        assert (refused.status_code, refused.json()["code"]) == (422, "type-not-held")
        plain = await world.http.post(
            "/v1/imports", params=params, headers=headers | {"content-type": "application/json"}, content=b"{}"
        )
        assert (plain.status_code, plain.json()["code"]) == (415, "unsupported-media-type")


async def test_nothing_is_half_done_where_identity_is_silent(world: World) -> None:
    world.licensing.silent.add("identity")
    answer: httpx2.Response = await send(world, a_row())
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
    assert await world.rows("SELECT 1 FROM certificates") == []
    world.licensing.silent.discard("identity")
    assert (await send(world, a_row())).json()["added"] == 1
