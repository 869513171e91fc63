"""Fetching what a case yields: exactly what was decided, or nothing."""

from collections.abc import AsyncGenerator, Callable
from datetime import date
from uuid import UUID

import httpx2
import pytest

from shared.canonical import digest
from shared.contracts.yields import CaseYield, Yielded, yields_digest
from shared.http import ServiceClient
from shared.messaging.reaction import Poison, Retry
from shared.schemas import Text
from shared.yields import decided_yield
from tests.support.decisions import announced, decided_case

STRANGER = UUID(int=23)
Answer = Callable[[httpx2.Request], httpx2.Response]


def a_yield(**changes: object) -> Yielded:
    fields: dict[str, object] = {
        "index": 0,
        "type": "certificate",
        "kind": "household-page",
        "label": Text(zh="户口页", en="Page of the register"),
        "type_code": "123",
        "party": UUID(int=22),
        "region": "330782",
        "claims": {"name": "𠮷娃"},
        "valid_from": date(2026, 3, 11),
    }
    return Yielded.model_validate(fields | changes)


def a_decided_case(*yields: Yielded, case: UUID | None = None) -> CaseYield:
    return decided_case(*(yields or (a_yield(),)), case=case)


class Licensing:
    """Answers what a test has put into `reply`."""

    def __init__(self) -> None:
        self.reply = httpx2.Response(404, json={"code": "not-found"})
        self.asked: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        return self.reply

    def knows(self, decided: CaseYield) -> None:
        self.reply = httpx2.Response(200, content=decided.model_dump_json())


@pytest.fixture
def licensing() -> Licensing:
    return Licensing()


@pytest.fixture
async def client(licensing: Licensing) -> AsyncGenerator[ServiceClient]:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(licensing)) as http:
        yield ServiceClient(http, name="licensing", base_url="http://licensing.test", tokens=None)


async def test_what_matches_the_event_is_taken(client: ServiceClient, licensing: Licensing) -> None:
    decided = a_decided_case()
    licensing.knows(decided)
    assert await decided_yield(client, announced(decided), type="certificate") == decided
    assert licensing.asked == [f"/internal/cases/{decided.case}/yield"]


@pytest.mark.parametrize("yields", [(), (a_yield(type="record", type_code=None),)])
async def test_licensing_is_not_asked_where_nothing_of_the_type_is_due(
    client: ServiceClient, licensing: Licensing, yields: tuple[Yielded, ...]
) -> None:
    decided = a_decided_case().model_copy(update={"yields": yields})
    assert await decided_yield(client, announced(decided), type="certificate") is None
    assert licensing.asked == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"yields": (a_yield(party=STRANGER),)}, "not what was decided"),
        ({"yields": (a_yield(claims={"name": "another"}),)}, "not what was decided"),
        ({"yields": ()}, "not what was decided"),
        ({"digest": "sha256:" + "0" * 64}, "not what was decided"),
        ({"case": UUID(int=99)}, "of another decision"),
        ({"department": "tax"}, "of another decision"),
    ],
)
async def test_what_differs_from_the_event_is_poison(
    client: ServiceClient, licensing: Licensing, changes: dict[str, object], reason: str
) -> None:
    decided = a_decided_case()
    licensing.knows(decided.model_copy(update=changes))
    with pytest.raises(Poison, match=reason):
        await decided_yield(client, announced(decided), type="certificate")


async def test_a_yield_altered_together_with_its_own_digest_is_still_poison(
    client: ServiceClient, licensing: Licensing
) -> None:
    decided = a_decided_case()
    licensing.knows(a_decided_case(a_yield(party=STRANGER), case=decided.case))
    with pytest.raises(Poison, match="not what was decided"):
        await decided_yield(client, announced(decided), type="certificate")


async def test_an_answer_of_another_shape_is_poison(client: ServiceClient, licensing: Licensing) -> None:
    licensing.reply = httpx2.Response(200, json={"yields": []})
    with pytest.raises(Poison, match="another shape"):
        await decided_yield(client, announced(a_decided_case()), type="certificate")


@pytest.mark.parametrize(
    ("status", "error"), [(404, Poison), (422, Poison), (401, Retry), (403, Retry), (429, Retry), (503, Retry)]
)
async def test_a_refusal_is_poison_unless_it_will_pass(
    client: ServiceClient, licensing: Licensing, status: int, error: type[Exception]
) -> None:
    licensing.reply = httpx2.Response(status, json={"code": "refused"})
    with pytest.raises(error):
        await decided_yield(client, announced(a_decided_case()), type="certificate")


def test_decisions_from_before_there_was_one_per_holder_keep_their_digest() -> None:
    said = {name: value for name, value in a_yield().model_dump(mode="json").items() if name != "one_per_holder"}
    assert yields_digest((a_yield(),)) == digest([said])
    assert yields_digest((a_yield(one_per_holder=True),)) != digest([said])
