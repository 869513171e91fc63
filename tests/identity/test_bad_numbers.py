"""The I series of bad input, on every route that takes a number: 4xx, a stable code, no echo, no row, no event."""

from typing import Any

import pytest

from tests.identity.test_numbers import REFUSED
from tests.identity.world import MOTHER_NUMBER, NEWBORN_NUMBER, World

NO_TEXTS: list[object] = [330782188808080012, 1.5, None, True, ["330782188808080012"], {"$ref": "#"}, "x" * 65]


def check(answer: Any, text: str, reason: str, *, pointer: str = "/id_number") -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert not text or text not in answer.text
    if "\0" in text:
        assert (answer.status_code, problem["code"]) == (400, "malformed-json")
    else:
        assert (answer.status_code, problem["code"]) == (422, "identity-number-not-valid")
        assert (problem["reason"], problem["pointer"]) == (reason, pointer)


async def test_no_identification_starts(world: World, subtests: pytest.Subtests) -> None:
    for case, (text, reason) in REFUSED.items():
        with subtests.test(case):
            check(await world.start(text), text, reason)
    assert await world.count("identifications") == 0


async def test_nobody_gets_it(world: World, subtests: pytest.Subtests) -> None:
    child = await world.child_of_mother()
    events = await world.count("outbox")
    for case, (text, reason) in REFUSED.items():
        with subtests.test(case):
            check(await world.assign(child, text), text, reason)
    assert (await world.count("identity_numbers"), await world.count("outbox")) == (2, events)


async def test_nobody_is_looked_up_by_it(world: World, subtests: pytest.Subtests) -> None:
    events = await world.count("outbox")
    for case, (text, reason) in REFUSED.items():
        # Here a credit code would do as well, so that what looks like none of both has another reason.
        expected = "length" if len(text) != 18 and reason != "old-form" else reason
        with subtests.test(case):
            check(await world.resolve(MOTHER_NUMBER, text), text, expected, pointer="/parties/1/id_number")
    assert (await world.count("lookups"), await world.count("outbox")) == (0, events)


async def test_i17_a_number_is_a_text(world: World, subtests: pytest.Subtests) -> None:
    number_path = f"/v1/parties/{world.people['mother']}/number"
    app, authority, hospital = [await world.bearer(name) for name in ("app", "public-security", "hospital")]
    for number in NO_TEXTS:
        with subtests.test(str(number)):
            known = {"id_number": number}
            looked_up = {"parties": [known], "purpose": "duty"}
            for path, body, headers in (
                ("/v1/identifications", {"method": "id-card", **known}, app),
                (number_path, known, authority),
                ("/v1/parties/resolve", looked_up, hospital),
            ):
                answer = await world.http.post(path, json=body, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
                assert "330782188808080012" not in answer.text


async def test_i23_there_is_no_route_with_a_number_in_it(world: World) -> None:
    headers = await world.bearer("public-security")
    for path in (f"/v1/parties/{MOTHER_NUMBER}", f"/v1/parties?id_number={MOTHER_NUMBER}"):
        answer = await world.http.get(path, headers=headers)
        assert answer.status_code in {404, 405}
        assert MOTHER_NUMBER not in answer.text
    assert (await world.assign(MOTHER_NUMBER, NEWBORN_NUMBER)).status_code == 404
