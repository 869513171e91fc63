"""The calls of a department, and what becomes of a no."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from onevisit_client import ClientCredentials, Platform, PlatformRefused, PlatformUnavailable
from tests.client.conftest import Department
from tests.client.fake import BIRTHS, DEATHS, EVERYTHING, token
from tests.gateway.serving import dead_url, serving

CASE, PARTY = "019a0000-0000-7000-8000-0000000000c1", "019a0000-0000-7000-8000-0000000000a1"
Call = Callable[[Platform], Awaitable[Any]]

# What is called, the path that is asked, the body that is sent.
CALLS: list[tuple[Call, str, dict[str, Any] | None]] = [
    (
        lambda p: p.duty_grant("enrolment", [PARTY], ["birth-certificate"], reference=CASE),
        "/v1/duty-grants",
        {"duty": "enrolment", "parties": [PARTY], "kinds": ["birth-certificate"], "reference": CASE},
    ),
    (
        lambda p: p.duty_grant("enrolment", [PARTY], ["birth-certificate"]),
        "/v1/duty-grants",
        {"duty": "enrolment", "parties": [PARTY], "kinds": ["birth-certificate"]},
    ),
    (
        lambda p: p.search_evidence([{"party": PARTY, "kinds": ["birth-certificate"]}], "grant"),
        "/v1/evidence/search",
        {"wants": [{"party": PARTY, "kinds": ["birth-certificate"]}], "grant": "grant"},
    ),
    (
        lambda p: p.file_record("marriage", PARTY, {"on": "1910-10-10"}, valid_from="1910-10-10"),
        "/v1/records",
        {"kind": "marriage", "party": PARTY, "claims": {"on": "1910-10-10"}, "valid_from": "1910-10-10"},
    ),
    (
        lambda p: p.correct_record(CASE, {"on": "1910-10-11"}, "misread"),
        f"/v1/records/{CASE}/corrections",
        {"claims": {"on": "1910-10-11"}, "reason": "misread"},
    ),
    (lambda p: p.cases(state="received", limit=5), "/v1/cases", None),
    (lambda p: p.case(CASE), f"/v1/cases/{CASE}", None),
    (lambda p: p.accept(CASE), f"/v1/cases/{CASE}/acceptance", {}),
    (
        lambda p: p.decide(CASE, "granted", claims=[{"index": 0, "claims": {"a": 1}}]),
        f"/v1/cases/{CASE}/decision",
        {"outcome": "granted", "claims": [{"index": 0, "claims": {"a": 1}}]},
    ),
    (
        lambda p: p.decide(CASE, "denied", reasons="no", remedies="appeal"),
        f"/v1/cases/{CASE}/decision",
        {"outcome": "denied", "reasons": "no", "remedies": "appeal"},
    ),
]


@pytest.mark.parametrize(("call", "path", "body"), CALLS, ids=[path for _, path, _ in CALLS])
async def test_a_call_is_the_platforms(
    department: Department, call: Call, path: str, body: dict[str, Any] | None
) -> None:
    department.fake.replies[path] = {"answered": True}
    assert await call(department.platform) == {"answered": True}
    assert department.fake.calls == {path: 1}
    assert department.fake.bodies == ([] if body is None else [body])


@pytest.mark.parametrize("given", ["../cases", "births?x", "births#x", "births/../more", "..", "a b"])
async def test_an_id_stays_one_part_of_the_path(department: Department, given: str) -> None:
    """Where it came from, nobody knows: it may not choose what is called, nor whose."""
    for call in (department.platform.unsubscribe, department.platform.case, department.platform.accept):
        with suppress(PlatformRefused):
            await call(given)
    asked = [f"/v1/subscriptions/{given}", f"/v1/cases/{given}", f"/v1/cases/{given}/acceptance"]
    assert [unquote(path) for path in department.fake.calls] == asked


async def test_duties_are_a_list(department: Department) -> None:
    department.fake.replies["/v1/duties"] = {"items": [{"code": "enrolment"}]}
    assert await department.platform.duties() == [{"code": "enrolment"}]


async def test_parties_are_answered_in_the_order_asked(department: Department) -> None:
    department.fake.replies["/v1/parties/resolve"] = {"items": [{"party": PARTY}, {"party": None}]}
    assert await department.platform.resolve_parties(["1", "2"]) == [PARTY, None]
    assert await department.platform.resolve_parties(["1", "2"], duty="births") == [PARTY, None]
    assert await department.platform.resolve_parties(["1", "2"], grant="grant") == [PARTY, None]
    numbers = [{"id_number": "1"}, {"id_number": "2"}]
    assert department.fake.bodies == [
        {"parties": numbers, "purpose": "duty"},
        {"parties": numbers, "purpose": "duty", "duty": "births"},
        {"parties": numbers, "purpose": "case", "grant": "grant"},
    ]


async def test_a_subscription_names_its_place(department: Department) -> None:
    subscription = await department.platform.subscribe("births", [BIRTHS, DEATHS])
    assert (subscription.name, subscription.topics) == ("births", [BIRTHS, DEATHS])
    assert (subscription.nats.stream, subscription.nats.consumer) == ("EVT", "tax_births")
    assert (subscription.lag, subscription.ready, subscription.suspended) == (0, True, [])
    await department.platform.unsubscribe("births")
    assert department.fake.calls["/v1/subscriptions/births"] == 1


async def test_what_nobody_can_tell_of_a_subscription_is_not_taken_for_zero(department: Department) -> None:
    place = {"url": "nats://127.0.0.1:1", "stream": "EVT", "consumer": "tax_births", "inbox_prefix": "_INBOX_tax"}
    numbers = dict.fromkeys(("delivered", "acknowledged", "head", "lag"))
    said = {"name": "births", "topics": [BIRTHS], "nats": place, "ready": False, "reason": "bus-away", **numbers}
    department.fake.replies["/v1/subscriptions/births"] = said
    subscription = await department.platform.subscription("births")
    assert (subscription.ready, subscription.reason) == (False, "bus-away")
    assert (subscription.delivered, subscription.acknowledged, subscription.head, subscription.lag) == (None,) * 4


async def test_the_feed_is_read_in_pages(department: Department) -> None:
    told = department.fake.record_many(5)
    first = await department.platform.events([EVERYTHING], limit=3)
    second = await department.platform.events([EVERYTHING], after=first.next, limit=3)
    assert [event.id for event in [*first.items, *second.items]] == [str(event.id) for event in told]


async def test_heads_tell_where_every_topic_stands(department: Department) -> None:
    department.fake.record_many(2)
    department.fake.record(DEATHS, source="/licensing")
    heads = await department.platform.heads([EVERYTHING])
    assert [(head.source, head.topic, head.sequence, head.position) for head in heads.topics] == [
        ("/certificates", BIRTHS, 2, 2),
        ("/licensing", DEATHS, 1, 1),
    ]
    assert heads.topics[0].hash == department.fake.heads["/certificates", BIRTHS][2]
    assert heads.next is not None


async def test_a_problem_document_becomes_a_refusal(department: Department) -> None:
    problem = {"code": "not-found", "title": "Nothing here", "more": [1]}
    department.fake.refusals[f"/v1/cases/{CASE}"] = (404, problem)
    with pytest.raises(PlatformRefused, match="404 not-found: Nothing here") as refused:
        await department.platform.case(CASE)
    assert (refused.value.status, refused.value.body) == (404, problem)


async def test_a_token_that_is_refused_is_replaced_once(department: Department) -> None:
    department.fake.replies[f"/v1/cases/{CASE}"] = {"id": CASE}
    department.fake.revoked.add(await department.platform.tokens.current())
    assert await department.platform.case(CASE) == {"id": CASE}
    assert department.fake.tokens_given == 2
    assert department.fake.calls[f"/v1/cases/{CASE}"] == 2


async def test_a_client_that_is_revoked_is_told(department: Department) -> None:
    department.fake.refusals["/v1/cases"] = (401, {"code": "token-not-valid", "title": "no"})
    with pytest.raises(PlatformRefused) as refused:
        await department.platform.cases()
    assert (refused.value.status, department.fake.calls["/v1/cases"]) == (401, 2)


async def test_an_overloaded_platform_says_when_to_come_back(department: Department) -> None:
    department.fake.away.add("/v1/cases")
    with pytest.raises(PlatformUnavailable) as away:
        await department.platform.cases()
    assert away.value.retry_after == 0


async def test_nobody_there_is_no_refusal() -> None:
    async def give() -> str:
        return token()

    async with Platform(dead_url(), give, trust_env=False) as platform:
        with pytest.raises(PlatformUnavailable, match="GET /v1/cases"):
            await platform.cases()


async def odd(request: Request) -> Response:
    answers: dict[str, Response] = {
        "html": PlainTextResponse("<h1>proxy</h1>", 200),
        "teapot": PlainTextResponse("<h1>no</h1>", 418),
        "list": JSONResponse([1], 400),
        "elsewhere": Response(status_code=302, headers={"location": "http://elsewhere.test/"}),
    }
    return answers[request.path_params["case"]]


@pytest.fixture
async def oddity() -> AsyncGenerator[Platform]:
    """Something between us and the platform answers in its place."""

    async def give() -> str:
        return token()

    app = Starlette(routes=[Route("/v1/cases/{case}", odd)])
    async with serving(app) as url, Platform(url, give, trust_env=False) as platform:
        yield platform


@pytest.mark.parametrize(("case", "status"), [("teapot", 418), ("list", 400), ("elsewhere", 302)])
async def test_an_answer_that_is_no_problem_document_is_a_refusal_all_the_same(
    oddity: Platform, case: str, status: int
) -> None:
    with pytest.raises(PlatformRefused) as refused:
        await oddity.case(case)
    assert (refused.value.status, refused.value.code) == (status, "unknown")


async def test_an_answer_that_is_no_json_is_no_answer(oddity: Platform) -> None:
    with pytest.raises(PlatformUnavailable, match="not answered in JSON"):
        await oddity.case("html")


async def test_a_key_earns_a_token_where_the_platform_says() -> None:
    asked: list[dict[str, Any]] = []

    async def discovery(request: Request) -> Response:
        return JSONResponse({"issuer": "https://issuer.test", "token_endpoint": "ignored"})

    async def give(request: Request) -> Response:
        asked.append(dict(await request.form()))
        return JSONResponse({"access_token": token(), "expires_in": 600, "token_type": "Bearer"})

    async def cases(request: Request) -> Response:
        return JSONResponse({"bearer": request.headers["authorization"].startswith("Bearer e30.")})

    routes = [
        Route("/.well-known/oauth-authorization-server", discovery),
        Route("/oauth/token", give, methods=["POST"]),
        Route("/v1/cases", cases),
    ]
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    async with (
        serving(Starlette(routes=routes)) as url,
        Platform(url, ClientCredentials("tax", key, "officer"), trust_env=False) as platform,
    ):
        assert await platform.cases() == await platform.cases() == {"bearer": True}
    assert [(each["grant_type"], each["officer"]) for each in asked] == [("client_credentials", "officer")]


async def test_oauths_own_refusals_are_refusals(department: Department) -> None:
    problem = {"error": "invalid_client", "error_description": "Who are you?"}
    department.fake.refusals["/v1/cases"] = (400, problem)
    with pytest.raises(PlatformRefused, match="400 invalid_client: Who are you"):
        await department.platform.cases()
