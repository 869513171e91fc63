"""Verdicts about a case: what may be done, when it is due, what its result says. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID
from zlib import crc32

import jsonschema_rs
from pydantic import JsonValue

from licensing.calendar.rules import KnownDays, add_working_days, working_days_between
from licensing.cases.errors import (
    ActNotPossible,
    AnswerNotValid,
    ClaimsIncomplete,
    ClaimsNotOfYield,
    ClaimsNotValid,
    CorrectionAlreadyRequested,
    CorrectionDateNotAhead,
    CorrectionNotComplete,
    CorrectionTooLate,
    DenialWithoutReasons,
    ExtensionNotPossible,
    NotInGuide,
)
from licensing.cases.model import MOVES, Act, Case, ClaimOrigin, PlannedCase, PlannedYield, State, acts_in
from licensing.cases.model.states import BY_THE_PLATFORM
from licensing.planning.model import Element, Yield
from licensing.planning.plan import suggested_claims
from shared.clock import years_later
from shared.contracts.yields import Yielded
from shared.texts import has_invisible

DAYS_TO_ACCEPT = 5  # ALL Art 32
ORDINARY_LEGAL_DAYS = 20  # ALL Art 42
MOST_DAYS_OF_EXTENSION = 10  # ALL Art 42
ONLINE = 1

# What the law does not count, told to the applicant in writing (ALL Art 45).
SuspensionGround = Literal[
    "hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert-review"
]


# --- what may be done -------------------------------------------------------------------------------------------


def next_state(state: State, act: Act) -> State:
    """Where the act leads; refuses what the table of states does not hold."""
    move = MOVES.get((state, act))
    if move is None:
        possible = [str(other) for other in acts_in(state) if other not in BY_THE_PLATFORM]
        raise ActNotPossible(state=str(state), act=str(act), possible=list(possible))
    return move.to


def check_notice(case: Case, *, elements: Iterable[str], due_on: date, today: date) -> None:
    """A correction notice is given once, for what the guide asks, with a day that lies ahead."""
    if case.correction_due_on is not None:
        raise CorrectionAlreadyRequested
    known = {field.element for field in case.planned.fields} | set(case.planned.answers)
    strangers = sorted(set(elements) - known)
    if strangers:
        raise NotInGuide(elements=list(strangers))
    if due_on <= today:
        raise CorrectionDateNotAhead


def check_correction(case: Case, *, answers: Mapping[str, JsonValue], today: date) -> None:
    """A correction answers the notice, all of it and nothing else, in time and in the form of its elements."""
    asked = {requirement["element"] for requirement in case.correction_asked or ()}
    if case.correction_due_on is not None and today > case.correction_due_on:
        raise CorrectionTooLate
    if asked != set(answers):
        raise CorrectionNotComplete(asked=[*sorted(asked)])
    forms = {field.element: field.json_schema for field in case.planned.fields}
    wrong = [element for element, answer in answers.items() if not _fits(answer, forms.get(element))]
    if wrong:
        raise AnswerNotValid(elements=[*sorted(wrong)])


def _fits(answer: JsonValue, form: dict[str, JsonValue] | None) -> bool:
    if isinstance(answer, str) and has_invisible(answer):
        return False
    return form is None or jsonschema_rs.is_valid(form, answer, validate_formats=True)


def check_extension(case: Case, *, today: date) -> None:
    """Once, and while the legal limit has not passed."""
    if case.extended_days is not None or case.legal_on is None or today > case.legal_on:
        raise ExtensionNotPossible


def check_denial(*, reasons: str | None, remedies: str | None) -> None:
    """A denial without reasons, or silent about reconsideration and litigation, is none."""
    if not reasons or not remedies:
        raise DenialWithoutReasons


# --- when it is due ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension. The clocks stand still from the day after it starts through the day of resumption."""

    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Clocks:
    """The last days for a decision. The shorter one, promised in public, is the one that binds (Z-REG Art 12)."""

    promised_on: date
    legal_on: date
    provisional: bool

    @property
    def binding_on(self) -> date:
        return min(self.promised_on, self.legal_on)


def clocks(
    accepted_on: date,
    *,
    promised_days: int,
    legal_days: int,
    extended_days: int = 0,
    pauses: Sequence[Pause] = (),
    known: KnownDays,
) -> Clocks:
    """Both deadlines in working days from acceptance. An extension moves the legal one; what was promised stays."""
    paused = [working_days_between(pause.from_on, pause.until_on, known=known) for pause in pauses]
    shift = sum(span.days for span in paused)
    promised = add_working_days(accepted_on, promised_days + shift, known=known)
    legal = add_working_days(accepted_on, legal_days + extended_days + shift, known=known)
    uncertain = promised.provisional or legal.provisional or any(span.provisional for span in paused)
    return Clocks(promised.on, legal.on, uncertain)


# --- how it is called -------------------------------------------------------------------------------------------


def case_number(*, region: str, department: str, channel: int, on: date, serial: int) -> str:
    """21 digits as in Zhejiang's exchange format, of a form of our own (its field widths are not published):

    region (6), two digits standing for the department, channel (1), yymmdd, serial (6).
    """
    return f"{region}{crc32(department.encode()) % 100:02d}{channel}{on:%y%m%d}{serial:06d}"


# --- what its result says ---------------------------------------------------------------------------------------


