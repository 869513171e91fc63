"""One conformance over the sources of evidence: two services behind HTTP, and their twin in memory."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

import httpx2
import orjson
import pytest

from licensing.ports import EvidenceSource, HeldEvidence, HttpEvidence
from shared.contracts.evidence import Evidence, EvidenceSearch, EvidenceType, Want
from shared.http import ServiceClient
from shared.ids import new_id

MOTHER, CHILD = new_id(), new_id()
TYPES: dict[str, EvidenceType] = {
    "resident-identity": "record",
    "birth-record": "record",
    "birth-medical-certificate": "certificate",
}
WANTS = [
    Want(party=CHILD, kinds=["birth-record", "birth-medical-certificate"]),
    Want(party=MOTHER, kinds=["resident-identity"]),
]
Make = Callable[..., EvidenceSource]


def piece(kind: str, party: object = CHILD) -> Evidence:
    return Evidence.model_validate(
        {
            "id": new_id(),
            "type": TYPES[kind],
            "kind": kind,
            "party": party,
            "issuer": "hospital",
            "as_of": date(2026, 3, 1),
            "state": "in-force",
            "claims": {"birth-date": "2026-02-27"},
        }
    )


HELD = [piece("birth-record"), piece("birth-medical-certificate"), piece("resident-identity", MOTHER)]


def behind_http(held: Iterable[Evidence], *, down: Iterable[EvidenceType] = (), status: int = 503) -> HttpEvidence:
    """Each source answers only for its own type, as the services do."""

    def answer(source: EvidenceType, request: httpx2.Request) -> httpx2.Response:
        if source in down:
            return httpx2.Response(status, json={"code": "grant-refused"})
        search = EvidenceSearch.model_validate_json(request.content)
        wanted = {(want.party, kind) for want in search.wants for kind in want.kinds}
        assert all(TYPES[kind] == source for _, kind in wanted)
        found = [e.model_dump(mode="json") for e in held if (e.party, e.kind) in wanted and e.type == source]
        return httpx2.Response(200, content=orjson.dumps({"evidence": found, "unavailable": []}))

    def client(source: EvidenceType) -> ServiceClient:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(partial(answer, source)))
        return ServiceClient(http, name=source, base_url=f"http://{source}.test", tokens=None)

    return HttpEvidence(certificates=client("certificate"), records=client("record"))


@pytest.mark.parametrize("make", [behind_http, HeldEvidence])
class TestEvidenceSource:
    async def test_what_is_held_of_the_wants_is_found_in_all_sources(self, make: Make) -> None:
        found = await make(HELD).search(WANTS, types=TYPES, grant="g")
        assert {e.id for e in found.evidence} == {e.id for e in HELD}
        assert found.unavailable == []

    async def test_what_was_not_asked_for_is_not_found(self, make: Make) -> None:
        found = await make(HELD).search(WANTS[1:], types=TYPES, grant="g")
        assert [e.kind for e in found.evidence] == ["resident-identity"]

    async def test_what_nobody_holds_is_simply_not_there(self, make: Make) -> None:
        found = await make([]).search(WANTS, types=TYPES, grant="g")
        assert (found.evidence, found.unavailable) == ([], [])

    async def test_a_dead_source_makes_its_kinds_unavailable_and_nothing_else(self, make: Make) -> None:
        found = await make(HELD, down=["record"]).search(WANTS, types=TYPES, grant="g")
        assert [e.kind for e in found.evidence] == ["birth-medical-certificate"]
        assert found.unavailable == ["birth-record", "resident-identity"]

    async def test_all_sources_may_be_dead(self, make: Make) -> None:
        found = await make(HELD, down=["record", "certificate"]).search(WANTS, types=TYPES, grant="g")
        assert (found.evidence, found.unavailable) == ([], sorted(TYPES))


async def test_a_source_that_refuses_the_grant_degrades_its_kinds_too() -> None:
    found = await behind_http(HELD, down=["record"], status=403).search(WANTS, types=TYPES, grant="g")
    assert found.unavailable == ["birth-record", "resident-identity"]
