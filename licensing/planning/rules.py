"""Verdicts about one datum: what the evidence says of it, and why the applicant is asked."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import JsonValue

from licensing.planning.model import Evidence, EvidenceKind, FieldState, Source
from licensing.planning.structure import NeededElement
from shared.schemas import Text

Held = Mapping[tuple[UUID, str], Sequence[Evidence]]  # (party, kind) -> evidence in force


class Verdict(NamedTuple):
    """What the evidence says: a value with its source, or why there is none."""

    state: FieldState
    value: JsonValue = None
    source: Source | None = None


def held_on(evidence: Sequence[Evidence], day: date) -> dict[tuple[UUID, str], list[Evidence]]:
    """Evidence in force on a day, by party and kind."""
    held: dict[tuple[UUID, str], list[Evidence]] = {}
    for piece in evidence:
        if piece.holds_on(day):
            held.setdefault((piece.party, piece.kind), []).append(piece)
    return held


def settle(needed: NeededElement, party: UUID, *, held: Held, unavailable: frozenset[str], on: date) -> Verdict:
    """What the sources of an element agree on.

    The most authoritative evidence decides; what ranks below it can confirm it, never contradict it. Different values
    of equal authority conflict. A value that no fresh evidence confirms is stale.
    """
    attribute = needed.element.attribute
    said = [
        (kind, piece, piece.claims[attribute])
        for kind in needed.sources
        for piece in held.get((party, kind.code), ())
        if piece.claims.get(attribute) is not None
    ]
    if not said:
        silent = any(kind.code in unavailable for kind in needed.sources)
        return Verdict("unavailable" if silent else "missing")
    first, _, value = said[0]  # sources are sorted, best first
    best = first.authority_for(attribute)
    if any(other != value and kind.authority_for(attribute) == best for kind, _, other in said):
        return Verdict("conflicting")
    confirming = [(kind, piece) for kind, piece, other in said if other == value]
    fresh = [(kind, piece) for kind, piece in confirming if _is_fresh(kind, piece, on)]
    _, shown = min(fresh or confirming, key=lambda pair: _preference(*pair, attribute=attribute))
    return Verdict("known" if fresh else "stale", value, source_of(shown))


def newest(pieces: Sequence[Evidence]) -> Evidence:
    """The one to show of several of one kind."""
    return max(pieces, key=lambda piece: (piece.as_of, piece.id))


def source_of(piece: Evidence) -> Source:
    """How the plan names this evidence as the origin of a value."""
    return Source(piece.type, piece.id, piece.kind, piece.issuer, piece.as_of)


def reason_to_ask(needed: NeededElement, state: FieldState) -> Text | None:
    """Why the applicant sees this field open: the guide's own words, else what the state means."""
    if state == "known":
        return None
    if state == "missing" and needed.why:
        return needed.why
    words, titles = REASONS[state], needed.serves_titles
    return Text(zh=words.zh.format(titles.zh), en=words.en.format(titles.en))


REASONS: Mapping[FieldState, Text] = {
    "missing": Text(zh="政府部门暂无此数据，办理需要：{}", en="No department holds this; it is needed for: {}"),
    "conflicting": Text(
        zh="各部门数据不一致，请您确认，办理需要：{}",
        en="Departments hold different values; say which is right for: {}",
    ),
    "stale": Text(
        zh="数据较旧，请确认是否仍然正确，办理需要：{}", en="This is old; confirm that it is still right for: {}"
    ),
    "unavailable": Text(
        zh="数据来源暂时无法访问，您可以填写，也可以留待部门查询：{}",
        en="The source does not answer now; you may fill it in, or leave it to the department: {}",
    ),
}


def _is_fresh(kind: EvidenceKind, piece: Evidence, on: date) -> bool:
    return kind.fresh_days is None or piece.as_of + timedelta(days=kind.fresh_days) >= on


def _preference(kind: EvidenceKind, piece: Evidence, *, attribute: str) -> tuple[tuple[int, int], int, UUID]:
    return (kind.authority_for(attribute), -piece.as_of.toordinal(), piece.id)