def known_values(
    planned: PlannedCase, *, answers: Mapping[str, JsonValue], upstream: Iterable[Yielded]
) -> dict[Element, JsonValue]:
    """What was confirmed at submission, what the results of earlier cases state, and above all what was answered."""
    known: dict[Element, JsonValue] = {}
    for result in upstream:
        for role in (role for role, party in planned.roles.items() if party == result.party):
            known |= {Element(role, attribute): value for attribute, value in result.claims.items()}
    known |= {Element.parse(field.element): field.value for field in planned.fields if field.value is not None}
    return known | {Element.parse(element): value for element, value in answers.items()}


def suggested(result: PlannedYield, *, known: Mapping[Element, JsonValue]) -> dict[str, JsonValue]:
    """The claims of a result as far as they follow from what is known."""
    claims = {attribute: origin.claim() for attribute, origin in result.claims.items()}
    return suggested_claims(Yield(result.kind, result.type, result.role, claims), known=known)


def missing_claims(planned: PlannedCase, result: PlannedYield, *, claims: Mapping[str, JsonValue]) -> list[str]:
    """What the officer has to state. Nothing is said of a role that nobody has, such as a father who is not known."""
    expected = [attribute for attribute, origin in result.claims.items() if _has_somebody(origin, planned.roles)]
    return sorted(attribute for attribute in expected if claims.get(attribute) is None)


def _has_somebody(origin: ClaimOrigin, roles: Collection[str]) -> bool:
    return origin.element is None or Element.parse(origin.element).role in roles


def frozen_yields(
    planned: PlannedCase,
    *,
    known: Mapping[Element, JsonValue],
    stated: Mapping[int, Mapping[str, JsonValue]],
    decided_on: date,
) -> tuple[Yielded, ...]:
    """The result as it will be issued: what follows from what is known, and above it what the officer states.

    Refuses claims that no result of this item has, stated claims that the vocabulary does not allow, and results with a
    claim that nobody has stated.
    """
    _refuse_strangers(planned.yields, stated)
    _refuse_malformed(planned.yields, stated)
    claims = {r.index: {**suggested(r, known=known), **stated.get(r.index, {})} for r in planned.yields}
    gaps = [f"{r.index}.{gap}" for r in planned.yields for gap in missing_claims(planned, r, claims=claims[r.index])]
    if gaps:
        raise ClaimsIncomplete(missing=list(gaps))
    return tuple(_yielded(result, claims[result.index], decided_on) for result in planned.yields)


def _refuse_strangers(yields: Sequence[PlannedYield], stated: Mapping[int, Mapping[str, JsonValue]]) -> None:
    allowed = {(result.index, attribute) for result in yields for attribute in result.claims}
    given = {(index, attribute) for index, claims in stated.items() for attribute in claims}
    indexes = {result.index for result in yields}
    strangers = sorted(f"{index}.{attribute}" for index, attribute in given - allowed)
    strangers += [str(index) for index in stated if index not in indexes and not stated[index]]
    if strangers:
        raise ClaimsNotOfYield(claims=list(strangers))


def _refuse_malformed(yields: Sequence[PlannedYield], stated: Mapping[int, Mapping[str, JsonValue]]) -> None:
    """What is sealed is for ever: nothing gets in that the vocabulary would refuse anywhere else."""
    wrong = [
        f"{result.index}.{attribute}"
        for result in yields
        for attribute, value in stated.get(result.index, {}).items()
        if value is not None and not _fits(value, result.forms.get(attribute))
    ]
    if wrong:
        raise ClaimsNotValid(claims=[*sorted(wrong)])


def _yielded(result: PlannedYield, claims: Mapping[str, JsonValue], decided_on: date) -> Yielded:
    return Yielded(
        index=result.index,
        type=result.type,
        kind=result.kind,
        label=result.label,
        type_code=result.type_code,
        one_per_holder=result.one_per_holder,
        party=result.party,
        region=result.region,
        claims={attribute: claims[attribute] for attribute in result.claims if claims.get(attribute) is not None},
        valid_from=decided_on,
        valid_until=years_later(decided_on, result.valid_years) if result.valid_years else None,
    )


# --- what else in the application can no longer happen ----------------------------------------------------------

Wanted = tuple[str, UUID]


def is_alive(state: State, outcome: str | None) -> bool:
    """Whether a result can still come of a case, or has."""
    return outcome == "granted" or (outcome is None and state not in {State.REFUSED, State.WITHDRAWN, State.BLOCKED})


def blocked_cases(of_application: Sequence[Case], *, unmet: Mapping[UUID, Collection[Wanted]]) -> list[UUID]:
    """The waiting cases that no longer have a way, with those that in turn waited for them.

    A case is blocked when something it still waits for was to come from cases that have all ended without it. What
    no case of the application was to yield may still come from elsewhere.
    """
    alive = {case.id: is_alive(case.state, case.outcome) for case in of_application}
    producers: dict[Wanted, list[UUID]] = {}
    for case in of_application:
        for result in case.planned.yields:
            producers.setdefault((result.kind, result.party), []).append(case.id)
    blocked: list[UUID] = []
    while found := [
        case.id
        for case in of_application
        if alive[case.id]
        and case.state is State.WAITING
        and any(_is_hopeless(producers.get(wanted, ()), alive) for wanted in unmet.get(case.id, ()))
    ]:
        blocked += found
        alive |= dict.fromkeys(found, False)
    return blocked


def _is_hopeless(producers: Collection[UUID], alive: Mapping[UUID, bool]) -> bool:
    return bool(producers) and not any(alive[producer] for producer in producers)
