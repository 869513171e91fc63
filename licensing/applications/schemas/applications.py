"""The public shapes of an application, of its cases, and of its progress."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from licensing.applications.model import Application, ApplicationState, Entry, Opened
from licensing.applications.schemas.requests import Delivery
from licensing.cases.model import CaseSummary, Result
from licensing.catalogue.model import Catalogue
from shared.contracts.evidence import EvidenceType
from shared.schemas import Strict, Text


class ResultView(Strict):
    """What a case yields; `id` is that of the certificate or record once it exists."""

    type: EvidenceType
    kind: str
    party: UUID
    id: UUID | None = None


class CaseView(Strict):
    """One department's part of an application."""

    id: UUID
    number: str
    item: str
    title: Text
    department: str
    state: str
    outcome: str | None = None
    received_at: datetime | None = None
    promised_on: date | None = None
    legal_on: date | None = None
    provisional: bool
    ended_at: datetime | None = None
    results: tuple[ResultView, ...]


class ApplicationSummary(Strict):
    """An application as it stands in a list."""

    id: UUID
    number: str
    thing: str
    region: str
    state: ApplicationState
    submitted_at: datetime
    ended_at: datetime | None = None


class ApplicationView(ApplicationSummary):
    """An application with its cases, in the order of work."""

    delivery: Delivery
    cases: tuple[CaseView, ...]


class ProgressView(Strict):
    """One thing that happened to an application, or to one of its cases."""

    kind: Literal["application", "case"]
    application: UUID
    act: str
    state: str
    at: datetime
    case: UUID | None = None
    item: str | None = None
    department: str | None = None


def application_summary(application: Application) -> ApplicationSummary:
    """The application as it stands in a list."""
    return ApplicationSummary(
        id=application.id,
        number=application.number,
        thing=application.thing,
        region=application.region,
        state=application.state,
        submitted_at=application.submitted_at,
        ended_at=application.ended_at,
    )


def application_view(opened: Opened, catalogue: Catalogue) -> ApplicationView:
    """The application with its cases. Titles are those of the catalogue that it was submitted under."""
    return ApplicationView(
        **dict(application_summary(opened.application)),
        delivery=Delivery(method=opened.application.delivery),
        cases=tuple(_case(case, catalogue) for case in opened.cases),
    )


def _case(case: CaseSummary, catalogue: Catalogue) -> CaseView:
    title = catalogue.items[case.item].title
    return CaseView(
        id=case.id,
        number=case.number,
        item=case.item,
        title=Text(zh=title.zh, en=title.en),
        department=case.department,
        state=case.state,
        outcome=case.outcome,
        received_at=case.received_at,
        promised_on=case.promised_on,
        legal_on=case.legal_on,
        provisional=case.provisional,
        ended_at=case.ended_at,
        results=tuple(_result(result, catalogue) for result in case.results),
    )


def _result(result: Result, catalogue: Catalogue) -> ResultView:
    kind = catalogue.kinds[result.kind]
    return ResultView(type=kind.type, kind=result.kind, party=result.party, id=result.evidence)


def progress_view(application: UUID, entry: Entry) -> ProgressView:
    """One entry of an application's progress."""
    return ProgressView(
        kind="case" if entry.case else "application",
        application=application,
        act=entry.act,
        state=entry.state,
        at=entry.at,
        case=entry.case,
        item=entry.item,
        department=entry.department,
    )
