"""A span for each piece of work, which is part of the one that `traceparent` names; nothing at all while it is off."""

import subprocess
import sys
from collections.abc import Generator

import httpx2
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import tracing
from shared.auth import public
from shared.errors import Unavailable
from shared.http import ServiceClient
from shared.jose import SigningKey, StaticKeys
from shared.telemetry import outgoing_headers, traceparent
from shared.tracing.spans import Spans, exporting
from shared.web import Service, create_service
from tests.gateway.serving import dead_url
from tests.shared.test_web import SETTINGS
from tests.support.services import client_of

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
NUMBER = "330102188808080018"
router = APIRouter()


@router.get("/notes/{note}", dependencies=[public()])
async def get_note(note: str) -> dict[str, str]:
    if note == "bad":
        raise ValueError(NUMBER)
    return outgoing_headers()


class Seen:
    """Spans that have ended, oldest first."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def begin(self, service: str = "notes", *, share: float = 1.0) -> None:
        tracing.use(Spans(service, SimpleSpanProcessor(self.exporter), share=share))

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    @property
    def told(self) -> str:
        return "".join(span.to_json() for span in self.spans)


@pytest.fixture
def seen() -> Generator[Seen]:
    yield Seen()
    tracing.close()
    traceparent.set(None)


async def ask(path: str, **headers: str) -> httpx2.Response:
    service = Service("notes", SETTINGS, keys=StaticKeys(SigningKey.generate().public_jwk()))
    async with client_of(create_service(service, routers=[router]), "notes") as client:
        return await client.get(path, headers=headers)


async def test_a_request_is_a_span_of_the_trace_that_it_names(seen: Seen) -> None:
    seen.begin()
    answer = await ask(f"/notes/{NUMBER}", traceparent=f"00-{TRACE}-{CALLER}-01")
    (span,) = seen.spans
    assert span.context is not None
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, CALLER)
    assert (span.name, dict(span.attributes or {})) == (
        "GET /notes/{note}",
        {"http.route": "/notes/{note}", "http.response.status_code": 200},
    )
    assert answer.json()["traceparent"] == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert NUMBER not in seen.told


async def test_a_request_that_names_none_begins_one(seen: Seen) -> None:
    seen.begin()
    answer = await ask("/notes/1", traceparent="00-made-up-01")
    (span,) = seen.spans
    assert span.context is not None
    assert (span.parent, answer.json()["traceparent"][3:35]) == (None, f"{span.context.trace_id:032x}")


async def test_a_failure_is_told_by_its_kind_and_not_by_its_words(seen: Seen) -> None:
    seen.begin()
    assert (await ask("/notes/bad")).status_code == 500
    (span,) = seen.spans
    assert (span.status.is_ok, span.events) == (False, ())
    assert (span.attributes or {})["http.response.status_code"] == 500
    assert NUMBER not in seen.told


async def test_a_neighbour_that_is_away_is_a_span_that_failed(seen: Seen) -> None:
    seen.begin()
    async with httpx2.AsyncClient() as http:
        with pytest.raises(Unavailable):
            await ServiceClient(http, name="records", base_url=dead_url(), tokens=None).get(f"/parties/{NUMBER}")
    (span,) = seen.spans
    assert (span.name, dict(span.attributes or {})) == (
        "GET records",
        {"peer.service": "records", "error.type": "Unavailable"},
    )


def test_what_is_done_within_is_part_of_it_and_what_comes_after_is_not(seen: Seen) -> None:
    seen.begin()
    traceparent.set(f"00-{TRACE}-{CALLER}-01")
    with tracing.span("handle", "consumer", "case.decided.v1"):
        within = traceparent.get()
        assert within != f"00-{TRACE}-{CALLER}-01"
    assert traceparent.get() == f"00-{TRACE}-{CALLER}-01"


def test_an_event_of_no_trace_begins_none(seen: Seen) -> None:
    seen.begin()
    with tracing.sending([("a.b.v1", None), ("c.d.v1", f"00-{TRACE}-{CALLER}-01")]) as traces:
        told = list(traces)
    assert told[0] is None
    assert (told[1] or "")[:36] == f"00-{TRACE}-"
    assert [span.name for span in seen.spans] == ["send c.d.v1"]


@pytest.mark.parametrize("flags", ["00", "01"])
@pytest.mark.parametrize(("share", "is_kept"), [(1.0, True), (1e-9, False)])
def test_the_gateway_draws_whatever_the_caller_wishes(share: float, is_kept: bool, flags: str, seen: Seen) -> None:
    seen.begin("gateway", share=share)
    traceparent.set(f"00-{TRACE}-{CALLER}-{flags}")
    with tracing.span("GET", "server"):
        assert outgoing_headers()["traceparent"][-2:] == ("01" if is_kept else "00")
    assert bool(seen.spans) == is_kept


@pytest.mark.parametrize(("flags", "is_kept"), [("01", True), ("00", False)])
def test_the_services_behind_it_do_as_it_did(flags: str, is_kept: bool, seen: Seen) -> None:
    seen.begin("licensing", share=1e-9 if is_kept else 1.0)
    traceparent.set(f"00-{TRACE}-{CALLER}-{flags}")
    with tracing.span("GET", "server"):
        assert outgoing_headers()["traceparent"][:36] == f"00-{TRACE}-"
    assert bool(seen.spans) == is_kept


async def test_a_collector_that_is_away_holds_up_nobody(seen: Seen) -> None:
    tracing.use(exporting("notes", url=dead_url(), share=1.0))
    assert (await ask("/notes/1")).status_code == 200


def test_while_it_is_off_nothing_of_it_is_loaded() -> None:
    """Every service is loaded; what makes spans is not."""
    loading = "import sys, gateway.app, identity.app, licensing.app, certificates.app, records.app;"
    asked = f"{loading} print(sum(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_while_it_is_off_a_piece_of_work_is_no_span() -> None:
    with tracing.span("handle", "consumer", "case.decided.v1") as span, tracing.sending([("a.b.v1", None)]) as traces:
        assert span is None
        assert next(iter(traces)) is None
