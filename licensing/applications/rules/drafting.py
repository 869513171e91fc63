"""From a draft to its plan: with what the applicant said, and without."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from licensing.applications.model import Draft
from licensing.planning.model import Evidence, Inputs, Material, Plan, ThingDefinition
from licensing.planning.plan import plan
from shared.contracts import evidence as contracts


def plan_of(draft: Draft, thing: ThingDefinition, *, on: date, commitments: Collection[Material] = ()) -> Plan:
    """What is known, what is asked, and who does what, on a day."""
    return plan(
        Inputs(
            thing=thing,
            bindings=draft.bindings,
            on=on,
            evidence=_pieces(draft.evidence),
            unavailable=draft.unavailable,
            answers=draft.answers,
            situation=draft.situation,
            disputes=draft.disputes,
            commitments=frozenset(commitments),
        )
    )


def held_plan(draft: Draft, thing: ThingDefinition, *, on: date) -> Plan:
    """What the departments say, before the applicant has said anything."""
    return plan_of(replace(draft, answers={}, disputes=frozenset()), thing, on=on)


def _pieces(evidence: Iterable[contracts.Evidence]) -> tuple[Evidence, ...]:
    """As planning reads it. Sources answer only what is in force."""
    return tuple(
        Evidence(
            id=piece.id,
            type=piece.type,
            kind=piece.kind,
            party=piece.party,
            issuer=piece.issuer,
            as_of=piece.as_of,
            claims=piece.claims,
            valid_until=piece.valid_until,
        )
        for piece in evidence
    )
