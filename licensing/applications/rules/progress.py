"""Where an application stands and what happened to it, derived from its cases; and how it is numbered."""

from collections.abc import Iterator, Sequence
from datetime import date

from licensing.applications.model import Application, ApplicationState, Entry, Happened
from licensing.cases.model import ENDED, Act, CaseSummary, State

# How many entries of each track somebody has seen. Entries of one track never change their order; those of different
# tracks may become visible in any order, so that no single number could say what was seen.
Seen = tuple[int, ...]


def state_of(cases: Sequence[CaseSummary]) -> ApplicationState:
    """`completed`: every department granted what was applied for. `partly-completed`: at least one did not, whether it
    refused, denied, or never received its case because another ended without result. `withdrawn`: nothing was decided.
    """
    if any(case.state not in ENDED for case in cases):
        return "submitted"
    if all(case.outcome == "granted" for case in cases):
        return "completed"
    if all(case.state in {State.WITHDRAWN, State.BLOCKED} for case in cases):
        return "withdrawn"
    return "partly-completed"


def application_number(*, region: str, on: date, serial: int) -> str:
    """25 digits of a form of our own: region (6), yymmdd (6), a random serial (12), and a check digit.

    The serial is random so that a number says nothing about how many others there are. The check digit is
    ISO 7064 MOD 11,10, which finds every single wrong digit and nearly every swap of neighbours.
    """
    digits = f"{region}{on:%y%m%d}{serial:012d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10 over decimal digits."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def entries(application: Application, happened: Sequence[Happened]) -> list[Entry]:
    """All that happened, from submission to end: first how each case was opened, then what was done, oldest first."""
    tracks = {case: number for number, case in enumerate(sorted({act.case for act in happened}), start=1)}
    openings: dict[int, Entry] = {}
    acts: list[Entry] = []
    for one in happened:
        track = tracks[one.case]
        received = one.act == Act.RECEIVE and one.by_kind == "applicant"
        if track not in openings:
            openings[track] = _entry(track, one) if received else _waiting(track, one)
        if one.act is not None and not received:
            acts.append(_entry(track, one))
    submitted = Entry(0, "submit", "submitted", application.submitted_at)
    return [submitted, *(openings[track] for track in sorted(openings)), *acts, *_end(application)]


def _entry(track: int, one: Happened) -> Entry:
    return Entry(track, one.act or "", one.state or "", one.at or one.opened_at, one.case, one.item, one.department)


def _waiting(track: int, one: Happened) -> Entry:
    """A case that waits for others is opened by nobody's act."""
    return Entry(track, "wait", State.WAITING, one.opened_at, one.case, one.item, one.department)


def _end(application: Application) -> list[Entry]:
    return [Entry(0, "end", application.state, application.ended_at)] if application.ended_at else []


def unseen(all_entries: Sequence[Entry], seen: Seen) -> Iterator[tuple[Seen, Entry]]:
    """What is new to somebody, each entry with what they have seen once they have it."""
    tracks = 1 + max(entry.track for entry in all_entries)
    known = list(seen) if len(seen) == tracks else [0] * tracks
    passed = [0] * tracks
    for entry in all_entries:
        passed[entry.track] += 1
        if passed[entry.track] > known[entry.track]:
            known[entry.track] += 1
            yield tuple(known), entry


def seen_text(seen: Seen) -> str:
    """As the `id` of a server-sent event, such as 1.2.0."""
    return ".".join(map(str, seen))


def read_seen(text: str | None) -> Seen:
    """From `Last-Event-ID`. What we did not write means that nothing was seen: everything is told again."""
    parts = (text or "").split(".")
    well_formed = len(text or "") <= 200 and all(part.isascii() and part.isdecimal() for part in parts)
    return tuple(int(part) for part in parts) if well_formed else ()
