"""Series D and J of bad input on the routes of applicants: 4xx, a stable code, no echo, no row, no event."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.ids import new_id
from tests.licensing.applications.factories import YIWU
from tests.licensing.applications.world import World

SECRET = "zzsecretzz"
ROUTES = (
    "/v1/one-identification",
    "/v1/drafts/{draft}",
    "/v1/applications",
    "/v1/applications/{application}/withdrawal",
)

# Bodies that no route may accept, whatever their shape should be: name -> bytes, status, headers.
BYTES: Mapping[str, tuple[bytes, int, dict[str, str]]] = {
    "J1 duplicate keys": (b'{"thing":"a","thing":"zzsecretzz"}', 400, {}),
    "J2 depth": (b"[" * 100_000, 400, {}),
    "J4 invalid UTF-8": (b'{"thing":"zzsecretzz\xff"}', 400, {}),
    "J4 lone surrogate": (b'{"thing":"\\ud800zzsecretzz"}', 400, {}),
    "J5 UTF-16": ('{"thing":"zzsecretzz"}'.encode("utf-16"), 400, {}),
    "J5 byte order mark": (b'\xef\xbb\xbf{"thing":"zzsecretzz"}', 400, {}),
    "J6 not JSON by its type": (b'{"thing":"zzsecretzz"}', 415, {"content-type": "text/plain"}),
    "J10 too large": (b'{"thing":"' + b"z" * 1_100_000 + b'"}', 413, {}),
    "J19 compressed": (b"\x1f\x8b zzsecretzz", 415, {"content-encoding": "gzip"}),
    "D9 NaN": (b'{"thing":NaN}', 400, {}),
    "D9 Infinity": (b'{"thing":-Infinity}', 400, {}),
    "D9 1e400": (b'{"thing":1e400}', 400, {}),
    "D10 ten thousand digits": (b'{"thing":' + b"1" * 10_000 + b"}", 400, {}),
    "I19 NUL": (b'{"thing":"zzsecretzz\\u0000"}', 400, {}),
    "not JSON": (b"zzsecretzz", 400, {}),
    "J7 unknown field": (b'{"department_id":"zzsecretzz"}', 422, {}),
    "J7 state": (b'{"state":"zzsecretzz"}', 422, {}),
    "J8 __proto__": (b'{"__proto__":{"zzsecretzz":1}}', 422, {}),
    "J8 $ref": (b'{"$ref":"#/zzsecretzz"}', 422, {}),
    "a list": (b'["zzsecretzz"]', 422, {}),
    "a text": (b'"zzsecretzz"', 422, {}),
}


async def fill(world: World, route: str) -> str:
    if "{" not in route:
        return route
    draft = (await world.draft())["draft"] if "{draft}" in route else ""
    return route.format(draft=draft, application=(await world.apply())["id"] if "{application}" in route else "")


async def state_of_tables(world: World) -> dict[str, Any]:
    names = ("drafts", "applications", "cases", "outbox", "idempotency_keys", "correction_tickets", "timers")
    counts = {name: await world.count(name) for name in names}
    return counts | {"drafts as they are": await world.rows("SELECT id, version, answers, situation FROM drafts")}


@pytest.mark.parametrize("route", ROUTES)
async def test_bytes_that_are_no_request_change_nothing_and_are_not_repeated(world: World, route: str) -> None:
    path = await fill(world, route)
    before = await state_of_tables(world)
    for name, (body, status, headers) in BYTES.items():
        answer = await world.http.request(
            "PATCH" if "drafts" in path else "POST",
            path,
            content=body,
            headers={
                **world.person(),
                "content-type": "application/json",
                "idempotency-key": str(new_id()),
                **headers,
            },
        )
        assert answer.status_code == status, f"{name}: {answer.status_code} {answer.text[:200]}"
        assert_problem(answer, name)
    assert await state_of_tables(world) == before


def assert_problem(answer: Any, name: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", name
    assert answer.json()["code"], name
    assert SECRET not in answer.text, f"{name}: {answer.text[:300]}"
    assert "Traceback" not in answer.text, name


WRONG_IDENTIFICATIONS: Mapping[str, dict[str, Any]] = {
    "no thing": {"thing": None},
    "thing is no code": {"thing": SECRET + "!"},
    "thing unknown": {"thing": "no-such-thing"},
    "region is no region": {"region": SECRET},
    "region as a number": {"region": 330782},
    "D10 region too long": {"region": "3" * 10_000},
    "region full-width": {"region": "３３０７８２"},
    "region where it is not offered": {"region": "110105"},
    "role unknown": {"roles": {SECRET: str(new_id())}},
    "role is no party": {"roles": {"child": SECRET}},
    "role key is SQL": {"roles": {"' OR 1=1-- zzsecretzz": str(new_id())}},
    "situation unknown": {"situation": {SECRET: "yes"}},
    "situation option unknown": {"situation": {"claim-maternity-benefit": SECRET}},
    "situation is an object": {"situation": {"claim-maternity-benefit": {"$gt": SECRET}}},
    "situation is a list": {"situation": [SECRET]},
    "J7 release": {"release": SECRET},
    "J7 applicant": {"applicant": SECRET},
    "statement too long": {"representations": SECRET * 20_000},
}


async def test_an_identification_that_is_wrong_makes_no_draft(world: World) -> None:
    before = await state_of_tables(world)
    for name, change in WRONG_IDENTIFICATIONS.items():
        answer = await world.identify(**change)
        assert answer.status_code in {404, 409, 422}, f"{name}: {answer.status_code}"
        assert_problem(answer, name)
    assert await state_of_tables(world) == before
    assert (await world.identify(region="110105")).json()["code"] == "thing-not-offered-in-region"
    assert (await world.identify(thing="no-such-thing")).json()["code"] == "thing-not-found"


WRONG_CHANGES: Mapping[str, dict[str, Any]] = {
    "answers are a list": {"answers": [SECRET]},
    "answer to what was not asked": {"answers": {"mother.name": SECRET}},
    "answer to what does not exist": {"answers": {SECRET: SECRET}},
    "answer too long": {"answers": {"child.name": SECRET * 6}},
    "answer blank": {"answers": {"child.name": "   "}},
    "answer with a newline trick": {"answers": {"child.name": "小满\r" + SECRET}},
    "U5 right-to-left override": {"answers": {"child.name": "\u202e" + SECRET}},
    "J8 answer is an operator": {"answers": {"child.name": {"$gt": SECRET}}},
    "answer is a number": {"answers": {"child.name": 1}},
    "answer outside its options": {"answers": {"child.household-parent": SECRET}},
    "too many answers": {"answers": {f"{SECRET}{number}": 1 for number in range(300)}},
    "disputes are no elements": {"disputes": [SECRET]},
    "dispute of what does not exist": {"disputes": [f"nobody.{SECRET}"]},
    "dispute of one's own answer": {"disputes": ["child.name"]},
    "role unknown": {"roles": {SECRET: str(new_id())}},
    "role for a stranger": {"roles": {"child": str(new_id())}},
    "situation unknown": {"situation": {SECRET: "yes"}},
    "J7 evidence": {"evidence": SECRET},
    "J7 expires_at": {"expires_at": "9999-12-31T00:00:00Z"},
}


async def test_a_change_that_is_wrong_leaves_the_draft_as_it_is(world: World) -> None:
    draft = await world.draft()
    before = await state_of_tables(world)
    for name, change in WRONG_CHANGES.items():
        answer = await world.change(draft, **change)
        assert answer.status_code in {409, 422}, f"{name}: {answer.status_code} {answer.text[:200]}"
        assert_problem(answer, name)
    assert await state_of_tables(world) == before


WRONG_SUBMISSIONS: Mapping[str, dict[str, Any]] = {
    "draft is no id": {"draft": SECRET},
    "draft of nobody": {"draft": str(new_id())},
    "draft is a number": {"draft": 1},
    "answers are wrong": {"answers": {"child.name": {"zzsecretzz": 1}}},
    "answers to the unknown": {"answers": {SECRET: SECRET}},
    "dispute of the unknown": {"disputes": [f"nobody.{SECRET}"]},
    "commitment to the unknown": {"commitments": [{"evidence_kind": SECRET, "role": "child"}]},
    "commitment of another shape": {
        "commitments": [{"evidence_kind": "birth-record", "role": "child", SECRET + "!": 1}]
    },
    "material never handed in": {"materials": [{"evidence_kind": SECRET, "role": "child", "material": str(new_id())}]},
    "delivery unknown": {"delivery": {"method": SECRET}},
    "J7 applicant": {"applicant": SECRET},
    "J7 number": {"number": SECRET},
}


async def test_a_submission_that_is_wrong_makes_no_application(world: World) -> None:
    draft = await world.draft()
    before = await state_of_tables(world)
    for name, change in WRONG_SUBMISSIONS.items():
        answer = await submit(world, draft, change)
        assert answer.status_code in {404, 409, 422}, f"{name}: {answer.status_code} {answer.text[:200]}"
        assert_problem(answer, name)
    assert await state_of_tables(world) == before


async def submit(world: World, draft: dict[str, Any], change: dict[str, Any]) -> Any:
    return await world.http.post(
        "/v1/applications",
        json={"draft": draft["draft"], "answers": {}, **change},
        headers={**world.person(), "idempotency-key": str(new_id())},
    )


@pytest.mark.parametrize("key", [None, "", "short", "with space inside", "k" * 129, "schlüssel"])
async def test_a_submission_without_a_usable_key_is_refused(world: World, key: str | None) -> None:
    draft = await world.draft()
    headers: dict[str, Any] = world.person() | ({} if key is None else {"idempotency-key": key.encode()})
    answer = await world.http.post("/v1/applications", json={"draft": draft["draft"]}, headers=headers)
    assert answer.status_code == 422
    assert_problem(answer, str(key))
    assert await world.count("applications") == 0


@pytest.mark.parametrize(
    "path",
    [
        "/v1/drafts/zzsecretzz",
        "/v1/drafts/%2e%2e%2fzzsecretzz",
        "/v1/drafts/330102188808080018",
        "/v1/applications/zzsecretzz",
        "/v1/applications/zzsecretzz/progress",
        "/v1/applications/00000000-0000-0000-0000-000000000000",
        "/v1/Applications",
        "/v1/applications/",
        "/v0/applications",
    ],
)
async def test_an_address_that_names_nothing_is_refused(world: World, path: str) -> None:
    answer = await world.get(path)
    assert answer.status_code in {404, 422}
    assert_problem(answer, path)


async def test_nobody_can_apply_where_a_thing_is_not_offered(world: World) -> None:
    for region in ("110105", "310000", "440100"):
        answer = await world.identify(region=region)
        assert (answer.status_code, answer.json()["code"]) == (409, "thing-not-offered-in-region")
    assert (await world.identify(region=YIWU)).status_code == 200
