"""What must have held for the demonstration to succeed. Each is a fact about what the platform answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certificates.documents.errors import NotSealed
from certificates.documents.opening import open_pdf
from certificates.verification.offline import verify_document
from deploy.demo.departments import Department
from deploy.demo.loop import REINSTATED, REVOKED, Loop, concerned
from deploy.demo.story import ANSWERS, Outcome


@dataclass(frozen=True)
class Check:
    """One fact, and what was seen."""

    name: str
    held: bool
    detail: str = ""


def check_all(
    outcome: Outcome,
    loop: Loop,
    departments: list[Department],
    *,
    root_pem: bytes,
    numbers: list[str],
    at: datetime,
) -> list[Check]:
    """Every check, in the order of the story."""
    return [
        _asked_only_what_nobody_holds(outcome),
        _every_known_field_has_a_source(outcome),
        _completed(outcome),
        _every_department_was_woken_by_an_event(departments),
        _the_last_two_ran_in_parallel(departments),
        _certificates_are_genuine(outcome, root_pem, at),
        _pages_are_sealed(outcome, root_pem),
        _accesses_are_visible(outcome),
        _nobody_else_sees_it(outcome),
        _reused_by_duty(loop),
        _the_reading_is_visible_with_its_law(loop),
        _who_used_it_was_told(loop, outcome, "withheld", REVOKED),
        _who_used_it_was_told(loop, outcome, "given back", REINSTATED),
        _everything_is_in_force_again(loop),
        _no_number_left_identity(outcome, loop, departments, numbers),
    ]


def _asked_only_what_nobody_holds(outcome: Outcome) -> Check:
    asked = {field["element"] for field in outcome.draft["fields"] if field["state"] == "missing"}
    return Check("asked only what nobody holds", asked == set(ANSWERS), ", ".join(sorted(asked)))


def _every_known_field_has_a_source(outcome: Outcome) -> Check:
    known = [field for field in outcome.draft["fields"] if field["state"] == "known"]
    sourced = [field for field in known if field.get("source")]
    return Check(
        "every known field names its source", bool(known) and len(known) == len(sourced), f"{len(known)} fields"
    )


def _completed(outcome: Outcome) -> Check:
    state = outcome.application.get("state", "")
    return Check("every department decided; the application is completed", state == "completed", state)


def _every_department_was_woken_by_an_event(departments: list[Department]) -> Check:
    woken = {department.desk.department: len(department.woken) for department in departments}
    detail = ", ".join(f"{name} {times}" for name, times in woken.items())
    return Check("each department was woken by an event", all(woken.values()), detail)


def _the_last_two_ran_in_parallel(departments: list[Department]) -> Check:
    first = {
        item: event for department in departments for event in department.woken for item in [event["data"]["item"]]
    }
    insurance, card = first.get("resident-medical-insurance"), first.get("social-security-card")
    together = insurance is not None and card is not None and insurance["time"] == card["time"]
    return Check("insurance and social-security card were received together", together)


def _certificates_are_genuine(outcome: Outcome, root_pem: bytes, at: datetime) -> Check:
    offline = [verify_document(document, root_pem, at) for document in outcome.documents]
    genuine = [verdict.genuine for verdict in offline] + [verdict["genuine"] for verdict in outcome.verdicts]
    detail = f"{len(outcome.documents)} documents, online and offline"
    return Check("every certificate is genuine and in force", len(outcome.documents) >= 3 and all(genuine), detail)


def _pages_are_sealed(outcome: Outcome, root_pem: bytes) -> Check:
    try:
        inside = [open_pdf(page, root_pem).file for page in outcome.pages]
    except NotSealed as refusal:
        return Check("every certificate is a sealed page too, with its file inside", False, refusal.code)
    same = len(inside) >= 3 and inside == outcome.documents
    return Check("every certificate is a sealed page too, with its file inside", same, f"{len(inside)} pages")


def _accesses_are_visible(outcome: Outcome) -> Check:
    readers = {access["reader"] for access in outcome.accesses}
    return Check("the mother sees who read her data", len(readers) >= 2, ", ".join(sorted(readers)))


def _nobody_else_sees_it(outcome: Outcome) -> Check:
    status = outcome.stranger_status
    return Check("nobody else sees her application", status == 404, f"the father is answered {status}")


def _reused_by_duty(loop: Loop) -> Check:
    read = [evidence["id"] for evidence in loop.found]
    return Check("a department read what it had heard of, on its standing duty", read == [loop.page])


def _the_reading_is_visible_with_its_law(loop: Loop) -> Check:
    text = loop.access["purpose_text"]
    law = "社会保险法" in text["zh"] and "Social Insurance Law" in text["en"]
    detail = f"after {loop.seen_after:.1f} s"
    return Check("the mother sees that reading of her child's data, with its law", law and loop.seen_after < 5, detail)


def _who_used_it_was_told(loop: Loop, outcome: Outcome, change: str, type: str) -> Check:  # noqa: A002 - as in events
    told, names = loop.told(type), f"when it was {change}, each department that used it was told its own case, once"
    return Check(names, told == concerned(loop, outcome), ", ".join(department for department, _ in told))


def _everything_is_in_force_again(loop: Loop) -> Check:
    return Check("every certificate is in force at the end", len(loop.in_force) >= 3 and all(loop.in_force))


def _no_number_left_identity(outcome: Outcome, loop: Loop, departments: list[Department], numbers: list[str]) -> Check:
    said: list[Any] = [outcome.draft, outcome.application, outcome.progress, outcome.accesses, outcome.certificates]
    said += [department.woken for department in departments]
    said += [loop.issued, loop.found, loop.access, loop.heard]
    text = repr(said) + repr(outcome.documents)
    return Check(
        "no identity number in any answer, event or certificate", not any(number in text for number in numbers)
    )
