"""May this be read: verdicts over a grant and the sharing rules. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from shared.contracts.evidence import Evidence, Grant, Purpose, Want
from shared.contracts.sharing import SharingRules
from shared.evidence.errors import RefusalReason
from shared.evidence.vocabulary import Vocabulary
from shared.jose import LEEWAY_SECONDS
from shared.messaging.topics import Reach
from shared.regions import covers, topic_filter

# Who may sign for which purpose: licensing for what an applicant started, identity for a department's standing duty.
SIGNERS: Final[Mapping[Purpose, str]] = {"draft": "licensing", "case": "licensing", "duty": "identity"}
# The entities whose events concern the department that decides the item.
OF_ITEMS: Final = ("case", "rating")


class SharingTable:
    """The sharing rules of one catalogue release, ready to be asked."""

    def __init__(self, published: SharingRules) -> None:
        self.published = published
        self.release = published.release
        self.kinds = {kind.code: kind.type for kind in published.kinds}
        self._reaches: dict[tuple[str, str | None], Reach] = {}
        self._rules: dict[tuple[str, str, str], list[tuple[frozenset[str], tuple[str, ...]]]] = defaultdict(list)
        for rule in published.rules:
            self._rules[rule.reader, rule.item, rule.kind].append((frozenset(rule.attributes), rule.regions))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What evidence of each kind may say."""
        return Vocabulary(self.published)

    def allowed_attributes(self, grant: Grant, *, kind: str, region: str) -> frozenset[str] | None:
        """What the reader may see of this kind about a party in this region: the union over the grant's items.

        None where no rule reaches the region; the empty set where a rule tells only that the evidence exists.
        """
        reaching = [
            attributes
            for item in grant.items
            for attributes, regions in self._rules.get((grant.sub, item, kind), ())
            if any(covers(scope, region) for scope in regions)
        ]
        return frozenset[str]().union(*reaching) if reaching else None

    def entitles(self, grant: Grant, *, kind: str) -> bool:
        """Whether any rule, in whatever region, lets the reader see this kind for one of the grant's items."""
        return any((grant.sub, item, kind) in self._rules for item in grant.items)

    def reach(self, department: str, region: str | None) -> Reach:
        """All that a department of this region may follow. Whoever is not named here may follow nothing.

        Evidence that it issues, and evidence of everybody in a region where a rule lets it read the kind; in its own
        region cases of its items, applications of things that it has a part in, and parties; what is published of the
        catalogue; what is addressed to it.
        """
        known = self._reaches.get((department, region))
        if known is None:
            known = self._reaches[department, region] = Reach(self._followed(department, region))
        return known

    def _followed(self, department: str, region: str | None) -> Iterator[str]:
        yield f"to.{department}.>"
        yield "evt.thing.>"
        yield from self._evidence_followed(department)
        if region is not None:
            yield from self._acts_followed(department, topic_filter(region))

    def _evidence_followed(self, department: str) -> Iterator[str]:
        for kind in self.published.kinds:
            if kind.issuer == department:
                yield f"evt.{kind.type}.*.{kind.code}.>"
                if kind.type == "certificate":
                    yield f"evt.delivery.*.{kind.code}.>"
        for rule in self.published.rules:
            if rule.reader == department and rule.kind in self.kinds:
                for scope in rule.regions:
                    yield f"evt.{self.kinds[rule.kind]}.*.{rule.kind}.{topic_filter(scope)}"

    def _acts_followed(self, department: str, where: str) -> Iterator[str]:
        yield f"evt.party.*.*.{where}"
        own = {item.code for item in self.published.items if item.department == department}
        for item in sorted(own):
            yield from (f"evt.{entity}.*.{item}.{where}" for entity in OF_ITEMS)
        for thing in self.published.things:
            if own.intersection(thing.items):
                yield f"evt.application.*.{thing.code}.{where}"


def refusal(grant: Grant, *, reader: str | None, wants: Iterable[Want], at: datetime) -> RefusalReason | None:
    """Why this reader may not use this grant for these wants now; None if they may.

    Refuses a signer that has no say in the purpose, another reader, another time, another party, another kind.
    """
    if SIGNERS[grant.purpose] != grant.iss:
        return "not-genuine"
    now = at.timestamp()
    if now > grant.exp + LEEWAY_SECONDS or now < grant.iat - LEEWAY_SECONDS:
        return "expired"
    if reader is None or grant.sub != reader:
        return "another-reader"
    wanted = list(wants)
    if any(want.party not in grant.parties for want in wanted):
        return "party-outside-grant"
    if any(kind not in grant.kinds for want in wanted for kind in want.kinds):
        return "kind-outside-grant"
    return None


def minimised(evidence: Evidence, allowed: frozenset[str]) -> Evidence:
    """The evidence with nothing but the allowed attributes."""
    claims = {name: value for name, value in evidence.claims.items() if name in allowed}
    return evidence.model_copy(update={"claims": claims})


def pairs(wants: Iterable[Want], *, kinds: frozenset[str]) -> tuple[list[UUID], list[str]]:
    """The wants as arrays of parties and kinds, side by side, without repeats, of these kinds alone: for one query."""
    wanted = dict.fromkeys((want.party, kind) for want in wants for kind in want.kinds if kind in kinds)
    return [party for party, _ in wanted], [kind for _, kind in wanted]
