"""Rows of the register, made without a database."""

from datetime import UTC, date, datetime
from uuid import UUID

from certificates.issuing.model import Certificate, State
from tests.certificates.seals import HEALTH, a_document


def a_certificate(**changes: object) -> Certificate:
    """A birth medical certificate in force; `changes` replace fields."""
    document = a_document()
    fields: dict[str, object] = {
        "id": document.certificate,
        "number": document.number,
        "version": "001",
        "predecessor": None,
        "kind": document.kind,
        "kind_label": document.kind_label.model_dump(),
        "holder": document.holder,
        "region": document.region,
        "issuer": HEALTH.code,
        "issuer_name": HEALTH.name.model_dump(),
        "case": UUID(int=3),
        "index": 0,
        "claims": dict(document.claims),
        "issued_on": date(2026, 11, 22),
        "valid_from": date(2026, 11, 22),
        "valid_until": None,
        "state": State.VALID,
        "revision": 1,
        "seal": "",
        "status_list": 0,
        "status_index": 7,
        "issued_at": datetime(2026, 11, 22, 8, tzinfo=UTC),
    }
    return Certificate(**fields | changes)  # type: ignore[arg-type]
